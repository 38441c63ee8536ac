"""Annotation noise as a property of a case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from monai.data import MetaTensor
from monai.transforms import Transform
from monai.utils import TransformBackends

from monai_adele.checks import require_right_angles
from monai_adele.data import ManifestRecord, append_record
from monai_adele.data.folder_cases import case_id_of
from monai_adele.data.manifest import checked_manifest_path
from monai_adele.errors import AdeleError, DataError
from monai_adele.noise import NoiseModel, noise_to_config, recorded_draws
from monai_adele.transforms.label_ids import label_ids
from monai_adele.transforms.noisy_label import noisy_label

__all__ = ["AnnotationNoise"]


class AnnotationNoise(Transform):
    """Corrupt the label of a case, always in the same way: noise that belongs to the case.

    For experiments that make clean labels noisy. The noise's generator is seeded from the seed and the
    case id, so the label is the same in every epoch, worker, process and resumed run. Not a random
    transform for MONAI: its caches keep the result. For a PersistentDataset, whose own key leaves out the
    transforms and would serve an old noise, there is :func:`~monai_adele.transforms.transforms_hash`.

    Args:
        noise: the noise model.
        seed: whole number; another one gives other noise for every case.
        pixdim: spacing in mm, where it is not that of the MetaTensor; see
            :func:`~monai_adele.transforms.noisy_label`.
        onehot: whether labels have a channel for each class, background first.
        manifest: file, ``….jsonl`` or ``….csv``, to which a record of what was drawn and changed is
            appended whenever a label is corrupted, by any thread or worker of one machine; see
            :func:`~monai_adele.data.read_manifest`, which lists each case once. What a cache serves was
            recorded when it was corrupted.

    Raises:
        TypeError: if ``noise`` is not a noise model or ``seed`` not a whole number, or if there is a
            manifest and ``noise`` cannot be written in it.
        ValueError: if the manifest's suffix is another.

    Example:
        >>> from monai_adele.noise import Erode
        >>> AnnotationNoise(Erode(radius_mm=1), seed=0)(np.array([[0, 1, 1, 1]]), case_id="a")
        array([[0, 0, 1, 1]])
    """

    backend: ClassVar[list[TransformBackends]] = [TransformBackends.NUMPY]

    def __init__(
        self,
        noise: NoiseModel,
        seed: int,
        *,
        pixdim: Sequence[float] | float | None = None,
        onehot: bool = False,
        manifest: str | Path | None = None,
    ) -> None:
        if not isinstance(noise, NoiseModel):
            raise TypeError(f"noise is a {type(noise).__name__}, expected a noise model")
        if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool):
            raise TypeError(f"seed is {seed!r}, expected a whole number")
        if manifest is not None:
            manifest = checked_manifest_path(manifest)
            noise_to_config(noise)
        self.noise = noise
        self.seed = int(seed)
        self.pixdim = pixdim
        self.onehot = onehot
        self.manifest = manifest

    def __call__(self, label: Any, case_id: str | int | None = None, key: str = "label") -> Any:
        """Corrupt one label.

        Args:
            label: channel-first, see :func:`~monai_adele.transforms.noisy_label`.
            case_id: of the case, a text or whole number; None takes the name of the label's file from
                the metadata, without folder and ending.
            key: name of the label in the manifest.

        Returns:
            The noisy label, of the same form, type, dtype and metadata.

        Raises:
            DataError: if there is neither an id nor a file name, if the id is of another kind, or if the
                label cannot be used; a GeometryError where its own affine is sheared.
            OSError: if the manifest cannot be written.
        """
        case_id = _file_name(label) if case_id is None else _checked_id(case_id)
        digest = hashlib.sha256(f"annotation noise/{self.seed}/{case_id}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest, "little"))
        try:
            if self.pixdim is None and isinstance(label, MetaTensor):
                affine = label.affine.cpu().numpy()
                require_right_angles(affine, label.ndim - 1, otherwise=", or tell the spacing as pixdim")
            with recorded_draws() as draws:
                noisy = noisy_label(label, self.noise, rng=rng, pixdim=self.pixdim, onehot=self.onehot)
        except AdeleError as error:
            raise type(error)(f"case {str(case_id)!r}: {error}") from error
        if self.manifest is not None:
            append_record(self.manifest, self._record(label, noisy, str(case_id), key, draws))
        return noisy

    def _record(self, label: Any, noisy: Any, case_id: str, key: str, draws: list[dict[str, Any]]) -> ManifestRecord:
        given, drawn = (label_ids(each, onehot=self.onehot) for each in (label, noisy))
        config = noise_to_config(self.noise)
        return ManifestRecord.of(given, drawn, case_id=case_id, key=key, seed=self.seed, noise=config, draws=draws)


def _file_name(label: Any) -> str:
    meta = getattr(label, "meta", None)
    name = meta.get("filename_or_obj") if isinstance(meta, Mapping) else None
    if not isinstance(name, str) or not name:
        raise DataError("case without an id, and its label without a file name; give each case a case_id")
    return case_id_of(name)


def _checked_id(case_id: str | int) -> str | int:
    if isinstance(case_id, bool) or not isinstance(case_id, (str, int, np.integer)) or case_id == "":
        raise DataError(f"case id is {case_id!r}, expected a text or a whole number")
    return case_id
