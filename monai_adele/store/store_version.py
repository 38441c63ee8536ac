"""One version of a label store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["StoreVersion", "sealed_json", "unsealed_json"]

_FORMAT = "monai_adele label store 1"


@dataclass(frozen=True)
class StoreVersion:
    """What one version of a label store holds.

    Attributes:
        version: its id, counted from 0, which is empty; never used for anything else again.
        epoch: epoch after which it was committed, counted from 1; None outside of a training.
        reason: why it was committed, in words.
        restored: the version whose content a roll back brought back, else None.
        journal: digest of the version's journal; empty for version 0.
        cases: case id to the digest of its correction, for all corrected cases.
        by_hand: whether a person made it, by undoing corrections or restoring a version.

    Example:
        >>> StoreVersion.decode(StoreVersion(0).encode()) == StoreVersion(0)
        True
    """

    version: int
    epoch: int | None = None
    reason: str = ""
    restored: int | None = None
    journal: str = ""
    cases: Mapping[str, str] = field(default_factory=dict)
    by_hand: bool = False

    def encode(self) -> bytes:
        """Return the version as bytes that show if they were changed."""
        return sealed_json(asdict(self))

    @property
    def digest(self) -> str:
        """Digest of all that the version holds; two stores have the same one only for the same content."""
        return hashlib.sha256(self.encode()).hexdigest()

    @classmethod
    def decode(cls, content: bytes) -> StoreVersion:
        """Read what :meth:`encode` wrote.

        Args:
            content: all bytes.

        Raises:
            ValueError: if it is something else, or was changed.
        """
        try:
            return cls(**unsealed_json(content))
        except TypeError as error:
            raise ValueError(f"found other content, expected a version of a label store: {error}") from error


def sealed_json(values: Mapping[str, Any]) -> bytes:
    """Return values as a line of JSON and a line with its digest.

    Args:
        values: what JSON can hold.

    Example:
        >>> unsealed_json(sealed_json({"version": 3}))
        {'version': 3}
    """
    line = json.dumps({"format": _FORMAT, **values}, allow_nan=False).encode() + b"\n"
    return line + hashlib.sha256(line).hexdigest().encode() + b"\n"


def unsealed_json(content: bytes) -> dict[str, Any]:
    """Read what :func:`sealed_json` wrote.

    Args:
        content: all bytes.

    Raises:
        ValueError: if it is something else, or was changed.
    """
    line, _, seal = content.partition(b"\n")
    if seal.strip() != hashlib.sha256(line + b"\n").hexdigest().encode():
        raise ValueError("found content that does not match its digest")
    values: dict[str, Any] = json.loads(line)
    found = values.pop("format", None)
    if found != _FORMAT:
        raise ValueError(f"found format {found!r}, expected {_FORMAT!r}")
    return values
