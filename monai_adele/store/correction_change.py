"""What leads from one correction of a case to another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from monai_adele.store.correction import Correction

__all__ = ["correction_change"]


def correction_change(before: Correction | None, after: Correction | None) -> Correction | None:
    """Return what differs between the current labels that two corrections of one case make.

    Args:
        before: of the given label; None for none.
        after: of the same label.

    Returns:
        The correction whose ``given`` are the class ids under ``before`` and whose ``new`` those under
        ``after``; it may hold no voxel. None if both are None.

    Raises:
        ValueError: if the corrections are of labels of other shapes.

    Example:
        >>> given, once, twice = (np.array(ids, np.uint8) for ids in ([1, 1, 0], [1, 0, 0], [1, 0, 2]))
        >>> change = correction_change(Correction.between(given, once), Correction.between(given, twice))
        >>> change == Correction.between(once, twice)
        True
    """
    some = after if before is None else before
    if some is None:
        return None
    nothing = replace(some, indices=some.indices[:0], given=some.given[:0], new=some.new[:0])
    pair = (before or nothing, after or nothing)
    if pair[0].shape != pair[1].shape:
        raise ValueError(f"found corrections of shapes {pair[0].shape} and {pair[1].shape}, expected one shape")
    places, first = np.unique(np.concatenate([one.indices for one in pair]), return_index=True)
    given = np.concatenate([one.given for one in pair])[first]
    values = [given.copy(), given.copy()]
    for value, correction in zip(values, pair, strict=True):
        value[np.searchsorted(places, correction.indices)] = correction.new
    differs = values[0] != values[1]
    return replace(some, indices=places[differs], given=values[0][differs], new=values[1][differs])
