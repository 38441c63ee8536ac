"""Tests of the audit at the end of a run."""

import csv
import logging

import nibabel as nib
import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.data import MetaTensor
from small_bundles import ADELE_SEGMENTATION, run_bundle

from monai_adele.data import CaseGrid, RunRecord
from monai_adele.phantom import write_phantom
from monai_adele.visualize import FinalAudit

LABEL = np.pad(np.ones((4, 3), np.uint8), 4)


@pytest.fixture
def run(tmp_path):
    """The folder of a run with one case, and no network."""
    folder, grid = tmp_path / "run", CaseGrid.of(MetaTensor(torch.zeros(1, *LABEL.shape), affine=torch.eye(4)))
    folder.mkdir()
    for kind in ("image", "label"):
        nib.save(nib.Nifti1Image(LABEL, np.eye(4)), tmp_path / f"{kind}.nii.gz")
    files = {"a": tmp_path / "label.nii.gz"}, {"a": grid}, {"a": (tmp_path / "image.nii.gz",)}
    RunRecord(("background", "liver"), None, False, *files).write(folder)
    return folder


def train(folder, *, interrupted=False):
    engine = Engine(lambda *_: None)
    FinalAudit(folder).attach(engine)
    engine.state.interrupted = interrupted
    engine.run([0], max_epochs=2)


def test_the_labels_of_a_run_are_audited_at_its_end(run):
    train(run)
    assert sorted(path.name for path in (run / "audit").iterdir()) == ["audit.csv", "audit.html", "audit.json"]
    with (run / "audit" / "audit.csv").open(newline="") as file:
        assert [(row["case_id"], row["score"]) for row in csv.DictReader(file)] == [("a", "1")]


def test_an_earlier_audit_is_replaced(run):
    train(run)
    (run / "audit" / "audit.csv").write_text("old")
    train(run)
    assert (run / "audit" / "audit.csv").read_text() != "old"


def test_a_run_that_was_stopped_is_not_audited(run):
    train(run, interrupted=True)
    assert not (run / "audit").exists()


def test_an_audit_that_is_not_possible_is_a_warning_and_no_end_of_the_run(run, caplog):
    (run / "cases.json").unlink()
    with caplog.at_level(logging.WARNING):
        train(run)
    assert "the labels were not audited: " in caplog.text
    assert not (run / "audit").exists()


@pytest.mark.filterwarnings("ignore")  # MONAI's own
def test_a_run_of_the_bundle_is_audited_by_its_own_network_on_request(tmp_path):
    data = write_phantom(tmp_path / "set", spatial_dims=2, num_cases=5, size=(32, 32))
    settings = ADELE_SEGMENTATION.settings | {"spatial_dims": 2, "num_validation": 1, "num_test": 1}
    root = ADELE_SEGMENTATION.configs.parent
    run_bundle(root, ["train", "audit"], dataset_dir=str(data), output_dir=str(tmp_path / "out"), **settings)
    with (tmp_path / "out" / "audit" / "audit.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["case_id"] for row in rows}) == 3
    assert {row["out_of_sample"] for row in rows} == {"false"}
    assert "trained on the labels that it judges" in (tmp_path / "out" / "audit" / "audit.json").read_text()
