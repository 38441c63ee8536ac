"""Figures of what a run did."""

from monai_adele.visualize.audit_page import audit_page
from monai_adele.visualize.case_strip import case_strip_figure, spread_by_gain
from monai_adele.visualize.class_curves import ClassCurves
from monai_adele.visualize.cleaning_figure import cleaning_figure
from monai_adele.visualize.comparison import comparison_table, read_summary
from monai_adele.visualize.contact_sheet import contact_sheet_figure
from monai_adele.visualize.figure_file import add_panels, new_figure, save_png
from monai_adele.visualize.final_audit import FinalAudit
from monai_adele.visualize.learning_curves import learning_curves_figure
from monai_adele.visualize.noise_gallery import noise_gallery
from monai_adele.visualize.overlay import difference_colors, overlay_figure
from monai_adele.visualize.overlay_case import OverlayCase
from monai_adele.visualize.palette import class_style
from monai_adele.visualize.report_page import report_page
from monai_adele.visualize.run_cases import read_run_cases
from monai_adele.visualize.run_figures import most_changed_figure, run_curves_figure
from monai_adele.visualize.run_report import RunReport
from monai_adele.visualize.sheet_case import SheetCase
from monai_adele.visualize.slice_picture import case_pictures
from monai_adele.visualize.slice_view import draw_contours, frame_slice, show_slice

__all__ = [
    "FinalAudit",
    "SheetCase",
    "contact_sheet_figure",
    "ClassCurves",
    "audit_page",
    "case_pictures",
    "case_strip_figure",
    "report_page",
    "OverlayCase",
    "RunReport",
    "class_style",
    "cleaning_figure",
    "comparison_table",
    "difference_colors",
    "draw_contours",
    "frame_slice",
    "learning_curves_figure",
    "most_changed_figure",
    "add_panels",
    "new_figure",
    "noise_gallery",
    "overlay_figure",
    "read_run_cases",
    "read_summary",
    "run_curves_figure",
    "save_png",
    "spread_by_gain",
    "show_slice",
]
