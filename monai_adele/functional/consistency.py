"""Divergence between predictions of the same input at several scales."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["authors_scale_consistency", "scale_consistency"]

_AUTHORS_CLAMP = 1e-3


def scale_consistency(
    logits: Sequence[Tensor], *, mask: Tensor | None = None, min_confidence: float | None = None
) -> Tensor:
    """Mean over scales and voxels of the divergence of each scale's prediction from their mean.

    ``(1 / s) * sum_k KL(p_k || q)`` with p_k the softmax of scale k and q their mean, averaged
    over the counted voxels. Liu et al., CVPR 2022; their code sums over the scales, clamps q,
    lets ignored voxels dilute the mean and asks for confidence image by image: see
    :func:`authors_scale_consistency`.

    Computed in float32 from half-precision logits, with autocast or without.

    Args:
        logits: one tensor a scale, ``(B, C, *spatial)``, all of the same shape.
        mask: ``(B, *spatial)`` or ``(B, 1, *spatial)`` bool, True where a voxel counts; None
            if all do.
        min_confidence: only voxels whose largest mean probability is at least this count (the
            paper's rho, there image by image), in ``[0, 1]``; None if all do.

    Returns:
        A scalar, 0 or more up to rounding, at most log of the number of scales; float32, or
        float64 for such logits. 0, with gradient 0, where no voxel counts.

    Raises:
        ValueError: if there are no logits, shapes differ or do not fit the mask, or
            ``min_confidence`` lies outside ``[0, 1]``.

    Example:
        >>> import torch
        >>> same = torch.tensor([[[2.0, 0.0], [0.0, 1.0]]])
        >>> scale_consistency([same, same]).item()
        0.0
        >>> round(scale_consistency([same, -same]).item(), 4)
        0.2194
    """
    _check_logits(logits, min_confidence)
    log_probs = _log_probs(logits)
    highest = log_probs.detach().amax(dim=0)
    log_mean = highest + (log_probs - highest).exp().mean(dim=0).log()
    divergence = (log_probs.exp() * (log_probs - log_mean)).sum(dim=2).mean(dim=0)

    counted = torch.ones_like(divergence, dtype=torch.bool) if mask is None else _fitted(mask, divergence)
    if min_confidence is not None:
        counted = counted & (log_mean.detach().amax(dim=1).exp() >= min_confidence)
    return torch.where(counted, divergence, 0.0).sum() / counted.sum().clamp(min=1)


def authors_scale_consistency(
    logits: Sequence[Tensor], *, mask: Tensor | None = None, min_confidence: float = 0.8
) -> Tensor:
    """Sum over scales of the divergence of each prediction from their mean, as the authors have it.

    The mean prediction q is clamped to ``[1e-3, 1 - 1e-3]``; images whose largest q over
    classes and counted voxels is below ``min_confidence`` contribute 0; the divergence is
    summed over the scales and averaged over all voxels of all images, ignored or not.

    Args:
        logits: one tensor a scale, ``(B, C, *spatial)``, all of the same shape.
        mask: ``(B, *spatial)`` or ``(B, 1, *spatial)`` bool, False where the label is ignored;
            ignored voxels only do not count towards an image's largest q.
        min_confidence: the paper's rho, in ``[0, 1]``.

    Returns:
        A scalar; float32, or float64 for such logits. Clamping can make it negative.

    Raises:
        ValueError: as :func:`scale_consistency`.

    Example:
        >>> import torch
        >>> sure = torch.tensor([[[9.0, 9.0], [0.0, -9.0]]])
        >>> round(authors_scale_consistency([sure, -sure], min_confidence=0.5).item(), 4)
        1.3851
    """
    _check_logits(logits, min_confidence)
    log_probs = _log_probs(logits)
    mean = log_probs.exp().mean(dim=0).clamp(_AUTHORS_CLAMP, 1 - _AUTHORS_CLAMP)
    divergence = (log_probs.exp() * (log_probs - mean.log())).sum(dim=(0, 2))

    counted = torch.ones_like(divergence, dtype=torch.bool) if mask is None else _fitted(mask, divergence)
    largest = torch.where(counted, mean.amax(dim=1), 0.0).flatten(1).amax(dim=1)
    image_counts = (largest >= min_confidence).reshape(-1, *[1] * (divergence.ndim - 1))
    return torch.where(image_counts, divergence, 0.0).mean()


def _log_probs(logits: Sequence[Tensor]) -> Tensor:
    """Return ``(scales, B, C, *spatial)`` log-probabilities in at least float32."""
    stacked = torch.stack(list(logits))
    return F.log_softmax(stacked.to(torch.promote_types(stacked.dtype, torch.float32)), dim=2)


def _fitted(mask: Tensor, divergence: Tensor) -> Tensor:
    if mask.dtype != torch.bool:
        raise ValueError(f"mask has dtype {mask.dtype}; expected bool, True where a voxel counts")
    if mask.ndim == divergence.ndim + 1 and mask.shape[1] == 1:
        mask = mask.squeeze(1)
    if mask.shape != divergence.shape:
        raise ValueError(f"mask has shape {tuple(mask.shape)}; expected {tuple(divergence.shape)}")
    return mask


def _check_logits(logits: Sequence[Tensor], min_confidence: float | None) -> None:
    shapes = [tuple(tensor.shape) for tensor in logits]
    if not shapes or len(set(shapes)) > 1 or len(shapes[0]) < 3:
        raise ValueError(f"logits have shapes {shapes}; expected one shape (batch, classes, *spatial)")
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise ValueError(f"min_confidence is {min_confidence}; expected a probability between 0 and 1")
