"""Admission of cases: every file read through once, all problems told at once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from tqdm.auto import tqdm

from monai_adele.data.admission_rules import (
    CaseFacts,
    CaseFindings,
    declare_classes,
    examine_case,
    unequal_cases,
)
from monai_adele.data.case_list import Case, CaseList
from monai_adele.errors import DataError, GeometryError, LabelValueError

__all__ = ["AdmissionReport", "admit_cases"]


@dataclass(frozen=True)
class AdmissionReport:
    """What was found in admitted cases.

    Args:
        case_list: the cases, with classes, channels and axes filled in.
        facts: of every case, by case id.
        notes: what continues but should be known, one line each.
    """

    case_list: CaseList
    facts: dict[str, CaseFacts]
    notes: tuple[str, ...]


def admit_cases(
    case_list: CaseList,
    *,
    affine_tolerance_mm: float = 0.1,
    workers: int | None = None,
    progress: bool = True,
) -> AdmissionReport:
    """Read every file of every case to its end, and refuse what cannot be trained on.

    Refused are: missing, empty, cut-short, damaged (checksums of gzip and PNG, compressed NRRD and MetaImage)
    and unreadable files; shapes and affines that differ within a case; sform against qform; NaN or singular
    affines; fractional (beyond 1e-3), negative and undeclared label ids, NaN, labels with channels; NaN in
    images; numbers of channels and axes that differ between cases. Absent classes, labels that are all
    background and constant images are noted.

    Args:
        case_list: from `find_cases`; its `problems` are reported with the rest.
        affine_tolerance_mm: largest distance allowed between the corners of image and label, in mm.
        workers: threads that read; None takes one per processor, at most 8.
        progress: whether to show a progress bar.

    Returns:
        The admitted cases and their facts. Where no classes were declared, the ids found are the classes.

    Raises:
        DataError: one line for each problem of each case; `LabelValueError` or `GeometryError` if all
            problems are of that kind.
        ValueError: if the tolerance is negative or NaN, or workers below 1.
    """
    if not affine_tolerance_mm >= 0:
        raise ValueError(f"affine_tolerance_mm must be at least 0, got {affine_tolerance_mm}")
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    findings = _read_all(
        case_list.cases,
        lambda case: examine_case(case, case_list, affine_tolerance_mm=affine_tolerance_mm),
        workers=workers or min(os.cpu_count() or 1, 8),
        progress=progress,
    )
    facts = [found.facts for found in findings if found.facts is not None]
    channels = case_list.num_channels or _most_common([f.num_channels for f in facts])
    axes = case_list.spatial_dims or _most_common([f.spatial_dims for f in facts])
    findings += unequal_cases(facts, case_list, num_channels=channels, spatial_dims=axes)
    names, undeclared = declare_classes(facts, case_list)
    findings += undeclared
    _refuse(case_list, findings)
    admitted = replace(case_list, class_names=names, num_channels=channels, spatial_dims=axes)
    notes = (*case_list.notes, *_notes(admitted, facts))
    return AdmissionReport(admitted, {f.case_id: f for f in facts}, notes)


def _read_all(
    cases: tuple[Case, ...], examine: Callable[[Case], CaseFindings], *, workers: int, progress: bool
) -> list[CaseFindings]:
    executor = ThreadPoolExecutor(workers)
    try:
        results = executor.map(examine, cases)
        return list(
            tqdm(results, total=len(cases), desc="Checking cases", unit="case", disable=None if progress else True)
        )
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _most_common(values: list[int]) -> int | None:
    return Counter(sorted(values)).most_common(1)[0][0] if values else None


def _refuse(case_list: CaseList, findings: list[CaseFindings]) -> None:
    lines = [*case_list.problems]
    kinds = {"file"} if lines else set()
    for found in findings:
        for kind, line in found.problems:
            kinds.add(kind)
            lines.append(line)
    if not lines and not case_list.cases:
        raise DataError(f"{case_list.root}: no cases, expected some; check the dataset's folder")
    if lines:
        errors = {frozenset({"value"}): LabelValueError, frozenset({"geometry"}): GeometryError}
        raise errors.get(frozenset(kinds), DataError)(lines)


def _notes(case_list: CaseList, facts: list[CaseFacts]) -> list[str]:
    present = {i for f in facts for i in f.ids}
    absent = [f"{name!r} ({i})" for i, name in enumerate(case_list.class_names) if i not in present]
    empty = [f.case_id for f in facts if not set(f.ids) - {0, case_list.ignore_index}]
    constant = [f.case_id for f in facts if f.constant_channels]
    found = (
        (absent, "classes occur in no label and will never be corrected"),
        (empty, "labels hold only background and tell nothing about any class"),
        (constant, "images have a constant channel"),
    )
    return [f"{len(names)} {what}: {_some(names)}" for names, what in found if names]


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
