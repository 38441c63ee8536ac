"""Compare rules for onsets on recorded runs: ``python benchmarks/detector/judge.py [TABLE.csv] [--figure FILE.png]``.

The regret of a class is its IoU against truth on the training cases at the best epoch minus that at the onset, in
points; without an onset, at the last epoch. Both IoUs are means of three epochs, since a single epoch's scatters.
Ours is tuned on every other run; the table is about the rest.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from monai_adele.functional import (
    LearningCurve,
    OnsetDecision,
    OnsetRule,
    SegthorOnset,
    SlopeOnset,
    TransitionEnd,
    ValidationPlateau,
    VocOnset,
)
from monai_adele.visualize.figure_file import new_figure, save_png
from monai_adele.visualize.palette import BLUE, PURPLE, VERMILION

TABLE = Path(__file__).parent / "records.csv"
NEAR = 0.1  # of the epochs of a run
FALLS = 0.02  # of IoU: a class that loses more after its best is harmed by training on
SETTINGS = ("window", "patience", "min_rise", "min_iou", "min_confidence")
KINDS = {
    "memorized": "mistakes are memorized",
    "shared": "a bias that all labels share is learned",
    "unharmed": "training on does no harm",
}


@dataclass(frozen=True)
class Case:
    """A class of a recorded run."""

    run: str
    name: str
    curve: LearningCurve
    truth: np.ndarray
    held_truth: np.ndarray
    gain: np.ndarray

    @cached_property
    def kind(self) -> str:
        """What training on does to the class; a bias is learned where validation against truth falls as well
        while that against the labels does not."""
        if self.truth.max() - self.truth[-1] <= FALLS:
            return "unharmed"
        held, validation = self.held_truth, mean_around(np.array(self.curve.validation_iou), 5)
        stays = validation[-5:].mean() >= validation[int(np.argmax(held))] - 0.005
        return "shared" if held.max() - held[-5:].mean() > 0.03 and stays else "memorized"


def mean_around(values: np.ndarray, width: int) -> np.ndarray:
    """Means of so many epochs, the one in question in the middle; NaN counts as 0."""
    half, known = width // 2, np.nan_to_num(values)
    return np.array([known[max(0, i - half) : i + half + 1].mean() for i in range(len(known))])


def read_cases(path: Path) -> list[Case]:
    """Read the table that ``collect.py`` wrote."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    cases = []
    for (run, name), group in itertools.groupby(rows, key=lambda row: (row["run"], row["class"])):
        table = list(group)
        of = {key: np.array([float(row[key]) for row in table]) for key in table[0] if key not in ("run", "class")}
        curve = LearningCurve(of["iou"], of["validation_iou"], of["confidence"])
        truth, held = mean_around(of["truth_iou"], 3), mean_around(of["validation_truth_iou"], 5)
        cases.append(Case(run, name, curve, truth, held, of["corrected_iou"] - of["given_iou"]))
    return cases


def onset(rule: OnsetRule, case: Case) -> int | None:
    """The epoch after which a run would begin to correct: the first in which the rule knows an onset."""
    if isinstance(rule, (ValidationPlateau, SlopeOnset)):
        return rule.decide(case.curve).epoch  # what comes later does not change it
    epochs = range(1, len(case.curve) + 1)
    return next((epoch for epoch in epochs if rule.decide(case.curve.until(epoch)).epoch is not None), None)


def regret(case: Case, epoch: int | None) -> float:
    """In points of IoU."""
    return float(100 * (case.truth.max() - case.truth[-1 if epoch is None else epoch - 1]))


def regrets_of(cases: Sequence[Case], answers: Sequence[Sequence[int | None]]) -> np.ndarray:
    """The regret of each case, a row for each row of onsets."""
    return np.array([[regret(case, epoch) for case, epoch in zip(cases, row, strict=True)] for row in answers])


def scores(cases: Sequence[Case], answers: Sequence[Sequence[int | None]], which: Sequence[int]) -> np.ndarray:
    """What is tuned, for each row of onsets, on some of the cases: small is good. The middle and the worst regret, of
    all and of the memorized; and the undecided."""
    chosen = [[row[i] for i in which] for row in answers]
    regrets = regrets_of([cases[i] for i in which], chosen)
    memorized = np.array([cases[i].kind == "memorized" for i in which])
    undecided = np.mean([[epoch is None for epoch in row] for row in chosen], axis=1, where=memorized)
    parts = [4 * np.median(part, axis=1) + np.percentile(part, 95, axis=1) for part in (regrets, regrets[:, memorized])]
    return np.asarray(parts[0] + parts[1] + 50 * undecided)


class Never:
    """A rule without onsets, as the fallback of those that do not need one: fits of curves take long."""

    def decide(self, curve: LearningCurve) -> OnsetDecision:
        """No onset."""
        return OnsetDecision(None, "never", None)


def plateau(**settings: float) -> ValidationPlateau:
    """The default rule with some other settings."""
    return ValidationPlateau(**settings, fallback=Never())


def grid_of_rules() -> list[ValidationPlateau]:
    """The settings among which ours is tuned."""
    grid = itertools.product((1, 3, 5), (1, 2, 3, 5), (0.0, 0.01, 0.02), (0.2, 0.3, 0.4), (0.0, 0.7, 0.75, 0.8, 0.85))
    return [plateau(**dict(zip(SETTINGS, settings, strict=True))) for settings in grid]


