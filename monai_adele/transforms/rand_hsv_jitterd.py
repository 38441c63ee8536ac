"""Change hue, saturation and value of color images, at random, for dictionaries."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from monai.config import KeysCollection
from monai.transforms import MapTransform, RandomizableTransform

from monai_adele.transforms.rand_hsv_jitter import RandHsvJitter

__all__ = ["RandHsvJitterd"]


class RandHsvJitterd(RandomizableTransform, MapTransform):
    """Add one random number each to hue, saturation and value; see :class:`RandHsvJitter`.

    Args:
        keys: keys of the images ``(3, *spatial)`` in ``[0, 255]``; one draw serves all of them.
        prob: chance of a change, in ``[0, 1]``.
        hue: largest change of the hue, in circles, in ``[0, 0.5]``.
        saturation: largest change of the saturation, in ``[0, 1]``.
        value: largest change of the value, in ``[0, 1]``.
        allow_missing_keys: whether an item may lack an image.

    Raises:
        ValueError: if a number is out of range.

    Example:
        >>> import torch
        >>> item = {"image": torch.full((3, 2, 2), 100.0)}
        >>> RandHsvJitterd("image", prob=0.0)(item)["image"].unique().tolist()
        [100.0]
    """

    def __init__(
        self,
        keys: KeysCollection,
        prob: float = 1.0,
        *,
        hue: float = 10 / 180,
        saturation: float = 10 / 255,
        value: float = 10 / 255,
        allow_missing_keys: bool = False,
    ) -> None:
        MapTransform.__init__(self, keys, allow_missing_keys)
        self.jitter = RandHsvJitter(prob, hue=hue, saturation=saturation, value=value)
        RandomizableTransform.__init__(self, prob)

    def set_random_state(self, seed: int | None = None, state: np.random.RandomState | None = None) -> RandHsvJitterd:
        """Set the random state, also of the array transform.

        Args:
            seed: of a new state.
            state: the state itself.
        """
        super().set_random_state(seed, state)
        self.jitter.set_random_state(seed, state)
        return self

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item with its images in other colors.

        Args:
            data: item with the images.
        """
        item = dict(data)
        self.jitter.randomize()
        for key in self.key_iterator(item):
            item[key] = self.jitter(item[key], randomize=False)
        return item
