"""The label of a MONAI pipeline, corrupted by a noise model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from monai.utils import convert_to_dst_type

from monai_adele.errors import GeometryError, LabelValueError
from monai_adele.noise import NoiseModel

__all__ = ["noisy_label"]


def noisy_label(
    label: Any, noise: NoiseModel, *, rng: np.random.Generator, pixdim: Sequence[float] | float | None = None
) -> Any:
    """Corrupt a channel-first label map.

    Args:
        label: class ids, ``(1, *spatial)`` with one to three spatial axes: a MetaTensor, torch tensor or
            numpy array; integers, or floats that are whole numbers.
        noise: the noise model.
        rng: the only source of randomness.
        pixdim: mm per axis of labels that carry none, one number for all axes or one each; None for
            1 mm. The spacing of a MetaTensor is its own.

    Returns:
        The noisy label, of the type, dtype and device of ``label`` and with the same metadata: no
        transform is recorded, so nothing can undo the noise.

    Raises:
        TypeError: if ``label`` is neither a tensor nor an array.
        GeometryError: if its shape is not ``(1, *spatial)``, or the spacing does not fit it.
        LabelValueError: if it holds fractional, negative or non-finite values.

    Example:
        >>> from monai_adele.noise import Erode
        >>> rng = np.random.default_rng(0)
        >>> noisy_label(torch.tensor([[0.0, 1.0, 1.0, 1.0]]), Erode(radius_mm=1), rng=rng)
        tensor([[0., 0., 1., 1.]])
    """
    if not isinstance(label, (torch.Tensor, np.ndarray)):
        raise TypeError(f"label is a {type(label).__name__}, expected a MetaTensor, tensor or numpy array")
    if label.ndim < 2 or label.shape[0] != 1:
        found = f"label has shape {tuple(label.shape)}"
        raise GeometryError(f"{found}, expected one channel of class ids in front: (1, *spatial)")
    ids = _ids(label)[0]
    noisy = noise(ids, _spacing(label, pixdim), rng)[np.newaxis]
    if isinstance(label, np.ndarray):
        return noisy.astype(label.dtype, copy=False)
    return convert_to_dst_type(torch.from_numpy(noisy), dst=label)[0]


def _ids(label: torch.Tensor | np.ndarray) -> np.ndarray:
    if isinstance(label, torch.Tensor):
        plain = label.as_tensor() if isinstance(label, MetaTensor) else label
        plain = plain.detach().cpu()
        label = (plain.double() if plain.is_floating_point() else plain).numpy()
    if label.dtype.kind == "b":
        return label.astype(np.uint8)
    if label.dtype.kind != "f":
        return label
    whole = np.isfinite(label) & (np.rint(label) == label)
    if not whole.all():
        found = f"label holds {label[~whole][0]} and {np.count_nonzero(~whole) - 1} more such voxels"
        raise LabelValueError(f"{found}, expected whole class ids; was it resampled by interpolation?")
    return label.astype(np.int64)


def _spacing(label: torch.Tensor | np.ndarray, pixdim: Sequence[float] | float | None) -> Sequence[float]:
    num_axes = label.ndim - 1
    if isinstance(label, MetaTensor):
        return [float(step) for step in label.pixdim][:num_axes]
    if isinstance(pixdim, Sequence):
        return pixdim
    return [1.0 if pixdim is None else pixdim] * num_axes
