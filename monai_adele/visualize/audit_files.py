"""The files of an audit."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from monai_adele.audit import AuditReport, FolderAudit, LabelFinding, RunAudit
from monai_adele.data.atomic_files import write_atomically
from monai_adele.errors import AdeleError
from monai_adele.visualize.audit_page import audit_page
from monai_adele.visualize.page import svg_uri
from monai_adele.visualize.recorded_curves import recorded_curves_figure
from monai_adele.visualize.slice_picture import case_pictures

__all__ = ["AUDIT_FILES", "write_audit", "write_run_audit"]

AUDIT_FILES = ("audit.csv", "audit.json", "audit.html")
_SLICES = ((200, 6), (600, 4), (10**9, 2))  # up to so many cases, so many slices of each on the page


def write_audit(audit: RunAudit | FolderAudit, out: Path, *, source: str, curves: str | None = None) -> AuditReport:
    """Judge all cases and write the report.

    Args:
        audit: the cases.
        out: folder to write; made if missing. Earlier reports in it are replaced.
        source: what was audited, for people.
        curves: data URI of learning curves for the page; None for none.

    Returns:
        The report.

    Raises:
        AdeleError: if data cannot be read, or ``out`` cannot be written.
    """
    most = next(slices for cases, slices in _SLICES if len(audit) <= cases)
    findings: list[LabelFinding] = []
    pictures = {}
    for case in tqdm(audit, total=len(audit), desc="audit", unit="case", disable=None):
        findings += case.findings
        pictures[case.case_id] = case_pictures(case, max_slices=most, max_pixels=240 if most > 2 else 160)
    report = AuditReport(tuple(findings), source, audit.class_names, tuple(audit.notes), audit.facts)
    page = audit_page(report, pictures, curves=curves)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in zip(AUDIT_FILES, (report.csv(), report.json(), page), strict=True):
            write_atomically(out / name, content)
    except OSError as error:
        raise AdeleError(f"{out}: cannot be written ({error.strerror}); choose another folder with --out") from error
    return report


def write_run_audit(audit: RunAudit, out: Path) -> AuditReport:
    """Judge the cases of a run and write the report, with the run's learning curves.

    Args:
        audit: of the run.
        out: folder to write.

    Returns:
        The report.

    Raises:
        AdeleError: if data cannot be read, or ``out`` cannot be written.
    """
    figure = recorded_curves_figure(audit.folder)
    curves = None if figure is None else svg_uri(figure)
    return write_audit(audit, out, source=audit.folder.resolve().name, curves=curves)
