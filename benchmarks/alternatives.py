"""Erosion and dilation of label maps by other packages; each takes (label, spacing, radius_mm)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import monai.transforms.utils_morphological_ops as monai_morphology
import numpy as np
import scipy.ndimage
import SimpleITK as sitk
import torch
from skimage.segmentation import expand_labels

Change = Callable[[np.ndarray, tuple[float, ...], float], np.ndarray]
INSTALLED = {name: importlib.util.find_spec(name) is not None for name in ("edt", "fastmorph")}


def reach(spacing, radius_mm):
    return [int(radius_mm / step + 1e-6) for step in spacing]


def grown(box, margin, shape):
    sides = zip(box, margin, shape, strict=True)
    return tuple(slice(max(0, side.start - more), min(size, side.stop + more)) for side, more, size in sides)


def class_boxes(label, margin):
    found = enumerate(scipy.ndimage.find_objects(label), start=1)
    return {class_id: grown(box, margin, label.shape) for class_id, box in found if box}


def element(spacing, radius_mm):
    steps = [np.arange(-k, k + 1) for k in reach(spacing, radius_mm)]
    offsets = np.meshgrid(*steps, indexing="ij")
    return sum((at * step) ** 2 for at, step in zip(offsets, spacing, strict=True)) <= radius_mm**2 + 1e-6


def edt_erode(label, spacing, radius_mm):
    import edt

    distance = edt.edt(label, anisotropy=spacing, parallel=1)  # to the nearest voxel of another id
    return np.where(distance <= radius_mm + 1e-5, label.dtype.type(0), label)


def fastmorph_erode(label, spacing, radius_mm):
    import fastmorph

    return fastmorph.erode(label, iterations=reach(spacing, radius_mm)[0], parallel=1, erode_border=False)


def fastmorph_dilate(label, spacing, radius_mm):
    import fastmorph

    return fastmorph.dilate(label, iterations=reach(spacing, radius_mm)[0], parallel=1)


def masks_by_monai(change, outside, label, spacing, radius_mm):
    # The coarse last axis goes first, where torch convolves ten times faster. MONAI 1.6.1 pads the axes in
    # reverse order: what the last lacks is added before, what the first has too much is cut afterwards.
    reaches = [reach(spacing, radius_mm)[axis] for axis in (2, 0, 1)]
    lacking = reaches[2] - reaches[0]
    for class_id in range(1, int(label.max()) + 1):  # class by class: the least memory, and no slower
        mask = np.ascontiguousarray(label.transpose(2, 0, 1) == class_id, dtype=np.float32)
        padded = torch.nn.functional.pad(torch.from_numpy(mask)[None, None], (lacking, lacking), value=outside)
        changed = change(padded, [2 * k + 1 for k in reaches], pad_value=outside)[0, 0].numpy() > 0
        yield class_id, changed[lacking : len(changed) - lacking].transpose(1, 2, 0)


def monai_erode(label, spacing, radius_mm):
    eroded = np.zeros_like(label)
    for class_id, mask in masks_by_monai(monai_morphology.erode, 1.0, label, spacing, radius_mm):
        eroded[mask] = class_id
    return eroded


def monai_dilate(label, spacing, radius_mm):
    dilated = label.copy()
    for class_id, mask in masks_by_monai(monai_morphology.dilate, 0.0, label, spacing, radius_mm):
        dilated[mask & (dilated == 0)] = class_id
    return dilated


def monai_erode_on_boxes(label, spacing, radius_mm):
    eroded = np.zeros_like(label)
    for class_id, box in class_boxes(label, reach(spacing, radius_mm)).items():
        mask = (label[box] == class_id).view(np.uint8)
        eroded[box][monai_erode(mask, spacing, radius_mm) > 0] = class_id
    return eroded


def monai_dilate_on_boxes(label, spacing, radius_mm):
    dilated = label.copy()
    for class_id, box in class_boxes(label, reach(spacing, radius_mm)).items():
        mask = (label[box] == class_id).view(np.uint8)
        grown_mask = monai_dilate(mask, spacing, radius_mm) > 0
        dilated[box][grown_mask & (dilated[box] == 0)] = class_id
    return dilated


def scipy_erode(label, spacing, radius_mm):
    eroded, ball = np.zeros_like(label), element(spacing, radius_mm)
    for class_id, box in class_boxes(label, (1,) * label.ndim).items():
        eroded[box][scipy.ndimage.binary_erosion(label[box] == class_id, ball, border_value=1)] = class_id
    return eroded


def scipy_dilate(label, spacing, radius_mm):
    (box,) = class_boxes((label > 0).view(np.uint8), reach(spacing, radius_mm)).values()
    distance, nearest = scipy.ndimage.distance_transform_edt(label[box] == 0, sampling=spacing, return_indices=True)
    dilated = label.copy()
    dilated[box] = np.where(distance <= radius_mm + 1e-6, label[box][tuple(nearest)], 0)
    return dilated


def skimage_dilate(label, spacing, radius_mm):
    return expand_labels(label, radius_mm + 1e-6, spacing=spacing)


def by_simpleitk(change, label, spacing, radius_mm):
    image = sitk.GetImageFromArray(label)
    for class_id in range(1, int(label.max()) + 1):
        image = change(image, reach(spacing, radius_mm)[::-1], sitk.sitkBall, 0.0, float(class_id))
    return sitk.GetArrayFromImage(image)


def simpleitk_erode(label, spacing, radius_mm):
    return by_simpleitk(lambda *a: sitk.BinaryErode(*a[:3], a[3], a[4], True), label, spacing, radius_mm)


def simpleitk_dilate(label, spacing, radius_mm):
    grown_image = by_simpleitk(sitk.BinaryDilate, label, spacing, radius_mm)
    return np.where(label > 0, label, grown_image)


EROSIONS: dict[str, Change] = {
    "edt, multilabel, thresholded": edt_erode,
    "fastmorph (cube)": fastmorph_erode,
    "MONAI erode (cube)": monai_erode,
    "MONAI erode on boxes (cube)": monai_erode_on_boxes,
    "scipy binary_erosion on boxes": scipy_erode,
    "SimpleITK BinaryErode": simpleitk_erode,
}
DILATIONS: dict[str, Change] = {
    "scipy EDT on the foreground's box": scipy_dilate,
    "fastmorph (cube)": fastmorph_dilate,
    "MONAI dilate (cube)": monai_dilate,
    "MONAI dilate on boxes (cube)": monai_dilate_on_boxes,
    "skimage expand_labels": skimage_dilate,
    "SimpleITK BinaryDilate": simpleitk_dilate,
}
