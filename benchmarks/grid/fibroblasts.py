"""BU-BIL's fibroblasts as a datalist: trained on what the crowd drew, tested on what experts drew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from monai_adele.data.atomic_files import write_atomically
from monai_adele.errors import DataError

TRAINING, VALIDATION = 24, 7
LEAST_EXPERTS = 5
STEP = 16  # with 47 cases, three seeds in a row test all of them


def fibroblast_datalist(source: str, folder: str, *, labels: Literal["experts", "crowd"], seed: int) -> str:
    """Write labels and a datalist of the fibroblasts; the images stay where they are.

    The truth is what more than half of the experts' masks hold: five persons with two tools each; gold is one of
    them and does not count again. With ``"crowd"`` the label of a case for training and validation is one of its crowd
    masks, drawn from seed and case; cases for testing always have the experts'. Neighbouring images may show one
    culture, so that parts are runs of neighbours, beginning elsewhere for each seed: 24, 7, and the rest.

    Args:
        source: folder with a folder for each case: ``image.png``, ``expert_*.png`` and ``crowd_*.png``.
        folder: where ``datalist_<labels>_seed<seed>.json`` and the labels go.
        labels: of training and validation.
        seed: of the drawn mask, and the first case.

    Returns:
        Path of the datalist.

    Raises:
        DataError: if there are too few cases, or one has fewer than five experts' masks or none of the crowd.
    """
    cases = sorted(path.parent for path in Path(source).glob("*/image.png"))
    if len(cases) <= TRAINING + VALIDATION:
        raise DataError(f"{source}: found {len(cases)} cases, expected more than {TRAINING + VALIDATION}")
    first = STEP * seed % len(cases)
    content: dict[str, Any] = {"labels": {"0": "background", "1": "cell"}}
    content |= {"training": [], "validation": [], "test": []}
    for place, case in enumerate(cases[first:] + cases[:first]):
        part = "training" if place < TRAINING else "validation" if place < TRAINING + VALIDATION else "test"
        truth = _written(experts_mask(case), Path(folder) / "truth" / f"{case.name}.png")
        entry = {"image": str(case.resolve() / "image.png"), "label": truth, "case_id": case.name}
        if labels == "crowd" and part != "test":
            drawn = Path(folder) / f"crowd_seed{seed}" / f"{case.name}.png"
            entry |= {"label": _written(_mask(crowd_mask(case, seed)), drawn), "truth": truth}
        content[part].append(entry)
    path = Path(folder) / f"datalist_{labels}_seed{seed}.json"
    write_atomically(path, (json.dumps(content, indent=1) + "\n").encode())
    return str(path)


def experts_mask(case: Path) -> NDArray[np.bool_]:
    """What more than half of the experts' masks of a case hold."""
    masks = [_mask(path) for path in sorted(case.glob("expert_*.png"))]
    if len(masks) < LEAST_EXPERTS:
        raise DataError(f"case {case.name!r}: found {len(masks)} experts' masks, expected {LEAST_EXPERTS} or more")
    share: NDArray[np.float64] = np.mean(masks, axis=0)
    return share > 0.5


def crowd_mask(case: Path, seed: int) -> Path:
    """One of the crowd's masks of a case, the same whenever asked."""
    masks = sorted(case.glob("crowd_*.png"))
    if not masks:
        raise DataError(f"case {case.name!r}: found no crowd mask, expected some")
    digest = hashlib.sha256(f"{seed}\0{case.name}".encode()).digest()
    return masks[int.from_bytes(digest[:8], "big") % len(masks)]


def _mask(path: Path) -> NDArray[np.bool_]:
    with Image.open(path) as image:
        return np.asarray(image) > 0


def _written(mask: NDArray[np.bool_], path: Path) -> str:
    """Write class ids, 1 the cell, unless they are there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}")
        Image.fromarray(mask.astype(np.uint8)).save(draft, format="PNG")
        draft.rename(path)
    return str(path.resolve())
