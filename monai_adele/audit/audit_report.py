"""All findings of an audit, and their files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monai_adele.audit.label_finding import LabelFinding

__all__ = ["AuditReport"]

_FORMAT = "monai_adele audit 1"
_FIRST = ("rank", "case_id", "class_name", "score", "kind", "certainty", "worst_slices", "out_of_sample", "dice")


@dataclass(frozen=True)
class AuditReport:
    """The findings, what to look at first standing first.

    Attributes:
        findings: in any order; sorted by score, then case and class.
        source: what was audited, for people.
        class_names: index is the class id, background first.
        notes: what has to be known about the findings.
        facts: more for ``audit.json``.

    Example:
        >>> AuditReport((), "runs/a", ("background", "liver")).out_of_sample
        0
    """

    findings: tuple[LabelFinding, ...]
    source: str
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ordered = sorted(self.findings, key=lambda one: (one.score, one.case_id, one.class_id))
        object.__setattr__(self, "findings", tuple(ordered))

    @property
    def case_ids(self) -> list[str]:
        """The cases, the one with the worst label first."""
        return list(dict.fromkeys(finding.case_id for finding in self.findings))

    @property
    def out_of_sample(self) -> int:
        """How many findings rest on a network that was not trained on the label."""
        return sum(finding.out_of_sample for finding in self.findings)

    def rows(self) -> list[dict[str, Any]]:
        """Every finding as a row of primitives, with its rank from 1."""
        rows = [{"rank": rank, **finding.row()} for rank, finding in enumerate(self.findings, start=1)]
        columns = [*_FIRST, *(name for name in (rows[0] if rows else {}) if name not in _FIRST)]
        return [{name: row[name] for name in columns} for row in rows]

    def csv(self) -> bytes:
        """The rows as CSV, empty where nothing is known; slices are separated by spaces.

        A text that a spreadsheet would take for a formula gets an apostrophe in front.
        """
        rows = self.rows()
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0] if rows else _FIRST)
        writer.writerows([_cell(value) for value in row.values()] for row in rows)
        return file.getvalue().encode()

    def json(self) -> bytes:
        """The report as JSON."""
        content: dict[str, Any] = {"format": _FORMAT, "source": self.source, "class_names": list(self.class_names)}
        content |= {"notes": list(self.notes), **self.facts, "findings": self.rows()}
        return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(map(str, value))
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
