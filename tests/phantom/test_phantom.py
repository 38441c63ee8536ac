import json
import os
import signal

import nibabel as nib
import numpy as np
import pytest
from monai.transforms import LoadImaged

from monai_adele.data import find_cases
from monai_adele.errors import DataError
from monai_adele.phantom.phantom import make_phantom, write_phantom

ESOPHAGUS, HEART, TRACHEA, AORTA = 1, 2, 3, 4


@pytest.fixture(scope="module")
def volume():
    return make_phantom(11, spatial_dims=3, size=(48, 40, 24))


@pytest.fixture(scope="module")
def slices():
    return [make_phantom(seed, size=(64, 64)) for seed in range(24)]


def centre(volume, index):
    places = np.argwhere(volume.label == index).mean(0)
    return (places - (np.array(volume.label.shape) - 1) / 2) * volume.spacing


def test_a_case_follows_from_its_seed_alone():
    np.random.seed(0)
    first = make_phantom(5, size=(32, 32))
    np.random.seed(1)
    again = make_phantom(5, size=(32, 32))
    other = make_phantom(6, size=(32, 32))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.label, again.label)
    assert not np.array_equal(first.label, other.label)


def test_the_spacing_follows_from_the_size_axis_by_axis(volume):
    assert volume.spacing == (4.5, 5.4, 8.0)
    assert volume.image.shape == volume.label.shape == (48, 40, 24)
    assert (volume.image.dtype, volume.label.dtype) == (np.int16, np.uint8)


def test_organs_lie_where_they_lie_in_a_patient(volume):
    place = {index: centre(volume, index) for index in (ESOPHAGUS, HEART, TRACHEA, AORTA)}
    right, front, head = 0, 1, 2
    assert place[HEART][right] < -5
    assert place[HEART][front] > place[ESOPHAGUS][front] + 20
    assert place[TRACHEA][front] > place[ESOPHAGUS][front] + 5
    assert place[TRACHEA][head] > place[HEART][head] + 50
    assert place[AORTA][right] < place[TRACHEA][right]


def test_organs_have_the_volumes_of_an_adult(volume):
    ml = np.bincount(volume.label.ravel(), minlength=5)[1:] * np.prod(volume.spacing) / 1000
    for found, (low, high) in zip(ml, [(25, 100), (250, 900), (9, 50), (80, 350)], strict=True):
        assert low < found < high


def test_the_esophagus_stands_out_least_and_the_trachea_is_air(slices):
    hu = {index: np.concatenate([s.image[s.label == index] for s in slices]) for index in range(1, 5)}
    assert np.median(hu[TRACHEA]) < -800
    assert 0 < np.median(hu[ESOPHAGUS]) < 70
    assert np.median(hu[AORTA]) > 100 > np.median(hu[ESOPHAGUS]) + 30


def test_slices_differ_in_level_so_that_not_every_class_is_in_every_slice(slices):
    seen = np.array([[np.any(s.label == index) for index in range(1, 5)] for s in slices])
    assert seen[:, 0].all()
    assert seen.any(0).all()
    assert not seen[:, HEART - 1].all()
    assert not seen[:, TRACHEA - 1].all()


def test_another_size_samples_the_same_patient():
    coarse, fine = make_phantom(3, size=(48, 48)), make_phantom(3, size=(144, 144))
    middles = fine.label[1::3, 1::3]
    either = (coarse.label > 0) | (middles > 0)
    assert np.mean(coarse.label[either] == middles[either]) > 0.85
    assert abs(float(coarse.image.mean()) - float(fine.image.mean())) < 5


@pytest.mark.parametrize(
    ("spatial_dims", "size"), [(4, None), (2, (32, 32, 32)), (3, (32, 32)), (2, (32, 8)), (1, (32,))]
)
def test_a_size_that_cannot_be_is_refused(spatial_dims, size):
    with pytest.raises(ValueError, match=r"spatial_dims must be|size must hold"):
        make_phantom(0, spatial_dims=spatial_dims, size=size)


