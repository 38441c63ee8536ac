"""Training schemes for labels with mistakes, from the literature, and parts of ADELE replaced; not of the product."""

from schemes.common_onset_detector import CommonOnsetDetector
from schemes.early_learning_loss import EarlyLearningLoss
from schemes.early_learning_targets import EarlyLearningTargets
from schemes.fixed_onset import FixedOnset
from schemes.mean_teacher import MeanTeacher
from schemes.mean_teacher_inferer import MeanTeacherInferer
from schemes.mean_teacher_loss import MeanTeacherLoss

__all__ = [
    "CommonOnsetDetector",
    "EarlyLearningLoss",
    "EarlyLearningTargets",
    "FixedOnset",
    "MeanTeacher",
    "MeanTeacherInferer",
    "MeanTeacherLoss",
]
