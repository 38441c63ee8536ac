"""What a run's ``summary.json`` says."""

from __future__ import annotations

import platform
import resource
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import torch
from monai.utils import convert_to_tensor
from torch import Tensor

from monai_adele.functional import OnsetDecision, iou_from_counts, overlap_counts
from monai_adele.store import LabelStore

__all__ = ["correction_facts", "environment_facts", "label_quality", "onset_facts"]

_PACKAGES = ("monai_adele", "monai", "torch", "numpy", "scipy", "pytorch-ignite", "nibabel")


def environment_facts() -> dict[str, Any]:
    """Versions, and the peak memory of this process in MiB.

    Returns:
        ``{"python": str, "packages": {name: version}, "peak_memory_mib": float}``.

    Example:
        >>> sorted(environment_facts())
        ['packages', 'peak_memory_mib', 'python']
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "peak_memory_mib": round(peak / unit, 1),
    }


def onset_facts(onsets: dict[int, OnsetDecision], class_names: Sequence[str]) -> dict[str, Any]:
    """Onset and reason of each class that was judged.

    Args:
        onsets: decisions by class id.
        class_names: names of the classes, index = class id.

    Returns:
        ``{class name: {"epoch": int or None, "reason": str}}``.

    Example:
        >>> onset_facts({1: OnsetDecision(epoch=None, reason="too short", fit=None)}, ["background", "liver"])
        {'liver': {'epoch': None, 'reason': 'too short'}}
    """
    return {
        class_names[c]: {"epoch": decision.epoch, "reason": decision.reason} for c, decision in sorted(onsets.items())
    }


def correction_facts(store: LabelStore, class_names: Sequence[str], *, left_alone: int = 0) -> dict[str, Any]:
    """What differs from the given labels, by class.

    Args:
        store: the corrections.
        class_names: names of the classes, index = class id.
        left_alone: cases that a cap left as they were in at least one correction.

    Returns:
        ``{"version": int, "cases": int, "cases_left_alone": int, "voxels": {"liver -> background":
        int, ...}}``, the cases being slices in 2D slice mode.

    Example:
        >>> import tempfile
        >>> correction_facts(LabelStore(tempfile.mkdtemp()), ["background", "liver"])
        {'version': 0, 'cases': 0, 'cases_left_alone': 0, 'voxels': {}}
    """
    names = dict(enumerate(class_names))
    voxels = {
        f"{names.get(given, given)} -> {names.get(new, new)}": count
        for (given, new), count in store.changed_voxels().items()
    }
    return {
        "version": store.version,
        "cases": len(store.case_ids()),
        "cases_left_alone": left_alone,
        "voxels": voxels,
    }


def label_quality(
    dataset: Any, store: LabelStore, class_names: Sequence[str], *, ignore_index: int | None = None
) -> dict[str, Any] | None:
    """IoU of the given and of the current labels against the truth, where it is known.

    Args:
        dataset: un-augmented cases with ``label`` (current), ``case_id`` and, in experiments,
            ``truth``, each ``(1, *spatial)``.
        store: the corrections.
        class_names: names of the classes, index = class id.
        ignore_index: value of true voxels that are not counted.

    Returns:
        ``{"given": {class: IoU}, "corrected": {class: IoU}}`` and the mean over the foreground
        classes of each as ``"mean"``; None if no case has a truth.
    """
    counts = torch.zeros(2, len(class_names), 3, dtype=torch.int64)
    known = False
    for i in range(len(dataset)):
        item = dataset[i]
        if "truth" not in item:
            continue
        known = True
        truth, label = (convert_to_tensor(item[key], track_meta=False)[0].long() for key in ("truth", "label"))
        given = torch.as_tensor(store.given_label(str(item["case_id"]), label.numpy()))
        for k, which in enumerate((given, label)):
            counts[k] += overlap_counts(which, truth, num_classes=len(class_names), ignore_index=ignore_index)
    if not known:
        return None
    return {name: _named(counts[k], class_names) for k, name in enumerate(("given", "corrected"))}


def _named(counts: Tensor, class_names: Sequence[str]) -> dict[str, float]:
    iou = iou_from_counts(counts)[1:]
    return {"mean": iou.nanmean().item(), **dict(zip(class_names[1:], iou.tolist(), strict=True))}
