"""What MONAI's tools and its model zoo ask of a bundle, asked of each of ours after a small training."""

import json
import shutil

import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser, ckpt_export, create_workflow, onnx_export, verify_metadata, verify_net_in_out
from monai.data import load_net_with_metadata
from small_bundles import ADELE_SEGMENTATION, SMALL_BUNDLES, run_bundle

from monai_adele.commands.bundle import copy_bundle
from monai_adele.data import LabelFile
from monai_adele.data.folder_cases import case_id_of
from monai_adele.data.image_file import read_image_file
from monai_adele.networks import load_weights

pytestmark = pytest.mark.filterwarnings("ignore")  # MONAI's own, and of PyTorch's exporters


@pytest.fixture(scope="module", params=SMALL_BUNDLES, ids=lambda bundle: bundle.name)
def bundle(request):
    return request.param


@pytest.fixture(scope="module")
def dataset(bundle, tmp_path_factory):
    return bundle.write_data(tmp_path_factory.mktemp("data") / "set")


@pytest.fixture(scope="module")
def published(bundle, dataset, tmp_path_factory):
    """The bundle with what a run trained, made as its README tells."""
    root, run = tmp_path_factory.mktemp("published") / bundle.name, tmp_path_factory.mktemp("run") / "run"
    copy_bundle(bundle.name, root)
    run_bundle(root, ["train"], dataset_dir=str(dataset), output_dir=str(run), **bundle.settings)
    shutil.copytree(run / "models", root / "models")
    shutil.copy(run / "summary.json", root)
    return root


def metadata(root):
    return json.loads((root / "configs" / "metadata.json").read_text())


def config(root, name):
    return json.loads((root / "configs" / f"{name}.json").read_text())


def network(root):
    """The trained network, built as MONAI's tools build it."""
    parser = ConfigParser(config(root, "inference"))
    parser["bundle_root"] = str(root)
    return load_weights(parser.get_parsed_content("network_def"), root / "models" / "model.pt").eval()


def image(root, size=32):
    tensor = metadata(root)["network_data_format"]["inputs"]["image"]
    shape = [size for _ in tensor["spatial_shape"]]
    return torch.randn(1, tensor["num_channels"], *shape, generator=torch.Generator().manual_seed(0))


def files(root):
    """Arguments by which MONAI's tools find network and weights, as the model zoo gives them."""
    found = {"config_file": str(root / "configs" / "inference.json"), "bundle_root": str(root)}
    return found | {"net_id": "network_def", "meta_file": str(root / "configs" / "metadata.json")}


def test_the_files_of_the_model_zoo_are_there(published):
    wanted = ["LICENSE", "configs/metadata.json", "configs/logging.conf", "docs/README.md", "docs/data_license.txt"]
    wanted += [f"configs/{name}.json" for name in ("train", "evaluate", "inference")] + ["models/model.pt"]
    assert not [name for name in wanted if not (published / name).is_file()]
    assert not [path for path in published.rglob("*") if path.is_file() and path.stat().st_size > 25 * 2**20]
    assert published.name == published.name.lower()


def test_the_config_files_have_the_keys_of_the_model_zoo(published):
    train, inference = config(published, "train"), config(published, "inference")
    assert {"bundle_root", "device", "dataset_dir", "output_dir", "val_interval", "train", "validate"} <= set(train)
    assert {"trainer", "dataset", "handlers", "preprocessing", "inferer"} <= set(train["train"])
    assert "data" in train["train"]["dataset"]
    keys = {"evaluator", "handlers", "dataset", "preprocessing", "postprocessing", "inferer", "key_metric"}
    assert keys <= set(train["validate"])
    assert "data" in train["validate"]["dataset"]
    assert {"bundle_root", "device", "network_def", "inferer", "output_dir"} <= set(inference)


def test_the_model_card_says_what_it_is_for_and_what_it_is_not(published):
    text = (published / "docs" / "README.md").read_text(encoding="utf-8")
    for heading in ("## Intended use", "## Data", "## Limits"):
        assert heading in text
    assert "clinical decisions" in text
    assert "clinical decisions" in metadata(published)["intended_use"]


def test_the_metadata_fit_the_schema(published, schema):
    verify_metadata(meta_file=files(published)["meta_file"], filepath=schema)
    for tensors in metadata(published)["network_data_format"].values():
        for tensor in tensors.values():
            assert list(tensor["channel_def"]) == [str(i) for i in range(tensor["num_channels"])]


@pytest.fixture
def schema(request, tmp_path):
    """A copy of the schema: MONAI would download it to where there is none."""
    return shutil.copy(request.path.parent / "metadata_schema.json", tmp_path / "schema.json")


