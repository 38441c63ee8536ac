"""Corrections as text: for people, and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Protocol

from monai_adele.data import RunRecord
from monai_adele.store import CaseChange, ClassChange, JournalEntry, LabelStore

__all__ = ["history_text", "table_text"]


class _Run(Protocol):
    record: RunRecord
    store: LabelStore


def table_text(table: Sequence[CaseChange], run: _Run, total: int, *, as_json: bool) -> str:
    """Return what changed, case by case and class by class.

    Args:
        table: the cases to be listed.
        run: the run.
        total: number of corrected cases.
        as_json: for programs.
    """
    if as_json:
        names = {"class_names": run.record.class_names, "version": run.store.version, "corrected_cases": total}
        return json.dumps({**names, "cases": [asdict(change) for change in table]}, indent=1)
    title = f"version {run.store.version}: {total} of {len(run.record.labels)} cases corrected"
    if not table:
        return title
    width = max(12, *(len(change.case_id) for change in table), *(len(name) + 2 for name in run.record.class_names))
    lines = [title, f"{'case, class':{width}}  {'voxels':>15}  {'share':>7}  {'epochs':>7}  confidence"]
    for change in table:
        lines.append(_row(change.case_id, f"{change.voxels}", change, width))
        for one in change.classes:
            lines.append(_row("  " + _name(one.class_id, run), f"+{one.won} -{one.lost}", one, width))
    return "\n".join(lines)


def _row(name: str, voxels: str, change: CaseChange | ClassChange, width: int) -> str:
    share = "-" if change.share is None else f"{100 * change.share:.1f} %"
    first, last = change.first_epoch, change.last_epoch
    epochs = "-" if first is None else f"{first}" if first == last else f"{first}-{last}"
    confidence = "-" if change.mean_confidence is None else f"{change.mean_confidence:.2f}"
    return f"{name:{width}}  {voxels:>15}  {share:>7}  {epochs:>7}  {confidence:>10}"


def history_text(case_id: str, entries: Sequence[JournalEntry], run: _Run, *, as_json: bool) -> str:
    """Return what happened to a case's label.

    Args:
        case_id: the case, or the slice.
        entries: of the journal, of that case or its slices.
        run: the run.
        as_json: for programs.
    """
    if as_json:
        facts: dict[str, Any] = {"case_id": case_id, "class_names": run.record.class_names}
        return json.dumps({**facts, "history": [asdict(entry) for entry in entries]}, indent=1)
    if not entries:
        return f"case {case_id!r} was never corrected"
    return "\n".join(_entry_lines(entry, run, case_id) for entry in entries)


def _entry_lines(entry: JournalEntry, run: _Run, case_id: str) -> str:
    when = "by hand" if entry.epoch is None else f"after epoch {entry.epoch}"
    where = f" {entry.case_id}" if entry.case_id != case_id else ""
    lines = [f"version {entry.version}, {when}{where}: {entry.reason}"]
    means = entry.confidences or [None] * len(entry.transitions)
    for (before, after, voxels), mean in zip(entry.transitions, means, strict=True):
        sure = "" if mean is None else f"  confidence {mean:.2f}"
        lines.append(f"  {_name(before, run)} -> {_name(after, run)}: {voxels} voxels{sure}")
    return "\n".join(lines)


def _name(class_id: int, run: _Run) -> str:
    if class_id == run.record.ignore_index:
        return "ignore"
    names = run.record.class_names
    return names[class_id] if class_id < len(names) else str(class_id)
