"""The bundle, run as users run it, on small data of real files."""

import csv
import hashlib
import json
import os
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch
from bundle_settings import AT_ONCE, EAGER
from monai.bundle import ConfigWorkflow

from monai_adele.data import read_run_record
from monai_adele.errors import DataError, StoreError
from monai_adele.phantom import write_phantom
from monai_adele.store import LabelStore, export_recorded_labels, undo_corrections

CONFIGS = Path(__file__).parents[2] / "bundles" / "adele_segmentation" / "configs"
pytestmark = pytest.mark.filterwarnings("ignore")  # MONAI's own, such as of its deprecated options


def run(output, dataset, *overrides, **settings):
    """Run the bundle; what has an onset at once, corrects at once."""
    files = [str(CONFIGS / f"{name}.json") for name in ("train", *overrides)]
    settings = {"max_epochs": 3, "batch_size": 2, "channels": [4, 8, 16], "onset_rule": EAGER} | AT_ONCE | settings
    workflow = ConfigWorkflow(
        config_file=files,
        workflow_type="train",
        logging_file=False,
        bundle_root=str(CONFIGS.parent),
        dataset_dir=str(dataset),
        output_dir=str(output),
        tau_foreground=0.0,
        tau_background=0.0,
        **settings,
    )
    workflow.initialize()
    workflow.run()
    return workflow


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.nii.gz"))}


def weights(output, name="model_last.pt"):
    state = torch.load(output / "models" / name, weights_only=True)
    return torch.cat([value.flatten().float() for value in state.values()])


def summary(output):
    return json.loads((output / "summary.json").read_text())


@pytest.fixture(scope="module")
def slices(tmp_path_factory):
    return write_phantom(tmp_path_factory.mktemp("2d") / "set", spatial_dims=2, num_cases=8, size=(32, 32))


@pytest.fixture(scope="module")
def volumes(tmp_path_factory):
    return write_phantom(tmp_path_factory.mktemp("3d") / "set", spatial_dims=3, num_cases=5, size=(32, 32, 16))


@pytest.fixture(scope="module")
def finished(slices, tmp_path_factory):
    """A run on 2D images, with corrections."""
    output = tmp_path_factory.mktemp("run")
    before = digests(slices)
    run(output, slices, spatial_dims=2)
    assert digests(slices) == before
    return output


def test_a_run_leaves_what_it_promises(finished):
    expected = {
        *("admission_cache.json", "cases.json", "checkpoints", "corrected_labels", "learning_curves.csv"),
        *("learning_curves.png", "models"),
        *("most_changed_cases.png", "report.html", "split.json", "store", "summary.json"),
    }
    assert {path.name for path in finished.iterdir()} == expected
    facts = summary(finished)
    assert facts["epochs"] == 3
    assert facts["corrections"]["version"] >= 1
    assert set(facts["final_metrics"]) == {"last", "best"}
    assert facts["settings"]["class_names"][1] == "esophagus"
    assert any(onset["epoch"] == 2 for onset in facts["onsets"].values())


def test_voxels_that_were_not_corrected_are_those_of_the_given_label(finished, slices):
    store, changed = LabelStore(finished / "store"), 0
    for path in (finished / "corrected_labels").iterdir():
        corrected, given = nib.load(path), nib.load(slices / "labelsTr" / path.name)
        assert corrected.get_data_dtype() == given.get_data_dtype()
        np.testing.assert_array_equal(corrected.affine, given.affine)
        different = np.asarray(corrected.dataobj) != np.asarray(given.dataobj)
        assert different.sum() == len(store.correction(path.name.removesuffix(".nii.gz")) or ())
        changed += different.sum()
    assert changed > 0


def test_given_labels_may_be_read_only(slices, tmp_path):
    data = shutil.copytree(slices, tmp_path / "data")
    for path in [*data.rglob("*"), data]:
        os.chmod(path, 0o555 if path.is_dir() else 0o444)
    before = digests(data)
    run(tmp_path / "run", data, spatial_dims=2, max_epochs=1)
    assert digests(data) == before


