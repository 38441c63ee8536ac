"""Slices of a case as small pictures with outlines, for a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from monai_adele.audit import JudgedCase, slice_axis_of
from monai_adele.visualize.contour_path import contour_path
from monai_adele.visualize.overlay_case import OverlayCase

__all__ = ["case_pictures"]

_MARGIN = 0.2  # around all structures, of their longer side
_QUALITY = 80
_LABELS = ("given", "corrected", "predicted")


def case_pictures(case: JudgedCase, *, max_slices: int = 4, max_pixels: int = 240) -> list[dict[str, Any]]:
    """Draw the slices of a case that are most worth a look.

    Those with most evidence against a label, of the worst labels first, then the most corrected one, then some
    that are spread over what was drawn. The patient's right is on the left where the file has an affine; all slices
    show the same part of the body.

    Args:
        case: after the audit.
        max_slices: how many at most, at least 1.
        max_pixels: longer side of a picture; larger ones are made smaller, outlines are not.

    Returns:
        A dictionary a slice: ``index`` in the file, counted from 0; ``image``, a JPEG as data URI; ``size``, columns
        and rows of the outlines; ``spacing``, mm of a column and a row; ``outlines``, class id to one path each of
        what was given, corrected and predicted.
    """
    arrays = (case.image, case.label, case.corrected, case.prediction)
    axis = slice_axis_of(case.label.shape, case.spacing) if case.label.ndim == 3 else -1
    seen = (case.label > 0) | (case.corrected > 0) | (case.prediction > 0)
    indices = [0] if axis < 0 else _indices(case, axis, max_slices)
    window = _window(case.image)
    (shadow,), _ = _turned(case, [np.asarray(seen.any(axis=axis) if axis >= 0 else seen)], axis)
    box = _box(shadow)
    pictures = []
    for index in indices:
        planes = [array if axis < 0 else np.take(array, index, axis) for array in arrays]
        (image, *labels), spacing = _turned(case, planes, axis)
        image, *labels = (array[box] for array in (image, *labels))
        ids = sorted({int(value) for label in labels for value in np.unique(label)} - {0})
        pictures.append(
            {
                "index": index,
                "image": _jpeg(image, window, max_pixels),
                "size": [image.shape[1], image.shape[0]],
                "spacing": [round(step, 4) for step in spacing],
                "outlines": {str(i): _paths([label == i for label in labels]) for i in ids if i < 255},
            }
        )
    return pictures


def _paths(masks: Sequence[NDArray[np.bool_]]) -> dict[str, str]:
    """The outlines that there are; the corrected one only where it is another."""
    given, corrected, _ = masks
    paths = {name: contour_path(mask) for name, mask in zip(_LABELS, masks, strict=True) if mask.any()}
    if np.array_equal(given, corrected):
        paths.pop("corrected", None)
    elif not corrected.any():
        paths["corrected"] = ""
    return paths


def _indices(case: JudgedCase, axis: int, max_slices: int) -> list[int]:
    others = tuple(other for other in range(3) if other != axis)
    changed = (case.label != case.corrected).sum(axis=others)
    ranked = sorted(case.findings, key=lambda finding: finding.score)
    wanted = [finding.worst_slices[:1] for finding in ranked]
    wanted += [(int(changed.argmax()),)] if changed.any() else []
    wanted += [finding.worst_slices[1:] for finding in ranked]
    drawn = (case.label > 0).sum(axis=others)
    some = np.flatnonzero(drawn) if drawn.any() else np.arange(len(drawn))
    around = some[np.rint(np.linspace(0, len(some) - 1, min(len(some), max_slices + 2))).astype(int)].tolist()
    chosen = list(dict.fromkeys([*(index for some in wanted for index in some), *around]))
    return sorted(chosen[:max_slices])


def _turned(
    case: JudgedCase, planes: Sequence[NDArray[Any]], axis: int
) -> tuple[list[NDArray[Any]], tuple[float, float]]:
    """Slices as they are looked at, rows from top to bottom; and mm of a column and of a row."""
    if case.affine is None:
        across = [step for other, step in enumerate(case.spacing) if other != axis]
        return [np.asarray(plane).T for plane in planes], (across[0], across[1])
    volumes = [plane if axis < 0 else np.expand_dims(plane, axis) for plane in planes]
    turned, spacing, flat = [], case.spacing, 2
    for volume in volumes:
        one = OverlayCase(case.case_id, volume, volume, volume, case.spacing, affine=case.affine).upright()
        spacing, flat = one.spacing, one.given.shape.index(1) if axis >= 0 else 2
        turned.append(np.asarray(one.given.squeeze(flat)).T[::-1])
    across = [step for other, step in enumerate(spacing) if other != flat]
    return turned, (across[0], across[1])


def _box(seen: NDArray[np.bool_]) -> tuple[slice, slice]:
    places = np.argwhere(seen)
    if len(places) == 0:
        return slice(None), slice(None)
    low, high = places.min(axis=0), places.max(axis=0) + 1
    margin = max(3, round(_MARGIN * int((high - low).max())))
    rows, columns = (
        slice(max(0, int(start) - margin), min(size, int(stop) + margin))
        for start, stop, size in zip(low, high, seen.shape, strict=True)
    )
    return rows, columns


def _window(image: NDArray[Any]) -> tuple[float, float]:
    values = image[np.isfinite(image)]
    low, high = np.percentile(values, (1, 99.5)) if values.size else (0.0, 1.0)
    return float(low), float(max(high, low + 1e-6))


def _jpeg(image: NDArray[Any], window: tuple[float, float], max_pixels: int) -> str:
    shades = np.clip((np.nan_to_num(image) - window[0]) / (window[1] - window[0]), 0, 1)
    picture = Image.fromarray((255 * shades).astype(np.uint8))
    longest = max(picture.size)
    if longest > max_pixels:
        picture = picture.resize(
            [max(1, round(side * max_pixels / longest)) for side in picture.size], Image.Resampling.LANCZOS
        )
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
