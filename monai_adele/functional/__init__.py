"""The mathematics: pure functions, without MONAI, files or global random state."""

from monai_adele.functional.correction import correct_from, correct_label
from monai_adele.functional.correction_rule import CorrectionRule
from monai_adele.functional.counts import iou_from_counts, overlap_counts

__all__ = ["CorrectionRule", "correct_from", "correct_label", "iou_from_counts", "overlap_counts"]
