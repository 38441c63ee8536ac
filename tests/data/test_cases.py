"""Datasets as people have them, and the ways in which they are not whole."""

import shutil

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monai_adele.data import find_cases
from monai_adele.data.folder_cases import case_id_of, pair_folders
from monai_adele.errors import DataError

MSD = {"labels": {"0": "background", "1": "front", "2": "back"}, "modality": {"0": "MRI"}}


def ids(case_list):
    return [case["case_id"] for case in case_list.cases]


def split_channels(dataset, count=2):
    """Turn each image into channel files as nnU-Net names them."""
    for case_id in "abc":
        for channel in range(count):
            shutil.copy(dataset.image_path(case_id), dataset.root / "imagesTr" / f"{case_id}_{channel:04d}.nii.gz")
        dataset.image_path(case_id).unlink()


def entry(case_id, **more):
    return {"image": f"imagesTr/{case_id}.nii.gz", "label": f"labelsTr/{case_id}.nii.gz", **more}


def test_folder_with_msd_labels_is_paired_and_declared(dataset):
    found = find_cases(dataset.root)
    assert ids(found) == ["a", "b", "c"]
    assert found.cases[1]["image"] == str(dataset.image_path("b"))
    assert found.cases[1]["label"] == str(dataset.label_path("b"))
    assert (found.class_names, found.num_channels, found.ignore_index) == (
        ("background", "front", "back"),
        1,
        None,
    )


def test_folder_without_declaration_leaves_the_classes_open(dataset):
    (dataset.root / "dataset.json").unlink()
    found = find_cases(dataset.root)
    assert (ids(found), found.class_names, found.num_channels) == (["a", "b", "c"], (), None)
    assert find_cases(dataset.root, class_names=["rest", "organ"]).class_names == ("rest", "organ")


def test_plain_folder_names_are_found(dataset):
    (dataset.root / "imagesTr").rename(dataset.root / "images")
    (dataset.root / "labelsTr").rename(dataset.root / "labels")
    assert ids(find_cases(dataset.root)) == ["a", "b", "c"]


def test_images_and_labels_may_differ_in_format(dataset):
    nib.save(nib.load(dataset.image_path("a")), dataset.root / "imagesTr" / "a.nii")
    dataset.image_path("a").unlink()
    assert ids(find_cases(dataset.root)) == ["a", "b", "c"]


def test_hidden_files_are_skipped_and_foreign_ones_noted(dataset):
    for name in ("._a.nii.gz", ".DS_Store", "notes.txt"):
        (dataset.root / "imagesTr" / name).write_text("x")
    found = find_cases(dataset.root)
    assert ids(found) == ["a", "b", "c"]
    assert found.notes == ("imagesTr/: 1 files ending in '.txt' left out",)


def test_nnunet_channels_are_gathered_in_order(dataset):
    split_channels(dataset, 3)
    dataset.declare(labels={"background": 0, "front": 1, "back": 2}, channel_names={"0": "T1", "1": "T2", "2": "D"})
    found = find_cases(dataset.root)
    assert ids(found) == ["a", "b", "c"]
    assert found.cases[0]["image"] == [str(dataset.root / "imagesTr" / f"a_000{c}.nii.gz") for c in range(3)]
    assert (found.class_names, found.num_channels) == (("background", "front", "back"), 3)


def test_a_single_channel_file_is_a_plain_path(dataset):
    split_channels(dataset, 1)
    dataset.declare(labels={"background": 0, "front": 1}, channel_names={"0": "T1"}, file_ending=".nii.gz")
    assert find_cases(dataset.root).cases[2]["image"] == str(dataset.root / "imagesTr" / "c_0000.nii.gz")


def test_channel_files_are_recognized_without_declaration_by_their_labels(dataset):
    (dataset.root / "dataset.json").unlink()
    split_channels(dataset)
    assert [len(case["image"]) for case in find_cases(dataset.root).cases] == [2, 2, 2]


