"""Tests of the figure of corrections over epochs."""

from __future__ import annotations

from monai_adele.store import JournalEntry
from monai_adele.visualize.corrections_over_time import corrections_over_time_figure

NAMES = ["background", "heart", "aorta"]


def entry(epoch: int | None, *transitions: tuple[int, int, int]) -> JournalEntry:
    return JournalEntry(1, "a", epoch, "memorized: heart", transitions, 0.9)


def test_a_class_counts_what_it_won_and_lost_epoch_by_epoch() -> None:
    entries = [entry(3, (1, 0, 5), (0, 2, 2)), entry(3, (1, 2, 1)), entry(5, (0, 1, 4))]
    figure = corrections_over_time_figure(entries, NAMES)
    lines = {line.get_label(): line.get_ydata().tolist() for line in figure.axes[0].lines}
    assert lines == {"heart": [6, 0, 4], "aorta": [3, 0, 0]}


def test_epochs_are_whole_numbers_even_if_there_is_one() -> None:
    figure = corrections_over_time_figure([entry(16, (1, 0, 5))], NAMES)
    ticks = figure.axes[0].get_xticks()
    assert all(tick == round(tick) for tick in ticks)


def test_what_a_person_changed_outside_of_a_training_is_not_drawn() -> None:
    assert corrections_over_time_figure([entry(None, (1, 0, 5))], NAMES) is None
