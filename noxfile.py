"""What is run on this project: ``nox -l`` lists it."""

from __future__ import annotations

import configparser
import itertools
import os
import re
import shutil
import tempfile
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "venv"

CONSTRAINTS = Path("constraints.txt").resolve()
PYTHON = "python -W ignore"
PIP = ("python", "-m", "pip", "install", "-q")
COMPARE = ("python", "-m", "monai_adele", "compare")
METHODS = {"clean": ["baseline"], "plain": ["baseline", "noise"], "adele": ["noise"]}
BENCHMARKS = {  # script, and what is required for it only
    "noise": ["benchmarks/noise_speed.py"],
    "networks": ["benchmarks/networks.py", "segmentation-models-pytorch==0.6.0", "torchvision==0.28.0"],
    "store": ["benchmarks/store_speed.py"],
    "detector": ["benchmarks/detector_cost.py"],
    "load": ["benchmarks/load.py"],
}
HIPPOCAMPUS = str(Path("benchmarks/hippocampus/hippocampus").resolve())


def install(session: nox.Session, *packages: str) -> None:
    """Install packages in the versions of the constraints file; what runs then takes one thread a process."""
    session.install("-q", "-c", str(CONSTRAINTS), *packages)
    session.env["OMP_NUM_THREADS"] = "1"  # test processes share the cores, and rounding depends on it


def run_tests(session: nox.Session, *arguments: str, extras: str = "tests") -> None:
    """Run pytest on the installed package."""
    install(session, f".[{extras}]")
    session.run("pytest", *arguments)


def measured_folder(session: nox.Session, default: str, package: str = ".") -> Path:
    """Install, and return the folder for the results: the one named behind ``--``, else the default."""
    install(session, package)
    folder = Path(session.posargs[0] if session.posargs else default).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run_bundle(
    session: nox.Session, overrides: list[str], output: Path, *options: str, name: str = "", start: str = PYTHON
) -> None:
    """Run a bundle of the installed package through MONAI's own command; a run that is there and done is kept."""
    if (output / "models" / "model_last.pt").exists():
        return
    bundle = output.parent / "bundle"
    if not bundle.exists():
        session.run("python", "-m", "monai_adele", "bundle", name or "adele_segmentation", "--out", str(bundle))
    files = [f"{bundle / 'configs' / name}.json" for name in ["train", *overrides]]  # or an absolute path
    command = [*start.split(), "-m", "monai.bundle", "run", "--bundle_root", str(bundle), "--config_file", str(files)]
    session.run(*command, "--output_dir", str(output), "--resume", "true", *options)


