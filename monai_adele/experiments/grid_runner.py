"""Run a grid of trainings, one after the other, over as many sessions as it takes."""

from __future__ import annotations

import contextlib
import signal
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from tqdm import tqdm

from monai_adele.errors import DataError
from monai_adele.experiments.grid_lock import GridLock
from monai_adele.experiments.trial import Trial
from monai_adele.experiments.trial_folder import TrialFolder
from monai_adele.experiments.trial_outcome import failed_trial_record, finished_trial_record
from monai_adele.experiments.trial_process import run_trial
from monai_adele.experiments.trial_record import TrialRecord, append_trial_record, read_trial_records

__all__ = ["GridRunner"]


class GridRunner:
    """Runs the trials of a grid that have no record yet, each in a folder and a process of its own.

    It can be stopped at any time, by Ctrl-C, SIGTERM or the end of its time, and started again: it passes over
    trials with a record, and goes on with the one that was stopped from its last whole epoch. A trial that
    fails has a record, too, and the next one is run. Config files are code, as those of any bundle: run only grids
    that you trust.

    Args:
        out: folder for the trials' folders and ``records.jsonl``; made if missing.
        datasets: folder of data sets; trials whose data set is not there are passed over.
        keep_all: keep networks, checkpoints and corrected labels of finished trials.
    """

    def __init__(self, out: str | Path, *, datasets: str | Path | None = None, keep_all: bool = False) -> None:
        self.out = Path(out).resolve()
        self.records_file = self.out / "records.jsonl"
        self.datasets = Path(datasets).resolve() if datasets else None
        self.keep_all = keep_all
        self._stopped = threading.Event()

    def run(self, trials: Sequence[Trial], *, minutes: float | None = None, retry: bool = False) -> int:
        """Run what has no record, in order.

        Args:
            trials: of a grid.
            minutes: stop after so long; None for no limit.
            retry: run trials again that failed.

        Returns:
            How many of the trials that can be run here still have no record.

        Raises:
            DataError: if the records cannot be read.
            StoreError: if another runner is at work in the folder.
        """
        end = None if minutes is None else time.monotonic() + 60 * minutes
        with GridLock(self.out) as lock, self._listening():
            records = read_trial_records(self.records_file)
            possible = [trial for trial in trials if self._can_run(trial)]
            waiting = [trial for trial in possible if not _is_settled(records.get(trial.id), retry=retry)]
            self._tell(trials, possible, records)
            bar = tqdm(total=len(possible), initial=len(possible) - len(waiting), unit="run", disable=None)
            with contextlib.closing(bar):
                for number, trial in enumerate(waiting):
                    bar.set_postfix_str(trial.id)
                    record = self._record(trial, end, lock)
                    if record is None:
                        tqdm.write(
                            f"stopped in {trial.id}; start again to go on, {len(waiting) - number} runs are left"
                        )
                        return len(waiting) - number
                    records[trial.id] = record
                    bar.update()
                    left = _time_left(waiting[number + 1 :], records)
                    done = len(possible) - len(waiting) + number + 1
                    tqdm.write(f"{done}/{len(possible)} {_line(record)}{left}")
        return 0

    def stop(self) -> None:
        """Stop in order, as Ctrl-C does; called from another thread or a signal's handler."""
        self._stopped.set()

    def _record(self, trial: Trial, end: float | None, lock: GridLock) -> TrialRecord | None:
        """Run a trial and write its record; None if it was stopped."""
        if self._is_over(end):
            return None
        folder = TrialFolder(self.out / trial.id)
        record = _finished(trial, folder)
        if record is None:
            starts = folder.begin(trial, out=self.out, datasets=self.datasets)
            status = run_trial(trial, folder, should_stop=lambda: self._is_over(end), inherited=lock.descriptors)
            if status is None:
                return None
            reason = (
                f"exit status {status}: {folder.last_words()}" if status else "ended without a summary of a whole run"
            )
            record = _finished(trial, folder) or failed_trial_record(trial, reason, starts=starts)
        append_trial_record(self.records_file, record)
        if record.is_done and not self.keep_all:
            folder.shed()
        return record

    def _can_run(self, trial: Trial) -> bool:
        if not trial.needs_datasets:
            return True
        dataset = trial.dataset(self.datasets) if self.datasets else None
        return dataset is not None and dataset.exists()

    def _is_over(self, end: float | None) -> bool:
        return self._stopped.is_set() or (end is not None and time.monotonic() >= end)

    def _tell(self, trials: Sequence[Trial], possible: Sequence[Trial], records: dict[str, TrialRecord]) -> None:
        lacking = sorted({trial.data for trial in trials} - {trial.data for trial in possible})
        if lacking:
            tqdm.write(f"passed over, since the data set is not at hand: {', '.join(lacking)}")
        other = [t for t in possible if t.id in records and records[t.id].digest != t.digest()]
        if other:
            tqdm.write(f"{len(other)} records were made with other config files; delete their lines to run them again")

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Stop in order at Ctrl-C and SIGTERM; at once at the second Ctrl-C."""
        self._stopped.clear()
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(signum: int, frame: FrameType | None) -> None:
            self.stop()
            signal.signal(signal.SIGINT, signal.default_int_handler)

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _finished(trial: Trial, folder: TrialFolder) -> TrialRecord | None:
    """The record of a run that is complete, as one that ended after its runner was killed; None if it is not."""
    starts = folder.starts(trial)
    try:
        return finished_trial_record(trial, folder.path, starts=starts) if starts else None
    except DataError:
        return None


def _is_settled(record: TrialRecord | None, *, retry: bool) -> bool:
    return record is not None and (record.is_done or not retry)


def _line(record: TrialRecord) -> str:
    if not record.is_done:
        return f"{record.id}: failed: {record.reason}"
    numbers = ", ".join(f"{which} {value:.3f}" for which, value in record.test_iou.items())
    return f"{record.id}: test mIoU {numbers}; {record.seconds.get('wall', 0) / 60:.1f} min"


def _time_left(waiting: Sequence[Trial], records: dict[str, TrialRecord]) -> str:
    """How long the rest will take, by runs of the same data and method, else by all."""
    done = [record for record in records.values() if record.seconds]
    if not waiting or not done:
        return ""
    seconds = 0.0
    for trial in waiting:
        alike = [r.seconds["wall"] for r in done if (r.data, r.method) == (trial.data, trial.method)]
        seconds += statistics.mean(alike or [r.seconds["wall"] for r in done])
    return f"; about {seconds / 60:.0f} min left"
