"""What is known of files that were read through before."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from monai_adele.data.atomic_files import write_atomically

__all__ = ["AdmissionCache"]

_FILE = "admission_cache.json"
_FORMAT = 1  # to be raised when what is remembered of a file changes
_logger = logging.getLogger(__name__)


class AdmissionCache:
    """Facts of sound files under the digest of their bytes, so that they need not be read through again.

    A file whose bytes changed has another digest. Files with problems are not kept. What cannot be read or
    written is told in the log and does without: a cache only saves time.

    Args:
        folder: where ``admission_cache.json`` stands; made when the cache is written.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> cache = AdmissionCache(folder)
        >>> cache.put("label .nii.gz 0a1b", {"shape": [4, 4]})
        >>> cache.write()
        >>> AdmissionCache(folder).get("label .nii.gz 0a1b"), cache.get("unknown")
        ({'shape': [4, 4]}, None)
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder).expanduser() / _FILE
        self._files = _read(self.path)
        self._known = frozenset(self._files)
        self._hits: list[str] = []
        self._changed = False

    @property
    def hits(self) -> int:
        """How often a file was looked up that was known when the cache was opened."""
        return len(self._hits)

    def get(self, key: str) -> Any:
        """Look up a file.

        Args:
            key: holds the digest of the file's bytes.

        Returns:
            What was put there, as JSON keeps it, not checked further; None if nothing was.
        """
        if key in self._known:
            self._hits.append(key)
        return self._files.get(key)

    def put(self, key: str, facts: dict[str, Any]) -> None:
        """Remember a file; threads may do so at once.

        Args:
            key: holds the digest of the file's bytes.
            facts: primitives, lists and dicts.
        """
        self._files[key] = facts
        self._changed = True

    def write(self) -> None:
        """Write all that is remembered, if it grew; an old file stays whole until then."""
        if not self._changed:
            return
        content = json.dumps({"format": _FORMAT, "files": dict(sorted(self._files.items()))}, separators=(",", ":"))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, content.encode())
        except OSError as error:
            _logger.warning("%s: cannot be written (%s); the next check reads all files", self.path, error.strerror)
        self._changed = False


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        content = None
    if isinstance(content, dict) and content.get("format") == _FORMAT and isinstance(content.get("files"), dict):
        return dict(content["files"])
    _logger.warning("%s: holds no facts of this version; all files are read", path)
    return {}