@pytest.mark.parametrize("num_workers", [0, 2])
def test_the_same_seed_gives_the_same_run_for_any_number_of_workers(finished, slices, tmp_path, num_workers):
    run(tmp_path, slices, spatial_dims=2, num_workers=num_workers)
    assert torch.equal(weights(tmp_path), weights(finished))
    assert (tmp_path / "learning_curves.csv").read_text() == (finished / "learning_curves.csv").read_text()
    assert digests(tmp_path / "corrected_labels") == digests(finished / "corrected_labels")


def test_another_seed_gives_another_run(finished, slices, tmp_path):
    run(tmp_path, slices, spatial_dims=2, seed=1)
    assert not torch.equal(weights(tmp_path), weights(finished))


def test_a_resumed_run_is_the_uninterrupted_run(slices, tmp_path):
    options = {"spatial_dims": 2, "every_epochs": 1, "steady": True, "min_iou": 0.0}
    run(tmp_path / "whole", slices, max_epochs=4, **options)
    run(tmp_path / "parts", slices, max_epochs=2, **options)
    run(tmp_path / "parts", slices, max_epochs=4, resume=True, **options)
    assert torch.equal(weights(tmp_path / "parts"), weights(tmp_path / "whole"))
    assert torch.equal(weights(tmp_path / "parts", "model.pt"), weights(tmp_path / "whole", "model.pt"))
    for name in ("learning_curves.csv", "split.json"):
        assert (tmp_path / "parts" / name).read_text() == (tmp_path / "whole" / name).read_text()
    assert digests(tmp_path / "parts" / "corrected_labels") == digests(tmp_path / "whole" / "corrected_labels")
    assert summary(tmp_path / "parts")["onsets"] == summary(tmp_path / "whole")["onsets"]
    assert next(LabelStore(tmp_path / "whole" / "store").journal()).epoch == 3  # which needs what was said in epoch 2


def test_an_output_folder_in_use_is_refused_without_resume(finished, slices):
    before = digests(finished / "corrected_labels")
    with pytest.raises(RuntimeError) as caught:
        run(finished, slices, spatial_dims=2)
    assert isinstance(root_of(caught.value), StoreError)
    assert digests(finished / "corrected_labels") == before


@pytest.mark.parametrize("spatial_dims", [2, 3])
def test_volumes_are_trained_whole_or_slice_by_slice(volumes, tmp_path, spatial_dims):
    run(tmp_path, volumes, spatial_dims=spatial_dims, batch_size=4)
    for path in (tmp_path / "corrected_labels").iterdir():
        assert nib.load(path).shape == (32, 32, 16)
    export_again(tmp_path)
    facts = summary(tmp_path)
    assert facts["settings"]["slices"] == (spatial_dims == 2)
    assert facts["corrections"]["cases"] > 0


def export_again(output):
    """From what the run wrote down alone: the same files, bit for bit, as the run itself exported."""
    record, store = read_run_record(output), LabelStore(output / "store")
    export_recorded_labels(record, store, output / "again")
    again, first = digests(output / "again"), digests(output / "corrected_labels")
    assert again == first
    export_recorded_labels(record, store, output / "before", version=0)
    for path in record.labels.values():
        assert path.read_bytes() == (output / "before" / path.name).read_bytes()


def test_a_run_without_room_for_change_names_the_cases_it_left_alone(slices, tmp_path):
    run(tmp_path, slices, spatial_dims=2, max_changed_share=0.0)
    found = summary(tmp_path)["corrections"]
    assert found["voxels"] == {}
    assert found["cases_left_alone"] > 0
    rows = list(csv.DictReader((tmp_path / "learning_curves.csv").open()))
    assert max(float(row["cases_left_alone"]) for row in rows) == found["cases_left_alone"]


def test_uncertain_voxels_are_ignored_from_then_on(slices, tmp_path):
    uncertain = {"correction_rule#ignore_uncertain": True, "correction_rule#tau_foreground": 0.999}
    run(tmp_path, slices, spatial_dims=2, ignore_index=255, **uncertain)
    found = summary(tmp_path)["corrections"]["voxels"]
    assert found
    assert all(name.endswith(("-> 255", "-> background")) for name in found)
    exported = [np.asarray(nib.load(path).dataobj) for path in (tmp_path / "corrected_labels").iterdir()]
    assert sum(int((label == 255).sum()) for label in exported) > 0


