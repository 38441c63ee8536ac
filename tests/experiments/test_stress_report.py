"""Tests of the results of a stress test, its page and its figure, from records made by hand."""

import json

import numpy as np
import pytest

from monai_adele.experiments import (
    StressResult,
    TrialRecord,
    adele_on_clean,
    read_grid,
    stress_figure,
    stress_grid,
    stress_noises,
    stress_report,
    stress_results,
    stress_words,
)

CLEAN = {0: 0.8, 1: 0.7}
COST = {"none": 0.0, "walk_0_9": 0.02, "walk_0_6": 0.2, "radius_0_9": 0.0, "radius_0_6": 0.1}


def record(noise, method, seed, **values):
    """Noise costs what the table says; ADELE brings half of it back, and costs 0.01 where there is none."""
    back = 0.0 if method == "plain" else 0.5 * COST[noise] if COST[noise] else -0.01
    iou = CLEAN[seed] - COST[noise] + back
    labels = {"given": 0.6, "corrected": 0.6 if method == "plain" else 0.65}
    names = {"id": f"data-{noise}-{method}-seed{seed}", "data": "data", "noise": noise, "method": method}
    record = {"status": "done", "test_iou": {"best": iou, "last": iou - 0.05}, "label_iou": labels}
    return TrialRecord(**names, seed=seed, **(record | values))


@pytest.fixture
def records():
    found = [record(noise, method, seed) for seed in CLEAN for noise in COST for method in ("plain", "adele")]
    return {one.id: one for one in found}


@pytest.fixture
def declare(tmp_path):
    def declared(**settings):
        for name in ("train", "noise", "baseline"):
            (tmp_path / "configs").mkdir(exist_ok=True)
            (tmp_path / "configs" / f"{name}.json").write_text("{}")
        configs, noises = [tmp_path / "configs" / "train.json"], stress_noises(["walk", "radius"], [0.9, 0.6])
        options = {"baseline": {"scales": [1.0]}, "seeds": [0, 1], "settings": settings, "title": "livers"}
        (tmp_path / "stress.json").write_text(json.dumps(stress_grid(configs, noises, **options)))
        return read_grid(tmp_path / "stress.json")

    return declared


def test_the_grid_is_balanced_and_plain_training_stays_plain(declare):
    trials = declare(scales=[1.0, 0.5], batch_size=3).trials()
    order = [f"{trial.noise} {trial.method} {trial.seed}" for trial in trials]
    half = ["none plain", *(f"{n} {m}" for n in list(COST)[1:] for m in ("plain", "adele")), "none adele"]
    assert order == [f"{one} {seed}" for seed in (0, 1) for one in half]
    assert [t.settings["scales"] for t in trials[:3]] == [[1.0], [1.0], [1.0, 0.5]]
    assert {t.settings["batch_size"] for t in trials} == {3}
    assert [path.name for path in trials[0].config_files] == ["train.json", "noise.json", "baseline.json"]


def test_cost_and_gain_are_paired_by_seed(declare, records):
    results = {(one.title, one.level): one for one in stress_results(declare(), records, "best")}
    assert [level for _, level in results] == [0.9, 0.6, 0.9, 0.6]
    one = results["a ragged boundary, too wide", 0.6]
    assert (one.seeds, one.cost, one.gain) == ((0, 1), pytest.approx(0.2), pytest.approx(0.1))
    assert (one.labels, one.corrected) == ((0.6, 0.6), (0.65, 0.65))
    mild = results["structures too small or too large", 0.9]
    assert (mild.cost, mild.gain) == (pytest.approx(0), pytest.approx(-0.01))
    assert [result.costs_something for result in results.values()] == [True, True, False, True]
    assert adele_on_clean(records, "last") == pytest.approx([-0.01, -0.01])


def test_a_noise_that_one_seed_did_not_mind_has_no_share(declare, records):
    better = record("walk_0_6", "plain", 1, test_iou={"best": 0.71, "last": 0.7})
    results = stress_results(declare(), records | {better.id: better}, "best")
    assert results[1].cost > 0.01
    assert not results[1].costs_something


def test_runs_without_their_partners_and_failed_ones_do_not_count(declare, records):
    del records["data-walk_0_6-plain-seed1"]
    broken = record("walk_0_9", "adele", 0, status="failed", reason="ValueError: x")
    records |= {broken.id: broken}
    assert [one.seeds for one in stress_results(declare(), records, "best")] == [(1,), (0,), (0, 1), (0, 1)]
    page = stress_report(declare(), records)
    assert "This rests on 18 of 20 runs. 1 of the runs failed." in page
    assert "- `data-walk_0_9-adele-seed0`: ValueError: x" in page
    assert "With a single seed" in page