def random_halves(cases: Sequence[Case], answers: Sequence[Sequence[int | None]], number: int) -> str:
    """Tune on one half of the runs and judge on the other, so many times, each time with other halves."""
    runs = sorted({case.run for case in cases})
    regrets = regrets_of(cases, [*answers, [onset(plateau(), case) for case in cases]])
    generator, judged = np.random.default_rng(0), []
    for _ in range(number):
        chosen = set(generator.permutation(runs)[: len(runs) // 2])
        tuning = [i for i, case in enumerate(cases) if case.run in chosen]
        rest = [i for i, case in enumerate(cases) if case.run not in chosen and case.kind == "memorized"]
        kept = regrets[[-1, np.argmin(scores(cases, answers, tuning))]][:, rest]
        judged.append([*np.median(kept, axis=1), *np.percentile(kept, 95, axis=1)])
    low, middle, high = np.percentile(judged, (5, 50, 95), axis=0)
    names = ("median, default", "median, tuned", "95 %, default", "95 %, tuned")
    return "\n".join(f"{n}: {m:.1f} ({a:.1f} to {b:.1f})" for n, m, a, b in zip(names, middle, low, high, strict=True))


def line(name: str, cases: Sequence[Case], onsets: Sequence[int | None]) -> str:
    """A line of the table."""
    regrets = [regret(case, epoch) for case, epoch in zip(cases, onsets, strict=True)]
    gains = [100 * case.gain[epoch - 1] if epoch else 0.0 for epoch, case in zip(onsets, cases, strict=True)]
    pairs = [(epoch, case) for epoch, case in zip(onsets, cases, strict=True) if epoch]
    lags = np.array([(epoch - 1 - int(np.argmax(case.truth))) / len(case.truth) for epoch, case in pairs])
    counts = [np.sum(lags < -NEAR), np.sum(abs(lags) <= NEAR), np.sum(lags > NEAR), len(cases) - len(pairs)]
    shares = [f"{100 * count / len(cases):.0f}" for count in counts]
    cells = [f"{np.median(regrets):.1f}", f"{np.percentile(regrets, 95):.1f}", *shares, f"{np.mean(gains):+.1f}"]
    return f"| {name} | {' | '.join(cells)} |"


RULES: dict[str, Callable[[Case], int | None]] = {
    "`ValidationPlateau`": lambda case: onset(plateau(), case),
    "the same without confidence": lambda case: onset(plateau(min_confidence=0.0), case),
    "`SlopeOnset`": lambda case: onset(SlopeOnset(threshold=0.85), case),
    "`SegthorOnset`, the authors'": lambda case: onset(SegthorOnset(len(case.curve)), case),
    "`VocOnset`, the authors'": lambda case: onset(VocOnset(len(case.curve)), case),
    "`TransitionEnd`, after AIO2": lambda case: onset(TransitionEnd(), case),
    "epoch 15 for all": lambda case: 15,
    "never": lambda case: None,
}


def draw(cases: Sequence[Case], onsets: dict[str, list[int | None]], path: Path) -> None:
    """Regret of each class under each rule, one dot a class."""
    figure = new_figure(9, 5)
    axes = figure.add_subplot()
    colors = dict(zip(KINDS, (VERMILION, PURPLE, BLUE), strict=True))
    spread = np.random.default_rng(0).uniform(-0.3, 0.3, len(cases))
    for row, epochs in enumerate(reversed(onsets.values())):
        regrets = regrets_of(cases, [epochs])[0]
        for kind, title in KINDS.items():
            chosen = np.array([case.kind == kind for case in cases])
            label = f"{title} ({chosen.sum()})" if row == 0 else None
            axes.scatter(regrets[chosen], row + spread[chosen], s=12, color=colors[kind], alpha=0.7, lw=0, label=label)
        axes.plot([np.median(regrets)] * 2, [row - 0.4, row + 0.4], color="black", linewidth=2)
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xticks([0, 1, 2, 5, 10, 20, 50], ["0", "1", "2", "5", "10", "20", "50"])
    axes.set_yticks(range(len(onsets)), [name.replace("`", "") for name in reversed(onsets)])
    axes.set_xlabel("regret: points of IoU against truth lost by the choice of the epoch; bar: median of all")
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, 1.1), ncols=3, frameon=False, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    save_png(figure, path)


def main() -> None:
    """Tune, compare, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, nargs="?", default=TABLE)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--halves", type=int, default=100, help="random halves that are tuned and judged besides")
    args = parser.parse_args()
    cases = read_cases(args.table)
    runs = list(dict.fromkeys(case.run for case in cases))
    tuning = [i for i, case in enumerate(cases) if runs.index(case.run) % 2 == 0]
    rest = [case for case in cases if runs.index(case.run) % 2]
    print(f"{len(runs)} runs, {len(cases)} classes; tuned on {len(tuning)}, judged on {len(rest)}\n")
    rules = grid_of_rules()
    answers = [[onset(rule, case) for case in cases] for rule in rules]
    best = rules[np.argmin(scores(cases, answers, tuning))]
    print(f"best of the grid: { ({name: getattr(best, name) for name in SETTINGS}) }\n")
    onsets = {name: [rule(case) for case in rest] for name, rule in RULES.items()}
    for kinds, title in [*(([kind], title) for kind, title in KINDS.items()), (list(KINDS), "all")]:
        which = [number for number, case in enumerate(rest) if case.kind in kinds]
        print(f"| {title} ({len(which)}) | median | 95 % | before | near | after | never | gain |\n" + "|---" * 8 + "|")
        for name, epochs in onsets.items():
            print(line(name, [rest[i] for i in which], [epochs[i] for i in which]))
        print()
    print(f"where mistakes are memorized, {args.halves} random halves:\n{random_halves(cases, answers, args.halves)}")
    if args.figure:
        draw(rest, onsets, args.figure)


if __name__ == "__main__":
    main()
