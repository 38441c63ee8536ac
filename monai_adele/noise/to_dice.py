"""As much of an error as gives a wanted overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from monai_adele.noise.arguments import Range, checked_range, chosen_boxes
from monai_adele.noise.noise_model import NoiseModel

__all__ = ["ToDice"]

Measure = Literal["dice", "iou", "changed"]


@dataclass(frozen=True, kw_only=True)
class ToDice(NoiseModel):
    """A noise model at the strength at which the label has a wanted overlap with the original.

    The strength (see :meth:`NoiseModel.with_strength`) is doubled from 1 until the noise is too strong,
    and then bisected with the same random numbers; of all strengths tried, the one that comes nearest is
    taken. Where none comes near (a label without the model's classes, or a model with a floor) that is
    what one gets.

    Args:
        noise: a model that has a strength.
        target: of the measure, in ``(0, 1]``, for ``"changed"`` at least 0; a number or (low, high), from
            which each case draws.
        measure: ``"dice"`` or ``"iou"``, the mean over the foreground classes of the original, ignore
            (255) left out; or ``"changed"``, the number of changed voxels over that of the foreground.
        tolerance: at this distance from the target the search ends; above 0.
        max_strength: greatest strength tried, at least 1.

    Raises:
        TypeError: if ``noise`` is not a noise model, or has no strength.
        ValueError: if an argument is not as said.

    Example:
        >>> from monai_adele.noise import Dilate
        >>> label = np.zeros(100, dtype=int)
        >>> label[40:60] = 1
        >>> noise = ToDice(noise=Dilate(radius_mm=1), target=0.8)
        >>> int(noise(label, (1.0,), np.random.default_rng(0)).sum())
        30
    """

    noise: NoiseModel
    target: Range
    measure: Measure = "dice"
    tolerance: float = 0.005
    max_strength: float = 64.0

    def __post_init__(self) -> None:
        if not isinstance(self.noise, NoiseModel):
            raise TypeError(f"noise is a {type(self.noise).__name__}, expected a noise model")
        self.noise.with_strength(0.0)
        if self.measure not in _MEASURES:
            raise ValueError(f"measure is {self.measure!r}, expected 'dice', 'iou' or 'changed'")
        highest = np.inf if self.measure == "changed" else 1.0
        object.__setattr__(self, "target", checked_range("target", self.target, highest=highest))
        checked_range("tolerance", self.tolerance, np.nextafter(0.0, 1.0))
        checked_range("max_strength", self.max_strength, 1.0)

    def corrupt(self, label: np.ndarray, spacing: tuple[float, ...], rng: np.random.Generator) -> np.ndarray:
        """Search the strength."""
        target = rng.uniform(*checked_range("target", self.target))
        seed = int(rng.integers(2**63))
        classes = list(chosen_boxes(label, None))
        best, error = np.copy(label), _MEASURES[self.measure](label, label, classes) - target
        sign = -1.0 if self.measure == "changed" else 1.0
        low, high = 0.0, np.inf
        while abs(error) > self.tolerance and low < self.max_strength and high - low > 1e-3 * low:
            strength = min(max(1.0, 2.0 * low), self.max_strength) if high == np.inf else (low + high) / 2
            noisy = self.noise.with_strength(strength)(label, spacing, np.random.default_rng(seed))
            missed = _MEASURES[self.measure](label, noisy, classes) - target
            if abs(missed) < abs(error):
                best, error = noisy, missed
            low, high = (strength, high) if sign * missed > 0 else (low, strength)
        return best


def _mean(values: Iterable[float]) -> float:
    collected = list(values)
    return float(np.mean(collected)) if collected else 1.0


def _overlap(label: np.ndarray, noisy: np.ndarray, class_id: int) -> tuple[int, int]:
    """Voxels in both, and voxels in either counted once for each."""
    given, drawn = label == class_id, noisy == class_id
    both = int(np.count_nonzero(given & drawn))
    return both, int(np.count_nonzero(given)) + int(np.count_nonzero(drawn))


def _dice(label: np.ndarray, noisy: np.ndarray, classes: list[int]) -> float:
    pairs = [_overlap(label, noisy, class_id) for class_id in classes]
    return _mean(2 * both / total for both, total in pairs)


def _iou(label: np.ndarray, noisy: np.ndarray, classes: list[int]) -> float:
    pairs = [_overlap(label, noisy, class_id) for class_id in classes]
    return _mean(both / (total - both) for both, total in pairs)


def _changed(label: np.ndarray, noisy: np.ndarray, classes: list[int]) -> float:
    foreground = sum(int(np.count_nonzero(label == class_id)) for class_id in classes)
    return int(np.count_nonzero(label != noisy)) / max(1, foreground)


_MEASURES: dict[str, Callable[[np.ndarray, np.ndarray, list[int]], float]] = {
    "dice": _dice,
    "iou": _iou,
    "changed": _changed,
}
