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
        ...     def decide(self, iou):
        ...         return OnsetDecision(epoch=None, reason="never", fit=None)
        >>> rule: OnsetRule = Never()
    """

    def decide(self, iou: Sequence[float]) -> OnsetDecision:
        """Return the decision on one class.

        Args:
            iou: training IoU after each epoch so far, in ``[0, 1]``; NaN where not measured.

        Returns:
            The onset, at most ``len(iou)``, or None; and the reason.
        """
        ...
