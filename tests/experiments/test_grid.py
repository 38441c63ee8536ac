"""Tests of the declaration of a grid."""

import json
from pathlib import Path

import pytest

from monai_adele.errors import DataError
from monai_adele.experiments import read_grid

GRIDS = Path(__file__).parents[2] / "benchmarks" / "grid"


@pytest.fixture
def declare(tmp_path):
    """Write a grid of two data sets, two noises and two methods, with some keys exchanged."""
    (tmp_path / "bundle" / "configs").mkdir(parents=True)
    for name in ("bundle/configs/train", "bundle/configs/baseline", "cell_walk", "bone_walk", "fast"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"name": name}))
    products = [{"data": ["cell", "bone"], "noises": ["none", "walk"], "methods": ["plain", "fast"], "seeds": [3, 4]}]
    whole = {
        "bundle": "bundle",
        "configs": ["train"],
        "data": {
            "cell": {"title": "cells", "settings": {"size": 1}},
            "bone": {"title": "bones", "settings": {"batch_size": 2}},
        },
        "noises": {"none": {"title": "none"}, "walk": {"title": "walk", "configs": ["{data}_walk.json"]}},
        "methods": {
            "plain": {"title": "plain", "configs": ["baseline"]},
            "fast": {"title": "fast", "configs": ["fast.json"], "settings": {"batch_size": 8}},
        },
        "runs": products,
    }

    def write(name="grid.json", **changes):
        content = {key: value for key, value in (whole | changes).items() if value is not None}
        (tmp_path / name).write_text(json.dumps(content))
        return tmp_path / name

    return write


def test_a_grid_is_the_product_of_its_factors_seeds_outside(declare):
    trials = read_grid(declare()).trials()
    assert [trial.id for trial in trials[:5]] == [
        "cell-none-plain-seed3",
        "cell-none-fast-seed3",
        "cell-walk-plain-seed3",
        "cell-walk-fast-seed3",
        "bone-none-plain-seed3",
    ]
    assert [trial.seed for trial in trials] == [3] * 8 + [4] * 8


def test_a_trial_is_a_list_of_config_files_and_settings(declare):
    trials = {trial.id: trial for trial in read_grid(declare()).trials()}
    one = trials["bone-walk-fast-seed4"]
    assert [path.name for path in one.config_files] == ["train.json", "bone_walk.json", "fast.json"]
    assert one.settings == {"batch_size": 8}  # the method's, laid over that of the data set
    assert [path.name for path in trials["cell-none-plain-seed3"].config_files] == ["train.json", "baseline.json"]


def test_products_that_overlap_give_each_trial_once(declare):
    product = {"data": ["cell"], "noises": ["walk"], "methods": ["fast"], "seeds": [3]}
    trials = read_grid(declare(runs=[product, {**product, "seeds": [4, 3]}])).trials()
    assert [trial.id for trial in trials] == ["cell-walk-fast-seed3", "cell-walk-fast-seed4"]


def test_a_grid_that_extends_another_takes_over_what_it_declares(declare, tmp_path):
    declare("base.json")
    product = {"data": ["cell"], "noises": ["none"], "methods": ["plain", "slow"], "seeds": [9]}
    more = {"extends": "base.json", "methods": {"slow": {"title": "slow"}}, "runs": [product]}
    (tmp_path / "more.json").write_text(json.dumps(more))
    grid = read_grid(tmp_path / "more.json")
    assert [trial.id for trial in grid.trials()] == ["cell-none-plain-seed9", "cell-none-slow-seed9"]
    assert set(grid.methods) == {"plain", "fast", "slow"}


def test_the_digest_changes_with_files_and_settings_and_seed_alone(declare, tmp_path):
    before = [trial.digest() for trial in read_grid(declare()).trials()]
    assert len(set(before)) == len(before)
    assert [trial.digest() for trial in read_grid(declare(about="new words")).trials()] == before
    (tmp_path / "fast.json").write_text("{}")
    after = [trial.digest() for trial in read_grid(declare()).trials()]
    assert [one == two for one, two in zip(before, after, strict=True)] == [True, False] * 8


def test_settings_name_the_folders_of_this_machine(declare):
    settings = {"dataset_dir": "{datasets}/x", "cache": "{out}/y", "n": 1}
    path = declare(data={"cell": {"title": "c", "settings": settings}, "bone": {"title": "b"}})
    trial = read_grid(path).trials()[0]
    assert trial.settings_in(Path("/o"), Path("/d")) == {"dataset_dir": "/d/x", "cache": "/o/y", "n": 1}
    assert trial.needs_datasets
    with pytest.raises(ValueError, match="cell-none-plain-seed3: needs the folder of data sets"):
        trial.settings_in(Path("/o"), None)


def product(**changes):
    return [{"data": ["cell"], "noises": ["walk"], "methods": ["fast"], "seeds": [3]} | changes]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"method": {}}, r"found key 'method', .*'methods'"),
        ({"bundle": None}, "found no 'bundle'"),
        ({"runs": []}, "found no 'runs'"),
        ({"noises": {"A-b": {"title": "x"}}}, "'A-b': found a name with other characters"),
        ({"noises": {"walk": {}}}, "noises, 'walk': found no title"),
        ({"noises": {"walk": {"title": "x", "files": []}}}, r"found keys \['files'\]"),
        ({"runs": product(methods=["fats"])}, r"product 1 of 'runs': found 'fats' in methods, .*'fast'"),
        ({"runs": product(seeds=[1.5])}, r"found seeds \[1.5\]"),
        ({"runs": [{"data": ["cell"]}]}, "expected data, noises, methods and seeds"),
        ({"configs": ["trian"]}, "found no config file .*trian.json"),
    ],
)
def test_what_is_wrong_in_a_grid_is_named(declare, changes, expected):
    with pytest.raises(DataError, match=expected):
        read_grid(declare(**changes))


def test_a_file_that_is_no_grid_is_named(tmp_path):
    (tmp_path / "grid.json").write_text("[1]")
    with pytest.raises(DataError, match="found a list, expected an object"):
        read_grid(tmp_path / "grid.json")
    with pytest.raises(DataError, match=r"nowhere\.json: cannot be read"):
        read_grid(tmp_path / "nowhere.json")


@pytest.mark.parametrize("path", sorted(GRIDS.glob("*.json")), ids=lambda path: path.stem)
def test_the_grids_of_the_benchmark_can_be_read(path):
    trials = read_grid(path).trials()
    assert trials
    assert all(trial.digest() for trial in trials)
