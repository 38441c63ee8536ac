"""What was changed in one case's label."""

from __future__ import annotations

import hashlib
import math
import struct
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["Correction", "class_voxels"]

LabelT = TypeVar("LabelT", NDArray[np.generic], Tensor)

_HEADER = struct.Struct("<8s16sIQ8I")  # magic, digest of the case id, dimensions, voxels, shape
_MAGIC = b"adelecor"
_BYTES_PER_VOXEL = 6
_FEW = 32  # classes that are counted one after the other


@dataclass(frozen=True, eq=False)
class Correction:
    """The voxels in which a case's current label differs from its given label.

    Attributes:
        indices: flat C-order indices into the label's grid, ``(N,)`` uint32, strictly increasing.
        given: class ids in the given label, ``(N,)`` uint8.
        new: class ids in the current label, ``(N,)`` uint8, different from ``given``.
        shape: spatial shape of the label, at most 8 dimensions and 2**32 voxels.

    Raises:
        ValueError: if the arrays do not fit each other or the shape.

    Example:
        >>> given = np.array([[0, 1], [1, 2]], np.uint8)
        >>> correction = Correction.between(given, np.array([[0, 1], [0, 2]], np.uint8))
        >>> correction.indices, correction.laid_over(given).tolist()
        (array([2], dtype=uint32), [[0, 1], [0, 2]])
    """

    indices: NDArray[np.uint32]
    given: NDArray[np.uint8]
    new: NDArray[np.uint8]
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        for name, dtype in (("indices", np.uint32), ("given", np.uint8), ("new", np.uint8)):
            array = getattr(self, name)
            if array.dtype != dtype or array.shape != (len(self.indices),):
                raise ValueError(f"{name}: found {array.dtype} {array.shape}, expected {dtype.__name__} (N,)")
        if not 1 <= len(self.shape) <= 8 or math.prod(self.shape) > 2**32:
            raise ValueError(f"shape: found {self.shape}, expected 1 to 8 dimensions and at most 2**32 voxels")
        if len(self) and not (np.diff(self.indices.astype(np.int64)) > 0).all():
            raise ValueError("indices: expected strictly increasing numbers")
        if len(self) and int(self.indices[-1]) >= math.prod(self.shape):
            raise ValueError(f"indices: found {self.indices[-1]}, expected less than the voxels of {self.shape}")
        if (self.given == self.new).any():
            raise ValueError("new: found a voxel that keeps its given class id")

    def __len__(self) -> int:
        return len(self.indices)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Correction):
            return NotImplemented
        return self.shape == other.shape and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in ("indices", "given", "new")
        )

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def between(cls, given: NDArray[np.integer], corrected: NDArray[np.integer]) -> Correction:
        """Return what differs between two label maps.

        Args:
            given: class ids in 0..255, ``(*spatial)``, any integer dtype.
            corrected: the same, of the same shape.

        Returns:
            The correction that leads from the one to the other; it may hold no voxel.

        Raises:
            TypeError: if a label map is not of integers.
            ValueError: if shapes differ, or a class id of a voxel that differs is outside 0..255.
        """
        for name, label in (("given", given), ("corrected", corrected)):
            if not np.issubdtype(label.dtype, np.integer):
                raise TypeError(f"{name}: found {label.dtype}, expected integers")
        if given.shape != corrected.shape:
            raise ValueError(f"found given {given.shape} and corrected {corrected.shape}, expected equal shapes")
        before, after = np.ravel(given), np.ravel(corrected)
        indices = np.flatnonzero(before != after)
        return cls(indices.astype(np.uint32), _as_ids(before[indices]), _as_ids(after[indices]), given.shape)

    def fits(self, label: NDArray[np.generic] | Tensor) -> bool:
        """Tell whether a label is, as far as can be seen, the given one that this was made for.

        Args:
            label: ``(*spatial)`` or ``(1, *spatial)``.

        Returns:
            True if shape and given class ids agree.
        """
        return self._holds(label, self.given)

    def laid_over(self, given: LabelT) -> LabelT:
        """Return the current label: the given label with this correction laid over it.

        Args:
            given: ``(*spatial)`` or ``(1, *spatial)``; numpy array, tensor or MetaTensor of any dtype
                that can hold the class ids.

        Returns:
            A new label of the same type, shape, dtype, device and metadata.

        Raises:
            ValueError: if the correction does not fit (see :meth:`fits`), or a class id does not fit
                into the dtype.
        """
        return self._exchanged(given, self.given, self.new)

    def taken_off(self, current: LabelT) -> LabelT:
        """Return the given label: the current label without this correction.

        Args:
            current: what :meth:`laid_over` returned.

        Returns:
            A new label of the same type, shape, dtype, device and metadata.

        Raises:
            ValueError: if it is not a label that this correction was laid over.
        """
        return self._exchanged(current, self.new, self.given)

    def _holds(self, label: NDArray[np.generic] | Tensor, ids: NDArray[np.uint8]) -> bool:
        if tuple(label.shape) not in (self.shape, (1, *self.shape)):
            return False
        if isinstance(label, Tensor):
            values = _plain(label).reshape(-1)[self._places(label)].cpu().numpy()
        else:
            values = np.reshape(label, -1)[self.indices]
        return bool(np.array_equal(values, ids))

    def _exchanged(self, label: LabelT, old: NDArray[np.uint8], new: NDArray[np.uint8]) -> LabelT:
        if not self._holds(label, old):
            raise ValueError(f"found a label of shape {tuple(label.shape)} that this correction does not fit")
        if isinstance(label, Tensor):
            ids: Any = torch.from_numpy(new).to(label.dtype)
            held = np.array_equal(ids.to(torch.int64), new)
            result: Any = label.clone(memory_format=torch.contiguous_format)
            _plain(result).view(-1)[self._places(label)] = ids.to(label.device)
        else:
            ids = new.astype(label.dtype)
            held = np.array_equal(ids.astype(np.int64), new)
            result = np.array(label, order="C")
            result.reshape(-1)[self.indices] = ids
        if not held:
            raise ValueError(f"found a label of {label.dtype}, which cannot hold class id {new.max()}")
        return cast(LabelT, result)

    def _places(self, label: Tensor) -> Tensor:
        return torch.from_numpy(self.indices.astype(np.int64)).to(label.device)

    def transitions(self) -> dict[tuple[int, int], int]:
        """Count the changed voxels by class.

        Returns:
            ``(given class id, new class id)`` to voxels, in ascending order.
        """
        pairs, voxels = np.unique(self.given.astype(np.int64) * 256 + self.new, return_counts=True)
        return {divmod(int(pair), 256): int(count) for pair, count in zip(pairs, voxels, strict=True)}

    def encode(self, case_id: str) -> bytes:
        """Return the correction as bytes: a header of 68 bytes, then 6 bytes a voxel.

        Args:
            case_id: the case that it belongs to.
        """
        shape = (*self.shape, *[0] * (8 - len(self.shape)))
        header = _HEADER.pack(_MAGIC, _case_digest(case_id), len(self.shape), len(self), *shape)
        return header + self.indices.astype("<u4").tobytes() + self.given.tobytes() + self.new.tobytes()

    @classmethod
    def decode(cls, content: bytes, case_id: str) -> Correction:
        """Read what :meth:`encode` wrote.

        Args:
            content: all bytes.
            case_id: the case that it has to belong to.

        Raises:
            ValueError: if the content is not a correction, is cut short, or belongs to another case.
        """
        if len(content) < _HEADER.size or content[:8] != _MAGIC:
            raise ValueError("found other content, expected a correction")
        _, digest, dims, voxels, *shape = _HEADER.unpack_from(content)
        if digest != _case_digest(case_id):
            raise ValueError(f"found the correction of another case, expected that of {case_id!r}")
        if len(content) != _HEADER.size + _BYTES_PER_VOXEL * voxels or dims > 8:
            raise ValueError(f"found {len(content)} bytes, expected {_HEADER.size + _BYTES_PER_VOXEL * voxels}")
        indices = np.frombuffer(content, "<u4", voxels, _HEADER.size).astype(np.uint32)
        ids = np.frombuffer(content, np.uint8, 2 * voxels, _HEADER.size + 4 * voxels).copy()
        return cls(indices, ids[:voxels], ids[voxels:], tuple(shape[:dims]))


