"""The embedded phantom: a procedural thorax with four labelled organs, in 2D slices or 3D volumes."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from monai_adele.data.atomic_files import sync_folder, write_atomically
from monai_adele.errors import DataError
from monai_adele.phantom.phantom_patient import PhantomPatient

__all__ = ["Phantom", "make_phantom", "write_phantom"]

LABEL_NAMES = ("background", "esophagus", "heart", "trachea", "aorta")
_FIELD_OF_VIEW_MM = (216.0, 216.0, 192.0)
_DEFAULT_SIZE = {2: (96, 96), 3: (64, 64, 32)}
_SLICE_MM = 3.0
_RECIPE = 1


class Phantom(NamedTuple):
    """One case of the phantom.

    ``image`` is int16 in HU, ``label`` uint8 with 0 background, 1 esophagus, 2 heart, 3 trachea, 4 aorta;
    both have shape ``(*spatial)``, x to the right, y to the front, z to the head; ``spacing`` is in mm.
    """

    image: NDArray[np.int16]
    label: NDArray[np.uint8]
    spacing: tuple[float, ...]


def make_phantom(case_seed: int, *, spatial_dims: int = 2, size: Sequence[int] | None = None) -> Phantom:
    """Make one case: an axial slice at a random level, or a volume, of a patient of its own.

    The anatomy depends on the seed alone: another size samples the same patient on another grid. The field
    of view is 216 mm in plane and 192 mm through plane; the spacing follows from the size.

    Args:
        case_seed: seed of the case, at least 0.
        spatial_dims: 2 or 3.
        size: voxels per axis, at least 16; default 96 × 96, or 64 × 64 × 32, which makes voxels of
            2.25 × 2.25 mm, or 3.375 × 3.375 × 6 mm.

    Raises:
        ValueError: if ``spatial_dims`` or ``size`` cannot be.

    Example:
        >>> image, label, spacing = make_phantom(7, size=(64, 48))
        >>> image.shape, str(image.dtype), str(label.dtype), spacing
        ((64, 48), 'int16', 'uint8', (3.375, 4.5))
    """
    shape = _checked_size(spatial_dims, size)
    spacing = tuple(extent / n for extent, n in zip(_FIELD_OF_VIEW_MM, shape, strict=False))
    patient = PhantomPatient(case_seed)
    fine = 3 if spatial_dims == 2 else 2
    x, y = (_centers(n * fine, step / fine) for n, step in zip(shape[:2], spacing, strict=False))
    levels, thickness = [patient.level_mm], _SLICE_MM
    if spatial_dims == 3:
        levels, thickness = list(_centers(shape[2], spacing[2]) + _FIELD_OF_VIEW_MM[2] / 2), spacing[2]
    slabs = [patient.slab(x, y, level, thickness_mm=thickness, fine=fine) for level in levels]
    density = np.stack([density for density, _ in slabs], -1)
    density += patient.noise((shape[0], shape[1], len(levels)))
    image = np.clip(np.rint(density), -1024, 3071).astype(np.int16)
    label = np.stack([label for _, label in slabs], -1)
    return Phantom(image.reshape(shape), label.reshape(shape), spacing)


def write_phantom(
    folder: str | os.PathLike[str],
    *,
    spatial_dims: int = 2,
    num_cases: int = 100,
    size: Sequence[int] | None = None,
    seed: int = 0,
) -> Path:
    """Write a data set of phantoms as NIfTI, in the layout of the Medical Segmentation Decathlon.

    ``imagesTr/`` (int16, HU), ``labelsTr/`` (uint8) and ``dataset.json``. The folder is complete or absent:
    it is written under another name and renamed at the end. One already there with the same settings is
    reused.

    Args:
        folder: where to write; made with its parents.
        spatial_dims: 2 for slices, 3 for volumes.
        num_cases: how many, at least 1; a larger set begins with the same cases.
        size: voxels per axis; default as in `make_phantom`.
        seed: seed of the set; each case has its own, by `hashlib` from (seed, case id).

    Returns:
        The folder.

    Raises:
        ValueError: if an argument cannot be.
        DataError: if the folder holds something else, or phantoms of other settings.

    Example:
        >>> with tempfile.TemporaryDirectory() as home:
        ...     made = write_phantom(Path(home) / "phantom", num_cases=2, size=(32, 32))
        ...     sorted(path.name for path in made.iterdir())
        ['dataset.json', 'imagesTr', 'labelsTr']
    """
    shape = _checked_size(spatial_dims, size)
    if num_cases < 1:
        raise ValueError(f"num_cases must be at least 1, got {num_cases}")
    settings: dict[str, Any] = {
        "recipe": _RECIPE,
        "spatial_dims": spatial_dims,
        "num_cases": num_cases,
        "seed": seed,
    }
    settings["size"] = list(shape)
    target = Path(folder)
    if _is_done(target, settings):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        _fill(draft, settings)
        _move(draft, target, settings)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _checked_size(spatial_dims: int, size: Sequence[int] | None) -> tuple[int, ...]:
    if spatial_dims not in _DEFAULT_SIZE:
        raise ValueError(f"spatial_dims must be 2 or 3, got {spatial_dims}")
    shape = _DEFAULT_SIZE[spatial_dims] if size is None else tuple(int(n) for n in size)
    if len(shape) != spatial_dims or min(shape) < 16:
        raise ValueError(f"size must hold {spatial_dims} numbers of at least 16, got {shape}")
    return shape


def _centers(num: int, step: float) -> NDArray[np.floating]:
    return (np.arange(num) - (num - 1) / 2) * step


def _case_seed(seed: int, case_id: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{case_id}".encode()).digest()[:8], "big")


def _is_done(target: Path, settings: dict[str, Any]) -> bool:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return False
    marker = target / "dataset.json"
    try:
        found = json.loads(marker.read_text(encoding="utf-8")).get("phantom")
    except (OSError, ValueError, AttributeError):
        found = None
    if found == settings:
        return True
    held = "other files" if found is None else f"a phantom of {found}"
    wanted = f"nothing or a phantom of {settings}"
    raise DataError(f"{target}: holds {held}, expected {wanted}; name another folder")


def _fill(draft: Path, settings: dict[str, Any]) -> None:
    for name in ("imagesTr", "labelsTr"):
        (draft / name).mkdir()
    case_ids = [f"phantom_{number:04d}" for number in range(1, settings["num_cases"] + 1)]
    for case_id in case_ids:
        case_seed = _case_seed(settings["seed"], case_id)
        case = make_phantom(case_seed, spatial_dims=settings["spatial_dims"], size=settings["size"])
        _write_nifti(draft / "imagesTr" / f"{case_id}.nii.gz", case.image, case.spacing)
        _write_nifti(draft / "labelsTr" / f"{case_id}.nii.gz", case.label, case.spacing)
    text = json.dumps(_dataset_json(settings, case_ids), indent=2) + "\n"
    write_atomically(draft / "dataset.json", text.encode())
    sync_folder(draft)


def _dataset_json(settings: dict[str, Any], case_ids: list[str]) -> dict[str, Any]:
    return {
        "name": "monai_adele phantom",
        "description": "Procedural thorax in the image of SegTHOR; synthetic, no patient data",
        "licence": "Apache-2.0",
        "tensorImageSize": f"{settings['spatial_dims']}D",
        "modality": {"0": "CT"},
        "labels": {str(index): name for index, name in enumerate(LABEL_NAMES)},
        "numTraining": len(case_ids),
        "numTest": 0,
        "training": [
            {"image": f"./imagesTr/{case_id}.nii.gz", "label": f"./labelsTr/{case_id}.nii.gz"} for case_id in case_ids
        ],
        "test": [],
        "phantom": settings,
    }


def _write_nifti(path: Path, array: NDArray[Any], spacing: tuple[float, ...]) -> None:
    steps = np.array([*spacing, _SLICE_MM][:3])
    affine = np.diag([*steps, 1.0])
    affine[: array.ndim, 3] = -steps[: array.ndim] * (np.array(array.shape) - 1) / 2
    picture = nib.Nifti1Image(array, affine)
    picture.header.set_xyzt_units("mm")
    write_atomically(path, gzip.compress(picture.to_bytes(), 4, mtime=0))


def _move(draft: Path, target: Path, settings: dict[str, Any]) -> None:
    """Put the finished folder in its place; another process may have been faster."""
    draft.chmod(0o755)
    try:
        draft.rename(target)
    except OSError:
        if not _is_done(target, settings):
            raise
