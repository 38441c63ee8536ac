"""The form of a line about a case."""

from __future__ import annotations

__all__ = ["problem_line"]


def problem_line(case_id: str, file: str, problem: str) -> str:
    """Put case and file in front of a problem.

    Args:
        case_id: the case.
        file: its file, as the user knows it.
        problem: what was found; what was expected; what to do.

    Returns:
        One line.

    Example:
        >>> problem_line("liver_042", "labels/liver_042.nii.gz", "file is missing")
        "case 'liver_042' (labels/liver_042.nii.gz): file is missing"
    """
    return f"case {case_id!r} ({file}): {problem}"
