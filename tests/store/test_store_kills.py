"""A kill, or a full disk, at every single step of every way to make a version; the processes are real."""

import os
import shutil

import numpy as np
import pytest
from reference.write_faults import every_write, full_from, in_child, kill_at

from monai_adele.errors import StoreError
from monai_adele.store import LabelStore, replayed_label, undo_corrections

GIVEN = {case_id: np.arange(12, dtype=np.uint8).reshape(3, 4) % 3 for case_id in ("a", "b", "../c")}
pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


def commit(store, value):
    with store.transaction(epoch=value) as transaction:
        for case_id, given in GIVEN.items():
            transaction.put(case_id, given, (given + value) % 4)


CHANGES = {
    "making a store": lambda store: None,
    "commit": lambda store: commit(store, 3),
    "undo of a class": lambda store: undo_corrections(store, class_ids=[2]),
    "undo of all": undo_corrections,
    "roll back": lambda store: store.roll_back(1),
    "resume": lambda store: store.resume_at(1),
}


def labels(store, version=None):
    return {case_id: store.current_label(case_id, given, version=version) for case_id, given in GIVEN.items()}


def same(some, others):
    return all(np.array_equal(some[case_id], others[case_id]) for case_id in GIVEN)


def prepare(folder, change):
    if change != "making a store":
        for value in (1, 2):
            commit(LabelStore(folder), value)


def run(folder, change):
    CHANGES[change](LabelStore(folder))


def run_killed_at(folder, change, step):
    every_write(kill_at(step))
    run(folder, change)


@pytest.mark.parametrize("change", CHANGES)
def test_a_kill_at_any_step_leaves_a_version_that_existed_and_work_goes_on(tmp_path, change):
    (tmp_path / "before").mkdir()
    prepare(tmp_path / "before", change)
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    run(tmp_path / "after", change)
    before = 0 if change == "making a store" else 2
    for step in range(200):
        folder = tmp_path / str(step)
        shutil.copytree(tmp_path / "before", folder)
        exit_code = in_child(run_killed_at, folder, change, step)
        require_whole(folder, tmp_path / "after", before)
        if exit_code == 0:
            break
        assert exit_code == -9
        shutil.rmtree(folder)
    assert step >= 8


def require_whole(folder, expected, before):
    store, after = LabelStore(folder), LabelStore(expected)
    assert before <= store.version <= after.version
    for version in range(store.version + 1):
        assert same(labels(store, version), labels(after, version))
        for case_id, given in GIVEN.items():
            assert np.array_equal(
                replayed_label(store, case_id, given, version=version), labels(store, version)[case_id]
            )
    version = store.version
    commit(store, 3 if version < 2 else 1)
    assert store.version in (version, version + 1)
    assert not list(folder.rglob("*.tmp"))


@pytest.mark.parametrize("change", [name for name in CHANGES if name != "making a store"])
def test_a_disk_that_is_full_from_any_step_on_keeps_the_last_version(tmp_path, change):
    prepare(tmp_path, change)
    store = LabelStore(tmp_path)
    expected = labels(store)
    for step in range(200):
        restore = every_write(full_from(step))
        try:
            CHANGES[change](store)
        except StoreError as error:
            assert "No space left on device" in str(error)  # noqa: PT017 - the faults end with the call
        else:
            break
        finally:
            restore()
        assert LabelStore(tmp_path).version in (2, 3)
        if store.version == 3:  # the version was whole but for the last flush
            break
        assert same(labels(store), expected)
    assert step >= 4
    assert store.version == 3
