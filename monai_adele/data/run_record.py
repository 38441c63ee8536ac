"""What a run's corrections belong to, written down when the run starts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from monai.data import MetaTensor

from monai_adele.data.atomic_files import write_atomically
from monai_adele.data.case_grid import CaseGrid
from monai_adele.data.original_grid import on_original_grid
from monai_adele.errors import DataError, GeometryError

__all__ = ["RunRecord", "case_grids", "image_files", "label_files", "read_run_record"]

_FILE = "cases.json"
_FORMAT = "monai_adele cases 1"


@dataclass(frozen=True)
class RunRecord:
    """The training cases of a run: their label files, their grids, the names of the classes.

    It is all that is needed to list, undo and export corrections without the run's settings.

    Attributes:
        class_names: index is the class id, background first.
        ignore_index: id of voxels that are left out, or None.
        slices: whether the store's cases are 2D slices of the volumes, along the last axis.
        labels: case id to the file of the given label, absolute.
        grids: case id to its grids.
        images: case id to the files of its image, absolute; empty in the records of older versions.
    """

    class_names: tuple[str, ...]
    ignore_index: int | None
    slices: bool
    labels: Mapping[str, Path]
    grids: Mapping[str, CaseGrid]
    images: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Write the record as ``cases.json``; label files inside the folder are named relative to it.

        Args:
            folder: of the run.
        """
        root = Path(os.path.abspath(folder))
        cases = [
            {
                "case_id": name,
                "label": str(_seen_from(root, path)),
                **self._image(name, root),
                **asdict(self.grids[name]),
            }
            for name, path in self.labels.items()
        ]
        content: dict[str, Any] = {"format": _FORMAT, "class_names": self.class_names}
        content |= {"ignore_index": self.ignore_index, "slices": self.slices, "cases": cases}
        write_atomically(root / _FILE, (json.dumps(content, allow_nan=False) + "\n").encode())

    def _image(self, name: str, root: Path) -> dict[str, list[str]]:
        return {"image": [str(_seen_from(root, path)) for path in self.images[name]]} if name in self.images else {}


def read_run_record(folder: str | os.PathLike[str]) -> RunRecord:
    """Read what a run wrote down when it started.

    Args:
        folder: of the run.

    Raises:
        DataError: if it is not the folder of a run, or the file is damaged.

    Example:
        >>> read_run_record("nowhere")
        Traceback (most recent call last):
        ...
        monai_adele.errors.DataError: nowhere: found no cases.json, expected the output folder of a run
    """
    file = Path(folder) / _FILE
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise ValueError(f"found format {content['format']!r}, expected {_FORMAT!r}")
        root = Path(os.path.abspath(folder))
        cases = {str(case["case_id"]): case for case in content["cases"]}
        ignored = content["ignore_index"]
        return RunRecord(
            class_names=tuple(str(name) for name in content["class_names"]),
            ignore_index=None if ignored is None else int(ignored),
            slices=bool(content["slices"]),
            labels={name: root / str(case["label"]) for name, case in cases.items()},
            grids={name: CaseGrid.decode(case) for name, case in cases.items()},
            images={
                name: tuple(root / str(path) for path in case["image"])
                for name, case in cases.items()
                if "image" in case
            },
        )
    except FileNotFoundError as error:
        raise DataError(f"{folder}: found no {_FILE}, expected the output folder of a run") from error
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}), expected the record of a run") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{file}: is not the record of a run ({error}); restore it from a copy") from error


def case_grids(
    items: Iterable[Mapping[str, Any]],
    transform: Any = None,
    *,
    image_key: str = "image",
    case_id_key: str = "case_id",
) -> dict[str, CaseGrid]:
    """Return the grids of preprocessed cases.

    Args:
        items: each with its image ``(C, *spatial)`` and its case id.
        transform: the ``Compose`` that made the images; needed where they were cropped or padded.
        image_key: key of the image.
        case_id_key: key of the case id.

    Raises:
        GeometryError: if an image does not know its grid, or was cropped in a way that cannot be undone.
    """
    grids = {}
    for item in items:
        case_id, image = str(item[case_id_key]), item[image_key]
        try:
            grids[case_id] = replace(CaseGrid.of(image), box=_box(image, transform, image_key))
        except GeometryError as error:
            raise GeometryError(f"case {case_id!r}: {error}") from error
    return grids


def _box(image: MetaTensor, transform: Any, image_key: str) -> tuple[tuple[int, int], ...] | None:
    names = {str(operation.get("class")) for operation in image.applied_operations}
    if not any("Crop" in name or "Pad" in name for name in names):
        return None
    left, _ = on_original_grid(np.ones(image.shape[1:], np.int64), image, transform, image_key=image_key)
    axes = range(left.ndim)
    held = [np.flatnonzero(left.any(axis=tuple(other for other in axes if other != axis))) for axis in axes]
    return tuple((int(places[0]), int(places[-1]) + 1) if len(places) else (0, 0) for places in held)


def label_files(cases: Sequence[Mapping[str, Any]]) -> dict[str, Path]:
    """Return the label file of each case, absolute.

    Args:
        cases: with ``label`` and ``case_id``.
    """
    return {str(case["case_id"]): Path(os.path.abspath(case["label"])) for case in cases}


def image_files(cases: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Path, ...]]:
    """Return the files of each case's image, absolute.

    Args:
        cases: with ``image``, one path or several, and ``case_id``.
    """
    files = {str(case["case_id"]): case["image"] for case in cases if "image" in case}
    return {
        name: tuple(Path(os.path.abspath(path)) for path in (found if isinstance(found, (list, tuple)) else [found]))
        for name, found in files.items()
    }


def _seen_from(root: Path, path: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
