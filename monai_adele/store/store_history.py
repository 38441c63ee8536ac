"""How the versions of a label store come from each other."""

from __future__ import annotations

from collections.abc import Iterator

from monai_adele.errors import StoreError
from monai_adele.store.correction_change import correction_change
from monai_adele.store.journal import JournalEntry
from monai_adele.store.store_folder import StoreFolder
from monai_adele.store.store_version import StoreVersion

__all__ = ["by_hand_since", "entries_between", "require_digest"]


def require_digest(files: StoreFolder, version: int, digest: str | None) -> None:
    """Refuse a store whose version is not the one that a checkpoint was saved with.

    Args:
        files: the files of the store.
        version: its id.
        digest: as the checkpoint holds it; None to take any.

    Raises:
        StoreError: if there is no such version, it holds something else, or its file is damaged.
    """
    if digest is not None and files.version(version).digest != digest:
        raise StoreError(
            f"{files.path}: found another version {version} than the one that the checkpoint was saved with, so this "
            "is the store of another run; expected the store of this run; point to it"
        )


def entries_between(files: StoreFolder, before: StoreVersion, after: StoreVersion) -> Iterator[JournalEntry]:
    """Give the journal's entries of a version whose cases are those of an earlier one.

    Args:
        files: the files of the store.
        before: what it follows.
        after: the version to be made.

    Raises:
        StoreError: if a file is missing or damaged.
    """
    for case_id in sorted(before.cases.keys() | after.cases.keys()):
        digests = before.cases.get(case_id), after.cases.get(case_id)
        if digests[0] != digests[1]:
            old, new = (None if digest is None else files.correction(case_id, digest) for digest in digests)
            change = correction_change(old, new)
            pairs = {} if change is None else change.transitions()
            transitions = tuple((*pair, voxels) for pair, voxels in pairs.items())
            yield JournalEntry(
                after.version, case_id, after.epoch, after.reason, transitions, None, correction=digests[1]
            )


def by_hand_since(files: StoreFolder, version: int) -> StoreVersion | None:
    """Return the newest version made by hand that what stands now comes from.

    Args:
        files: the files of the store.
        version: one newer than this is looked for.

    Returns:
        The version; None if none was made by hand since, or a person restored ``version`` itself.

    Raises:
        StoreError: if there is no such version, or a file is damaged.
    """
    files.version(version)  # it must exist
    number = files.head()
    while number > version:
        found = files.version(number)
        if found.by_hand:
            return None if found.restored == version else found
        number = number - 1 if found.restored is None else found.restored
    return None
