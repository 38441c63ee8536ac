"""Corrected labels as NIfTI or PNG files on the grids of the given ones."""

from __future__ import annotations

import gzip
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from numpy.typing import NDArray

from monai_adele.checks import grid_problem, problem_line, spacing_mm
from monai_adele.data.atomic_files import file_stem, remove_left_beside, write_atomically
from monai_adele.data.case_grid import CaseGrid
from monai_adele.data.nifti_label import NiftiLabel
from monai_adele.data.original_grid import on_original_grid
from monai_adele.data.png_label import PngLabel
from monai_adele.data.slices import slice_case_id
from monai_adele.errors import DataError, GeometryError, StoreError
from monai_adele.store.correction import Correction
from monai_adele.store.label_store import LabelStore
from monai_adele.store.volume_correction import volume_correction

__all__ = ["ExportedLabel", "export_corrected_labels"]

_logger = logging.getLogger(__name__)
_ANY = 256


@dataclass(frozen=True)
class ExportedLabel:
    """A label file that was written.

    Attributes:
        case_id: the case.
        path: the file.
        changed_voxels: voxels, on the file's grid, that differ from the given label.
        left_voxels: voxels that lie in a corrected place of the training grid, but hold another class
            id than the corrected one, and were left as given; 0 unless labels were resampled.
    """

    case_id: str
    path: Path
    changed_voxels: int
    left_voxels: int


