"""Run a grid of trainings, or go on with it: ``python benchmarks/grid/run.py [GRID] [--minutes N] [--out FOLDER]``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from monai_adele.errors import AdeleError
from monai_adele.experiments import GridRunner, read_grid

HERE = Path(__file__).parent


def main() -> int:
    """Run what has no record yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grid", nargs="?", default="core", help="a grid file, or the name of one beside this script")
    parser.add_argument("--out", type=Path, default=Path("runs/benchmark"), help="where runs and records go")
    parser.add_argument("--minutes", type=float, help="stop after so long; start again to go on")
    parser.add_argument("--retry", action="store_true", help="run again what failed")
    parser.add_argument("--keep-all", action="store_true", help="keep networks and labels of finished runs")
    args = parser.parse_args()
    named = HERE / f"{args.grid}.json"
    try:
        grid = read_grid(named if named.exists() else args.grid)
        runner = GridRunner(args.out, datasets=os.environ.get("MONAI_ADELE_DATA"), keep_all=args.keep_all)
        left = runner.run(grid.trials(), minutes=args.minutes, retry=args.retry)
    except AdeleError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"records are in {runner.records_file}" + (f"; {left} runs are left" if left else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
