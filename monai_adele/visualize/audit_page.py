"""The page on which a person goes through the findings of an audit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import Any

from monai_adele.audit import ERROR_KINDS, AuditReport, LabelFinding
from monai_adele.visualize.page import render_page

__all__ = ["SUSPICIOUS", "audit_page"]

SUSPICIOUS = 0.5
"""Quality below which the page counts a label as suspicious."""

_COLUMNS = (
    *("case", "class", "score", "kind", "certainty", "worst_slices", "out_of_sample", "dice", "mean_distance_mm"),
    *("distance95_mm", "volume_ratio", "confidence", "given_ml", "reference_ml", "corrected_voxels"),
    *("dice_to_corrected", "corrected_epoch", "onset_epoch", "case_order"),
)
_DIGITS = 4


def audit_page(
    report: AuditReport,
    pictures: Mapping[str, Sequence[dict[str, Any]]],
    *,
    curves: str | None = None,
    review_command: str = "python -m monai_adele corrections apply-review review.json",
) -> bytes:
    """Write an audit as one HTML page that needs nothing else.

    The table holds every label; only the rows in sight are in the page's tree, and a case's pictures are decoded
    when it is chosen, so that thousands of cases open at once.

    Args:
        report: the findings.
        pictures: of each case, from :func:`case_pictures`; cases may be missing.
        curves: data URI of the learning curves; None for none.
        review_command: what to do with a saved review.

    Returns:
        HTML in UTF-8; no finding's text is taken as markup.

    Example:
        >>> page = audit_page(AuditReport((), "runs/a", ("background", "liver")), {})
        >>> b"http" in page.replace(b"http-equiv", b"").replace(b"http://www.w3.org/2000/svg", b"")
        False
    """
    case_ids = report.case_ids
    places = {case_id: place for place, case_id in enumerate(case_ids)}
    by_name = {case_id: order for order, case_id in enumerate(sorted(case_ids))}
    rows = [_row(finding, places[finding.case_id], by_name[finding.case_id]) for finding in report.findings]
    drawn = [list(pictures.get(case_id, ())) for case_id in case_ids]
    suspicious = [finding for finding in report.findings if finding.score < SUSPICIOUS]
    data = {
        "columns": _COLUMNS,
        "rows": rows,
        "cases": case_ids,
        "class_names": list(report.class_names),
        "kinds": list(ERROR_KINDS),
        "source": report.source,
        "store_version": report.facts.get("store_version"),
        "volumes": any(picture["index"] for one in drawn for picture in one),
    }
    return render_page(
        "audit.html.j2",
        title="Label audit",
        subtitle=report.source,
        tiles=_tiles(report, suspicious),
        notes=report.notes,
        threshold=SUSPICIOUS,
        class_names=report.class_names[1:],
        kinds=_kinds(report, suspicious),
        classes=_classes(report),
        curves=curves,
        review_command=review_command,
        data=data,
        cases=drawn,
    )


def _row(finding: LabelFinding, place: int, order: int) -> list[Any]:
    values = {**finding.row(), "case": place, "class": finding.class_id, "case_order": order}
    values["kind"] = None if finding.kind is None else ERROR_KINDS.index(finding.kind)
    return [_short(values[name]) for name in _COLUMNS]


def _short(value: Any) -> Any:
    return round(value, _DIGITS) if isinstance(value, float) and math.isfinite(value) else value


def _tiles(report: AuditReport, suspicious: Sequence[LabelFinding]) -> list[tuple[str, str]]:
    cases = len({finding.case_id for finding in suspicious})
    corrected = len({finding.case_id for finding in report.findings if finding.corrected_voxels})
    return [
        (str(len(report.case_ids)), "cases"),
        (str(len(report.findings)), "labels judged, one a case and class"),
        (str(len(suspicious)), f"of a quality below {SUSPICIOUS:g}, in {cases} cases"),
        (str(corrected), "cases that the run corrected"),
        (f"{report.out_of_sample} of {len(report.findings)}", "judged by a network not trained on them"),
    ]


def _kinds(report: AuditReport, suspicious: Sequence[LabelFinding]) -> list[tuple[str, list[int]]]:
    ids = range(1, len(report.class_names))
    counts = [
        (kind, [sum(one.kind == kind and one.class_id == class_id for one in suspicious) for class_id in ids])
        for kind in ERROR_KINDS
    ]
    return sorted((one for one in counts if any(one[1])), key=lambda one: -sum(one[1]))


def _classes(report: AuditReport) -> list[dict[str, Any]]:
    rows = []
    for class_id, name in enumerate(report.class_names):
        found = [finding for finding in report.findings if finding.class_id == class_id]
        if found:
            below = sum(finding.score < SUSPICIOUS for finding in found)
            facts = {"median": median(one.score for one in found), "dice": mean(one.parts.dice for one in found)}
            rows.append({"name": name, "labels": len(found), "below": below, **facts})
    return rows
