"""Reviews applied to the corrections of a run."""

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from monai_adele.__main__ import main
from monai_adele.data import CaseGrid, RunRecord
from monai_adele.store import LabelStore

NAMES = ("background", "liver", "tumour")


class Run:
    """A run with two volumes, in each of which a voxel of the liver and one of the tumour were corrected away."""

    def __init__(self, folder):
        self.folder = folder / "run"
        self.folder.mkdir()
        label = np.zeros((4, 3, 2), np.uint8)
        label[1, :, :], label[2, :, :] = 1, 2
        self.label, labels, grids = label, {}, {}
        for name in ("a", "b"):
            labels[name] = folder / f"{name}.nii.gz"
            nib.save(nib.Nifti1Image(label, np.eye(4)), labels[name])
            grids[name] = CaseGrid.of(MetaTensor(torch.zeros(1, *label.shape)))
        RunRecord(NAMES, None, False, labels, grids).write(self.folder)
        self.store = LabelStore(self.folder / "store")
        corrected = label.copy()
        corrected[1, 0, 0] = corrected[2, 2, 1] = 0
        with self.store.transaction(epoch=3, reason="memorized") as transaction:
            for name in labels:
                transaction.put(name, label, corrected)

    def review(self, *marks, **more):
        path = self.folder / "audit" / "review.json"
        path.parent.mkdir(exist_ok=True)
        listed = [dict(zip(("case_id", "class_name", "mark"), mark, strict=True)) for mark in marks]
        path.write_text(json.dumps({"format": "monai_adele review 1", "store_version": 1, "marks": listed, **more}))
        return str(path)

    def changed(self, name):
        current = self.store.current_label(name, self.label)
        return [tuple(place) for place in np.argwhere(current != self.label).tolist()]


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def test_what_was_rejected_is_undone_and_the_rest_stays(run, capsys):
    review = run.review(("a", "liver", "reject"), ("a", "tumour", "agree"), ("b", "liver", "again"))
    assert main(["corrections", "apply-review", review]) == 0
    assert run.changed("a") == [(2, 2, 1)]
    assert run.changed("b") == [(1, 0, 0), (2, 2, 1)]
    assert "1 agreed, 1 rejected, 1 to be looked at again" in capsys.readouterr().out


def test_a_review_is_one_version_that_can_be_restored(run):
    main(["corrections", "apply-review", run.review(("a", "liver", "reject"), ("b", "tumour", "reject"))])
    assert run.store.version == 2
    main(["corrections", "restore", str(run.folder), "--version", "1"])
    assert run.changed("a") == run.changed("b") == [(1, 0, 0), (2, 2, 1)]


def test_a_review_applied_twice_changes_nothing_more(run, capsys):
    review = run.review(("a", "liver", "reject"))
    main(["corrections", "apply-review", review])
    assert main(["corrections", "apply-review", review]) == 0
    assert run.store.version == 2
    assert "nothing to undo" in capsys.readouterr().out


def test_the_export_follows(run, tmp_path):
    review = run.review(("a", "liver", "reject"))
    main(["corrections", "apply-review", review, "--out", str(tmp_path / "labels")])
    exported = np.asarray(nib.load(tmp_path / "labels" / "a.nii.gz").dataobj)
    assert np.argwhere(exported != run.label).tolist() == [[2, 2, 1]]


def test_unknown_names_are_all_told_and_nothing_is_changed(run, capsys):
    review = run.review(("a", "liver", "reject"), ("c", "liver", "reject"), ("a", "spleen", "agree"))
    assert main(["corrections", "apply-review", review]) == 1
    assert run.store.version == 1
    error = capsys.readouterr().err
    assert "case 'c': not in this run" in error
    assert "class 'spleen': not in this run" in error


def test_a_review_elsewhere_needs_the_run_named(run, tmp_path, capsys):
    path = tmp_path / "elsewhere" / "deep" / "er"
    path.mkdir(parents=True)
    text = Path(run.review(("a", "liver", "reject"))).read_text()
    (path / "review.json").write_text(text)
    assert main(["corrections", "apply-review", str(path / "review.json")]) == 1
    assert "name it with --run" in capsys.readouterr().err
    assert main(["corrections", "apply-review", str(path / "review.json"), "--run", str(run.folder)]) == 0
    assert run.changed("a") == [(2, 2, 1)]
