"""What the epochs of a run showed of one class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClassCurves", "Series"]

Series = Sequence[float] | NDArray[np.floating]


@dataclass(frozen=True)
class ClassCurves:
    """One class over the epochs of a run; every series has one value an epoch, NaN where not measured.

    Args:
        name: name of the class.
        training_iou: IoU of training predictions against the current labels, in ``[0, 1]``, shape ``(E,)``.
        fit: fitted curve at the same epochs, or None if there is none.
        onset_epoch: epoch, counted from 1, at which memorization begins; None while it is not known.
        validation_iou: IoU on the validation part, or None.
        early_learned: share of wrongly labelled voxels that the network gets right, or None without truth.
        memorized: share of wrongly labelled voxels where it repeats the wrong label, or None.

    Raises:
        ValueError: if a series has another length than ``training_iou``, or the onset is before epoch 1.

    Example:
        >>> ClassCurves("heart", [0.2, math.nan, 0.7]).num_epochs
        3
    """

    name: str
    training_iou: Series
    fit: Series | None = None
    onset_epoch: int | None = None
    validation_iou: Series | None = None
    early_learned: Series | None = None
    memorized: Series | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            series = getattr(self, field.name)
            if field.name in ("name", "onset_epoch") or series is None:
                continue
            if len(series) != self.num_epochs:
                found = f"{field.name} has {len(series)} epochs"
                raise ValueError(f"class {self.name!r}: {found}, expected {self.num_epochs} as training_iou")
        if self.onset_epoch is not None and self.onset_epoch < 1:
            raise ValueError(f"class {self.name!r}: onset_epoch must be at least 1, got {self.onset_epoch}")

    @property
    def num_epochs(self) -> int:
        """How many epochs the series have."""
        return len(self.training_iou)

    @property
    def knows_truth(self) -> bool:
        """Whether early learning or memorization was measured in any epoch."""
        measured = (series for series in (self.early_learned, self.memorized) if series is not None)
        return any(not math.isnan(value) for series in measured for value in series)
