"""Judge the labels of one case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monai_adele.audit.contradiction import contradiction
from monai_adele.audit.error_kind import suspected_error
from monai_adele.audit.label_finding import LabelFinding
from monai_adele.audit.quality_parts import quality_parts
from monai_adele.audit.quality_score import quality_score

__all__ = ["audit_label", "slice_axis_of"]

_WORST = 5


def audit_label(
    case_id: str,
    label: NDArray[Any],
    probs: NDArray[Any],
    *,
    class_names: Sequence[str],
    spacing: Sequence[float],
    corrected: NDArray[Any] | None = None,
    ignore_index: int | None = None,
    out_of_sample: bool = False,
    corrected_epochs: Mapping[int, int | None] | None = None,
    onset_epochs: Mapping[int, int | None] | None = None,
) -> list[LabelFinding]:
    """Judge each class of a case that was drawn or is predicted.

    Args:
        case_id: the case.
        label: given class ids, ``(*spatial)``, 2D or 3D.
        probs: ``(C, *spatial)``, probabilities on the label's grid.
        class_names: index is the class id, background first.
        spacing: mm per axis.
        corrected: corrected class ids; None where nothing was corrected.
        ignore_index: id of voxels that are not judged.
        out_of_sample: whether the network was not trained on this label.
        corrected_epochs: class id to the epoch after which it was first corrected.
        onset_epochs: class id to its onset.

    Returns:
        A finding for each class, background left out, that the label or the prediction holds.

    Raises:
        ValueError: if shapes do not fit each other.

    Example:
        >>> label = np.array([[0, 1, 1, 0]])
        >>> probs = np.stack([1.0 * (label == 0), 1.0 * (label == 1)])
        >>> [(f.class_name, f.score) for f in audit_label("a", label, probs, class_names="ab", spacing=(1, 1))]
        [('b', 1.0)]
    """
    if probs.shape != (len(class_names), *label.shape):
        expected = (len(class_names), *label.shape)
        raise ValueError(f"case {case_id!r}: found probabilities of shape {probs.shape}, expected {expected}")
    counted = np.ones(label.shape, bool) if ignore_index is None else label != ignore_index
    reference, axis = np.where(counted, probs.argmax(axis=0), 0), slice_axis_of(label.shape, spacing)
    drawn = np.where(counted, label, 0)
    better = drawn if corrected is None else np.where(counted, corrected, 0)
    against = np.where(counted, contradiction(drawn, probs), 0.0)
    findings = []
    for class_id in range(1, len(class_names)):
        given, wanted = drawn == class_id, reference == class_id
        if not given.any() and not wanted.any():
            continue
        chance, here = np.where(counted, probs[class_id], 0.0), np.where(given | wanted, against, 0.0)
        parts = quality_parts(given, wanted, spacing, against=against, probs=chance)
        suspected = suspected_error(drawn, reference, here, class_id, slice_axis=axis)
        fixed = better == class_id
        both = int(given.sum()) + int(fixed.sum())
        findings.append(
            LabelFinding(
                case_id,
                class_id,
                class_names[class_id],
                quality_score(parts.evidence),
                parts,
                suspected and suspected.kind,
                suspected and suspected.certainty,
                _worst_slices(here, axis),
                out_of_sample,
                corrected_voxels=int((given != fixed).sum()),
                dice_to_corrected=2.0 * int((given & fixed).sum()) / both if both else 1.0,
                corrected_epoch=(corrected_epochs or {}).get(class_id),
                onset_epoch=(onset_epochs or {}).get(class_id),
            )
        )
    return findings


def slice_axis_of(shape: Sequence[int], spacing: Sequence[float]) -> int:
    """Return the axis along which a volume is drawn and looked at: the one of the widest spacing, the last of equals.

    Args:
        shape: of the label.
        spacing: mm per axis.

    Example:
        >>> slice_axis_of((8, 9, 4), (1.0, 5.0, 1.0)), slice_axis_of((8, 9, 4), (1.0, 1.0, 1.0))
        (1, 2)
    """
    steps = np.round(np.asarray(spacing[: len(shape)], float), 3)
    return int(np.flatnonzero(steps == steps.max())[-1])


def _worst_slices(against: NDArray[np.float64], axis: int) -> tuple[int, ...]:
    if against.ndim < 3:
        return (0,) if against.any() else ()
    sums = against.sum(axis=tuple(other for other in range(3) if other != axis))
    order = np.argsort(-sums, kind="stable")[:_WORST]
    return tuple(int(index) for index in order if sums[index] > 0)
