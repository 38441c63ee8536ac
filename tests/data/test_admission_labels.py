"""Admission of label values: each test damages one thing in a valid dataset."""

import shutil

import numpy as np
import pytest

from monai_adele.data import admit_cases, find_cases
from monai_adele.errors import LabelValueError

LABEL = "case 'b' (labelsTr/b.nii.gz): "


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([7], "ids [7] in 1 voxels, expected 0..2; remap them with MapLabelValued"),
        ([7, 9, 9], "ids [7, 9] in 3 voxels, expected 0..2"),
        ([255], "ids [255] in 1 voxels, expected 0..2"),
        ([-1], "negative ids [-1] in 1 voxels, expected 0..2"),
        ([0.7], "fractional values [0.7] in 1 voxels, expected whole ids"),
        ([1.998], "fractional values [1.998] in 1 voxels"),
        ([np.nan, np.nan], "NaN or infinity [nan] in 2 voxels"),
    ],
)
def test_values_that_are_no_declared_id_are_refused(dataset, values, found):
    label = dataset.label().astype(np.float32)
    label[0, 0, : len(values)] = values
    line = dataset.refusal(lambda: dataset.put_label("b", label), LabelValueError)
    assert line.startswith(LABEL + "label holds " + found)


def test_values_within_a_thousandth_of_an_id_count_as_the_id(dataset):
    dataset.put_label("b", dataset.label() * np.float32(0.9998))
    assert dataset.admit().facts["b"].ids == dataset.admit().facts["a"].ids


def test_ids_made_fractional_by_the_scale_of_the_file_are_refused(dataset):
    def scale():
        dataset.patch_header(dataset.label_path("b"), scl_slope=1 / 3, scl_inter=0.0)

    assert "fractional values [0.333333, 0.666667] in 18 voxels" in dataset.refusal(scale, LabelValueError)


def test_the_ignored_id_is_refused_unless_declared(dataset):
    label = dataset.label()
    label[0] = 255
    dataset.put_label("b", label)
    with pytest.raises(LabelValueError, match=r"case 'b' \(labelsTr/b.nii.gz\).*\[255\] in 24 voxels"):
        dataset.admit()
    found = find_cases(dataset.root, ignore_index=255)
    assert admit_cases(found, progress=False).facts["b"].ids[255] == 24


def test_a_one_hot_label_is_refused(dataset):
    one_hot = np.stack([dataset.label() == i for i in range(3)], axis=-1).astype(np.uint8)
    line = dataset.refusal(lambda: dataset.put_label("b", one_hot), LabelValueError)
    assert line.startswith(LABEL + "label has 3 channels, expected one of ids; take the argmax")


def test_a_label_with_a_channel_axis_of_one_is_admitted(dataset):
    dataset.put_label("b", dataset.label()[..., None])
    assert dataset.admit().facts["b"].ids == dataset.admit().facts["a"].ids


def test_undeclared_classes_are_the_ids_found(dataset):
    (dataset.root / "dataset.json").unlink()
    assert dataset.admit().case_list.class_names == ("background", "class_1", "class_2")


def test_undeclared_ids_with_a_gap_are_refused_where_they_occur(dataset):
    (dataset.root / "dataset.json").unlink()
    label = dataset.label()
    label[0, 0, :2] = 5
    line = dataset.refusal(lambda: dataset.put_label("b", label), LabelValueError)
    assert line.startswith(LABEL + "label holds ids [5] in 2 voxels, but none 3")
    assert line.endswith("remap them with MapLabelValued")


def test_labels_of_background_only_and_absent_classes_are_noted_once(dataset):
    dataset.put_label("b", np.zeros((5, 6, 4), dtype=np.uint8))
    dataset.declare(labels={"background": 0, "front": 1, "back": 2, "top": 3})
    assert dataset.admit().notes == (
        "1 classes occur in no label and will never be corrected: 'top' (3)",
        "1 labels hold only background and tell nothing about any class: b",
    )


def test_the_truth_obeys_the_rules_of_labels(dataset):
    shutil.copy(dataset.label_path("b"), dataset.root / "truth.nii.gz")
    entry = {"image": "imagesTr/b.nii.gz", "label": "labelsTr/b.nii.gz", "truth": "truth.nii.gz"}
    dataset.declare(labels={"background": 0, "front": 1, "back": 2}, training=[entry])

    def damage():
        dataset.save(np.full((5, 6, 4), 9, dtype=np.uint8), dataset.root / "truth.nii.gz")

    line = dataset.refusal(damage, LabelValueError)
    assert line.startswith("case 'b' (truth.nii.gz): label holds ids [9] in 120 voxels")
