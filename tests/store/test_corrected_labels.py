import gzip
import hashlib
import os
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from monai.data import CacheDataset, Dataset
from monai.transforms import (
    AsDiscreted,
    CastToTyped,
    Compose,
    CropForegroundd,
    Lambdad,
    LoadImaged,
    NormalizeIntensityd,
    Orientationd,
    Spacingd,
    SpatialPadd,
)
from PIL import Image

from monai_adele.data import CaseReader, foreground_slices
from monai_adele.errors import DataError, GeometryError, StoreError
from monai_adele.store import LabelStore, export_corrected_labels

RAS = np.array([[2.0, 0, 0, -7], [0, 1.0, 0, 11], [0, 0, 3.0, 5], [0, 0, 0, 1]])
LPS = np.array([[-2.0, 0, 0, -7], [0, -1.0, 0, 11], [0, 0, 3.0, 5], [0, 0, 0, 1]])
SWAPPED = np.array([[0, 1.0, 0, -7], [0, 0, -3.0, 11], [2.0, 0, 0, 5], [0, 0, 0, 1]])
SHAPE = (7, 9, 6)
KEYS = ["image", "label"]


class Study:
    """Case files, their preprocessing, and a store of corrections."""

    def __init__(self, folder, affine=RAS, shape=SHAPE, dtype=np.uint8, ending=".nii.gz", steps=()):
        self.folder, self.cases = folder, []
        rng = np.random.default_rng(0)
        for case_id in ("a", "b", "c"):
            image, label = rng.normal(1, 0.1, shape).astype(np.float32), np.zeros(shape, dtype)
            label[2:5, 2:6] = 1
            label[3:5, 4:6] = 2
            case = {"case_id": case_id}
            for key, array in (("image", image), ("label", label)):
                (folder / key).mkdir(exist_ok=True)
                case[key] = str(folder / key / f"{case_id}{ending}")
                nib.save(nib.Nifti1Image(array, affine), case[key])
            self.cases.append(case)
        whole = [AsDiscreted("label", rounding="torchrounding"), CastToTyped("label", np.uint8)]
        self.transform = Compose([LoadImaged(KEYS, ensure_channel_first=True), *steps, *whole])
        self.volumes = Dataset(self.cases, self.transform)
        self.store = LabelStore(folder / "store")

    def correct(self, position, share=0.2):
        """Change a share of a case's voxels at random; return given and corrected label."""
        given = np.asarray(self.volumes[position]["label"])[0]
        rng = np.random.default_rng(position)
        corrected = np.where(rng.random(given.shape) < share, (given + 1) % 3, given).astype(np.uint8)
        with self.store.transaction(epoch=1) as transaction:
            transaction.put(self.cases[position]["case_id"], given, corrected)
        return given, corrected

    def export(self, **settings):
        return export_corrected_labels(
            self.cases, settings.pop("volumes", self.volumes), self.store, self.folder / "corrected", **settings
        )


def raw(path):
    return np.asarray(nib.load(path).dataobj)


def content(path):
    data = Path(path).read_bytes()
    return gzip.decompress(data) if str(path).endswith(".gz") else data


def _shapers(keys):
    return [
        Orientationd(keys, "RAS", labels=None),
        CropForegroundd(keys, "label", margin=1, allow_smaller=True),
        SpatialPadd(keys, (10, 10, 10)),
    ]


def orientation():
    return Orientationd(KEYS, "RAS", labels=None)


@pytest.mark.parametrize("affine", [RAS, LPS, SWAPPED])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_corrected_voxels_change_on_the_original_grid_and_no_other_bit(tmp_path, affine, dtype):
    study = Study(tmp_path, affine, dtype=dtype, steps=[*_shapers(KEYS), NormalizeIntensityd("image")])
    # where each voxel of the training's grid comes from: send the voxels' numbers the same way
    nib.save(nib.Nifti1Image(np.arange(1, 379, dtype=np.float32).reshape(SHAPE), affine), tmp_path / "number.nii")
    case = {**study.cases[0], "number": tmp_path / "number.nii"}
    keys = [*KEYS, "number"]
    item = Compose([LoadImaged(keys, ensure_channel_first=True), *_shapers(keys)])(case)
    origin = np.asarray(item["number"])[0].astype(int) - 1
    given, corrected = study.correct(0)
    changed = (given != corrected) & (origin >= 0)
    [first, *_] = study.export()
    expected = raw(case["label"]).copy()
    expected.reshape(-1)[origin[changed]] = corrected[changed]
    assert np.array_equal(raw(first.path), expected)
    assert first.changed_voxels == changed.sum() > 10
    assert first.left_voxels == 0
    assert content(first.path)[:352] == content(case["label"])[:352]
    assert raw(first.path).dtype == dtype


