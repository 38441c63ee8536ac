"""What methods cost, as a multiple of plain training."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from monai_adele.experiments.grid import Grid
from monai_adele.experiments.markdown import markdown_table
from monai_adele.experiments.paired_runs import PLAIN
from monai_adele.experiments.trial_record import TrialRecord

__all__ = ["cost_ratio", "cost_table"]


def cost_ratio(records: Mapping[str, TrialRecord], data: str, method: str, *, of: str = "cpu") -> float | None:
    """Time of a method relative to plain training: the median over runs on the same data, noise and seed.

    Args:
        records: by the trials' ids.
        data: name of the data set.
        method: name of the method.
        of: which time of the records, ``"cpu"`` of the whole training or ``"step_cpu"`` of a step.

    Returns:
        The ratio; None if no run of the method has a plain one.
    """
    done = {
        (r.noise, r.method, r.seed): r for r in records.values() if r.is_done and r.data == data and of in r.seconds
    }
    ratios = [
        record.seconds[of] / done[noise, PLAIN, seed].seconds[of]
        for (noise, of_method, seed), record in done.items()
        if of_method == method and (noise, PLAIN, seed) in done
    ]
    return statistics.median(ratios) if ratios else None


def cost_table(grid: Grid, records: Mapping[str, TrialRecord], methods: Sequence[str]) -> str:
    """Write time and memory of each method on each data set as a table in Markdown.

    Args:
        grid: knows the titles.
        records: by the trials' ids.
        methods: names, in the order of the rows.
    """
    rows = []
    for data in grid.data:
        for method in methods:
            runs = [r for r in records.values() if (r.data, r.method) == (data, method) and r.is_done]
            ratios = [cost_ratio(records, data, method, of=of) for of in ("step_cpu", "cpu")]
            if runs:
                titles = [grid.data[data].title, grid.methods[method].title]
                shown = ["" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
                rows.append([*titles, *shown, _minutes(runs), _gibibytes(runs)])
    return markdown_table(["data", "method", "a step", "whole training", "CPU minutes", "peak GiB"], rows)


def _minutes(runs: Sequence[TrialRecord]) -> str:
    known = [run.seconds["cpu"] / 60 for run in runs if "cpu" in run.seconds]
    return f"{statistics.median(known):.1f}" if known else ""


def _gibibytes(runs: Sequence[TrialRecord]) -> str:
    known = [run.peak_memory_mib / 1024 for run in runs if run.peak_memory_mib]
    return f"{max(known):.1f}" if known else ""
