"""What the quality score of one label is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monai_adele.audit.contradiction import softmin_confidence
from monai_adele.audit.surface_distance import surface_distance

__all__ = ["QualityParts", "quality_parts"]


@dataclass(frozen=True)
class QualityParts:
    """One class of one case: its given label beside a reference, which is a prediction or a corrected label.

    Attributes:
        dice: overlap of both, in ``[0, 1]``; 1 where neither holds the class.
        mean_distance_mm: between the surfaces; None where one is empty.
        distance95_mm: 95th percentile of the same.
        volume_ratio: given voxels over those of the reference; None where the reference has none.
        confidence: softmin of the probability of the given label; None where the class is nowhere.
        evidence: what speaks against the label, see :func:`contradiction`, summed over both and divided by the size of
            the structure's surface.
        given_ml: volume that was drawn, in ml; in 2D the area in square cm.
        reference_ml: the same of the reference.
    """

    dice: float
    mean_distance_mm: float | None
    distance95_mm: float | None
    volume_ratio: float | None
    confidence: float | None
    evidence: float
    given_ml: float
    reference_ml: float


def quality_parts(
    given: NDArray[np.bool_],
    reference: NDArray[np.bool_],
    spacing: Sequence[float],
    *,
    against: NDArray[np.float64],
    probs: NDArray[Any],
) -> QualityParts:
    """Measure the label of one class.

    The size of a surface, in voxels, is taken to be the root of the number of voxels that were drawn or are in the
    reference, in 3D its power of two thirds.

    Args:
        given: where the class was drawn, ``(*spatial)``, 2D or 3D.
        reference: where it is by the reference.
        spacing: mm per axis.
        against: evidence against the label, see :func:`contradiction`.
        probs: probability of the class, in ``[0, 1]``.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> mask = np.array([[0, 1, 1, 0]], bool)
        >>> quality_parts(mask, mask, (1.0, 1.0), against=np.zeros((1, 4)), probs=mask.astype(float)).evidence
        0.0
    """
    drawn, wanted = int(given.sum()), int(reference.sum())
    distance = surface_distance(given, reference, spacing)
    confidence = softmin_confidence(given, probs)
    region = given | reference
    unit = math.prod(spacing) / (100.0 if given.ndim == 2 else 1000.0)
    return QualityParts(
        dice=2.0 * int((given & reference).sum()) / (drawn + wanted) if drawn + wanted else 1.0,
        mean_distance_mm=_known(distance.mean_mm),
        distance95_mm=_known(distance.percentile95_mm),
        volume_ratio=drawn / wanted if wanted else None,
        confidence=_known(confidence),
        evidence=float(against[region].sum()) / max(1, int(region.sum())) ** (1.0 - 1.0 / given.ndim),
        given_ml=drawn * unit,
        reference_ml=wanted * unit,
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
