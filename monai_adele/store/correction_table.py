"""How much of each case's label is corrected, since when, and how sure the network was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from monai_adele.store.journal import JournalEntry
from monai_adele.store.label_store import LabelStore

__all__ = ["CaseChange", "ClassChange", "correction_table"]


@dataclass(frozen=True)
class ClassChange:
    """What the corrections did to one class of a case.

    Attributes:
        class_id: the class.
        won: voxels that were given another class, and have this one now.
        lost: voxels that were given this class, and have another one now.
        share: won and lost voxels as a share of the class's given voxels; None where it was given none.
        first_epoch: after which the class was first changed; None if not in a training.
        last_epoch: after which it was last changed.
        mean_confidence: of the predictions that changed it, over voxels; None if not known.
    """

    class_id: int
    won: int
    lost: int
    share: float | None
    first_epoch: int | None
    last_epoch: int | None
    mean_confidence: float | None


@dataclass(frozen=True)
class CaseChange:
    """What the corrections did to a case.

    Attributes:
        case_id: the case.
        voxels: voxels that differ from the given label now.
        share: the same as a share of the voxels that were given a class other than background (and, if
            there is one, the ignored id); None where there was none.
        first_epoch: after which the case was first changed; None if not in a training.
        last_epoch: after which it was last changed.
        mean_confidence: of the predictions that changed it, over voxels; None if not known.
        classes: the classes that won or lost voxels, most changed first.
    """

    case_id: str
    voxels: int
    share: float | None
    first_epoch: int | None
    last_epoch: int | None
    mean_confidence: float | None
    classes: tuple[ClassChange, ...]


@dataclass
class _Sums:
    """What the journal tells of a case or a class."""

    epochs: list[int] = field(default_factory=list)
    confidence: float = 0.0
    voxels: int = 0

    def add(self, epoch: int | None, voxels: int, confidence: float | None) -> None:
        if epoch is not None:
            self.epochs.append(epoch)
        if confidence is not None:
            self.confidence += confidence * voxels
            self.voxels += voxels

    def facts(self) -> tuple[int | None, int | None, float | None]:
        mean = self.confidence / self.voxels if self.voxels else None
        return min(self.epochs, default=None), max(self.epochs, default=None), mean


@dataclass
class _Case:
    """What is added up for one case: class id None stands for the case as a whole."""

    changed: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    given: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    sums: dict[int | None, _Sums] = field(default_factory=lambda: defaultdict(_Sums))


def correction_table(
    store: LabelStore, *, case_of: Callable[[str], str] = str, ignore_index: int | None = None
) -> list[CaseChange]:
    """Return what differs from the given labels, case by case, most changed first.

    Epochs and confidence come from the journal: from all that changed the case since it was last equal
    to its given label.

    Args:
        store: the corrections.
        case_of: from the store's case id to the case that it is listed under; in 2D slice mode
            :func:`volume_case_id`. Shares are then of the given voxels of the corrected slices.
        ignore_index: id of voxels that are no structure.

    Returns:
        The corrected cases.

    Raises:
        StoreError: if a file is damaged.

    Example:
        >>> import tempfile, numpy as np
        >>> store = LabelStore(tempfile.mkdtemp())
        >>> with store.transaction(epoch=7) as transaction:
        ...     _ = transaction.put("liver_042", np.array([0, 1, 1]), np.array([0, 1, 0]))
        >>> [(change.voxels, change.share, change.first_epoch) for change in correction_table(store)]
        [(1, 0.5, 7)]
    """
    history: dict[str, list[JournalEntry]] = defaultdict(list)
    for entry in store.journal():
        history[entry.case_id].append(entry)
        if entry.correction is None:
            del history[entry.case_id]
    cases: dict[str, _Case] = defaultdict(_Case)
    for unit_id in store.case_ids():
        case, correction = cases[case_of(unit_id)], store.correction(unit_id)
        for pair, voxels in ({} if correction is None else correction.transitions()).items():
            case.changed[pair] += voxels
        _add_history(case, history[unit_id])
    table = [_case_change(case_id, case, {0, ignore_index}) for case_id, case in cases.items()]
    return sorted(table, key=lambda change: (-change.voxels, change.case_id))


def _add_history(case: _Case, entries: Iterable[JournalEntry]) -> None:
    given: dict[int, int] = {}
    for entry in entries:
        given = dict(entry.given_voxels) or given
        means = entry.confidences or [None] * len(entry.transitions)
        for (before, after, voxels), mean in zip(entry.transitions, means, strict=True):
            for key in (None, before, after):
                case.sums[key].add(entry.epoch, voxels, mean)
    for class_id, voxels in given.items():
        case.given[class_id] += voxels


def _case_change(case_id: str, case: _Case, not_structures: set[int | None]) -> CaseChange:
    foreground = sum(voxels for class_id, voxels in case.given.items() if class_id not in not_structures)
    voxels = sum(case.changed.values())
    classes = [_class_change(class_id, case) for class_id in sorted({c for pair in case.changed for c in pair})]
    classes.sort(key=lambda change: -(change.won + change.lost))
    share = voxels / foreground if foreground else None
    return CaseChange(case_id, voxels, share, *case.sums[None].facts(), tuple(classes))


def _class_change(class_id: int, case: _Case) -> ClassChange:
    won = sum(voxels for (_, new), voxels in case.changed.items() if new == class_id)
    lost = sum(voxels for (given, _), voxels in case.changed.items() if given == class_id)
    given = case.given.get(class_id, 0)
    share = (won + lost) / given if given else None
    return ClassChange(class_id, won, lost, share, *case.sums[class_id].facts())
