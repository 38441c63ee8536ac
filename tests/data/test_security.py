"""Nothing that is loaded runs code, and no case id leads out of its folder."""

import json
import os
import pickle
import zipfile

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from monai_adele.data import CaseGrid, RunRecord, read_manifest, read_run_record, read_split
from monai_adele.errors import AdeleError, StoreError
from monai_adele.handlers import RunCheckpoint
from monai_adele.store import LabelStore, export_recorded_labels, replayed_label

GIVEN = np.array([[0, 1, 1], [2, 2, 0]], np.uint8)
HOSTILE = [
    *("../../out", "..", ".", "/etc/out", "a/../../out", "..\\..\\out", "C:\\out", "\\\\server\\out"),
    *("nul\0byte", "CON", "con.txt", "aux", "COM1", "trailing.", "trailing ", "a:b", "a*?", "line\nbreak", "\x1b[2J"),
    *("x" * 5000, "ü" * 200, "\ud800", "~", "$(touch out)", "{}", "%2e%2e%2fout", "-rf"),
]


class Payload:
    """What unpickles into a file of its own making."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return open, (str(self.marker), "w")


@pytest.fixture
def marker(tmp_path):
    path = tmp_path / "code was run"
    with pickle.loads(pickle.dumps(Payload(path))):
        assert path.exists()
    path.unlink()
    yield path
    assert not path.exists()


def committed(folder):
    store = LabelStore(folder)
    with store.transaction(epoch=1) as transaction:
        transaction.put("a", GIVEN, GIVEN[::-1].copy())
    return store


def payloads(marker, folder):
    """The payload as plain pickle, as torch saves it, and as an array of objects."""
    plain = pickle.dumps(Payload(marker))
    torch.save({"network": Payload(marker)}, folder / "payload.pt")
    np.save(folder / "payload.npy", np.array([Payload(marker)]), allow_pickle=True)
    return [plain, (folder / "payload.pt").read_bytes(), (folder / "payload.npy").read_bytes()]


@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize("name", ["head.json", "versions/000001.json", "versions/000001.journal.jsonl", "corrections"])
def test_a_payload_in_the_store_is_refused(tmp_path, marker, name, which):
    committed(tmp_path / "store")
    path = tmp_path / "store" / name
    path = next(path.iterdir()) if path.is_dir() else path
    path.write_bytes(payloads(marker, tmp_path)[which])
    with pytest.raises(StoreError, match=path.name.replace(".", r"\.")):
        read_everything(LabelStore(tmp_path / "store"))


def read_everything(store):
    list(store.journal())
    store.changed_voxels()
    replayed_label(store, "a", GIVEN)


@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize("read", [read_run_record, read_split, read_manifest], ids=["record", "split", "manifest"])
def test_a_payload_in_a_record_is_refused(tmp_path, marker, read, which):
    content = payloads(marker, tmp_path)[which]
    for name in ("cases.json", "split.json", "manifest.jsonl"):
        (tmp_path / name).write_bytes(content)
    path = {read_run_record: tmp_path, read_split: tmp_path / "split.json"}.get(read, tmp_path / "manifest.jsonl")
    with pytest.raises((AdeleError, UnicodeDecodeError)):
        read(path)


def test_a_payload_in_a_checkpoint_is_refused(tmp_path, marker):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    torch.save({"run": {"settings": "{}"}, "network": Payload(marker)}, folder / "checkpoint_epoch=1.pt")
    checkpoint = RunCheckpoint(folder, {"network": torch.nn.Linear(1, 1)}, resume=True)
    with pytest.raises(StoreError, match=r"checkpoint_epoch=1\.pt: cannot be read \(UnpicklingError\)"):
        checkpoint.attach(None)
    with zipfile.ZipFile(folder / "checkpoint_epoch=1.pt") as archive:  # there was something to be run
        assert any(b"code was run" in archive.read(name) for name in archive.namelist())


def test_text_that_looks_like_code_is_data(tmp_path, marker):
    text = f"__import__('os').system('touch {marker}') $(touch {marker}) $@__import__"
    store = LabelStore(tmp_path / "store")
    with store.transaction(epoch=1, reason=text) as transaction:
        transaction.put(text, GIVEN, GIVEN[::-1].copy())
    [entry] = store.journal()
    assert (entry.case_id, entry.reason) == (text, text)


@pytest.mark.parametrize("case_id", HOSTILE, ids=range(len(HOSTILE)))
def test_no_case_id_leads_out_of_the_store_or_the_export(tmp_path, case_id):
    inside = tmp_path / "a" / "b" / "run"
    (tmp_path / "a" / "b" / "labels").mkdir(parents=True)
    inside.mkdir()
    label = tmp_path / "a" / "b" / "labels" / "label.nii.gz"
    nib.save(nib.Nifti1Image(GIVEN, np.eye(4)), label)
    store = LabelStore(inside / "store")
    with store.transaction(epoch=1) as transaction:
        transaction.put(case_id, GIVEN, GIVEN[::-1].copy())
    grid = CaseGrid.of(MetaTensor(torch.zeros(1, 2, 3)))
    RunRecord(("background", "liver"), None, False, {case_id: label}, {case_id: grid}).write(inside)
    record = read_run_record(inside)
    [exported] = export_recorded_labels(record, LabelStore(inside / "store"), inside / "out")
    assert np.array_equal(np.asarray(nib.load(exported.path).dataobj), GIVEN[::-1])
    assert exported.path.parent == inside / "out"
    assert np.array_equal(replayed_label(store, case_id, GIVEN), GIVEN[::-1])
    written = {path.relative_to(inside).parts[0] for path in everything(tmp_path) if path.is_relative_to(inside)}
    assert written == {"cases.json", "out", "store"}
    assert {path for path in everything(tmp_path) if not path.is_relative_to(inside)} == {label}
    for path in everything(inside):
        assert len(path.name) < 200
        assert set(path.name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        assert path.name.split(".")[0].upper() not in {"CON", "AUX", "NUL", "PRN", "COM1"}


def everything(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_record_that_names_files_elsewhere_only_reads_them(tmp_path):
    label = tmp_path / "label.nii.gz"
    nib.save(nib.Nifti1Image(GIVEN, np.eye(4)), label)
    before, modified = label.read_bytes(), os.stat(label).st_mtime_ns
    (tmp_path / "run").mkdir()
    grid = CaseGrid.of(MetaTensor(torch.zeros(1, 2, 3)))
    RunRecord(("background",), None, False, {"a": label}, {"a": grid}).write(tmp_path / "run")
    content = json.loads((tmp_path / "run" / "cases.json").read_text())
    content["cases"][0]["label"] = "../label.nii.gz"
    (tmp_path / "run" / "cases.json").write_text(json.dumps(content))
    store = committed(tmp_path / "run" / "store")
    export_recorded_labels(read_run_record(tmp_path / "run"), store, tmp_path / "out")
    assert (label.read_bytes(), os.stat(label).st_mtime_ns) == (before, modified)