def test_the_words_say_what_the_records_say(declare, records):
    words = stress_words(declare(), records)
    assert "a mean IoU of 0.750." in words
    assert "cost most is “a ragged boundary, too wide” at a Dice of 0.6: 20.0 hundredths" in words
    assert "cost least is “structures too small or too large” at a Dice of 0.9: nothing that was seen" in words
    assert (
        "the mean cost is 8.0 hundredths of the IoU; ADELE brought back 3.8 hundredths of the IoU of it (47 %, 95"
        in words
    )
    assert "with “structures too small or too large” at a Dice of 0.9 it did worse" in words
    assert "On labels as they are, where there was nothing to repair, ADELE lost 1.0 hundredths" in words
    assert "rests on" not in words


def test_labels_of_the_users_data_are_said_to_be_only_assumed_right(declare, records):
    assert "Nothing here tells whether they are" in stress_words(declare(dataset_dir="/data/livers"), records)
    assert stress_words(declare(), records).startswith("The phantom's own labels are right.")


def test_networks_that_learned_nothing_give_no_verdict(declare, records):
    low = {name: record(r.noise, r.method, r.seed, test_iou={"best": 0.1, "last": 0.1}) for name, r in records.items()}
    words = stress_words(declare(), low)
    assert "a mean IoU of 0.100 only: it has learned too little" in words
    assert "brought" not in words


def test_where_adele_only_harms_it_is_said(declare, records):
    worse = {n: r if r.method == "plain" else record(r.noise, "adele", r.seed, test_iou={"best": 0.4, "last": 0.4})
             for n, r in records.items()}  # fmt: skip
    assert "ADELE brought nothing back: it lost 27.0 hundredths" in stress_words(declare(), worse)


def test_without_a_cost_no_share_is_stated(declare, records):
    same = {n: record(r.noise, r.method, r.seed, test_iou={"best": 0.7, "last": 0.7}) for n, r in records.items()}
    words = stress_words(declare(), same)
    assert "None of the noises cost clearly more than chance" in words
    assert "%" not in words


def test_the_table_has_a_row_for_each_noise_and_level(declare, records):
    page = stress_report(declare(), records, figure="stress.png")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:3] == "| a"]
    best, last = rows[1], rows[3]
    assert best == [
        *("a ragged boundary, too wide", "0.6", "60.0 -> 65.0", "2"),
        *("75.0", "55.0", "20.0", "65.0", "+10.0", "50 %"),
    ]
    assert last[4:6] == ["70.0", "50.0"]
    assert "![Test IoU by noise and strength](stress.png)" in page
    (mild,) = {line.split("|")[-2].strip() for line in page.splitlines() if "| 0.9 " in line and "too small" in line}
    assert mild == ""


def test_a_page_without_records_says_so(declare):
    page = stress_report(declare(), {})
    assert "no noise yet whose runs are all done. This rests on 0 of 20 runs." in page
    assert "|" not in page


def test_records_of_other_tests_do_not_count(declare, records):
    other = TrialRecord(
        **{**vars(records["data-walk_0_9-plain-seed0"]), "id": "data-hail-plain-seed0", "noise": "hail"}
    )
    assert stress_report(declare(), records | {other.id: other}) == stress_report(declare(), records)


def test_the_figure_has_a_panel_for_each_kind_from_weak_to_strong(declare, records):
    figure = stress_figure(stress_results(declare(), records, "best"))
    walk, radius = figure.axes
    assert [text.get_text() for text in walk.get_xticklabels()] == ["0.9\n(0.60)", "0.6\n(0.60)"]
    drawn = {tuple(np.round(line.get_ydata(), 3)) for line in walk.get_lines()}
    assert {(0.75, 0.75), (0.73, 0.55), (0.74, 0.65)} <= drawn
    assert radius.get_title(loc="left") == "structures too small or\ntoo large"
    with pytest.raises(ValueError, match="found no results"):
        stress_figure([])


@pytest.mark.parametrize(
    ("plain", "costs"), [((0.69, 0.69), True), ((0.692, 0.694), False), ((0.6, 0.71), False), ((0.6, 0.7), False)]
)
def test_a_share_needs_a_loss_of_every_seed_and_of_a_hundredth_together(plain, costs):
    one = StressResult("walk", 0.8, (0, 1), (0.701, 0.7), plain, plain, (), ())
    assert one.costs_something is costs
