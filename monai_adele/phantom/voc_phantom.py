"""A generated data set in the layout of PASCAL VOC, with pseudo-labels to train on."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from monai_adele.data.staged_folder import staged_folder
from monai_adele.data.voc_palette import encode_voc_label
from monai_adele.errors import DataError, StoreError
from monai_adele.phantom.voc_pseudo_label import make_pseudo_label
from monai_adele.phantom.voc_scene import VOC_PHANTOM_CLASSES, make_voc_scene

__all__ = ["write_voc_phantom"]

_MARKER = "voc_phantom.json"
_RECIPE = 1


def write_voc_phantom(
    folder: str | os.PathLike[str],
    *,
    num_train: int = 80,
    num_test: int = 60,
    size: Sequence[int] = (64, 112),
    seed: int = 0,
) -> Path:
    """Write a data set of generated photographs, in VOC's layout.

    ``JPEGImages/``, ``SegmentationClass/`` (the truth), ``PseudoLabels/`` (of the training images),
    ``ImageSets/Segmentation/train.txt`` and ``val.txt``, ``class_names.txt``. The folder is complete or absent;
    one already there with the same settings is reused.

    Args:
        folder: where to write; made with its parents.
        num_train: images to train on, at least 1.
        num_test: images of the list ``val``, at least 1.
        size: least and largest number of pixels along each axis; drawn for each image.
        seed: of the set; each image has its own, by `hashlib` from (seed, name).

    Returns:
        The folder.

    Raises:
        ValueError: if an argument cannot be.
        DataError: if the folder holds something else.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as home:
        ...     made = write_voc_phantom(Path(home) / "set", num_train=2, num_test=1)
        ...     [len(list((made / name).iterdir())) for name in ("JPEGImages", "PseudoLabels")]
        [3, 2]
    """
    low, high = (int(n) for n in size)
    if num_train < 1 or num_test < 1 or not 32 <= low <= high:
        raise ValueError(
            f"num_train {num_train}, num_test {num_test}, size {(low, high)}: expected 1 or more, and sizes of at "
            "least 32, the smaller first"
        )
    settings = {"recipe": _RECIPE, "num_train": num_train, "num_test": num_test, "size": [low, high], "seed": seed}
    target = Path(folder)
    if _is_done(target, settings):
        return target
    try:
        with staged_folder(target) as draft:
            _fill(draft, settings)
    except StoreError:
        if not _is_done(target, settings):  # else another process was faster
            raise
    return target


def _is_done(target: Path, settings: dict[str, Any]) -> bool:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return False
    try:
        found = json.loads((target / _MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if found == settings:
        return True
    held = "other files" if found is None else f"a generated set of {found}"
    raise DataError(f"{target}: holds {held}, expected nothing or one of {settings}; name another folder")


def _fill(draft: Path, settings: dict[str, Any]) -> None:
    lists = draft / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    for name in ("JPEGImages", "SegmentationClass", "PseudoLabels"):
        (draft / name).mkdir()
    for part, count in (("train", settings["num_train"]), ("val", settings["num_test"])):
        names = [f"{part}_{number:04d}" for number in range(1, count + 1)]
        for name in names:
            _write_case(draft, name, settings, pseudo_label=part == "train")
        (lists / f"{part}.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    (draft / "class_names.txt").write_text("\n".join(VOC_PHANTOM_CLASSES) + "\n", encoding="utf-8")
    (draft / _MARKER).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def _write_case(draft: Path, name: str, settings: dict[str, Any], *, pseudo_label: bool) -> None:
    digest = hashlib.sha256(f"{settings['seed']}/{name}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    low, high = settings["size"]
    scene = make_voc_scene(rng, rng.integers(low, high + 1, 2).tolist())
    while not scene.objects:
        scene = make_voc_scene(rng, scene.truth.shape)
    (draft / "JPEGImages" / f"{name}.jpg").write_bytes(_as_jpeg(scene.image))
    (draft / "SegmentationClass" / f"{name}.png").write_bytes(encode_voc_label(scene.truth))
    if pseudo_label:
        label = make_pseudo_label(rng, scene.objects)
        (draft / "PseudoLabels" / f"{name}.png").write_bytes(encode_voc_label(label))


def _as_jpeg(image: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=92)
    return file.getvalue()