def test_labels_without_correction_are_copied_bit_for_bit_unless_told_otherwise(tmp_path):
    study = Study(tmp_path, steps=[orientation()])
    study.correct(1)
    written = study.export()
    assert [(label.case_id, label.changed_voxels > 0) for label in written] == [("a", False), ("b", True), ("c", False)]
    for label, case in zip(written, study.cases, strict=True):
        same = label.path.read_bytes() == Path(case["label"]).read_bytes()
        assert same == (label.case_id != "b")
    for label in written:
        label.path.unlink()
    assert [label.case_id for label in study.export(copy_unchanged=False)] == ["b"]
    assert os.listdir(tmp_path / "corrected") == ["b.nii.gz"]


def test_what_a_killed_export_left_is_removed_and_nothing_else(tmp_path):
    study, folder = Study(tmp_path), tmp_path / "corrected"
    folder.mkdir()
    mine, others = (
        ".a.nii.gz.0123456789ab.tmp",
        [".a.nii.gz.tmp", ".z.nii.gz.0123456789ab.tmp", "a.nii.gz.0123456789ab.tmp"],
    )
    for name in (mine, *others):
        (folder / name).write_bytes(b"half of one")
    study.export()
    assert {path.name for path in folder.iterdir()} == {"a.nii.gz", "b.nii.gz", "c.nii.gz", *others}


def test_given_labels_are_never_written(tmp_path):
    study = Study(tmp_path)
    study.correct(0)
    before = _digests(study)
    study.export()
    assert _digests(study) == before


@pytest.mark.parametrize("pixdim", [(1.0, 1.0, 1.0), (2.0, 1.5, 2.0), (4.0, 2.0, 3.0)])
@pytest.mark.parametrize("affine", [RAS, LPS])
def test_resampled_corrections_change_the_voxels_nearest_to_them(tmp_path, pixdim, affine):
    study = Study(tmp_path, affine, steps=[orientation(), Spacingd(KEYS, pixdim, mode=("bilinear", "nearest"))])
    given, corrected = study.correct(0, share=0.3)
    [label, *_] = study.export(copy_unchanged=False)
    before, after = raw(study.cases[0]["label"]), raw(label.path)
    to_training = np.linalg.inv(study.volumes[0]["image"].affine.numpy()) @ affine
    differences = 0
    for place in np.ndindex(SHAPE):
        wanted = (to_training @ [*place, 1])[:3]
        if np.abs(wanted - np.floor(wanted) - 0.5).min() < 1e-3:
            continue  # as near to one as to the other
        nearest = tuple(np.clip(np.rint(wanted).astype(int), 0, np.array(given.shape) - 1))
        applies = given[nearest] == before[place]
        assert after[place] == (corrected[nearest] if applies else before[place])
        differences += after[place] != before[place]
    assert differences > 10
    assert label.changed_voxels == (before != after).sum()


def test_reading_the_export_of_a_coarser_training_again_gives_its_current_label(tmp_path):
    study = Study(tmp_path, LPS, steps=[orientation(), Spacingd(KEYS, (4.0, 3.0, 9.0), mode=("bilinear", "nearest"))])
    _, corrected = study.correct(0, share=0.3)
    [label, *_] = study.export()
    again = study.transform({**study.cases[0], "label": str(label.path)})["label"]
    assert (np.asarray(again)[0] == corrected).mean() > 0.97


@pytest.mark.parametrize("shape", [(7, 9), (7, 9, 1)])
def test_2d_images_are_exported_too(tmp_path, shape):
    steps = [SpatialPadd(KEYS, (12, 12, 1)[: len(shape)])]
    study = Study(tmp_path, LPS, shape=shape, ending=".nii", steps=steps)
    _, corrected = study.correct(0)
    [label, *_] = study.export()
    assert raw(label.path).shape == shape
    inside = np.s_[2:9, 1:10]
    assert np.array_equal(raw(label.path), corrected[inside])
    assert label.path.name == "a.nii"


def test_corrections_of_slices_are_assembled(tmp_path):
    study = Study(tmp_path, SWAPPED, steps=[orientation()])
    expected = {}
    with study.store.transaction() as transaction:
        for item in foreground_slices([study.volumes[0], study.volumes[2]], axis=1):
            given = np.asarray(item["label"])[0]
            corrected = np.where(given == 1, 2, given)
            transaction.put(item["case_id"], given, corrected)
            expected[item["volume_id"]] = True
    for label, case in zip(study.export(slice_axis=1), study.cases, strict=True):
        before = raw(case["label"])
        after = np.where(before == 1, 2, before) if label.case_id in expected else before
        assert np.array_equal(raw(label.path), after)
        assert label.changed_voxels == (before != after).sum()


