"""Tests of the table of runs."""

import json

import pytest

from monai_adele.errors import DataError
from monai_adele.visualize import comparison_table


def write_run(folder, **changes):
    folder.mkdir()
    facts = {
        "seconds": 90.0,
        "onsets": {"liver": {"epoch": 7, "reason": "a"}, "spleen": {"epoch": None, "reason": "b"}},
        "label_iou": {"given": {"mean": 0.5}, "corrected": {"mean": 0.625}},
        "final_metrics": {"last": {"mean_iou": 0.7123}, "best": {"mean_iou": 0.7}},
        "environment": {"peak_memory_mib": 1536.0},
    }
    (folder / "summary.json").write_text(json.dumps(facts | changes))
    return folder


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_run_is_a_row(tmp_path):
    header, rule, row = comparison_table([write_run(tmp_path / "first")]).splitlines()
    assert cells(header)[0] == "run"
    assert set(rule) == {"|", "-"}
    assert cells(row) == ["first", "0.712", "0.700", "0.500 -> 0.625", "liver 7", "1.5", "1.5"]
    assert len(header) == len(rule) == len(row)


def test_what_a_run_does_not_know_is_left_empty(tmp_path):
    run = write_run(tmp_path / "real", label_iou=None, final_metrics={}, onsets={})
    assert cells(comparison_table([run]).splitlines()[2])[1:5] == ["", "", "", "none"]


def test_runs_keep_their_order(tmp_path):
    runs = [write_run(tmp_path / name) for name in ("b", "a")]
    assert [cells(line)[0] for line in comparison_table(runs).splitlines()[2:]] == ["b", "a"]


def test_a_folder_without_a_finished_run_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"summary.json: .*expected the summary of a finished run"):
        comparison_table([tmp_path])
