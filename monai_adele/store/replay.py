"""The current label, rebuilt from the given one by the journal alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from monai_adele.errors import StoreError
from monai_adele.store.correction import Correction
from monai_adele.store.label_store import LabelStore

__all__ = ["replayed_label"]


def replayed_label(
    store: LabelStore, case_id: str, given: NDArray[np.integer[Any]], *, version: int | None = None
) -> NDArray[np.integer[Any]]:
    """Return a case's current label by going through the journal, and require that it tells the truth.

    The journal's entries, roll backs and undos among them, are taken in the order of the versions. Each
    names the overlay file that holds from then on; the step from one to the next must be the one that
    the entry tells, transition by transition. What the versions themselves list is not looked at, so
    agreement with :meth:`LabelStore.current_label` says that journal and labels agree.

    Args:
        store: the corrections.
        case_id: the case, or the slice in 2D slice mode.
        given: its given label, ``(*spatial)``, any integer dtype.
        version: up to this version; None for the newest.

    Returns:
        A new label of the shape and dtype of ``given``.

    Raises:
        StoreError: if a step is not the one that the journal tells, a correction does not belong to the
            label, a file is missing or damaged, or there is no such version.

    Example:
        >>> import tempfile
        >>> store = LabelStore(tempfile.mkdtemp())
        >>> given, corrected = np.array([0, 1, 1], np.uint8), np.array([0, 1, 0], np.uint8)
        >>> with store.transaction(epoch=7) as transaction:
        ...     _ = transaction.put("liver_042", given, corrected)
        >>> replayed_label(store, "liver_042", given).tolist()
        [0, 1, 0]
    """
    store.case_ids(version)  # the version must exist
    label: NDArray[Any] = np.array(given)
    for entry in store.journal(case_id):
        if version is not None and entry.version > version:
            break
        correction = store.journaled_correction(entry)
        try:
            after: NDArray[Any] = np.array(given) if correction is None else correction.laid_over(given)
        except ValueError as error:
            raise StoreError(f"case {case_id!r}: {error}; replay with the given label of this run") from error
        told = {(before, new): voxels for before, new, voxels in entry.transitions}
        found = Correction.between(label, after).transitions()
        if told != found:
            raise StoreError(
                f"case {case_id!r}: the journal tells {told} at version {entry.version}, the corrections hold "
                f"{found}; expected both the same; the store is damaged, restore it from a copy"
            )
        label = after
    return label
