"""Cases of a MONAI datalist, or of the "training" list in an MSD dataset.json."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monai_adele.checks import problem_line
from monai_adele.data.case_list import Case, Part
from monai_adele.data.folder_cases import case_id_of
from monai_adele.errors import DataError

__all__ = ["datalist_cases"]

_PARTS: tuple[tuple[str, Part], ...] = (
    ("training", "training"),
    ("validation", "validation"),
    ("test", "test"),
    ("testing", "test"),
)


def datalist_cases(
    content: Mapping[str, Any], root: Path, file: str, *, image_key: str, label_key: str
) -> tuple[list[Case], dict[str, Part], list[str], list[str]]:
    """Read the cases of a datalist.

    Args:
        content: the JSON object.
        root: folder that relative paths start from.
        file: name of the datalist, for messages.
        image_key: key of an entry's image: a path, or the paths of its channels.
        label_key: key of an entry's label.

    Returns:
        Cases in the order listed, the part of each case id (empty if all are training), a line for each entry
        that cannot be used, and notes on what was left out.

    Raises:
        DataError: if a part is no list.
    """
    cases: list[Case] = []
    parts: dict[str, Part] = {}
    problems: list[str] = []
    unlabelled = 0
    for where, part, entry in _entries(content, file):
        if part == "test" and (isinstance(entry, str) or (isinstance(entry, dict) and label_key not in entry)):
            unlabelled += 1
            continue
        fault = _entry_fault(entry, image_key, label_key)
        if fault:
            problems.append(f"{file}: {where} {fault}")
            continue
        case = _case(entry, root, image_key, label_key)
        if case["case_id"] in parts:
            text = "case is listed twice, or two share the id, expected one entry each; give each a 'case_id'"
            problems.append(problem_line(case["case_id"], f"{file}, {where}", text))
            continue
        parts[case["case_id"]] = part
        cases.append(case)
    problems += _repeated_files(cases, file) + _shifted_pairs(cases, content, file)
    notes = [f"{file}: {unlabelled} test images without label left out"] if unlabelled else []
    return cases, parts if set(parts.values()) - {"training"} else {}, problems, notes


def _entries(content: Mapping[str, Any], file: str) -> Iterator[tuple[str, Part, Any]]:
    for key, part in _PARTS:
        entries = content.get(key, [])
        if not isinstance(entries, list):
            raise DataError(f"{file}: {key!r} is a {type(entries).__name__}, expected a list of cases")
        for index, entry in enumerate(entries):
            yield f"{key}[{index}]", part, entry


def _entry_fault(entry: object, image_key: str, label_key: str) -> str | None:
    if not isinstance(entry, dict):
        return f"is a {type(entry).__name__}, expected an object with {image_key!r} and {label_key!r}"
    image, label = entry.get(image_key), entry.get(label_key)
    images = image if isinstance(image, list) else [image]
    if not images or not all(isinstance(path, str) and path and "\0" not in path for path in images):
        return f"has no path under {image_key!r}, expected one or a list of them"
    if not isinstance(label, str) or not label or "\0" in label:
        return f"has no path under {label_key!r}, expected one"
    case_id = entry.get("case_id", "-")
    if isinstance(case_id, bool) or not isinstance(case_id, (str, int)) or case_id == "":
        return f"has a {type(case_id).__name__} as 'case_id', expected a text"
    return None


def _case(entry: Mapping[str, Any], root: Path, image_key: str, label_key: str) -> Case:
    images = entry[image_key] if isinstance(entry[image_key], list) else [entry[image_key]]
    paths = [_resolve(root, path) for path in images]
    case: Case = {key: value for key, value in entry.items() if key not in (image_key, label_key)}
    case["image"] = paths if len(paths) > 1 else paths[0]
    case["label"] = _resolve(root, entry[label_key])
    case["case_id"] = str(entry.get("case_id", _derived_id(entry, image_key)))
    if isinstance(case.get("truth"), str):
        case["truth"] = _resolve(root, case["truth"])
    return case


def _derived_id(entry: Mapping[str, Any], image_key: str) -> str:
    """Take the id from the image's name; from the part before ``_0000`` where there are several channels."""
    image = entry[image_key]
    if not isinstance(image, list):
        return case_id_of(image)
    stem = case_id_of(image[0])
    return stem[:-5] if len(image) > 1 and stem.endswith("_0000") else stem


def _resolve(root: Path, path: str) -> str:
    return os.path.normpath(root / path)


def _repeated_files(cases: list[Case], file: str) -> list[str]:
    """Find files that stand in two cases."""
    problems = []
    owner: dict[str, str] = {}
    for case in cases:
        images = case["image"] if isinstance(case["image"], list) else [case["image"]]
        for path, times in Counter([*images, case["label"]]).items():
            first = owner.setdefault(path, case["case_id"])
            if first != case["case_id"] or times > 1:
                text = f"file is listed twice in {file}, before in case {first!r}, expected once; correct it"
                problems.append(problem_line(case["case_id"], os.path.basename(path), text))
    return problems


def _shifted_pairs(cases: list[Case], content: Mapping[str, Any], file: str) -> list[str]:
    """Find labels that bear the name of another case, where the pairing was not confirmed by a case_id."""
    named = {
        str(entry["case_id"])
        for key, _ in _PARTS
        for entry in content.get(key, [])
        if isinstance(entry, dict) and "case_id" in entry
    }
    ids = {case["case_id"] for case in cases}
    problems = []
    for case in cases:
        label_id = case_id_of(case["label"])
        if case["case_id"] not in named and label_id != case["case_id"] and label_id in ids:
            text = (
                f"label bears the name of case {label_id!r} in {file}, expected that of its own; "
                "correct the pairing, or confirm it with a 'case_id'"
            )
            problems.append(problem_line(case["case_id"], os.path.basename(case["label"]), text))
    return problems
