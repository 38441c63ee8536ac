"""What is run on this project: ``nox -l`` lists it."""

from __future__ import annotations

import configparser
import itertools
import os
import re
import shutil
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "venv"

CONSTRAINTS = Path("constraints.txt").resolve()
# each bundle with override files and options of a training of seconds on data that it makes itself
SMALL_RUNS = {
    "adele_segmentation": (["noise"], ["--spatial_dims", "2", "--phantom_cases", "10"], "imagesTr"),
    "adele_weakly_supervised": (
        [],
        ["--phantom_train", "6", "--phantom_test", "3", "--schedule_epochs", "2"],
        "JPEGImages",
    ),
}


def install(session: nox.Session, *packages: str) -> None:
    """Install packages in the versions of the constraints file."""
    session.install("-q", "-c", str(CONSTRAINTS), *packages)


def quiet_threads(session: nox.Session) -> None:
    """One thread a process: the test processes share the cores."""
    session.env["OMP_NUM_THREADS"] = "1"


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, and the examples of the docstrings."""
    install(session, ".[tests]")
    quiet_threads(session)
    session.run("pytest", "-n", "2", *session.posargs)


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


def run_bundle(
    session: nox.Session, overrides: list[str], output: Path, *options: str, name: str = "adele_segmentation"
) -> None:
    """Run a bundle of the installed package through MONAI's own command."""
    bundle = output.parent / "bundle"
    if not bundle.exists():
        session.run("python", "-m", "monai_adele", "bundle", name, "--out", str(bundle))
    files = [f"{bundle / 'configs' / name}.json" for name in ["train", *overrides]]  # or an absolute path
    command = ["python", "-W", "ignore", "-m", "monai.bundle", "run", "--bundle_root", str(bundle)]
    session.run(*command, "--config_file", str(files), "--output_dir", str(output), *options)


@nox.session
def demo(session: nox.Session) -> None:
    """Train on the phantom three times: clean labels, noisy labels, noisy labels with ADELE."""
    install(session, ".")
    folder = Path(session.posargs[0] if session.posargs else "demo").resolve()
    if folder.exists():
        session.error(f"{folder} exists; remove it, or name another folder: nox -s demo -- FOLDER")
    folder.mkdir(parents=True)
    phantom = ("--phantom_dir", str(folder / "phantom"))
    run_bundle(session, ["baseline", "demo"], folder / "clean", *phantom)
    run_bundle(session, ["baseline", "noise", "demo"], folder / "plain", *phantom)
    run_bundle(session, ["noise", "demo"], folder / "adele", *phantom)
    runs = [str(folder / name) for name in ("clean", "plain", "adele")]
    session.run("python", "-m", "monai_adele", "compare", *runs)
    session.log("the runs are in " + ", ".join(runs))


@nox.session
def bundle(session: nox.Session) -> None:
    """Train, resume, test and apply each bundle through MONAI's command; then all that MONAI's tools ask of it."""
    install(session, ".[tests,export]")
    quiet_threads(session)
    for name in session.posargs or SMALL_RUNS:
        train_and_apply(session, name)
    checks = ("tests/bundles/test_published.py", "tests/bundles/test_configs.py")
    session.run("pytest", "-n", "2", *checks, "-k", " or ".join(session.posargs or SMALL_RUNS))


