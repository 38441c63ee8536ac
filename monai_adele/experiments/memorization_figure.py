"""Early learning and memorization over the epochs, with and without a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from monai_adele.experiments.trial_record import TrialRecord
from monai_adele.visualize import new_figure
from monai_adele.visualize.palette import BLUE, ORANGE, VERMILION

__all__ = ["memorization_figure"]

_KINDS = {"early_learning": "early learned", "memorization": "memorized"}
_STYLES = ((VERMILION, "--"), (BLUE, "-"), (ORANGE, "-."))


def memorization_figure(
    records: Mapping[str, TrialRecord], data: str, noises: Mapping[str, str], methods: Mapping[str, str]
) -> Figure:
    """Draw what a network says of wrongly labelled voxels: the right class, or the wrong one that it was given.

    The mean over classes and seeds, with the range of the seeds. A panel for each noise and kind.

    Args:
        records: by the trials' ids.
        data: name of the data set.
        noises: title of each noise, by its name; those that no run measured are left out.
        methods: title of each method, by its name, at most three.

    Returns:
        The figure.

    Raises:
        ValueError: if there is nothing to draw, or more than three methods.
    """
    if len(methods) > len(_STYLES):
        raise ValueError(f"methods: found {len(methods)}, expected at most {len(_STYLES)}")
    found = {noise: [_runs(records, data, noise, method) for method in methods] for noise in noises}
    shown = [noise for noise, runs in found.items() if any(runs)]
    if not shown:
        raise ValueError(f"found no finished runs of {sorted(methods)} on {data!r} with wrong labels, expected some")
    figure = new_figure(max(5.0, 3.3 * len(shown) + 0.6), 5.0)
    panels = figure.subplots(2, len(shown), sharex=True, sharey=True, squeeze=False)
    for column, noise in enumerate(shown):
        for row, kind in enumerate(_KINDS):
            for runs, (color, style) in zip(found[noise], _STYLES, strict=False):
                _draw(panels[row, column], [_mean_over_classes(run, kind) for run in runs], color, style)
            _dress(panels[row, column], _KINDS[kind] if column == 0 else "", last=row == 1)
        panels[0, column].set_title(noises[noise], loc="left", fontsize=10, fontweight="bold")
    lines = [
        Line2D([], [], color=color, linestyle=style, linewidth=1.8, label=title)
        for title, (color, style) in zip(methods.values(), _STYLES, strict=False)
    ]
    figure.legend(handles=lines, loc="outside lower center", ncols=len(lines), fontsize=9, frameon=False)
    return figure


def _runs(records: Mapping[str, TrialRecord], data: str, noise: str, method: str) -> list[TrialRecord]:
    """Finished runs in which wrong labels were seen."""
    wanted = (data, noise, method)
    found = [r for r in records.values() if r.is_done and (r.data, r.noise, r.method) == wanted]
    return [r for r in found if any(v is not None for s in r.curves.get("memorization", {}).values() for v in s)]


def _mean_over_classes(run: TrialRecord, kind: str) -> NDArray[np.float64]:
    table = np.array(list(run.curves[kind].values()), dtype=np.float64)
    measured = np.isfinite(table)
    counts = measured.sum(axis=0)
    return np.where(counts > 0, np.where(measured, table, 0).sum(axis=0) / np.maximum(counts, 1), np.nan)


def _draw(axes: Axes, series: Sequence[NDArray[np.float64]], color: str, style: str) -> None:
    if not series:
        return
    length = min(len(one) for one in series)
    table = np.stack([one[:length] for one in series])
    epochs = np.arange(1, length + 1)
    axes.fill_between(epochs, table.min(axis=0), table.max(axis=0), color=color, alpha=0.18, linewidth=0)
    axes.plot(epochs, table.mean(axis=0), color=color, linestyle=style, linewidth=1.8)


def _dress(axes: Axes, name: str, *, last: bool) -> None:
    axes.set_ylim(-0.02, 1.02)
    axes.set_yticks((0, 0.25, 0.5, 0.75, 1), ("0", "", "0.5", "", "1"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    if name:
        axes.set_ylabel(f"{name},\nshare of wrong voxels", fontsize=9)
    if last:
        axes.set_xlabel("epoch", fontsize=9)
