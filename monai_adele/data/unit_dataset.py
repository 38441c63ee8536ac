"""The cases of a training, or their slices, cached up to where labels may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from monai.data import CacheDataset, Dataset
from monai.transforms import Compose

from monai_adele.data.case_grid import CaseGrid
from monai_adele.data.run_record import case_grids
from monai_adele.data.slices import foreground_slices

__all__ = ["unit_dataset"]


def unit_dataset(
    cases: Sequence[dict[str, Any]],
    preprocessing: Callable[..., Any],
    current_label: Callable[..., Any],
    *,
    slices: bool = False,
    ignore_index: int | None = None,
    cache_rate: float = 1.0,
    num_workers: int = 2,
    progress: bool = False,
) -> CacheDataset:
    """Cache un-augmented cases, each with its current label.

    Images and given labels are read and preprocessed once and kept in memory; the current
    label is laid over anew whenever an item is read. Both the training and the correction of
    labels read this one dataset.

    Args:
        cases: dictionaries with the files of each case and its ``case_id``.
        preprocessing: deterministic transforms from files to ``image`` ``(C, *spatial)`` and
            ``label`` ``(1, *spatial)``.
        current_label: :class:`monai_adele.transforms.CurrentLabeld`.
        ignore_index: label value that is no foreground.
        slices: take the 2D slices with foreground out of 3D volumes, along the last axis.
        cache_rate: share of the cases that is kept in memory, in ``[0, 1]``; the others are read again
            whenever they are asked for. Slices are always kept.
        num_workers: threads that fill the cache.
        progress: show a bar while the cache is filled.

    Returns:
        A ``CacheDataset``; an item is a copy, which transforms may change. Where the items are slices,
        its attribute ``volume_grids`` holds the :class:`CaseGrid` of each volume.
    """
    if slices:
        volumes = _NotedVolumes(list(cases), Compose([preprocessing]))
        units = CacheDataset(
            foreground_slices(volumes, ignore_index=ignore_index),
            [current_label],
            num_workers=num_workers,
            progress=progress,
        )
        units.volume_grids = volumes.grids
        return units
    steps = Compose([preprocessing, current_label]).flatten()  # a Compose within a Compose would end the cache
    return CacheDataset(list(cases), steps, cache_rate=cache_rate, num_workers=num_workers, progress=progress)


class _NotedVolumes(Dataset):
    """Preprocessed volumes; notes the grid of each that is asked for."""

    def __init__(self, cases: Sequence[dict[str, Any]], transform: Callable[..., Any]) -> None:
        super().__init__(cases, transform)
        self.grids: dict[str, CaseGrid] = {}

    def __getitem__(self, index: int) -> Any:
        item = super().__getitem__(index)
        self.grids |= case_grids([item], self.transform)
        return item
