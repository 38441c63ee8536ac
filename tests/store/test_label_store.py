import os
import pickle
import shutil

import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from monai_adele.errors import NonFiniteError, StoreError
from monai_adele.store import JournalEntry, LabelStore

GIVEN = np.array([[0, 1, 1], [2, 2, 0]], np.uint8)
FIRST = np.array([[0, 1, 0], [2, 2, 0]], np.uint8)
SECOND = np.array([[0, 1, 1], [2, 1, 1]], np.uint8)


@pytest.fixture
def store(tmp_path):
    return LabelStore(tmp_path / "store")


def commit(store, labels, **details):
    with store.transaction(**details) as transaction:
        for case_id, corrected in labels.items():
            transaction.put(case_id, GIVEN, corrected)


def test_a_new_store_is_empty_at_version_0(store):
    assert store.version == 0
    assert store.is_empty
    assert store.case_ids() == []
    assert store.correction("a") is None
    store.require_empty()


def test_a_commit_makes_one_version_for_all_its_cases(store):
    commit(store, {"b": FIRST, "a": SECOND}, epoch=7)
    assert store.version == 1
    assert store.case_ids() == ["a", "b"]
    assert np.array_equal(store.current_label("a", GIVEN), SECOND)
    assert np.array_equal(store.current_label("b", GIVEN), FIRST)
    assert np.array_equal(store.current_label("c", GIVEN), GIVEN)


def test_a_put_replaces_the_cases_correction_and_leaves_other_cases(store):
    commit(store, {"a": FIRST, "b": FIRST})
    commit(store, {"a": SECOND})
    assert np.array_equal(store.current_label("a", GIVEN), SECOND)
    assert np.array_equal(store.current_label("b", GIVEN), FIRST)


def test_putting_the_given_label_removes_the_correction(store):
    commit(store, {"a": FIRST})
    commit(store, {"a": GIVEN})
    assert store.is_empty
    assert store.version == 2
    assert np.array_equal(store.current_label("a", GIVEN), GIVEN)


def test_a_transaction_that_changes_nothing_makes_no_version(store):
    commit(store, {})
    commit(store, {"a": GIVEN})
    commit(store, {"a": FIRST})
    commit(store, {"a": FIRST})
    assert store.version == 1


def test_put_tells_whether_the_current_label_changes(store):
    with store.transaction() as transaction:
        assert transaction.put("a", GIVEN, FIRST)
        assert not transaction.put("b", GIVEN, GIVEN)


def test_an_exception_in_the_block_leaves_version_and_files_as_they_were(store):
    commit(store, {"a": FIRST})
    before = _files(store)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(store, {"a": SECOND, "b": FIRST})
    assert _files(store) == before
    assert np.array_equal(store.current_label("a", GIVEN), FIRST)


def test_a_failed_transaction_does_not_remove_what_an_earlier_version_needs(store):
    commit(store, {"a": FIRST})
    commit(store, {"a": SECOND})
    with pytest.raises(KeyboardInterrupt):
        _interrupted(store, {"a": FIRST})
    store.roll_back(1)
    assert np.array_equal(store.current_label("a", GIVEN), FIRST)


def test_the_label_of_any_version_can_be_asked_for(store):
    for label in (FIRST, SECOND, GIVEN):
        commit(store, {"a": label})
    labels = [store.current_label("a", GIVEN, version=version).tolist() for version in range(4)]
    assert labels == [label.tolist() for label in (GIVEN, FIRST, SECOND, GIVEN)]


def test_rolling_back_makes_a_new_version_and_never_reuses_an_id(store):
    commit(store, {"a": FIRST})
    commit(store, {"a": SECOND, "b": FIRST})
    assert store.roll_back(1) == 3
    assert np.array_equal(store.current_label("a", GIVEN), FIRST)
    assert store.case_ids() == ["a"]
    commit(store, {"c": FIRST})
    assert store.version == 4


def test_rolling_back_to_the_newest_version_changes_nothing(store):
    commit(store, {"a": FIRST})
    assert store.roll_back(1) == 1
    assert store.version == 1


@pytest.mark.parametrize("version", [-1, 2])
def test_a_version_that_never_was_is_refused(store, version):
    commit(store, {"a": FIRST})
    with pytest.raises(StoreError, match=rf"no version {version}, expected one of 0\.\.1"):
        store.roll_back(version)
    with pytest.raises(StoreError, match="no version"):
        store.correction("a", version)


