"""What is kept of a trial: one line of JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from monai_adele.data.atomic_files import sync_folder, write_atomically
from monai_adele.errors import DataError

__all__ = ["TrialRecord", "append_trial_record", "merge_trial_records", "read_trial_records"]


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """What one training of a grid gave; a training that failed has a record, too.

    Attributes:
        id: of the trial.
        data: name of the data set.
        noise: name of the noise.
        method: name of the method.
        seed: of the trial.
        status: how it ended.
        reason: of a failure, one line.
        digest: of the config files and settings that it ran with.
        code: digest of the package's sources.
        settings: the settings of the run, without paths.
        environment: version of Python and of the packages.
        curves: one value an epoch, by kind and class: ``test_iou`` against right labels, ``training_iou`` and
            ``validation_iou`` against labels as they are, ``truth_iou`` of training predictions against right labels,
            and ``early_learning`` and ``memorization``, shares of the wrong voxels that concern the class.
            None where not measured.
        onsets: epoch of each class, or None.
        best_epoch: the best on the noisy validation part.
        test_iou: test mIoU at the ``last`` and the ``best`` epoch.
        label_iou: mIoU of the training labels with the truth, ``given`` and ``corrected``.
        seconds: ``cpu`` and ``wall`` of all epochs without the tests, and ``step_cpu`` and ``step_wall``, the
            median over epochs of the mean of a training step.
        peak_memory_mib: of the process.
        starts: how often it was started; above 1 if it was stopped and continued.

    Example:
        >>> record = TrialRecord(id="a-b-c-seed0", data="a", noise="b", method="c", seed=0, status="failed")
        >>> record.is_done
        False
    """

    id: str
    data: str
    noise: str
    method: str
    seed: int
    status: Literal["done", "failed"]
    reason: str = ""
    digest: str = ""
    code: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    curves: Mapping[str, Mapping[str, list[float | None]]] = field(default_factory=dict)
    onsets: Mapping[str, int | None] = field(default_factory=dict)
    best_epoch: int | None = None
    test_iou: Mapping[str, float] = field(default_factory=dict)
    label_iou: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    peak_memory_mib: float | None = None
    starts: int = 1

    @property
    def is_done(self) -> bool:
        """Whether the training ended as planned."""
        return self.status == "done"


def append_trial_record(path: str | Path, record: TrialRecord) -> None:
    """Append a record, flushed to disk; half a line that a killed process left is removed before.

    Args:
        path: ``….jsonl``; made if missing. One process writes to it.
        record: what to append.

    Raises:
        OSError: if it cannot be written.
    """
    path = Path(path)
    is_new = not path.exists()
    with path.open("ab+") as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
        file.write(_line(record))
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync_folder(path.parent)


def read_trial_records(path: str | Path) -> dict[str, TrialRecord]:
    """Read the records of a grid.

    Args:
        path: what :func:`append_trial_record` wrote; need not exist. A last line without an end, as a killed process
            leaves it, is passed over.

    Returns:
        The last record of each trial, by its id.

    Raises:
        DataError: if lines are no records; each is named.

    Example:
        >>> read_trial_records("nowhere.jsonl")
        {}
    """
    path = Path(path)
    if not path.exists():
        return {}
    records, problems = {}, []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            record = TrialRecord(**json.loads(line))
            _check(record)
            records[record.id] = record
        except (ValueError, TypeError):
            problems.append(f"{path.name}, line {number}: not the record of a trial; delete this line")
    if problems:
        raise DataError(problems)
    return records


def merge_trial_records(target: str | Path, source: str | Path) -> int:
    """Add records to a file that is kept, in the order of their ids; of two of the same trial the added one stays.

    Args:
        target: the file that is kept; made if missing, else replaced as a whole.
        source: where records are read.

    Returns:
        How many records the file holds then.

    Raises:
        DataError: if lines are no records.
    """
    records = read_trial_records(target) | read_trial_records(source)
    write_atomically(Path(target), b"".join(_line(records[name]) for name in sorted(records)))
    return len(records)


def _line(record: TrialRecord) -> bytes:
    return json.dumps(asdict(record), allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _check(record: TrialRecord) -> None:
    kinds: dict[str, Any] = {"seed": int, "starts": int}
    kinds |= dict.fromkeys(("id", "data", "noise", "method", "digest", "reason", "code"), str)
    kinds |= dict.fromkeys(("curves", "onsets", "test_iou", "label_iou", "seconds", "settings"), dict)
    wrong = [f.name for f in fields(record) if not isinstance(getattr(record, f.name), kinds.get(f.name, object))]
    if wrong or record.status not in ("done", "failed"):
        raise TypeError(f"{wrong} of another type")
