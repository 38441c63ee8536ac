"""What a person decided about labels, as the page of an audit saves it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from monai_adele.errors import DataError

__all__ = ["Review", "ReviewMark", "read_review"]

_FORMAT = "monai_adele review 1"
_MARKS = ("agree", "reject", "again")
_MOST_BYTES = 2**25
_SHOWN = 60

Mark = Literal["agree", "reject", "again"]


@dataclass(frozen=True)
class ReviewMark:
    """One decision.

    Attributes:
        case_id: the case.
        class_name: the class.
        mark: ``"agree"`` with the correction, ``"reject"`` it, or look at it ``"again"``.
    """

    case_id: str
    class_name: str
    mark: Mark


@dataclass(frozen=True)
class Review:
    """All decisions of a review.

    Attributes:
        store_version: the version of the corrections that was looked at; None if there were none.
        marks: one a case and class.
    """

    store_version: int | None
    marks: tuple[ReviewMark, ...]


def read_review(path: str | os.PathLike[str]) -> Review:
    """Read a review; nothing in it is trusted.

    Args:
        path: ``review.json``, as saved by the page of an audit.

    Raises:
        DataError: if the file cannot be read or is no review; every fault is named.

    Example:
        >>> read_review("nowhere.json")
        Traceback (most recent call last):
        ...
        monai_adele.errors.DataError: nowhere.json: cannot be read (No such file or directory), expected a review ...
    """
    file = Path(path)
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise DataError(f"{file}: has {file.stat().st_size} bytes, expected a review of at most {_MOST_BYTES}")
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        found = f"{file}: cannot be read ({error.strerror})"
        raise DataError(f"{found}, expected a review that the page of an audit saved") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: is not JSON; save the review again") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise DataError(f"{file}: is no review, expected format {_FORMAT!r}; save it from the page of an audit")
    problems: list[str] = []
    version = content.get("store_version")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool) or version < 0):
        problems.append(f"{file}: store_version is {_shown(version)}, expected a whole number of at least 0, or null")
    marks = _marks(content.get("marks"), str(file), problems)
    if problems:
        raise DataError(problems)
    return Review(version, marks)


def _marks(values: Any, file: str, problems: list[str]) -> tuple[ReviewMark, ...]:
    if not isinstance(values, list):
        problems.append(f"{file}: marks is {_shown(values)}, expected a list")
        return ()
    marks: dict[tuple[str, str], ReviewMark] = {}
    for number, value in enumerate(values, start=1):
        names = ("case_id", "class_name", "mark")
        fields: list[Any] = [value.get(name) for name in names] if isinstance(value, dict) else []
        if not fields or not all(isinstance(each, str) for each in fields) or fields[2] not in _MARKS:
            expected = f"case_id, class_name and one of {', '.join(_MARKS)}"
            problems.append(f"{file}: mark {number} is {_shown(value)}, expected {expected}")
            continue
        mark = ReviewMark(*fields)
        other = marks.setdefault((mark.case_id, mark.class_name), mark)
        if other.mark != mark.mark:
            where = f"case {mark.case_id!r}, class {mark.class_name!r}"
            problems.append(f"{file}: {where} is marked {other.mark} and {mark.mark}, expected one mark; keep one")
    return tuple(marks.values())


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
