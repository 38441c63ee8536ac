"""A label file whose voxels can be changed, all else staying as it is."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from monai_adele.data.image_file import ImageFile, read_image_file
from monai_adele.errors import DataError

__all__ = ["NiftiLabel"]

_GZIP = b"\x1f\x8b"
_NIFTI_TYPES = (*(f"{kind}int{bits}" for bits in (8, 16, 32, 64) for kind in ("", "u")), "float32", "float64")


class NiftiLabel:
    """The bytes of a NIfTI label, and a view on its voxels.

    Header, extensions, dtype, byte order and scaling stay as they are; only voxels that are set
    change. Other formats are turned into NIfTI when read.

    Args:
        path: label file; opened for reading only.

    Attributes:
        shape: spatial shape, without axes of one voxel at the end.
        affine: ``(4, 4)``, voxel indices to mm; None for formats without one.

    Raises:
        DataError: if the file cannot be read; *found; expected; what to do*, without its name.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.nii.gz"
        >>> nib.save(nib.Nifti1Image(np.zeros((2, 3), np.uint8), np.eye(4)), path)
        >>> label = NiftiLabel(path)
        >>> label.set_ids(np.array([4]), np.array([1]))
        >>> nib.Nifti1Image.from_bytes(label.encode()).get_fdata().tolist()
        [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """

    def __init__(self, path: str | Path) -> None:
        file = read_image_file(path)
        if Path(path).name.lower().endswith((".nii", ".nii.gz")):
            content = Path(path).read_bytes()
            self._content = bytearray(gzip.decompress(content) if content[:2] == _GZIP else content)
        else:
            self._content = bytearray(_as_nifti(file))
        is_2 = bytes(self._content[:4]) in (b"\x1c\x02\x00\x00", b"\x00\x00\x02\x1c")
        image = (nib.Nifti2Image if is_2 else nib.Nifti1Image).from_bytes(bytes(self._content))
        voxels = image.dataobj
        shape = tuple(voxels.shape)
        count = int(np.prod(shape, dtype=object))
        stored = np.frombuffer(self._content, voxels.dtype, count, voxels.offset)
        self.shape = (*shape[:2], *(size for size in shape[2:] if size > 1))
        self.affine = file.affine
        self._slope, self._inter = float(voxels.slope), float(voxels.inter)
        self._voxels = stored.reshape(self.shape, order="F")

    def ids(self, indices: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Read class ids.

        Args:
            indices: flat C-order indices into ``shape``, ``(N,)``.

        Returns:
            ``(N,)``, the scaled values, rounded.
        """
        stored = self._voxels[np.unravel_index(indices, self.shape)]
        return np.asarray(np.rint(stored.astype(np.float64) * self._slope + self._inter), np.int64)

    def set_ids(self, indices: NDArray[np.integer[Any]], ids: NDArray[np.integer[Any]]) -> None:
        """Set class ids; all other voxels keep their bits.

        Args:
            indices: flat C-order indices into ``shape``, ``(N,)``.
            ids: ``(N,)``.

        Raises:
            DataError: if the file's dtype and scaling cannot hold an id.
        """
        stored = np.asarray(ids, np.float64) - self._inter
        stored = stored / self._slope
        dtype = self._voxels.dtype
        if dtype.kind in "iu":
            stored = np.clip(np.rint(stored), np.iinfo(dtype).min, np.iinfo(dtype).max)
        self._voxels[np.unravel_index(indices, self.shape)] = stored.astype(dtype)
        if not np.array_equal(self.ids(indices), ids):
            raise DataError(
                f"file holds {dtype} with slope {self._slope:g} and offset {self._inter:g}, expected a dtype "
                f"that can hold class id {int(np.max(ids))}; convert the labels"
            )

    def encode(self) -> bytes:
        """Return the file, not compressed."""
        return bytes(self._content)


def _as_nifti(file: ImageFile) -> bytes:
    if str(file.array.dtype) in _NIFTI_TYPES:
        array = file.array
    else:
        array = file.array.astype(np.uint8 if file.array.dtype == bool else np.float32)
    affine = np.eye(4) if file.affine is None else file.affine
    with io.BytesIO() as content:
        nib.Nifti1Image(array, affine, dtype=array.dtype).to_stream(content)
        return content.getvalue()