def train_and_apply(session: nox.Session, name: str) -> None:
    """Run a bundle for two epochs on data that it makes itself, and on its output again."""
    overrides, small, images_name = SMALL_RUNS[name]
    folder = Path(session.create_tmp()) / "short" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run_bundle(session, overrides, folder / "run", *small, "--max_epochs", "1", name=name)
    run_bundle(session, overrides, folder / "run", *small, "--max_epochs", "2", "--resume", "true", name=name)
    run_bundle(session, ["evaluate"], folder / "run", *small, name=name)
    config = str(folder / "bundle" / "configs" / "inference.json")
    command = ["python", "-W", "ignore", "-m", "monai.bundle", "run", "--config_file", config]
    images = folder / "run" / "phantom" / images_name
    session.run(*command, "--run_dir", str(folder / "run"), "--dataset_dir", str(images))
    predictions = {path.name.split(".")[0] for path in (folder / "run" / "predictions").iterdir()}
    if predictions != {path.name.split(".")[0] for path in images.iterdir()}:
        session.error(f"found predictions {sorted(predictions)}, expected one of each image")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the pages and the reference of all public names into build/docs; a warning is an error."""
    install(session, ".[docs]")
    output = Path("build/docs").resolve()
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", "docs", str(output), *session.posargs)
    session.log(f"open {output / 'index.html'}")


@nox.session
def hippocampus(session: nox.Session) -> None:
    """Measure on MSD Task04 Hippocampus: clean, plain and ADELE, three seeds (about an hour)."""
    data = Path(os.environ.get("MONAI_ADELE_DATA", "")) / "hippocampus_msd"
    if not data.is_dir():
        session.skip("MONAI_ADELE_DATA does not lead to MSD Task04 Hippocampus")
    install(session, ".")
    quiet_threads(session)  # the number of threads changes the rounding
    folder = Path(session.posargs[0] if session.posargs else "runs/hippocampus").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    settings = str(Path("benchmarks/hippocampus/hippocampus").resolve())
    methods = {"clean": ["baseline"], "plain": ["baseline", "noise"], "adele": ["noise"]}
    runs = [(method, seed) for method in methods for seed in (3, 4, 5)]
    for method, seed in runs:
        output = folder / f"{method}_seed{seed}"
        if not (output / "models" / "model_last.pt").exists():
            options = ("--dataset_dir", str(data), "--seed", str(seed), "--resume", "true")
            run_bundle(session, [*methods[method], settings], output, *options)
    names = [str(folder / f"{method}_seed{seed}") for method, seed in runs]
    session.run("python", "-m", "monai_adele", "compare", *names)


@nox.session
def weakly_supervised(session: nox.Session) -> None:
    """Measure pseudo-labels of generated photographs, plain and with ADELE (fifteen minutes)."""
    install(session, ".")
    quiet_threads(session)  # the number of threads changes the rounding
    folder = Path(session.posargs[0] if session.posargs else "runs/weakly_supervised").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    runs = {"plain": ["baseline"], "adele": []}
    for method, overrides in runs.items():
        if not (folder / method / "models" / "model_last.pt").exists():
            options = ("--phantom_dir", str(folder / "phantom"), "--resume", "true")
            run_bundle(session, overrides, folder / method, *options, name="adele_weakly_supervised")
    session.run("python", "-m", "monai_adele", "compare", *(str(folder / method) for method in runs))


@nox.session
def no_harm(session: nox.Session) -> None:
    """Measure what ADELE does to clean labels and to small structures, five seeds (an hour; more with hippocampus)."""
    install(session, ".")
    quiet_threads(session)
    folder = Path(session.posargs[0] if session.posargs else "runs/no_harm").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    no_noise = str(Path("benchmarks/no_harm/no_noise").resolve())
    methods = {"plain": ["baseline"], "adele": ["noise"], "noisy": ["noise"]}
    sets = {"phantom": ("demo", [], methods)}
    data = Path(os.environ.get("MONAI_ADELE_DATA", "")) / "hippocampus_msd"
    if data.is_dir():
        clean = {method: methods[method] for method in ("plain", "adele")}
        sets["hippocampus"] = (str(Path("benchmarks/hippocampus/hippocampus").resolve()), [str(data)], clean)
    for name, (settings, dataset_dir, chosen) in sets.items():
        for method, seed in ((method, seed) for seed in range(10, 15) for method in chosen):
            output = folder / f"{name}_{method}_seed{seed}"
            if not (output / "models" / "model_last.pt").exists():
                source = ("--dataset_dir", *dataset_dir) if dataset_dir else ()
                overrides = [*chosen[method], settings, *([no_noise] if method == "adele" else [])]
                run_bundle(session, overrides, output, *source, "--seed", str(seed), "--resume", "true")
    session.run("python", "benchmarks/no_harm/summarize.py", str(folder))


@nox.session
def sources(session: nox.Session) -> None:
    """Measure both sources of predictions over norms and base losses, on the phantom, two seeds (an hour)."""
    install(session, ".")
    quiet_threads(session)
    folder = Path(session.posargs[0] if session.posargs else "runs/sources").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    settings = itertools.product((20, 21), ("instance", "batch"), ("dicece", "ce"), ("training", "evaluation"))
    for seed, norm, loss, source in settings:
        output = folder / f"{norm}_{loss}_{source}_seed{seed}"
        if not (output / "models" / "model_last.pt").exists():
            overrides = ["noise", "demo", *(["evaluation_pass"] if source == "evaluation" else [])]
            options = ["--norm", norm, "--base_loss#lambda_dice", "1.0" if loss == "dicece" else "0.0"]
            run_bundle(session, overrides, output, *options, "--seed", str(seed), "--resume", "true")
    session.run("python", "benchmarks/sources/summarize.py", str(folder))


@nox.session
def detector(session: nox.Session) -> None:
    """Record runs without correction (four hours; what is there is kept), and compare rules on them."""
    install(session, ".")
    quiet_threads(session)
    folder = str(Path(session.posargs[0] if session.posargs else "runs/detector").resolve())
    session.run("python", "-W", "ignore", "benchmarks/detector/record_runs.py", folder)
    session.run("python", "benchmarks/detector/collect.py", folder)
    session.run("python", "benchmarks/detector/judge.py", "--figure", "docs/figures/detector.png")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure erosion, dilation and the boundary walk beside what else there is (about ten minutes)."""
    install(session, ".")
    for package in ("edt==3.1.2", "fastmorph==1.10.0"):  # LGPL-3: compared with, never required
        session.run("python", "-m", "pip", "install", "-q", package, success_codes=range(256))
    quiet_threads(session)
    session.env["PYTHONPATH"] = "tests"  # for the slow reference
    output = session.posargs or ["benchmarks/noise_speed.json"]
    session.run("python", "benchmarks/noise_speed.py", *output)
    session.run("python", "benchmarks/noise_tables.py", output[0])