def test_any_version_can_be_exported(tmp_path):
    study = Study(tmp_path)
    _, first = study.correct(0, share=0.1)
    given = raw(study.cases[0]["label"])
    with study.store.transaction() as transaction:
        transaction.put("a", given, np.zeros_like(given))
    for version, expected in ((0, given), (1, first), (2, np.zeros_like(given)), (None, np.zeros_like(given))):
        [label, *_] = study.export(version=version)
        assert np.array_equal(raw(label.path), expected)


def test_labels_that_an_experiment_changed_come_from_the_volumes(tmp_path):
    noise = Lambdad("label", lambda label: (label + 1) % 3)
    study = Study(tmp_path, LPS, steps=[orientation(), noise])
    _, corrected = study.correct(0)
    with pytest.raises(StoreError, match=r"case 'a' .*given_from_file=False"):
        study.export()
    for label, case in zip(study.export(given_from_file=False), study.cases, strict=True):
        expected = corrected[::-1, ::-1] if label.case_id == "a" else (raw(case["label"]) + 1) % 3
        assert np.array_equal(raw(label.path), expected)
        assert content(label.path)[:352] == content(case["label"])[:352]


def test_a_cached_dataset_with_unconnected_items_works(tmp_path):
    study = Study(tmp_path, LPS, steps=[orientation()])
    _, corrected = study.correct(0)
    [label, *_] = study.export(volumes=CacheDataset(study.cases, study.transform, progress=False))
    assert np.array_equal(raw(label.path), corrected[::-1, ::-1])
    [label, *_] = study.export(volumes=[study.volumes[i] for i in range(3)], transform=study.transform)
    assert np.array_equal(raw(label.path), corrected[::-1, ::-1])


@pytest.mark.parametrize("ending", [".mha", ".nrrd"])
def test_other_formats_are_written_as_nifti_on_the_same_grid(tmp_path, ending):
    label = np.zeros((4, 6, 5), np.uint8)  # x last, as in SimpleITK
    label[..., 1:4, 2:4] = 1
    image = sitk.GetImageFromArray(label)
    image.SetSpacing((2.0, 1.0, 3.0))
    case = {"case_id": "../x", "image": str(tmp_path / f"image{ending}"), "label": str(tmp_path / f"label{ending}")}
    for key in KEYS:
        sitk.WriteImage(image, case[key])
    transform = Compose(
        [LoadImaged(KEYS, reader=CaseReader, ensure_channel_first=True), CastToTyped("label", np.uint8)]
    )
    volumes, store = Dataset([case], transform), LabelStore(tmp_path / "store")
    [unchanged] = export_corrected_labels([case], volumes, store, tmp_path / "corrected")
    assert np.array_equal(raw(unchanged.path), label.T)
    corrected = label.T.copy()
    corrected[2, 1] = 3
    with store.transaction() as transaction:
        transaction.put("../x", label.T, corrected)
    [written] = export_corrected_labels([case], volumes, store, tmp_path / "corrected")
    assert np.array_equal(raw(written.path), corrected)
    assert written.path.parent == tmp_path / "corrected"
    assert nib.load(written.path).affine == pytest.approx(np.diag([-2.0, -1, 3, 1]))


class Photograph:
    """A PNG image of 6 x 4 pixels, x first, its palette label, and a store."""

    def __init__(self, folder, mode="P"):
        self.given = np.zeros((6, 4), np.uint8)
        self.given[1:5, 1:3], self.given[0] = 1, 255
        label = Image.fromarray(self.given.T)
        if mode == "P":
            label.putpalette([value for color in range(256) for value in (color, 255 - color, 7)])
        self.case = {"case_id": "2007_000032", "image": str(folder / "i.png"), "label": str(folder / "2007_000032.png")}
        label.point(lambda value: 255 * (value == 1), "1").save(self.case["label"]) if mode == "1" else label.save(
            self.case["label"]
        )
        Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(self.case["image"])
        steps = [LoadImaged(KEYS, reader=CaseReader, ensure_channel_first=True), CastToTyped("label", np.uint8)]
        self.volumes, self.store = Dataset([self.case], Compose(steps)), LabelStore(folder / "store")
        self.folder = folder / "corrected"

    def export(self, place, new):
        corrected = (given := self.volumes[0]["label"][0].numpy()).copy()
        corrected[place] = new
        with self.store.transaction() as transaction:
            transaction.put(self.case["case_id"], given, corrected)
        [written] = export_corrected_labels([self.case], self.volumes, self.store, self.folder)
        return written, corrected


