"""The cases of a dataset in the layout of PASCAL VOC, trained on pseudo-labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from monai_adele.checks import problem_line
from monai_adele.data.case_list import Case, CaseList, Part
from monai_adele.data.folder_cases import case_id_of
from monai_adele.data.image_file import image_ending
from monai_adele.errors import DataError

__all__ = ["VOC_CLASSES", "VOC_IGNORED", "find_voc_cases"]

VOC_CLASSES = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
"""Names of VOC's classes; index is the id."""

VOC_IGNORED = 255
"""Id of pixels that do not count: VOC's rims around objects, and what pseudo-labels leave open."""

_IMAGES, _LISTS, _NAMES = "JPEGImages", "ImageSets/Segmentation", "class_names.txt"


def find_voc_cases(
    folder: str | Path,
    *,
    pseudo_labels: str | Path = "PseudoLabels",
    truth: str | Path = "SegmentationClass",
    train_list: str = "train",
    test_list: str | None = "val",
    class_names: Sequence[str] | None = None,
) -> CaseList:
    """List the cases of a dataset in VOC's layout; opens no image.

    ``ImageSets/Segmentation/<list>.txt`` names the images, one a line (a path counts by its name, and what
    stands behind the first blank is passed over); ``JPEGImages/<name>.jpg`` (``.jpeg``, ``.png``, ``.bmp``) holds
    them. Labels are ``<name>.png``, grey or with a palette: those trained on in the folder of the pseudo-labels,
    those tested on in that of the truth. Where this one holds the training cases too, all of them, they are the
    key ``"truth"``, by which experiments are measured; nothing trains on it.

    Args:
        folder: ``VOCdevkit/VOC2012``, or one like it.
        pseudo_labels: folder of the labels to train on, absolute or within ``folder``.
        truth: folder of the true labels, absolute or within ``folder``.
        train_list: list of the training images, without ``.txt``.
        test_list: list of the test images; None for none.
        class_names: index is the class id, background first; None takes the lines of ``class_names.txt`` in
            ``folder``, and without that file VOC's 21.

    Returns:
        The cases, sorted by id, with 255 as the ignored id and three channels; cases that cannot be used are
        in ``problems``, which `admit_cases` reports.

    Raises:
        DataError: if the folder or a list is missing, or a list is empty.

    Example:
        >>> find_voc_cases("nowhere")
        Traceback (most recent call last):
        ...
        monai_adele.errors.DataError: nowhere: found no JPEGImages/, expected the layout of PASCAL VOC ...
    """
    root = Path(folder).expanduser()
    if not (root / _IMAGES).is_dir():
        raise DataError(
            f"{folder}: found no {_IMAGES}/, expected the layout of PASCAL VOC (as in VOCdevkit/VOC2012); "
            "name the folder that holds it"
        )
    listed: dict[Part, list[str]] = {"training": _read_list(root, train_list)}
    if test_list is not None:
        listed["test"] = _read_list(root, test_list)
    labels = {"training": root / pseudo_labels, "test": root / truth}
    problems = _repeated(listed)
    images, parts, cases = _images(root), {}, []
    for part, ids in listed.items():
        for case_id in dict.fromkeys(ids):
            case, lines = _case(case_id, images.get(case_id, []), labels[part], root)
            problems += lines
            if not lines and case_id not in parts:
                cases.append(case)
                parts[case_id] = part
    notes = _add_truth([case for case in cases if parts[case["case_id"]] == "training"], root / truth)
    return CaseList(
        cases=tuple(sorted(cases, key=lambda case: str(case["case_id"]))),
        class_names=_names(root) if class_names is None else tuple(class_names),
        num_channels=3,
        ignore_index=VOC_IGNORED,
        root=root,
        given_parts=parts,
        problems=tuple(problems),
        notes=tuple(notes),
    )


def _read_list(root: Path, name: str) -> list[str]:
    path = root / _LISTS / f"{name}.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        found = sorted(other.stem for other in path.parent.glob("*.txt"))
        raise DataError(f"{path}: list cannot be read ({error.strerror}), expected one of {found}") from error
    ids = [case_id_of(line.split()[0]) for line in lines if line.strip()]
    if not ids:
        raise DataError(f"{path}: list is empty, expected names of images, one a line")
    return ids


def _names(root: Path) -> tuple[str, ...]:
    path = root / _NAMES
    if not path.is_file():
        return VOC_CLASSES
    names = tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    if len(names) < 2 or len(set(names)) < len(names) or len(names) > VOC_IGNORED:
        raise DataError(f"{path}: found {len(names)} names, expected 2 to {VOC_IGNORED} different, background first")
    return names


def _repeated(listed: dict[Part, list[str]]) -> list[str]:
    """A line for each name that stands twice in a list, or in both."""
    counts = Counter(case_id for ids in listed.values() for case_id in ids)
    both = set(listed["training"]) & set(listed.get("test", []))
    where = {
        case_id: "in both lists, of training and test" if case_id in both else "twice in a list" for case_id in counts
    }
    text = "stands {}, expected once; remove one"
    return [
        problem_line(case_id, _LISTS, text.format(where[case_id])) for case_id, n in sorted(counts.items()) if n > 1
    ]


def _images(root: Path) -> dict[str, list[Path]]:
    """The image files by id."""
    found: dict[str, list[Path]] = {}
    for path in sorted((root / _IMAGES).iterdir()):
        if image_ending(path.name) and not path.name.startswith("."):
            found.setdefault(case_id_of(path.name), []).append(path)
    return found


def _case(case_id: str, images: list[Path], labels: Path, root: Path) -> tuple[Case, list[str]]:
    label, lines = labels / f"{case_id}.png", []
    if len(images) != 1:
        names = ", ".join(path.name for path in images) or "no file"
        text = f"found {names}, expected one image; correct the list or the folder"
        lines.append(problem_line(case_id, f"{_IMAGES}/{case_id}", text))
    if not label.is_file():
        file = label.relative_to(root) if label.is_relative_to(root) else label
        lines.append(problem_line(case_id, str(file), "label is missing, expected it to be there; name the folder"))
    return {"image": str(images[0]) if images else "", "label": str(label), "case_id": case_id}, lines


def _add_truth(cases: list[Case], folder: Path) -> list[str]:
    """Give all cases their truth, or none of them; returns a note if some have one."""
    files = {case["case_id"]: folder / f"{case['case_id']}.png" for case in cases}
    missing = [case_id for case_id, path in files.items() if not path.is_file()]
    if not missing:
        for case in cases:
            case["truth"] = str(files[case["case_id"]])
    if 0 < len(missing) < len(cases):
        return [f"{folder.name}/: lacks the truth of {len(missing)} of {len(cases)} training cases; none is measured"]
    return []
