"""The page that a grid's records make."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from monai_adele.experiments.benchmark_cost import cost_table
from monai_adele.experiments.grid import Grid
from monai_adele.experiments.markdown import markdown_table
from monai_adele.experiments.paired_runs import CLEAN, PLAIN, pooled_difference, pooled_points, pooled_share
from monai_adele.experiments.recovered_share import ShareEstimate
from monai_adele.experiments.trial_record import TrialRecord

__all__ = ["benchmark_page"]

_POINTS = 100


def benchmark_page(
    grid: Grid, records: Mapping[str, TrialRecord], *, default: str = "adele", figures: Mapping[str, str] | None = None
) -> str:
    """Write a grid's records as a page in Markdown.

    Tables of the share of the noise gap that each method recovers, of test mIoU and label IoU for each data set and
    noise, of what each method costs, and of what was tuned. Only runs that are done count; what is missing is said.

    Args:
        grid: knows the titles, and which trials there should be.
        records: by the trials' ids.
        default: the method that the others are compared with.
        figures: captions, by the path of the figure as seen from the page.

    Returns:
        The page.
    """
    trials = {trial.id: trial for trial in grid.trials()}
    records = {name: record for name, record in records.items() if name in trials}
    done = {name: record for name, record in records.items() if record.is_done}
    methods = [name for name in grid.methods if any(record.method == name for record in done.values())]
    parts = ["# Benchmark", grid.about, _state(len(trials), records)]
    parts += [f"![{caption}]({path})" for path, caption in (figures or {}).items()]
    parts += ["## Share of the noise gap recovered", _GAP, _share_table(grid, done, methods)]
    if default in methods:
        others = [name for name in methods if name not in (default, PLAIN)]
        parts += [_DIFFERENCE, _difference_table(grid, done, default, others)] if others else []
    for data in grid.data:
        if any(record.data == data for record in done.values()):
            parts += [f"## {grid.data[data].title}", _data_table(grid, done, data, methods)]
    parts += ["## Cost", _COST, cost_table(grid, done, methods)]
    parts += ["## What was tuned", *(f"- **{grid.methods[m].title}**: {grid.methods[m].tuned}." for m in methods)]
    return _joined(parts)


_GAP = (
    "Test mIoU of the method minus that of plain training, summed over all pairs of runs (data set, noise, seed), "
    "divided by the sum of plain training on clean labels minus plain training on noisy ones: 100 % is as good as "
    "clean labels. In brackets the 95 % bootstrap interval over pairs. The best epoch is the one that is best on the "
    "validation part, whose labels are as noisy as those trained on."
)
_DIFFERENCE = (
    "The same, as differences: of shares, and of test mIoU in hundredths (points). A cheaper form is as good as the "
    "default, within a point, where the interval of its points ends below 1."
)
_COST = (
    "Processor time of a training step, and of a whole training with its validation and corrections but without tests, "
    "as a multiple of plain training on the same data, noise and seed (medians of the ratios); the peak memory of the "
    "process is the largest of the runs."
)


def _state(planned: int, records: Mapping[str, TrialRecord]) -> str:
    failed = [record for record in records.values() if not record.is_done]
    done = len(records) - len(failed)
    text = (
        "`nox -s benchmark` runs it, or goes on with it; the grid, its config files and its records are in "
        f"`benchmarks/grid/`. Made from the records of {done} of {planned} runs by `nox -s benchmark_report`."
    )
    if failed:
        names = "; ".join(f"`{record.id}` ({record.reason})" for record in failed)
        text += f" {len(failed)} failed: {names}."
    codes = sorted({record.code for record in records.values()})
    if len(codes) > 1:
        text += f" The runs were made with {len(codes)} states of the package's sources."
    return text


def _share_table(grid: Grid, done: Mapping[str, TrialRecord], methods: Sequence[str]) -> str:
    rows = []
    for method in methods:
        if method == PLAIN:
            continue
        last, best = (pooled_share(done, method, which) for which in ("last", "best"))
        if last.pairs:
            rows.append([grid.methods[method].title, str(last.pairs), _share(last), _share(best)])
    return markdown_table(["method", "pairs", "last epoch", "best epoch"], rows)


def _difference_table(grid: Grid, done: Mapping[str, TrialRecord], default: str, others: Sequence[str]) -> str:
    rows = []
    for other in others:
        shares = [pooled_difference(done, default, other, which) for which in ("last", "best")]
        points = [pooled_points(done, default, other, which) for which in ("last", "best")]
        if shares[0].pairs:
            shown = [*(_share(one, "+") for one in shares), *(_points(one) for one in points)]
            rows.append([grid.methods[other].title, str(shares[0].pairs), *shown])
    title = f"{grid.methods[default].title} minus ..."
    return markdown_table(
        [title, "pairs", "share, last epoch", "share, best", "points, last epoch", "points, best"], rows
    )


def _data_table(grid: Grid, done: Mapping[str, TrialRecord], data: str, methods: Sequence[str]) -> str:
    header = ["noise", "method", "runs", "last epoch", "best epoch", "share, last", "share, best", "label IoU"]
    rows = []
    for noise in grid.noises:
        for method in methods:
            runs = [r for r in done.values() if (r.data, r.noise, r.method) == (data, noise, method)]
            if not runs:
                continue
            shares = [pooled_share(done, method, which, data=data, noise=noise) for which in ("last", "best")]
            shown = ["" if noise == CLEAN or method == PLAIN else _percent(share.value) for share in shares]
            points = [_spread([_POINTS * run.test_iou[which] for run in runs]) for which in ("last", "best")]
            titles = [grid.noises[noise].title, grid.methods[method].title]
            rows.append([*titles, str(len(runs)), *points, *shown, _labels(runs)])
    return markdown_table(header, rows)


def _labels(runs: Sequence[TrialRecord]) -> str:
    known = [run.label_iou for run in runs if run.label_iou]
    if not known:
        return ""
    given, corrected = (statistics.mean(labels[which] for labels in known) for which in ("given", "corrected"))
    return f"{given:.3f} -> {corrected:.3f}" if round(given, 3) != round(corrected, 3) else f"{given:.3f}"


def _spread(values: Sequence[float]) -> str:
    mean = statistics.mean(values)
    return f"{mean:.1f} ± {statistics.stdev(values):.1f}" if len(values) > 1 else f"{mean:.1f}"


def _share(estimate: ShareEstimate, sign: str = "") -> str:
    text = _percent(estimate.value, sign)
    if estimate.low != estimate.low:  # NaN: too few pairs
        return text
    return f"{text} ({_percent(estimate.low, sign)} to {_percent(estimate.high, sign)})"


def _points(estimate: ShareEstimate) -> str:
    value, low, high = (_POINTS * number for number in (estimate.value, estimate.low, estimate.high))
    return f"{value:+.1f}" if low != low else f"{value:+.1f} ({low:+.1f} to {high:+.1f})"


def _percent(share: float, sign: str = "") -> str:
    return f"{_POINTS * share:{sign}.0f} %" if share == share else ""


def _joined(parts: Sequence[str]) -> str:
    """Paragraphs; list items follow each other without a gap."""
    text = ""
    for part in parts:
        if part:
            text += part + ("\n" if part.startswith("- ") else "\n\n")
    return text.rstrip("\n") + "\n"
