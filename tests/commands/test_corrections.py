"""The commands on the folder of a run: 2D images, volumes, and slices of volumes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from monai_adele.__main__ import main
from monai_adele.data import CaseGrid, RunRecord, foreground_slices
from monai_adele.store import LabelStore

AFFINE = np.diag([2.0, 1.0, 3.0, 1.0])
CASES = ("liver_001", "liver_002", "../liver")


class Run:
    """The folder of a run with three cases, of which the first two are corrected, twice."""

    def __init__(self, folder, kind):
        self.folder, self.slices = folder / "run", kind == "slices"
        shape = (6, 5) if kind == "2D" else (6, 5, 4)
        self.given, self.labels, grids = {}, {}, {}
        (folder / "labels").mkdir(parents=True)
        self.folder.mkdir()
        for number, case_id in enumerate(CASES):
            label = np.zeros(shape, np.int16)
            label[1:4, 1:3], label[4:, 3:] = 1, 2
            self.given[case_id], self.labels[case_id] = label, folder / "labels" / f"{number}.nii.gz"
            nib.save(nib.Nifti1Image(label, AFFINE), self.labels[case_id])
            grids[case_id] = CaseGrid.of(MetaTensor(torch.zeros(1, *shape), affine=torch.as_tensor(AFFINE)))
        RunRecord(("background", "liver", "tumour"), None, self.slices, self.labels, grids).write(self.folder)
        self.store = LabelStore(self.folder / "store")
        self.correct(3, "liver_001", (slice(1, 3), 1), 0)
        self.correct(5, "liver_002", (slice(1, 4), slice(0, 3)), 2)

    def correct(self, epoch, case_id, place, value):
        with self.store.transaction(epoch=epoch, reason="memorized: liver") as transaction:
            for unit, given in self.units(case_id).items():
                corrected = self.store.current_label(unit, given)
                corrected[place] = value
                confidence = np.full(given.shape, 0.9)
                transaction.put(unit, given, corrected, confidence=confidence)

    def units(self, case_id):
        label = self.given[case_id]
        if not self.slices:
            return {case_id: label}
        volume = {"image": torch.zeros(1, *label.shape), "label": torch.as_tensor(label)[None], "case_id": case_id}
        return {item["case_id"]: item["label"][0].numpy() for item in foreground_slices([volume])}

    def __call__(self, action, *words):
        return main(["corrections", action, str(self.folder), *words])

    def exported(self, out, *words):
        assert self("export", "--out", str(out), *words) == 0
        return [np.asarray(nib.load(path).dataobj) for path in exported_files(out)]


def exported_files(out):
    """In the order of the cases; a case id that is no file name becomes a digest."""
    return [*sorted(Path(out).glob("liver*")), *Path(out).glob("digest-*")]


@pytest.fixture(params=["2D", "3D", "slices"])
def run(request, tmp_path):
    return Run(tmp_path, request.param)


@pytest.fixture
def volume_run(tmp_path):
    return Run(tmp_path, "3D")


def test_cases_are_listed_most_changed_first_with_their_classes(run, capsys):
    assert run("list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    depth = 1 if run.given["liver_001"].ndim == 2 else 4
    assert [(c["case_id"], c["voxels"]) for c in listed["cases"]] == [
        ("liver_002", 9 * depth),
        ("liver_001", 2 * depth),
    ]
    second, first = listed["cases"]
    assert first["share"] == pytest.approx(2 / (6 + 4))  # of the foreground
    assert (first["first_epoch"], first["last_epoch"], first["mean_confidence"]) == (3, 3, 0.9)
    classes = {c["class_id"]: (c["won"], c["lost"], c["share"]) for c in second["classes"]}
    assert classes == {0: (0, 3 * depth, 3 / 20), 1: (0, 6 * depth, 1.0), 2: (9 * depth, 0, 9 / 4)}


def test_the_table_names_classes_and_may_be_cut_short(volume_run, capsys):
    volume_run("list", "--top", "1")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "version 2: 2 of 3 cases corrected"
    assert lines[2].split() == ["liver_002", "36", "90.0", "%", "5", "0.90"]
    assert lines[3].split()[:3] == ["tumour", "+36", "-0"]
    assert "liver_001" not in "".join(lines)


def test_a_case_is_shown_with_its_history(run, capsys):
    run("undo", "--case", "liver_002", "--class", "liver")
    capsys.readouterr()
    assert run("show", "liver_002") == 0
    text = capsys.readouterr().out
    assert "after epoch 5" in text
    assert "memorized: liver" in text
    assert "liver -> tumour: " in text
    assert "confidence 0.90" in text
    assert "by hand" in text
    assert "undone: case liver_002, class liver" in text
    run("show", "../liver")
    assert "was never corrected" in capsys.readouterr().out
    run("show", "liver_002", "--json")
    history = json.loads(capsys.readouterr().out)["history"]
    assert {entry["version"] for entry in history} == {2, 3}


def test_any_version_is_exported_bit_identical_where_nothing_is_corrected(run, tmp_path):
    now, first, given = (run.exported(tmp_path / f"out{v}", "--version", v) for v in ("2", "1", "0"))
    expected = {case_id: label.copy() for case_id, label in run.given.items()}
    for label, case_id in zip(given, CASES, strict=True):
        assert np.array_equal(label, expected[case_id])
    expected["liver_001"][1:3, 1] = 0
    for label, case_id in zip(first, CASES, strict=True):
        assert np.array_equal(label, expected[case_id])
    expected["liver_002"][1:4, :3] = 2
    for label, case_id in zip(now, CASES, strict=True):
        assert np.array_equal(label, expected[case_id])
        assert label.dtype == np.int16
    for path, case_id in zip(exported_files(tmp_path / "out0"), CASES, strict=True):
        assert path.read_bytes() == run.labels[case_id].read_bytes()


def test_an_undo_makes_a_version_and_restore_takes_it_back(run, tmp_path, capsys):
    assert run("undo", "--class", "tumour") == 0
    said = capsys.readouterr().out
    assert "in 1 cases have their given class again: liver_002" in said
    assert "this is version 3" in said
    assert "a resume of this run is refused" in said
    assert np.array_equal(run.exported(tmp_path / "undone")[1], run.given["liver_002"])
    assert run("restore", "--version", "2") == 0
    assert (run.exported(tmp_path / "again")[1] == 2).any()
    assert run("undo", "--all") == 0
    assert run.store.is_empty
    assert run.store.version == 5


def test_what_is_not_known_is_told_all_at_once_and_nothing_is_done(volume_run, capsys):
    assert volume_run("undo", "--case", "liver_01", "liver_002", "spleen", "--class", "livr") == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "case 'liver_01': not in this run; did you mean 'liver_001'" in lines[0]
    assert (
        "class 'livr': not in this run, whose classes are background, liver, tumour; did you mean 'liver'?" in lines[2]
    )
    assert volume_run.store.version == 2


@pytest.mark.parametrize("words", [(), ("--all", "--case", "liver_001")])
def test_what_to_undo_has_to_be_said(volume_run, words, capsys):
    assert volume_run("undo", *words) == 1
    assert "name what to undo" in capsys.readouterr().err


def test_an_undo_of_what_is_not_corrected_says_so(volume_run, capsys):
    assert volume_run("undo", "--case", "../liver") == 0
    assert "nothing to undo" in capsys.readouterr().out
    assert volume_run.store.version == 2


def test_nothing_is_overwritten_and_no_version_invented(volume_run, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    assert volume_run("export", "--out", str(tmp_path / "out")) == 1
    assert volume_run("export", "--out", str(volume_run.labels["liver_001"].parent)) == 1
    assert volume_run("export", "--out", str(tmp_path / "new"), "--version", "9") == 1
    assert "found no version 9, expected one of 0..2" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels", "out", "run"]


def test_a_label_that_was_changed_since_is_refused(volume_run, tmp_path, capsys):
    nib.save(nib.Nifti1Image(volume_run.given["liver_001"] + 1, AFFINE), volume_run.labels["liver_002"])
    assert volume_run("export", "--out", str(tmp_path / "out")) == 1
    assert "case 'liver_002'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_other_folders_are_refused_and_left_alone(volume_run, tmp_path, capsys):
    assert main(["corrections", "list", str(tmp_path)]) == 1
    (tmp_path / "cases.json").write_text("{}")
    assert main(["corrections", "list", str(tmp_path)]) == 1
    assert "is not the record of a run" in capsys.readouterr().err
    (tmp_path / "cases.json").write_bytes((volume_run.folder / "cases.json").read_bytes())
    assert main(["corrections", "list", str(tmp_path)]) == 1
    assert not (tmp_path / "store").exists()


HOLD = """
import sys, time
from pathlib import Path
from monai_adele.store.store_lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="there are no such locks")
def test_an_undo_while_the_run_trains_is_refused(volume_run, capsys):
    words = [sys.executable, "-W", "ignore", "-c", HOLD, str(volume_run.store.folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as training:
        assert training.stdout.readline() == b"held\n"
        assert volume_run("undo", "--all") == 1
        training.kill()
    assert "another process trains with this store" in capsys.readouterr().err
    assert volume_run.store.version == 2
    assert volume_run("undo", "--all") == 0
