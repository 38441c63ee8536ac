"""Tests of the runner of grids: one tiny training of the bundle, stopped and continued, and one that fails."""

import json
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from monai_adele.errors import StoreError
from monai_adele.experiments import GridLock, GridRunner, TrialFolder, read_grid, read_trial_records

ROOT = Path(__file__).parents[2]
EPOCHS = 8
PLAIN, BROKEN = "phantom-relative-plain-seed1", "phantom-relative-broken-seed1"


@dataclass(frozen=True)
class Story:
    """A grid that was stopped, continued, and started a third time."""

    out: Path
    left: list[int]
    records_when_stopped: dict
    records: dict
    epochs_when_stopped: int
    seconds_of_third: float


def write_grid(folder, **more_data):
    small = {"phantom_dir": "{out}/phantom", "spatial_dims": 2, "phantom_cases": 6, "phantom#size": [32, 32]}
    small |= {"channels": [4, 8], "batch_size": 2, "max_epochs": EPOCHS, "num_train": 3}
    data = {"phantom": {"title": "phantom", "settings": small}} | more_data
    content = {
        "about": "A small grid.",
        "bundle": str(ROOT / "bundles" / "adele_segmentation"),
        "configs": ["train", "noise", str(ROOT / "benchmarks" / "grid" / "configs" / "common.json")],
        "data": data,
        "noises": {"relative": {"title": "relative", "settings": {"noise_model#relative": [0.8]}}},
        "methods": {
            "plain": {"title": "plain", "configs": ["baseline"]},
            "broken": {"title": "broken", "settings": {"learning_rate": -1}},
        },
        "runs": [{"data": list(data), "noises": ["relative"], "methods": ["plain", "broken"], "seeds": [1]}],
    }
    path = folder / "grid.json"
    path.write_text(json.dumps(content))
    return read_grid(path).trials()


def epochs_done(folder):
    curves = folder / "learning_curves.csv"
    return len(curves.read_text().splitlines()) - 1 if curves.exists() else 0


def stop_after_an_epoch(runner, folder):
    while epochs_done(folder) < 1:
        time.sleep(0.02)
    runner.stop()


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    trials, out = write_grid(folder), folder / "out"
    runner = GridRunner(out)
    watcher = threading.Thread(target=stop_after_an_epoch, args=(runner, out / PLAIN), daemon=True)
    watcher.start()
    left = [runner.run(trials)]
    stopped, epochs = read_trial_records(runner.records_file), epochs_done(out / PLAIN)
    left.append(GridRunner(out).run(trials))
    start = time.monotonic()
    left.append(GridRunner(out).run(trials))
    seconds = time.monotonic() - start
    return Story(out, left, stopped, read_trial_records(runner.records_file), epochs, seconds)


def test_a_stopped_run_has_no_record_and_is_left(story):
    assert story.left[0] == 2
    assert story.records_when_stopped == {}
    assert 1 <= story.epochs_when_stopped < EPOCHS


def test_a_stopped_run_is_continued_where_it_was(story):
    record = story.records[PLAIN]
    assert record.is_done
    assert record.starts == 2
    log = (story.out / PLAIN / "log.txt").read_text()
    assert "resumed from" in log
    assert log.count(f"epoch 1/{EPOCHS} ") == 1


def test_every_epoch_is_in_the_record(story):
    record = story.records[PLAIN]
    kinds = {"test_iou", "training_iou", "validation_iou", "truth_iou", "early_learning", "memorization"}
    assert set(record.curves) == kinds
    for classes in record.curves.values():
        assert list(classes) == ["esophagus", "heart", "trachea", "aorta"]
        assert all(len(series) == EPOCHS for series in classes.values())


def test_the_last_epoch_and_the_best_are_those_of_the_curves(story):
    record = story.records[PLAIN]
    for which, epoch in (("last", EPOCHS), ("best", record.best_epoch)):
        values = [series[epoch - 1] for series in record.curves["test_iou"].values()]
        known = [value for value in values if value is not None]
        assert record.test_iou[which] == pytest.approx(sum(known) / len(known), abs=1e-4)


