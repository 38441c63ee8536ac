"""MONAI reader for every format that the admission of cases reads."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from monai.data.image_reader import ImageReader, NibabelReader, PILReader
from monai.utils import ensure_tuple
from monai.utils.enums import MetaKeys, SpaceKeys
from PIL import Image

from monai_adele.data.image_file import image_ending, pillow_array, simpleitk_array

__all__ = ["CaseReader"]

Array = npt.NDArray[Any]
Paths = str | PathLike[str] | Sequence[str | PathLike[str]]


class CaseReader(ImageReader):
    """Reads what `admit_cases` admits, for ``LoadImaged(keys, reader="monai_adele.data.CaseReader")``.

    NIfTI is read as by MONAI's NibabelReader, except that the affine is the one nibabel finds: MONAI's reader
    replaces an sform by a qform that is not set where the voxel sizes in the header differ from the sform's
    by more than 1e-5, and image and label may then part. PNG, JPEG and BMP are read as by its PILReader.
    Besides, this reads NRRD and MetaImage through SimpleITK (MONAI needs the packages itk or pynrrd for them)
    and TIFF through Pillow, whose pages are the third axis and whose pixels count as 1 mm. Several files
    become the channels of one image with the affine of the first; MONAI's readers refuse affines that differ
    by rounding.

    Example:
        >>> CaseReader().verify_suffix(["case_0000.mha", "case_0001.mha"])
        True
    """

    def verify_suffix(self, filename: Paths) -> bool:
        """Tell whether the endings are known."""
        return all(image_ending(fspath(name)) for name in ensure_tuple(filename))

    def read(self, data: Paths, **kwargs: Any) -> list[tuple[ImageReader | None, Any]]:
        """Open the files.

        Args:
            data: one path or several.
            kwargs: handed on to the reader of the format.

        Returns:
            For each file MONAI's reader, or None for those read here, and the open image.

        Raises:
            ValueError: if an ending is not known.
        """
        return [self._open(fspath(name), kwargs) for name in ensure_tuple(data)]

    def get_data(self, img: list[tuple[ImageReader | None, Any]]) -> tuple[Array, dict[str, Any]]:
        """Take values and metadata from the open files.

        Args:
            img: from `read`.

        Returns:
            Array ``(*spatial)``, ``(*spatial, channels)``, or of several files ``(files, *spatial)``; and the
            metadata of the first file.
        """
        loaded = [reader.get_data(image) if reader else _data(image) for reader, image in img]
        arrays, meta = [array for array, _ in loaded], loaded[0][1]
        if len(arrays) == 1:
            return arrays[0], meta
        if np.isnan(meta[MetaKeys.ORIGINAL_CHANNEL_DIM]):
            meta[MetaKeys.ORIGINAL_CHANNEL_DIM] = 0
            return np.stack(arrays), meta
        return np.concatenate(arrays, axis=-1), meta

    def _open(self, name: str, kwargs: dict[str, Any]) -> tuple[ImageReader | None, Any]:
        ending = (image_ending(name) or "").lower()
        if ending in (".nii", ".nii.gz"):
            nibabel_reader = NibabelReader()
            nibabel_reader.filenames = (name,)
            return nibabel_reader, nib.load(name, **kwargs)
        if ending in (".png", ".jpg", ".jpeg", ".bmp"):
            pil_reader = PILReader()
            return pil_reader, pil_reader.read(name, **kwargs)
        if ending in (".tif", ".tiff"):
            return None, Image.open(name)
        if ending:
            return None, sitk.ReadImage(name)
        raise ValueError(f"{name}: unknown ending, expected one of monai_adele.data.IMAGE_ENDINGS")


def _data(image: sitk.Image | Image.Image) -> tuple[Array, dict[str, Any]]:
    if isinstance(image, Image.Image):
        with image:
            array, axes = pillow_array(image)
        affine = np.eye(4)
    else:
        array, affine = simpleitk_array(image)
        axes = min(image.GetDimension(), 3)
    return array, {
        MetaKeys.AFFINE: affine,
        MetaKeys.ORIGINAL_AFFINE: affine.copy(),
        MetaKeys.SPATIAL_SHAPE: np.asarray(array.shape[:axes]),
        MetaKeys.SPACE: SpaceKeys.RAS,
        MetaKeys.ORIGINAL_CHANNEL_DIM: float("nan") if array.ndim == axes else -1,
    }
