"""The bundle with two processes on the CPU; ``nox -s distributed`` also starts it through torchrun."""

import csv
import hashlib
import json
import os
from pathlib import Path

import pytest
import torch
from bundle_settings import EAGER
from monai.bundle import ConfigWorkflow
from reference.processes import in_processes

from monai_adele.phantom import write_phantom
from monai_adele.store import LabelStore

CONFIGS = Path(__file__).parents[2] / "bundles" / "adele_segmentation" / "configs"
pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # MONAI's own
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked"),
]


def run(output, dataset, *overrides, **settings):
    torch.set_num_threads(1)
    small = {"spatial_dims": 2, "max_epochs": 3, "channels": [4, 8, 16], "onset_rule": EAGER, "consistency_weight": 0.0}
    workflow = ConfigWorkflow(
        config_file=[str(CONFIGS / f"{name}.json") for name in ("train", *overrides)],
        workflow_type="train",
        logging_file=False,
        bundle_root=str(CONFIGS.parent),
        dataset_dir=str(dataset),
        output_dir=str(output),
        min_shift_voxels=0,
        min_iou=0.0,
        tau_foreground=0.0,
        tau_background=0.0,
        num_test=2,
        **{**small, **settings},
    )
    workflow.initialize()
    workflow.run()
    workflow.finalize()


def in_two(output, dataset, *overrides, folder="processes", **settings):
    """Run it in two processes of half the batch size."""
    files = ("multi_gpu_train", *overrides)
    return in_processes(
        lambda rank: run(output, dataset, *files, batch_size=1, **settings), output.with_name(f"{output.name}_{folder}")
    )


def curves(output):
    rows = csv.DictReader((output / "learning_curves.csv").read_text().splitlines())
    return [{key: float(value) for key, value in row.items() if key != "corrected_voxels"} for row in rows]


def weights(output, name="model_last.pt"):
    state = torch.load(output / "models" / name, weights_only=True)
    return torch.cat([value.flatten().float() for value in state.values()])


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.nii.gz"))}


def summary(output):
    return json.loads((output / "summary.json").read_text())


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_phantom(tmp_path_factory.mktemp("2d") / "set", spatial_dims=2, num_cases=10, size=(32, 32))


def test_two_processes_train_as_one(dataset, tmp_path):
    options = {"num_train": 4, "num_validation": 3, "consistency_weight": 3.0}
    run(tmp_path / "one", dataset, batch_size=2, **options)
    in_two(tmp_path / "two", dataset, **options)
    for row, expected in zip(curves(tmp_path / "two"), curves(tmp_path / "one"), strict=True):
        assert row == pytest.approx(expected, abs=1e-3, nan_ok=True)
    one, two = summary(tmp_path / "one"), summary(tmp_path / "two")
    assert set(two["final_metrics"]) == {"last", "best"}
    assert two["corrections"]["cases"] == one["corrections"]["cases"] == 4
    assert {name: onset["epoch"] for name, onset in two["onsets"].items()} == {
        name: onset["epoch"] for name, onset in one["onsets"].items()
    }


@pytest.mark.parametrize("overrides", [(), ("evaluation_pass",)])
def test_an_uneven_number_of_cases_is_trained_resumed_and_corrected(dataset, tmp_path, overrides):
    options = {"num_train": 5, "num_validation": 3}
    in_two(tmp_path / "whole", dataset, *overrides, **options)
    in_two(tmp_path / "parts", dataset, *overrides, **options, max_epochs=2)
    in_two(tmp_path / "parts", dataset, *overrides, **options, resume=True, folder="again")
    for name in ("model.pt", "model_last.pt"):
        assert torch.equal(weights(tmp_path / "parts", name), weights(tmp_path / "whole", name))
    assert curves(tmp_path / "parts") == curves(tmp_path / "whole")
    assert digests(tmp_path / "parts" / "corrected_labels") == digests(tmp_path / "whole" / "corrected_labels")
    store = LabelStore(tmp_path / "whole" / "store")
    assert len(store.case_ids()) == 5


def test_too_few_validation_cases_are_refused(dataset, tmp_path):
    with pytest.raises(RuntimeError, match="length is less than the number of participating ranks"):
        in_two(tmp_path / "run", dataset, num_train=5, num_validation=1)
