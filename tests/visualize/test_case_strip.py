"""Tests of the strip of cases, and of reading the cases of a run."""

import json

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from monai_adele.data import CaseGrid, RunRecord
from monai_adele.errors import DataError
from monai_adele.visualize import OverlayCase, case_strip_figure, read_run_cases, spread_by_gain

NAMES = ("background", "heart")
AFFINE = np.diag([2.0, 1.0, 3.0, 1.0])


def square(start, size=4, shape=(12, 10)):
    label = np.zeros(shape, np.uint8)
    label[start : start + size, 2 : 2 + size] = 1
    return label


def case(case_id, given_start, corrected_start, truth_start=3, **more):
    """Squares that overlap by as many rows as their starts are near."""
    image = np.random.default_rng(0).normal(size=(12, 10))
    truth = None if truth_start is None else square(truth_start)
    return OverlayCase(
        case_id, image, square(given_start), square(corrected_start), spacing=(1, 1), truth=truth, **more
    )


def test_cases_are_chosen_evenly_from_the_greatest_loss_to_the_greatest_gain():
    cases = [case(f"{given}{corrected}", given, corrected) for given in (3, 5, 6) for corrected in (3, 5, 6)]
    found = spread_by_gain(cases, num_classes=2, max_cases=3)
    assert [one.case_id for one in found] == ["36", "55", "63"]
    assert spread_by_gain([], num_classes=2) == []
    with pytest.raises(ValueError, match="case 'x': found no truth"):
        spread_by_gain([case("x", 3, 3, None)], num_classes=2)


def test_a_case_without_a_structure_is_left_out():
    empty = OverlayCase("e", square(0) * 0, square(0), square(0), spacing=(1, 1), truth=square(0) * 0)
    nothing = OverlayCase("n", *[square(0) * 0] * 3, spacing=(1, 1), truth=square(0) * 0)
    assert [one.case_id for one in spread_by_gain([empty, nothing], num_classes=2)] == ["e"]


def test_a_row_has_image_labels_and_truth_with_the_iou_of_the_labels():
    figure = case_strip_figure([case("a", 5, 3), case("b", 3, 5)], class_names=NAMES, caption="two cases")
    panels = figure.axes
    assert [axes.get_title() for axes in panels[:4]] == ["image", "given label", "corrected label", "truth"]
    assert [axes.get_xlabel() for axes in panels[:4]] == ["a", "mean IoU 0.333", "mean IoU 1.000", ""]
    assert [len(axes.collections) for axes in panels] == [0, 1, 1, 1] * 2
    assert figure._supxlabel.get_text() == "two cases"


def test_without_truth_there_is_no_column_for_it():
    figure = case_strip_figure([case("a", 5, 3, None)], class_names=NAMES)
    assert [axes.get_title() for axes in figure.axes] == ["image", "given label", "corrected label"]
    assert [axes.get_xlabel() for axes in figure.axes] == ["a", "", ""]
    with pytest.raises(ValueError, match="found no cases"):
        case_strip_figure([], class_names=NAMES)


def test_of_a_volume_the_slice_with_most_corrections_is_drawn_in_each_panel():
    volume = np.stack([square(3)] * 5, axis=2)
    corrected = volume.copy()
    corrected[0, :, 4] = 1
    image = np.zeros(volume.shape)
    image[..., 4] = 7.0
    one = OverlayCase("v", image, volume, corrected, spacing=(1, 1, 5), truth=volume, affine=np.diag([1.0, 1, 5, 1]))
    figure = case_strip_figure([one], class_names=NAMES)
    shown = [axes.images[0].get_array() for axes in figure.axes]
    assert all(picture.shape == (10, 12) for picture in shown)
    assert "mean IoU 0.889" in [axes.get_xlabel() for axes in figure.axes]  # of the volume: 80 of 90 voxels


@pytest.fixture
def run(tmp_path):
    """The folder of a run with two cases in 2D, one of them corrected."""
    (tmp_path / "given_labels").mkdir()
    (tmp_path / "corrected_labels").mkdir()
    grids = {name: CaseGrid((12, 10), AFFINE.tolist(), (12, 10), AFFINE.tolist()) for name in "ab"}
    for name, start in (("a", 5), ("b", 4)):
        nib.save(nib.Nifti1Image(np.arange(120.0).reshape(12, 10), AFFINE), tmp_path / f"{name}_image.nii")
        for folder, place in (("given_labels", start), ("corrected_labels", 3)):
            nib.save(nib.Nifti1Image(square(place), AFFINE), tmp_path / folder / f"{name}.nii")
    labels = {name: tmp_path / "given_labels" / f"{name}.nii" for name in "ab"}
    images = {name: (tmp_path / f"{name}_image.nii",) for name in "ab"}
    RunRecord(NAMES, None, False, labels, grids, images).write(tmp_path)
    return tmp_path


def test_the_cases_of_a_run_are_what_its_files_hold(run):
    nib.save(nib.Nifti1Image(square(2), AFFINE), run / "truth.nii")
    first, second = read_run_cases(run, truths={"b": run / "truth.nii"})
    assert (first.case_id, first.truth, first.spacing) == ("a", None, (2.0, 1.0))
    assert np.array_equal(first.given, square(5))
    assert np.array_equal(first.corrected, square(3))
    assert first.image[1, 2] == 12
    assert np.array_equal(second.truth, square(2))
    assert [one.case_id for one in read_run_cases(run, case_ids=["b"])] == ["b"]


def test_pixels_without_a_place_in_a_patient_are_drawn_as_photographs(run):
    record = json.loads((run / "cases.json").read_text())
    for name in ("image", "given_labels/a", "corrected_labels/a"):
        Image.fromarray(square(0).T).save(run / f"{name}.png")
    record["cases"] = [record["cases"][0] | {"label": "given_labels/a.png", "image": ["image.png"]}]
    (run / "cases.json").write_text(json.dumps(record))
    (only,) = read_run_cases(run)
    assert np.array_equal(only.given, square(0)[:, ::-1])
    assert only.affine is None


def test_what_is_missing_is_named_case_by_case(run):
    (run / "corrected_labels" / "a.nii").unlink()
    nib.save(nib.Nifti1Image(square(3, shape=(13, 10)), AFFINE), run / "corrected_labels" / "b.nii")
    with pytest.raises(DataError, match=r"case 'a'.*file is missing(.|\n)*case 'b'.*found shapes"):
        read_run_cases(run)
