"""Any sequence of commits, undos, roll-backs, kills and reopenings of a store ends in a state that existed."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.label_store import changed_voxels
from reference.write_faults import every_write, in_child, kill_at

from monai_adele.store import LabelStore, undo_corrections

GIVEN = {case_id: np.arange(12, dtype=np.uint8).reshape(3, 4) % 3 for case_id in ("a", "../b")}
pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
CASES, VALUES = st.sampled_from(sorted(GIVEN)), st.integers(0, 3)
COMMIT = st.tuples(st.just("commit"), st.dictionaries(CASES, VALUES, min_size=1))
CHANGES = st.one_of(
    COMMIT,
    st.tuples(st.just("undo case"), CASES),
    st.tuples(st.just("undo class"), st.integers(0, 2)),
    st.tuples(st.just("undo all"), st.none()),
    st.tuples(st.just("roll back"), st.integers(0, 9)),
)
STEPS = st.lists(st.tuples(CHANGES, st.none() | st.integers(0, 25)), min_size=1, max_size=6)


def corrected(case_id, value):
    return (GIVEN[case_id] + value) % 4


def act(store, change):
    kind, argument = change
    if kind == "commit":
        with store.transaction() as transaction:
            for case_id, value in argument.items():
                transaction.put(case_id, GIVEN[case_id], corrected(case_id, value))
    elif kind == "roll back":
        store.roll_back(argument % (store.version + 1))
    else:
        named = {"undo case": {"case_ids": [argument]}, "undo class": {"class_ids": [argument]}, "undo all": {}}[kind]
        known = store.case_ids()
        if known and (kind != "undo case" or argument in known):
            undo_corrections(store, **named)


def after(states, change):
    """The labels after a change to a store with these states, worked out on whole labels."""
    kind, argument = change
    now = {case_id: label.copy() for case_id, label in states[-1].items()}
    if kind == "commit":
        return now | {case_id: corrected(case_id, value) for case_id, value in argument.items()}
    if kind == "roll back":
        return states[argument % len(states)]
    for case_id, label in now.items():
        given_label = GIVEN[case_id]
        chosen = np.full(label.shape, kind == "undo all" or case_id == argument)
        if kind == "undo class":
            chosen = (label != given_label) & ((label == argument) | (given_label == argument))
        label[chosen] = given_label[chosen]
    return now


def same(some, others):
    return all(np.array_equal(some[case_id], others[case_id]) for case_id in GIVEN)


def labels_of(store, version=None):
    return {case_id: store.current_label(case_id, label, version=version) for case_id, label in GIVEN.items()}


def act_killed(folder, change, step):
    store = LabelStore(folder)
    every_write(kill_at(step))
    act(store, change)


@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(steps=STEPS)
def test_any_sequence_ends_in_a_state_that_existed(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("sequence") / "store"
    states = [labels_of(LabelStore(folder))]
    for change, kill in steps:
        expected = after(states, change)
        if kill is None:
            act(LabelStore(folder), change)
        else:
            in_child(act_killed, folder, change, kill)
        store = LabelStore(folder)
        assert store.version in (len(states) - 1, len(states))
        if store.version == len(states):
            states.append(expected)
        elif kill is None:
            assert same(expected, states[-1])  # nothing to change
        assert same(labels_of(store), states[-1])
        assert store.changed_voxels() == changed_voxels(GIVEN, states[-1])
    for version, state in enumerate(states):
        assert same(labels_of(LabelStore(folder), version), state)
    assert not list(folder.rglob("*.tmp")) or any(kill is not None for _, kill in steps)
