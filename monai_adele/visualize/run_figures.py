"""The pictures of a run, drawn from its history, its detector and its label store."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from monai.utils import convert_to_tensor
from numpy.typing import NDArray

from monai_adele.handlers import MemorizationDetector
from monai_adele.store import LabelStore
from monai_adele.visualize.class_curves import ClassCurves
from monai_adele.visualize.learning_curves import learning_curves_figure
from monai_adele.visualize.overlay import overlay_figure
from monai_adele.visualize.overlay_case import OverlayCase

__all__ = ["most_changed_figure", "run_curves_figure"]

_PHOTOGRAPHS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


def run_curves_figure(history: Sequence[dict[str, float]], detector: MemorizationDetector) -> Figure:
    """Draw the learning curves of a run.

    Args:
        history: one row an epoch, as :class:`monai_adele.visualize.RunReport` writes it: ``epoch``,
            ``train_iou_<class>``, ``validation_iou_<class>`` and, with truth,
            ``early_learning_<class>`` and ``memorization_<class>``.
        detector: knows the classes, the onsets and the fits.

    Returns:
        The figure.
    """
    epochs = [row["epoch"] for row in history]
    classes = []
    for c in detector.classes:
        name, decision = detector.class_names[c], detector.onsets.get(c)
        fit = None if decision is None or decision.fit is None else decision.fit.value(epochs)
        classes.append(
            ClassCurves(
                name,
                _series(history, f"train_iou_{name}") or [math.nan] * len(history),
                fit=None if fit is None else [float(value) for value in fit],
                onset_epoch=None if decision is None else decision.epoch,
                validation_iou=_series(history, f"validation_iou_{name}"),
                early_learned=_series(history, f"early_learning_{name}"),
                memorized=_series(history, f"memorization_{name}"),
            )
        )
    return learning_curves_figure(classes)


def most_changed_figure(units: Any, store: LabelStore, class_names: Sequence[str], *, max_cases: int = 6) -> Figure:
    """Draw the cases, or slices, whose labels were changed most.

    Args:
        units: un-augmented training cases with ``image``, current ``label``, ``case_id`` and, in
            experiments, ``truth``. Images of PNG, JPEG and the like are shown as photographs: in colour if
            they have it, and as they lie; of others the first channel is shown, upright.
        store: the corrections.
        class_names: names of the classes, index = class id.
        max_cases: how many at most.

    Returns:
        The figure.
    """
    sizes = {case_id: len(store.correction(case_id) or ()) for case_id in store.case_ids()}
    wanted = set(heapq.nlargest(max_cases, sizes, key=lambda case_id: (sizes[case_id], case_id)))
    cases = []
    for i in range(len(units) if wanted else 0):
        item = units[i]
        if str(item["case_id"]) in wanted:
            cases.append(_overlay_case(item, store))
    return overlay_figure(cases, class_names=class_names, max_cases=max_cases)


def _overlay_case(item: dict[str, Any], store: LabelStore) -> OverlayCase:
    case_id, image = str(item["case_id"]), item["image"]
    corrected = convert_to_tensor(item["label"], track_meta=False)[0].numpy()
    truth = convert_to_tensor(item["truth"], track_meta=False)[0].numpy() if "truth" in item else None
    values = convert_to_tensor(image, track_meta=False).numpy()
    case = OverlayCase(
        case_id,
        values[0],
        np.asarray(store.given_label(case_id, corrected)),
        corrected,
        spacing=[float(step) for step in image.pixdim[: corrected.ndim]],
        truth=truth,
        affine=image.affine.numpy() if tuple(image.affine.shape) == (4, 4) else None,
    )
    return _as_photograph(case, values) if _is_photograph(image) else case


def _is_photograph(image: Any) -> bool:
    """Whether an image in 2D comes from a format that does not say where its pixels lie in a patient."""
    name = str(getattr(image, "meta", {}).get("filename_or_obj", ""))
    return image.ndim == 3 and name.lower().endswith(_PHOTOGRAPHS)


def _as_photograph(case: OverlayCase, values: NDArray[Any]) -> OverlayCase:
    """Return the case with its second axis downwards, in colour where it has three channels; no side is a patient's."""
    image = case.image if len(values) < 3 else np.moveaxis(_bytes(values[:3]), 0, -1)
    return replace(
        case,
        image=image[:, ::-1],
        given=case.given[:, ::-1],
        corrected=case.corrected[:, ::-1],
        truth=None if case.truth is None else case.truth[:, ::-1],
        affine=None,
    )


def _bytes(values: NDArray[Any]) -> NDArray[Any]:
    """Colours in ``[0, 255]``; those of a normalized image are stretched."""
    low, high = float(values.min()), float(values.max())
    if low >= 0 and 1 < high <= 255:
        return values
    return (values - low) * (255 / max(high - low, 1e-12))


def _series(history: Sequence[dict[str, float]], key: str) -> list[float] | None:
    values = [row.get(key, math.nan) for row in history]
    return None if all(math.isnan(value) for value in values) else values
