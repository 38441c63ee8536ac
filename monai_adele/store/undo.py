"""Take corrections back, by case, by class, or all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from monai_adele.checks import nearest_names
from monai_adele.errors import DataError
from monai_adele.store.correction import Correction
from monai_adele.store.label_store import LabelStore

__all__ = ["Undone", "undo_classes", "undo_corrections"]


@dataclass(frozen=True)
class Undone:
    """What was taken back.

    Attributes:
        version: the newest version now; a new one if any voxel was taken back.
        voxels: case id (of the slice, in 2D slice mode) to the voxels that hold their given class again.
    """

    version: int
    voxels: dict[str, int]


def undo_corrections(
    store: LabelStore,
    *,
    case_ids: Collection[str] | None = None,
    class_ids: Collection[int] | None = None,
    reason: str | None = None,
) -> Undone:
    """Give voxels their given class again, as a new version; earlier ones stay as they are.

    A correction belongs to a class if it gave that class to a voxel or took it away. Where cases and
    classes are named, both must hold.

    Args:
        store: the corrections.
        case_ids: cases (slices in 2D slice mode); None for all.
        class_ids: ids of classes; None for all.
        reason: for the journal; None to say what was asked for.

    Returns:
        What was taken back; of cases in which nothing was, there is no entry.

    Raises:
        DataError: if a case holds no correction: all such cases at once, each with the nearest names.
        StoreError: if a file is damaged, or the disk is full.

    Example:
        >>> import tempfile
        >>> store = LabelStore(tempfile.mkdtemp())
        >>> with store.transaction(epoch=7) as transaction:
        ...     _ = transaction.put("liver_042", np.array([0, 1, 1]), np.array([0, 2, 0]))
        >>> undo_corrections(store, class_ids=[2])
        Undone(version=2, voxels={'liver_042': 1})
    """
    corrected = store.case_ids()
    wanted = corrected if case_ids is None else sorted(set(case_ids))
    problems = [
        f"case {name!r}: holds no correction, expected one that does{nearest_names(name, corrected)}"
        for name in wanted
        if name not in set(corrected)
    ]
    if problems:
        raise DataError(problems)
    return _undone(store, dict.fromkeys(wanted, class_ids), reason or _asked(case_ids, class_ids))


def undo_classes(store: LabelStore, classes: Mapping[str, Collection[int]], *, reason: str) -> Undone:
    """Give voxels of some classes their given class again, other classes in each case, as one new version.

    Args:
        store: the corrections.
        classes: case (slice in 2D slice mode) to the ids of the classes whose corrections are taken back; a
            case that holds no correction is passed over.
        reason: for the journal.

    Returns:
        What was taken back.

    Raises:
        StoreError: if a file is damaged, or the disk is full.
    """
    return _undone(store, classes, reason)


def _undone(store: LabelStore, classes: Mapping[str, Collection[int] | None], reason: str) -> Undone:
    kept: dict[str, Correction | None] = {}
    voxels: dict[str, int] = {}
    for case_id, class_ids in classes.items():
        before = store.correction(case_id)
        after = None if before is None else _without(before, class_ids)
        if before is not None and len(before) > len(after or ()):
            kept[case_id] = after
            voxels[case_id] = len(before) - len(after or ())
    return Undone(store.amend(kept, reason=reason), voxels)


def _asked(case_ids: Collection[str] | None, class_ids: Collection[int] | None) -> str:
    asked = []
    for kind, names in (("case", case_ids), ("class", class_ids)):
        if names is not None:
            shown = sorted(map(str, names))
            asked.append(f"{kind} {', '.join(shown[:5])}" + (f" and {len(shown) - 5} more" if len(shown) > 5 else ""))
    return "undone: " + (", ".join(asked) or "all")


def _without(correction: Correction, class_ids: Collection[int] | None) -> Correction | None:
    if class_ids is None:
        return None
    ids = list(class_ids)
    stays = ~(np.isin(correction.given, ids) | np.isin(correction.new, ids))
    return replace(correction, **{name: getattr(correction, name)[stays] for name in ("indices", "given", "new")})
