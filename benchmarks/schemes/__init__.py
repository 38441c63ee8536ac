"""Training schemes for labels with mistakes, from the literature, and parts of ADELE replaced; not of the product."""

from schemes.common_onset_detector import CommonOnsetDetector
from schemes.fixed_onset import FixedOnset
from schemes.mean_teacher import MeanTeacher
from schemes.mean_teacher_inferer import MeanTeacherInferer
from schemes.mean_teacher_loss import MeanTeacherLoss

__all__ = ["CommonOnsetDetector", "FixedOnset", "MeanTeacher", "MeanTeacherInferer", "MeanTeacherLoss"]
