"""What one noise at one strength cost, and how much of it ADELE brought back."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monai_adele.experiments.grid import Factor, Grid
from monai_adele.experiments.paired_runs import CLEAN, PLAIN, Which, paired_runs
from monai_adele.experiments.stress_grid import ADELE, STRESS_DATA
from monai_adele.experiments.trial_record import TrialRecord

__all__ = ["StressResult", "adele_on_clean", "stress_results"]

_POINT = 0.01


@dataclass(frozen=True)
class StressResult:
    """The runs under one noise, one value a seed; all are mean IoU over the classes.

    Attributes:
        title: of the noise.
        level: Dice with the given labels that the noise aimed at; None for its own strength.
        seeds: of the runs.
        clean: of plain training on the given labels, on the test cases.
        plain: of plain training under the noise.
        adele: of ADELE under the noise.
        labels: of the noisy training labels with the given ones; empty where not measured.
        corrected: of the labels that ADELE corrected, with the given ones.

    Example:
        >>> one = StressResult("walk", 0.8, (0, 1), (0.8, 0.8), (0.7, 0.6), (0.75, 0.65), (), ())
        >>> round(one.cost, 3), round(one.gain, 3), one.costs_something
        (0.15, 0.05, True)
    """

    title: str
    level: float | None
    seeds: tuple[int, ...]
    clean: tuple[float, ...]
    plain: tuple[float, ...]
    adele: tuple[float, ...]
    labels: tuple[float, ...]
    corrected: tuple[float, ...]

    @property
    def cost(self) -> float:
        """Mean of clean minus plain."""
        return statistics.mean(c - p for c, p in zip(self.clean, self.plain, strict=True))

    @property
    def gain(self) -> float:
        """Mean of ADELE minus plain."""
        return statistics.mean(a - p for a, p in zip(self.adele, self.plain, strict=True))

    @property
    def costs_something(self) -> bool:
        """Whether every seed lost something, and all together at least a hundredth: else a share says nothing."""
        return self.cost >= _POINT and all(c > p for c, p in zip(self.clean, self.plain, strict=True))

    @property
    def strength(self) -> str:
        """The level, for people."""
        return "own" if self.level is None else f"{self.level:g}"


def stress_results(grid: Grid, records: Mapping[str, TrialRecord], which: Which) -> list[StressResult]:
    """Gather the runs of each noise that have their clean, their plain and their ADELE run.

    Args:
        grid: of the stress test.
        records: by the trials' ids.
        which: the last epoch, or that which is the best on the noisy validation part.

    Returns:
        One for each noise with such runs, in the order of the grid.
    """
    results = []
    for name, noise in grid.noises.items():
        pairs = paired_runs(records, ADELE, data=STRESS_DATA, noise=name)
        if not pairs:
            continue
        order = sorted(pairs.items(), key=lambda item: item[0][2])
        clean, plain, adele = zip(*(pair.test_iou(which) for _, pair in order), strict=True)
        known = [pair.method.label_iou for _, pair in order if pair.method.label_iou]
        labels, corrected = (tuple(one[key] for one in known) for key in ("given", "corrected"))
        seeds = tuple(seed for (_, _, seed), _ in order)
        results.append(StressResult(noise.title, _level(noise), seeds, clean, plain, adele, labels, corrected))
    return results


def adele_on_clean(records: Mapping[str, TrialRecord], which: Which) -> list[float]:
    """What ADELE changes where nothing was corrupted: its test mIoU minus that of plain training, one a seed.

    Args:
        records: by the trials' ids.
        which: the last epoch, or the best.
    """
    done = {(r.method, r.seed): r for r in records.values() if r.is_done and (r.data, r.noise) == (STRESS_DATA, CLEAN)}
    seeds = sorted(seed for method, seed in done if method == ADELE and (PLAIN, seed) in done)
    return [done[ADELE, seed].test_iou[which] - done[PLAIN, seed].test_iou[which] for seed in seeds]


def _level(noise: Factor) -> float | None:
    model: dict[str, Any] = noise.settings["noise_model"]
    if not str(model["_target_"]).endswith(".ToDice") or model.get("measure", "dice") != "dice":
        return None
    target = model["target"] if isinstance(model["target"], list) else [model["target"]]
    return float(target[0]) if len(set(target)) == 1 else None
