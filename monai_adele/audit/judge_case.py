"""Read a case, predict it, judge its label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monai_adele.audit.audited_case import AuditedCase
from monai_adele.audit.case_predictor import CasePredictor
from monai_adele.audit.judged_case import JudgedCase
from monai_adele.audit.label_audit import audit_label
from monai_adele.checks import problem_line
from monai_adele.data import CaseReader, LabelFile
from monai_adele.errors import AdeleError, DataError

__all__ = ["judge_case"]


def judge_case(
    case: AuditedCase,
    predictors: Sequence[CasePredictor],
    *,
    class_names: Sequence[str],
    ignore_index: int | None = None,
    out_of_sample: bool = False,
    corrected_epochs: Mapping[int, int | None] | None = None,
    onset_epochs: Mapping[int, int | None] | None = None,
) -> JudgedCase:
    """Judge the label of a case by the mean prediction of some networks.

    Args:
        case: its files.
        predictors: networks; without any, the corrected label stands in for a prediction.
        class_names: index is the class id, background first.
        ignore_index: id of voxels that are not judged.
        out_of_sample: whether none of the networks was trained on this label.
        corrected_epochs: class id to the epoch after which it was first corrected.
        onset_epochs: class id to its onset.

    Raises:
        DataError: if a file cannot be read, or the grids of image and label differ; with case and file.
    """
    label = _label(case, case.label)
    corrected = label.ids if case.corrected is None else _label(case, case.corrected).ids
    image = _image(case, label.ids.shape)
    if predictors:
        probs = np.mean([predictor.probabilities(case.image) for predictor in predictors], axis=0)
    else:
        probs = np.stack([corrected == class_id for class_id in range(len(class_names))]).astype(np.float32)
    probs = _fitting(case, probs, label.ids.shape)
    findings = audit_label(
        case.case_id,
        label.ids,
        probs,
        class_names=class_names,
        spacing=label.spacing,
        corrected=corrected,
        ignore_index=ignore_index,
        out_of_sample=out_of_sample,
        corrected_epochs=corrected_epochs,
        onset_epochs=onset_epochs,
    )
    pred = probs.argmax(axis=0).astype(np.uint8)
    return JudgedCase(case.case_id, tuple(findings), image, label.ids, corrected, pred, label.spacing, label.affine)


def _label(case: AuditedCase, path: Path) -> LabelFile:
    try:
        return LabelFile(path)
    except AdeleError as error:
        raise DataError(problem_line(case.case_id, str(path), str(error))) from error


def _image(case: AuditedCase, shape: tuple[int, ...]) -> NDArray[Any]:
    """The first channel, or of a picture the mean of its colours; zeros where there is no image."""
    if not case.image:
        return np.zeros(shape, np.float32)
    reader, path = CaseReader(), str(case.image[0])
    try:
        array = np.asarray(reader.get_data(reader.read(path))[0], np.float32)
    except Exception as error:  # whatever the readers of many formats raise
        problem = f"image cannot be read ({type(error).__name__}), expected one that the run could read"
        raise DataError(problem_line(case.case_id, path, problem)) from error
    if array.size != np.prod(shape) and array.ndim == len(shape) + 1:
        array = array[..., 0] if array.shape[-1] not in (3, 4) else array[..., :3].mean(axis=-1)
    found: NDArray[Any] = _fitting(case, array[None], shape)[0]
    return found


def _fitting(case: AuditedCase, array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Axes of one voxel aside, the array must have the label's shape behind its first axis."""
    found = tuple(size for size in array.shape[1:] if size > 1)
    if found != tuple(size for size in shape if size > 1):
        problem = f"image has shape {array.shape[1:]}, expected that of the label, {shape}; check the pairing"
        raise DataError(problem_line(case.case_id, str(case.label), problem))
    fitting: NDArray[Any] = array.reshape(len(array), *shape)
    return fitting
