"""The cases of a dataset as people have it: a folder, or a datalist."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from monai_adele.checks import MAX_LABEL_ID
from monai_adele.data.case_list import Case, CaseList, Part
from monai_adele.data.datalist import datalist_cases
from monai_adele.data.declaration import Declaration, read_declaration
from monai_adele.data.folder_cases import pair_folders
from monai_adele.data.image_file import image_ending
from monai_adele.errors import DataError

__all__ = ["find_cases"]


def find_cases(
    dataset: str | Path,
    *,
    image_key: str = "image",
    label_key: str = "label",
    class_names: Sequence[str] | None = None,
    ignore_index: int | None = None,
    on_problem: Literal["raise", "collect"] = "raise",
) -> CaseList:
    """List the cases of a dataset, each image with its label; opens no image.

    A folder holds ``imagesTr/`` and ``labelsTr/`` (or ``images/`` and ``labels/``), with or without the
    dataset.json of the Medical Segmentation Decathlon or of nnU-Net (channel files ``case_0000``). A file is
    a datalist as MONAI knows it: ``"training"``, and if wanted ``"validation"`` and ``"test"`` (or
    ``"testing"``), paths relative to the file, further keys kept, a key ``"truth"`` being a path too. Cases
    are paired by id: ``"case_id"`` of the datalist, else the file's name without ending and channel.

    Args:
        dataset: the folder or the file.
        image_key: the datalist's key of the image.
        label_key: the datalist's key of the label.
        class_names: index is the class id, background first; None takes what the dataset declares.
        ignore_index: id of voxels to be left out, above the classes, at most 255; None takes what the dataset
            declares (a label named "ignore").
        on_problem: "collect" puts the cases that cannot be paired into `CaseList.problems` instead of
            raising, so that `admit_cases` can report them together with its own.

    Returns:
        The cases, sorted by id.

    Raises:
        DataError: if there is no such dataset, its JSON cannot be used, its classes are overlapping regions,
            or cases cannot be paired: one line for each of them.
        ValueError: if an argument is out of range.

    Example:
        >>> find_cases("nowhere")
        Traceback (most recent call last):
        ...
        monai_adele.errors.DataError: nowhere: dataset is missing, expected a folder or a datalist (JSON)
    """
    _check_arguments(class_names, ignore_index)
    path = Path(dataset).expanduser()
    if not path.exists():
        raise DataError(f"{path}: dataset is missing, expected a folder or a datalist (JSON)")
    file = path / "dataset.json" if path.is_dir() else path
    root = file.parent
    declared = read_declaration(file) if file.is_file() else Declaration({})
    cases, parts, problems, notes = _pair(declared, root, file.name, image_key, label_key)
    if problems and on_problem == "raise":
        raise DataError(problems)
    names = tuple(class_names) if class_names is not None else declared.class_names
    return CaseList(
        cases=tuple(sorted(cases, key=lambda case: str(case["case_id"]))),
        class_names=names,
        num_channels=declared.num_channels,
        ignore_index=_ignored(ignore_index, declared, names),
        root=root,
        given_parts=parts,
        problems=tuple(problems),
        notes=tuple(notes),
    )


def _check_arguments(class_names: Sequence[str] | None, ignore_index: int | None) -> None:
    if class_names is not None and (
        isinstance(class_names, str)
        or not 2 <= len(class_names) <= MAX_LABEL_ID
        or len(set(class_names)) < len(class_names)
    ):
        raise ValueError(
            f"class_names must be 2 to {MAX_LABEL_ID} different names, background first, got {class_names!r}"
        )
    if ignore_index is not None and not 1 <= ignore_index <= MAX_LABEL_ID:
        raise ValueError(f"ignore_index must be in 1..{MAX_LABEL_ID}, got {ignore_index}")


def _pair(
    declared: Declaration, root: Path, file: str, image_key: str, label_key: str
) -> tuple[list[Case], dict[str, Part], list[str], list[str]]:
    listed = any(declared.content.get(key, []) != [] for key in ("training", "validation"))
    if listed and not _lists_bare_names(declared, root):
        cases, parts, problems, notes = datalist_cases(
            declared.content, root, file, image_key=image_key, label_key=label_key
        )
        if not cases and not problems:
            raise DataError(f"{file}: lists no cases with labels, expected some under 'training'")
        return cases, parts, problems, [*notes, *_unlisted(cases, root, file)]
    ending = declared.content.get("file_ending")
    cases, problems, notes = pair_folders(
        root, nnunet=declared.nnunet or listed, file_ending=ending if isinstance(ending, str) else None
    )
    expected = declared.content.get("numTraining")
    found = len(cases) + len(problems)
    if isinstance(expected, int) and expected != found:
        notes.append(f"{file}: numTraining is {expected}, but {found} cases were found")
    return cases, {}, problems, notes


def _unlisted(cases: list[Case], root: Path, file: str) -> list[str]:
    """Note the images in the folder of a dataset.json that it does not list."""
    folder = root / "imagesTr"
    if file != "dataset.json" or not folder.is_dir():
        return []
    listed = {path for case in cases for path in ([case["image"]] if isinstance(case["image"], str) else case["image"])}
    present = {str(path) for path in folder.iterdir() if image_ending(path.name) and path.name[0] != "."}
    count = len(present - listed)
    return [f"imagesTr/: {count} images that {file} does not list left out"] if count else []


def _lists_bare_names(declared: Declaration, root: Path) -> bool:
    """Recognize version 1 of nnU-Net, whose list names ``case.nii.gz`` for the file ``case_0000.nii.gz``."""
    training = declared.content.get("training")
    first = training[0] if isinstance(training, list) and training else None
    image = first.get("image") if isinstance(first, dict) else None
    if not isinstance(image, str) or "\0" in image:
        return False
    ending = image_ending(image) or ""
    path = root / image
    return not path.exists() and (path.parent / f"{path.name.removesuffix(ending)}_0000{ending}").exists()


def _ignored(ignore_index: int | None, declared: Declaration, names: tuple[str, ...]) -> int | None:
    chosen = declared.ignore_index if ignore_index is None else ignore_index
    if chosen is not None and chosen < len(names):
        raise ValueError(f"ignore_index must lie above the {len(names)} classes, got {chosen}")
    return chosen