def test_the_journal_says_what_changed_when_and_why(store):
    confidence = np.where(GIVEN != FIRST, 0.75, 0.1)
    with store.transaction(epoch=7, reason="onset of class 1") as transaction:
        transaction.put("a", GIVEN, FIRST, confidence=confidence)
    commit(store, {"a": SECOND, "b": GIVEN}, epoch=9)
    store.roll_back(0)
    digests = [file.name.split(".")[1] for file in sorted(store.folder.glob("corrections/*"), key=os.path.getmtime)]
    held = ((0, 2), (1, 2), (2, 2))
    assert list(store.journal()) == [
        JournalEntry(1, "a", 7, "onset of class 1", ((1, 0, 1),), 0.75, (0.75,), held, digests[0]),
        JournalEntry(2, "a", 9, "", ((0, 1, 2), (2, 1, 1)), None, None, held, digests[1]),
        JournalEntry(3, "a", None, "rolled back to version 0", ((1, 0, 1), (1, 2, 1)), None),
    ]
    assert list(store.journal("b")) == []


def test_confidence_is_told_for_each_transition(store):
    confidence = np.array([[0.5, 0.5, 0.9], [0.6, 0.8, 0.7]])
    with store.transaction() as transaction:
        transaction.put("a", GIVEN, np.array([[0, 1, 0], [1, 1, 2]], np.uint8), confidence=confidence)
    [entry] = store.journal()
    assert entry.transitions == ((0, 2, 1), (1, 0, 1), (2, 1, 2))
    assert entry.confidences == pytest.approx((0.7, 0.9, 0.7))
    assert entry.mean_confidence == pytest.approx((0.7 + 0.9 + 2 * 0.7) / 4)


def test_a_roll_back_between_two_corrections_is_in_the_journal(store):
    commit(store, {"a": FIRST})
    commit(store, {"a": SECOND})
    store.roll_back(1)
    assert [entry.transitions for entry in store.journal("a")][-1] == ((1, 0, 2), (1, 2, 1))


def test_changed_voxels_are_counted_against_the_given_labels(store):
    commit(store, {"a": FIRST, "b": FIRST})
    commit(store, {"a": SECOND})
    assert store.changed_voxels() == {(0, 1): 1, (1, 0): 1, (2, 1): 1}
    assert store.changed_voxels(1) == {(1, 0): 2}


def test_a_correction_takes_six_bytes_a_voxel_and_a_constant(store):
    given = np.zeros((40, 50), np.uint8)
    with store.transaction() as transaction:
        transaction.put("a", given, given + 1)
    sizes = [file.stat().st_size for file in (store.folder / "corrections").iterdir()]
    assert len(sizes) == 1
    assert sizes[0] - 6 * given.size == 68


def test_a_confidence_that_is_not_finite_is_refused_naming_the_case(store):
    confidence = np.full(GIVEN.shape, np.nan)
    with pytest.raises(NonFiniteError, match="case 'a'"), store.transaction() as transaction:
        transaction.put("a", GIVEN, FIRST, confidence=confidence)
    assert store.version == 0


def test_a_case_is_put_once_and_only_inside_the_block(store):
    with store.transaction() as transaction:
        transaction.put("a", GIVEN, FIRST)
        with pytest.raises(ValueError, match="'a': put twice"):
            transaction.put("a", GIVEN, SECOND)
    with pytest.raises(ValueError, match="with"):
        transaction.put("b", GIVEN, FIRST)
    assert store.version == 1


def test_wrong_arrays_are_refused_naming_the_case(store):
    with store.transaction() as transaction:
        with pytest.raises(ValueError, match=r"case 'a': .*equal shapes"):
            transaction.put("a", GIVEN, FIRST[:1])
        with pytest.raises(TypeError, match=r"case 'a': .*float32"):
            transaction.put("a", GIVEN, FIRST.astype(np.float32))
        with pytest.raises(ValueError, match=r"case 'a': .*confidence"):
            transaction.put("a", GIVEN, FIRST, confidence=np.zeros(3))


