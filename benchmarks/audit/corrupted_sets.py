"""Data sets of which a known share of cases and classes is wrong, each in a known way."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from monai_adele.noise import Confuse, Dilate, ElasticContour, Erode, Invent, NoiseModel, Omit, Shift, ToDice
from monai_adele.phantom import make_phantom

DICE = 0.8
"""Of a class that was drawn wrongly, to the true one, where the noise has a strength."""

CASES = {"phantom": 200, "hippocampus": 120}
KINDS = {
    "erosion": "under-segmented",
    "dilation": "over-segmented",
    "uneven contour": "uneven boundary",
    "shift": "shifted",
    "omission": "missing structure",
    "invention": "extra component",
    "confusion": "swapped class",
    "skipped slices": "slice skipped",
}


@dataclass(frozen=True)
class CorruptedSet:
    """Images with their labels, all on one grid.

    Attributes:
        images: ``(N, *spatial)`` float32, normalized.
        truth: class ids, uint8.
        given: class ids with errors.
        wrong: ``(N, C)``, which class of which case was changed.
        noise: of each case the name of its error, or "".
        spacing: mm per axis.
    """

    images: NDArray[np.float32]
    truth: NDArray[np.uint8]
    given: NDArray[np.uint8]
    wrong: NDArray[np.bool_]
    noise: list[str]
    spacing: tuple[float, ...]


def corrupted_set(name: str, share: float, seed: int, *, num_cases: int) -> CorruptedSet:
    """Make a data set of which a share of the cases is wrong: every kind of error in turn."""
    images, truth, spacing = _phantoms(num_cases, seed) if name == "phantom" else _hippocampi(num_cases, seed)
    rng = np.random.default_rng([seed, round(100 * share)])
    chosen = rng.permutation(num_cases)[: round(share * num_cases)]
    names = [name for name in KINDS if truth.ndim == 4 or name != "skipped slices"]
    given, noise = truth.copy(), [""] * num_cases
    for place, case in enumerate(chosen):
        noise[case] = names[place % len(names)]
        given[case] = _corrupted(noise[case], truth[case], spacing, rng)
    num_classes = int(truth.max()) + 1
    changed = given != truth
    wrong = [
        [(((given[n] == c) | (truth[n] == c)) & changed[n]).any() for c in range(num_classes)] for n in range(num_cases)
    ]
    return CorruptedSet(images, truth, given, np.array(wrong), noise, spacing)


def _corrupted(
    name: str, truth: NDArray[np.uint8], spacing: tuple[float, ...], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """One to all of the classes, drawn anew until something changes."""
    present = [int(c) for c in np.unique(truth) if c]
    for _ in range(50):
        classes = sorted(rng.permutation(present)[: rng.integers(1, len(present) + 1)].tolist())
        noisy = (
            _skipped(truth, classes, rng)
            if name == "skipped slices"
            else _noise(name, classes, present, truth, spacing, rng)(truth, spacing, rng)
        )
        if (noisy != truth).any():
            return noisy
    raise RuntimeError(f"{name} changed nothing")


def _noise(
    name: str,
    classes: list[int],
    present: list[int],
    truth: NDArray[np.uint8],
    spacing: tuple[float, ...],
    rng: np.random.Generator,
) -> NoiseModel:
    if name == "omission":
        return Omit(chance=1.0, classes=classes[:1])
    if name == "invention":
        size = np.count_nonzero(truth == classes[0]) * np.prod(spacing)
        radius = 0.6 * (size / np.pi) ** 0.5 if truth.ndim == 2 else 0.6 * (size * 0.75 / np.pi) ** (1 / 3)
        return Invent(radius_mm=(0.8 * radius, 1.25 * radius), classes=classes[:1])
    if name == "confusion":
        first, second = rng.permutation(present if len(present) > 1 else [*present, present[0] % 2 + 1])[:2]
        return Confuse(first=int(first), second=int(second))
    models = {
        "erosion": Erode(radius_mm=1.0, classes=classes),
        "dilation": Dilate(radius_mm=1.0, classes=classes),
        "uneven contour": ElasticContour(amplitude_mm=1.0, correlation_mm=8.0, classes=classes),
        "shift": Shift(distance_mm=1.0, classes=classes),
    }
    return ToDice(noise=models[name], target=DICE, classes=classes, per_class=True)


def _skipped(truth: NDArray[np.uint8], classes: list[int], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A fifth of the slices of each class left empty, as one forgets them."""
    noisy = truth.copy()
    for class_id in classes:
        slices = np.flatnonzero((truth == class_id).any(axis=(0, 1)))
        for z in rng.permutation(slices)[: max(1, round(0.2 * len(slices)))]:
            noisy[..., z][truth[..., z] == class_id] = 0
    return noisy


def _phantoms(num_cases: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.uint8], tuple[float, ...]]:
    cases = [make_phantom(10_000 * (seed + 1) + n) for n in range(num_cases)]
    images = np.stack([_normalized(case.image) for case in cases])
    return images, np.stack([case.label for case in cases]), cases[0].spacing


def _hippocampi(num_cases: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.uint8], tuple[float, ...]]:
    folder = Path(os.environ["MONAI_ADELE_DATA"]) / "hippocampus_msd"
    files = sorted(path for path in (folder / "labelsTr").glob("*.nii.gz") if not path.name.startswith("."))
    chosen = [files[i] for i in np.random.default_rng(seed).permutation(len(files))[:num_cases]]
    pairs = [(nib.load(folder / "imagesTr" / path.name), nib.load(path)) for path in chosen]
    shape = tuple(-(-max(image.shape[axis] for image, _ in pairs) // 8) * 8 for axis in range(3))
    images, labels = np.zeros((len(pairs), *shape), np.float32), np.zeros((len(pairs), *shape), np.uint8)
    for n, (image, label) in enumerate(pairs):
        box = tuple(slice(0, size) for size in image.shape)
        images[n][box] = _normalized(image.get_fdata(dtype=np.float32))
        labels[n][box] = np.asarray(label.dataobj).astype(np.uint8)
    return images, labels, (1.0, 1.0, 1.0)


def _normalized(image: NDArray[np.generic]) -> NDArray[np.float32]:
    values = image.astype(np.float32)
    return (values - values.mean()) / values.std()