def test_png_labels_stay_png_with_their_palette(tmp_path):
    photograph = Photograph(tmp_path)
    given = Path(photograph.case["label"])
    [unchanged] = export_corrected_labels([photograph.case], photograph.volumes, photograph.store, photograph.folder)
    assert unchanged.path == photograph.folder / "2007_000032.png"
    assert content(unchanged.path) == content(given)
    written, corrected = photograph.export(([0, 3, 5], [1, 2, 3]), [2, 0, 1])
    assert written.changed_voxels == 3
    with Image.open(written.path) as image, Image.open(given) as before:
        assert np.array_equal(np.asarray(image).T, corrected)
        assert (image.mode, image.getpalette()) == (before.mode, before.getpalette())


def test_a_png_label_that_cannot_hold_an_id_is_named(tmp_path):
    with pytest.raises(DataError, match=r"case '2007_000032' \(.*2007_000032.png\): file has mode 1"):
        Photograph(tmp_path, mode="1").export((2, 2), 2)


def test_writing_over_the_given_files_is_refused_before_anything_is_written(tmp_path):
    study = Study(tmp_path)
    study.correct(0)
    (tmp_path / "link").symlink_to(tmp_path / "label")
    before = content(study.cases[0]["label"])
    for folder in ("label", "image", "link"):
        with pytest.raises(DataError, match=r"case 'c' .*c\.nii\.gz\): would be overwritten") as caught:
            export_corrected_labels(study.cases, study.volumes, study.store, tmp_path / folder)
        assert len(caught.value.problems) == 3
    assert content(study.cases[0]["label"]) == before


def test_a_label_on_another_grid_than_the_image_is_refused_naming_case_and_file(tmp_path):
    study = Study(tmp_path)
    study.correct(0)
    label = raw(study.cases[0]["label"])
    nib.save(nib.Nifti1Image(label, LPS), study.cases[0]["label"])
    with pytest.raises(GeometryError, match=r"case 'a' \(.*a\.nii\.gz\): affine of the label is .* mm off"):
        study.export()
    nib.save(nib.Nifti1Image(label[1:], RAS), study.cases[0]["label"])
    with pytest.raises(GeometryError, match=r"case 'a' .*shape of the label is \(6, 9, 6\)"):
        study.export()


def test_a_correction_of_another_grid_is_refused(tmp_path):
    study = Study(tmp_path)
    with study.store.transaction() as transaction:
        transaction.put("a", np.zeros((3, 3, 3), int), np.ones((3, 3, 3), int))
    with pytest.raises(StoreError, match=r"case 'a' .*shape \(3, 3, 3\), expected the volume's \(7, 9, 6\)"):
        study.export()


def test_an_id_that_the_files_dtype_cannot_hold_is_refused(tmp_path):
    study = Study(tmp_path, dtype=np.int8)
    given = raw(study.cases[0]["label"])
    with study.store.transaction() as transaction:
        transaction.put("a", given, np.where(given == 1, np.int16(200), given))
    with pytest.raises(DataError, match=r"case 'a' .*can hold class id 200"):
        study.export()


def test_cases_that_do_not_belong_to_the_volumes_are_refused(tmp_path):
    study = Study(tmp_path)
    study.correct(0)
    with pytest.raises(ValueError, match="3 cases and 2 volumes"):
        study.export(volumes=Dataset(study.cases[:2], study.transform))
    with pytest.raises(ValueError, match="volume 0: found case 'c', expected 'a'"):
        study.export(volumes=Dataset(study.cases[::-1], study.transform))


def test_a_full_disk_leaves_the_last_export(tmp_path, monkeypatch):
    study = Study(tmp_path)
    study.correct(0)
    before = {label.path: label.path.read_bytes() for label in study.export()}
    study.store.roll_back(0)
    monkeypatch.setattr(os, "fsync", _full_disk)
    with pytest.raises(StoreError, match=r"a\.nii\.gz: cannot be written: No space"):
        study.export()
    assert {path: path.read_bytes() for path in (tmp_path / "corrected").iterdir()} == before


def _digests(study):
    files = [Path(case[key]) for case in study.cases for key in KEYS]
    return [(hashlib.sha256(file.read_bytes()).digest(), file.stat().st_mtime_ns) for file in files]


def _full_disk(*_):
    raise OSError(28, "No space left on device")