def test_what_a_person_undid_is_not_brought_back_by_a_resume(finished, slices, tmp_path):
    output = shutil.copytree(finished, tmp_path / "run")
    store = LabelStore(output / "store")
    version = store.version
    undo_corrections(store)
    with pytest.raises(RuntimeError) as caught:
        run(output, slices, spatial_dims=2, max_epochs=4, resume=True)
    assert "made by hand" in str(root_of(caught.value))
    assert store.is_empty
    store.roll_back(version, by_hand=True)
    run(output, slices, spatial_dims=2, max_epochs=4, resume=True)
    assert summary(output)["epochs"] == 4


def test_an_experiment_measures_against_the_truth(volumes, tmp_path):
    run(tmp_path, volumes, "noise")
    export_again(tmp_path)
    facts = summary(tmp_path)
    assert 0 < facts["label_iou"]["given"]["mean"] < 1
    header = (tmp_path / "learning_curves.csv").read_text().splitlines()[0]
    assert "memorization_heart" in header
    assert "early_learning_heart" in header
    assert "UnderOverSegment" in facts["settings"]["noise"]  # a resume with other noise is refused


def test_the_baseline_is_plain_training(slices, tmp_path):
    workflow = run(tmp_path, slices, "baseline", spatial_dims=2)
    assert summary(tmp_path)["corrections"]["version"] == 0
    assert workflow.parser.get_parsed_content("train#inferer").scales == [1.0]
    assert workflow.parser.get_parsed_content("corrector") is None


def test_the_settings_of_the_paper_run(volumes, tmp_path):
    small = {"_target_": "UNet", "spatial_dims": 2, "in_channels": 1, "out_channels": 5}
    small |= {"channels": [4, 8], "strides": [2], "norm": "batch"}
    preprocessing = json.loads((CONFIGS / "paper_segthor.json").read_text())["preprocessing"]
    preprocessing[2]["spatial_size"] = [32, 32, -1]
    options = {"network_def": small, "preprocessing": preprocessing, "patch_size": [32, 32], "channels": [4, 8]}
    rule = {"_target_": "monai_adele.functional.SegthorOnset", "planned_epochs": 2, "threshold": 0.001}
    workflow = run(tmp_path, volumes, "noise", "paper_segthor", max_epochs=2, onset_rule=rule, **options)
    loss = workflow.parser.get_parsed_content("train#loss")
    assert (loss.temperature, loss.base_scales) == (3.0, "all")


def test_a_run_has_the_properties_that_monai_asks_for(slices, tmp_path):
    files = [str(CONFIGS / "train.json")]
    workflow = ConfigWorkflow(
        files,
        meta_file=str(CONFIGS / "metadata.json"),
        workflow_type="train",
        logging_file=False,
        dataset_dir=str(slices),
        output_dir=str(tmp_path),
        spatial_dims=2,
    )
    workflow.initialize()
    assert workflow.check_properties() in (None, [])


def test_a_trained_network_is_evaluated_and_applied(finished, slices, tmp_path, capsys):
    run(finished, slices, "evaluate", spatial_dims=2)
    assert f"{summary(finished)['final_metrics']['best']['mean_iou']:.4f}"[:5] in capsys.readouterr().out
    workflow = ConfigWorkflow(
        str(CONFIGS / "inference.json"),
        workflow_type="infer",
        logging_file=False,
        run_dir=str(finished),
        dataset_dir=str(slices / "imagesTr"),
        output_dir=str(tmp_path),
    )
    workflow.initialize()
    workflow.run()
    predictions = sorted(tmp_path.glob("*.nii.gz"))
    assert len(predictions) == 8
    for path in predictions:
        image, prediction = nib.load(slices / "imagesTr" / path.name), nib.load(path)
        assert prediction.shape == image.shape
        np.testing.assert_allclose(prediction.affine, image.affine, atol=1e-5)


def test_a_checkpoint_of_another_network_is_told_with_all_that_differs(finished, slices, tmp_path):
    state = torch.load(finished / "models" / "model.pt", weights_only=True)
    torch.save({name: value for name, value in state.items() if "bias" not in name}, tmp_path / "other.pt")
    with pytest.raises(RuntimeError) as caught:
        run(finished, slices, "evaluate", spatial_dims=2, model_file=str(tmp_path / "other.pt"))
    error = root_of(caught.value)
    assert isinstance(error, DataError)
    assert "other.pt: lacks" in str(error)


