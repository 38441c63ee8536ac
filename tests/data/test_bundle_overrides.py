"""Tests of the check of a bundle's overrides."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from monai_adele.data import check_bundle_overrides
from monai_adele.errors import AdeleError

CONFIGS = Path(__file__).parents[2] / "bundles" / "adele_segmentation" / "configs"


def check(*options, files=("train",)):
    names = [str(CONFIGS / f"{name}.json") for name in files]
    check_bundle_overrides(["run", "--config_file", str(names), *options])


@pytest.mark.parametrize(
    ("option", "name", "nearest"),
    [
        ("--max_epoch", "max_epoch", "'max_epochs'"),
        ("--max-epoch=3", "max_epoch", "'max_epochs'"),
        ("--train#trainr#max_epochs", "trainr", "'trainer'"),
        ("--train::trainr::max_epochs", "trainr", "'trainer'"),
        ("--correcton_rule#tau_foreground", "correcton_rule", "'correction_rule'"),
        ("--train#handler", "handler", "'handlers'"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(option, name, nearest):
    with pytest.raises(AdeleError, match=rf"found an unknown key '{name}', .*; did you mean {nearest}"):
        check(option, "3")


def test_a_handler_that_is_not_there_is_refused():
    with pytest.raises(AdeleError, match="found an unknown key '99', expected a number below 1"):
        check("--train#handlers#99#interval", "3")


def test_all_wrong_keys_are_named():
    with pytest.raises(AdeleError, match=r"--epochs: .*\n--seeds: .*did you mean 'seed'"):
        check("--epochs", "3", "--seeds", "1")


@pytest.mark.parametrize(
    "options",
    [
        ("--max_epochs", "3", "--bundle_root", "here"),
        ("--corrector#self_confidence", "True"),
        ("--train#inferer#min_size", "16"),  # one more argument of an object
        ("--rate", "0.1", "--learning_rate", "$@rate / 2"),
        ("--patch_size", "$[64, 64] if @spatial_dims == 2 else [64, 64, 32]"),
        ("--dataset_dir", "a$b"),
        ("--tracking", "mlflow", "--experiment_name", "first"),
        ("--run_id", "run", "--logging_file", "x.conf"),
    ],
)
def test_keys_that_are_known_pass(options):
    check(*options)


@pytest.mark.parametrize(
    "value",
    [
        "$__import__('os').system('ls')",
        " $@device.type",
        "['$open(1)']",
        "{'a': ['$@network.eval()']}",
        "$[x for x in @seed]",
        "$lambda: 0",
        "$(",
    ],
)
def test_an_override_that_is_code_is_refused(value):
    with pytest.raises(AdeleError, match=r"^--learning_rate: found an expression that does more than compute"):
        check("--learning_rate", value)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.json")), ids=lambda path: path.name)
def test_the_bundles_own_overrides_pass(path):
    if path.stem not in ("train", "metadata", "inference", "deeplab_inference"):
        check(files=("train", path.stem))


def test_a_misspelt_key_of_a_file_is_refused_with_the_file(tmp_path):
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"learning_rte": 0.1}))
    with pytest.raises(AdeleError, match=r"mine.json: found an unknown key 'learning_rte', .*'learning_rate'"):
        check(files=("train", file.with_suffix("")))


def test_keys_of_an_args_file_are_checked(tmp_path):
    file = tmp_path / "args.json"
    file.write_text(json.dumps({"config_file": str(CONFIGS / "train.json"), "max_epoch": 3}))
    with pytest.raises(AdeleError, match="--max_epoch: "):
        check_bundle_overrides(["run", "--args_file", str(file)])


def test_other_programs_are_not_asked():
    check_bundle_overrides(["-q", "tests"])
    check_bundle_overrides(["verify_net_in_out", "--config_file", "none.json", "--anything", "1"])


def test_a_run_with_a_wrong_key_ends_before_it_begins(tmp_path):
    options = ["--config_file", str(CONFIGS / "train.json"), "--output_dir", str(tmp_path / "run"), "--max_epoch", "3"]
    command = [sys.executable, "-W", "ignore", "-m", "monai.bundle", "run", *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=200)
    assert result.returncode != 0
    assert "--max_epoch: found an unknown key 'max_epoch'" in result.stderr
    assert "did you mean 'max_epochs'" in result.stderr
    assert not (tmp_path / "run").exists()