@nox.session
def bench_networks(session: nox.Session) -> None:
    """Measure DeepLabV3+ beside public implementations (ten minutes)."""
    install(session, ".")
    install(session, "segmentation-models-pytorch==0.6.0", "torchvision==0.28.0")  # compared with, never required
    quiet_threads(session)
    session.env["PYTHONPATH"] = "tests"  # for reference/network_measures.py
    output = session.posargs or ["benchmarks/networks.json"]
    session.run("python", "-W", "ignore", "benchmarks/networks.py", *output)


@nox.session
def calibration(session: nox.Session) -> None:
    """Fit noise models to real annotators: LIDC-IDRI's nodules, BU-BIL's cells (see docs/calibration.md)."""
    data = Path(os.environ.get("MONAI_ADELE_DATA", ""))
    nodules, cells = data / "lidc_rater_masks_only", data / "bubil3_fibroblast_multirater"
    if not nodules.is_dir() or not cells.is_dir():
        session.skip("MONAI_ADELE_DATA does not lead to the masks of LIDC-IDRI and BU-BIL")
    install(session, ".[calibration]")
    quiet_threads(session)
    folder = Path(session.posargs[0] if session.posargs else "runs/calibration").resolve()
    command = ["python", "-m", "monai_adele", "calibrate"]
    masks = ["--raters", str(nodules / "lidc_4rater_masks.npz"), "--cases", str(nodules / "cases.csv")]
    check = ["--check-intervals", "25"]
    session.run(*command, *masks, "--anonymous", *check, "--out", str(folder / "nodules"))
    persons = ["--persons", "benchmarks/calibration/fibroblast_persons.csv", "--spacing", "1", "1"]
    split = ["--block", "4", "--held-out", "16", "--evaluations", "60"]
    session.run(*command, "--raters", str(cells), *persons, *split, *check, "--out", str(folder / "cells"))


@nox.session
def kill(session: nox.Session) -> None:
    """Kill short trainings 30 times at random instants, and 30 times at write steps (about 20 minutes)."""
    install(session, ".[tests]")
    quiet_threads(session)
    session.env["MONAI_ADELE_KILLS"] = "30"
    session.run("pytest", "-s", "tests/bundles/test_kill.py", "tests/data/test_store_kills.py", *session.posargs)


