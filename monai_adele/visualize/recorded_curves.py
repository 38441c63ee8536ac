"""The learning curves that a run wrote down."""

from __future__ import annotations

import json
from pathlib import Path

from matplotlib.figure import Figure

from monai_adele.data import read_learning_curves
from monai_adele.errors import DataError
from monai_adele.visualize.class_curves import ClassCurves
from monai_adele.visualize.learning_curves import learning_curves_figure

__all__ = ["recorded_curves_figure"]


def recorded_curves_figure(folder: str | Path) -> Figure | None:
    """Draw the learning curves of a run from its folder.

    Args:
        folder: of the run, with ``learning_curves.csv`` and, for the onsets, ``summary.json``.

    Returns:
        The figure; None where there is no table, or it cannot be read.

    Example:
        >>> recorded_curves_figure("nowhere") is None
        True
    """
    try:
        curves = read_learning_curves(Path(folder) / "learning_curves.csv")
    except (DataError, OSError):
        return None
    try:
        onsets = json.loads((Path(folder) / "summary.json").read_text(encoding="utf-8"))["onsets"]
    except (OSError, ValueError, KeyError, TypeError):
        onsets = {}
    classes = [
        ClassCurves(
            name,
            curve.iou,
            onset_epoch=onsets.get(name, {}).get("epoch"),
            validation_iou=curve.validation_iou if curve.is_validated else None,
        )
        for name, curve in curves.items()
    ]
    return learning_curves_figure(classes)
