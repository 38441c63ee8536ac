"""Write files so that a reader, a kill or a full disk never meets half of one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from monai_adele.errors import StoreError

__all__ = [
    "create_atomically",
    "file_stem",
    "path_inside",
    "remove_left_beside",
    "sync_files",
    "sync_folder",
    "target_of_temporary",
    "temporaries_in",
    "temporary_beside",
    "write_atomically",
]

_SYNC_THREADS = 8
_PLAIN_STEM = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{12}\.tmp")
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_names = random.Random()  # its own: seeds of the run do not reach it; asking the system each time takes long
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_names.seed)


def file_stem(case_id: str) -> str:
    """Return a file name's stem for a case id.

    Args:
        case_id: any string that is not empty.

    Returns:
        The id itself if it has up to 100 characters, all of ``[A-Za-z0-9._-]``, and does not start
        with a dot, and does not name a device of Windows; else ``digest-`` and 32 hexadecimal digits.

    Raises:
        TypeError: if the id is not a string.
        ValueError: if the id is empty.

    Example:
        >>> file_stem("liver_042"), file_stem("../x")[:7]
        ('liver_042', 'digest-')
    """
    if not isinstance(case_id, str):
        raise TypeError(f"case id: found {type(case_id).__name__} {case_id!r}, expected a string")
    if not case_id:
        raise ValueError("case id: found an empty string, expected at least one character")
    if _PLAIN_STEM.fullmatch(case_id) and not _WINDOWS_DEVICE.fullmatch(case_id):
        return case_id
    return "digest-" + hashlib.sha256(case_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def path_inside(folder: Path, name: str) -> Path:
    """Return ``folder / name``, sure to lie in the folder once links are followed.

    Args:
        folder: an existing folder.
        name: relative path.

    Returns:
        The path; the file need not exist.

    Raises:
        StoreError: if the path leads out of the folder.

    Example:
        >>> path_inside(Path("."), "a.json").name
        'a.json'
    """
    root = os.path.realpath(folder)
    path = os.path.realpath(os.path.join(root, name))
    if path != root and not path.startswith(os.path.join(root, "")):
        raise StoreError(f"{folder}: {name!r} leads out of the folder; expected a path inside it")
    return folder / name


def temporary_beside(path: Path) -> Path:
    """Return a new hidden name in the folder of a file or folder, to write it under before it is renamed.

    Args:
        path: what is to be written.

    Returns:
        ``.<name>.<12 hexadecimal digits>.tmp``; others at the same time get other digits.
    """
    return path.with_name(f".{path.name}.{_names.getrandbits(48):012x}.tmp")


def target_of_temporary(name: str) -> str | None:
    """Return what was to be written under a name of :func:`temporary_beside`; None for any other name.

    Args:
        name: of a file or folder.

    Example:
        >>> target_of_temporary(".a.nii.gz.0123456789ab.tmp"), target_of_temporary(".mine.tmp")
        ('a.nii.gz', None)
    """
    found = _TEMPORARY.fullmatch(name)
    return found[1] if found else None


def temporaries_in(folder: Path) -> list[tuple[Path, str]]:
    """List what stands in a folder under names of :func:`temporary_beside`.

    Args:
        folder: there or not.

    Returns:
        Path of each file or folder, and the name that it was to get; in no order.

    Example:
        >>> temporaries_in(Path("no_such_folder"))
        []
    """
    found = [(path, target_of_temporary(path.name)) for path in (folder.iterdir() if folder.is_dir() else ())]
    return [(path, name) for path, name in found if name is not None]


def write_atomically(path: Path, content: bytes, *, flush: bool = True) -> None:
    """Write a file beside its target, flush it to disk, then rename it.

    At any instant the target is the old file or the new one, whole. If anything fails, the target
    stays as it was and the temporary file is removed. The rename itself is on disk for certain only
    after :func:`sync_folder`.

    Args:
        path: the file to write; its folder exists.
        content: all of it.
        flush: False to leave the flushing to :func:`sync_files`, where nothing refers to the file yet.

    Raises:
        OSError: if the disk is full or the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a"
        >>> write_atomically(path, b"new")
        >>> path.read_bytes()
        b'new'
    """
    with _written_beside(path, content, flush=flush) as temporary:
        os.replace(temporary, path)


def create_atomically(path: Path, content: bytes) -> bool:
    """Write a file like :func:`write_atomically`, but only if there is none yet.

    Of several processes that try at once, one succeeds.

    Args:
        path: the file to create; its folder exists.
        content: all of it.

    Returns:
        False if the file was there already; it is then left alone.

    Raises:
        OSError: if the disk is full or the folder cannot be written to.
    """
    with _written_beside(path, content) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            if path.exists():
                return False
            os.replace(temporary, path)
    return True


def sync_files(paths: Sequence[Path]) -> None:
    """Flush files to disk, several at once, which takes a tenth of the time of one after the other.

    Args:
        paths: existing files.

    Raises:
        OSError: if the disk is full or fails.
    """
    if len(paths) < _SYNC_THREADS:
        for path in paths:
            _sync(path)
        return
    with ThreadPoolExecutor(_SYNC_THREADS) as threads:
        list(threads.map(_sync, paths))


def remove_left_beside(paths: Iterable[Path]) -> None:
    """Remove what processes that were killed while they wrote files left beside them.

    Args:
        paths: files of one or more folders, there or not; no other process may be writing them now.

    Example:
        >>> remove_left_beside([Path("no_such_folder/liver.nii.gz")])
    """
    names: dict[Path, set[str]] = {}
    for path in paths:
        names.setdefault(path.parent, set()).add(path.name)
    for folder, own in names.items():
        for left, name in temporaries_in(folder):
            if name in own:
                with contextlib.suppress(OSError):
                    left.unlink()


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of files to disk, so that renames in it survive a power cut.

    Args:
        folder: an existing folder.

    Raises:
        OSError: if the disk fails.
    """
    if os.name == "posix":  # elsewhere folders cannot be opened, and renames need no flush
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int = os.O_RDWR) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _written_beside(path: Path, content: bytes, *, flush: bool = True) -> Iterator[Path]:
    temporary = temporary_beside(path)
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
