"""Tests of the script that makes the benchmark's page and figures from records and a run that was kept."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from monai_adele.data import CaseGrid, RunRecord
from monai_adele.experiments import TrialRecord, append_trial_record

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "grid" / "report.py"
KEPT = "cell-walk-adele-seed0"


def write_grid(folder):
    (folder / "bundle" / "configs").mkdir(parents=True)
    content = {
        "about": "Who is better?",
        "bundle": "bundle",
        "data": {"cell": {"title": "cells"}},
        "noises": {"none": {"title": "labels as they are"}, "walk": {"title": "a walk"}},
        "methods": {"plain": {"title": "plain training"}, "adele": {"title": "ADELE"}},
        "runs": [{"data": ["cell"], "noises": ["none", "walk"], "methods": ["plain", "adele"], "seeds": [0]}],
    }
    (folder / "grid.json").write_text(json.dumps(content))


def write_records(path):
    for noise, method, iou in (("none", "plain", 0.8), ("walk", "plain", 0.6), ("walk", "adele", 0.75)):
        names = {"id": f"cell-{noise}-{method}-seed0", "data": "cell", "noise": noise, "method": method, "seed": 0}
        curves = {kind: {"heart": [0.2, 0.5]} for kind in ("early_learning", "memorization")} if noise == "walk" else {}
        figures = {"test_iou": {"last": iou, "best": iou}, "seconds": {"cpu": 60.0, "step_cpu": 0.1}, "curves": curves}
        append_trial_record(path, TrialRecord(**names, status="done", **figures))


def write_run(folder):
    """A run over a data set of three cases with a square each; its corrections are right."""
    affine, labels, images, grids = np.eye(4), {}, {}, {}
    for part in ("data/imagesTr", "data/labelsTr", f"{KEPT}/given_labels", f"{KEPT}/corrected_labels"):
        (folder / part).mkdir(parents=True)
    for number in range(3):
        name, truth = f"c{number}", np.zeros((24, 20), np.uint8)
        truth[6:14, 6:14] = 1
        given = np.roll(truth, number + 1, axis=0)
        kept = (("data/labelsTr", truth), (f"{KEPT}/given_labels", given), (f"{KEPT}/corrected_labels", truth))
        for part, array in (("data/imagesTr", truth.astype(float)), *kept):
            nib.save(nib.Nifti1Image(array, affine), folder / part / f"{name}.nii.gz")
        labels[name] = folder / KEPT / "given_labels" / f"{name}.nii.gz"
        images[name] = (folder / "data" / "imagesTr" / f"{name}.nii.gz",)
        grids[name] = CaseGrid((24, 20), affine.tolist(), (24, 20), affine.tolist())
    RunRecord(("background", "heart"), None, False, labels, grids, images).write(folder / KEPT)
    (folder / KEPT / "settings.json").write_text(json.dumps({"dataset_dir": str(folder / "data")}))
    (folder / KEPT / "summary.json").write_text(json.dumps({"settings": {"class_names": ["background", "heart"]}}))


def report(folder, *options):
    command = [sys.executable, "-W", "ignore", str(SCRIPT), str(folder / "grid.json")]
    command += ["--records", str(folder / "records.jsonl"), "--page", str(folder / "docs" / "benchmark.md"), *options]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("report")
    write_grid(home)
    write_records(home / "records.jsonl")
    write_run(home)
    done = report(home, "--strip", str(home / KEPT))
    assert done.returncode == 0, done.stderr
    return home


def test_the_page_is_made_from_the_records_alone(folder):
    page = (folder / "docs" / "benchmark.md").read_text()
    assert "the records of 3 of 4 runs" in page
    assert "| 75 % " in page


def test_each_figure_of_the_page_is_there(folder):
    page = (folder / "docs" / "benchmark.md").read_text()
    written = sorted(path.name for path in (folder / "docs" / "figures").iterdir())
    expected = ["benchmark_cases_cell-walk-adele-seed0.png", "benchmark_memorization_cell.png", "benchmark_share.png"]
    assert written == expected
    assert all(f"](figures/{name})" in page for name in written)
    assert "![Cases of one run: cells; a walk; ADELE; seed 0]" in page
    assert all((folder / "docs" / "figures" / name).stat().st_size > 5000 for name in written)


def test_a_run_that_was_not_kept_is_refused(folder):
    (folder / "shed").mkdir()
    (folder / "shed" / "summary.json").write_text("{}")
    failed = report(folder, "--strip", str(folder / "shed"))
    assert failed.returncode == 1
    assert "found no corrected labels, expected them; run the grid with --keep-all" in failed.stderr
