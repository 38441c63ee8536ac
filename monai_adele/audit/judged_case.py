"""A case with its findings and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from monai_adele.audit.label_finding import LabelFinding

__all__ = ["JudgedCase"]


@dataclass(frozen=True, eq=False)
class JudgedCase:
    """A case after the audit; all arrays are on the grid of the label's file.

    Attributes:
        case_id: the case.
        findings: of each class.
        image: densities of one channel, ``(*spatial)``.
        label: given class ids.
        corrected: corrected class ids; the given ones where nothing was corrected.
        prediction: predicted class ids.
        spacing: mm per axis.
        affine: voxel to world in mm, ``(4, 4)``; None if the file has none.
    """

    case_id: str
    findings: tuple[LabelFinding, ...]
    image: NDArray[Any]
    label: NDArray[Any]
    corrected: NDArray[Any]
    prediction: NDArray[Any]
    spacing: Sequence[float]
    affine: NDArray[Any] | None = None
