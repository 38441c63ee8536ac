"""The journal, replayed over the given labels, against the labels themselves."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monai_adele.errors import StoreError
from monai_adele.store import LabelStore, replayed_label, undo_corrections
from monai_adele.store.store_version import StoreVersion

GIVEN = {case_id: np.arange(12, dtype=np.uint8).reshape(3, 4) % 3 for case_id in ("a", "b", "../c")}
cases = st.sampled_from(sorted(GIVEN))
operations = st.one_of(
    st.tuples(st.just("commit"), st.dictionaries(cases, st.integers(0, 9), min_size=1)),
    st.tuples(st.just("undo"), st.tuples(st.sets(cases), st.sets(st.integers(0, 2)))),
    st.tuples(st.just("roll back"), st.integers(0, 9)),
)


def apply(store, kind, argument):
    if kind == "commit":
        with store.transaction(epoch=store.version + 1) as transaction:
            for case_id, seed in argument.items():
                label = np.random.default_rng(seed).integers(0, 3, (3, 4)).astype(np.uint8)
                transaction.put(case_id, GIVEN[case_id], label if seed else GIVEN[case_id])
    elif kind == "undo":
        corrected = set(store.case_ids())
        undo_corrections(store, case_ids=argument[0] & corrected or None, class_ids=argument[1] or None)
    else:
        store.roll_back(argument % (store.version + 1))


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(steps=st.lists(operations, max_size=8))
def test_replaying_the_journal_over_the_given_labels_gives_the_current_labels(tmp_path_factory, steps):
    store = LabelStore(tmp_path_factory.mktemp("replay"))
    for kind, argument in steps:
        apply(store, kind, argument)
    for version in range(store.version + 1):
        for case_id, label in GIVEN.items():
            expected = store.current_label(case_id, label, version=version)
            assert np.array_equal(replayed_label(store, case_id, label, version=version), expected)


def test_a_journal_that_tells_something_else_is_not_believed(tmp_path):
    store = LabelStore(tmp_path)
    apply(store, "commit", {"a": 1})
    file = tmp_path / "versions" / "000001.journal.jsonl"
    entry = json.loads(file.read_text())
    entry["transitions"][0][2] += 1
    file.write_text(json.dumps(entry) + "\n")
    with pytest.raises(StoreError, match="digest"):
        replayed_label(LabelStore(tmp_path), "a", GIVEN["a"])
    reseal(tmp_path, file.read_bytes())
    with pytest.raises(StoreError, match=r"case 'a': the journal tells .* at version 1"):
        replayed_label(LabelStore(tmp_path), "a", GIVEN["a"])


def test_a_replay_over_another_label_is_refused(tmp_path):
    store = LabelStore(tmp_path)
    apply(store, "commit", {"a": 1})
    with pytest.raises(StoreError, match=r"case 'a': .* replay with the given label of this run"):
        replayed_label(store, "a", GIVEN["a"] + 1)


def reseal(folder, journal):
    """Make the version agree with a forged journal."""
    file = folder / "versions" / "000001.json"
    version = StoreVersion.decode(file.read_bytes())
    digest = hashlib.sha256(journal).hexdigest()[:32]
    file.write_bytes(StoreVersion(version.version, 1, "", None, digest, version.cases).encode())