def export_corrected_labels(
    cases: Sequence[Mapping[str, Any]],
    volumes: Sequence[Mapping[str, Any]],
    store: LabelStore,
    folder: str | os.PathLike[str],
    *,
    transform: Any = None,
    image_key: str = "image",
    label_key: str = "label",
    case_id_key: str = "case_id",
    slice_axis: int | None = None,
    version: int | None = None,
    copy_unchanged: bool = True,
    given_from_file: bool = True,
) -> list[ExportedLabel]:
    """Write the current labels beside the given ones, each on its original grid.

    A file keeps header, affine, dtype and byte order of the given label, and every voxel that was
    not corrected keeps its bits. Corrections were made on the grid of the training; they are brought
    back with the inverse of the image's transforms, by nearest neighbour. A voxel changes if it
    holds the class id that was corrected: where a coarse voxel of the training stands for several of
    the file, those of other classes stay. Files are named ``<case id>.nii.gz`` (``.nii`` or ``.png`` if the
    given label is such; ids with other characters than ``[A-Za-z0-9._-]`` become a digest). A PNG keeps its palette.

    Args:
        cases: the files of each case, under ``label_key``, and its id.
        volumes: the same cases in the same order, preprocessed by deterministic transforms; the image
            a MetaTensor ``(C, *spatial)`` or its :class:`CaseGrid`. Only cases that are needed are asked
            for, one at a time.
        store: the corrections.
        folder: where to write; made if missing.
        transform: the ``Compose`` that made the volumes; None for ``volumes.transform``.
        image_key: key of the image.
        label_key: key of the label.
        case_id_key: key of the case id.
        slice_axis: the axis along which 2D slices were taken, if the store's cases are slices.
        version: as of this version of the store; None for the newest.
        copy_unchanged: also write the labels without correction, NIfTI and PNG as bit-identical copies, so
            that the folder is a complete set of labels.
        given_from_file: False if the given labels are not those in the files, but those of the
            volumes, as where an experiment corrupts clean labels: then every voxel within the
            training's grid is written.

    Returns:
        One record a file, in the order of the cases.

    Raises:
        StoreError: if a correction does not belong to a label, is damaged, or a file cannot be written.
        GeometryError: if a label does not lie on the image's grid, or a transform cannot be inverted.
        DataError: if a label cannot be read, cannot hold a class id, or would be overwritten.
        ValueError: if cases and volumes do not fit each other.

    Example:
        >>> import tempfile, nibabel
        >>> from monai.data import Dataset
        >>> from monai.transforms import Compose, LoadImaged
        >>> folder, given = Path(tempfile.mkdtemp()), np.array([[0, 1], [1, 1]], np.uint8)
        >>> nibabel.save(nibabel.Nifti1Image(given, np.eye(4)), folder / "a.nii")
        >>> cases = [{"image": folder / "a.nii", "label": folder / "a.nii", "case_id": "a"}]
        >>> volumes = Dataset(cases, Compose([LoadImaged("image", ensure_channel_first=True)]))
        >>> store = LabelStore(folder / "store")
        >>> with store.transaction(epoch=7) as transaction:
        ...     _ = transaction.put("a", given, np.array([[0, 1], [1, 0]], np.uint8))
        >>> [label] = export_corrected_labels(cases, volumes, store, folder / "corrected")
        >>> label.changed_voxels, nibabel.load(label.path).get_fdata().tolist()
        (1, [[0.0, 1.0], [1.0, 0.0]])
    """
    if len(cases) != len(volumes):
        raise ValueError(f"found {len(cases)} cases and {len(volumes)} volumes, expected one volume a case")
    version = store.version if version is None else version
    files = [_Files(case, Path(folder), label_key, case_id_key) for case in cases]
    _refuse_to_overwrite(files, (image_key, label_key, "truth"))
    _make(folder)
    remove_left_beside(file.target for file in files)
    corrected, written = set(store.case_ids(version)), []
    for position, file in enumerate(files):
        names = {file.case_id} if slice_axis is None else _slices_of(file.case_id, corrected)
        if given_from_file and not names & corrected:
            written += [file.write_unchanged()] if copy_unchanged else []
            continue
        item = volumes[position]
        if item.get(case_id_key) != file.case_id:
            found = item.get(case_id_key)
            raise ValueError(f"volume {position}: found case {found!r}, expected {file.case_id!r}")
        image = item[image_key]
        shape = image.shape if isinstance(image, CaseGrid) else tuple(image.shape[1:])
        if slice_axis is None:
            correction = store.correction(file.case_id, version)
        else:
            correction = volume_correction(store, file.case_id, shape, axis=slice_axis, version=version)
        given = None if given_from_file else torch.as_tensor(item[label_key])[0].cpu().numpy()
        codes = _codes(file, correction, shape, given)
        undo = transform if transform is not None else getattr(volumes, "transform", None)
        written.append(file.write_corrected(codes, image, undo, image_key))
    changed, left = (sum(getattr(label, name) for label in written) for name in ("changed_voxels", "left_voxels"))
    _logger.info("%d labels in %s differ from the files in %d voxels", len(written), folder, changed)
    if left:
        _logger.warning("%d voxels of another class than the corrected one were left as given", left)
    return written


