"""Reviews: nothing in them is trusted."""

import json

import pytest

from monai_adele.errors import DataError
from monai_adele.store import read_review

MARK = {"case_id": "liver_001", "class_name": "liver", "mark": "reject"}
REVIEW = {"format": "monai_adele review 1", "source": "run", "store_version": 2, "marks": [MARK]}


def written(folder, content):
    path = folder / "review.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_marks_are_read(tmp_path):
    review = read_review(written(tmp_path, REVIEW))
    assert (review.store_version, len(review.marks)) == (2, 1)
    assert (review.marks[0].case_id, review.marks[0].mark) == ("liver_001", "reject")


def test_a_mark_said_twice_counts_once(tmp_path):
    assert len(read_review(written(tmp_path, {**REVIEW, "marks": [MARK, MARK]})).marks) == 1


def test_all_faults_are_named_at_once(tmp_path):
    wrong = [MARK, {**MARK, "mark": "delete"}, 7, {**MARK, "case_id": ["x"]}, {**MARK, "mark": "agree"}]
    with pytest.raises(DataError) as caught:
        read_review(written(tmp_path, {**REVIEW, "marks": wrong, "store_version": -1}))
    assert len(caught.value.problems) == 5
    for expected in ("store_version is -1", "mark 2 is", "mark 3 is 7", "mark 4 is", "is marked reject and agree"):
        assert expected in str(caught.value)


@pytest.mark.parametrize("content", ["", "[", "[]", "{}", '{"format": "monai_adele audit 1"}', "[" * 100000])
def test_what_is_no_review_is_refused(tmp_path, content):
    with pytest.raises(DataError, match=r"review\.json: is (no review|not JSON)"):
        read_review(written(tmp_path, content))


def test_long_values_are_cut_in_the_error(tmp_path):
    with pytest.raises(DataError) as caught:
        read_review(written(tmp_path, {**REVIEW, "marks": "x" * 10000}))
    assert len(str(caught.value)) < 500
