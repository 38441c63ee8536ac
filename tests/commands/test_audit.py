"""The command that audits the folder of a run."""

import csv
import json

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.networks.nets import UNet

from monai_adele.__main__ import main
from monai_adele.data import CaseGrid, RunRecord
from monai_adele.store import LabelStore

NAMES = ("background", "liver")


@pytest.fixture
def run(tmp_path):
    """A run with two images, of whose labels one was corrected, and no network."""
    folder = tmp_path / "run"
    folder.mkdir()
    label = np.zeros((16, 12), np.uint8)
    label[4:10, 3:9] = 1
    labels, images, grids = {}, {}, {}
    for name in ("a", "b"):
        labels[name], images[name] = tmp_path / f"{name}.nii.gz", (tmp_path / "images" / f"{name}.nii.gz",)
        images[name][0].parent.mkdir(exist_ok=True)
        nib.save(nib.Nifti1Image(label, np.diag([2.0, 1.0, 1.0, 1.0])), labels[name])
        nib.save(nib.Nifti1Image(label.astype(np.float32), np.diag([2.0, 1.0, 1.0, 1.0])), images[name][0])
        grids[name] = CaseGrid.of(
            MetaTensor(torch.zeros(1, *label.shape), affine=torch.diag(torch.tensor([2.0, 1, 1, 1])))
        )
    RunRecord(NAMES, None, False, labels, grids, images).write(folder)
    corrected = label.copy()
    corrected[4:6] = 0
    with LabelStore(folder / "store").transaction(epoch=3, reason="memorized") as transaction:
        transaction.put("b", label, corrected)
    return folder


def rows(folder):
    with (folder / "audit" / "audit.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_without_a_network_labels_are_judged_by_their_corrections(run, capsys):
    assert main(["audit", str(run)]) == 0
    first, second = rows(run)
    assert (first["case_id"], first["kind"], first["corrected_voxels"], first["corrected_epoch"]) == (
        *("b", "over-segmented"),
        *("12", "3"),
    )
    assert (second["case_id"], second["score"]) == ("a", "1")
    assert "judged by its corrections alone" in capsys.readouterr().err
    assert json.loads((run / "audit" / "audit.json").read_text())["store_version"] == 1
    assert (run / "audit" / "audit.html").read_text().startswith("<!DOCTYPE html>")


def test_the_network_of_the_run_judges_on_the_grid_of_the_files(run):
    network = UNet(2, 1, 2, (4, 8), (2,), num_res_units=0, norm="instance")
    (run / "models").mkdir()
    torch.save(network.state_dict(), run / "models" / "model.pt")
    settings = {"class_names": NAMES, "channels": [4, 8], "norm": "instance", "spatial_dims": 2, "slices": False}
    settings |= {"num_channels": 1, "patch_size": [16, 16], "spacing_mm": None}
    onsets = {"liver": {"epoch": 2, "reason": ""}}
    (run / "summary.json").write_text(json.dumps({"settings": settings, "onsets": onsets}))
    assert main(["audit", str(run)]) == 0
    assert {row["onset_epoch"] for row in rows(run)} == {"2"}
    assert {row["out_of_sample"] for row in rows(run)} == {"false"}


def test_an_earlier_audit_is_not_overwritten(run, capsys):
    assert main(["audit", str(run)]) == 0
    assert main(["audit", str(run)]) == 1
    assert "found audit.csv, audit.json, audit.html" in capsys.readouterr().err
    assert main(["audit", str(run), "--overwrite"]) == 0


def test_labels_need_images_and_a_model(tmp_path, capsys):
    assert main(["audit", "--labels", str(tmp_path)]) == 1
    assert "no --images, --model, --out" in capsys.readouterr().err


def test_a_missing_image_is_named(run, tmp_path, capsys):
    (tmp_path / "images" / "b.nii.gz").unlink()
    assert main(["audit", str(run), "--images", str(tmp_path / "images")]) == 1
    assert "found no image of b" in capsys.readouterr().err