@dataclass(frozen=True)
class _Files:
    """A case's given label and the file to write."""

    case: Mapping[str, Any]
    folder: Path
    label_key: str
    case_id_key: str

    @property
    def case_id(self) -> str:
        return str(self.case[self.case_id_key])

    @property
    def source(self) -> Path:
        return Path(self.case[self.label_key])

    @property
    def target(self) -> Path:
        kept = self.source.suffix.lower() in (".nii", ".png")
        return self.folder / (file_stem(self.case_id) + (self.source.suffix.lower() if kept else ".nii.gz"))

    def line(self, problem: str) -> str:
        return problem_line(self.case_id, str(self.source), problem)

    def write_unchanged(self) -> ExportedLabel:
        if self.source.name.lower().endswith((".nii", ".nii.gz", ".png")):
            self._write(self.source.read_bytes())
        else:
            self._write_label(self._read())
        return ExportedLabel(self.case_id, self.target, 0, 0)

    def write_corrected(
        self, codes: NDArray[np.int64], image: MetaTensor | CaseGrid, transform: Any, image_key: str
    ) -> ExportedLabel:
        label = self._read()
        try:
            original, affine = on_original_grid(codes, image, transform, image_key=image_key)
        except GeometryError as error:
            raise GeometryError(self.line(str(error))) from error
        self._require_grid(label, original.shape, affine)
        places = np.flatnonzero(original)
        given, new = np.divmod(original.reshape(-1)[places] - 1, 256)
        found = label.ids(places)
        fits = (given == _ANY) | (given == found)
        if not fits.all() and (_same_spacing(image.affine, affine) or not fits.any()):
            problem = (
                f"label holds other ids in {int((~fits).sum())} of {len(fits)} corrected voxels, expected "
                "those that were corrected; set given_from_file=False if labels are changed before training"
            )
            raise StoreError(self.line(problem))
        differs = fits & (found != new)
        try:
            label.set_ids(places[differs], new[differs])
            self._write_label(label)
        except DataError as error:
            raise DataError(self.line(str(error))) from error
        return ExportedLabel(self.case_id, self.target, int(differs.sum()), int((~fits).sum()))

    def _require_grid(self, label: NiftiLabel | PngLabel, shape: tuple[int, ...], affine: NDArray[np.float64]) -> None:
        tolerance_mm = min(spacing_mm(affine)[: len(label.shape)]) / 2
        shape = (*shape[:2], *(size for size in shape[2:] if size > 1))
        problem = grid_problem("label", label.shape, label.affine, shape, affine, tolerance_mm=tolerance_mm)
        if problem:
            raise GeometryError(self.line(problem))

    def _read(self) -> NiftiLabel | PngLabel:
        try:
            return PngLabel(self.source) if self.target.suffix == ".png" else NiftiLabel(self.source)
        except DataError as error:
            raise DataError(self.line(str(error))) from error

    def _write_label(self, label: NiftiLabel | PngLabel) -> None:
        content = label.encode()
        self._write(gzip.compress(content, 6, mtime=0) if self.target.suffix == ".gz" else content)

    def _write(self, content: bytes) -> None:
        try:
            write_atomically(self.target, content)
        except OSError as error:
            raise StoreError(f"{self.target}: cannot be written: {error.strerror}; free disk space") from error


def _make(folder: str | os.PathLike[str]) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made: {error.strerror}; choose another folder") from error


def _refuse_to_overwrite(files: Sequence[_Files], keys: Sequence[str]) -> None:
    targets = {os.path.realpath(file.target) for file in files}
    problems = []
    for file in files:
        values = [file.case.get(key) for key in keys]
        paths = [path for value in values for path in (value if isinstance(value, (list, tuple)) else [value])]
        for path in paths:
            if path is not None and os.path.realpath(path) in targets:
                problems.append(problem_line(file.case_id, str(path), "would be overwritten; choose another folder"))
    if problems:
        raise DataError(problems)


def _slices_of(volume_id: str, case_ids: set[str]) -> set[str]:
    prefix = slice_case_id(volume_id, 0).removesuffix("0000")
    return {case_id for case_id in case_ids if case_id.startswith(prefix)}


def _codes(
    file: _Files, correction: Correction | None, shape: tuple[int, ...], given: NDArray[Any] | None
) -> NDArray[np.int64]:
    """Code what to write as 1 + 256 * id to be replaced (or _ANY) + new id; 0 leaves a voxel as it is."""
    if correction is not None and correction.shape != shape:
        raise StoreError(
            file.line(
                f"correction has shape {correction.shape}, expected the volume's {shape}; use the transforms "
                "of the run that made the store"
            )
        )
    codes = np.zeros(shape, np.int64)
    if given is not None:
        try:
            codes[:] = given if correction is None else correction.laid_over(given)
            codes += 1 + 256 * _ANY
        except ValueError as error:
            raise StoreError(file.line(f"{error}; expected the given label in every volume")) from error
    elif correction is not None:
        codes.reshape(-1)[correction.indices] = 1 + 256 * correction.given.astype(np.int64) + correction.new
    return codes


def _same_spacing(affine: Any, other: Any) -> bool:
    spacing, expected = (sorted(spacing_mm(np.asarray(matrix, np.float64))) for matrix in (affine, other))
    return bool(np.allclose(spacing, expected, rtol=1e-4))
