"""What a stress test found, in a table and in plain words."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from monai_adele.experiments.grid import Grid
from monai_adele.experiments.markdown import markdown_table
from monai_adele.experiments.paired_runs import Which, paired_runs, pooled_share
from monai_adele.experiments.stress_grid import ADELE, STRESS_DATA
from monai_adele.experiments.stress_result import StressResult, adele_on_clean, stress_results
from monai_adele.experiments.trial_record import TrialRecord

__all__ = ["stress_report", "stress_words"]

_HEADER = ("noise", "Dice aimed at", "label IoU", "seeds", "clean", "plain", "cost", "ADELE", "brought back", "share")
_SECTIONS: dict[Which, str] = {
    "best": "The network that is kept: best on validation",
    "last": "The network of the last epoch",
}
_FEW_SEEDS = 3
_LEARNED = 0.3
_ASSUMED = (
    "The given labels were taken as right, for training and for testing. Nothing here tells whether they are: errors "
    "that they hold are part of what counts as right."
)
_READING = (
    "Hundredths of the mean IoU over the classes, on the test cases, whose labels stay as they are; means over seeds. "
    "*Label IoU* is what the noisy training labels have in common with the given ones, and after the arrow what ADELE "
    "made of them. *Cost* is clean minus plain, *brought back* ADELE minus plain, *share* that over the cost, where "
    "every seed lost something and all together at least one hundredth. Validation labels are as noisy as those "
    "trained on."
)


def stress_report(grid: Grid, records: Mapping[str, TrialRecord], *, figure: str | None = None) -> str:
    """Write a stress test as a page in Markdown.

    Args:
        grid: of the test.
        records: by the trials' ids; others than the grid's are passed over.
        figure: path of the figure as seen from the page; None for none.

    Returns:
        The page.
    """
    parts = ["# Stress test", stress_words(grid, records)]
    if figure:
        parts.append(f"![Test IoU by noise and strength]({figure})")
    for which, title in _SECTIONS.items():
        table = _table(stress_results(grid, _own(grid, records), which))
        parts += [f"## {title}", table] if table else []
    parts += [_READING] if len(parts) > 3 else []
    failed = [record for record in _own(grid, records).values() if not record.is_done]
    parts += ["## Failed"] * bool(failed) + ["\n".join(f"- `{run.id}`: {run.reason}" for run in failed)] * bool(failed)
    return "\n\n".join(parts) + "\n"


def stress_words(grid: Grid, records: Mapping[str, TrialRecord]) -> str:
    """Say in plain words what a stress test found.

    Args:
        grid: of the test.
        records: by the trials' ids.

    Returns:
        One paragraph.
    """
    own = _own(grid, records)
    done = sum(record.is_done for record in own.values())
    planned, failed = len(grid.trials()), len(own) - done
    right = grid.data[STRESS_DATA].settings.get("dataset_dir")
    sentences = [_ASSUMED if right else "The phantom's own labels are right."]
    results = stress_results(grid, own, "best")
    sentences += _findings(results, own) if results else ["There is no noise yet whose runs are all done."]
    if done < planned:
        text = f"{failed} of the runs failed. " if failed else ""
        sentences.append(f"This rests on {done} of {planned} runs. {text}".strip())
    seeds = min((len(one.seeds) for one in results), default=_FEW_SEEDS)
    if seeds < _FEW_SEEDS:
        many = "a single seed" if seeds == 1 else f"{seeds} seeds"
        sentences.append(f"With {many} to a noise, differences of a hundredth or two may be chance.")
    return " ".join(sentences)


def _own(grid: Grid, records: Mapping[str, TrialRecord]) -> dict[str, TrialRecord]:
    planned = {trial.id for trial in grid.trials()}
    return {name: record for name, record in records.items() if name in planned}


def _findings(results: Sequence[StressResult], records: Mapping[str, TrialRecord]) -> list[str]:
    clean = statistics.mean({seed: v for one in results for seed, v in zip(one.seeds, one.clean, strict=True)}.values())
    if clean < _LEARNED:
        found = f"Even trained on them as they are, a plain network reaches a mean IoU of {clean:.3f} only"
        return [f"{found}: it has learned too little for any cost of noise to be told; train longer, or on more cases."]
    worst, mildest = max(results, key=lambda one: one.cost), min(results, key=lambda one: one.cost)
    sentences = [
        f"Trained on them as they are, a plain network reaches a mean IoU of {clean:.3f}.",
        f"What would cost most is {_of(worst)}: {_loss(worst.cost)}.",
    ]
    if mildest is not worst:
        sentences.append(f"What would cost least is {_of(mildest)}: {_loss(mildest.cost)}.")
    sentences.append(_brought_back(results, records))
    right = adele_on_clean(records, "best")
    if right:
        change = statistics.mean(right)
        sentences.append(f"On labels as they are, where there was nothing to repair, ADELE {_changed(change)}.")
    return sentences


def _brought_back(results: Sequence[StressResult], records: Mapping[str, TrialRecord]) -> str:
    pairs = paired_runs(records, ADELE, data=STRESS_DATA).values()
    rows = [pair.test_iou("best") for pair in pairs]
    cost, gain = statistics.mean(c - p for c, p, _ in rows), statistics.mean(a - p for _, p, a in rows)
    if not any(one.costs_something for one in results) or not cost > 0:
        return f"None of the noises cost clearly more than chance would, so no share is stated; ADELE {_changed(gain)}."
    if gain <= 0:
        return f"Over all noises the mean cost is {_points(cost)}; ADELE brought nothing back: it {_changed(gain)}."
    share = pooled_share(records, ADELE, "best", data=STRESS_DATA)
    interval = "" if math.isnan(share.low) else f", 95 % interval {100 * share.low:.0f} to {100 * share.high:.0f} %"
    back = f"ADELE brought back {_points(gain)} of it ({100 * share.value:.0f} %{interval})"
    worse = [_of(one) for one in results if one.gain < 0]
    text = f"; but with {_listed(worse)} it did worse than plain training" if worse else ""
    return f"Over all noises the mean cost is {_points(cost)}; {back}{text}."


def _of(one: StressResult) -> str:
    return f"“{one.title}”" + ("" if one.level is None else f" at a Dice of {one.level:g}")


def _loss(cost: float) -> str:
    return _points(cost) if cost > 0 else f"nothing that was seen ({-100 * cost:.1f} hundredths more with the noise)"


def _changed(gain: float) -> str:
    return f"{'gained' if gain >= 0 else 'lost'} {_points(abs(gain))}"


def _points(value: float) -> str:
    return f"{100 * value:.1f} hundredths of the IoU"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _table(results: Sequence[StressResult]) -> str:
    rows = []
    for one in results:
        share = f"{100 * one.gain / one.cost:.0f} %" if one.costs_something else ""
        values = [
            _mean(one.clean),
            _mean(one.plain),
            f"{100 * one.cost:.1f}",
            _mean(one.adele),
            f"{100 * one.gain:+.1f}",
        ]
        rows.append([one.title, one.strength, _labels(one), str(len(one.seeds)), *values, share])
    return markdown_table(_HEADER, rows)


def _mean(values: Sequence[float]) -> str:
    return f"{100 * statistics.mean(values):.1f}"


def _labels(one: StressResult) -> str:
    return f"{_mean(one.labels)} -> {_mean(one.corrected)}" if one.labels else ""
