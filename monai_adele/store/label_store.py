"""The corrections of a run's labels, versioned."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from monai_adele.errors import StoreError
from monai_adele.store.correction import Correction
from monai_adele.store.journal import JournalEntry
from monai_adele.store.store_folder import StoreFolder
from monai_adele.store.store_history import by_hand_since, entries_between, require_digest
from monai_adele.store.store_lock import StoreLock
from monai_adele.store.store_transaction import StoreTransaction, does_not_belong, not_written
from monai_adele.store.store_version import StoreVersion

__all__ = ["LabelStore"]

LabelT = TypeVar("LabelT", NDArray[np.generic], Tensor)


class LabelStore:
    """Keeps, for each case, the voxels in which its current label differs from the given one.

    Given labels are never written. Every commit makes a new version; version ids grow by one and
    are never used again, also after :meth:`roll_back`. A kill or a full disk leaves the last
    version. Other processes, such as a data loader's workers, see a new version at their next read.
    One process writes at a time. Case ids may hold any characters.

    Args:
        folder: an existing store, an empty folder, or a path at which to create one.

    Raises:
        StoreError: if the folder holds something else, is damaged or cannot be written to.

    Example:
        >>> import tempfile
        >>> store = LabelStore(tempfile.mkdtemp())
        >>> given, corrected = np.array([0, 1, 1], np.uint8), np.array([0, 1, 0], np.uint8)
        >>> with store.transaction(epoch=7, reason="onset of class 1") as transaction:
        ...     _ = transaction.put("liver_042", given, corrected)
        >>> store.version, store.current_label("liver_042", given)
        (1, array([0, 1, 0], dtype=uint8))
        >>> store.roll_back(0), store.current_label("liver_042", given)
        (2, array([0, 1, 1], dtype=uint8))
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._files = StoreFolder(folder)

    @property
    def folder(self) -> Path:
        """Where the store is, absolute."""
        return self._files.path

    @property
    def version(self) -> int:
        """Id of the newest version, read from disk; 0 for a new store."""
        return self._files.head()

    @property
    def digest(self) -> str:
        """Digest of all that the newest version holds."""
        return self._files.version().digest

    @property
    def is_empty(self) -> bool:
        """Whether no case is corrected in the newest version."""
        return not self._files.version().cases

    def case_ids(self, version: int | None = None) -> list[str]:
        """Return the corrected cases, sorted.

        Args:
            version: as of this version; None for the newest.

        Raises:
            StoreError: if there is no such version, or its file is damaged.
        """
        return sorted(self._files.version(version).cases)

    def correction(self, case_id: str, version: int | None = None) -> Correction | None:
        """Return what differs from a case's given label; None if nothing does.

        Args:
            case_id: the case, or the slice in 2D slice mode.
            version: as of this version; None for the newest.

        Raises:
            StoreError: if there is no such version, or a file is damaged.
        """
        digest = self._files.version(version).cases.get(case_id)
        return None if digest is None else self._files.correction(case_id, digest)

    def current_label(self, case_id: str, given: LabelT, *, version: int | None = None) -> LabelT:
        """Return a case's current label: the given one with its correction laid over it.

        Args:
            case_id: the case, or the slice in 2D slice mode.
            given: its given label, ``(*spatial)`` or ``(1, *spatial)``; numpy array, tensor or
                MetaTensor of any dtype.
            version: as of this version; None for the newest.

        Returns:
            A new label, also if there is no correction; type, shape, dtype, device and metadata of
            ``given``.

        Raises:
            StoreError: if the correction was made for another label, has class ids that do not fit
                into the dtype, or is damaged.
        """
        return self._exchanged(case_id, given, version, Correction.laid_over)

    def given_label(self, case_id: str, current: LabelT, *, version: int | None = None) -> LabelT:
        """Return a case's given label: the current one without its correction.

        Args:
            case_id: the case, or the slice in 2D slice mode.
            current: its current label, as :meth:`current_label` returned it.
            version: as of which version it is current; None for the newest.

        Returns:
            A new label, also if there is no correction; type, shape, dtype, device and metadata of
            ``current``.

        Raises:
            StoreError: if it is not the case's current label, or the correction is damaged.
        """
        return self._exchanged(case_id, current, version, Correction.taken_off)

    def _exchanged(
        self,
        case_id: str,
        label: LabelT,
        version: int | None,
        exchange: Callable[[Correction, LabelT], LabelT],
    ) -> LabelT:
        correction = self.correction(case_id, version)
        if correction is None:
            return label.clone() if isinstance(label, Tensor) else np.array(label)
        try:
            return exchange(correction, label)
        except ValueError as error:
            raise does_not_belong(self._files, case_id, str(error), correction.shape) from error

    def transaction(self, *, epoch: int | None = None, reason: str = "") -> StoreTransaction:
        """Begin a new version, for use in a ``with`` statement.

        Args:
            epoch: epoch after which it takes place, counted from 1; None outside of a training.
            reason: why, in words; goes to the journal.

        Returns:
            The transaction; its ``put`` takes corrected labels. The version is made when the block
            ends without an exception, if a label changed.
        """
        return StoreTransaction(self._files, epoch=epoch, reason=reason)

    def roll_back(self, version: int, *, by_hand: bool = False) -> int:
        """Bring back the content of an earlier version, as a new version.

        Args:
            version: its id.
            by_hand: whether a person asks for it.

        Returns:
            Id of the newest version now: a new one, or ``version`` if it is the newest already.

        Raises:
            StoreError: if there is no such version, a file is damaged, or the disk is full.
        """
        wanted, newest = self._files.version(version), self._files.version()
        if wanted.version == newest.version:
            return newest.version
        reason = f"rolled back to version {version}"
        made = StoreVersion(newest.version + 1, wanted.epoch, reason, version, "", wanted.cases, by_hand)
        try:
            self._files.commit(made, list(entries_between(self._files, newest, made)))
        except OSError as error:
            raise not_written(self._files, error) from error
        return made.version

    def resume_at(self, version: int, *, digest: str | None = None) -> int:
        """Roll back to the version of a checkpoint, unless that would bring back what a person undid.

        Args:
            version: the version that the checkpoint holds.
            digest: of that version, as the checkpoint holds it; None to take any.

        Returns:
            Id of the newest version now.

        Raises:
            StoreError: as :meth:`roll_back`; if the digest is another one; and if what stands now was undone or
                restored by a person after the checkpoint.
        """
        require_digest(self._files, version, digest)
        by_hand = by_hand_since(self._files, version)
        if by_hand is not None:
            raise StoreError(
                f"{self.folder}: version {by_hand.version} was made by hand ({by_hand.reason}) after the checkpoint "
                f"to be resumed (version {version}), which would bring back what was undone; expected none; to keep "
                "it, export the labels and train a new run with them (`corrections export`); to go on without it, "
                f"`python -m monai_adele corrections restore RUN_FOLDER --version {version}` and resume again"
            )
        return self.roll_back(version)

    def amend(self, corrections: Mapping[str, Correction | None], *, reason: str) -> int:
        """Make a version by hand in which some cases have another correction.

        Args:
            corrections: case id to all that differs from its given label from now on, or None.
            reason: why, in words; goes to the journal.

        Returns:
            Id of the newest version now; a new one if anything changed.

        Raises:
            ValueError: if a correction is of another shape than the case's present one.
            StoreError: if a file is damaged, or the disk is full.
        """
        with StoreTransaction(self._files, epoch=None, reason=reason, by_hand=True) as transaction:
            for case_id, correction in corrections.items():
                transaction.replace(case_id, correction)
        return self.version

    def lock(self) -> StoreLock:
        """Keep other processes that change the store out, until the lock is released.

        Raises:
            StoreError: if another process holds the lock.
        """
        return StoreLock(self.folder)

    def require_empty(self) -> None:
        """Refuse a store that holds corrections, for a run that does not resume.

        Raises:
            StoreError: if a case is corrected in the newest version.
        """
        newest = self._files.version()
        if newest.cases:
            raise StoreError(
                f"{self.folder}: found corrections of {len(newest.cases)} cases (version {newest.version}) "
                "from an earlier run, expected none; resume that run (--resume true), choose another output "
                "folder, or clear the store with roll_back(0)"
            )

    def changed_voxels(self, version: int | None = None) -> dict[tuple[int, int], int]:
        """Count the voxels that differ from the given labels, over all cases.

        Args:
            version: as of this version; None for the newest.

        Returns:
            ``(given class id, current class id)`` to voxels, in ascending order.

        Raises:
            StoreError: if there is no such version, or a file is damaged.
        """
        total: Counter[tuple[int, int]] = Counter()
        for case_id, digest in self._files.version(version).cases.items():
            total.update(self._files.correction(case_id, digest).transitions())
        return dict(sorted(total.items()))

    def journal(self, case_id: str | None = None) -> Iterator[JournalEntry]:
        """Give what every version changed, from the first to the newest.

        Args:
            case_id: only this case; None for all.

        Raises:
            StoreError: if a file is damaged.
        """
        for version in range(1, self.version + 1):
            for entry in self._files.journal(version):
                if case_id in (None, entry.case_id):
                    yield entry

    def journaled_correction(self, entry: JournalEntry) -> Correction | None:
        """Return what differs from a case's given label after an entry of the journal.

        Args:
            entry: from :meth:`journal`.

        Raises:
            StoreError: if the file that the entry names is missing or damaged.
        """
        return None if entry.correction is None else self._files.correction(entry.case_id, entry.correction)
