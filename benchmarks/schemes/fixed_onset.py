"""The same onset for every class, fixed beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from monai_adele.functional import LearningCurve, OnsetDecision


@dataclass(frozen=True)
class FixedOnset:
    """Rule that looks at no curve: every class is taken to be memorized from one epoch on.

    Args:
        epoch: counted from 1.
    """

    epoch: int

    def decide(self, curve: LearningCurve) -> OnsetDecision:
        """The epoch, once it is there."""
        return OnsetDecision(self.epoch if len(curve) >= self.epoch else None, f"fixed at epoch {self.epoch}", None)
