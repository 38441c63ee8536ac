"""The files of a case that is audited."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["AuditedCase"]


@dataclass(frozen=True)
class AuditedCase:
    """The files of a case.

    Attributes:
        case_id: the case.
        image: files of its image, one or a channel each.
        label: file of the given label.
        corrected: file of the corrected label; None where nothing was corrected.
    """

    case_id: str
    image: tuple[Path, ...]
    label: Path
    corrected: Path | None = None
