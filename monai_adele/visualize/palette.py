"""Colours that people with any colour vision can tell apart; after Okabe and Ito."""

from __future__ import annotations

__all__ = ["BLUE", "GREEN", "ORANGE", "PURPLE", "SKY", "VERMILION", "class_style"]

BLUE = "#0072B2"
SKY = "#56B4E9"
ORANGE = "#E69F00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
VERMILION = "#D55E00"
_CLASS_COLORS = (SKY, ORANGE, "#F0E442", "#00C794", "#F28ACB", "#FFFFFF", "#FF6A1F")
_LINE_STYLES = ("solid", "dashed", "dotted")


def class_style(index: int) -> tuple[str, str]:
    """Return a class's colour and line style on a dark image; 21 classes can be told apart.

    Args:
        index: class id, at least 1.

    Example:
        >>> class_style(1), class_style(8)
        (('#56B4E9', 'solid'), ('#56B4E9', 'dashed'))
    """
    if index < 1:
        raise ValueError(f"class id must be at least 1, got {index}; the background has no style")
    turn, place = divmod(index - 1, len(_CLASS_COLORS))
    return _CLASS_COLORS[place], _LINE_STYLES[turn % len(_LINE_STYLES)]
