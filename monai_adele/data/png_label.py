"""A PNG label whose pixels can be changed, mode and palette staying as they are."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from monai_adele.data.image_file import pillow_array, read_image_file
from monai_adele.errors import DataError

__all__ = ["PngLabel"]


class PngLabel:
    """The pixels of a PNG label: grey values, or indices into its palette.

    Mode, palette, transparency and resolution are kept; texts in the file are not.

    Args:
        path: a ``.png`` file of one channel; opened for reading only.

    Attributes:
        shape: pixels, x first.
        affine: None; PNG has none.

    Raises:
        DataError: if the file cannot be read; without its name.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.png"
        >>> Image.fromarray(np.zeros((2, 3), np.uint8)).save(path)
        >>> label = PngLabel(path)
        >>> label.set_ids(np.array([5]), np.array([1]))
        >>> np.asarray(Image.open(io.BytesIO(label.encode()))).tolist()
        [[0, 0, 0], [0, 0, 1]]
    """

    def __init__(self, path: str | Path) -> None:
        self._pixels = np.array(read_image_file(path).array)
        self.shape = self._pixels.shape
        self.affine: None = None
        with Image.open(path) as image:
            image.load()
            self._image = image.copy()

    def ids(self, indices: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Read class ids.

        Args:
            indices: flat C-order indices into ``shape``, ``(N,)``.

        Returns:
            ``(N,)``.
        """
        return np.asarray(self._pixels[np.unravel_index(indices, self.shape)], np.int64)

    def set_ids(self, indices: NDArray[np.integer[Any]], ids: NDArray[np.integer[Any]]) -> None:
        """Set class ids.

        Args:
            indices: flat C-order indices into ``shape``, ``(N,)``.
            ids: ``(N,)``.
        """
        pixels = self._pixels.astype(np.int64)
        pixels[np.unravel_index(indices, self.shape)] = ids
        self._pixels = pixels

    def encode(self) -> bytes:
        """Return the file, always the same bytes.

        Raises:
            DataError: if mode or palette of the file cannot hold an id.
        """
        image, mode = self._image.copy(), self._image.mode
        rows = np.ascontiguousarray(self._pixels.T)
        dtype = "<u2" if mode == "I;16" else np.int32 if mode == "I" else np.uint8
        image.frombytes(np.packbits(rows > 0, axis=1).tobytes() if mode == "1" else rows.astype(dtype).tobytes())
        content = io.BytesIO()
        image.save(content, "PNG", **{key: value for key, value in self._image.info.items() if key == "dpi"})
        with Image.open(io.BytesIO(content.getvalue())) as written:
            if not np.array_equal(pillow_array(written)[0], self._pixels):
                found = f"file has mode {mode}{' with a palette' if mode == 'P' else ''}"
                raise DataError(
                    f"{found}, expected one that can hold class id {self._pixels.max()}; convert the labels"
                )
        return content.getvalue()
