"""Standardize a volume slice by slice."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from monai.config import KeysCollection
from monai.transforms import MapTransform, NormalizeIntensity

__all__ = ["NormalizeSliceIntensityd"]


class NormalizeSliceIntensityd(MapTransform):
    """Give every slice of a volume mean 0 and standard deviation 1, channel by channel.

    What ADELE's SegTHOR pipeline does to its inputs (Liu et al., CVPR 2022). MONAI's
    ``NormalizeIntensityd`` takes mean and deviation of the whole volume. A constant slice
    becomes 0.

    Args:
        keys: keys of images ``(C, *spatial, slices)``, floating point, 2D slices along the last
            axis.
        allow_missing_keys: do nothing for a key that an item lacks.

    Example:
        >>> import torch
        >>> image = torch.tensor([[[[0.0, 5.0], [2.0, 7.0]]]])
        >>> NormalizeSliceIntensityd("image")({"image": image})["image"].tolist()
        [[[[-1.0, -1.0], [1.0, 1.0]]]]
    """

    def __init__(self, keys: KeysCollection, allow_missing_keys: bool = False) -> None:
        super().__init__(keys, allow_missing_keys)
        self._normalize = NormalizeIntensity(channel_wise=True)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item with its images standardized.

        Args:
            data: item with the images.
        """
        item = dict(data)
        for key in self.key_iterator(item):
            image = item[key].clone()
            for i in range(image.shape[-1]):
                image[..., i] = self._normalize(image[..., i])
            item[key] = image
        return item
