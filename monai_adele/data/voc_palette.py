"""The colors of PASCAL VOC's label files."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["encode_voc_label", "voc_palette"]


def voc_palette() -> NDArray[np.uint8]:
    """Return the color of each id: its bits, dealt out to red, green and blue in turn, the highest places first.

    Returns:
        ``(256, 3)``, red, green and blue.

    Example:
        >>> voc_palette()[[0, 1, 2, 15, 255]].tolist()
        [[0, 0, 0], [128, 0, 0], [0, 128, 0], [192, 128, 128], [224, 224, 192]]
    """
    ids = np.arange(256)
    colors = np.zeros((256, 3), np.int64)
    for bit in range(8):
        colors[:, bit % 3] |= ((ids >> bit) & 1) << (7 - bit // 3)
    return colors.astype(np.uint8)


def encode_voc_label(ids: NDArray[np.uint8]) -> bytes:
    """Encode a label as VOC's are: a PNG of indices into VOC's palette.

    Args:
        ids: class ids, ``(height, width)``.

    Returns:
        The file.

    Example:
        >>> content = encode_voc_label(np.array([[0, 255]], np.uint8))
        >>> Image.open(io.BytesIO(content)).mode
        'P'
    """
    image = Image.fromarray(ids)
    image.putpalette(voc_palette().ravel().tolist())
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
