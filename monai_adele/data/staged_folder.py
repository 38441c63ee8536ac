"""A folder that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monai_adele.data.atomic_files import sync_files, sync_folder, temporaries_in, temporary_beside
from monai_adele.errors import StoreError

__all__ = ["left_stages", "staged_folder"]


@contextmanager
def staged_folder(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Fill a hidden folder beside the wanted one, flush it to disk, then rename it.

    If the ``with`` block fails or is stopped by Ctrl-C, nothing is left. Only a kill leaves the hidden
    folder, ``.<name>.<digits>.tmp``, which may be deleted; see :func:`left_stages`.

    Args:
        folder: must not exist, or be empty; folders above it are made.

    Yields:
        The hidden folder.

    Raises:
        StoreError: if ``folder`` holds something, now or at the end, or cannot be written.

    Example:
        >>> import tempfile
        >>> wanted = Path(tempfile.mkdtemp()) / "labels"
        >>> with staged_folder(wanted) as folder:
        ...     _ = (folder / "a.txt").write_text("whole")
        >>> [path.name for path in wanted.iterdir()]
        ['a.txt']
    """
    target = Path(os.path.realpath(folder))
    _require_unused(target, folder)
    stage = temporary_beside(target)
    try:
        stage.mkdir(parents=True)
        yield stage
        sync_files([path for path in stage.rglob("*") if path.is_file()])
        for inner in (*(path for path in stage.rglob("*") if path.is_dir()), stage):
            sync_folder(inner)
        _require_unused(target, folder)
        if target.exists():
            target.rmdir()
        stage.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        advice = "free disk space or choose another folder"
        raise StoreError(f"{folder}: cannot be written ({error.strerror}); {advice}") from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def left_stages(folder: str | os.PathLike[str]) -> list[Path]:
    """List the hidden folders of runs that were to write a folder, and were killed or still run.

    They are not deleted here: a run that goes on, on this machine or another one, cannot be told from a dead one.

    Args:
        folder: as given to :func:`staged_folder`; call it before.

    Returns:
        Sorted; empty as a rule.
    """
    target = Path(os.path.realpath(folder))
    return sorted(path for path, name in temporaries_in(target.parent) if name == target.name and path.is_dir())


def _require_unused(target: Path, folder: str | os.PathLike[str]) -> None:
    try:
        found = "a file" if not target.is_dir() and target.exists() else _contents(target)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be opened ({error.strerror}); choose another folder") from error
    if found:
        raise StoreError(f"{folder}: found {found}, expected no such folder or an empty one; choose a new folder")


def _contents(target: Path) -> str:
    names = sorted(path.name for path in target.iterdir()) if target.is_dir() else []
    return f"{names[0]!r}" + (f" and {len(names) - 1} more" if len(names) > 1 else "") if names else ""
