"""The noises of a stress test, by name and strength."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monai_adele.checks import nearest_names
from monai_adele.errors import AdeleError, DataError
from monai_adele.noise import (
    BoundaryWalk,
    Dilate,
    ElasticContour,
    Erode,
    NoiseModel,
    Shift,
    ToDice,
    UnderOverSegment,
    noise_from_config,
    noise_to_config,
    preset,
    preset_names,
)

__all__ = ["STRESS_NOISES", "stress_noises"]

STRESS_NOISES: dict[str, tuple[str, NoiseModel]] = {
    "radius": ("structures too small or too large", UnderOverSegment(relative=(0.165, 0.255, 0.33))),
    "walk": ("a ragged boundary, too wide", BoundaryWalk(steps=12, expansion=0.6, flip=0.3, blur_voxels=0.7)),
    "contour": ("a wavy boundary", ElasticContour(amplitude_mm=2, correlation_mm=10)),
    "shift": ("structures in the wrong place", Shift(distance_mm=3)),
    "small": ("structures too small", Erode(radius_relative=0.2)),
    "large": ("structures too large", Dilate(radius_relative=0.2)),
}
"""Title and model, at the strength that the word ``own`` stands for."""


def stress_noises(names: Sequence[str], levels: Sequence[float | None]) -> dict[str, dict[str, Any]]:
    """Make the noises of a stress test, as a grid file declares them.

    Each noise at each level is a :class:`monai_adele.noise.ToDice`: its strength is searched, case by case, until the
    Dice of the noisy label with the given one comes near the level. A noise without a strength, as one that seeks a
    target by itself, stands there once, as it is.

    Args:
        names: each one of :data:`STRESS_NOISES`, a preset of :mod:`monai_adele.noise`, or a JSON file of a noise.
        levels: Dice, each above 0 and below 1; None for the noise's own strength.

    Returns:
        ``{"title", "settings"}`` of each, by its name in the grid.

    Raises:
        DataError: that names all that is wrong.

    Example:
        >>> list(stress_noises(["radius"], [0.85, None]))
        ['radius_0_85', 'radius']
    """
    problems = [
        f"--levels: found {level:g}, expected a Dice above 0 and below 1"
        for level in levels
        if level is not None and not 0 < level < 1
    ]
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            key, title, noise = _named(name)
        except AdeleError as error:
            problems.append(f"--noises: {name}: {error}")
            continue
        entries = {} if problems else _at_levels(key, title, noise, levels)
        problems += [f"--noises: {name}: stands there twice, expected once" for _ in found.keys() & entries.keys()][:1]
        found |= entries
    if problems:
        raise DataError(problems)
    return found


def _named(name: str) -> tuple[str, str, NoiseModel]:
    """Name in the grid, title and model."""
    if name in STRESS_NOISES:
        return (name, *STRESS_NOISES[name])
    if name in preset_names():
        return name, f"preset {name}", preset(name)
    if not name.endswith(".json"):
        known = [*STRESS_NOISES, *preset_names()]
        near = nearest_names(name, known) or f"; known are {', '.join(known)}"
        raise DataError(f"found no such noise, expected a name or a .json file{near}")
    try:
        config = json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read as JSON ({error}), expected a noise with '_target_' or 'preset'") from error
    key = re.sub("[^a-z0-9]+", "_", Path(name).stem.lower()).strip("_") or "noise"
    return key, Path(name).stem, noise_from_config(config)


def _at_levels(key: str, title: str, noise: NoiseModel, levels: Sequence[float | None]) -> dict[str, dict[str, Any]]:
    try:
        noise.with_strength(1.0)
    except TypeError:
        levels = [None]
    entries = {}
    for level in levels:
        name = key if level is None else f"{key}_{level:g}".replace(".", "_")
        model = noise if level is None else ToDice(noise=noise, target=level)
        entries[name] = {"title": title, "settings": {"noise_model": noise_to_config(model)}}
    return entries
