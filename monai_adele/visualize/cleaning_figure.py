"""What drawing cases anew is worth, in the audit's order and at random."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from monai_adele.audit import CleaningCurve
from monai_adele.visualize.figure_file import add_panels, new_figure
from monai_adele.visualize.palette import BLUE

__all__ = ["cleaning_figure"]

_GREY = "#777777"
_IN_A_ROW = 3


def cleaning_figure(curves: Mapping[str, CleaningCurve]) -> Figure:
    """Draw how the labels of data sets get better as more of their cases are cleaned.

    Args:
        curves: by the title of the data set; a panel each.

    Returns:
        The figure.

    Raises:
        ValueError: if there is nothing to draw.
    """
    if not curves:
        raise ValueError("found no curves, expected at least one")
    columns = min(len(curves), _IN_A_ROW)
    rows = -(-len(curves) // columns)
    figure = new_figure(max(4.6, 0.8 + 3.3 * columns), 0.7 + 3.0 * rows)
    panels = add_panels(figure, len(curves), columns=columns, sharex=True)
    for place, (axes, (title, curve)) in enumerate(zip(panels, curves.items(), strict=True)):
        _draw(axes, curve)
        axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
        axes.set_xlabel("cases that were cleaned", fontsize=9)
        if place % columns == 0:
            axes.set_ylabel("mean IoU of the labels with the truth", fontsize=9)
    lines, labels = panels[0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    return figure


def _draw(axes: Axes, curve: CleaningCurve) -> None:
    axes.fill_between(curve.shares, curve.low, curve.high, color=_GREY, alpha=0.2, linewidth=0)
    axes.plot(curve.shares, curve.random, color=_GREY, linestyle="--", label="in a random order (band: 5 to 95 %)")
    axes.plot(curve.shares, curve.ordered, color=BLUE, linewidth=2.0, label="in the audit's order")
    axes.xaxis.set_major_formatter(PercentFormatter(xmax=1.0, symbol=" %", decimals=0))
    axes.set_xlim(0, 1)
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
