"""Turn records of a grid into its page and figures: ``python benchmarks/grid/report.py [GRID] [--add FILE]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from strip import strip_captions, write_strip  # beside this script

from monai_adele.errors import AdeleError
from monai_adele.experiments import (
    Grid,
    TrialRecord,
    benchmark_page,
    memorization_figure,
    merge_trial_records,
    read_grid,
    read_trial_records,
    share_figure,
)
from monai_adele.visualize import save_png

HERE = Path(__file__).parent
DOTS_PER_INCH = 150


def main() -> int:
    """Write the page and the figures that the records suffice for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grid", nargs="?", default="core", help="a grid file, or the name of one beside this script")
    parser.add_argument("--records", type=Path, default=HERE / "records.jsonl", help="what the runner wrote")
    parser.add_argument("--add", type=Path, help="a runner's records.jsonl, whose records are added before")
    parser.add_argument("--strip", type=Path, help="folder of a run made with --keep-all, whose cases are drawn")
    parser.add_argument("--page", type=Path, default=HERE.parents[1] / "docs" / "benchmark.md", help="what to write")
    args = parser.parse_args()
    named = HERE / f"{args.grid}.json"
    try:
        grid = read_grid(named if named.exists() else args.grid)
        if args.add:
            merge_trial_records(args.records, args.add)
        records = read_trial_records(args.records)
        folder = args.page.parent / "figures"
        folder.mkdir(parents=True, exist_ok=True)
        if args.strip:
            write_strip(args.strip, folder)
    except AdeleError as error:
        print(error, file=sys.stderr)
        return 1
    planned = {trial.id for trial in grid.trials()}
    records = {name: record for name, record in records.items() if name in planned}
    figures = write_figures(grid, records, folder) | strip_captions(grid, folder)
    captions = {f"figures/{name}": caption for name, caption in figures.items()}
    args.page.write_text(benchmark_page(grid, records, figures=captions), encoding="utf-8")
    print(f"{args.page} is made from {len(records)} records")
    return 0


def write_figures(grid: Grid, records: dict[str, TrialRecord], folder: Path) -> dict[str, str]:
    """Write what can be drawn; the caption of each file."""
    titles = {name: method.title for name, method in grid.methods.items()}
    data = {name: one.title for name, one in grid.data.items()}
    noises = {name: noise.title for name, noise in grid.noises.items()}
    captions = {}
    try:
        methods = {name: title for name, title in titles.items() if name != "plain"}
        save_png(share_figure(records, methods, data), folder / "benchmark_share.png", dpi=DOTS_PER_INCH)
        captions["benchmark_share.png"] = "Share of the noise gap recovered"
    except ValueError as error:
        print(f"no figure of shares: {error}", file=sys.stderr)
    compared = {name: titles[name] for name in ("plain", "adele") if name in titles}
    for name, title in data.items():
        try:
            figure = memorization_figure(records, name, noises, compared)
        except ValueError as error:
            print(f"no figure of memorization: {error}", file=sys.stderr)
            continue
        save_png(figure, folder / f"benchmark_memorization_{name}.png", dpi=DOTS_PER_INCH)
        captions[f"benchmark_memorization_{name}.png"] = f"Early learning and memorization, {title}"
    return captions


if __name__ == "__main__":
    sys.exit(main())
