"""The store on damaged files, full disks and kills; the store is the real one."""

import itertools
import multiprocessing
import os
import pathlib
import random
import signal
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.label_store import ReferenceStore, changed_voxels

from monai_adele.errors import StoreError
from monai_adele.store import LabelStore

GIVEN = {case_id: np.arange(12, dtype=np.uint8).reshape(3, 4) % 3 for case_id in ("a", "b", "../c")}
forks = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def labels_of(version):
    """What version `version` of a run of `commit_next` holds."""
    rng = np.random.default_rng(version)
    return {
        case_id: rng.integers(0, 3, label.shape).astype(np.uint8) if version else label
        for case_id, label in GIVEN.items()
    }


def commit_next(store):
    labels = labels_of(store.version + 1)
    with store.transaction(epoch=store.version + 1) as transaction:
        for case_id, label in labels.items():
            transaction.put(case_id, GIVEN[case_id], label)


def require_state(folder, versions):
    """Open the store and require that it is whole, and of one of these versions."""
    store = LabelStore(folder)
    assert store.version in versions
    for version in range(store.version + 1):
        for case_id, label in labels_of(version).items():
            assert np.array_equal(store.current_label(case_id, GIVEN[case_id], version=version), label)
    assert {entry.version for entry in store.journal()} == set(range(1, store.version + 1))
    return store


@pytest.fixture
def store(tmp_path):
    return LabelStore(tmp_path / "store")