def test_all_faulty_cases_are_reported_before_the_first_epoch(slices, tmp_path):
    data = shutil.copytree(slices, tmp_path / "data")
    damage(data / "labelsTr" / "phantom_0002.nii.gz", lambda label: label + 100)
    damage(data / "imagesTr" / "phantom_0003.nii.gz", lambda image: np.where(image > 0, np.nan, image))
    (data / "imagesTr" / "phantom_0004.nii.gz").write_bytes(b"")
    with pytest.raises(RuntimeError) as caught:
        run(tmp_path / "run", data, spatial_dims=2)
    error = root_of(caught.value)
    assert isinstance(error, DataError)
    for case_id, problem in zip(("0002", "0003", "0004"), sorted(error.problems), strict=True):
        assert f"phantom_{case_id}" in problem
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_ignored_voxels_are_left_out_from_end_to_end(slices, tmp_path):
    data = shutil.copytree(slices, tmp_path / "data")
    labels = {"background": 0, "esophagus": 1, "heart": 2, "trachea": 3, "aorta": 4, "ignore": 5}
    (data / "dataset.json").write_text(json.dumps({"labels": labels, "channel_names": {"0": "CT"}}))
    for path in sorted((data / "imagesTr").iterdir()):
        path.rename(path.with_name(path.name.replace(".nii.gz", "_0000.nii.gz")))
        damage(data / "labelsTr" / path.name, with_ignored_rows)
    run(tmp_path / "run", data, spatial_dims=2)
    for path in (tmp_path / "run" / "corrected_labels").iterdir():
        corrected = np.asarray(nib.load(path).dataobj)
        assert (corrected[:8] == 5).all()
        assert not (corrected[8:] == 5).any()


def with_ignored_rows(label):
    label[:8] = 5
    return label.astype(np.uint8)


def test_a_datalist_with_its_own_parts_truth_and_notes_is_taken(slices, tmp_path):
    truth = f"{slices}/labelsTr/{{}}"
    entries = [
        {"image": f"{slices}/imagesTr/{name}", "label": f"{slices}/labelsTr/{name}", "truth": truth.format(name)}
        for name in sorted(path.name for path in (slices / "imagesTr").iterdir())
    ]
    entries[0]["note"] = "a key that the others lack"
    parts = {"training": entries[:4], "validation": entries[4:6], "test": entries[6:]}
    names = {str(i): name for i, name in enumerate(["background", "esophagus", "heart", "trachea", "aorta"])}
    (tmp_path / "list.json").write_text(json.dumps({"labels": names, **parts}))
    run(tmp_path / "run", tmp_path / "list.json", spatial_dims=2)
    assert summary(tmp_path / "run")["label_iou"]["given"]["mean"] == 1.0


def test_without_test_cases_and_with_rare_validation_a_run_is_whole(slices, tmp_path):
    run(tmp_path, slices, spatial_dims=2, num_test=0, num_train=6, num_validation=2, val_interval=2)
    assert summary(tmp_path)["final_metrics"] == {}
    rows = (tmp_path / "learning_curves.csv").read_text().splitlines()
    assert len(rows) == 4


def test_a_network_in_3d_refuses_images_in_2d(slices, tmp_path):
    with pytest.raises(RuntimeError) as caught:
        run(tmp_path, slices, spatial_dims=3)
    assert "train with --spatial_dims 2" in str(root_of(caught.value))


def test_a_run_does_not_start_from_corrections_of_another(finished, slices, tmp_path):
    shutil.copytree(finished / "store", tmp_path / "store")
    with pytest.raises(RuntimeError) as caught:
        run(tmp_path, slices, "baseline", spatial_dims=2)
    assert isinstance(root_of(caught.value), StoreError)


def damage(path, change):
    file = nib.load(path)
    nib.save(nib.Nifti1Image(change(file.get_fdata()), file.affine), path)


def root_of(error):
    while error.__cause__ is not None:
        error = error.__cause__
    return error