def class_voxels(label: NDArray[np.integer]) -> tuple[tuple[int, int], ...]:
    """Count the voxels of each class that a label map holds.

    Args:
        label: ``(*spatial)``, any integer dtype.

    Returns:
        ``(class id, voxels)``, ascending; classes without voxels left out.

    Example:
        >>> class_voxels(np.array([0, 2, 2]))
        ((0, 1), (2, 2))
    """
    ids = np.ravel(label)
    highest = int(ids.max(initial=0))
    if highest < _FEW and not ids.min(initial=0) < 0:  # a hundredth of the time of a sort
        counts = [(c, int(np.count_nonzero(ids == c))) for c in range(highest + 1)]
        return tuple((c, count) for c, count in counts if count)
    found, voxels = np.unique(ids, return_counts=True)
    return tuple((int(c), int(count)) for c, count in zip(found, voxels, strict=True))


def _case_digest(case_id: str) -> bytes:
    return hashlib.sha256(case_id.encode("utf-8", "surrogatepass")).digest()[:16]


def _as_ids(values: NDArray[np.integer]) -> NDArray[np.uint8]:
    if len(values) and not (values.min() >= 0 and values.max() <= 255):
        raise ValueError(f"found class ids {values.min()}..{values.max()}, expected 0..255")
    return values.astype(np.uint8)


def _plain(label: Tensor) -> Tensor:
    return label.as_subclass(Tensor)
