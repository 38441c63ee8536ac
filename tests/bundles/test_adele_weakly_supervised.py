"""The bundle for photographs with pseudo-labels, run as users run it, on a small generated set in VOC's layout."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from bundle_settings import EAGER
from monai.bundle import ConfigWorkflow
from PIL import Image
from reference.processes import in_processes

from monai_adele.data import check_bundle_overrides, read_run_record
from monai_adele.errors import AdeleError, DataError, StoreError
from monai_adele.functional import CorrectionRule, VocOnset
from monai_adele.networks import DeepLabV1ResNet38
from monai_adele.phantom import write_voc_phantom as write_set
from monai_adele.store import LabelStore, export_recorded_labels

CONFIGS = Path(__file__).parents[2] / "bundles" / "adele_weakly_supervised" / "configs"
SMALL = {
    "channels": [4, 4, 8, 8, 16],
    "head_channels": 8,
    "crop_size": [32, 32],
    "batch_size": 2,
    "max_epochs": 3,
    "num_validation": 2,
    "evaluation_scales": [1.0],
    "onset_rule": EAGER,
    "tau": 0.0,
    "min_iou": 0.0,
}
pytestmark = pytest.mark.filterwarnings("ignore")  # MONAI's own, such as of its deprecated options


def workflow(names, kind="train", **settings):
    files = [str(CONFIGS / f"{name}.json") for name in names]
    return ConfigWorkflow(files, workflow_type=kind, logging_file=False, bundle_root=str(CONFIGS.parent), **settings)


def run(output, dataset, *overrides, **settings):
    flow = workflow(["train", *overrides], dataset_dir=str(dataset), output_dir=str(output), **(SMALL | settings))
    flow.initialize()
    flow.run()
    return flow


def pixels(path):
    with Image.open(path) as image:
        return np.array(image)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.*g"))}


def weights(output, name="model_last.pt"):
    state = torch.load(output / "models" / name, weights_only=True)
    return torch.cat([value.flatten().float() for value in state.values()])


def checkpoint(output):
    [path] = (output / "checkpoints").iterdir()
    return torch.load(path, weights_only=True)


def summary(output):
    return json.loads((output / "summary.json").read_text())


def root_of(error):
    while error.__cause__ is not None:
        error = error.__cause__
    return error


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("voc") / "set", num_train=7, num_test=3, size=(32, 44))


@pytest.fixture(scope="module")
def finished(dataset, tmp_path_factory):
    """A run with corrections; the files of the dataset stay as they are."""
    output = tmp_path_factory.mktemp("run")
    before = digests(dataset)
    run(output, dataset)
    assert digests(dataset) == before
    return output


def test_a_run_leaves_what_it_promises(finished):
    expected = {
        *("cases.json", "checkpoints", "corrected_labels", "learning_curves.csv", "learning_curves.png", "models"),
        *("most_changed_cases.png", "report.html", "split.json", "store", "summary.json"),
    }
    assert expected <= {path.name for path in finished.iterdir()}
    facts = summary(finished)
    assert facts["settings"]["class_names"] == ["background", "disk", "box", "triangle", "ring", "cross"]
    assert facts["corrections"]["cases"] > 0
    assert 0 < facts["label_iou"]["given"]["mean"] < 1
    assert set(facts["final_metrics"]["last"]["iou"]) == set(facts["settings"]["class_names"])
    assert "memorization_disk" in (finished / "learning_curves.csv").read_text().splitlines()[0]


def test_corrected_labels_are_png_that_differ_where_they_were_corrected(finished, dataset):
    store, changed = LabelStore(finished / "store"), 0
    labels = sorted((finished / "corrected_labels").iterdir())
    assert len(labels) == 5
    for path in labels:
        with Image.open(path) as image:
            assert image.mode == "P"
        different = pixels(path) != pixels(dataset / "PseudoLabels" / path.name)
        assert different.sum() == len(store.correction(path.stem) or ())
        changed += different.sum()
    assert changed > 0


def test_corrections_are_exported_again_without_the_settings_of_the_run(finished, tmp_path):
    export_recorded_labels(read_run_record(finished), LabelStore(finished / "store"), tmp_path / "again")
    assert digests(tmp_path / "again") == digests(finished / "corrected_labels")


def test_a_resumed_run_is_the_uninterrupted_run(finished, dataset, tmp_path):
    run(tmp_path, dataset, max_epochs=1, schedule_epochs=3)
    run(tmp_path, dataset, max_epochs=3, schedule_epochs=3, resume=True, num_workers=1)
    assert torch.equal(weights(tmp_path), weights(finished))
    assert (tmp_path / "learning_curves.csv").read_text() == (finished / "learning_curves.csv").read_text()
    assert digests(tmp_path / "corrected_labels") == digests(finished / "corrected_labels")
    assert checkpoint(tmp_path)["scheduler"]["last_epoch"] == 9


def test_another_length_of_the_schedule_is_another_run(finished, dataset):
    with pytest.raises(RuntimeError) as caught:
        run(finished, dataset, max_epochs=4, resume=True)
    assert isinstance(root_of(caught.value), StoreError)
    assert "schedule_epochs 3 (now 4)" in str(root_of(caught.value))


def test_the_learning_rates_fall_as_a_power_of_what_is_left(finished):
    """``lr * (1 - iteration / (iterations + 1)) ** 0.9`` at each iteration, as in the authors' code."""
    state, iterations = checkpoint(finished), 3 * 3
    groups = state["optimizer"]["param_groups"]
    left = (1 - iterations / (iterations + 1)) ** 0.9
    assert [group["lr"] for group in groups] == pytest.approx([0.02 * left, 0.04 * left])
    assert [(group["momentum"], group["weight_decay"]) for group in groups] == [(0.9, 5e-4)] * 2


