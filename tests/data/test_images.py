"""Tests of find_images."""

from pathlib import Path

import pytest

from monai_adele.data import find_images
from monai_adele.errors import DataError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"")


def test_images_are_listed_by_id_and_other_files_passed_over(tmp_path):
    touch(tmp_path, "b.nii.gz", "a.nii.gz", "._a.nii.gz", "notes.txt")
    assert find_images(tmp_path) == [
        {"image": str(tmp_path / "a.nii.gz"), "case_id": "a"},
        {"image": str(tmp_path / "b.nii.gz"), "case_id": "b"},
    ]


def test_channel_files_are_gathered_in_order(tmp_path):
    touch(tmp_path, "a_0001.nii.gz", "a_0000.nii.gz", "b.nii.gz")
    cases = find_images(tmp_path, num_channels=2)
    assert cases[0] == {"image": [str(tmp_path / f"a_000{i}.nii.gz") for i in range(2)], "case_id": "a"}
    assert cases[1] == {"image": str(tmp_path / "b.nii.gz"), "case_id": "b"}


def test_with_one_channel_a_number_belongs_to_the_name(tmp_path):
    touch(tmp_path, "a_0000.nii.gz", "a_0001.nii.gz")
    assert [case["case_id"] for case in find_images(tmp_path)] == ["a_0000", "a_0001"]


def test_a_missing_channel_and_a_double_id_are_reported_together(tmp_path):
    touch(tmp_path, "a_0000.nii.gz", "a_0001.nii.gz", "b.nii.gz", "b.nii", "c_0000.nii.gz", "c.nii", "c.nii.gz")
    with pytest.raises(DataError, match=r"case 'b' \(b.nii\): found 2 files, expected 1 or 3") as caught:
        find_images(tmp_path, num_channels=3)
    assert len(caught.value.problems) == 2


def test_a_folder_without_images_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no images found"):
        find_images(tmp_path)
