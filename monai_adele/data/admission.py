"""Admission of cases: every file read through once, all problems told at once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from tqdm.auto import tqdm

from monai_adele.data.admission_cache import AdmissionCache
from monai_adele.data.admission_rules import (
    CaseFacts,
    CaseFindings,
    Kind,
    declare_classes,
    examine_case,
    unequal_cases,
)
from monai_adele.data.case_list import Case, CaseList
from monai_adele.errors import DataError, GeometryError, LabelValueError

__all__ = ["AdmissionReport", "admit_cases", "examine_cases"]


@dataclass(frozen=True)
class AdmissionReport:
    """What was found in the cases of a dataset.

    Args:
        case_list: the cases, with classes, channels and axes filled in.
        facts: of every case that could be read, by case id.
        notes: what continues but should be known, one line each.
        problems: what cannot be trained on: its kind, and the line that names case and file.
    """

    case_list: CaseList
    facts: dict[str, CaseFacts]
    notes: tuple[str, ...]
    problems: tuple[tuple[Kind, str], ...] = ()


def admit_cases(
    case_list: CaseList,
    *,
    affine_tolerance_mm: float = 0.1,
    workers: int | None = None,
    progress: bool = True,
    cache: AdmissionCache | None = None,
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
        cache: of files that were found sound before, by the digest of their bytes; only the bytes of those are
            read. None reads every file through.

    Returns:
        The admitted cases and their facts. Where no classes were declared, the ids found are the classes.

    Raises:
        DataError: one line for each problem of each case; `LabelValueError` or `GeometryError` if all
            problems are of that kind.
        ValueError: if the tolerance is negative or NaN, or workers below 1.
    """
    report = examine_cases(
        case_list, affine_tolerance_mm=affine_tolerance_mm, workers=workers, progress=progress, cache=cache
    )
    if report.problems:
        errors = {frozenset({"value"}): LabelValueError, frozenset({"geometry"}): GeometryError}
        error = errors.get(frozenset(kind for kind, _ in report.problems), DataError)
        raise error([line for _, line in report.problems])
    return report


def examine_cases(
    case_list: CaseList,
    *,
    affine_tolerance_mm: float = 0.1,
    workers: int | None = None,
    progress: bool = True,
    cache: AdmissionCache | None = None,
) -> AdmissionReport:
    """Read every file of every case to its end, and tell all problems without refusing.

    Args:
        case_list: as for `admit_cases`, with the other arguments.
        affine_tolerance_mm: largest distance allowed between the corners of image and label, in mm.
        workers: threads that read.
        progress: whether to show a progress bar.
        cache: of files that were found sound before.

    Returns:
        All that was found.

    Raises:
        ValueError: if the tolerance is negative or NaN, or workers below 1.
    """
    if not affine_tolerance_mm >= 0:
        raise ValueError(f"affine_tolerance_mm must be at least 0, got {affine_tolerance_mm}")
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    findings = _read_all(
        case_list.cases,
        lambda case: examine_case(case, case_list, affine_tolerance_mm=affine_tolerance_mm, cache=cache),
        workers=workers or min(os.cpu_count() or 1, 8),
        progress=progress,
    )
    if cache is not None:
        cache.write()
    facts = [found.facts for found in findings if found.facts is not None]
    channels = case_list.num_channels or _most_common([f.num_channels for f in facts])
    axes = case_list.spatial_dims or _most_common([f.spatial_dims for f in facts])
    findings += unequal_cases(facts, case_list, num_channels=channels, spatial_dims=axes)
    names, undeclared = declare_classes(facts, case_list)
    findings += undeclared
    examined = replace(case_list, class_names=names, num_channels=channels, spatial_dims=axes)
    notes = (*case_list.notes, *_notes(examined, facts))
    return AdmissionReport(examined, {f.case_id: f for f in facts}, notes, _problems(case_list, findings))


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


def _problems(case_list: CaseList, findings: list[CaseFindings]) -> tuple[tuple[Kind, str], ...]:
    pairing: list[tuple[Kind, str]] = [("file", line) for line in case_list.problems]
    if not pairing and not case_list.cases:
        pairing = [("file", f"{case_list.root}: no cases, expected some; check the dataset's folder")]
    return (*pairing, *(problem for found in findings for problem in found.problems))


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
