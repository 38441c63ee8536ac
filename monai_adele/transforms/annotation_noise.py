"""Annotation noise as a property of a case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, ClassVar

import numpy as np
from monai.transforms import Transform
from monai.utils import TransformBackends

from monai_adele.errors import AdeleError, DataError
from monai_adele.noise import NoiseModel
from monai_adele.transforms.noisy_label import noisy_label

__all__ = ["AnnotationNoise"]


class AnnotationNoise(Transform):
    """Corrupt the label of a case, always in the same way: noise that belongs to the case.

    For experiments that make clean labels noisy. The noise's generator is seeded from the seed and the
    case id, so the label is the same in every epoch, worker, process and resumed run. Not a random
    transform for MONAI: its caches keep the result. A PersistentDataset must be given a new folder when
    the noise or its seed changes, because its keys do not include the transforms.

    Args:
        noise: the noise model.
        seed: whole number; another one gives other noise for every case.
        pixdim: spacing in mm of labels that carry none, see
            :func:`~monai_adele.transforms.noisy_label`.

    Raises:
        TypeError: if ``noise`` is not a noise model or ``seed`` not a whole number.

    Example:
        >>> from monai_adele.noise import Erode
        >>> AnnotationNoise(Erode(radius_mm=1), seed=0)(np.array([[0, 1, 1, 1]]), case_id="a")
        array([[0, 0, 1, 1]])
    """

    backend: ClassVar[list[TransformBackends]] = [TransformBackends.NUMPY]

    def __init__(self, noise: NoiseModel, seed: int, *, pixdim: Sequence[float] | float | None = None) -> None:
        if not isinstance(noise, NoiseModel):
            raise TypeError(f"noise is a {type(noise).__name__}, expected a noise model")
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise TypeError(f"seed is {seed!r}, expected a whole number")
        self.noise = noise
        self.seed = seed
        self.pixdim = pixdim

    def __call__(self, label: Any, case_id: str | int | None = None) -> Any:
        """Corrupt one label.

        Args:
            label: channel-first label map, see :func:`~monai_adele.transforms.noisy_label`.
            case_id: of the case; None takes the name of the label's file (without its folder) from the
                metadata.

        Returns:
            The noisy label, of the same type, dtype and metadata.

        Raises:
            DataError: if there is neither an id nor a file name, or if the label cannot be used.
        """
        if case_id is None:
            case_id = _file_name(label)
        digest = hashlib.sha256(f"annotation noise/{self.seed}/{case_id}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest, "little"))
        try:
            return noisy_label(label, self.noise, rng=rng, pixdim=self.pixdim)
        except AdeleError as error:
            raise type(error)(f"case {str(case_id)!r}: {error}") from error


def _file_name(label: Any) -> str:
    meta = getattr(label, "meta", None)
    name = meta.get("filename_or_obj") if isinstance(meta, Mapping) else None
    if not isinstance(name, str) or not name:
        raise DataError("case without an id, and its label without a file name; give each case a case_id")
    return PurePath(name).name
