"""How much the corrections changed, epoch by epoch and class by class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from monai_adele.store import JournalEntry
from monai_adele.visualize.figure_file import new_figure
from monai_adele.visualize.palette import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION

__all__ = ["corrections_over_time_figure"]

_COLORS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION)
_STYLES = ("-", "--", ":", "-.")


def corrections_over_time_figure(entries: Iterable[JournalEntry], class_names: Sequence[str]) -> Figure | None:
    """Draw for each class how many voxels it won or lost in each epoch.

    Args:
        entries: of the journal.
        class_names: index is the class id; the background is left out.

    Returns:
        A figure 10 inches wide; None where nothing was changed in an epoch.

    Example:
        >>> entry = JournalEntry(1, "liver_042", 12, "onset of class 1", ((1, 0, 25),), 0.9)
        >>> corrections_over_time_figure([entry], ["background", "liver"]).axes[0].lines[0].get_ydata().tolist()
        [25]
    """
    changed: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for entry in entries:
        for before, after, voxels in entry.transitions if entry.epoch is not None else ():
            for class_id in (before, after):
                changed[class_id][int(entry.epoch or 0)] += voxels
    changed.pop(0, None)
    if not changed:
        return None
    epochs = range(min(min(one) for one in changed.values()), max(max(one) for one in changed.values()) + 1)
    figure = new_figure(10.0, 2.8)
    axes = figure.subplots()
    for number, class_id in enumerate(sorted(changed)):
        name = class_names[class_id] if class_id < len(class_names) else str(class_id)
        style = _STYLES[number // len(_COLORS) % len(_STYLES)]
        values = [changed[class_id].get(epoch, 0) for epoch in epochs]
        axes.plot(epochs, values, style, color=_COLORS[number % len(_COLORS)], marker="o", ms=3.5, lw=1.6, label=name)
    axes.set_xlabel("epoch")
    axes.set_ylabel("voxels changed")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color="#E4E4E4", lw=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, ncols=min(6, len(changed)), loc="upper right", fontsize=9)
    return figure
