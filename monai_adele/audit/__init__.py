"""How good each given label seems to be, and what is wrong with it."""

from monai_adele.audit.audit_report import AuditReport
from monai_adele.audit.audited_case import AuditedCase
from monai_adele.audit.case_predictor import CasePredictor
from monai_adele.audit.cleaning_curve import CleaningCurve, cleaning_curve
from monai_adele.audit.contradiction import contradiction, softmin_confidence
from monai_adele.audit.error_kind import ERROR_KINDS, ErrorKind, SuspectedError, suspected_error
from monai_adele.audit.folder_audit import FolderAudit
from monai_adele.audit.judge_case import judge_case
from monai_adele.audit.judged_case import JudgedCase
from monai_adele.audit.label_audit import audit_label, slice_axis_of
from monai_adele.audit.label_finding import LabelFinding
from monai_adele.audit.quality_parts import QualityParts, quality_parts
from monai_adele.audit.quality_score import quality_score
from monai_adele.audit.run_audit import RunAudit
from monai_adele.audit.surface_distance import SurfaceDistance, surface_distance

__all__ = [
    "AuditReport",
    "AuditedCase",
    "CasePredictor",
    "CleaningCurve",
    "ERROR_KINDS",
    "ErrorKind",
    "FolderAudit",
    "JudgedCase",
    "LabelFinding",
    "QualityParts",
    "RunAudit",
    "SurfaceDistance",
    "SuspectedError",
    "audit_label",
    "cleaning_curve",
    "contradiction",
    "judge_case",
    "quality_parts",
    "quality_score",
    "slice_axis_of",
    "softmin_confidence",
    "surface_distance",
    "suspected_error",
]
