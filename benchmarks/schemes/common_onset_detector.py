"""One onset for all classes, from the mean of their learning curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from monai_adele.functional import LearningCurve, OnsetDecision
from monai_adele.handlers import MemorizationDetector


class CommonOnsetDetector(MemorizationDetector):
    """The detector, but its rule sees one curve: the mean over classes; all classes have the onset of that."""

    def __init__(self, class_names: Sequence[str], rule: Any, **settings: Any) -> None:
        super().__init__(class_names, rule, **settings)
        self.own_rule, self.rule = self.rule, self

    def decide(self, curve: LearningCurve) -> OnsetDecision:
        """What the rule says of the mean of all classes' curves up to the length of this one."""
        return self.own_rule.decide(mean_curve([one.until(len(curve)) for one in self.curves.values()]))


def mean_curve(curves: Sequence[LearningCurve]) -> LearningCurve:
    """Epoch by epoch the mean over the classes that were measured; NaN where none was."""
    parts = [[getattr(curve, name) for curve in curves] for name in ("iou", "validation_iou", "confidence")]
    return LearningCurve(*([_mean(values) for values in zip(*part, strict=True)] for part in parts))


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
