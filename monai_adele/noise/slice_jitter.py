"""Slices that do not fit each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from monai_adele.noise.affine_jitter import AffineJitter
from monai_adele.noise.arguments import Range, checked_classes, checked_range, scaled
from monai_adele.noise.dilate import Dilate
from monai_adele.noise.erode import Erode
from monai_adele.noise.noise_model import NoiseModel
from monai_adele.noise.one_of import OneOf
from monai_adele.noise.per_slice import PerSlice
from monai_adele.noise.sequence import Sequence as SequenceOfNoises

__all__ = ["SliceJitter"]


@dataclass(frozen=True, kw_only=True)
class SliceJitter(NoiseModel):
    """Slices that do not fit each other: each drawn a little too large or small, and a little off.

    In every slice the chosen classes are eroded or dilated, with equal chance, by one radius, and each
    moved by its own draw, in the plane. Seen along the drawing axis the boundary is a staircase.

    Args:
        radius_mm: of erosion or dilation; a number or (low, high), at least 0.
        translation_mm: along each axis of the plane; a number ``v`` for (-v, v), or (low, high).
        slice_axis: axis along which a volume was drawn slice by slice; a 2D label is one slice.
        classes: ids to change; None for all but background (0) and ignore (255).

    Raises:
        ValueError: if an argument is not as said; at the call, if the label has one axis only.

    Example:
        >>> label = np.ones((5, 5, 4), dtype=int)
        >>> SliceJitter(translation_mm=2)(label, (1.0, 1.0, 1.0), np.random.default_rng(0)).shape
        (5, 5, 4)
    """

    radius_mm: Range = 0.0
    translation_mm: Range = 0.0
    slice_axis: int = 2
    classes: Sequence[int] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius_mm", checked_range("radius_mm", self.radius_mm))
        jitter = AffineJitter(translation_mm=self.translation_mm)
        object.__setattr__(self, "translation_mm", jitter.translation_mm)
        object.__setattr__(self, "classes", checked_classes("classes", self.classes))
        self._per_slice()

    def corrupt(self, label: np.ndarray, spacing: tuple[float, ...], rng: np.random.Generator) -> np.ndarray:
        """Change every slice on its own."""
        return self._per_slice()(label, spacing, rng)

    def with_strength(self, strength: float) -> SliceJitter:
        """The same slices with radius and translation multiplied."""
        sizes: dict[str, Any] = {
            name: scaled(getattr(self, name), strength) for name in ("radius_mm", "translation_mm")
        }
        return replace(self, **sizes)

    def _per_slice(self) -> PerSlice:
        shrink = Erode(radius_mm=self.radius_mm, classes=self.classes)
        grow = Dilate(radius_mm=self.radius_mm, classes=self.classes)
        move = AffineJitter(translation_mm=self.translation_mm, classes=self.classes)
        return PerSlice(SequenceOfNoises([OneOf([shrink, grow]), move]), self.slice_axis)
