"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["markdown_table"]


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table whose columns are as wide as their widest cell.

    Args:
        header: of the columns.
        rows: cells, as many as there are columns.

    Returns:
        The table; empty without rows.

    Example:
        >>> print(markdown_table(["run", "IoU"], [["plain", "0.6"]]))
        | run   | IoU |
        |-------|-----|
        | plain | 0.6 |
    """
    if not rows:
        return ""
    table = [header, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in table
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
