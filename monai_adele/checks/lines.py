"""The form of a line about a case."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable

__all__ = ["nearest_names", "problem_line", "problem_parts"]

_LINE = re.compile(r"""case ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*") \((.*?)\): (.*)""", re.DOTALL)


def nearest_names(name: str, names: Iterable[str]) -> str:
    """Say which known names an unknown one resembles.

    Args:
        name: the unknown one.
        names: those that are known.

    Returns:
        ``"; did you mean 'a' or 'b'?"`` with up to three names, empty if none resembles it.

    Example:
        >>> nearest_names("livr", ["liver", "heart"])
        "; did you mean 'liver'?"
    """
    near = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


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


def problem_parts(line: str) -> tuple[str, str, str, str]:
    """Take a line about a case apart, for a table.

    Args:
        line: from `problem_line`, or ``"file: problem"`` where no case can be named.

    Returns:
        Case id (empty if there is none), file, what was found and expected, and what to do (empty if the line
        does not say).

    Example:
        >>> problem_parts("case 'liver_042' (labels/liver_042.nii.gz): file is missing; put it there")
        ('liver_042', 'labels/liver_042.nii.gz', 'file is missing', 'put it there')
    """
    match = _LINE.fullmatch(line)
    case_id, file, text = (
        (str(ast.literal_eval(match[1])), match[2], match[3]) if match else ("", *_file_and_text(line))
    )
    problem, _, advice = text.rpartition("; ")
    return (case_id, file, problem, advice) if problem else (case_id, file, advice, "")


def _file_and_text(line: str) -> tuple[str, str]:
    file, _, text = line.partition(": ")
    return (file, text) if text else ("", line)
