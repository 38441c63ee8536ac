"""Figures apart from matplotlib's global state, and their files."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from monai_adele.data.atomic_files import write_atomically

__all__ = ["add_panels", "new_figure", "save_png"]


def new_figure(width_inch: float, height_inch: float) -> Figure:
    """Return an empty figure of 100 dots an inch, drawn by Agg: no window, no pyplot.

    Args:
        width_inch: over 0.
        height_inch: over 0.

    Example:
        >>> new_figure(12.8, 4).get_size_inches().tolist()
        [12.8, 4.0]
    """
    layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06)
    figure = Figure(figsize=(width_inch, height_inch), dpi=100, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def add_panels(
    figure: Figure,
    number: int,
    *,
    columns: int,
    sharex: bool | Literal["none", "all", "row", "col"] = False,
    sharey: bool | Literal["none", "all", "row", "col"] = False,
) -> list[Axes]:
    """Fill a figure with panels, row by row; what is left of the last row stays empty.

    Args:
        figure: an empty one.
        number: of panels, at least 1.
        columns: panels in a row, at least 1.
        sharex: whether panels share the axis, as in :meth:`matplotlib.figure.Figure.subplots`.
        sharey: the same for the other axis.

    Returns:
        The panels.

    Example:
        >>> figure = new_figure(9, 6)
        >>> len(add_panels(figure, 5, columns=3)), sum(axes.get_visible() for axes in figure.axes)
        (5, 5)
    """
    rows = -(-number // columns)
    panels: list[Axes] = list(figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False).flat)
    for axes in panels[number:]:
        axes.set_visible(False)
    return panels[:number]


def save_png(figure: Figure, path: str | os.PathLike[str], *, dpi: int = 100) -> None:
    """Write a figure as PNG, whole or not at all.

    Args:
        figure: what to draw.
        path: the file to write; its folder exists. A file already there is replaced.
        dpi: dots an inch; a figure 12.8 inches wide has 1280 pixels at 100.

    Raises:
        OSError: if the folder cannot be written to.
    """
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=dpi, metadata={"Software": None})
    write_atomically(Path(path), content.getvalue())
