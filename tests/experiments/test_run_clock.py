"""Tests of the clock of a training."""

import time

import pytest
from ignite.engine import Engine, Events

from monai_adele.experiments import RunClock, read_clock


def spend(seconds):
    """Keep the processor busy."""
    start = time.process_time()
    while time.process_time() - start < seconds:
        pass


def test_steps_and_epochs_are_timed_and_what_does_not_count_is_left_out(tmp_path):
    trainer, tester = Engine(lambda *_: spend(0.02)), Engine(lambda *_: spend(0.2))
    clock = RunClock(tmp_path, uncounted=[tester])
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: tester.run([0]))
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: spend(0.1))  # as a correction does
    clock.attach(trainer)
    trainer.run([0, 1, 2], max_epochs=2)
    rows = read_clock(tmp_path)
    assert [row["epoch"] for row in rows] == [1, 2]
    assert all(0.02 <= row["step_cpu"] <= row["epoch_cpu"] / 3 for row in rows)
    assert all(0.16 <= row["epoch_cpu"] < 0.3 for row in rows)
    assert all(row["epoch_wall"] > 0 and row["step_wall"] > 0 for row in rows)


def test_an_epoch_that_was_done_again_counts_once(tmp_path):
    row = '{{"epoch": {}, "step_cpu": {}, "step_wall": 1, "epoch_cpu": 1, "epoch_wall": 1}}\n'
    (tmp_path / "times.jsonl").write_text(row.format(1, 5) + row.format(2, 6) + row.format(2, 7) + '{"epoch": 3, "st')
    assert [(r["epoch"], r["step_cpu"]) for r in read_clock(tmp_path)] == [(1, 5), (2, 7)]


def test_a_run_without_a_clock_has_no_times(tmp_path):
    assert read_clock(tmp_path) == []


def test_the_file_needs_its_folder(tmp_path):
    trainer = Engine(lambda *_: None)
    RunClock(tmp_path / "nowhere").attach(trainer)
    with pytest.raises(FileNotFoundError):
        trainer.run([0])
