"""Images without labels, to be segmented."""

from __future__ import annotations

import re
from pathlib import Path

from monai_adele.data.case_list import Case
from monai_adele.data.folder_cases import case_id_of
from monai_adele.data.image_file import IMAGE_ENDINGS, image_ending
from monai_adele.errors import DataError

__all__ = ["find_images"]

_CHANNEL = re.compile(r"(.+)_([0-9]{4})")


def find_images(folder: str | Path, *, num_channels: int = 1) -> list[Case]:
    """List the images of a folder; opens none.

    Args:
        folder: holds image files; others are passed over.
        num_channels: channels of a case. With more than one, a case is either one file that holds
            them all, or nnU-Net's ``case_0000``, ``case_0001`` and so on.

    Returns:
        One ``{"image": path or paths, "case_id": str}`` a case, sorted by id.

    Raises:
        DataError: if there is no image, an id comes twice, or a channel is missing.

    Example:
        >>> find_images("nowhere")
        Traceback (most recent call last):
        ...
        monai_adele.errors.DataError: nowhere: no images found, expected files ending in ...
    """
    root = Path(folder).expanduser()
    files = sorted(p for p in root.iterdir() if _is_image(p)) if root.is_dir() else []
    if not files:
        raise DataError(f"{folder}: no images found, expected files ending in {' '.join(IMAGE_ENDINGS)}")
    found: dict[str, list[str]] = {}
    for file in files:
        stem = case_id_of(file.name)
        match = _CHANNEL.fullmatch(stem) if num_channels > 1 else None
        found.setdefault(match[1] if match else stem, []).append(str(file))
    wrong = [
        f"case {case_id!r} ({Path(paths[0]).name}): found {len(paths)} files, expected 1 or {num_channels}"
        for case_id, paths in found.items()
        if len(paths) not in (1, num_channels)
    ]
    if wrong:
        raise DataError(wrong)
    return [
        {"image": paths if len(paths) > 1 else paths[0], "case_id": case_id} for case_id, paths in sorted(found.items())
    ]


def _is_image(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and image_ending(path.name) is not None
