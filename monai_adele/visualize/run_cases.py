"""The training cases of a finished run, from the files that it left."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from monai_adele.checks import problem_line
from monai_adele.data.image_file import read_image_file
from monai_adele.data.label_file import LabelFile
from monai_adele.data.run_record import read_run_record
from monai_adele.errors import DataError
from monai_adele.visualize.overlay_case import OverlayCase

__all__ = ["read_run_cases"]

_CORRECTED = "corrected_labels"


def read_run_cases(
    run: str | os.PathLike[str], *, truths: Mapping[str, Path] | None = None, case_ids: Sequence[str] | None = None
) -> list[OverlayCase]:
    """Read image, given and corrected label of a run's training cases, on the grid of their files.

    Args:
        run: output folder of a finished run, with its ``cases.json`` and ``corrected_labels/``.
        truths: file of the right label by case id, on the same grid; cases without one have no truth.
        case_ids: which cases; None for all.

    Returns:
        The cases in the order of the run; of an image the first channel. Images without a place in a patient, as
        PNG, are turned so that they are drawn as photographs are.

    Raises:
        DataError: if the folder is not that of a run, or files are missing, cannot be read, or differ in shape:
            a line for each case.

    Example:
        >>> read_run_cases("nowhere")
        Traceback (most recent call last):
        ...
        monai_adele.errors.DataError: nowhere: found no cases.json, expected the output folder of a run
    """
    folder = Path(run)
    record = read_run_record(folder)
    cases, problems = [], []
    for case_id in record.labels if case_ids is None else case_ids:
        labels = [record.labels[case_id], folder / _CORRECTED / record.labels[case_id].name]
        labels += [truths[case_id]] if truths and case_id in truths else []
        try:
            cases.append(_case(case_id, record.images.get(case_id, ()), labels))
        except (DataError, ValueError) as error:
            problems.append(problem_line(case_id, f"{folder.name}/{_CORRECTED}", str(error)))
    if problems:
        raise DataError(problems)
    return cases


def _case(case_id: str, images: Sequence[Path], labels: Sequence[Path]) -> OverlayCase:
    if not images:
        raise DataError("found no file of the image in cases.json, expected one")
    image = read_image_file(images[0])
    given, *others = (LabelFile(path) for path in labels)
    array = image.array.reshape(*image.shape, image.num_channels)[..., 0]
    case = OverlayCase(
        case_id,
        array if image.slope > 0 else -array.astype(np.float32),
        given.ids,
        others[0].ids,
        spacing=given.spacing,
        truth=others[1].ids if len(others) > 1 else None,
        affine=given.affine,
    )
    return case if given.affine is not None else _as_photograph(case)


def _as_photograph(case: OverlayCase) -> OverlayCase:
    """The case with its second axis downwards."""
    truth = None if case.truth is None else case.truth[:, ::-1]
    flipped = {name: getattr(case, name)[:, ::-1] for name in ("image", "given", "corrected")}
    return replace(case, **flipped, truth=truth)