def test_a_numbered_name_is_no_channel_where_the_label_bears_it_too(dataset):
    (dataset.root / "dataset.json").unlink()
    for folder in ("imagesTr", "labelsTr"):
        for number, old in enumerate("abc"):
            path = dataset.root / folder / f"{old}.nii.gz"
            path.rename(dataset.root / folder / f"scan_{number:04d}.nii.gz")
    assert ids(find_cases(dataset.root)) == ["scan_0000", "scan_0001", "scan_0002"]


def test_a_numbered_case_beside_the_case_of_its_stem_stays_its_own(dataset):
    (dataset.root / "dataset.json").unlink()
    for folder in ("imagesTr", "labelsTr"):
        (dataset.root / folder / "b.nii.gz").rename(dataset.root / folder / "a_0000.nii.gz")
    assert ids(find_cases(dataset.root)) == ["a", "a_0000", "c"]


def test_version_1_of_nnunet_lists_names_without_channels(dataset):
    split_channels(dataset)
    dataset.declare(**MSD | {"modality": {"0": "T1", "1": "T2"}}, training=[entry(c) for c in "abc"])
    found = find_cases(dataset.root)
    assert [len(case["image"]) for case in found.cases] == [2, 2, 2]


def test_a_missing_channel_names_the_case_and_the_file(dataset):
    split_channels(dataset)
    assert len(find_cases(dataset.root).cases) == 3
    (dataset.root / "imagesTr" / "b_0001.nii.gz").unlink()
    with pytest.raises(DataError, match=r"case 'b' \(imagesTr/b_0001\): channel file is missing, found 0000"):
        find_cases(dataset.root)


def test_ignore_label_of_nnunet_is_no_class(dataset):
    dataset.declare(labels={"background": 0, "front": 1, "back": 2, "ignore": 3}, channel_names={"0": "T1"})
    found = find_cases(dataset.root)
    assert (found.class_names, found.ignore_index) == (("background", "front", "back"), 3)


def test_overlapping_regions_are_refused_with_the_reason(dataset):
    dataset.declare(labels={"background": 0, "whole tumor": [1, 2, 3], "core": [2, 3]}, channel_names={"0": "T1"})
    with pytest.raises(DataError, match=r"dataset.json: 'whole tumor' declares overlapping regions.*each class"):
        find_cases(dataset.root)


@pytest.mark.parametrize(
    "labels",
    [
        {"0": "background", "1": "a", "5": "b"},
        {"background": 0, "a": 2},
        {"a": 1, "b": 2},
        {"0": "background"},
    ],
)
def test_declared_ids_with_gaps_are_refused_naming_the_transform(dataset, labels):
    find_cases(dataset.root)
    dataset.declare(labels=labels)
    with pytest.raises(DataError, match=r"dataset.json: 'labels' declares ids .*MapLabelValued"):
        find_cases(dataset.root)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '"x"',
        "NaN",
        "\\ud800",
        "[" * 9999,
        '{"labels": 3}',
        '{"labels": {"0": 1}}',
        '{"labels": {"a": true}}',
        '{"labels": {"a": 0, "b": 0.5}}',
        '{"training": {}}',
        '{"training": [3]}',
        '{"training": [{"image": "x.nii"}]}',
        '{"training": [{"image": 1, "label": "x"}]}',
        '{"training": [{"image": [], "label": "x"}]}',
    ],
)
def test_unusable_json_is_one_line_that_names_the_file(dataset, content):
    (dataset.root / "dataset.json").write_text(content)
    with pytest.raises(DataError, match=r"^dataset.json: [^\n]*$"):
        find_cases(dataset.root)


