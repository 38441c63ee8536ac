"""2D slices of 3D volumes, and the way back."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from numpy.typing import NDArray
from torch import Tensor

from monai_adele.errors import DataError, GeometryError

__all__ = [
    "foreground_slices",
    "slice_case_id",
    "stack_slices",
    "volume_case_id",
]


def slice_case_id(volume_id: str, index: int) -> str:
    """Return the case id of a volume's slice.

    Args:
        volume_id: case id of the volume.
        index: which slice along its axis, counted from 0.

    Example:
        >>> slice_case_id("liver_042", 7)
        'liver_042_z0007'
    """
    return f"{volume_id}_z{index:04d}"


def volume_case_id(slice_id: str) -> str:
    """Return the case id of the volume that a slice was taken from.

    Args:
        slice_id: from :func:`slice_case_id`.

    Raises:
        ValueError: if it is not the case id of a slice.

    Example:
        >>> volume_case_id("liver_042_z0007")
        'liver_042'
    """
    volume_id, mark, index = slice_id.rpartition("_z")
    if not mark or not index.isdigit():
        raise ValueError(f"found case id {slice_id!r}, expected that of a slice, such as 'liver_042_z0007'")
    return volume_id


def foreground_slices(
    volumes: Sequence[Mapping[str, Any]],
    *,
    axis: int = -1,
    keys: Sequence[str] = ("image", "label"),
    label_key: str = "label",
    case_id_key: str = "case_id",
    ignore_index: int | None = None,
    keep_empty: bool = False,
) -> list[dict[str, Any]]:
    """Take the 2D slices with foreground out of 3D volumes.

    Volumes are asked for one at a time, and slices have memory of their own, so that a volume can be
    let go. A slice's affine has in-plane columns first and true distances; the world is turned where
    needed, so that these columns lie in the first two world axes, as ``MetaTensor.pixdim`` of a 2D
    image takes for granted. Axis-aligned slices along the last axis keep the volume's world.

    Args:
        volumes: preprocessed items; channel-first ``(C, *spatial)`` tensors, 3D.
        axis: spatial axis along which to slice, -3..2, counted without the channels.
        keys: what an item must hold, of the label's spatial shape; all other tensors of that spatial
            shape are sliced too, the rest is passed on.
        label_key: key of the given label, ``(1, *spatial)``, class ids.
        case_id_key: key of the volume's case id.
        ignore_index: a class id that is not foreground, besides 0.
        keep_empty: also take slices without foreground.

    Returns:
        Items with the keys of the volume's item, 2D; ``case_id`` as :func:`slice_case_id` says, and
        besides ``volume_id`` (string) and ``slice_index`` (int).

    Raises:
        DataError: if an item lacks a key.
        GeometryError: if a tensor is not 3D, or differs from the label in its spatial shape.
        ValueError: if the axis is out of range.

    Example:
        >>> label = torch.zeros(1, 4, 4, 3)
        >>> label[0, 1, 1, 2] = 1
        >>> volume = {"image": torch.zeros(1, 4, 4, 3), "label": label, "case_id": "liver_042"}
        >>> [(item["case_id"], tuple(item["image"].shape)) for item in foreground_slices([volume])]
        [('liver_042_z0002', (1, 4, 4))]
    """
    along = axis_index(axis)
    slices: list[dict[str, Any]] = []
    without: list[str] = []
    for position in range(len(volumes)):
        volume = volumes[position]
        _check_volume(volume, {*keys, label_key}, label_key, case_id_key)
        label = torch.as_tensor(volume[label_key])[0]
        foreground = (label != 0) if ignore_index is None else (label != 0) & (label != ignore_index)
        other_axes = [other for other in range(3) if other != along]
        has_foreground = foreground.as_subclass(Tensor).sum(dim=other_axes) > 0
        if not has_foreground.any():
            without.append(str(volume[case_id_key]))
        wanted = range(len(has_foreground)) if keep_empty else has_foreground.nonzero()[:, 0].tolist()
        slices.extend(_slice(volume, int(index), along, label_key, case_id_key) for index in wanted)
    if without and not keep_empty:
        shown = ", ".join(without[:8]) + (", …" if len(without) > 8 else "")
        warnings.warn(f"{len(without)} volumes hold no foreground and give no slices: {shown}", stacklevel=2)
    return slices


def stack_slices(slices: Mapping[int, NDArray[Any]], volume: NDArray[Any], *, axis: int = -1) -> NDArray[Any]:
    """Put slices into a copy of a volume.

    Args:
        slices: index along the axis to slice, of the shape of the other two axes.
        volume: ``(*spatial)``, 3D; what stands where there is no slice.
        axis: the axis along which the slices were taken, -3..2.

    Returns:
        A new array of the volume's shape and dtype.

    Raises:
        ValueError: if an index, a shape or the axis does not fit.

    Example:
        >>> stack_slices({1: np.ones((1, 2))}, np.zeros((1, 2, 2)))
        array([[[0., 1.],
                [0., 1.]]])
    """
    along = axis_index(axis)
    stacked = np.moveaxis(np.array(volume), along, 0)
    for index, values in slices.items():
        if not 0 <= index < len(stacked) or values.shape != stacked.shape[1:]:
            raise ValueError(
                f"slice {index}: found shape {values.shape}, expected {stacked.shape[1:]} and an index in "
                f"0..{len(stacked) - 1}"
            )
        stacked[index] = values
    return np.ascontiguousarray(np.moveaxis(stacked, 0, along))


def axis_index(axis: int) -> int:
    """Return a spatial axis of a volume, counted from the first.

    Raises:
        ValueError: if it is out of range.
    """
    if not -3 <= axis <= 2:
        raise ValueError(f"axis: found {axis}, expected -3..2")
    return axis % 3


def _check_volume(volume: Mapping[str, Any], keys: set[str], label_key: str, case_id_key: str) -> None:
    missing = sorted({*keys, case_id_key} - volume.keys())
    name = f"case {volume.get(case_id_key)!r}"
    if missing:
        raise DataError(f"{name}: found no {missing}, expected these keys in every volume")
    shape = tuple(volume[label_key].shape[1:])
    for key in sorted(keys):
        found = tuple(volume[key].shape)
        if len(found) != 4 or found[1:] != shape:
            raise GeometryError(f"{name}: {key} has shape {found}, expected (C, {', '.join(map(str, shape))}), 3D")


def _slice(volume: Mapping[str, Any], index: int, along: int, label_key: str, case_id_key: str) -> dict[str, Any]:
    shape = tuple(volume[label_key].shape[1:])
    item = {key: _slice_of(value, index, along) if _is_grid(value, shape) else value for key, value in volume.items()}
    volume_id = str(volume[case_id_key])
    return {
        **item,
        case_id_key: slice_case_id(volume_id, index),
        "volume_id": volume_id,
        "slice_index": index,
    }


def _is_grid(value: Any, shape: tuple[int, ...]) -> bool:
    return isinstance(value, (Tensor, np.ndarray)) and value.ndim == 4 and tuple(value.shape[1:]) == shape


def _slice_of(value: Any, index: int, along: int) -> Any:
    if isinstance(value, np.ndarray):
        return np.take(value, index, axis=along + 1)
    # clone(contiguous): the memory of the slice only
    plain = value.as_subclass(Tensor).select(along + 1, index).clone(memory_format=torch.contiguous_format)
    if not isinstance(value, MetaTensor):
        return plain
    kept = {key: value.meta[key] for key in ("filename_or_obj", "space") if key in value.meta}
    return MetaTensor(plain, affine=_slice_affine(value.affine, index, along), meta=kept)


def _slice_affine(affine: Tensor, index: int, along: int) -> Tensor:
    columns = affine[:3, :3].double()
    order = [axis for axis in range(3) if axis != along] + [along]
    corner = affine[:3, 3].double() + columns[:, along] * index
    columns = columns[:, order]
    # world axes of the slice: along its first axis, its second, and out of the plane; each pointing the
    # way in which the world axis nearest to it points
    frame, _ = torch.linalg.qr(columns)
    signs = torch.sign(frame.gather(0, frame.abs().argmax(dim=0, keepdim=True)))[0]
    turned = torch.eye(4, dtype=torch.float64)
    turned[:3, :3] = (frame * signs).T @ columns
    turned[:3, 3] = (frame * signs).T @ corner
    return turned
