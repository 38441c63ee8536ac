"""Tests of the page and the figures that a grid's records make."""

import itertools
import json

import numpy as np
import pytest

from monai_adele.experiments import (
    TrialRecord,
    benchmark_page,
    cost_ratio,
    markdown_table,
    memorization_figure,
    paired_runs,
    pooled_difference,
    pooled_points,
    pooled_share,
    read_grid,
    share_figure,
)

METHODS = {"plain": "plain training", "old": "the old way", "adele": "ADELE"}
IOU = {"plain": 0.5, "old": 0.55, "adele": 0.6}


def record(noise, method, seed, last, **values):
    settings = {
        "seconds": {"cpu": 60.0 * (1 + len(method)), "step_cpu": 0.1, "wall": 90.0},
        "label_iou": {"given": 0.6, "corrected": 0.7 if method == "adele" else 0.6},
        "curves": {
            "early_learning": {"heart": [0.2, 0.6], "aorta": [0.4, None]},
            "memorization": {"heart": [0.1, 0.3], "aorta": [0.1, None]},
        },
        "peak_memory_mib": 512.0,
        "best_epoch": 1,
    }
    names = {"id": f"cell-{noise}-{method}-seed{seed}", "data": "cell", "noise": noise, "method": method}
    iou = {"last": round(last, 4), "best": round(last + 0.02, 4)}
    return TrialRecord(**names, seed=seed, status="done", test_iou=iou, **{**settings, **values})


@pytest.fixture
def records():
    """Clean labels give 0.7; noise costs 0.2 or 0.1; of it ADELE gets half back, the old way a quarter."""
    found = []
    for seed, (noise, size) in itertools.product((0, 1), (("none", 0.0), ("walk", 0.2), ("people", 0.1))):
        for method, share in (("plain", 0.0), ("old", 0.25), ("adele", 0.5)):
            found.append(record(noise, method, seed, 0.7 + 0.01 * seed - size * (1 - share)))
    return {one.id: one for one in found}


@pytest.fixture
def grid(tmp_path):
    (tmp_path / "bundle" / "configs").mkdir(parents=True)
    noises = {"none": "labels as they are", "walk": "a walk", "people": "people"}
    content = {
        "about": "Who is better?",
        "bundle": "bundle",
        "data": {"cell": {"title": "cells"}},
        "noises": {name: {"title": title} for name, title in noises.items()},
        "methods": {name: {"title": title, "tuned": f"nothing of {name}"} for name, title in METHODS.items()},
        "runs": [{"data": ["cell"], "noises": list(noises), "methods": list(METHODS), "seeds": [0, 1, 2]}],
    }
    (tmp_path / "grid.json").write_text(json.dumps(content))
    return read_grid(tmp_path / "grid.json")


def row(page, *starts):
    """Cells of the one row that begins with some."""
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    (found,) = [cells for cells in table if cells[: len(starts)] == list(starts)]
    return found[len(starts) :]


def test_pairs_are_of_the_same_data_noise_and_seed(records):
    pairs = paired_runs(records, "adele")
    assert set(pairs) == {("cell", noise, seed) for noise in ("walk", "people") for seed in (0, 1)}
    one = pairs["cell", "walk", 1]
    assert (one.clean.id, one.plain.id) == ("cell-none-plain-seed1", "cell-walk-plain-seed1")
    assert one.test_iou("last") == pytest.approx((0.71, 0.51, 0.61))


def test_a_pair_that_lacks_a_run_or_has_a_failed_one_is_left_out(records):
    del records["cell-none-plain-seed0"]
    failed = TrialRecord(**{**vars(records["cell-walk-plain-seed1"]), "status": "failed"})
    records[failed.id] = failed
    assert set(paired_runs(records, "adele")) == {("cell", "people", 1)}


def test_shares_are_pooled_over_pairs(records):
    found = pooled_share(records, "adele", "last")
    assert (found.value, found.pairs) == (pytest.approx(0.5), 4)
    assert pooled_share(records, "adele", "last", noise="walk").pairs == 2
    assert pooled_difference(records, "adele", "old", "best").value == pytest.approx(0.25)
    assert pooled_points(records, "adele", "old", "last").value == pytest.approx(0.0375)


def test_cost_is_relative_to_plain_training_on_the_same_data_noise_and_seed(records):
    assert cost_ratio(records, "cell", "adele") == pytest.approx(1.0)  # names of five letters both
    assert cost_ratio(records, "cell", "old") == pytest.approx(4 / 6)
    assert cost_ratio(records, "cell", "none") is None


def test_the_page_says_what_the_records_say(grid, records):
    page = benchmark_page(grid, records)
    assert "the records of 18 of 27 runs" in page
    assert row(page, "ADELE", "4")[0].startswith("50 % (")
    assert row(page, "the old way", "4", "25 % (25 % to 25 %)") == ["25 % (25 % to 25 %)"]
    points = row(page, "the old way", "4", "+25 % (+25 % to +25 %)")[1:]
    assert all(one.endswith("(+2.5 to +5.0)") for one in points)
    assert row(page, "a walk", "ADELE") == ["2", "60.5 ± 0.7", "62.5 ± 0.7", "50 %", "50 %", "0.600 -> 0.700"]
    assert row(page, "labels as they are", "plain training") == ["2", "70.5 ± 0.7", "72.5 ± 0.7", "", "", "0.600"]
    assert row(page, "cells", "the old way") == ["1.00", "0.67", "4.0", "0.5"]
    assert "- **ADELE**: nothing of adele." in page


def test_failures_and_states_of_the_code_are_said(grid, records):
    broken = record("walk", "old", 2, 0.5)
    records[broken.id] = TrialRecord(**{**vars(broken), "status": "failed", "reason": "ValueError: x", "code": "b"})
    page = benchmark_page(grid, records)
    assert "1 failed: `cell-walk-old-seed2` (ValueError: x)" in page
    assert "made with 2 states of the package's sources" in page


def test_records_of_other_grids_do_not_count(grid, records):
    other = record("walk", "adele", 7, 0.9)
    assert benchmark_page(grid, records | {other.id: other}) == benchmark_page(grid, records)


def test_a_page_without_records_says_so(grid):
    page = benchmark_page(grid, {})
    assert "the records of 0 of 27 runs" in page
    assert "|" not in page


def test_figures_are_on_the_page(grid, records):
    page = benchmark_page(grid, records, figures={"figures/share.png": "Share of the gap"})
    assert "![Share of the gap](figures/share.png)" in page


def test_the_figure_of_shares_has_a_row_for_each_method_with_pairs(records):
    figure = share_figure(records, METHODS | {"never": "never run"}, {"cell": "cells"})
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["plain training", "the old way", "ADELE"]
    with pytest.raises(ValueError, match="found no pairs"):
        share_figure({}, METHODS, {"cell": "cells"})


def test_the_figure_of_memorization_shows_the_mean_over_classes_and_seeds(records):
    figure = memorization_figure(records, "cell", {"walk": "a walk", "hail": "hail"}, {"plain": "p", "adele": "a"})
    assert len(figure.axes) == 2
    line = figure.axes[0].get_lines()[0]
    assert np.allclose(line.get_ydata(), [0.3, 0.6])  # a class that was not measured is left out
    with pytest.raises(ValueError, match="found no finished runs"):
        memorization_figure(records, "bone", {"walk": "a walk"}, {"plain": "p"})


def test_a_table_without_rows_is_empty():
    assert markdown_table(["a"], []) == ""