@nox.session
def bench_store(session: nox.Session) -> None:
    """Measure what keeping corrections costs: time, and memory (two minutes)."""
    install(session, ".")
    quiet_threads(session)
    output = session.posargs or ["benchmarks/store_speed.json"]
    session.run("python", "-W", "ignore", "benchmarks/store_speed.py", *output)


@nox.session
def distributed(session: nox.Session) -> None:
    """Train with two processes: the tests, and the bundle through torchrun (two minutes)."""
    install(session, ".[tests]")
    quiet_threads(session)
    handlers = ("tests/handlers/test_distributed.py", "tests/handlers/test_distributed_validation.py")
    session.run("pytest", *handlers, "tests/bundles/test_multi_gpu.py", *session.posargs)
    folder = Path(session.create_tmp()) / "distributed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    session.run("python", "-m", "monai_adele", "bundle", "adele_segmentation", "--out", str(folder / "bundle"))
    files = [f"{folder / 'bundle' / 'configs' / name}.json" for name in ("train", "noise", "multi_gpu_train")]
    command = ["torchrun", "--standalone", "--nproc_per_node=2", "-m", "monai.bundle", "run"]
    options = ["--config_file", str(files), "--bundle_root", str(folder / "bundle")]
    small = ["--spatial_dims", "2", "--phantom_cases", "11", "--max_epochs", "2", "--batch_size", "2"]
    session.run(*command, *options, *small, "--output_dir", str(folder / "run"))
    if not (folder / "run" / "summary.json").exists():
        session.error("found no summary of the run with two processes")


@nox.session
def trackers(session: nox.Session) -> None:
    """Read back what MONAI's TensorBoard and MLflow handlers wrote; MLflow is large and only needed here."""
    install(session, ".[tests]", "mlflow-skinny", "sqlalchemy", "alembic")
    quiet_threads(session)
    session.run("pytest", "tests/handlers/test_experiment_trackers.py", *session.posargs)


@nox.session
def bench_detector(session: nox.Session) -> None:
    """Measure the detector's counts as a share of a training step (four minutes)."""
    install(session, ".")
    quiet_threads(session)
    output = session.posargs or ["benchmarks/detector_cost.json"]
    session.run("python", "-W", "ignore", "benchmarks/detector_cost.py", *output)


@nox.session
def package(session: nox.Session) -> None:
    """Build sdist and wheel into dist/; install the wheel far from the sources, and train its bundle for an epoch."""
    import tempfile

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
        if not Path("run", "summary.json").exists():
            session.error("found no summary of the run of the installed bundle")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Hand 10,000 generated or damaged inputs to every reader (two hours); or as many as are named."""
    install(session, ".[tests]")
    quiet_threads(session)
    session.env["MONAI_ADELE_FUZZ"] = session.posargs[0] if session.posargs else "10000"
    session.run("pytest", "-n", "2", "tests/fuzz")


def lowest_requirements() -> list[str]:
    """The requirements of setup.cfg, each pinned to the release series of its lower bound."""
    config = configparser.ConfigParser()
    config.read("setup.cfg")
    requirements = [line for line in config["options"]["install_requires"].splitlines() if line]
    return [re.sub(r">=([0-9.]+).*", lambda bound: f"=={bound[1]}.*", line) for line in requirements]


@nox.session(python="3.10")
def oldest(session: nox.Session) -> None:
    """Run the tests with the oldest Python and the oldest releases that setup.cfg allows."""
    session.install("-q", *lowest_requirements(), ".[tests]")
    quiet_threads(session)
    session.run("pytest", "-n", "2", *session.posargs)


@nox.session
def newest(session: nox.Session) -> None:
    """Run the tests with the newest releases that setup.cfg allows, whatever the constraints file says."""
    session.install("-q", "--upgrade", "--upgrade-strategy", "eager", ".[tests]")
    quiet_threads(session)
    session.run("pytest", "-n", "2", *session.posargs)
