import os

import pytest

from monai_adele.data.atomic_files import (
    create_atomically,
    file_stem,
    path_inside,
    sync_files,
    sync_folder,
    write_atomically,
)
from monai_adele.errors import StoreError


@pytest.mark.parametrize("case_id", ["liver_042", "a.b-c", "A", "_x", "-x", "9" * 100])
def test_plain_ids_are_their_own_file_names(case_id):
    assert file_stem(case_id) == case_id


@pytest.mark.parametrize("case_id", ["../x", ".hidden", "a/b", "a\\b", "a b", "ä", "a\n", "x" * 101, "\x00", "\ud800"])
def test_other_ids_become_digests(case_id):
    stem = file_stem(case_id)
    assert stem.startswith("digest-")
    assert len(stem) == 39
    assert stem != file_stem(case_id + "x")


def test_an_empty_id_or_a_number_is_refused():
    with pytest.raises(ValueError, match="empty"):
        file_stem("")
    with pytest.raises(TypeError, match="int 7, expected a string"):
        file_stem(7)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "link/x"])
def test_a_path_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(StoreError, match="leads out of the folder"):
        path_inside(folder, name)


def test_writing_replaces_and_leaves_nothing_beside(tmp_path):
    for content in (b"one", b"two"):
        write_atomically(tmp_path / "a", content)
        assert (tmp_path / "a").read_bytes() == content
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_failing_write_keeps_the_old_file_and_removes_the_new(tmp_path, monkeypatch, function):
    write_atomically(tmp_path / "a", b"old")
    monkeypatch.setattr(os, function, _full_disk)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("has_links", [True, False])
def test_creating_never_replaces(tmp_path, monkeypatch, has_links):
    if not has_links:
        monkeypatch.setattr(os, "link", _no_links)
    assert create_atomically(tmp_path / "a", b"first")
    assert not create_atomically(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["a"]


def test_a_folder_can_be_synced(tmp_path):
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    sync_folder(tmp_path)
    assert not before or len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("number", [0, 1, 30])
def test_every_file_is_synced_once_and_a_failure_is_raised(tmp_path, monkeypatch, number):
    files = [tmp_path / f"{i}" for i in range(number)]
    for file in files:
        write_atomically(file, b"x", flush=False)
    synced, original = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino) or original(descriptor)
    )
    sync_files(files)
    assert sorted(synced) == sorted(file.stat().st_ino for file in files)
    monkeypatch.setattr(os, "fsync", _full_disk)
    if files:
        with pytest.raises(OSError, match="No space"):
            sync_files(files)


def _full_disk(*_):
    raise OSError(28, "No space left on device")


def _no_links(*_):
    raise PermissionError(1, "Operation not permitted")
