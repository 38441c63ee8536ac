"""Commands: ``python -m monai_adele --help`` lists them."""

from __future__ import annotations

import argparse
import shutil
import sys
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from monai_adele.errors import AdeleError
from monai_adele.visualize import comparison_table

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: the words of the command line; default those of this process.

    Returns:
        Exit status: 0 if it was done, 1 if something was wrong with data, 2 with the words.
    """
    parser = argparse.ArgumentParser(prog="python -m monai_adele", description="Segmentation from noisy labels.")
    commands = parser.add_subparsers(dest="command", required=True)

    bundle = commands.add_parser("bundle", help="copy a bundle out of the package, to be run and changed")
    bundle.add_argument("name", choices=_bundle_names(), help="which bundle")
    bundle.add_argument("--out", type=Path, required=True, help="folder to write; must not exist")
    bundle.set_defaults(run=lambda args: _copy_bundle(args.name, args.out))

    compare = commands.add_parser("compare", help="print a table of finished runs, one row a run")
    compare.add_argument("runs", type=Path, nargs="+", help="output folders of runs")
    compare.set_defaults(run=lambda args: print(comparison_table(args.runs)))

    args = parser.parse_args(arguments)
    try:
        args.run(args)
    except AdeleError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _bundles() -> Any:
    """Where the bundles are: in the installed package, or beside it in a checkout."""
    installed = files("monai_adele") / "bundles"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "bundles"


def _bundle_names() -> list[str]:
    return sorted(entry.name for entry in _bundles().iterdir() if entry.name.startswith("adele"))


def _copy_bundle(name: str, out: Path) -> None:
    if out.exists():
        raise AdeleError(f"{out}: found a file or folder, expected none; choose a new folder for the bundle")
    with as_file(_bundles() / name) as folder:
        shutil.copytree(folder, out)
    print(f"{name} is in {out}; its docs/README.md tells how to run it")


if __name__ == "__main__":
    sys.exit(main())
