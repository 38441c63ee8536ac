"""The mathematics: pure functions, without MONAI, files or global random state."""

from monai_adele.functional.authors_onset import (
    authors_curve_fit,
    authors_onset_epoch,
    authors_onset_epoch_voc,
)
from monai_adele.functional.boundary_shift import boundary_shift_voxels
from monai_adele.functional.change_cap import ChangeCap
from monai_adele.functional.confidence import confidence_sums, mean_confidence
from monai_adele.functional.consistency import authors_scale_consistency, scale_consistency
from monai_adele.functional.correction import correct_from, correct_label
from monai_adele.functional.correction_rule import CorrectionRule
from monai_adele.functional.counts import iou_from_counts, overlap_counts
from monai_adele.functional.curve import CurveFit, fit_prefixes
from monai_adele.functional.learning_curve import LearningCurve
from monai_adele.functional.morphology import (
    class_boxes,
    dilate_labels,
    distance_within_mm,
    equivalent_radius_mm,
    erode_labels,
)
from monai_adele.functional.onset import decide_onset
from monai_adele.functional.onset_decision import OnsetDecision
from monai_adele.functional.onset_rule import OnsetRule
from monai_adele.functional.predicted_classes import predicted_classes
from monai_adele.functional.pull_back import pull_back
from monai_adele.functional.segthor_onset import SegthorOnset
from monai_adele.functional.self_confidence import mean_self_confidence, self_confidence_sums
from monai_adele.functional.slope_onset import SlopeOnset
from monai_adele.functional.transition_end import TransitionEnd
from monai_adele.functional.validation_plateau import ValidationPlateau
from monai_adele.functional.voc_onset import VocOnset

__all__ = [
    "ChangeCap",
    "CorrectionRule",
    "CurveFit",
    "LearningCurve",
    "OnsetDecision",
    "OnsetRule",
    "SegthorOnset",
    "SlopeOnset",
    "TransitionEnd",
    "ValidationPlateau",
    "VocOnset",
    "authors_curve_fit",
    "authors_onset_epoch",
    "authors_onset_epoch_voc",
    "authors_scale_consistency",
    "boundary_shift_voxels",
    "class_boxes",
    "confidence_sums",
    "correct_from",
    "correct_label",
    "decide_onset",
    "dilate_labels",
    "distance_within_mm",
    "equivalent_radius_mm",
    "erode_labels",
    "fit_prefixes",
    "iou_from_counts",
    "mean_confidence",
    "mean_self_confidence",
    "overlap_counts",
    "predicted_classes",
    "pull_back",
    "scale_consistency",
    "self_confidence_sums",
]
