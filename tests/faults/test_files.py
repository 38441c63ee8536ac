"""Files that are missing, damaged, paired wrongly or cannot be written."""

import errno
import json
import os
import random
import re
import resource
import signal

import numpy as np
import pytest

from monai_adele.data import find_cases, prepare_cases
from monai_adele.data.image_file import read_image_file
from monai_adele.errors import DataError, StoreError
from monai_adele.store import LabelStore

IMAGE = r"^case 'b' \(imagesTr/b\.nii\.gz\): "
LABEL = r"^case 'b' \(labelsTr/b\.nii\.gz\): "


def listed(dataset, *entries, **more):
    """Declare a datalist of entries (image, label)."""
    training = [{"image": f"imagesTr/{i}.nii.gz", "label": f"labelsTr/{j}.nii.gz"} for i, j in entries]
    dataset.declare(labels={"background": 0, "front": 1, "back": 2}, training=training, **more)


def refuse(dataset, *rules):
    """Require the refusal of the dataset with a line for each rule."""
    with pytest.raises(DataError) as error:
        dataset.admit()
    assert len(error.value.problems) == len(rules)
    for line, rule in zip(error.value.problems, rules, strict=True):
        assert re.search(rule, line), line


def test_missing_files_are_listed_together(dataset):
    """1 | label or image file missing | stops before the first epoch: all missing files together."""
    listed(dataset, ("a", "a"), ("b", "b"), ("c", "c"))
    dataset.admit()
    dataset.image_path("a").unlink()
    dataset.label_path("b").unlink()
    refuse(dataset, r"^case 'a' \(imagesTr/a\.nii\.gz\): file is missing.*put it there", LABEL + "file is missing")


def test_an_empty_file_is_refused(dataset):
    """2 | zero-byte file | stops: the file is empty."""
    dataset.admit()
    dataset.label_path("b").write_bytes(b"")
    refuse(dataset, LABEL + r"file is empty \(0 bytes\), expected an image or a label; copy it again")


@pytest.mark.parametrize("length", [50, 0.5, -9, -1])
def test_a_file_cut_short_is_refused(dataset, length):
    """3 | truncated `.nii.gz` | stops: the file is cut short."""
    dataset.admit()
    content = dataset.image_path("b").read_bytes()
    dataset.image_path("b").write_bytes(content[: int(length * len(content)) if length == 0.5 else length])
    refuse(dataset, IMAGE + "file is cut short, expected all of its data; copy it again")


@pytest.mark.parametrize("folder", ["imagesTr", "labelsTr"])
def test_no_flipped_bit_changes_what_is_read(dataset, folder):
    """4 | bit-flipped `.nii.gz` | stops: the file is damaged, found by its checksum."""
    dataset.admit()
    path = dataset.root / folder / "b.nii.gz"
    whole, good = path.read_bytes(), read_image_file(path)
    draw, refused = random.Random(0), 0
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        try:
            passed = read_image_file(path)
        except DataError:
            refused += 1
            continue
        assert np.array_equal(passed.array, good.array)  # time stamp and system in gzip's own header
        assert np.array_equal(passed.affine, good.affine)
    assert refused >= 50
    damaged = bytearray(whole)
    damaged[-40] ^= 1
    path.write_bytes(damaged)
    refuse(dataset, rf"^case 'b' \({folder}/b\.nii\.gz\): file is (damaged|cut short).*copy it again")


@pytest.mark.parametrize(
    ("name", "rule"),
    [("b.nii.gz", "file is not compressed by gzip"), ("b.nii", "file cannot be read"), ("b.txt", "an unknown ending")],
)
def test_what_is_no_image_is_refused(dataset, name, rule):
    """5 | not an image, or a wrong extension | stops: what was found instead, and the endings that are read."""
    listed(dataset, ("a", "a"), ("b", "b"))
    dataset.admit()
    (dataset.root / name).write_text("no image " * 60)
    entry = {"image": name, "label": "labelsTr/b.nii.gz", "case_id": "b"}
    dataset.declare(labels={"background": 0, "front": 1, "back": 2}, training=[entry])
    refuse(dataset, rf"^case 'b' \({name}\): file .*{rule.removeprefix('file ')}")


