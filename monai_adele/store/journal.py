"""What the corrections changed, when and why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["JournalEntry", "journal_bytes", "journal_entries"]


@dataclass(frozen=True)
class JournalEntry:
    """What one version of a label store changed in one case.

    Attributes:
        version: the version of the store.
        case_id: the case.
        epoch: epoch after which it was committed, counted from 1; None outside of a training.
        reason: why, in words.
        transitions: ``(from, to, voxels)``: class ids before and after, relative to the version
            before (not to the given label), in ascending order.
        mean_confidence: mean confidence of the prediction over the changed voxels, in ``[0, 1]``;
            None if not known.
        confidences: the same for each transition, in their order; None if not known.
        given_voxels: ``(class id, voxels)`` in the given label, for the classes that it holds; empty if
            not known, as where corrections were taken back.
        correction: digest of the file in ``corrections/`` that holds all that differs from the given
            label from then on; None where nothing does.

    Example:
        >>> entry = JournalEntry(1, "liver_042", 12, "onset of class 1", ((1, 0, 25),), 0.9)
        >>> list(journal_entries(journal_bytes([entry]))) == [entry]
        True
    """

    version: int
    case_id: str
    epoch: int | None
    reason: str
    transitions: tuple[tuple[int, int, int], ...]
    mean_confidence: float | None
    confidences: tuple[float, ...] | None = None
    given_voxels: tuple[tuple[int, int], ...] = ()
    correction: str | None = None


def journal_bytes(entries: Iterable[JournalEntry]) -> bytes:
    """Return entries as JSON lines.

    Args:
        entries: in the order of the lines.
    """
    return "".join(json.dumps(vars(entry), allow_nan=False) + "\n" for entry in entries).encode()


def journal_entries(content: bytes) -> Iterable[JournalEntry]:
    """Read what :func:`journal_bytes` wrote.

    Args:
        content: JSON lines.

    Raises:
        ValueError: if a line is not a journal entry.
    """
    for line in content.decode().splitlines():
        try:
            fields = json.loads(line)
            for name in ("transitions", "given_voxels"):
                fields[name] = tuple(tuple(numbers) for numbers in fields[name])
            if fields["confidences"] is not None:
                fields["confidences"] = tuple(fields["confidences"])
            yield JournalEntry(**fields)
        except (KeyError, TypeError) as error:
            raise ValueError(f"found a line that is not a journal entry: {error}") from error
