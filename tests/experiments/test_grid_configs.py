"""Tests of the benchmark's config files: what they name exists, in the bundle and in the code."""

import pydoc
from pathlib import Path

import pytest
from monai.bundle import ConfigParser

from monai_adele.experiments import read_grid

GRIDS = Path(__file__).parents[2] / "benchmarks" / "grid"
TRIALS = [trial for trial in read_grid(GRIDS / "extended.json").trials() if trial.seed == 20]
SOME = [trial for trial in TRIALS if trial.noise == "walk" or trial.method == "plain"]


def targets(value):
    """All ``_target_`` in a config."""
    if isinstance(value, dict):
        yield from [value["_target_"]] if "_target_" in value else []
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from targets(child)


@pytest.mark.parametrize("trial", SOME, ids=lambda trial: trial.id)
def test_every_override_has_something_to_lie_over(trial):
    parser = ConfigParser({})
    for path in trial.config_files:
        content = ConfigParser.load_config_file(path)
        if path.parent.parent.name != "adele_segmentation":
            for key in (key.lstrip("+") for key in content):
                parent = key.rpartition("#")[0]
                assert not parent or parent in parser, f"{path.name}: {key} lies over nothing"
        parser = ConfigParser(
            ConfigParser.load_config_files([*trial.config_files[: trial.config_files.index(path) + 1]])
        )


def test_all_classes_that_the_configs_name_exist():
    files = sorted((GRIDS / "configs").rglob("*.json"))
    named = {name for path in files for name in targets(ConfigParser.load_config_file(path)) if "." in name}
    assert len(named) > 15
    assert not [name for name in sorted(named) if pydoc.locate(name) is None]


def test_the_authors_settings_are_those_of_the_bundle_but_for_network_loss_optimizer_and_data():
    methods = GRIDS / "configs" / "methods"
    bundle = ConfigParser.load_config_file(TRIALS[0].bundle / "configs" / "paper_segthor.json")
    own, with_optimizer = (ConfigParser.load_config_file(methods / f"authors{end}.json") for end in ("", "_sgd"))
    theirs = {
        "spatial_dims",
        "max_epochs",
        "batch_size",
        "learning_rate",
        "channels",
        "norm",
        "patch_size",
        "network_def",
    }
    theirs |= {"base_loss", "optimizer", "preprocessing", "noise_model"}
    assert with_optimizer["base_loss"] == bundle["base_loss"]
    assert own == {key: value for key, value in bundle.items() if key not in theirs}
