"""How long the steps and epochs of a training take."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
from ignite.engine import Engine, Events

__all__ = ["RunClock", "read_clock"]

_FILE = "times.jsonl"


class RunClock:
    """Ignite handler that writes ``times.jsonl``: for each epoch the time of a step, and that of all.

    Processor time of the process (``cpu``), which other work on the machine does not change much, and wall time.
    ``step`` is the mean over an epoch's training steps, from the batch at hand to the optimizer's step; ``epoch`` is
    all from its start until this handler, but for the engines that do not count. Attach it last. On a GPU only
    wall time says something, and only of whole epochs.

    Args:
        folder: where the file goes; exists when the run starts.
        uncounted: engines whose time is not that of the training, as the test of an experiment.
    """

    def __init__(self, folder: str | Path, *, uncounted: Sequence[Engine] = ()) -> None:
        self.folder = Path(folder)
        self.uncounted = tuple(uncounted)
        self._epoch = self._step = self._pause = (0.0, 0.0)
        self._steps = (0.0, 0.0)

    def attach(self, engine: Engine) -> None:
        """Listen to a trainer.

        Args:
            engine: the trainer.
        """
        if idist.get_rank() > 0:
            return
        engine.add_event_handler(Events.EPOCH_STARTED, self._start_epoch)
        engine.add_event_handler(Events.ITERATION_STARTED, self._start_step)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._finish_step)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._finish_epoch)
        for other in self.uncounted:
            other.add_event_handler(Events.STARTED, self._start_pause)
            other.add_event_handler(Events.COMPLETED, self._finish_pause)

    def _start_epoch(self, engine: Engine) -> None:
        self._epoch, self._steps = _now(), (0.0, 0.0)

    def _start_step(self, engine: Engine) -> None:
        self._step = _now()

    def _finish_step(self, engine: Engine) -> None:
        self._steps = _sum(self._steps, _since(self._step))

    def _start_pause(self, engine: Engine) -> None:
        self._pause = _now()

    def _finish_pause(self, engine: Engine) -> None:
        self._epoch = _sum(self._epoch, _since(self._pause))

    def _finish_epoch(self, engine: Engine) -> None:
        length = engine.state.epoch_length or 1
        step_cpu, step_wall = (value / length for value in self._steps)
        epoch_cpu, epoch_wall = _since(self._epoch)
        row: dict[str, Any] = {"epoch": engine.state.epoch, "step_cpu": step_cpu, "step_wall": step_wall}
        row |= {"epoch_cpu": epoch_cpu, "epoch_wall": epoch_wall}
        with (self.folder / _FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps({key: round(value, 6) for key, value in row.items()}) + "\n")


def read_clock(folder: str | Path) -> list[dict[str, float]]:
    """Read what a :class:`RunClock` wrote: seconds, one row an epoch, in order.

    Args:
        folder: of the run. Of an epoch that was done twice, as a killed run leaves it, the last counts.

    Returns:
        Rows of ``epoch``, ``step_cpu``, ``step_wall``, ``epoch_cpu`` and ``epoch_wall``; none without the file.
    """
    path = Path(folder) / _FILE
    rows: dict[int, dict[str, float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
            rows[row["epoch"]] = row
        except ValueError:
            continue  # half a line of a killed process: the epoch is done again
    return [rows[epoch] for epoch in sorted(rows)]


def _now() -> tuple[float, float]:
    return time.process_time(), time.monotonic()


def _since(start: tuple[float, float]) -> tuple[float, float]:
    cpu, wall = _now()
    return cpu - start[0], wall - start[1]


def _sum(one: tuple[float, float], two: tuple[float, float]) -> tuple[float, float]:
    return one[0] + two[0], one[1] + two[1]
