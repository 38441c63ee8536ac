"""What the admission of cases remembers of a file once its voxels are let go."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from monai_adele.checks import image_value_problems, label_value_counts, value_range
from monai_adele.data.admission_cache import AdmissionCache
from monai_adele.data.image_file import ImageFile, decode_image_file, file_content, image_ending

__all__ = ["FileFacts", "FileRole", "read_file_facts"]

Array = npt.NDArray[Any]
FileRole = Literal["image", "label"]
_MAX_KEPT_VALUES = 256
_AXES = (2, 3)


@dataclass(frozen=True)
class FileFacts:
    """What follows from the bytes of one file, whatever the dataset declares.

    Args:
        digest: SHA-256 of the file, hexadecimal.
        shape: spatial shape.
        affine: shape ``(4, 4)``, voxel indices to mm; None for formats without one.
        other_affine: the qform, where both it and the sform are set; else None.
        num_channels: number of channels.
        constant_channels: of an image, those that hold a single value; 0 of a label.
        values: of a label, voxels of each value; empty for an image, and for a label with several channels.
        problems: of an image, what is wrong with its values: *found; expected; what to do*.
    """

    digest: str
    shape: tuple[int, ...]
    affine: Array | None
    other_affine: Array | None
    num_channels: int
    constant_channels: int
    values: Mapping[float, int]
    problems: tuple[str, ...]


def read_file_facts(path: str | Path, role: FileRole, *, cache: AdmissionCache | None = None) -> FileFacts:
    """Read a file through to its end, or only its bytes if they are known.

    Args:
        path: of an image or a label.
        role: what it is.
        cache: of sound files; None reads every file through.

    Returns:
        The facts.

    Raises:
        DataError: if it cannot be read; *found; expected; what to do*, without the file's name.

    Example:
        >>> read_file_facts("nowhere.nii.gz", "label")
        Traceback (most recent call last):
        ...
        monai_adele.errors.DataError: file is missing, expected it to be there; put it there or leave out the case
    """
    path = Path(path)
    content = file_content(path)
    if cache is None or not _is_self_contained(path, content):
        return _facts(decode_image_file(path, content), role)
    digest = hashlib.sha256(content).hexdigest()
    key = f"{role} {(image_ending(path.name) or '').lower()} {digest}"
    facts = _from_primitives(digest, cache.get(key))
    if facts is None:
        facts = _facts(decode_image_file(path, content), role)
        if not facts.problems and len(facts.values) <= _MAX_KEPT_VALUES and all(map(math.isfinite, facts.values)):
            cache.put(key, _to_primitives(facts))
    return facts


def _is_self_contained(path: Path, content: bytes) -> bool:
    """Whether no other file is read with this one, as with headers of NRRD and MetaImage that name one."""
    if not path.name.lower().endswith((".nrrd", ".mha", ".mhd")):
        return True
    text = content.lower().replace(b" ", b"")
    local = b"elementdatafile=local" in text
    return local or (text.startswith(b"nrrd") and b"datafile:" not in text.partition(b"\n\n")[0])


def _facts(file: ImageFile, role: FileRole) -> FileFacts:
    values: Mapping[float, int] = {}
    problems: list[str] = []
    constant = 0
    if role == "image":
        problems, constant = _image_problems(file), _constant_channels(file)
    elif file.num_channels == 1:
        values = label_value_counts(file.array, slope=file.slope, inter=file.inter)
    return FileFacts(
        digest=file.digest,
        shape=file.shape,
        affine=file.affine,
        other_affine=file.other_affine,
        num_channels=file.num_channels,
        constant_channels=constant,
        values=values,
        problems=tuple(problems),
    )


def _image_problems(file: ImageFile) -> list[str]:
    if file.palette:
        return ["image holds indices into a palette, expected gray values or RGB; convert it"]
    return image_value_problems(file.array, slope=file.slope, inter=file.inter)


def _constant_channels(file: ImageFile) -> int:
    channels = np.moveaxis(file.array, -1, 0) if file.array.ndim > file.spatial_dims else file.array[None]
    return sum(low == high for low, high in map(value_range, channels))


def _to_primitives(facts: FileFacts) -> dict[str, Any]:
    return {
        "shape": list(facts.shape),
        "affines": [None if a is None else a.tolist() for a in (facts.affine, facts.other_affine)],
        "channels": [facts.num_channels, facts.constant_channels],
        "values": [[float(value), number] for value, number in facts.values.items()],
    }


def _from_primitives(digest: str, known: Any) -> FileFacts | None:
    """Facts of a known file; None if it is not known, or what is known makes no sense."""
    try:
        shape = tuple(int(size) for size in known["shape"])
        first, second = (None if a is None else np.array(a, dtype=np.float64) for a in known["affines"])
        channels, constant = (int(number) for number in known["channels"])
        values = {float(value): int(number) for value, number in known["values"]}
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    affines = [a for a in (first, second) if a is not None]
    if len(shape) not in _AXES or min(shape) < 1 or channels < 1 or any(a.shape != (4, 4) for a in affines):
        return None
    return FileFacts(digest, shape, first, second, channels, constant, values, ())
