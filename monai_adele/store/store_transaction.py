"""The making of one version of a label store."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monai_adele.errors import NonFiniteError, StoreError
from monai_adele.store.correction import Correction, class_voxels
from monai_adele.store.correction_change import correction_change
from monai_adele.store.journal import JournalEntry
from monai_adele.store.store_folder import StoreFolder
from monai_adele.store.store_version import StoreVersion

__all__ = ["StoreTransaction", "does_not_belong", "not_written"]


class StoreTransaction:
    """Takes corrected labels case by case, and makes one version of them when its block ends.

    :meth:`LabelStore.transaction` makes one. If the block ends with an exception, or nothing was
    changed, there is no new version. Corrections go to disk at once; none stays in memory.

    Args:
        files: the files of the store.
        epoch: epoch after which it takes place, counted from 1; None outside of a training.
        reason: why, in words; goes to the journal.
        by_hand: whether a person makes it.
    """

    def __init__(self, files: StoreFolder, *, epoch: int | None, reason: str, by_hand: bool = False) -> None:
        self._files = files
        self._by_hand = by_hand
        self._epoch = None if epoch is None else int(epoch)
        self._reason = str(reason)
        self._base: StoreVersion | None = None
        self._cases: dict[str, str] = {}
        self._entries: dict[str, JournalEntry | None] = {}
        self._written: list[tuple[str, str]] = []

    def __enter__(self) -> StoreTransaction:
        self._files.remove_temporary_files()
        self._base = self._files.version()
        self._cases = dict(self._base.cases)
        return self

    def put(
        self,
        case_id: str,
        given: NDArray[np.integer[Any]],
        corrected: NDArray[np.integer[Any]],
        *,
        confidence: NDArray[np.floating[Any]] | None = None,
    ) -> bool:
        """Take one case's corrected label.

        Args:
            case_id: the case, or the slice in 2D slice mode.
            given: its given label, ``(*spatial)``, class ids in 0..255, any integer dtype.
            corrected: the label from now on, same shape; equal to ``given`` to undo a correction.
            confidence: of the prediction, ``(*spatial)``, in ``[0, 1]``; only its mean over the
                voxels that change goes to the journal.

        Returns:
            True if this changes the case's current label.

        Raises:
            TypeError: if a label is not of integers.
            ValueError: outside of the ``with`` block, for a case put twice, or for wrong shapes or ids.
            StoreError: if the present correction does not belong to ``given``, or cannot be written.
            NonFiniteError: if the confidence of a changed voxel is not finite.
        """
        base = self._open_base(case_id)
        after = _named(case_id, Correction.between, given, corrected)
        before = None
        if case_id in base.cases:
            before = self._files.correction(case_id, base.cases[case_id])
            if not before.fits(given):
                raise does_not_belong(self._files, case_id, f"found other ids or shape {given.shape}", before.shape)
        change = after if before is None else correction_change(before, after)
        self._entries[case_id] = None
        if change:
            means = None if confidence is None else _mean_confidences(case_id, change, confidence)
            self._note(base, case_id, change, after, means, class_voxels(given))
        return bool(change)

    def replace(self, case_id: str, correction: Correction | None) -> bool:
        """Take another correction in place of a case's present one, without its label.

        Args:
            case_id: the case, or the slice in 2D slice mode.
            correction: all that differs from the given label from now on; None to undo all.

        Returns:
            True if this changes the case's current label.

        Raises:
            ValueError: outside of the ``with`` block, for a case put twice, or for another shape.
            StoreError: if the present correction is damaged, or this one cannot be written.
        """
        base = self._open_base(case_id)
        digest = base.cases.get(case_id)
        before = None if digest is None else self._files.correction(case_id, digest)
        change = correction_change(before, correction)
        self._entries[case_id] = None
        if change:
            self._note(base, case_id, change, correction)
        return bool(change)

    def _note(
        self,
        base: StoreVersion,
        case_id: str,
        change: Correction,
        after: Correction | None,
        means: list[float] | None = None,
        given_voxels: tuple[tuple[int, int], ...] = (),
    ) -> None:
        digest = self._stage(case_id, after)
        transitions = tuple((*pair, voxels) for pair, voxels in change.transitions().items())
        sums = zip(means or (), transitions, strict=False)
        self._entries[case_id] = JournalEntry(
            version=base.version + 1,
            case_id=case_id,
            epoch=self._epoch,
            reason=self._reason,
            transitions=transitions,
            mean_confidence=None if means is None else round(sum(m * t[2] for m, t in sums) / len(change), 6),
            confidences=None if means is None else tuple(round(mean, 6) for mean in means),
            given_voxels=given_voxels,
            correction=digest,
        )

    def _open_base(self, case_id: str) -> StoreVersion:
        if self._base is None:
            raise ValueError("put: expected a call inside the `with` block of its transaction")
        if case_id in self._entries:
            raise ValueError(f"case {case_id!r}: put twice in one transaction, expected once")
        return self._base

    def _stage(self, case_id: str, correction: Correction | None) -> str | None:
        self._cases.pop(case_id, None)
        if not correction:
            return None
        try:
            digest, is_new = self._files.write_correction(case_id, correction)
        except OSError as error:
            raise not_written(self._files, error, case_id) from error
        self._cases[case_id] = digest
        if is_new:
            self._written.append((case_id, digest))
        return digest

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        base, self._base = self._base, None
        entries = [entry for entry in self._entries.values() if entry is not None]
        if base is None:
            return
        try:
            if kind is None and entries:
                version = base.version + 1
                made = StoreVersion(version, self._epoch, self._reason, cases=self._cases, by_hand=self._by_hand)
                self._files.commit(made, entries)
        except OSError as failure:
            raise not_written(self._files, failure) from failure
        finally:
            self._remove_unused(base.version + 1)

    def _remove_unused(self, version: int) -> None:
        with contextlib.suppress(StoreError):
            if self._written and self._files.head() != version:
                for case_id, digest in self._written:
                    self._files.remove_correction(case_id, digest)


def does_not_belong(files: StoreFolder, case_id: str, found: str, expected: Sequence[int]) -> StoreError:
    """Return the error for a label that a case's correction was not made for.

    Args:
        files: the files of the store.
        case_id: the case.
        found: what was found.
        expected: shape of the correction.
    """
    return StoreError(
        f"case {case_id!r}: its correction ({files.path}) does not belong to this label: {found}; expected "
        f"shape {tuple(expected)} and the class ids that the correction was made for; use the data and the "
        "preprocessing of the run that made the store, or another output folder"
    )


def not_written(files: StoreFolder, error: OSError, case_id: str | None = None) -> StoreError:
    """Return the error for a version that could not be written.

    Args:
        files: the files of the store.
        error: what the operating system said.
        case_id: the case at which it was; None for the version as a whole.
    """
    where = f"{files.path}" if case_id is None else f"case {case_id!r} ({files.path})"
    return StoreError(
        f"{where}: cannot write a new version: {error.strerror or error}; the last one is kept; free "
        "disk space or check permissions, then resume"
    )


def _named(case_id: str, function: Callable[..., Correction], *labels: NDArray[Any]) -> Correction:
    try:
        return function(*labels)
    except (TypeError, ValueError) as error:
        raise type(error)(f"case {case_id!r}: {error}") from error


def _mean_confidences(case_id: str, change: Correction, confidence: NDArray[Any]) -> list[float]:
    """Means over the voxels of each transition, in the order of ``Correction.transitions``."""
    if confidence.shape != change.shape:
        raise ValueError(f"case {case_id!r}: found confidence {confidence.shape}, expected {change.shape}")
    pairs = change.given.astype(np.int64) * 256 + change.new
    _, which, voxels = np.unique(pairs, return_inverse=True, return_counts=True)
    values = np.ravel(confidence)[change.indices].astype(np.float64)
    means: list[float] = (np.bincount(which, values) / voxels).tolist()
    if not all(math.isfinite(mean) for mean in means):
        raise NonFiniteError(f"case {case_id!r}: found a confidence that is not finite, expected 0..1")
    return means
