"""From a folder to the parts of a run."""

import logging
import os

import numpy as np
import pytest

from monai_adele.data import check_output_folder, prepare_cases
from monai_adele.errors import DataError

SHARES = {"train": 1, "validation": 1, "test": 1}


def prepare(dataset, output, **arguments):
    return prepare_cases(dataset.root, output, **{"seed": 0, "progress": False, **SHARES, **arguments})


def test_a_dataset_becomes_three_parts_ready_for_transforms(dataset, tmp_path):
    cases = prepare(dataset, tmp_path / "run")
    assert sorted(c["case_id"] for part in (cases.train, cases.validation, cases.test) for c in part) == [
        "a",
        "b",
        "c",
    ]
    assert set(cases.train[0]) == {"image", "label", "case_id"}
    assert (cases.num_classes, cases.num_channels, cases.spatial_dims, cases.ignore_index) == (3, 1, 3, None)
    assert cases.class_names == ("background", "front", "back")


def test_the_split_is_written_down_and_a_second_run_agrees(dataset, tmp_path):
    first = prepare(dataset, tmp_path / "run")
    assert (tmp_path / "run" / "split.json").is_file()
    assert prepare(dataset, tmp_path / "run").split == first.split


def test_another_run_can_use_the_same_split(dataset, tmp_path):
    first = prepare(dataset, tmp_path / "one")
    other = prepare(dataset, tmp_path / "two", seed=99, split_file=tmp_path / "one" / "split.json")
    assert other.split == first.split
    assert (tmp_path / "two" / "split.json").read_bytes() == (tmp_path / "one" / "split.json").read_bytes()


def test_a_folder_that_holds_another_split_is_refused(dataset, tmp_path):
    prepare(dataset, tmp_path / "run")
    with pytest.raises(DataError, match=r"split.json: holds another split than these settings give"):
        prepare(dataset, tmp_path / "run", validation=0)


def test_a_split_file_of_other_cases_is_refused(dataset, tmp_path):
    (tmp_path / "split.json").write_text('{"train": ["a", "b"], "validation": [], "test": ["x"]}')
    with pytest.raises(DataError, match="not in the dataset: 'x'"):
        prepare(dataset, tmp_path / "run", split_file=tmp_path / "split.json")


def test_problems_of_pairing_and_of_files_are_told_together(dataset, tmp_path):
    dataset.label_path("a").unlink()
    dataset.image_path("b").write_bytes(b"")
    with pytest.raises(DataError) as error:
        prepare(dataset, tmp_path / "run")
    assert [line.split(" ")[1] for line in error.value.problems] == ["'a'", "'b'"]
    assert not (tmp_path / "run" / "split.json").exists()


def test_notes_go_to_the_log(dataset, tmp_path, caplog):
    dataset.put_label("b", np.zeros((5, 6, 4), dtype=np.uint8))
    with caplog.at_level(logging.WARNING):
        prepare(dataset, tmp_path / "run")
    assert caplog.messages == ["1 labels hold only background and tell nothing about any class: b"]


def test_an_output_folder_is_made_and_left_empty(tmp_path):
    assert list(check_output_folder(tmp_path / "new" / "run").iterdir()) == []


def test_an_output_folder_below_a_file_is_refused_before_the_data_are_read(dataset, tmp_path):
    dataset.image_path("a").unlink()
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(DataError, match=r"file.*: output folder cannot be written"):
            prepare(dataset, folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_output_folder_is_refused(tmp_path):
    check_output_folder(tmp_path)
    tmp_path.chmod(0o555)
    with pytest.raises(DataError, match=r"output folder cannot be written \(Permission denied\)"):
        check_output_folder(tmp_path)


def test_hippocampus_is_divided_as_asked(hippocampus, tmp_path):
    cases = prepare_cases(hippocampus, tmp_path, seed=1, train=60, validation=20, test=60, progress=False)
    assert (len(cases.train), len(cases.validation), len(cases.test), len(cases.split.unused)) == (
        60,
        20,
        60,
        120,
    )