@pytest.mark.parametrize("key", ["version", "changelog", "monai_version", "intended_use", "network_data_format"])
def test_the_schema_refuses_metadata_without_a_field(published, schema, tmp_path, key):
    damaged = {name: value for name, value in metadata(published).items() if name != key}
    (tmp_path / "metadata.json").write_text(json.dumps(damaged))
    with pytest.raises(ValueError, match=f"'{key}' is a required property"):
        verify_metadata(meta_file=str(tmp_path / "metadata.json"), filepath=schema)


@pytest.mark.parametrize(
    ("key", "value"), [("version", "1"), ("eval_metrics", {"dice": "good"}), ("authors", ""), ("references", "none")]
)
def test_the_schema_refuses_a_wrong_value(published, schema, tmp_path, key, value):
    (tmp_path / "metadata.json").write_text(json.dumps(metadata(published) | {key: value}))
    with pytest.raises(ValueError, match="Failed validating"):
        verify_metadata(meta_file=str(tmp_path / "metadata.json"), filepath=schema)


def test_network_and_metadata_agree_on_shapes_and_types(published):
    verify_net_in_out(**files(published), device="cpu")


def test_wrong_metadata_are_noticed(published):
    wrong = {"_meta_#network_data_format#outputs#pred#num_channels": 3}
    with pytest.raises(ValueError, match="doesn't match: `3`"):
        verify_net_in_out(**files(published), device="cpu", **wrong)


def test_the_smallest_input_of_the_metadata_suits_a_network_of_default_depth():
    root = ADELE_SEGMENTATION.configs.parent
    chosen = {key: config(root, "train")[key] for key in ("spatial_dims", "channels", "norm")}
    settings = chosen | {"num_channels": 1, "class_names": list("abcde"), "slices": False}
    verify_net_in_out(**files(root), device="cpu", settings=settings)


def test_the_torchscript_export_gives_what_the_network_gives(published, tmp_path):
    target = tmp_path / "model.ts"
    ckpt_export(**files(published), filepath=str(target), ckpt_file=str(published / "models" / "model.pt"))
    exported, facts, _ = load_net_with_metadata(str(target))
    with torch.no_grad():
        torch.testing.assert_close(exported(image(published)), network(published)(image(published)), atol=1e-6, rtol=0)
    assert facts["version"] == metadata(published)["version"]


def test_the_onnx_export_gives_what_the_network_gives(published, tmp_path):
    for name in ("onnx", "onnxscript"):
        pytest.importorskip(name)
    runtime = pytest.importorskip("onnxruntime")
    target, example = tmp_path / "model.onnx", image(published)
    options = {"filepath": str(target), "ckpt_file": str(published / "models" / "model.pt")}
    onnx_export(**files(published), **options, input_shape=list(example.shape))
    session = runtime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: example.numpy()})
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(found), network(published)(example), atol=1e-4, rtol=1e-4)


def test_predictions_lie_on_the_grid_of_their_images(published, bundle, dataset, tmp_path):
    folders = {"dataset_dir": str(dataset / bundle.images), "output_dir": str(tmp_path)}
    run_bundle(published, ["inference"], kind="infer", **folders)
    images = sorted((dataset / bundle.images).iterdir())
    names = {case_id_of(path.name): f"{case_id_of(path.name)}{bundle.predictions}" for path in images}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names.values())
    num_classes = metadata(published)["network_data_format"]["outputs"]["pred"]["num_channels"]
    for path in images:
        given, found = read_image_file(path), LabelFile(tmp_path / names[case_id_of(path.name)])
        assert found.ids.shape == given.shape
        if given.affine is not None:
            np.testing.assert_allclose(found.affine, given.affine, atol=1e-4)
        assert set(np.unique(found.ids)) <= set(range(num_classes))


@pytest.mark.parametrize(
    ("kind", "names"), [("train", ["train"]), ("infer", ["train", "evaluate"]), ("infer", ["inference"])]
)
def test_a_workflow_has_the_properties_that_monai_knows(published, bundle, dataset, tmp_path, kind, names):
    folder = dataset / bundle.images if names == ["inference"] else dataset
    workflow = create_workflow(
        config_file=[str(published / "configs" / f"{name}.json") for name in names],
        workflow_type=kind,
        logging_file=False,
        bundle_root=str(published),
        meta_file=files(published)["meta_file"],
        dataset_dir=str(folder),
        output_dir=str(tmp_path),
        **({} if names == ["inference"] else bundle.settings),
    )
    workflow.initialize()
    assert workflow.check_properties() == []
    assert workflow.version == metadata(published)["version"]
    assert workflow.network_def is not None
    assert workflow.evaluator is not None