def real_data(session: nox.Session, name: str) -> Path:
    """Return a folder below MONAI_ADELE_DATA; skip the session where it is not there."""
    data = Path(os.environ.get("MONAI_ADELE_DATA", "")) / name
    if not data.is_dir():
        session.skip(f"MONAI_ADELE_DATA does not lead to {name}")
    return data


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, and the examples of the docstrings."""
    run_tests(session, "-n", "2", *session.posargs, extras="tests,export")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    install(session, "ruff")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    install(session, "mypy", ".")
    session.run("mypy")


@nox.session
def demo(session: nox.Session) -> None:
    """Train on the phantom three times: clean labels, noisy labels, noisy labels with ADELE."""
    if Path(session.posargs[0] if session.posargs else "demo").exists():
        session.error("the folder exists; remove it, or name another one: nox -s demo -- FOLDER")
    folder = measured_folder(session, "demo")
    for method, overrides in METHODS.items():
        run_bundle(session, [*overrides, "demo"], folder / method, "--phantom_dir", str(folder / "phantom"))
    session.run(*COMPARE, *(str(folder / method) for method in METHODS))
    session.log(f"the runs are in {folder}")


@nox.session
def bundle(session: nox.Session) -> None:
    """Train, resume, test and apply each bundle, or those named; then all that MONAI's tools ask of it."""
    checks = [f"tests/bundles/test_{name}.py" for name in ("command_line", "published", "configs")]
    run_tests(session, "-n", "2", *checks, "-k", " or ".join(session.posargs), extras="tests,export")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the pages and the reference of all public names into build/docs; a warning is an error."""
    install(session, ".[docs]")
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", "docs", "build/docs", *session.posargs)
    session.log("open build/docs/index.html")


@nox.session
def hippocampus(session: nox.Session) -> None:
    """Measure on MSD Task04 Hippocampus: clean, plain and ADELE, three seeds (about an hour)."""
    data = real_data(session, "hippocampus_msd")
    folder = measured_folder(session, "runs/hippocampus")
    runs = {folder / f"{method}_seed{seed}": (method, seed) for method in METHODS for seed in (3, 4, 5)}
    for output, (method, seed) in runs.items():
        run_bundle(session, [*METHODS[method], HIPPOCAMPUS], output, "--dataset_dir", str(data), "--seed", str(seed))
    session.run(*COMPARE, *map(str, runs))


@nox.session
def weakly_supervised(session: nox.Session) -> None:
    """Measure pseudo-labels of generated photographs, plain and with ADELE (fifteen minutes)."""
    folder = measured_folder(session, "runs/weakly_supervised")
    methods = {"plain": ["baseline"], "adele": []}
    for method, overrides in methods.items():
        phantom = ("--phantom_dir", str(folder / "phantom"))
        run_bundle(session, overrides, folder / method, *phantom, name="adele_weakly_supervised")
    session.run(*COMPARE, *(str(folder / method) for method in methods))


@nox.session
def no_harm(session: nox.Session) -> None:
    """Measure what ADELE does to clean labels and to small structures, five seeds (an hour; more with hippocampus)."""
    folder = measured_folder(session, "runs/no_harm")
    no_noise = str(Path("benchmarks/no_harm/no_noise").resolve())
    sets = {"phantom": (["demo"], [], ("plain", "adele", "noisy"))}
    data = Path(os.environ.get("MONAI_ADELE_DATA", "")) / "hippocampus_msd"
    if data.is_dir():
        sets["hippocampus"] = ([HIPPOCAMPUS], ["--dataset_dir", str(data)], ("plain", "adele"))
    for name, (settings, source, methods) in sets.items():
        noisy = ["noise", *settings]
        overrides = {"plain": ["baseline", *settings], "adele": [*noisy, no_noise], "noisy": noisy}
        for seed, method in itertools.product(range(10, 15), methods):
            run_bundle(session, overrides[method], folder / f"{name}_{method}_seed{seed}", *source, "--seed", str(seed))
    session.run("python", "benchmarks/no_harm/summarize.py", str(folder))


@nox.session
def sources(session: nox.Session) -> None:
    """Measure both sources of predictions over norms and base losses, on the phantom, two seeds (an hour)."""
    folder = measured_folder(session, "runs/sources")
    settings = itertools.product((20, 21), ("instance", "batch"), ("dicece", "ce"), ("training", "evaluation"))
    for seed, norm, loss, source in settings:
        overrides = ["noise", "demo", *(["evaluation_pass"] if source == "evaluation" else [])]
        dice = "1.0" if loss == "dicece" else "0.0"
        options = ["--norm", norm, "--base_loss#lambda_dice", dice, "--seed", str(seed)]
        run_bundle(session, overrides, folder / f"{norm}_{loss}_{source}_seed{seed}", *options)
    session.run("python", "benchmarks/sources/summarize.py", str(folder))


@nox.session
def detector(session: nox.Session) -> None:
    """Record runs without correction (four hours; what is there is kept), and compare rules on them."""
    folder = str(measured_folder(session, "runs/detector"))
    session.run("python", "-W", "ignore", "benchmarks/detector/record_runs.py", folder)
    session.run("python", "benchmarks/detector/collect.py", folder)
    session.run("python", "benchmarks/detector/judge.py", "--figure", "docs/figures/detector.png")


@nox.session
def benchmark(session: nox.Session) -> None:
    """Run the benchmark, or go on with it (six hours on one core): -- [GRID] [--minutes N] [--out FOLDER]."""
    install(session, ".")
    session.run(*PYTHON.split(), "benchmarks/grid/run.py", *session.posargs, interrupt_timeout=180)


@nox.session
def benchmark_report(session: nox.Session) -> None:
    """Make docs/benchmark.md and its figures from the benchmark's records: -- [GRID] [--add RECORDS]."""
    install(session, ".")
    session.run(*PYTHON.split(), "benchmarks/grid/report.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure time and memory: -- noise (ten minutes), networks (ten), store (two), detector (four), load (an hour)."""
    what, *options = session.posargs or ["nothing"]
    if what not in BENCHMARKS:
        session.error(f"found {what} behind --, expected one of {', '.join(BENCHMARKS)}")
    script, *packages = BENCHMARKS[what]
    install(session, ".", *packages)
    if what == "noise":  # LGPL-3: compared with where they can be installed, never required
        session.run(*PIP, "edt==3.1.2", success_codes=range(256))
        session.run(*PIP, "fastmorph==1.10.0", success_codes=range(256))
    session.env["PYTHONPATH"] = "tests"  # for what is measured beside it
    records, *options = options or [str(Path(script).with_suffix(".json"))]
    session.run(*PYTHON.split(), script, records, *options)
    if what == "noise":
        session.run("python", "benchmarks/noise_tables.py", records)


@nox.session
def calibration(session: nox.Session) -> None:
    """Fit noise models to real annotators: LIDC-IDRI's nodules, BU-BIL's cells (see docs/calibration.md)."""
    nodules, cells = (real_data(session, n) for n in ("lidc_rater_masks_only", "bubil3_fibroblast_multirater"))
    folder = measured_folder(session, "runs/calibration", ".[calibration]")
    masks = ["--raters", str(nodules / "lidc_4rater_masks.npz"), "--cases", str(nodules / "cases.csv"), "--anonymous"]
    persons = ["--persons", "benchmarks/calibration/fibroblast_persons.csv", "--spacing", "1", "1"]
    split = ["--block", "4", "--held-out", "16", "--evaluations", "60"]
    parts = {"nodules": masks, "cells": ["--raters", str(cells), *persons, *split]}
    for name, options in parts.items():
        if not (folder / name / "report.json").exists():  # what is there is kept
            end = ("--check-intervals", "25", "--out", str(folder / name))
            session.run("python", "-m", "monai_adele", "calibrate", *options, *end)


@nox.session
def kill(session: nox.Session) -> None:
    """Kill short trainings 30 times at random instants, and 30 times at write steps (about 20 minutes)."""
    session.env["MONAI_ADELE_KILLS"] = "30"
    run_tests(session, "-s", "tests/bundles/test_kill.py", "tests/store/test_store_kills.py", *session.posargs)


@nox.session
def distributed(session: nox.Session) -> None:
    """Train with two processes: the tests, and the bundle through torchrun (two minutes)."""
    handlers = ("tests/handlers/test_distributed.py", "tests/handlers/test_distributed_validation.py")
    run_tests(session, *handlers, "tests/bundles/test_multi_gpu.py", *session.posargs)
    folder = Path(tempfile.mkdtemp())
    small = ["--spatial_dims", "2", "--phantom_cases", "11", "--max_epochs", "2", "--batch_size", "2"]
    start = "torchrun --standalone --nproc_per_node=2"
    run_bundle(session, ["noise", "multi_gpu_train"], folder / "run", *small, start=start)
    session.run(*COMPARE, str(folder / "run"))


@nox.session
def trackers(session: nox.Session) -> None:
    """Read back what MONAI's TensorBoard and MLflow handlers wrote; MLflow is large and only needed here."""
    install(session, ".[tests]", "mlflow-skinny", "sqlalchemy", "alembic")
    session.run("pytest", "tests/handlers/test_experiment_trackers.py", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Build sdist and wheel into dist/; install the wheel far from the sources, and train its bundle for an epoch."""
    install(session, "build")
    dist = Path("dist").resolve()
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(dist))  # the wheel is made from the sdist
    (wheel,) = dist.glob("*.whl")
    with tempfile.TemporaryDirectory() as home, session.chdir(home):
        session.run("python", "-m", "venv", "fresh")
        session.run("fresh/bin/pip", "install", "-q", "-c", str(CONSTRAINTS), str(wheel), external=True)
        session.run("fresh/bin/monai-adele", "bundle", "adele_segmentation", "./here", external=True)
        command = ["fresh/bin/python", "-W", "ignore", "-m", "monai.bundle", "run", "--bundle_root", "here"]
        small = ["--spatial_dims", "2", "--phantom_cases", "10", "--max_epochs", "1", "--output_dir", "run"]
        session.run(*command, "--config_file", "here/configs/train.json", *small, external=True)
        session.run("fresh/bin/monai-adele", "compare", "run", external=True)


@nox.session
def audit_benchmark(session: nox.Session) -> None:
    """Corrupt a known share of labels, audit them, compare with cleanlab, MONAI and Dice (an hour)."""
    install(session, ".", "cleanlab", "scikit-learn")
    folder = str(Path(session.posargs[0] if session.posargs else "runs/audit").resolve())
    for name in ("phantom", "hippocampus"):
        session.run(*PYTHON.split(), "benchmarks/audit/predict.py", folder, name, "0.1", "0.3", "0.5")
    results = "benchmarks/audit/results.json"
    session.run(*PYTHON.split(), "benchmarks/audit/judge.py", folder, results)
    session.run("python", "benchmarks/audit/show.py", results, "docs/figures/audit.png")


@nox.session
def browser(session: nox.Session) -> None:
    """Open the page of an audit in headless Chromium; `apt-get install chromium chromium-driver` comes first."""
    install(session, ".[tests]", "selenium")
    session.run("pytest", "-rs", "tests/visualize/test_audit_in_browser.py", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Hand 10,000 generated or damaged inputs to every reader (two hours); or as many as are named."""
    session.env["MONAI_ADELE_FUZZ"] = (session.posargs or ["10000"])[0]
    run_tests(session, "-n", "2", "tests/fuzz")


@nox.session(python="3.10")
def oldest(session: nox.Session) -> None:
    """Run the tests with the oldest Python and the oldest releases that setup.cfg allows."""
    config = configparser.ConfigParser()
    config.read("setup.cfg")
    lowest = [re.sub(r">=([0-9.]+).*", r"==\1.*", line) for line in config["options"]["install_requires"].split()]
    session.install("-q", *lowest, ".[tests]")
    old = ("-W", "default::DeprecationWarning")  # what old releases use of newer ones
    session.run("pytest", "-n", "2", *old, *session.posargs, env={"OMP_NUM_THREADS": "1"})


@nox.session(python="3.13")
def newest(session: nox.Session) -> None:
    """Run the tests with the newest Python and the newest releases that setup.cfg allows (torch: gigabytes)."""
    session.install("-q", "--upgrade", "--upgrade-strategy", "eager", ".[tests]")
    session.run("pytest", "-n", "2", *session.posargs, env={"OMP_NUM_THREADS": "1"})
