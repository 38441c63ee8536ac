"""One number for how good a label seems."""

from __future__ import annotations

__all__ = ["quality_score"]

_HALF = 60.0
"""Evidence at which the score is one half; it moves no label before another, see docs/audit.md."""


def quality_score(evidence: float) -> float:
    """Turn the evidence against a label into a score.

    Args:
        evidence: see :attr:`QualityParts.evidence`, at least 0.

    Returns:
        1 where nothing speaks against the label, falling towards 0.

    Raises:
        ValueError: if the evidence is negative or no number.

    Example:
        >>> quality_score(0.0), quality_score(60.0)
        (1.0, 0.5)
    """
    if not evidence >= 0:
        raise ValueError(f"evidence is {evidence}, expected a number of at least 0")
    return _HALF / (_HALF + evidence)
