"""One image or label file, read through to its end."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from PIL import Image, ImageSequence

from monai_adele.errors import DataError

__all__ = [
    "IMAGE_ENDINGS",
    "ImageFile",
    "decode_image_file",
    "file_content",
    "image_ending",
    "pillow_array",
    "read_image_file",
    "simpleitk_array",
]

Array = npt.NDArray[Any]

_NIFTI = (".nii.gz", ".nii")
_SIMPLEITK = (".nrrd", ".mha", ".mhd")
_PILLOW = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp")
IMAGE_ENDINGS = (*_NIFTI, *_SIMPLEITK, *_PILLOW)


@dataclass(frozen=True)
class ImageFile:
    """What a file holds.

    Args:
        array: values as stored, shape ``(*spatial)``, or ``(*spatial, channels)``.
        spatial_dims: 2 or 3.
        affine: shape ``(4, 4)``, voxel indices to mm (RAS); None for formats without one.
        other_affine: the NIfTI qform where both it and the sform, which ``affine`` is, are set; else None.
        slope: scale; a value is ``stored * slope + inter``.
        inter: offset.
        digest: SHA-256 of the file, hexadecimal.
        palette: whether values are indices into a palette of colors.
    """

    array: Array
    spatial_dims: int
    affine: Array | None
    other_affine: Array | None
    slope: float
    inter: float
    digest: str
    palette: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along each spatial axis."""
        return tuple(self.array.shape[: self.spatial_dims])

    @property
    def num_channels(self) -> int:
        """Number of channels; 1 where there is no axis for them."""
        return int(self.array.shape[-1]) if self.array.ndim > self.spatial_dims else 1


def image_ending(name: str) -> str | None:
    """Find the ending of a file name, among those that are read.

    Args:
        name: a file name or path.

    Returns:
        The ending as written, ``".nii.gz"`` being one; None if it is none of `IMAGE_ENDINGS`.

    Example:
        >>> image_ending("case_1.NII.gz"), image_ending("notes.txt")
        ('.NII.gz', None)
    """
    lower = name.lower()
    return next((name[-len(ending) :] for ending in IMAGE_ENDINGS if lower.endswith(ending)), None)


def read_image_file(path: str | Path) -> ImageFile:
    """Read a file through to its end, its checksums included.

    NIfTI as nibabel reads it; NRRD and MetaImage as SimpleITK does, which ignores a damaged stream of
    compressed MetaImage, hence the check beforehand; PNG, TIFF, JPEG and BMP as Pillow does, axes ``(x, y)``,
    pages of a TIFF being the third axis.

    Args:
        path: opened for reading only.

    Returns:
        The file's values and geometry.

    Raises:
        DataError: if it is missing, empty, cut short, damaged or no image; *found; expected; what to do*,
            without the file's name.

    Example:
        >>> read_image_file("nowhere.nii.gz")
        Traceback (most recent call last):
        ...
        monai_adele.errors.DataError: file is missing, expected it to be there; put it there or leave out the case
    """
    path = Path(path)
    return decode_image_file(path, file_content(path))


def file_content(path: Path) -> bytes:
    """Read the bytes of a file that may be an image.

    Args:
        path: opened for reading only.

    Returns:
        All of them.

    Raises:
        DataError: if its ending is not known, or it is missing, empty or cannot be opened; without its name.
    """
    if not image_ending(path.name):
        raise DataError(f"file has an unknown ending, expected one of {' '.join(IMAGE_ENDINGS)}; convert it")
    if not path.is_file():
        raise DataError("file is missing, expected it to be there; put it there or leave out the case")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"file cannot be opened ({error.strerror}), expected a readable one; correct its permissions"
        ) from error
    if not content:
        raise DataError("file is empty (0 bytes), expected an image or a label; copy it again")
    return content


def decode_image_file(path: Path, content: bytes) -> ImageFile:
    """Decode the bytes of a file, as `read_image_file`.

    Args:
        path: of the file, for its ending, and for the data that a NRRD or MetaImage keeps elsewhere.
        content: of the file, from `file_content`.

    Returns:
        The file's values and geometry.

    Raises:
        DataError: if it is cut short, damaged or no image; without the file's name.
    """
    ending = (image_ending(path.name) or "").lower()
    digest = hashlib.sha256(content).hexdigest()
    try:
        if ending in _NIFTI:
            return _read_nifti(content, digest, compressed=ending == ".nii.gz")
        if ending in _PILLOW:
            return _read_pillow(content, digest)
        return _read_simpleitk(path, content, digest)
    except DataError:
        raise
    except EOFError as error:
        raise DataError("file is cut short, expected all of its data; copy it again") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise DataError("file is damaged: its checksum or compressed data are wrong; copy it again") from error
    except Exception as error:  # readers raise anything on hostile bytes; their texts may quote the header
        raise DataError(
            f"file cannot be read ({type(error).__name__}), expected an intact {ending} image; copy it again"
        ) from error


