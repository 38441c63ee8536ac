"""Undoing corrections, against a voxel-by-voxel statement of what undoing means."""

import numpy as np
import pytest

from monai_adele.errors import DataError, StoreError
from monai_adele.store import LabelStore, undo_corrections

GIVEN = np.array([[0, 1, 1, 2], [2, 2, 0, 0]], np.uint8)
LABELS = {
    "a": np.array([[1, 1, 0, 2], [0, 1, 0, 2]], np.uint8),
    "b": np.array([[2, 1, 0, 2], [2, 2, 0, 0]], np.uint8),
}


@pytest.fixture
def store(tmp_path):
    store = LabelStore(tmp_path)
    with store.transaction(epoch=3) as transaction:
        for case_id, label in LABELS.items():
            transaction.put(case_id, GIVEN, label)
    return store


def current(store, version=None):
    return {case_id: store.current_label(case_id, GIVEN, version=version) for case_id in LABELS}


@pytest.mark.parametrize("case_ids", [None, ["a"], ["a", "b"]])
@pytest.mark.parametrize("class_ids", [None, [1], [2], [0, 2], [7]])
def test_voxels_of_the_named_cases_and_classes_are_the_given_ones_again(store, case_ids, class_ids):
    undone = undo_corrections(store, case_ids=case_ids, class_ids=class_ids)
    for case_id, label in LABELS.items():
        expected = label.copy()
        for place in np.ndindex(GIVEN.shape):
            named = class_ids is None or {int(GIVEN[place]), int(label[place])} & set(class_ids)
            if named and case_id in (case_ids or LABELS):
                expected[place] = GIVEN[place]
        assert np.array_equal(current(store)[case_id], expected)
        assert undone.voxels.get(case_id, 0) == (expected != label).sum()


def test_history_stays_and_tells_of_the_undo(store):
    assert undo_corrections(store, case_ids=["a"], class_ids=[1]).version == 2
    assert all(np.array_equal(label, LABELS[name]) for name, label in current(store, version=1).items())
    *_, entry = store.journal()
    assert (entry.case_id, entry.epoch, entry.reason) == ("a", None, "undone: case a, class 1")
    assert entry.transitions == ((0, 1, 1), (1, 0, 1), (1, 2, 1))


def test_an_undo_of_nothing_makes_no_version(store):
    assert undo_corrections(store, class_ids=[7]).version == 1
    assert undo_corrections(store).version == 2
    assert undo_corrections(store).version == 2
    assert store.is_empty


def test_all_unknown_cases_are_told_at_once_with_the_nearest(store):
    with pytest.raises(DataError) as caught:
        undo_corrections(store, case_ids=["a", "bb", "liver_7"])
    assert len(caught.value.problems) == 2
    assert "case 'bb': holds no correction, expected one that does; did you mean 'b'?" in caught.value.problems
    assert store.version == 1


def correct(store, value):
    with store.transaction(epoch=9) as transaction:
        transaction.put("a", GIVEN, np.full_like(GIVEN, value))


def test_a_resume_rolls_back_what_the_run_itself_committed_since(store):
    correct(store, 1)
    assert store.resume_at(1) == 3
    correct(store, 2)
    assert store.resume_at(1) == 5
    assert all(np.array_equal(label, LABELS[name]) for name, label in current(store).items())


def test_a_resume_does_not_bring_back_what_a_person_undid(store):
    undo_corrections(store, case_ids=["a"])
    with pytest.raises(StoreError, match=r"version 2 was made by hand \(undone: case a\).*restore RUN_FOLDER --vers"):
        store.resume_at(1)
    correct(store, 1)
    with pytest.raises(StoreError, match="version 2 was made by hand"):
        store.resume_at(1)
    assert not np.array_equal(current(store)["a"], LABELS["a"])


def test_an_undo_that_the_checkpoint_holds_stays_undone(store):
    undo_corrections(store, case_ids=["a"])
    correct(store, 1)
    assert store.resume_at(2) == 4
    assert np.array_equal(current(store)["a"], GIVEN)


def test_a_resume_goes_on_once_the_checkpoints_version_is_restored_by_hand(store):
    undo_corrections(store)
    assert store.roll_back(1, by_hand=True) == 3
    assert store.resume_at(1) == 4
    assert all(np.array_equal(label, LABELS[name]) for name, label in current(store).items())


def test_a_resume_does_not_overrule_another_version_restored_by_hand(store):
    correct(store, 1)
    store.roll_back(0, by_hand=True)
    with pytest.raises(StoreError, match=r"version 3 was made by hand \(rolled back to version 0\)"):
        store.resume_at(2)


def test_a_run_that_was_rolled_back_behind_an_undo_no_longer_knows_it(store):
    undo_corrections(store)
    store.roll_back(1)
    assert store.resume_at(0) == 4
    assert store.is_empty
