"""The grid of a stress test: plain training and ADELE, on labels as they are and under noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monai_adele.experiments.paired_runs import CLEAN, PLAIN
from monai_adele.noise import Erode, noise_to_config

__all__ = ["ADELE", "STRESS_DATA", "stress_grid"]

STRESS_DATA = "data"
ADELE = "adele"

_CLOCK = {"_target_": "monai_adele.experiments.RunClock", "folder": "@output_dir"}


def stress_grid(
    configs: Sequence[Path],
    noises: Mapping[str, Mapping[str, Any]],
    *,
    baseline: Mapping[str, Any],
    seeds: Sequence[int],
    settings: Mapping[str, Any],
    title: str,
) -> dict[str, Any]:
    """Declare a stress test as a grid; see :func:`monai_adele.experiments.read_grid`.

    Seed by seed: plain training on the labels as they are, plain training and ADELE under each noise, and last ADELE
    on the labels as they are; so that a test that runs out of time is balanced.

    Args:
        configs: config files of the bundle, absolute; ``noise.json`` and ``baseline.json`` stand beside the first.
        noises: what :func:`monai_adele.experiments.stress_noises` made.
        baseline: what ``baseline.json`` says; it holds for plain training whatever the settings say.
        seeds: of the split, the noise and the network.
        settings: laid over the config files.
        title: of the data.

    Returns:
        What belongs into the grid file.

    Example:
        >>> home, noises = Path("/b/configs"), {"walk": {}}
        >>> grid = stress_grid([home / "train.json"], noises, baseline={}, seeds=[0], settings={}, title="a")
        >>> [(run["noises"], run["methods"]) for run in grid["runs"]]
        [(['none'], ['plain']), (['walk'], ['plain', 'adele']), (['none'], ['adele'])]
    """
    home = configs[0].parent
    nothing = {"noise_model": noise_to_config(Erode(radius_mm=0))}
    products = (([CLEAN], [PLAIN]), (list(noises), [PLAIN, ADELE]), ([CLEAN], [ADELE]))
    return {
        "about": "What noise in the labels would cost, and how much of it ADELE brings back.",
        "bundle": str(home.parent),
        "configs": [*map(str, configs), str(home / "noise.json")],
        "data": {STRESS_DATA: {"title": title, "settings": {"+train#handlers": [_CLOCK], **settings}}},
        "noises": {CLEAN: {"title": "labels as they are", "settings": nothing}, **noises},
        "methods": {
            PLAIN: {"title": "plain training", "configs": [str(home / "baseline.json")], "settings": dict(baseline)},
            ADELE: {"title": "ADELE", "configs": []},
        },
        "runs": [
            {"data": [STRESS_DATA], "noises": which, "methods": methods, "seeds": [seed]}
            for seed in seeds
            for which, methods in products
        ],
    }
