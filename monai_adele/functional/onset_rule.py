"""The interface of the rules that decide on onsets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from monai_adele.functional.onset_decision import OnsetDecision

__all__ = ["OnsetRule"]


class OnsetRule(Protocol):
    """Decides from a class's learning curve whether it has begun to memorize.

    Example:
        >>> class Never:
        ...     def decide(self, iou, validation_iou=None):
        ...         return OnsetDecision(epoch=None, reason="never", fit=None)
        >>> rule: OnsetRule = Never()
    """

    def decide(self, iou: Sequence[float], validation_iou: Sequence[float] | None = None) -> OnsetDecision:
        """Return the decision on one class.

        Args:
            iou: training IoU after each epoch so far, in ``[0, 1]``; NaN where not measured.
            validation_iou: IoU on the validation cases, against their given labels, after the
                same epochs; None where there is no validation. A rule may do without it.

        Returns:
            The onset, at most ``len(iou)``, or None; and the reason.
        """
        ...
