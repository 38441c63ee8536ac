"""Runs of a grid side by side: clean labels, plain training and a method, on the same data, noise and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from monai_adele.experiments.recovered_share import ShareEstimate, mean_difference, recovered_share, share_difference
from monai_adele.experiments.trial_record import TrialRecord

__all__ = ["CLEAN", "PLAIN", "PairedRuns", "Which", "paired_runs", "pooled_difference", "pooled_points", "pooled_share"]

CLEAN = "none"
PLAIN = "plain"
Which = Literal["last", "best"]


@dataclass(frozen=True)
class PairedRuns:
    """Three finished runs on the same data set and seed.

    Attributes:
        clean: plain training on clean labels.
        plain: plain training on noisy labels.
        method: the method on the same noisy labels.
    """

    clean: TrialRecord
    plain: TrialRecord
    method: TrialRecord

    def test_iou(self, which: Which) -> tuple[float, float, float]:
        """Test mIoU of the three.

        Args:
            which: the last epoch, or that which is the best on the noisy validation part.
        """
        clean, plain, method = (run.test_iou[which] for run in (self.clean, self.plain, self.method))
        return clean, plain, method


def paired_runs(
    records: Mapping[str, TrialRecord], method: str, *, data: str | None = None, noise: str | None = None
) -> dict[tuple[str, str, int], PairedRuns]:
    """Find the runs of a method on noisy labels that have their clean and their plain run.

    Args:
        records: by the trials' ids.
        method: name of the method.
        data: of one data set only.
        noise: of one noise only.

    Returns:
        By data set, noise and seed.
    """
    done = {(r.data, r.noise, r.method, r.seed): r for r in records.values() if r.is_done}
    pairs = {}
    for (of_data, of_noise, of_method, seed), record in done.items():
        if of_method != method or of_noise == CLEAN or data not in (None, of_data) or noise not in (None, of_noise):
            continue
        clean = done.get((of_data, CLEAN, PLAIN, seed))
        plain = done.get((of_data, of_noise, PLAIN, seed))
        if clean and plain:
            pairs[of_data, of_noise, seed] = PairedRuns(clean, plain, record)
    return pairs


def pooled_share(
    records: Mapping[str, TrialRecord],
    method: str,
    which: Which,
    *,
    data: str | None = None,
    noise: str | None = None,
) -> ShareEstimate:
    """Share of the noise gap that a method recovers, pooled over all its pairs; see :func:`recovered_share`.

    Args:
        records: by the trials' ids.
        method: name of the method.
        which: the last epoch, or that which is the best on the noisy validation part.
        data: of one data set only.
        noise: of one noise only.
    """
    pairs = paired_runs(records, method, data=data, noise=noise)
    return recovered_share(*_columns([pair.test_iou(which) for pair in pairs.values()], 3))


def pooled_difference(records: Mapping[str, TrialRecord], first: str, second: str, which: Which) -> ShareEstimate:
    """Share that one method recovers minus that of another, over the pairs that both have.

    Args:
        records: by the trials' ids.
        first: name of a method.
        second: of the other.
        which: the last epoch, or that which is the best on the noisy validation part.
    """
    one, two = paired_runs(records, first), paired_runs(records, second)
    rows = [(*one[key].test_iou(which), two[key].test_iou(which)[2]) for key in one if key in two]
    return share_difference(*_columns(rows, 4))


def pooled_points(records: Mapping[str, TrialRecord], first: str, second: str, which: Which) -> ShareEstimate:
    """Mean difference in test mIoU of two methods on noisy labels, over the pairs that both have.

    Args:
        records: by the trials' ids.
        first: name of a method.
        second: of the other.
        which: the last epoch, or that which is the best on the noisy validation part.
    """
    one, two = paired_runs(records, first), paired_runs(records, second)
    rows = [(one[key].test_iou(which)[2], two[key].test_iou(which)[2]) for key in one if key in two]
    return mean_difference(*_columns(rows, 2))


def _columns(rows: Sequence[tuple[float, ...]], width: int) -> list[list[float]]:
    return [[row[i] for row in rows] for i in range(width)]
