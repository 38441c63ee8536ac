"""Where the label corrector's predictions come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ignite.engine import Engine
from torch import Tensor

__all__ = ["CasePrediction", "PredictionSource"]


@dataclass(frozen=True)
class CasePrediction:
    """What the network says of one case, on the grid on which labels are corrected.

    Attributes:
        case_id: the case, or the slice in 2D slice mode.
        label: current label, ``(*spatial)``, integers.
        pred: predicted class ids, ``(*spatial)``, uint8.
        confidence: probability of the predicted class, ``(*spatial)``, float32 in ``[0, 1]``;
            0 where nothing is known.
    """

    case_id: str
    label: Tensor
    pred: Tensor
    confidence: Tensor


class PredictionSource(Protocol):
    """Gives predictions of the training cases, un-augmented, for the correction of their labels.

    Attributes:
        is_free: whether predictions cost nothing beyond training.
    """

    is_free: bool

    def attach(self, engine: Engine) -> None:
        """Get to know the trainer whose network is asked."""

    def start_epoch(self, *, due: bool) -> None:
        """Learn whether :meth:`predictions` may be asked at the end of the epoch that begins."""

    def predictions(self) -> Iterator[CasePrediction]:
        """The predictions, case by case, the same whenever asked at the end of an epoch.

        A case of which nothing is known may be left out.
        """
