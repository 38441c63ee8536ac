"""What one case must fulfil to be admitted, and what all cases together must."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from monai_adele.checks import (
    affine_problem,
    corner_distance_mm,
    grid_problem,
    label_ids,
    label_value_problems,
    problem_line,
    spacing_mm,
)
from monai_adele.data.admission_cache import AdmissionCache
from monai_adele.data.case_list import Case, CaseList
from monai_adele.data.file_facts import FileFacts, FileRole, read_file_facts
from monai_adele.errors import DataError

__all__ = ["CaseFacts", "CaseFindings", "Kind", "declare_classes", "examine_case", "unequal_cases"]

Kind = Literal["file", "value", "geometry"]


@dataclass(frozen=True)
class CaseFacts:
    """What was found in a case.

    Args:
        case_id: the case.
        shape: spatial shape of the image.
        spacing_mm: voxel size along each spatial axis; 1 for formats without it.
        num_channels: channels of the image.
        ids: voxels of each id in the label.
        label_digest: SHA-256 of the label's file, hexadecimal.
        constant_channels: image channels that hold a single value.
        image_file: the (first) image file as the user knows it.
        label_file: the label's file as the user knows it.
    """

    case_id: str
    shape: tuple[int, ...]
    spacing_mm: tuple[float, ...]
    num_channels: int
    ids: dict[int, int]
    label_digest: str
    constant_channels: int
    image_file: str
    label_file: str

    @property
    def spatial_dims(self) -> int:
        """Number of spatial axes."""
        return len(self.shape)


@dataclass(frozen=True)
class CaseFindings:
    """Facts of a case, or None if it could not be read, and its problems with their kind."""

    facts: CaseFacts | None
    problems: tuple[tuple[Kind, str], ...]


class _Problems:
    """Problems of one case."""

    def __init__(self, case: Case, case_list: CaseList) -> None:
        self.case_id = str(case["case_id"])
        self.case_list = case_list
        self.lines: list[tuple[Kind, str]] = []

    def add(self, kind: Kind, path: str, problems: Iterable[str | None]) -> None:
        file = self.case_list.file_name(path)
        self.lines += [(kind, problem_line(self.case_id, file, problem)) for problem in problems if problem]


def examine_case(
    case: Case, case_list: CaseList, *, affine_tolerance_mm: float, cache: AdmissionCache | None = None
) -> CaseFindings:
    """Read the files of a case and apply the rules that need no other case.

    Args:
        case: one of the list.
        case_list: declares classes and the ignored id.
        affine_tolerance_mm: largest distance allowed between the corners of two files, in mm.
        cache: of files known to be sound, which are not read through again.

    Returns:
        Facts, where image and label could be read, and problems.
    """
    problems = _Problems(case, case_list)
    paths = case["image"] if isinstance(case["image"], list) else [case["image"]]
    images = [_read(path, "image", problems, affine_tolerance_mm, cache) for path in paths]
    label = _read(case["label"], "label", problems, affine_tolerance_mm, cache)
    others = [(case["label"], label)]
    if isinstance(case.get("truth"), str):
        others.append((case["truth"], _read(case["truth"], "label", problems, affine_tolerance_mm, cache)))
    first = images[0]
    if first is None:
        return CaseFindings(None, tuple(problems.lines))
    for what, files in (("channel", list(zip(paths[1:], images[1:], strict=True))), ("label", others)):
        for path, file in files:
            if file is not None:
                text = grid_problem(
                    what, file.shape, file.affine, first.shape, first.affine, tolerance_mm=affine_tolerance_mm
                )
                problems.add("geometry", path, [text])
    readable = [file for file in images if file is not None]
    if label is None or len(readable) < len(images):
        return CaseFindings(None, tuple(problems.lines))
    facts = CaseFacts(
        case_id=problems.case_id,
        shape=first.shape,
        spacing_mm=_spacing(first),
        num_channels=sum(file.num_channels for file in readable),
        ids=label_ids(label.values),
        label_digest=label.digest,
        constant_channels=sum(file.constant_channels for file in readable),
        image_file=case_list.file_name(paths[0]),
        label_file=case_list.file_name(case["label"]),
    )
    return CaseFindings(facts, tuple(problems.lines))


def _spacing(file: FileFacts) -> tuple[float, ...]:
    ones = (1.0,) * len(file.shape)
    return ones if file.affine is None else spacing_mm(file.affine)[: len(file.shape)]


def unequal_cases(
    facts: Sequence[CaseFacts], case_list: CaseList, *, num_channels: int | None, spatial_dims: int | None
) -> list[CaseFindings]:
    """Find the cases whose channels or axes differ from the others'.

    Args:
        facts: of the cases.
        case_list: they come from.
        num_channels: expected of every case.
        spatial_dims: expected of every case.

    Returns:
        Findings with one problem each.
    """
    source = "declared" if case_list.num_channels else "of most cases"
    found = []
    for f in facts:
        if f.num_channels != num_channels:
            text = f"image has {f.num_channels} channels, expected the {num_channels} {source}; correct either"
            found.append(_finding(f.case_id, f.image_file, "file", text))
        if f.spatial_dims != spatial_dims:
            text = f"image has {f.spatial_dims} spatial axes, expected the {spatial_dims} of most; leave it out"
            found.append(_finding(f.case_id, f.image_file, "geometry", text))
    return found


def declare_classes(facts: Sequence[CaseFacts], case_list: CaseList) -> tuple[tuple[str, ...], list[CaseFindings]]:
    """Name the classes: as declared, or by the ids found, which must then be consecutive.

    Args:
        facts: of the cases.
        case_list: with or without declared classes.

    Returns:
        Class names, background first, and findings on labels with ids above a gap.
    """
    if case_list.class_names:
        return case_list.class_names, []
    present = {i for f in facts for i in f.ids if i >= 0} - {case_list.ignore_index}
    count = next(i for i in range(len(present) + 2) if i not in present | {0})
    findings = []
    for f in facts:
        beyond = {i: n for i, n in f.ids.items() if i > count and i != case_list.ignore_index}
        if beyond:
            text = (
                f"label holds ids {sorted(beyond)[:8]} in {sum(beyond.values())} voxels, but none {count}, "
                "expected ids without gaps where no classes are declared; remap them with MapLabelValued"
            )
            findings.append(_finding(f.case_id, f.label_file, "value", text))
    if facts and count < 2 and not findings:
        text = "label holds only background, as do all others, expected some class; check the labels"
        findings.append(_finding(facts[0].case_id, facts[0].label_file, "value", text))
    return ("background", *(f"class_{i}" for i in range(1, count))), findings


def _finding(case_id: str, file: str, kind: Kind, text: str) -> CaseFindings:
    return CaseFindings(None, ((kind, problem_line(case_id, file, text)),))


def _read(
    path: str, role: FileRole, problems: _Problems, tolerance_mm: float, cache: AdmissionCache | None
) -> FileFacts | None:
    try:
        file = read_file_facts(path, role, cache=cache)
    except DataError as error:
        problems.add("file", path, [str(error)])
        return None
    problems.add("geometry", path, _affine_problems(file, tolerance_mm))
    problems.add("file", path, file.problems)
    if role == "label":
        problems.add("value", path, _label_problems(file, problems.case_list))
    return file


def _affine_problems(file: FileFacts, tolerance_mm: float) -> list[str]:
    if file.affine is None:
        return []
    found = affine_problem(file.affine)
    if found or file.other_affine is None:
        return [found] if found else []
    distance = corner_distance_mm(file.affine, file.other_affine, file.shape)
    if distance <= tolerance_mm:
        return []
    return [
        f"sform and qform disagree by {distance:.4g} mm at the corners, expected at most {tolerance_mm:g}; "
        "keep the right one and set the code of the other to 0"
    ]


def _label_problems(file: FileFacts, declared: CaseList) -> list[str]:
    if file.num_channels > 1:
        return [f"label has {file.num_channels} channels, expected one of ids; take the argmax if it is one-hot"]
    return label_value_problems(
        file.values, num_classes=declared.num_classes or None, ignore_index=declared.ignore_index
    )