def test_encoder_and_head_are_in_groups_of_their_own(dataset, tmp_path):
    flow = workflow(["train"], dataset_dir=str(dataset), output_dir=str(tmp_path), **SMALL, head_learning_rate=0.5)
    flow.initialize()
    network, optimizer = (flow.parser.get_parsed_content(name) for name in ("network", "optimizer"))
    encoder, head = ([id(p) for p in group["params"]] for group in optimizer.param_groups)
    assert encoder == [id(p) for p in network.encoder.parameters()]
    assert sorted(encoder + head) == sorted(id(p) for p in network.parameters())
    assert [group["lr"] for group in optimizer.param_groups] == [0.02, 0.5]


def test_the_default_rules_are_those_of_voc(dataset, tmp_path):
    settings = {key: value for key, value in SMALL.items() if key not in ("onset_rule", "tau")}
    flow = workflow(["train"], dataset_dir=str(dataset), output_dir=str(tmp_path), **settings)
    flow.initialize()
    corrector = flow.parser.get_parsed_content("corrector")
    assert corrector.rule == CorrectionRule.voc(tau=0.7)
    assert corrector.detector.rule == VocOnset(planned_epochs=16)
    assert corrector.detector.label_key == "given"


def test_augmented_items_are_crops_whose_padding_does_not_count(dataset, tmp_path):
    flow = workflow(["train"], dataset_dir=str(dataset), output_dir=str(tmp_path), **(SMALL | {"crop_size": [48, 64]}))
    flow.initialize()
    augmented = flow.parser.get_parsed_content("train#dataset")
    small = 0
    for item in [augmented[i] for i in range(len(augmented))]:
        for key in ("label", "given", "truth"):
            assert tuple(item[key].shape) == (1, 48, 64)
            assert item[key].dtype == torch.uint8
            assert set(item[key].unique().tolist()) <= {0, 1, 2, 3, 4, 5, 255}
        assert tuple(item["image"].shape) == (3, 48, 64)
        padded = (item["image"] == 0).all(0)
        assert (item["label"][0][padded] == 255).all()
        small += int(padded.any())
    assert small > 0


