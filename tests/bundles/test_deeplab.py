"""The bundle with DeepLabV3+ in place of the U-Net: deeplab.json, and deeplab_inference.json for what it trained."""

import json
from pathlib import Path

import nibabel as nib
import pytest
from monai.bundle import ConfigWorkflow

from monai_adele.networks import DeepLabV3Plus
from monai_adele.phantom import write_phantom

CONFIGS = Path(__file__).parents[2] / "bundles" / "adele_segmentation" / "configs"
SMALL = {"channels": [4, 4, 8, 8, 16], "head_channels": 8, "batch_size": 2, "max_epochs": 1}
pytestmark = pytest.mark.filterwarnings("ignore")  # MONAI's own, such as of its deprecated options


def run(kind, names, **settings):
    files = [str(CONFIGS / f"{name}.json") for name in names]
    workflow = ConfigWorkflow(files, workflow_type=kind, logging_file=False, **settings)
    workflow.initialize()
    workflow.run()
    return workflow


def dataset(folder, spatial_dims):
    size = (40, 32) if spatial_dims == 2 else (32, 24, 16)
    return write_phantom(folder / "set", spatial_dims=spatial_dims, num_cases=5, size=size)


def settings(output):
    return json.loads((output / "summary.json").read_text())["settings"]


@pytest.mark.parametrize(("spatial_dims", "output_stride"), [(2, 16), (3, [8, 8, 2])])
def test_it_trains_is_evaluated_and_applied(tmp_path, spatial_dims, output_stride):
    data, output = dataset(tmp_path, spatial_dims), tmp_path / "run"
    chosen = {"spatial_dims": spatial_dims, "output_stride": output_stride, "norm": ["group", {"num_groups": 2}]}
    arguments = SMALL | chosen | {"dataset_dir": str(data), "output_dir": str(output)}
    workflow = run("train", ["train", "deeplab"], **arguments)
    network = workflow.parser.get_parsed_content("network")
    assert isinstance(network, DeepLabV3Plus)
    assert network.encoder.output_stride == (output_stride if spatial_dims == 3 else [16, 16])
    assert settings(output)["output_stride"] == output_stride
    run("train", ["train", "deeplab", "evaluate"], **arguments)
    images, predictions = str(data / "imagesTr"), tmp_path / "predictions"
    folders = {"run_dir": str(output), "dataset_dir": images, "output_dir": str(predictions)}
    run("infer", ["inference", "deeplab_inference"], **folders)
    for path in sorted((data / "imagesTr").iterdir()):
        assert nib.load(predictions / path.name).shape == nib.load(path).shape


def test_a_run_is_not_resumed_with_another_network(tmp_path):
    data = dataset(tmp_path, 2)
    arguments = SMALL | {"spatial_dims": 2, "dataset_dir": str(data), "output_dir": str(tmp_path / "run")}
    run("train", ["train", "deeplab"], **arguments)
    with pytest.raises(RuntimeError) as caught:
        run("train", ["train", "deeplab"], **(arguments | {"resume": True, "max_epochs": 2, "head_channels": 4}))
    assert "head_channels 8 (now 4)" in str(root_of(caught.value))


def root_of(error):
    while error.__cause__ is not None:
        error = error.__cause__
    return error
