"""What was decided on the onset of memorization of a class."""

from __future__ import annotations

from dataclasses import dataclass

from monai_adele.functional.curve import CurveFit

__all__ = ["OnsetDecision"]


@dataclass(frozen=True)
class OnsetDecision:
    """Whether, when and why a class is judged to begin memorizing its wrong labels.

    Args:
        epoch: onset, counted from 1; None while it cannot be told.
        reason: one short sentence, always given.
        fit: curve that the decision rests on; None where there is none.

    Example:
        >>> OnsetDecision(epoch=None, reason="the class has not been seen yet", fit=None).epoch is None
        True
    """

    epoch: int | None
    reason: str
    fit: CurveFit | None
