"""Change hue, saturation and value of a color image, at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from monai.config import NdarrayOrTensor
from monai.transforms import RandomizableTransform
from monai.utils import convert_to_dst_type, convert_to_tensor
from skimage.color import hsv2rgb, rgb2hsv

__all__ = ["RandHsvJitter"]


class RandHsvJitter(RandomizableTransform):
    """Add one random number each to hue, saturation and value of all pixels.

    The color jitter of ADELE's VOC pipeline (Liu et al., CVPR 2022), which draws whole steps of 1/180 of the
    circle and of 1/255; this one draws any numbers in these ranges. Hue goes round in a circle, saturation and
    value are cut to ``[0, 1]``. MONAI has no transform of colors.

    Args:
        prob: chance of a change, in ``[0, 1]``.
        hue: largest change of the hue, in circles, in ``[0, 0.5]``.
        saturation: largest change of the saturation, in ``[0, 1]``.
        value: largest change of the value, in ``[0, 1]``.

    Raises:
        ValueError: if a number is out of range.

    Example:
        >>> red = torch.tensor([255.0, 0.0, 0.0]).reshape(3, 1, 1)
        >>> RandHsvJitter(1.0, hue=0, saturation=0, value=0)(red).flatten().tolist()
        [255.0, 0.0, 0.0]
    """

    def __init__(
        self, prob: float = 1.0, *, hue: float = 10 / 180, saturation: float = 10 / 255, value: float = 10 / 255
    ) -> None:
        for name, number, most in (("prob", prob, 1.0), ("hue", hue, 0.5)):
            if not 0 <= number <= most:
                raise ValueError(f"{name}: found {number}, expected a number in [0, {most:g}]")
        for name, number in (("saturation", saturation), ("value", value)):
            if not 0 <= number <= 1:
                raise ValueError(f"{name}: found {number}, expected a number in [0, 1]")
        RandomizableTransform.__init__(self, prob)
        self.ranges = (float(hue), float(saturation), float(value))
        self._change = (0.0, 0.0, 0.0)

    def randomize(self, data: Any | None = None) -> None:
        """Draw whether to change anything, and the three changes.

        Args:
            data: not used.
        """
        super().randomize(None)
        hue, saturation, value = (float(self.R.uniform(-most, most)) for most in self.ranges)
        self._change = (hue, saturation, value)

    def __call__(self, img: NdarrayOrTensor, randomize: bool = True) -> NdarrayOrTensor:
        """Return the image with other colors.

        Args:
            img: red, green and blue, ``(3, *spatial)``, in ``[0, 255]``.
            randomize: False to use the last draw again.

        Returns:
            A new image of the same type, dtype and metadata.

        Raises:
            ValueError: if the image has not three channels, or values outside of the range.
        """
        if randomize:
            self.randomize()
        if not self._do_transform:
            return img
        plain = convert_to_tensor(img, track_meta=False).detach().cpu()
        low, high = float(plain.min()), float(plain.max())
        if plain.shape[0] != 3 or not (low >= 0 and high <= 255):
            raise ValueError(
                f"image: found shape {tuple(plain.shape)} and values from {low:g} to {high:g}, expected three "
                "channels in [0, 255]; change colors before the image is standardized"
            )
        hsv = rgb2hsv(plain.double().numpy() / 255, channel_axis=0) + np.reshape(
            self._change, (3, *[1] * (plain.ndim - 1))
        )
        hsv[0] %= 1
        hsv[1:] = hsv[1:].clip(0, 1)
        changed = torch.from_numpy(hsv2rgb(hsv, channel_axis=0) * 255)
        if not plain.is_floating_point():
            changed = changed.round()
        result: NdarrayOrTensor = convert_to_dst_type(changed, dst=img)[0]
        return result
