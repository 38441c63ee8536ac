"""What a dataset.json or datalist declares: classes, channels, the ignored id."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monai_adele.checks import MAX_LABEL_ID
from monai_adele.errors import DataError

__all__ = ["Declaration", "read_declaration"]


@dataclass(frozen=True)
class Declaration:
    """Declared properties of a dataset.

    Args:
        content: the whole JSON object; empty if there was no file.
        class_names: index is the class id; empty if not declared.
        ignore_index: id of the label named "ignore"; None if there is none.
        num_channels: number of declared channels or modalities; None if not declared.
        nnunet: whether files follow nnU-Net's names, ``case_0000``.
    """

    content: dict[str, Any]
    class_names: tuple[str, ...] = ()
    ignore_index: int | None = None
    num_channels: int | None = None
    nnunet: bool = False


def read_declaration(path: Path) -> Declaration:
    """Read the dataset.json of MSD or nnU-Net (version 2), or a datalist of MONAI.

    Args:
        path: a JSON file.

    Returns:
        What it declares.

    Raises:
        DataError: if it is no JSON object, declares overlapping regions, or ids that are not consecutive.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path.name}: file cannot be opened ({error.strerror}), expected a JSON file") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path.name}: file is not JSON; correct or remove it") from error
    if not isinstance(content, dict):
        raise DataError(
            f"{path.name}: holds a {type(content).__name__}, expected an object with 'training' or 'labels'"
        )
    names, ignore_index = _classes(content.get("labels"), path.name)
    if "regions_class_order" in content:
        raise DataError(_region_refusal(path.name, "regions_class_order"))
    channels = content.get("channel_names", content.get("modality"))
    return Declaration(
        content=content,
        class_names=names,
        ignore_index=ignore_index,
        num_channels=len(channels) if isinstance(channels, (dict, list)) and channels else None,
        nnunet="channel_names" in content or "file_ending" in content,
    )


def _classes(labels: object, file: str) -> tuple[tuple[str, ...], int | None]:
    if labels is None:
        return (), None
    ids = _ids(labels, file)
    ignore_index = ids.pop("ignore", None)
    names = tuple(sorted(ids, key=ids.__getitem__))
    found = [ids[name] for name in names]
    if found != list(range(len(names))) or len(names) < 2:
        raise DataError(
            f"{file}: 'labels' declares ids {found}, expected background 0 and classes 1, 2, … without gaps; "
            "remap the labels with MapLabelValued and correct 'labels'"
        )
    if len(names) > MAX_LABEL_ID or (ignore_index is not None and not len(names) <= ignore_index <= MAX_LABEL_ID):
        raise DataError(
            f"{file}: 'labels' declares {len(names)} classes and ignored id {ignore_index}, expected ids "
            f"within 0..{MAX_LABEL_ID} with the ignored one above the classes; remap the labels"
        )
    return names, ignore_index


def _ids(labels: object, file: str) -> dict[str, int]:
    """Read ``{"0": name}``, ``{name: 0}`` or ``[name, …]``."""
    if isinstance(labels, list):
        labels = {str(index): name for index, name in enumerate(labels)}
    if not isinstance(labels, dict):
        raise DataError(f"{file}: 'labels' is a {type(labels).__name__}, expected an object of ids and names")
    ids: dict[str, int] = {}
    for key, value in labels.items():
        if isinstance(value, list):
            raise DataError(_region_refusal(file, key))
        name, number = (value, key) if isinstance(value, str) and not value.isdecimal() else (key, value)
        whole = str(number).isascii() and str(number).isdecimal() and not isinstance(number, (bool, float))
        if not whole or len(str(number)) > 6 or name in ids:
            raise DataError(f"{file}: 'labels' has the entry {key!r}: {value!r}, expected one id and one name each")
        ids[name] = int(number)
    return ids


def _region_refusal(file: str, name: str) -> str:
    return (
        f"{file}: {name!r} declares overlapping regions, expected one id per voxel: ADELE follows and "
        "corrects each class by itself, a voxel cannot be corrected in several at once; declare the disjoint "
        "parts as classes"
    )