def test_an_unpaired_image_and_an_unpaired_label_are_listed_together(dataset):
    find_cases(dataset.root)
    dataset.label_path("a").unlink()
    dataset.image_path("c").unlink()
    with pytest.raises(DataError) as error:
        find_cases(dataset.root)
    first, second = error.value.problems
    assert first.startswith("case 'a' (imagesTr/a.nii.gz): is unpaired, expected a label of the same name in labelsTr/")
    assert second.startswith("case 'c' (labelsTr/c.nii.gz): is unpaired, expected an image")


def test_a_label_of_another_name_is_never_paired_by_position(dataset):
    dataset.label_path("b").rename(dataset.label_path("bb"))
    with pytest.raises(DataError) as error:
        find_cases(dataset.root)
    assert [line.split(" ")[1] for line in error.value.problems] == ["'b'", "'bb'"]


def test_two_files_of_one_case_are_refused(dataset):
    shutil.copy(dataset.image_path("a"), dataset.root / "imagesTr" / "a.nrrd")
    with pytest.raises(DataError, match=r"case 'a' \(a.nii.gz, a.nrrd\): are several files of one case"):
        find_cases(dataset.root)


def test_a_plain_image_beside_its_channels_is_refused(dataset):
    find_cases(dataset.root)
    shutil.copy(dataset.image_path("a"), dataset.root / "imagesTr" / "a_0000.nii.gz")
    with pytest.raises(DataError, match=r"case 'a' \(imagesTr/a.nii.gz\): stands beside channel files"):
        find_cases(dataset.root)


def test_a_missing_folder_says_what_is_looked_for(dataset):
    (dataset.root / "labelsTr").rename(dataset.root / "masks")
    with pytest.raises(DataError, match=r"imagesTr/ and labelsTr/ \(or images/ and labels/\) are missing"):
        find_cases(dataset.root)


def test_a_wrong_number_of_cases_is_noted(dataset):
    dataset.declare(**MSD, numTraining=4)
    assert find_cases(dataset.root).notes == ("dataset.json: numTraining is 4, but 3 cases were found",)


def test_images_that_the_declaration_does_not_list_are_noted(dataset):
    dataset.declare(**MSD, training=[entry("a"), entry("b")])
    found = find_cases(dataset.root)
    assert ids(found) == ["a", "b"]
    assert found.notes == ("imagesTr/: 1 images that dataset.json does not list left out",)


def test_problems_can_be_collected_for_the_admission(dataset):
    dataset.label_path("a").unlink()
    found = find_cases(dataset.root, on_problem="collect")
    assert ids(found) == ["b", "c"]
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"class_names": ["one"]},
        {"class_names": ["a", "a"]},
        {"class_names": "ab"},
        {"ignore_index": 256},
        {"ignore_index": 0},
        {"ignore_index": 2},
    ],
)
def test_arguments_out_of_range_are_refused(dataset, arguments):
    with pytest.raises(ValueError, match=r"class_names must|ignore_index must"):
        find_cases(dataset.root, **arguments)


STEMS = st.lists(st.sampled_from(["a", "b", "a_0000", "a_0001", "b_0001", "Ab", "c.d", "e f", "ü"]), unique=True)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(images=STEMS, labels=STEMS)
def test_any_set_of_names_gives_each_file_one_fate(tmp_path_factory, images, labels):
    root = tmp_path_factory.mktemp("names")
    for folder, stems in (("images", images), ("labels", labels)):
        (root / folder).mkdir()
        for stem in stems:
            (root / folder / f"{stem}.png").touch()
    if not images and not labels:
        return
    cases, problems, notes = pair_folders(root)
    paired = {case["case_id"] for case in cases}
    assert notes == []
    assert all(case_id_of(case["label"]) == case["case_id"] for case in cases)
    assert paired | {line.split("'")[1] for line in problems} >= set(labels)
    assert not paired & {line.split("'")[1] for line in problems}
    used = [path for case in cases for path in np.atleast_1d(case["image"]).tolist()]
    assert len(used) == len(set(used))
    assert len(used) <= len(images)