def test_lists_of_different_length_are_refused(dataset):
    """6 | image and label lists of different length, or shifted by one | stops: pairs by case id, tells the rest."""
    dataset.admit()
    dataset.image_path("b").unlink()
    dataset.put_image("d", np.zeros((5, 6, 4), np.float32))
    with pytest.raises(DataError) as error:
        find_cases(dataset.root)
    unpaired, other = error.value.problems
    assert unpaired.startswith("case 'b' (labelsTr/b.nii.gz): is unpaired, expected an image")
    assert other.startswith("case 'd' (imagesTr/d.nii.gz): is unpaired, expected a label")


def test_a_pairing_shifted_by_one_is_refused(dataset):
    """6 | image and label lists of different length, or shifted by one | stops: pairs by case id, tells the rest."""
    listed(dataset, ("a", "a"), ("b", "b"), ("c", "c"))
    dataset.admit()
    listed(dataset, ("a", "b"), ("b", "c"), ("c", "a"))
    with pytest.raises(DataError) as error:
        dataset.admit()
    assert len(error.value.problems) == 3
    assert error.value.problems[0].startswith("case 'a' (b.nii.gz): label bears the name of case 'b'")


def test_a_case_listed_twice_is_refused(dataset):
    """7 | same case listed twice, or two cases with one id | stops: each must have an id of its own."""
    listed(dataset, ("a", "a"), ("b", "b"))
    dataset.admit()
    listed(dataset, ("a", "a"), ("b", "b"), ("b", "b"))
    with pytest.raises(DataError, match=r"case 'b' \(dataset\.json, training\[2\]\): case is listed twice"):
        dataset.admit()


def test_two_cases_with_one_id_are_refused(dataset):
    """7 | same case listed twice, or two cases with one id | stops: each must have an id of its own."""
    entries = [{"image": f"imagesTr/{c}.nii.gz", "label": f"labelsTr/{c}.nii.gz", "case_id": c} for c in "abc"]
    dataset.declare(training=entries)
    dataset.admit()
    entries[2]["case_id"] = "b"
    dataset.declare(training=entries)
    with pytest.raises(DataError, match=r"case 'b' \(dataset\.json, training\[2\]\): .*two share the id"):
        dataset.admit()


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_full_disk_keeps_the_last_corrections(store, monkeypatch, function):
    """8 | disk full while writing a corrected label | stops; the version before is whole, no partial file is left."""
    given, first, second = (np.array(values, np.uint8) for values in ([0, 1, 1], [0, 0, 1], [1, 1, 1]))
    with store.transaction() as transaction:
        transaction.put("liver_042", given, first)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, function, full)
        with pytest.raises(StoreError, match=r"store.*No space left"), store.transaction() as transaction:
            transaction.put("liver_042", given, second)
    again = LabelStore(store.folder)
    assert again.version == 1
    assert np.array_equal(again.current_label("liver_042", given), first)
    assert not list(store.folder.rglob("*.tmp"))


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no limit on the size of files")
def test_a_correction_that_does_not_fit_on_the_disk_is_named(store):
    """8 | disk full while writing a corrected label | stops; the version before is whole, no partial file is left."""
    given = np.zeros((40, 40), np.uint8)
    noise = np.random.default_rng(0).integers(0, 4, given.shape, np.uint8)
    with store.transaction() as transaction:
        transaction.put("liver_042", given, noise)
    (kept,) = (store.folder / "corrections").iterdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))  # the system itself stops after 100 bytes
    try:
        with (
            pytest.raises(StoreError, match=r"^case 'liver_042' \(.*store\): cannot write .* File too large"),
            store.transaction() as transaction,
        ):
            transaction.put("liver_042", given, noise.T.copy())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    again = LabelStore(store.folder)
    assert np.array_equal(again.current_label("liver_042", given), noise)
    assert list((store.folder / "corrections").iterdir()) == [kept]


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="a folder that nobody can write in, root neither")
def test_an_output_folder_that_cannot_be_written_is_refused_before_any_file_is_read(dataset, tmp_path):
    """9 | read-only output directory | stops at the start, before the data are read."""
    settings = {"seed": 0, "train": 1, "validation": 1, "test": 1, "progress": False}
    prepare_cases(dataset.root, tmp_path / "run", **settings)
    dataset.image_path("a").write_bytes(b"")  # would be told, were it read
    with pytest.raises(DataError, match=r"^/proc/1/run: output folder cannot be written \(.*\); choose another$"):
        prepare_cases(dataset.root, "/proc/1/run", **settings)
    assert json.loads((tmp_path / "run" / "split.json").read_text())
