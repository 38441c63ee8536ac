"""What is run on this project: ``nox -l`` lists it."""

from __future__ import annotations

import os
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "venv"

CONSTRAINTS = Path("constraints.txt").resolve()


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


@nox.session
def demo(session: nox.Session) -> None:
    """Train on the phantom: clean labels, noisy labels, noisy labels with ADELE."""
    install(session, ".")
    folder = session.posargs[0] if session.posargs else "demo"
    session.run("python", "-m", "monai_adele", "demo", "--out", folder)


@nox.session
def bundle(session: nox.Session) -> None:
    """Run the bundle for two epochs on a small phantom, from the installed package."""
    install(session, ".")
    folder = Path(session.create_tmp())
    session.run("python", "-m", "monai_adele", "bundle", "adele_segmentation", "--out", str(folder / "bundle"))
    configs = folder / "bundle" / "configs"
    session.run(
        *("python", "-m", "monai.bundle", "run", "--bundle_root", str(folder / "bundle")),
        *("--config_file", f"['{configs / 'train.json'}','{configs / 'noise.json'}']"),
        *("--output_dir", str(folder / "run"), "--max_epochs", "2", "--phantom_cases", "10"),
    )


def real_data(session: nox.Session) -> None:
    """Say where the real data is: the environment variable MONAI_ADELE_DATA."""
    if "MONAI_ADELE_DATA" not in os.environ:
        session.skip("MONAI_ADELE_DATA does not name a folder with data sets")
