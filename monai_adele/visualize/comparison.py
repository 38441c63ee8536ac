"""A table of several runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monai_adele.errors import DataError

__all__ = ["comparison_table", "read_summary"]

_HEADER = (
    *("run", "test mIoU, last epoch", "best on validation", "label IoU given -> corrected"),
    *("onsets", "minutes", "peak GiB"),
)


def read_summary(run: str | Path) -> dict[str, Any]:
    """Read the ``summary.json`` of a run.

    Args:
        run: output folder of the run.

    Returns:
        What the run wrote.

    Raises:
        DataError: if there is none, or it cannot be read.
    """
    path = Path(run) / "summary.json"
    try:
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}; expected the summary of a finished run") from error
    return summary


def comparison_table(runs: Sequence[str | Path]) -> str:
    """Write runs side by side: test mIoU, label quality and onsets.

    Args:
        runs: output folders of runs.

    Returns:
        A table in Markdown, one row a run, named for its folder.

    Raises:
        DataError: if a run has no summary.
    """
    rows = [_HEADER, *(_row(Path(run)) for run in runs)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADER))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def _row(run: Path) -> tuple[str, ...]:
    summary = read_summary(run)
    final = summary.get("final_metrics") or {}
    quality = summary.get("label_iou")
    onsets = {name: fact["epoch"] for name, fact in summary["onsets"].items() if fact["epoch"] is not None}
    return (
        run.name,
        _number(final.get("last")),
        _number(final.get("best")),
        f"{quality['given']['mean']:.3f} -> {quality['corrected']['mean']:.3f}" if quality else "",
        ", ".join(f"{name} {epoch}" for name, epoch in onsets.items()) or "none",
        f"{summary['seconds'] / 60:.1f}",
        f"{summary['environment']['peak_memory_mib'] / 1024:.1f}",
    )


def _number(metrics: dict[str, Any] | None) -> str:
    return f"{metrics['mean_iou']:.3f}" if metrics else ""