operations = st.one_of(
    st.tuples(st.just("commit"), st.dictionaries(st.sampled_from(sorted(GIVEN)), st.integers(0, 4))),
    st.tuples(st.just("fail"), st.dictionaries(st.sampled_from(sorted(GIVEN)), st.integers(0, 4))),
    st.tuples(st.just("full disk"), st.integers(0, 14)),
    st.tuples(st.just("roll back"), st.integers(0, 9)),
    st.tuples(st.just("reopen"), st.none()),
)


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(steps=st.lists(operations, max_size=8))
def test_any_sequence_of_operations_ends_in_the_state_of_the_reference(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("sequence")
    store, reference = LabelStore(folder), ReferenceStore(GIVEN)
    for kind, argument in steps:
        if kind == "reopen":
            store = LabelStore(folder)
        elif kind == "roll back":
            version = argument % (reference.version + 1)
            assert store.roll_back(version) == reference.roll_back(version)
        elif kind == "full disk":
            _commit_on_full_disk(store, argument)
            if store.version > reference.version:
                reference.commit(labels_of(store.version))
        else:
            labels = {case_id: labels_of(number)[case_id] for case_id, number in argument.items()}
            _commit(store, labels, fails=kind == "fail")
            if kind == "commit":
                reference.commit(labels)
        assert store.version == reference.version
    store = LabelStore(folder)
    for version, labels in enumerate(reference.versions):
        for case_id, label in labels.items():
            assert np.array_equal(store.current_label(case_id, GIVEN[case_id], version=version), label)
        assert store.changed_voxels(version) == changed_voxels(GIVEN, labels)


@pytest.mark.parametrize("function", ["fsync", "replace", "open"])
def test_a_full_disk_at_any_write_keeps_a_whole_version_and_no_temporary_file(store, monkeypatch, function):
    commit_next(store)
    problems = []
    for step in range(100):
        version = store.version
        with monkeypatch.context() as patch:
            calls = _fail_at(patch, function, step)
            try:
                commit_next(store)
            except StoreError as error:
                problems.append(str(error))
        require_state(store.folder, {version, version + 1})
        assert not list(store.folder.rglob("*.tmp"))
        if calls() <= step:
            break
    assert len(problems) == step
    assert len(problems) >= (2 if function == "open" else 6)
    assert all("No space left" in problem for problem in problems)


def test_many_cases_are_on_disk_before_their_version_is_the_newest(store, monkeypatch):
    synced, replaced, sync, replace = set(), [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.add(os.fstat(descriptor).st_ino) or sync(descriptor))
    monkeypatch.setattr(os, "replace", lambda old, new: replaced.append((str(new), set(synced))) or replace(old, new))
    with store.transaction() as transaction:
        for number in range(40):
            transaction.put(f"case_{number}", GIVEN["a"], labels_of(1)["a"])
    *_, (last, synced_before) = replaced
    assert last.endswith("head.json")
    corrections = {file.stat().st_ino for file in (store.folder / "corrections").iterdir()}
    assert len(corrections) == 40
    assert corrections <= synced_before


def test_a_full_disk_when_the_store_is_made_is_an_error_and_it_can_be_made_later(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        _fail_at(patch, "fsync", 0)
        with pytest.raises(StoreError, match=r"cannot create a label store here.*No space"):
            LabelStore(tmp_path / "store")
    assert LabelStore(tmp_path / "store").version == 0


@forks
@pytest.mark.parametrize("function", ["fsync", "replace", "unlink", "link"])
def test_a_kill_at_any_write_step_leaves_a_whole_version_and_a_restart_goes_on(tmp_path, function):
    for step in range(100):
        folder = tmp_path / f"{step}"
        exit_code = _in_child(_make_and_commit_until, folder, function, step)
        store = require_state(folder, {0, 1, 2})
        commit_next(store)
        require_state(folder, {store.version})
        assert not list(folder.rglob("*.tmp"))
        if exit_code == 0:
            break
    assert exit_code == 0
    assert step >= 1


@forks
def test_a_kill_at_a_random_instant_leaves_a_whole_version(tmp_path):
    rng, reached = random.Random(0), 0
    for _ in range(6):
        child = multiprocessing.get_context("fork").Process(target=_commit_for_ever, args=(tmp_path,))
        child.start()
        time.sleep(rng.uniform(0.02, 0.15))
        child.kill()
        child.join()
        reached = require_state(tmp_path, range(reached, 10**6)).version
    assert reached > 0


def test_a_folder_with_other_content_is_refused_and_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"found 'notes\.txt' and no head\.json.*choose another folder"):
        LabelStore(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    with pytest.raises(StoreError, match="cannot create"):
        LabelStore(tmp_path / "notes.txt")


def test_a_folder_with_another_head_is_refused(tmp_path):
    (tmp_path / "head.json").write_text('{"version": 3}')
    with pytest.raises(StoreError, match=r"head\.json: found content that does not match its digest"):
        LabelStore(tmp_path)


def test_a_store_whose_head_is_lost_is_not_taken_for_an_empty_one(store):
    commit_next(store)
    (store.folder / "head.json").unlink()
    with pytest.raises(StoreError, match=r"no head\.json"):
        LabelStore(store.folder)


@pytest.mark.parametrize("damage", ["cut", "flip", "remove", "pickle"])
@pytest.mark.parametrize("pattern", ["head.json", "versions/000001.json", "versions/*.jsonl", "corrections/a.*"])
def test_a_damaged_file_is_named_and_never_served(store, pattern, damage):
    commit_next(store)
    [file] = store.folder.glob(pattern)
    content = file.read_bytes()
    if damage == "remove":
        file.unlink()
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        file.write_bytes({"cut": content[:-3], "flip": flipped, "pickle": b"\x80\x04N."}[damage])
    with pytest.raises(StoreError, match=file.name.replace(".", r"\.")):
        _read_all(LabelStore(store.folder))


def test_a_correction_that_stands_in_for_another_cases_is_refused(store):
    commit_next(store)
    first, second = (next(store.folder.glob(f"corrections/{name}.*")) for name in "ab")
    first.write_bytes(second.read_bytes())
    with pytest.raises(StoreError, match="digest"):
        store.current_label("a", GIVEN["a"])


def test_a_link_out_of_the_store_is_not_followed(store, tmp_path):
    commit_next(store)
    file = next(store.folder.glob("corrections/a.*"))
    file.rename(tmp_path / "outside")
    file.symlink_to(tmp_path / "outside")
    with pytest.raises(StoreError, match="leads out of the folder"):
        store.correction("a")


def _read_all(store):
    list(store.journal())
    for case_id in store.case_ids():
        store.correction(case_id)


def _commit(store, labels, *, fails):
    try:
        with store.transaction() as transaction:
            for case_id, label in labels.items():
                transaction.put(case_id, GIVEN[case_id], label)
            if fails:
                raise ZeroDivisionError
    except ZeroDivisionError:
        pass


def _commit_on_full_disk(store, step):
    with pytest.MonkeyPatch.context() as patch:
        _fail_at(patch, "fsync", step)
        try:
            commit_next(store)
        except StoreError:
            assert not list(store.folder.rglob("*.tmp"))


def _fail_at(patch, function, step):
    """Let one call of a function fail for want of space; return a count of the calls."""
    calls, original = itertools.count(), getattr(os, function)

    def failing(*args, **kwargs):
        if next(calls) == step:
            raise OSError(28, "No space left on device")
        return original(*args, **kwargs)

    patch.setattr(os, function, failing)
    return lambda: next(calls)


def _make_and_commit_until(folder, function, step):
    calls, original = itertools.count(), getattr(os, function)

    def killing(*args, **kwargs):
        if next(calls) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    setattr(os, function, killing)
    if hasattr(pathlib, "_NormalAccessor"):  # Python 3.10 keeps the functions of os that it found
        setattr(pathlib._NormalAccessor, function, staticmethod(killing))
    store = LabelStore(folder)
    commit_next(store)
    commit_next(store)


def _commit_for_ever(folder):
    store = LabelStore(folder)
    while True:
        commit_next(store)


def _in_child(target, *args):
    child = multiprocessing.get_context("fork").Process(target=target, args=args)
    child.start()
    child.join()
    return child.exitcode
