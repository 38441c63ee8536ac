"""The cache of the admission: it saves time and changes nothing else."""

import json
import logging

import numpy as np
import pytest
import SimpleITK as sitk

from monai_adele.data import AdmissionCache, admit_cases, find_cases, prepare_cases
from monai_adele.data.file_facts import read_file_facts
from monai_adele.errors import DataError, LabelValueError

FILES = 6  # of the tiny dataset


def admitted(dataset, folder):
    """Admit with a cache; answer the report and how many files were known."""
    cache = AdmissionCache(folder)
    report = dataset.admit(cache=cache)
    return report, cache.hits


def test_a_second_check_knows_every_file_and_finds_the_same(dataset, tmp_path):
    first, known = admitted(dataset, tmp_path / "cache")
    assert known == 0
    second, known = admitted(dataset, tmp_path / "cache")
    assert known == FILES
    assert first == second == dataset.admit()


def test_a_changed_file_is_read_again(dataset, tmp_path):
    admitted(dataset, tmp_path)
    label = dataset.label()
    label[0, 0, 0] = 1
    dataset.put_label("b", label)
    report, known = admitted(dataset, tmp_path)
    assert known == FILES - 1
    assert report.facts["b"].ids[1] == 13


def test_a_known_label_is_judged_by_what_is_declared_now(dataset, tmp_path):
    admitted(dataset, tmp_path)
    dataset.declare(labels={"0": "background", "1": "front"})
    with pytest.raises(LabelValueError, match=r"case 'b' \(labelsTr/b.nii.gz\): label holds ids \[2\] in 6 voxels"):
        admitted(dataset, tmp_path)


def test_a_label_is_not_known_as_an_image(dataset, tmp_path):
    cache = AdmissionCache(tmp_path)
    read_file_facts(dataset.label_path("a"), "label", cache=cache)
    read_file_facts(dataset.label_path("a"), "image", cache=cache)
    assert cache.hits == 0


def test_a_file_with_a_problem_is_never_known(dataset, tmp_path):
    dataset.put_image("b", np.full((5, 6, 4), np.nan, dtype=np.float32))
    label = dataset.label().astype(np.float32)
    label[0, 0, 0] = np.nan
    dataset.put_label("c", label)
    problems = []
    for _ in range(2):
        cache = AdmissionCache(tmp_path)
        with pytest.raises(DataError) as error:
            dataset.admit(cache=cache)
        problems.append(error.value.problems)
    assert cache.hits == FILES - 2
    assert problems[0] == problems[1]


def test_data_in_a_file_of_their_own_are_read_every_time(dataset, tmp_path):
    path = dataset.root / "a.mhd"
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((4, 5), np.uint8)), str(path))
    for _ in range(2):
        cache = AdmissionCache(tmp_path)
        read_file_facts(path, "label", cache=cache)
        cache.write()
        assert cache.hits == 0


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"format": 0, "files": {}}', '{"format": 1, "files": 3}', "[" * 100_000, "\udcff"],
)
def test_a_cache_that_makes_no_sense_is_told_and_replaced(dataset, tmp_path, caplog, content):
    path = tmp_path / "admission_cache.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with caplog.at_level(logging.WARNING):
        _, known = admitted(dataset, tmp_path)
    assert known == 0
    assert caplog.messages == [f"{path}: holds no facts of this version; all files are read"]
    assert admitted(dataset, tmp_path)[1] == FILES


@pytest.mark.parametrize(
    "damage",
    [{"shape": [0, 6, 4]}, {"shape": None}, {"affines": [[[1.0]], None]}, {"channels": [1]}, {"values": [["x", 1]]}],
)
def test_facts_that_make_no_sense_are_read_again(dataset, tmp_path, damage):
    expected, _ = admitted(dataset, tmp_path)
    path = tmp_path / "admission_cache.json"
    content = json.loads(path.read_text())
    for facts in content["files"].values():
        facts.update(damage)
    path.write_text(json.dumps(content))
    assert admitted(dataset, tmp_path)[0] == expected


def test_a_cache_that_cannot_be_written_is_told_and_done_without(dataset, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        dataset.admit(cache=AdmissionCache(tmp_path / "file" / "below"))
    assert "cannot be written (Not a directory)" in caplog.messages[-1]


def test_a_run_keeps_its_cache_in_its_output_folder_unless_told_otherwise(dataset, tmp_path):
    settings = {"seed": 0, "progress": False, "train": 1, "validation": 1, "test": 1}
    prepare_cases(dataset.root, tmp_path / "run", **settings)
    cache = AdmissionCache(tmp_path / "run")
    admit_cases(find_cases(dataset.root), progress=False, cache=cache)
    assert cache.hits == FILES
    prepare_cases(dataset.root, tmp_path / "other", cache_dir=tmp_path / "shared", **settings)
    assert sorted(path.name for path in (tmp_path / "other").iterdir()) == ["split.json"]
    assert (tmp_path / "shared" / "admission_cache.json").is_file()
