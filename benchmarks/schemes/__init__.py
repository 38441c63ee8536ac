"""Training schemes for labels with mistakes, from the literature, and parts of ADELE replaced; not of the product."""

from schemes.co_teacher import CoTeacher
from schemes.co_teaching_inferer import CoTeachingInferer
from schemes.co_teaching_loss import CoTeachingLoss
from schemes.common_onset_detector import CommonOnsetDetector
from schemes.confident_smoothing_loss import ConfidentSmoothingLoss
from schemes.early_learning_loss import EarlyLearningLoss
from schemes.early_learning_targets import EarlyLearningTargets
from schemes.fixed_onset import FixedOnset
from schemes.likely_labels import likely_labels
from schemes.mean_teacher import MeanTeacher
from schemes.mean_teacher_inferer import MeanTeacherInferer
from schemes.mean_teacher_loss import MeanTeacherLoss

__all__ = [
    "CoTeacher",
    "CoTeachingInferer",
    "CoTeachingLoss",
    "CommonOnsetDetector",
    "ConfidentSmoothingLoss",
    "EarlyLearningLoss",
    "EarlyLearningTargets",
    "FixedOnset",
    "MeanTeacher",
    "MeanTeacherInferer",
    "MeanTeacherLoss",
    "likely_labels",
]