def test_the_metric_is_that_of_voc_and_results_are_png_of_the_size_of_the_images(finished, dataset, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for path in (dataset / "JPEGImages").glob("val_*"):
        shutil.copy(path, images)
    Image.fromarray(pixels(images / "val_0001.jpg")).save(images / "val_0001.png")
    (images / "val_0001.jpg").unlink()
    folders = {"run_dir": str(finished), "dataset_dir": str(images), "output_dir": str(tmp_path / "predictions")}
    flow = workflow(["inference"], "infer", **folders)
    flow.initialize()
    flow.run()
    confusion = np.zeros((6, 6))
    for path in sorted((tmp_path / "predictions").iterdir()):
        truth, found = pixels(dataset / "SegmentationClass" / path.name), pixels(path)
        assert found.shape == truth.shape
        counted = truth != 255
        np.add.at(confusion, (truth[counted], found[counted]), 1)
    hits, union = np.diag(confusion), confusion.sum(0) + confusion.sum(1) - np.diag(confusion)
    best = summary(finished)["final_metrics"]["best"]
    assert confusion.sum() > 0
    assert best["mean_iou"] == pytest.approx((hits[union > 0] / union[union > 0]).mean())
    assert list(best["iou"].values()) == pytest.approx(hits / np.where(union > 0, union, np.nan), nan_ok=True)


def test_a_trained_network_is_evaluated(finished, dataset, capsys):
    run(finished, dataset, "evaluate")
    assert f"{round(summary(finished)['final_metrics']['best']['mean_iou'], 4)}" in capsys.readouterr().out


def test_a_grey_or_palette_image_is_segmented_as_rgb(finished, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    Image.fromarray(np.arange(40 * 33, dtype=np.uint8).reshape(40, 33)).save(images / "img_0001.png")
    Image.fromarray(np.zeros((20, 90, 3), np.uint8)).convert("P").save(images / "img_0002.png")
    folders = {"run_dir": str(finished), "dataset_dir": str(images), "output_dir": str(tmp_path / "out")}
    flow = workflow(["inference"], "infer", **folders)
    flow.initialize()
    flow.run()
    assert {path.name: pixels(path).shape for path in (tmp_path / "out").iterdir()} == {
        "img_0001.png": (40, 33),
        "img_0002.png": (20, 90),
    }


def test_the_baseline_is_plain_training(dataset, tmp_path):
    flow = workflow(["train", "baseline"], dataset_dir=str(dataset), output_dir=str(tmp_path), **SMALL)
    flow.initialize()
    assert flow.parser.get_parsed_content("train#loss").consistency_weight == 0
    assert flow.parser.get_parsed_content("train#inferer").scales == [1.0]
    assert flow.parser.get_parsed_content("corrector") is None


def test_the_network_and_the_settings_of_the_paper_run(dataset, tmp_path):
    torch.manual_seed(0)
    start = DeepLabV1ResNet38(out_channels=21, width=1)
    torch.save(start.state_dict(), tmp_path / "start.pth")
    options = {"width": 1, "initial_weights": str(tmp_path / "start.pth"), "num_workers": 0, "learning_rate": 1e-9}
    output = tmp_path / "run"
    flow = run(output, dataset, "resnet38", **(options | {"max_epochs": 1, "prediction_scales": [1.0]}))
    network = flow.parser.get_parsed_content("network")
    assert torch.allclose(network.backbone.conv1a.weight, start.backbone.conv1a.weight, atol=1e-6)
    groups = checkpoint(output)["optimizer"]["param_groups"]
    assert [round(group["lr"] / groups[0]["lr"], 3) for group in groups] == [1, 10, 20]
    loss = flow.parser.get_parsed_content("train#loss")
    assert (loss.temperature, loss.base_scales) == (3.0, "all")
    assert flow.parser.get_parsed_content("corrector").restart
    folders = {"run_dir": str(output), "dataset_dir": str(dataset / "JPEGImages"), "output_dir": str(tmp_path / "out")}
    flow = workflow(["inference", "resnet38_inference"], "infer", **folders)
    flow.initialize()
    flow.run()
    assert len(list((tmp_path / "out").iterdir())) == 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_two_processes_train_and_correct(dataset, tmp_path):
    def train(rank):
        torch.set_num_threads(1)
        flow = run(tmp_path / "run", dataset, "multi_gpu_train", batch_size=1, max_epochs=2, schedule_epochs=3)
        flow.finalize()

    in_processes(train, tmp_path / "processes")
    assert summary(tmp_path / "run")["epochs"] == 2
    assert summary(tmp_path / "run")["settings"]["num_processes"] == 2
    store = LabelStore(tmp_path / "run" / "store")
    assert store.version == 1
    assert 0 < len(store.case_ids()) <= 5


def test_missing_weights_are_named(dataset, tmp_path):
    with pytest.raises(RuntimeError) as caught:
        run(tmp_path, dataset, "resnet38", width=1, initial_weights=str(tmp_path / "none.params"))
    assert isinstance(root_of(caught.value), (DataError, FileNotFoundError))
    assert "none.params" in str(caught.value) + str(root_of(caught.value))


def test_faulty_cases_are_reported_before_the_first_epoch(dataset, tmp_path):
    data = shutil.copytree(dataset, tmp_path / "data")
    (data / "PseudoLabels" / "train_0002.png").write_bytes(b"")
    (data / "JPEGImages" / "train_0003.jpg").unlink()
    with pytest.raises(RuntimeError) as caught:
        run(tmp_path / "run", data)
    first, second = sorted(root_of(caught.value).problems)
    assert "train_0002" in first
    assert "train_0003" in second
    assert not (tmp_path / "run" / "checkpoints").exists()


@pytest.mark.parametrize(("wrong", "meant"), [("--psuedo_label_dir", "pseudo_label_dir"), ("--restrat", "restart")])
def test_a_misspelt_override_gets_the_nearest_key(wrong, meant):
    with pytest.raises(AdeleError, match=f"did you mean '{meant}'"):
        check_bundle_overrides(["run", "--config_file", str(CONFIGS / "train.json"), wrong, "x"])
