"""Random transforms whose draws depend on seed, epoch and case only."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from monai.data import Dataset
from monai.transforms import Compose, Randomizable, Transform

from monai_adele.errors import DataError

__all__ = ["SeededDataset"]


class SeededDataset(Dataset):
    """Applies random transforms to another data set's items, with draws from (seed, epoch, case id).

    So a sample is the same for any number of workers, persistent or not, in a repeated run and in a
    resumed one. For every item it seeds the random state of every MONAI transform in ``transform``,
    at any depth, and the global ones of torch (CPU), numpy and ``random``; the global ones are put
    back afterwards. Two items with one case id get the same draws in one epoch.

    Args:
        data: its items are dictionaries with a case id; what it draws itself is not seeded, so
            random transforms belong into ``transform``.
        transform: a transform, several of them, or None.
        seed: any integer.
        case_id_key: key of the case id.

    Raises:
        DataError: when an item has no case id.

    Example:
        >>> from monai.transforms import RandScaleIntensityd
        >>> items = [{"image": torch.ones(1, 2, 2), "case_id": "liver_042"}]
        >>> dataset = SeededDataset(items, RandScaleIntensityd("image", 0.5, prob=1.0), seed=0)
        >>> dataset.set_epoch(1)
        >>> bool((dataset[0]["image"] == dataset[0]["image"]).all())
        True
    """

    def __init__(
        self,
        data: Sequence[Any],
        transform: Callable[..., Any] | Sequence[Callable[..., Any]] | None = None,
        *,
        seed: int,
        case_id_key: str = "case_id",
    ) -> None:
        super().__init__(data, transform if isinstance(transform, Compose) else Compose(transform))
        self.seed = int(seed)
        self.case_id_key = case_id_key
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]
        self._numpy_generator = np.random.MT19937(0)
        self._randomizables = list(_randomizables(self.transform, set()))
        for randomizable in self._randomizables:
            randomizable.R = np.random.RandomState(0)

    @property
    def epoch(self) -> int:
        """The epoch that items are drawn for, as all workers see it."""
        return int(self._epoch)

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, also in workers that run already; call it before the epoch's first item is read.

        Args:
            epoch: counted from 1; 0 before the first.
        """
        self._epoch.fill_(int(epoch))

    def _transform(self, index: int) -> Any:
        item = self.data[index]
        with self._seeded(self._case_id(item)):
            return self.transform(item)

    def _case_id(self, item: Any) -> str:
        first = item[0] if isinstance(item, Sequence) and len(item) else item
        if not isinstance(first, Mapping) or self.case_id_key not in first:
            raise DataError(
                f"SeededDataset: found an item without {self.case_id_key!r}, expected the case's id "
                "there; keep that key through the transforms before"
            )
        return str(first[self.case_id_key])

    @contextlib.contextmanager
    def _seeded(self, case_id: str) -> Iterator[None]:
        text = f"item/{self.seed}/{self.epoch}/{case_id}"
        words = np.frombuffer(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), "<u4").tolist()
        torch_state, python_state = torch.get_rng_state(), random.getstate()
        # swapped rather than read out and set again, which takes several times as long
        numpy_generator = np.random.get_bit_generator()  # type: ignore[attr-defined]
        np.random.set_bit_generator(self._numpy_generator)  # type: ignore[attr-defined]
        try:
            np.random.seed(words)
            for randomizable in self._randomizables:
                randomizable.R.seed(np.random.randint(2**32, dtype=np.uint32))
            random.seed(words[0])
            torch.default_generator.manual_seed(words[1])
            yield
        finally:
            np.random.set_bit_generator(numpy_generator)  # type: ignore[attr-defined]
            random.setstate(python_state)
            torch.set_rng_state(torch_state)


def _randomizables(value: Any, seen: set[int]) -> Iterator[Randomizable]:
    """Walk through transforms, their attributes and lists, in a fixed order."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, (list, tuple)):
        children = list(value)
    elif isinstance(value, dict):
        children = list(value.values())
    elif isinstance(value, (Transform, Randomizable)):
        children = list(vars(value).values())
    else:
        return
    if isinstance(value, Randomizable):
        yield value
    for child in children:
        yield from _randomizables(child, seen)
