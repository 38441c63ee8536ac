"""Of several processes, one at a time changes a label store."""

from __future__ import annotations

import contextlib
import os
import sys
import weakref
from pathlib import Path
from types import TracebackType

from monai_adele.errors import StoreError

if sys.platform != "win32":  # there nobody is kept out
    import fcntl

__all__ = ["StoreLock"]


class StoreLock:
    """Keeps other processes out until it is released, or this process ends in whatever way.

    A lock of the operating system on the file ``run.lock``; child processes do not inherit it. On
    Windows, and on file systems without locks, it keeps nobody out. Within one process it is no lock.

    Args:
        folder: the store.

    Raises:
        StoreError: if another process holds the lock.

    Example:
        >>> import tempfile
        >>> with StoreLock(Path(tempfile.mkdtemp())) as lock:
        ...     lock.held
        True
    """

    def __init__(self, folder: Path) -> None:
        self._close: weakref.finalize[..., StoreLock] | None = None
        if sys.platform == "win32":
            return
        with contextlib.suppress(OSError):  # where nothing may be written
            descriptor = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o666)
            self._close = weakref.finalize(self, os.close, descriptor)
        if self._close is not None:
            self._take(descriptor, folder)

    def _take(self, descriptor: int, folder: Path) -> None:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            self.release()
            raise StoreError(
                f"{folder}: another process trains with this store or changes it; expected none; wait for it, "
                "or stop it with Ctrl-C, and try again"
            ) from error
        except OSError:  # a file system that knows no locks
            self.release()

    @property
    def held(self) -> bool:
        """Whether others are kept out."""
        return self._close is not None and self._close.alive

    def release(self) -> None:
        """Let others in."""
        if self._close is not None:
            self._close()

    def __enter__(self) -> StoreLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
