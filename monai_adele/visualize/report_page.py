"""The page that tells what a run did."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from monai_adele.visualize.page import render_page

__all__ = ["report_page", "run_warnings"]

_LEARNED = 0.3


def report_page(
    summary: Mapping[str, Any],
    *,
    name: str,
    num_cases: int,
    last_iou: Mapping[str, float],
    curves: str,
    corrections: str | None,
    changed: str | None,
) -> bytes:
    """Write what a run did as one HTML page that needs nothing else.

    Args:
        summary: what stands in ``summary.json``.
        name: of the run's folder.
        num_cases: training cases.
        last_iou: class name to its training IoU in the last epoch; NaN where not measured.
        curves: data URI of the learning curves.
        corrections: data URI of the corrections over time; None where there were none.
        changed: data URI of the most changed cases; None where none was changed.

    Returns:
        HTML in UTF-8; no text of the run is taken as markup.
    """
    facts, final = summary["corrections"], summary["final_metrics"]
    voxels = sum(facts["voxels"].values())
    last = final.get("last") or {}
    tiles = [
        (str(num_cases), "training cases"),
        (str(summary["epochs"]), "epochs" + (", stopped early" if summary["interrupted"] else "")),
        (str(sum(fact["epoch"] is not None for fact in summary["onsets"].values())), "classes with an onset"),
        (f"{voxels:,}", f"voxels corrected, in {facts['cases']} " + _unit(summary)),
        (_number(last.get("mean_iou")), "mean IoU on the test cases"),
        (f"{summary['seconds'] / 60:.1f}", "minutes"),
    ]
    classes = [_class(class_name, summary, last_iou) for class_name in summary["onsets"]]
    return render_page(
        "report.html.j2",
        title="Training report",
        subtitle=name,
        tiles=tiles,
        warnings=run_warnings(summary, last_iou),
        classes=classes,
        with_truth=summary["label_iou"] is not None,
        voxels=sorted(facts["voxels"].items(), key=lambda item: -item[1]),
        curves=curves,
        corrections=corrections,
        changed=changed,
        settings=[(key, _text(value)) for key, value in summary["settings"].items()],
        versions=[("Python", summary["environment"]["python"]), *summary["environment"]["packages"].items()],
        commands=_COMMANDS,
    )


_COMMANDS = (
    ("which labels to look at first", "python -m monai_adele audit RUN_FOLDER"),
    ("what was corrected, case by case", "python -m monai_adele corrections list RUN_FOLDER"),
    ("take back the corrections of a case or a class", "python -m monai_adele corrections undo RUN_FOLDER --case ID"),
    ("take back what a review rejected", "python -m monai_adele corrections apply-review review.json"),
    ("write the corrected labels", "python -m monai_adele corrections export RUN_FOLDER --out FOLDER"),
)


def run_warnings(summary: Mapping[str, Any], last_iou: Mapping[str, float]) -> list[str]:
    """Tell what a person should know before trusting a run.

    Args:
        summary: what stands in ``summary.json``.
        last_iou: class name to its training IoU in the last epoch.

    Returns:
        A sentence each; empty as a rule.
    """
    warnings = []
    if summary["interrupted"]:
        warnings.append(f"The run was stopped after {summary['epochs']} epochs.")
    never = [name for name in summary["onsets"] if not last_iou.get(name, math.nan) >= _LEARNED]
    if never:
        text = (
            f"a training IoU below {_LEARNED:g} in the last epoch; nothing the network says of them can be relied on."
        )
        warnings.append(f"Not learned: {', '.join(never)} had {text}")
    left = summary["corrections"]["cases_left_alone"]
    if left:
        warnings.append(f"{left} {_unit(summary)} were left as they were at least once: a cap was reached.")
    unknown = [name for name, fact in summary["onsets"].items() if fact["epoch"] is None and name not in never]
    if unknown:
        warnings.append(f"No onset was found for {', '.join(unknown)}: their labels were not corrected.")
    return warnings


def _class(name: str, summary: Mapping[str, Any], last_iou: Mapping[str, float]) -> dict[str, Any]:
    voxels = summary["corrections"]["voxels"]
    pairs = [(pair.split(" -> "), count) for pair, count in voxels.items()]
    quality, final = summary["label_iou"] or {}, summary["final_metrics"].get("last") or {}
    return {
        "name": name,
        "onset": summary["onsets"][name]["epoch"],
        "reason": summary["onsets"][name]["reason"],
        "won": sum(count for pair, count in pairs if pair[-1] == name),
        "lost": sum(count for pair, count in pairs if pair[0] == name),
        "train": _number(last_iou.get(name)),
        "test": _number((final.get("iou") or {}).get(name)),
        "given": _number(quality.get("given", {}).get(name)),
        "corrected": _number(quality.get("corrected", {}).get(name)),
    }


def _unit(summary: Mapping[str, Any]) -> str:
    return "slices" if summary["settings"].get("slices") else "cases"


def _number(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
