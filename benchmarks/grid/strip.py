"""The strip of cases of a run that was kept: ``benchmark_cases_<run>.png``."""

from __future__ import annotations

import json
from pathlib import Path

from monai_adele.data import find_cases
from monai_adele.errors import DataError
from monai_adele.experiments import Grid
from monai_adele.visualize import case_strip_figure, read_run_cases, save_png, spread_by_gain
from monai_adele.visualize.comparison import read_summary

PREFIX = "benchmark_cases_"
DOTS_PER_INCH = 150
CHOICE = "from the case whose label lost most by its correction to the one that gained most, evenly"


def write_strip(run: Path, folder: Path) -> Path:
    """Draw cases of a finished run, whose labels and settings were kept.

    Args:
        run: its folder, as the runner leaves it with ``--keep-all``.
        folder: where the figure goes.

    Returns:
        The file.

    Raises:
        DataError: if the run was not kept, or its truth is not at hand.
    """
    summary = read_summary(run)
    if not (run / "corrected_labels").is_dir():
        raise DataError(f"{run}: found no corrected labels, expected them; run the grid with --keep-all")
    names = summary["settings"]["class_names"]
    cases = read_run_cases(run, truths=truth_files(run))
    shown = spread_by_gain(cases, num_classes=len(names))
    caption = f"{len(shown)} of {len(cases)} training cases, {CHOICE}. The IoU is that of the whole case."
    path = folder / f"{PREFIX}{run.resolve().name}.png"
    save_png(case_strip_figure(shown, class_names=names, caption=caption), path, dpi=DOTS_PER_INCH)
    return path


def truth_files(run: Path) -> dict[str, Path]:
    """The right label of each case of a run: that of its data set, before noise, or its ``truth``."""
    settings = json.loads((run / "settings.json").read_text(encoding="utf-8"))
    own = sorted((run / "fibroblasts").glob("datalist_*.json"))
    dataset = own[0] if own else Path(settings.get("dataset_dir") or settings.get("phantom_dir") or run / "phantom")
    return {str(case["case_id"]): Path(case.get("truth", case["label"])) for case in find_cases(dataset).cases}


def strip_captions(grid: Grid, folder: Path) -> dict[str, str]:
    """Captions of the strips that a folder holds, by file name; of this grid's runs only."""
    found = {}
    for trial in grid.trials():
        name = f"{PREFIX}{trial.id}.png"
        if (folder / name).exists():
            titles = (grid.data[trial.data], grid.noises[trial.noise], grid.methods[trial.method])
            found[name] = f"Cases of one run: {'; '.join(one.title for one in titles)}; seed {trial.seed}"
    return found