def test_costs_and_labels_and_versions_are_in_the_record(story):
    record = story.records[PLAIN]
    assert 0 < record.seconds["step_cpu"] < record.seconds["cpu"]
    assert record.peak_memory_mib > 100
    assert 0 < record.label_iou["given"] < 1
    assert record.label_iou["corrected"] == record.label_iou["given"]  # plain training corrects nothing
    assert record.environment["packages"]["torch"]
    assert str(story.out) not in json.dumps(record.settings)


def test_a_run_that_fails_has_a_record_with_its_reason_and_does_not_stop_the_others(story):
    record = story.records[BROKEN]
    assert record.status == "failed"
    assert "exit status" in record.reason
    assert "learning rate" in (story.out / BROKEN / "log.txt").read_text()
    assert story.left[1] == 0


def test_what_has_a_record_is_passed_over(story):
    assert story.left[2] == 0
    assert story.seconds_of_third < 2


def test_networks_and_labels_of_finished_runs_are_not_kept(story):
    assert not [entry for entry in (story.out / PLAIN).iterdir() if entry.is_dir()]
    assert (story.out / PLAIN / "summary.json").exists()


def test_a_run_that_ended_after_its_runner_was_killed_is_recorded_and_not_run_again(story, tmp_path):
    trial = write_grid(tmp_path)[0]
    shutil.copytree(story.out / PLAIN, tmp_path / "out" / PLAIN)  # complete, and without a record
    GridRunner(tmp_path / "out").run([trial])
    assert read_trial_records(tmp_path / "out" / "records.jsonl")[PLAIN] == story.records[PLAIN]


def test_without_time_nothing_is_started(tmp_path):
    trials = write_grid(tmp_path)
    assert GridRunner(tmp_path / "out").run(trials, minutes=0) == 2
    assert not (tmp_path / "out" / PLAIN).exists()


def test_a_data_set_that_is_not_at_hand_is_passed_over(tmp_path):
    bones = {"title": "bones", "settings": {"dataset_dir": "{datasets}/bones"}}
    trials = [trial for trial in write_grid(tmp_path, bones=bones) if trial.data == "bones"]
    assert len(trials) == 2
    for datasets in (None, tmp_path):
        assert GridRunner(tmp_path / "out", datasets=datasets).run(trials) == 0
    (tmp_path / "bones").mkdir()
    assert GridRunner(tmp_path / "out", datasets=tmp_path).run(trials, minutes=0) == 2


def test_a_second_runner_is_refused(tmp_path):
    with GridLock(tmp_path), pytest.raises(StoreError, match="another runner"):
        GridRunner(tmp_path).run([])
    assert GridRunner(tmp_path).run([]) == 0


def test_what_was_begun_with_other_settings_is_removed(tmp_path):
    trial, *_ = write_grid(tmp_path)
    folder = TrialFolder(tmp_path / "out" / trial.id)
    assert folder.begin(trial, out=tmp_path, datasets=None) == 1
    (folder.path / "left").touch()
    assert folder.begin(trial, out=tmp_path, datasets=None) == 2
    assert (folder.path / "left").exists()
    other = write_grid(tmp_path)[1]
    assert folder.begin(other, out=tmp_path, datasets=None) == 1
    assert not (folder.path / "left").exists()


def test_the_last_words_of_a_failure_are_its_last_error(tmp_path):
    folder = TrialFolder(tmp_path)
    assert folder.last_words() == "it said nothing"
    folder.log.write_text(f"epoch 1\nValueError: one\nmonai_adele.errors.DataError: {tmp_path}/a is no file\n hint\n")
    assert folder.last_words() == f"monai_adele.errors.DataError: {tmp_path.name}/a is no file"
