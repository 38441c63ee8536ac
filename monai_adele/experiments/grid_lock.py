"""One runner at a time in a folder of trials."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

from monai_adele.errors import StoreError

if sys.platform != "win32":  # there nobody is kept out
    import fcntl

__all__ = ["GridLock"]


class GridLock:
    """Keeps other runners out while this one, or a training that it started, lives.

    A training that outlives a killed runner inherits the lock, so that no second one starts in its folder.

    Args:
        folder: of the trials; made if missing.

    Raises:
        StoreError: if another runner, or a training, holds the lock.

    Example:
        >>> import tempfile
        >>> with GridLock(Path(tempfile.mkdtemp())) as lock:
        ...     len(lock.descriptors)
        1
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(folder / "grid.lock", os.O_RDWR | os.O_CREAT, 0o666)
        if sys.platform != "win32":
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(self._descriptor)
                raise StoreError(
                    f"{folder}: another runner, or a training that a killed one left, is at work here; expected "
                    "none; wait for it, or stop it with Ctrl-C, and try again"
                ) from error

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What a training inherits to hold the lock; nothing where processes do not inherit."""
        return () if sys.platform == "win32" else (self._descriptor,)

    def __enter__(self) -> GridLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
