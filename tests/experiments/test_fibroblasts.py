"""Tests of the datalist of the fibroblasts: on generated masks, and on the data where they are at hand."""

import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest
from grid.fibroblasts import fibroblast_datalist
from PIL import Image

from monai_adele.data import find_cases, prepare_cases
from monai_adele.errors import DataError


def write(path, mask):
    Image.fromarray(mask).convert("1").save(path)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """40 images; of 5 experts 3 drew the square, one nothing and one all, the crowd a column each."""
    folder = tmp_path_factory.mktemp("cells")
    for number in range(40):
        case = folder / f"m{number:02d}"
        case.mkdir()
        Image.fromarray(np.full((16, 12), number, np.uint16)).save(case / "image.png")
        square = np.zeros((16, 12), bool)
        square[4:9, 3:8] = True
        for rater, mask in enumerate([square, square, square, square * False, ~(square & ~square)]):
            write(case / f"expert_Person{rater}_Amira.png", mask)
        for rater in range(7):
            write(case / f"crowd_{rater + 1}.png", np.arange(12)[None].repeat(16, 0) == rater)
    return folder


def ids(path):
    return np.asarray(Image.open(path))


def listed(source, folder, labels, seed):
    return json.loads(Path(fibroblast_datalist(str(source), str(folder), labels=labels, seed=seed)).read_text())


def test_the_truth_is_what_more_than_half_of_the_experts_drew(source, tmp_path):
    expected = np.zeros((16, 12), np.uint8)
    expected[4:9, 3:8] = 1
    for entry in listed(source, tmp_path, "experts", 0)["training"]:
        assert np.array_equal(ids(entry["label"]), expected)
        assert "truth" not in entry


def test_labels_of_the_crowd_are_one_mask_a_case_and_differ_by_case_and_seed(source, tmp_path):
    drawn = {}
    for seed in (1, 2):
        for entry in listed(source, tmp_path, "crowd", seed)["training"]:
            (columns,) = np.nonzero(ids(entry["label"]).all(axis=0))
            drawn[seed, entry["case_id"]] = columns.tolist()
            assert ids(entry["truth"]).sum() == 25
    assert all(len(columns) == 1 for columns in drawn.values())
    assert len({columns[0] for columns in drawn.values()}) == 7
    both = [case for seed, case in drawn if seed == 1 and (2, case) in drawn]
    assert any(drawn[1, case] != drawn[2, case] for case in both)


def test_cases_for_testing_have_the_experts_labels_whatever_is_trained_on(source, tmp_path):
    for labels in ("experts", "crowd"):
        assert all(ids(entry["label"]).sum() == 25 for entry in listed(source, tmp_path, labels, 3)["test"])


def test_parts_are_runs_of_neighbours_that_move_with_the_seed(source, tmp_path):
    tested = {}
    for seed in (0, 1, 5):
        content = listed(source, tmp_path, "crowd", seed)
        numbers = [int(entry["case_id"][1:]) for part in ("training", "validation", "test") for entry in content[part]]
        assert [(b - a) % 40 for a, b in itertools.pairwise(numbers)] == [1] * 39
        assert [len(content[part]) for part in ("training", "validation", "test")] == [24, 7, 9]
        tested[seed] = {entry["case_id"] for entry in content["test"]}
    assert tested[0] != tested[1] != tested[5]
    clean = {entry["case_id"] for entry in listed(source, tmp_path, "experts", 5)["test"]}
    assert clean == tested[5]


def test_asked_again_it_says_the_same_and_the_source_stays(source, tmp_path):
    before = sorted(path for path in source.rglob("*"))
    assert listed(source, tmp_path, "crowd", 4) == listed(source, tmp_path, "crowd", 4)
    assert sorted(path for path in source.rglob("*")) == before


def test_a_folder_without_the_cases_is_refused(source, tmp_path):
    with pytest.raises(DataError, match="found 0 cases, expected more than 31"):
        fibroblast_datalist(str(tmp_path), str(tmp_path / "out"), labels="crowd", seed=0)


def test_the_fibroblasts_are_admitted(tmp_path):
    source = Path(os.environ.get("MONAI_ADELE_DATA", "nowhere")) / "bubil3_fibroblast_multirater"
    if not source.is_dir():
        pytest.skip("MONAI_ADELE_DATA does not lead to BU-BIL's fibroblasts")
    path = fibroblast_datalist(str(source), str(tmp_path), labels="crowd", seed=20)
    assert find_cases(path).class_names == ("background", "cell")
    found = prepare_cases(path, tmp_path / "run", seed=20, network_dims=2, progress=False)
    assert [len(part) for part in (found.train, found.validation, found.test)] == [24, 7, 16]
    assert {"image", "label", "truth", "case_id"} == set(found.train[0])