@pytest.mark.parametrize("make", [np.array, torch.tensor, lambda label: MetaTensor(torch.tensor(label))])
def test_the_current_label_is_a_new_one_of_the_same_kind(store, make):
    commit(store, {"a": FIRST})
    for case_id, expected in (("a", FIRST), ("b", GIVEN)):
        for given in (make(GIVEN), make(GIVEN[None])):
            current = store.current_label(case_id, given)
            assert type(current) is type(given)
            assert current.shape == given.shape
            assert np.array_equal(np.asarray(current).reshape(expected.shape), expected)
            current[...] = 9
            assert np.array_equal(np.asarray(given).reshape(GIVEN.shape), GIVEN)


def test_the_given_label_can_be_had_from_the_current_one(store):
    commit(store, {"a": FIRST})
    assert np.array_equal(store.given_label("a", FIRST), GIVEN)
    assert np.array_equal(store.given_label("b", FIRST), FIRST)
    with pytest.raises(StoreError, match="case 'a'"):
        store.given_label("a", GIVEN)


def test_a_label_that_the_correction_was_not_made_for_is_refused_naming_the_case(store):
    commit(store, {"a": FIRST})
    for other in (SECOND[:, :2], np.zeros_like(GIVEN)):
        with pytest.raises(StoreError, match=r"case 'a'.*does not belong to this label"):
            store.current_label("a", other)
        with (
            pytest.raises(StoreError, match=r"case 'a'.*does not belong"),
            store.transaction() as transaction,
        ):
            transaction.put("a", other, other)


def test_a_store_with_corrections_is_refused_where_an_empty_one_is_required(store):
    commit(store, {"a": FIRST})
    with pytest.raises(StoreError, match=r"corrections of 1 cases \(version 1\).*--resume true.*roll_back\(0\)"):
        store.require_empty()
    store.roll_back(0)
    store.require_empty()


def test_a_store_is_pickled_without_its_content_and_sees_later_versions(store):
    commit(store, {"a": FIRST})
    copy = pickle.loads(pickle.dumps(store))
    assert len(pickle.dumps(store)) < 500
    commit(store, {"a": SECOND})
    assert np.array_equal(copy.current_label("a", GIVEN), SECOND)
    assert copy.version == 2


def test_opening_again_finds_everything(store):
    commit(store, {"a": FIRST})
    store.roll_back(0)
    store.roll_back(1)
    again = LabelStore(str(store.folder))
    assert again.version == 3
    assert np.array_equal(again.current_label("a", GIVEN), FIRST)
    assert list(again.journal()) == list(store.journal())


def test_more_versions_than_are_kept_in_memory_stay_readable(store):
    for number in range(12):
        commit(store, {"a": FIRST if number % 2 else SECOND})
    for version in (12, 1, 7, 12, 2):
        expected = SECOND if version % 2 else FIRST
        assert np.array_equal(store.current_label("a", GIVEN, version=version), expected)


@pytest.mark.parametrize("case_id", ["../../x", "/etc/x", "a/b", ".x", "ü", "a\nb", "a" * 300, "CON:"])
def test_strange_case_ids_stay_inside_the_folder(store, case_id):
    commit(store, {case_id: FIRST, "x": SECOND})
    assert store.case_ids() == sorted([case_id, "x"])
    assert np.array_equal(LabelStore(store.folder).current_label(case_id, GIVEN), FIRST)
    assert os.listdir(store.folder.parent) == ["store"]
    assert len(os.listdir(store.folder / "corrections")) == 2


def test_two_transactions_at_once_are_refused_at_the_second_commit(store):
    other = LabelStore(store.folder)
    transaction = store.transaction().__enter__()
    transaction.put("a", GIVEN, FIRST)
    commit(other, {"b": SECOND})
    with pytest.raises(StoreError, match="another process"):
        transaction.__exit__(None, None, None)
    assert store.version == 1
    assert store.case_ids() == ["b"]


def test_a_copied_store_works_elsewhere(store, tmp_path):
    commit(store, {"a": FIRST})
    shutil.move(store.folder, tmp_path / "elsewhere")
    assert np.array_equal(LabelStore(tmp_path / "elsewhere").current_label("a", GIVEN), FIRST)
    with pytest.raises(StoreError, match=r"head\.json.*moved"):
        _ = store.version


def _files(store):
    return {str(file.relative_to(store.folder)) for file in store.folder.rglob("*") if file.is_file()}


def _interrupted(store, labels):
    with store.transaction() as transaction:
        for case_id, corrected in labels.items():
            transaction.put(case_id, GIVEN, corrected)
        raise KeyboardInterrupt