def simpleitk_array(image: sitk.Image) -> tuple[Array, Array]:
    """Lay out a SimpleITK image as nibabel would have read it.

    Args:
        image: of 2 to 4 axes; the fourth counts as channels.

    Returns:
        The array, shape ``(x, y[, z][, channels])``, and its affine, shape ``(4, 4)``, from LPS to RAS.
    """
    array = sitk.GetArrayFromImage(image)
    channels_last = image.GetNumberOfComponentsPerPixel() > 1
    array = np.moveaxis(array.T, 0, -1) if channels_last else array.T
    axes = image.GetDimension()
    used = min(axes, 3)
    direction = np.array(image.GetDirection()).reshape(axes, axes)[:used, :used]
    affine = np.eye(4)
    affine[:used, :used] = direction * np.array(image.GetSpacing()[:used])
    affine[:used, 3] = image.GetOrigin()[:used]
    return array, np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def pillow_array(image: Image.Image) -> tuple[Array, int]:
    """Lay out a Pillow image with x first.

    Args:
        image: only of a TIFF more than the first page is taken.

    Returns:
        Shape ``(x, y[, pages][, channels])``, and the number of spatial axes, 3 if there are several pages.
    """
    taken = ImageSequence.Iterator(image) if image.format == "TIFF" else [image]
    pages = [np.swapaxes(np.asarray(page), 0, 1) for page in taken]
    return (pages[0], 2) if len(pages) == 1 else (np.stack(pages, axis=2), 3)


def _read_nifti(content: bytes, digest: str, *, compressed: bool) -> ImageFile:
    if compressed and content[:2] != b"\x1f\x8b":
        raise DataError("file is not compressed by gzip, expected that of a .nii.gz; rename or compress it")
    content = gzip.decompress(content) if compressed else content
    kind = nib.Nifti2Image if content[:4] in (b"\x1c\x02\x00\x00", b"\x00\x00\x02\x1c") else nib.Nifti1Image
    header = kind.header_class.from_fileobj(io.BytesIO(content))
    shape, dtype = header.get_data_shape(), header.get_data_dtype()
    size = int(header["vox_offset"]) + dtype.itemsize * int(np.prod(shape, dtype=object))
    if len(content) < size:
        raise DataError(f"file is cut short: {len(content)} bytes, expected {size}; copy it again")
    if header["qform_code"] > 0 and not all(np.isfinite(header[f"quatern_{axis}"]) for axis in "bcd"):
        raise DataError("affine holds NaN or infinity (qform), expected finite numbers; repair the header")
    _require_image(len(shape), dtype, shape)
    image = kind.from_bytes(content)
    both = image.header["sform_code"] > 0 and image.header["qform_code"] > 0
    return ImageFile(
        array=image.dataobj.get_unscaled(),
        spatial_dims=min(len(shape), 3),
        affine=np.asarray(image.affine, dtype=np.float64),
        other_affine=np.asarray(image.get_qform(), dtype=np.float64) if both else None,
        slope=float(image.dataobj.slope),
        inter=float(image.dataobj.inter),
        digest=digest,
        palette=False,
    )


def _read_pillow(content: bytes, digest: str) -> ImageFile:
    with Image.open(io.BytesIO(content)) as image:
        image.verify()  # the checksums of PNG
    with Image.open(io.BytesIO(content)) as image:
        (array, axes), mode = pillow_array(image), image.mode
    _require_image(array.ndim, array.dtype, array.shape)
    return ImageFile(array, axes, None, None, 1.0, 0.0, digest, mode in ("P", "PA"))


def _read_simpleitk(path: Path, content: bytes, digest: str) -> ImageFile:
    _decompress(path, content)
    image = sitk.ReadImage(str(path))
    array, affine = simpleitk_array(image)
    _require_image(array.ndim, array.dtype, array.shape)
    return ImageFile(array, min(image.GetDimension(), 3), affine, None, 1.0, 0.0, digest, False)


def _decompress(path: Path, content: bytes) -> None:
    """Read the compressed part of a NRRD or MetaImage through, for its checksum."""
    if content.startswith(b"NRRD"):
        header, _, data = content.partition(b"\n\n" if b"\n\n" in content else b"\r\n\r\n")
        if data and any(line.split(b":")[-1].strip() in (b"gzip", b"gz") for line in header.splitlines()):
            gzip.decompress(data)
        return
    header, _, rest = content.partition(b"ElementDataFile")
    fields = dict(line.replace(b" ", b"").split(b"=", 1) for line in header.splitlines() if b"=" in line)
    if fields.get(b"CompressedData", b"").lower() != b"true":
        return
    name, _, data = rest.partition(b"\n")
    file = name.decode().strip(" =\r")
    stream = zlib.decompressobj()
    stream.decompress(data if file == "LOCAL" else (path.parent / file).read_bytes())
    if not stream.eof:
        raise EOFError


def _require_image(axes: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    if dtype.kind not in "biuf":
        raise DataError(f"file holds {dtype} values, expected real numbers; export colors or parts as channels")
    if not 2 <= axes <= 4 or 0 in shape:
        raise DataError(f"file has shape {tuple(shape)}, expected 2 or 3 spatial axes and at most one for channels")
