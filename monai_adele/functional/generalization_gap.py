"""The default rule for onsets: agreement with the validation cases falls behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from monai_adele.functional.curve import CurveFit
from monai_adele.functional.onset_decision import OnsetDecision
from monai_adele.functional.onset_rule import OnsetRule
from monai_adele.functional.slope_onset import SlopeOnset

__all__ = ["GeneralizationGap"]


@dataclass(frozen=True, kw_only=True)
class GeneralizationGap:
    """Rule that sees memorization as what helps on the training cases only.

    What a network learns of the anatomy raises its agreement with the labels of the validation
    cases as much as with those it is trained on, noisy as both are; what it memorizes of single
    mistakes raises the latter alone. The onset of a class is where its validation IoU has fallen
    below ``ratio`` times its training IoU, each as the mean of the last ``window`` epochs, in
    ``patience`` successive epochs. No truth is needed. What comes later does not change the onset.

    Without a validation IoU the rule falls back on the learning curve alone.

    Args:
        ratio: validation IoU relative to training IoU at which they part, in ``(0, 1)``.
        window: epochs that the means are taken over, at least 1.
        patience: successive epochs that must say so, at least 1.
        min_iou: validation IoU that a class must have reached to count as learned, in ``[0, 1]``.
        fallback: judges classes that have no validation IoU, and gives the fit of the training
            curve that is shown beside the decision.

    Raises:
        ValueError: if an argument lies outside its range.

    Example:
        >>> training, validation = [0.3, 0.5, 0.6, 0.7, 0.8], [0.3, 0.5, 0.52, 0.51, 0.49]
        >>> decision = GeneralizationGap().decide(training, validation)
        >>> decision.epoch, decision.reason
        (5, 'the validation IoU, 0.50, is 67 % of the training IoU, 0.75: below 85 % for 2 epochs')
    """

    ratio: float = 0.85
    window: int = 2
    patience: int = 2
    min_iou: float = 0.3
    fallback: OnsetRule = field(default_factory=lambda: SlopeOnset(threshold=0.85))

    def __post_init__(self) -> None:
        if not 0 < self.ratio < 1:
            raise ValueError(f"ratio: found {self.ratio}, expected a value between 0 and 1")
        if self.window < 1 or self.patience < 1:
            raise ValueError(f"window {self.window}, patience {self.patience}: expected at least 1 each")
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
        if validation_iou is None or np.isnan(validation_iou).all():
            return self.fallback.decide(iou)
        if len(validation_iou) != len(iou):
            raise ValueError(f"found {len(validation_iou)} validation IoUs, expected {len(iou)}, one an epoch")
        training, validation = np.asarray(iou, dtype=float), np.asarray(validation_iou, dtype=float)
        measured = np.flatnonzero(~np.isnan(training) & ~np.isnan(validation))
        best, behind, reason = 0.0, 0, "the class has not been seen in training and validation yet"
        for last in range(len(measured)):
            recent = measured[max(0, last + 1 - self.window) : last + 1]
            seen, held = float(training[recent].mean()), float(validation[recent].mean())
            best = max(best, float(validation[measured[last]]))
            behind = behind + 1 if held < self.ratio * seen else 0
            reason = self._reason(best, behind, seen, held)
            if best >= self.min_iou and behind >= self.patience:
                epoch = int(measured[last]) + 1
                return OnsetDecision(epoch, reason, self._fit(iou[:epoch]))
        return OnsetDecision(None, reason, self._fit(iou))

    def _fit(self, iou: Sequence[float]) -> CurveFit | None:
        return self.fallback.decide(iou).fit

    def _reason(self, best: float, behind: int, seen: float, held: float) -> str:
        if best < self.min_iou:
            return f"the validation IoU has reached {best:.2f} only: below {self.min_iou:g} the class is not learned"
        share = f"the validation IoU, {held:.2f}, is {held / max(seen, 1e-9):.0%} of the training IoU, {seen:.2f}"
        share = share.replace("%", " %")
        return f"{share}: below {self.ratio:.0%} for {behind} epochs".replace("% for", " % for") if behind else share
