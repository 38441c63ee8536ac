"""A rule for onsets: the validation IoU has stopped rising."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from monai_adele.functional.curve import CurveFit
from monai_adele.functional.onset_decision import OnsetDecision
from monai_adele.functional.onset_rule import OnsetRule
from monai_adele.functional.slope_onset import SlopeOnset

__all__ = ["ValidationPlateau"]


@dataclass(frozen=True, kw_only=True)
class ValidationPlateau:
    """Rule that sees memorization as what no longer helps on cases that are not trained on.

    What a network learns of the anatomy raises its agreement with the labels of the validation
    cases too, noisy as they are; what it memorizes of single mistakes does not. The onset of a
    class is the epoch after which its validation IoU, against the given labels, has had no new
    best for ``patience`` epochs. No truth is needed. What comes later does not change the onset.

    Without a validation IoU the rule falls back on the learning curve alone.

    Args:
        patience: measured epochs without a new best, at least 1.
        min_iou: validation IoU that a class must have reached to count as learned, in ``[0, 1]``.
        fallback: judges classes that have no validation IoU, and gives the fit of the training
            curve that is shown beside the decision.

    Raises:
        ValueError: if an argument lies outside its range.

    Example:
        >>> training, validation = [0.3, 0.5, 0.6, 0.7, 0.8], [0.3, 0.5, 0.51, 0.5, 0.49]
        >>> decision = ValidationPlateau(patience=2).decide(training, validation)
        >>> decision.epoch, decision.reason
        (5, 'the validation IoU has had no new best since 0.51 in epoch 3')
    """

    patience: int = 3
    min_iou: float = 0.2
    fallback: OnsetRule = field(default_factory=lambda: SlopeOnset(threshold=0.85))

    def __post_init__(self) -> None:
        if self.patience < 1:
            raise ValueError(f"patience: found {self.patience}, expected at least 1")
        if not 0 <= self.min_iou <= 1:
            raise ValueError(f"min_iou: found {self.min_iou}, expected a value in [0, 1]")

    def decide(self, iou: Sequence[float], validation_iou: Sequence[float] | None = None) -> OnsetDecision:
        """Return the decision on one class.

        Args:
            iou: training IoU after each epoch so far, in ``[0, 1]``; NaN where not measured.
            validation_iou: IoU on the validation cases after the same epochs, or None.

        Returns:
            The onset or None, the reason, and the fit of the training curve up to then.

        Raises:
            ValueError: if the curves differ in length.
        """
        if validation_iou is None or all(math.isnan(value) for value in validation_iou):
            return self.fallback.decide(iou)
        if len(validation_iou) != len(iou):
            raise ValueError(f"found {len(validation_iou)} validation IoUs, expected {len(iou)}, one an epoch")
        best, best_epoch, waited = -math.inf, 0, 0
        for epoch, value in enumerate(validation_iou, start=1):
            if math.isnan(value):
                continue
            waited += 1
            if value > best:
                best, best_epoch, waited = value, epoch, 0
            if waited >= self.patience and best >= self.min_iou:
                reason = f"the validation IoU has had no new best since {best:.2f} in epoch {best_epoch}"
                return OnsetDecision(epoch, reason, self._fit(iou[:epoch]))
        return OnsetDecision(None, self._why_not(best, best_epoch, waited), self._fit(iou))

    def _fit(self, iou: Sequence[float]) -> CurveFit | None:
        return self.fallback.decide(iou).fit

    def _why_not(self, best: float, best_epoch: int, waited: int) -> str:
        if best < self.min_iou:
            return f"the validation IoU has reached {best:.2f} only: below {self.min_iou:g} the class is not learned"
        return f"the last best validation IoU, {best:.2f} in epoch {best_epoch}, is {waited} epochs old"
