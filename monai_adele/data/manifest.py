"""The record of what annotation noise did to each case."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from monai_adele.data.atomic_files import create_atomically
from monai_adele.errors import DataError
from monai_adele.functional.morphology import IGNORE_ID, class_boxes

__all__ = ["ManifestRecord", "append_record", "read_manifest"]

_SUFFIXES = (".jsonl", ".csv")
_JSON_COLUMNS = ("seed", "noise", "draws", "dice", "changed_voxels")


@dataclass(frozen=True)
class ManifestRecord:
    """What annotation noise did to one label of one case.

    Attributes:
        case_id: of the case.
        key: which of the case's labels.
        seed: of the experiment.
        noise: the noise model, see :func:`~monai_adele.noise.noise_to_config`.
        draws: what it drew, see :func:`~monai_adele.noise.recorded_draws`.
        dice: overlap of the noisy label with the given one, in ``[0, 1]``, of each class in either,
            background (0) and ignore (255) left out; None where it was not measured.
        changed_voxels: number of voxels whose class changed.
    """

    case_id: str
    key: str
    seed: int
    noise: dict[str, Any]
    draws: list[dict[str, Any]]
    dice: dict[int, float | None]
    changed_voxels: int

    @classmethod
    def of(
        cls,
        label: np.ndarray,
        noisy: np.ndarray,
        *,
        case_id: str,
        key: str = "label",
        seed: int,
        noise: Mapping[str, Any],
        draws: Sequence[Mapping[str, Any]],
    ) -> ManifestRecord:
        """Measure what was changed.

        Args:
            label: given class ids, ``(*spatial,)``, integers of at least 0.
            noisy: class ids of the same shape.
            case_id: see above, like the others.
            key: which of the case's labels.
            seed: of the experiment.
            noise: the noise model.
            draws: what it drew.

        Example:
            >>> given, noisy = np.array([1, 1, 1, 2]), np.array([0, 1, 1, 2])
            >>> record = ManifestRecord.of(given, noisy, case_id="a", seed=0, noise={}, draws=[])
            >>> record.dice, record.changed_voxels
            ({1: 0.8, 2: 1.0}, 1)
        """
        changed = int(np.count_nonzero(label != noisy))
        copies = [dict(draw) for draw in draws]
        return cls(case_id, key, seed, dict(noise), copies, _dice_of_each_class(label, noisy), changed)


def append_record(path: str | Path, record: ManifestRecord) -> None:
    """Append a record to a manifest; processes of one machine take turns, each writes whole lines.

    On a file system that several machines share, and on Windows, give each process its own file.

    Args:
        path: ``….jsonl`` for one JSON object a line, ``….csv`` for a table; made if it is missing, with
            its folder.
        record: what to append.

    Raises:
        ValueError: if the suffix is another.
        OSError: if the file cannot be written, or not as a whole.
    """
    path = checked_manifest_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv" and not path.exists():
        create_atomically(path, _csv_line([field.name for field in fields(ManifestRecord)]).encode())
    content = (_csv_record(record) if path.suffix == ".csv" else _json(asdict(record)) + "\n").encode()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        _wait_for_others(descriptor)
        content = _end_of_a_cut_line(descriptor, path) + content
        if os.write(descriptor, content) != len(content):
            raise OSError(f"{path}: only part of a record was written; is the disk full?")
    finally:
        os.close(descriptor)


def read_manifest(path: str | Path) -> list[ManifestRecord]:
    """Read a manifest.

    Args:
        path: what :func:`append_record` wrote.

    Returns:
        The last record of each case and key, in the order in which the cases were first written.

    Raises:
        ValueError: if the suffix is neither ``.jsonl`` nor ``.csv``.
        DataError: if lines are not records; each is named.
        FileNotFoundError: if there is no such file.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "manifest.jsonl"
        >>> for changed in (3, 5):
        ...     append_record(path, ManifestRecord("liver_042", "label", 0, {}, [], {1: 0.9}, changed))
        >>> [record.changed_voxels for record in read_manifest(path)]
        [5]
    """
    path = checked_manifest_path(path)
    records, problems = {}, []
    for line, values in _rows(path):
        try:
            record = _record(values)
            records[record.case_id, record.key] = record
        except (ValueError, TypeError, KeyError, AttributeError):
            problems.append(f"{path.name}, line {line}: not a record of a manifest; delete this line")
    if problems:
        raise DataError(problems)
    return list(records.values())


def checked_manifest_path(path: str | Path) -> Path:
    """Check the suffix of a manifest.

    Raises:
        ValueError: if it is neither ``.jsonl`` nor ``.csv``.
    """
    if Path(path).suffix not in _SUFFIXES:
        raise ValueError(f"manifest is {str(path)!r}, expected a file name that ends in .jsonl or .csv")
    return Path(path)


def _wait_for_others(descriptor: int) -> None:
    """Lock the file until it is closed: a reader of its end must not see half of what another writes."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _end_of_a_cut_line(descriptor: int, path: Path) -> bytes:
    """What ends the last line of the file, where a process was killed while it appended."""
    size = os.fstat(descriptor).st_size
    os.lseek(descriptor, max(0, size - 1), os.SEEK_SET)
    if os.read(descriptor, 1) in (b"\n", b""):
        return b""
    within_quotes = path.suffix == ".csv" and path.read_bytes().count(b'"') % 2
    return b'"\n' if within_quotes else b"\n"


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    """Number of each line, from 1, and its values; a text for what is no JSON."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".csv":
        reader = csv.DictReader(io.StringIO(text, newline=""))
        try:
            for row in reader:
                values = {name: _unjson(text) if name in _JSON_COLUMNS else text for name, text in row.items()}
                yield reader.line_num, values
        except csv.Error as error:
            yield reader.line_num + 1, str(error)  # what follows cannot be told apart
    else:
        for number, line in enumerate(text.split("\n"), start=1):
            if line:
                yield number, _unjson(line)


def _record(values: Mapping[str, Any]) -> ManifestRecord:
    dice = {int(class_id): value for class_id, value in values["dice"].items()}
    record = ManifestRecord(**{**values, "dice": dice})
    expected: dict[str, type] = {"case_id": str, "key": str, "seed": int, "noise": dict, "draws": list}
    if not all(isinstance(getattr(record, name), kind) for name, kind in expected.items()):
        raise TypeError("a value has another type")
    return record


def _csv_record(record: ManifestRecord) -> str:
    values = asdict(record)
    return _csv_line([_json(values[name]) if name in _JSON_COLUMNS else values[name] for name in values])


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def _unjson(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except ValueError:
        return text


def _dice_of_each_class(label: np.ndarray, noisy: np.ndarray) -> dict[int, float | None]:
    given, drawn = class_boxes(label), class_boxes(noisy)
    dice: dict[int, float | None] = {}
    for class_id in sorted({*given, *drawn} - {IGNORE_ID}):
        sizes = [
            int(np.count_nonzero(ids[boxes[class_id]] == class_id)) if class_id in boxes else 0
            for ids, boxes in ((label, given), (noisy, drawn))
        ]
        box = given.get(class_id, drawn.get(class_id, ()))
        both = int(np.count_nonzero((label[box] == class_id) & (noisy[box] == class_id)))
        dice[class_id] = round(2 * both / sum(sizes), 6)
    return dice
