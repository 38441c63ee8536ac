"""Annotation noise as a property of a case, for dictionaries."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

from monai.config import KeysCollection
from monai.transforms import MapTransform

from monai_adele.noise import NoiseModel
from monai_adele.transforms.annotation_noise import AnnotationNoise

__all__ = ["AnnotationNoised"]


class AnnotationNoised(MapTransform):
    """Corrupt the labels of a case, always in the same way; see :class:`AnnotationNoise`.

    Args:
        keys: keys of the labels; all start from the same generator.
        noise: the noise model.
        seed: whole number; another one gives other noise for every case.
        case_id_key: key of the case id, a string or whole number. Where it is missing the name of the
            label's file stands in, without folder and ending: give ids where files in several folders
            share a name.
        allow_missing_keys: whether a case may lack a label.
        pixdim: spacing in mm; None for that of a MetaTensor, and 1 mm where there is none.
        onehot: whether labels have a channel for each class, background first.
        manifest: file, ``….jsonl`` or ``….csv``, that records what was drawn and changed.

    Raises:
        TypeError: if ``noise`` is not a noise model or ``seed`` not a whole number.
        ValueError: if the manifest's suffix is another.

    Example:
        >>> import numpy as np
        >>> from monai_adele.noise import Dilate
        >>> noise = AnnotationNoised("label", Dilate(radius_mm=1), seed=0)
        >>> noise({"label": np.array([[0, 0, 1]]), "case_id": "liver_042"})["label"]
        array([[0, 1, 1]])
    """

    backend = AnnotationNoise.backend

    def __init__(
        self,
        keys: KeysCollection,
        noise: NoiseModel,
        seed: int,
        case_id_key: str = "case_id",
        allow_missing_keys: bool = False,
        *,
        pixdim: Sequence[float] | float | None = None,
        onehot: bool = False,
        manifest: str | Path | None = None,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.annotation_noise = AnnotationNoise(noise, seed, pixdim=pixdim, onehot=onehot, manifest=manifest)
        self.case_id_key = case_id_key

    @property
    def noise(self) -> NoiseModel:
        """The noise model, as a run's settings name it."""
        return self.annotation_noise.noise

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Corrupt the labels.

        Args:
            data: a case with channel-first labels, see :func:`~monai_adele.transforms.noisy_label`.

        Returns:
            The case with noisy labels.

        Raises:
            DataError: if there is neither an id nor a file name, if the id is of another kind, or if a
                label cannot be used.
        """
        noisy = dict(data)
        case_id = noisy.get(self.case_id_key)
        for key in self.key_iterator(noisy):
            noisy[key] = self.annotation_noise(noisy[key], case_id, str(key))
        return noisy
