"""Pairing of the images and labels in two folders, by case id."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from monai_adele.checks import problem_line
from monai_adele.data.case_list import Case
from monai_adele.data.image_file import IMAGE_ENDINGS, image_ending
from monai_adele.errors import DataError

__all__ = ["case_id_of", "pair_folders"]

_FOLDERS = (("imagesTr", "labelsTr"), ("images", "labels"))
_CHANNEL = re.compile(r"(.+)_([0-9]{4})")


def case_id_of(path: str) -> str:
    """Take the case id from a file's name: without folders and ending.

    Args:
        path: of an image or a label.

    Returns:
        The id.

    Example:
        >>> case_id_of("labelsTr/liver_042.nii.gz")
        'liver_042'
    """
    name = re.split(r"[/\\]", path)[-1]
    return name[: len(name) - len(image_ending(name) or "")]


def pair_folders(
    root: Path, *, nnunet: bool = False, file_ending: str | None = None
) -> tuple[list[Case], list[str], list[str]]:
    """Pair ``imagesTr/`` with ``labelsTr/``, or ``images/`` with ``labels/``.

    A channel file, ``case_0000``, belongs to ``case``; without a dataset.json of nnU-Net only if there is a
    label ``case`` and none ``case_0000``.

    Args:
        root: the dataset's folder.
        nnunet: every image is a channel file.
        file_ending: files with another ending are left out, as nnU-Net does; None takes all images.

    Returns:
        Cases sorted by id, a line for each that cannot be paired, and notes on what was left out.

    Raises:
        DataError: if there are no such folders, or nothing in them.
    """
    images_name, labels_name = _folder_names(root)
    labels, label_notes = _files(root / labels_name, file_ending)
    images, image_notes = _files(root / images_name, file_ending)
    if not labels and not images:
        endings = " ".join(IMAGE_ENDINGS)
        raise DataError(f"{root}: no images in {images_name}/ and {labels_name}/, expected {endings} files")
    found = {case_id: _Files(case_id, paths, {}) for case_id, paths in labels.items()}
    for stem, paths in images.items():
        case_id, channel = _channel(stem, set(labels), nnunet=nnunet)
        found.setdefault(case_id, _Files(case_id, [], {})).images.setdefault(channel, []).extend(paths)
    files_per_case = 1 + max((channel for files in found.values() for channel in files.images), default=0)
    problems = {
        files.case_id: _problems(files, max(files_per_case, 1), images_name, labels_name)
        for _, files in sorted(found.items())
    }
    cases = [found[case_id].as_case() for case_id, lines in problems.items() if not lines]
    return cases, [line for lines in problems.values() for line in lines], image_notes + label_notes


@dataclass(frozen=True)
class _Files:
    """Files of one case; the key of images is the channel, -1 where the name bears none."""

    case_id: str
    labels: list[Path]
    images: dict[int, list[Path]]

    def as_case(self) -> Case:
        paths = [str(self.images[channel][0]) for channel in sorted(self.images)]
        return {
            "image": paths if len(paths) > 1 else paths[0],
            "label": str(self.labels[0]),
            "case_id": self.case_id,
        }


def _folder_names(root: Path) -> tuple[str, str]:
    for images, labels in _FOLDERS:
        if (root / images).is_dir() and (root / labels).is_dir():
            return images, labels
    raise DataError(
        f"{root}: folders imagesTr/ and labelsTr/ (or images/ and labels/) are missing, expected both; "
        "put the files there or hand over a datalist (JSON)"
    )


def _files(folder: Path, file_ending: str | None) -> tuple[dict[str, list[Path]], list[str]]:
    stems: dict[str, list[Path]] = {}
    others: Counter[str] = Counter()
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_dir():  # "._case.nii.gz" is what macOS leaves
            continue
        ending = image_ending(path.name)
        if ending is None or (file_ending and ending.lower() != file_ending.lower()):
            others[path.suffix] += 1
        else:
            stems.setdefault(case_id_of(path.name), []).append(path)
    notes = [f"{folder.name}/: {n} files ending in {suffix!r} left out" for suffix, n in sorted(others.items())]
    return stems, notes


def _channel(stem: str, label_stems: set[str], *, nnunet: bool) -> tuple[str, int]:
    """Answer case id and channel; -1 is an image without a channel suffix."""
    match = _CHANNEL.fullmatch(stem)
    if match and (nnunet or (stem not in label_stems and match[1] in label_stems)):
        return match[1], int(match[2])
    return stem, -1


def _problems(files: _Files, files_per_case: int, images_name: str, labels_name: str) -> list[str]:
    if not files.labels or not files.images:
        return [_unpaired(files, images_name, labels_name)]
    lines = []
    for paths in (files.labels, *files.images.values()):
        if len(paths) > 1:
            names = ", ".join(path.name for path in paths)
            lines.append((names, "are several files of one case, expected one; remove the others"))
    channels = {max(channel, 0) for channel in files.images}
    if len(channels) < len(files.images) or (-1 in files.images and len(channels) > 1):
        file = f"{images_name}/{files.images[-1][0].name}"
        lines.append((file, "stands beside channel files of the case, expected one kind only; remove one"))
    for channel in sorted(set(range(files_per_case)) - channels):
        found = ", ".join(f"{c:04d}" for c in sorted(channels))
        text = f"channel file is missing, found {found}, expected 0000..{files_per_case - 1:04d}; add it"
        lines.append((f"{images_name}/{files.case_id}_{channel:04d}", text))
    return [problem_line(files.case_id, file, text) for file, text in lines]


def _unpaired(files: _Files, images_name: str, labels_name: str) -> str:
    if files.labels:
        file, missing, folder = f"{labels_name}/{files.labels[0].name}", "an image", images_name
    else:
        first = next(iter(files.images.values()))[0]
        file, missing, folder = f"{images_name}/{first.name}", "a label", labels_name
    text = f"is unpaired, expected {missing} of the same name in {folder}/; add it or remove this one"
    return problem_line(files.case_id, file, text)
