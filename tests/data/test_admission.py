"""Admission: each test damages one thing in a valid dataset."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from monai_adele.data import admit_cases, find_cases
from monai_adele.errors import DataError

IMAGE = "case 'b' (imagesTr/b.nii.gz): "
LABEL = "case 'b' (labelsTr/b.nii.gz): "


def overwrite(path, change):
    content = path.read_bytes()
    path.write_bytes(change(content))


def test_a_sound_dataset_is_admitted_with_its_facts(dataset):
    report = dataset.admit()
    assert (report.case_list.num_channels, report.case_list.spatial_dims, report.notes) == (1, 3, ())
    facts = report.facts["b"]
    assert (facts.shape, facts.spacing_mm, facts.num_channels) == ((5, 6, 4), (2.0, 1.0, 1.0), 1)
    assert facts.ids == {0: 120 - 12 - 6, 1: 12, 2: 6}
    assert facts.label_digest == hashlib.sha256(dataset.label_path("b").read_bytes()).hexdigest()


def test_missing_files_of_a_datalist_are_all_listed(dataset):
    entries = [{"image": f"imagesTr/{c}.nii.gz", "label": f"labelsTr/{c}.nii.gz"} for c in "abc"]
    dataset.declare(labels={"background": 0, "front": 1, "back": 2}, training=entries)
    dataset.admit()
    dataset.image_path("a").unlink()
    dataset.label_path("c").unlink()
    with pytest.raises(DataError) as error:
        dataset.admit()
    assert [line.split(", expected")[0] for line in error.value.problems] == [
        "case 'a' (imagesTr/a.nii.gz): file is missing",
        "case 'c' (labelsTr/c.nii.gz): file is missing",
    ]


def test_an_empty_file_is_refused(dataset):
    line = dataset.refusal(lambda: dataset.label_path("b").write_bytes(b""))
    assert line.startswith(LABEL + "file is empty (0 bytes)")


def test_a_truncated_file_is_refused(dataset):
    line = dataset.refusal(lambda: overwrite(dataset.image_path("b"), lambda c: c[: len(c) // 2]))
    assert line.startswith(IMAGE + "file is cut short")


@pytest.mark.parametrize("trailer", [-8, -1])  # checksum and length, which nibabel does not look at
def test_a_flipped_bit_of_the_checksum_is_refused(dataset, trailer):
    def flip(content):
        content = bytearray(content)
        content[trailer] ^= 1
        return bytes(content)

    line = dataset.refusal(lambda: overwrite(dataset.label_path("b"), flip))
    assert line.startswith(LABEL + "file is damaged: its checksum")


def test_a_file_that_is_no_image_is_refused(dataset):
    line = dataset.refusal(lambda: dataset.image_path("b").write_text("not an image"))
    assert line.startswith(IMAGE + "file is not compressed by gzip")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_image_that_is_not_finite_is_refused(dataset, bad):
    image = np.ones((5, 6, 4), dtype=np.float32)
    image[4, 5, 3] = bad
    line = dataset.refusal(lambda: dataset.put_image("b", image))
    assert line.startswith(IMAGE + "image holds NaN or infinity in 1 voxels")


def test_channels_that_differ_between_cases_are_refused(dataset):
    dataset.declare(labels={"background": 0, "front": 1, "back": 2})
    line = dataset.refusal(lambda: dataset.put_image("b", np.ones((5, 6, 4, 2), dtype=np.float32)))
    assert line == IMAGE + "image has 2 channels, expected the 1 of most cases; correct either"


def test_channels_must_be_those_declared(dataset):
    dataset.declare(labels={"background": 0, "front": 1, "back": 2}, modality={"0": "T1", "1": "T2"})
    with pytest.raises(DataError) as error:
        dataset.admit()
    assert [line.split("): ")[1] for line in error.value.problems] == [
        "image has 1 channels, expected the 2 declared; correct either"
    ] * 3


def test_two_dimensional_images_in_color_are_admitted(tmp_path):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (7, 5, 3)).astype(np.uint8)).save(tmp_path / "images" / "a.png")
    label = Image.fromarray((np.arange(35).reshape(7, 5) // 18).astype(np.uint8), mode="L")
    label.convert("P").save(tmp_path / "labels" / "a.png")
    report = admit_cases(find_cases(tmp_path), progress=False)
    assert (report.case_list.num_channels, report.case_list.spatial_dims) == (3, 2)
    assert report.facts["a"].shape == (5, 7)
    assert report.facts["a"].ids == {0: 18, 1: 17}


def test_a_palette_image_is_refused(tmp_path):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
        Image.fromarray(np.eye(6, dtype=np.uint8)).convert("P").save(tmp_path / folder / "a.png")
    with pytest.raises(DataError, match=r"case 'a' \(images/a.png\): image holds indices into a palette"):
        admit_cases(find_cases(tmp_path), progress=False)


def test_a_constant_image_is_noted(dataset):
    dataset.put_image("b", np.full((5, 6, 4), 3.0, dtype=np.float32))
    assert dataset.admit().notes == ("1 images have a constant channel: b",)


def test_all_problems_of_all_cases_are_told_at_once(dataset):
    dataset.label_path("a").unlink()
    dataset.put_label("b", np.full((5, 6, 3), 7, dtype=np.uint8))
    overwrite(dataset.image_path("c"), lambda content: content[:50])
    with pytest.raises(DataError) as error:
        admit_cases(find_cases(dataset.root, on_problem="collect"), progress=False)
    assert type(error.value) is DataError
    found = [line.split(" ", 1)[1][:28] for line in error.value.problems]
    assert found == [
        "'a' (imagesTr/a.nii.gz): is ",
        "'b' (labelsTr/b.nii.gz): lab",
        "'b' (labelsTr/b.nii.gz): sha",
        "'c' (imagesTr/c.nii.gz): fil",
    ]


def test_reports_are_the_same_for_any_number_of_workers(dataset):
    assert dataset.admit(workers=1) == dataset.admit(workers=3)


def test_nothing_is_written(dataset):
    files = sorted(dataset.root.rglob("*"))
    for path in files:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in files}
    dataset.admit()
    assert sorted(dataset.root.rglob("*")) == files
    assert {p: (p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else b"") for p in files} == before


@pytest.mark.parametrize("arguments", [{"affine_tolerance_mm": -1}, {"affine_tolerance_mm": np.nan}, {"workers": 0}])
def test_arguments_out_of_range_are_refused(dataset, arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        dataset.admit(**arguments)


def test_hippocampus_is_admitted_whole(hippocampus):
    report = admit_cases(find_cases(hippocampus), progress=False)
    assert len(report.facts) == len(json.loads((hippocampus / "dataset.json").read_text())["training"]) == 260
    assert report.case_list.class_names == ("background", "Anterior", "Posterior")
    assert report.notes == ()
    assert {frozenset(facts.ids) for facts in report.facts.values()} == {frozenset({0, 1, 2})}
