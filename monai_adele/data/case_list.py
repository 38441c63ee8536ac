"""The cases of a dataset."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = ["Case", "CaseList", "Part"]

Case = dict[str, Any]
Part = Literal["training", "validation", "test"]


@dataclass(frozen=True)
class CaseList:
    """Paired images and labels, and what the dataset declares about them.

    Args:
        cases: sorted by case id; each holds ``"image"`` (a path, or the paths of its channels in order),
            ``"label"`` (a path), ``"case_id"``, and the further keys of the datalist.
        class_names: index is the class id, background first; empty if not declared.
        num_channels: of every image; None if not declared.
        ignore_index: id of voxels to be left out; None if there is none.
        spatial_dims: 2 or 3; None while no file was read.
        root: the dataset's folder; files are named relative to it.
        given_parts: part of each case id, where the datalist divides the cases; else empty.
        problems: one line each, of cases that could not be paired.
        notes: what was left out and why.

    Example:
        >>> case = {"image": "images/a.nii", "label": "labels/a.nii", "case_id": "a"}
        >>> CaseList((case,), class_names=("background", "liver")).num_classes
        2
    """

    cases: tuple[Case, ...]
    class_names: tuple[str, ...]
    num_channels: int | None = None
    ignore_index: int | None = None
    spatial_dims: int | None = None
    root: Path = Path()
    given_parts: Mapping[str, Part] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def num_classes(self) -> int:
        """Number of classes, background included; 0 if not declared."""
        return len(self.class_names)

    def file_name(self, path: str) -> str:
        """Name a file as the user knows it: relative to the dataset's folder where it lies inside."""
        relative = os.path.relpath(path, self.root)
        return path if relative.startswith("..") else Path(relative).as_posix()
