"""Admission of shapes and affines: each test damages one thing in a valid dataset."""

import shutil

import nibabel as nib
import numpy as np
import pytest

from monai_adele.errors import DataError, GeometryError

LABEL = "case 'b' (labelsTr/b.nii.gz): "


def test_shapes_that_differ_are_refused_with_both(dataset):
    line = dataset.refusal(lambda: dataset.put_label("b", dataset.label()[:, :, :3]), GeometryError)
    assert line.startswith(LABEL + "shape of the label is (5, 6, 3), expected the image's (5, 6, 4)")


def test_swapped_axes_are_refused(dataset):
    line = dataset.refusal(lambda: dataset.put_label("b", dataset.label().swapaxes(0, 1)), GeometryError)
    assert "shape of the label is (6, 5, 4)" in line


def test_a_shifted_affine_is_refused_with_its_distance(dataset):
    moved = np.diag([2.0, 1.0, 1.0, 1.0])
    moved[:3, 3] = (3.0, 4.0, 0.0)
    line = dataset.refusal(lambda: dataset.put_label("b", dataset.label(), moved), GeometryError)
    assert line.startswith(LABEL + "affine of the label is 5 mm off the image's at the corners (spacings 2x1x1 and")


def test_another_spacing_is_refused_unless_the_tolerance_allows_it(dataset):
    wide = np.diag([2.0, 1.2, 1.0, 1.0])
    line = dataset.refusal(lambda: dataset.put_label("b", dataset.label(), wide), GeometryError)
    assert "1.1 mm off" in line  # six voxels along y end at 5.5, each 0.2 mm too wide
    dataset.admit(affine_tolerance_mm=1.2)


def test_rounding_of_an_oblique_affine_is_no_problem(dataset):
    rng = np.random.default_rng(3)
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    oblique = np.eye(4)
    oblique[:3, :3] = rotation * (2.0, 1.0, 1.0)
    oblique[:3, 3] = (-120.3, 88.7, 12.1)
    dataset.put_image("b", rng.normal(size=(5, 6, 4)).astype(np.float32), oblique)
    dataset.put_label("b", dataset.label(), oblique + rng.normal(size=(4, 4)) * 1e-5 * (np.arange(4) < 3)[:, None])
    assert dataset.admit().notes == ()


def save_with_forms(dataset, sform, qform):
    image = nib.Nifti1Image(dataset.label(), sform)
    image.set_sform(sform, code=1)
    image.set_qform(qform, code=1)
    nib.save(image, dataset.label_path("b"))


def test_sform_against_qform_is_refused(dataset):
    affine = np.diag([2.0, 1.0, 1.0, 1.0])
    save_with_forms(dataset, affine, affine)
    flipped = np.diag([-2.0, 1.0, -1.0, 1.0])
    line = dataset.refusal(lambda: save_with_forms(dataset, affine, flipped), GeometryError)
    assert line.startswith(LABEL + "sform and qform disagree by")


@pytest.mark.parametrize(("entry", "rule"), [(np.nan, "affine holds NaN"), (0.0, "affine is singular")])
def test_an_affine_that_places_nothing_is_refused(dataset, entry, rule):
    dataset.admit()
    image = nib.Nifti1Image(dataset.label(), np.diag([2.0, 1.0, 1.0, 1.0]))
    for path in (dataset.label_path("b"), dataset.image_path("b")):
        nib.save(image, path)
        dataset.patch_header(path, srow_y=(0, entry, 0, 0))
    with pytest.raises(DataError, match=rf"case 'b' \(imagesTr/b.nii.gz\): {rule}"):
        dataset.admit()


def test_a_qform_with_nan_is_refused(dataset):
    def break_qform():
        affine = np.diag([2.0, 1.0, 1.0, 1.0])
        save_with_forms(dataset, affine, affine)
        dataset.patch_header(dataset.label_path("b"), quatern_b=np.nan)

    assert dataset.refusal(break_qform).startswith(LABEL + "affine holds NaN or infinity (qform)")


def test_a_sheared_affine_is_admitted(dataset):
    sheared = np.diag([2.0, 1.0, 1.0, 1.0])
    sheared[0, 1] = 0.4
    dataset.put_image("b", np.arange(120, dtype=np.int16).reshape(5, 6, 4), sheared)
    dataset.put_label("b", dataset.label(), sheared)
    assert dataset.admit().facts["b"].spacing_mm == pytest.approx((2.0, np.hypot(1.0, 0.4), 1.0))


@pytest.mark.parametrize("shape", [(1, 1, 1), (6, 7, 1)])
def test_the_smallest_volumes_are_admitted(dataset, shape):
    for case_id in "abc":
        dataset.put_image(case_id, np.arange(np.prod(shape), dtype=np.float32).reshape(shape))
        dataset.put_label(case_id, np.ones(shape, dtype=np.uint8))
    assert dataset.admit().case_list.spatial_dims == 3


def test_channel_files_count_as_channels_and_lie_on_one_grid(dataset):
    (dataset.root / "dataset.json").unlink()
    for case_id in "abc":
        shutil.copy(dataset.image_path(case_id), dataset.root / "imagesTr" / f"{case_id}_0001.nii.gz")
        dataset.image_path(case_id).rename(dataset.root / "imagesTr" / f"{case_id}_0000.nii.gz")
    assert dataset.admit().case_list.num_channels == 2
    second = dataset.root / "imagesTr" / "b_0001.nii.gz"
    dataset.save(np.arange(120.0).reshape(5, 6, 4), second, np.diag([2.0, 1.0, 3.0, 1.0]))
    with pytest.raises(GeometryError, match=r"case 'b' \(imagesTr/b_0001.nii.gz\): affine of the channel is 7 mm off"):
        dataset.admit()


def test_cases_in_two_and_three_dimensions_are_refused(dataset):
    dataset.put_image("b", np.arange(30, dtype=np.float32).reshape(5, 6))
    dataset.put_label("b", dataset.label()[:, :, 1])
    with pytest.raises(
        GeometryError, match=r"case 'b' \(imagesTr/b.nii.gz\): image has 2 spatial axes, expected the 3"
    ):
        dataset.admit()