@pytest.mark.parametrize(("spatial_dims", "size"), [(2, (32, 24)), (3, (24, 20, 16))])
def test_a_written_set_is_read_as_it_was_made(tmp_path, spatial_dims, size):
    folder = write_phantom(tmp_path / "a" / "b", spatial_dims=spatial_dims, num_cases=2, size=size, seed=3)
    found = find_cases(folder)
    assert found.class_names == ("background", "esophagus", "heart", "trachea", "aorta")
    assert [case["case_id"] for case in found.cases] == ["phantom_0001", "phantom_0002"]
    loaded = LoadImaged(("image", "label"), ensure_channel_first=True)(dict(found.cases[1]))
    assert loaded["image"].shape == loaded["label"].shape == (1, *size)
    made = np.divide((216, 216, 192)[:spatial_dims], size)
    assert loaded["image"].pixdim[:spatial_dims].numpy() == pytest.approx(made)
    assert set(np.unique(loaded["label"])) <= set(range(5))
    corner, opposite = np.zeros(4), np.array([*np.subtract(size, 1), 0, 0])[:4]
    corner[3] = opposite[3] = 1
    affine = nib.load(folder / "labelsTr" / "phantom_0001.nii.gz").affine
    assert (affine @ corner)[:spatial_dims] == pytest.approx(-(affine @ opposite)[:spatial_dims])


def test_a_larger_set_begins_with_the_same_cases(tmp_path):
    small = write_phantom(tmp_path / "small", num_cases=1, size=(32, 32))
    large = write_phantom(tmp_path / "large", num_cases=2, size=(32, 32))
    for part in ("imagesTr", "labelsTr"):
        one, two = sorted((large / part).iterdir())
        assert one.read_bytes() == (small / part / one.name).read_bytes() != two.read_bytes()


def test_a_set_of_the_same_settings_is_left_as_it_is(tmp_path):
    write_phantom(tmp_path / "set", num_cases=1, size=(32, 32))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "set").rglob("*")}
    write_phantom(tmp_path / "set", num_cases=1, size=(32, 32))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "set").rglob("*")} == before


@pytest.mark.parametrize("other", [{"seed": 1}, {"num_cases": 2}, {"size": (32, 24)}, {"spatial_dims": 3}])
def test_a_set_of_other_settings_is_refused(tmp_path, other):
    write_phantom(tmp_path / "set", num_cases=1, size=(32, 32))
    wanted = {"num_cases": 1, "size": (32, 32)} | other
    if "spatial_dims" in other:
        wanted["size"] = (32, 32, 16)
    with pytest.raises(DataError, match=r"set: holds a phantom of .*expected nothing or a phantom of"):
        write_phantom(tmp_path / "set", **wanted)


@pytest.mark.parametrize("content", [None, "{", "[]", json.dumps({"name": "another set"})])
def test_a_folder_of_other_files_is_refused_and_left_alone(tmp_path, content):
    (tmp_path / "mine.txt").write_text("mine")
    if content is not None:
        (tmp_path / "dataset.json").write_text(content)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(DataError, match="holds other files, expected nothing"):
        write_phantom(tmp_path, num_cases=1, size=(32, 32))
    assert sorted(os.listdir(tmp_path)) == before


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "set").write_text("mine")
    with pytest.raises(DataError, match="holds other files"):
        write_phantom(tmp_path / "set", num_cases=1, size=(32, 32))


def test_no_cases_are_refused(tmp_path):
    with pytest.raises(ValueError, match="num_cases must be at least 1, got 0"):
        write_phantom(tmp_path / "set", num_cases=0)


def test_what_is_interrupted_leaves_nothing(tmp_path):
    def interrupt(*_):
        assert any(tmp_path.iterdir())
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            write_phantom(tmp_path / "set", num_cases=100_000, size=(32, 32))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled(tmp_path):
    write_phantom(tmp_path, num_cases=1, size=(32, 32))
    assert sorted(os.listdir(tmp_path)) == ["dataset.json", "imagesTr", "labelsTr"]
