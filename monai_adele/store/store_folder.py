"""The files of a label store."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from monai_adele.data.atomic_files import (
    create_atomically,
    file_stem,
    path_inside,
    sync_files,
    sync_folder,
    target_of_temporary,
    temporaries_in,
    write_atomically,
)
from monai_adele.errors import StoreError
from monai_adele.store.correction import Correction
from monai_adele.store.journal import JournalEntry, journal_bytes, journal_entries
from monai_adele.store.store_version import StoreVersion, sealed_json, unsealed_json

__all__ = ["StoreFolder"]

_VERSIONS_KEPT = 4


class StoreFolder:
    """Reads and writes the files of a label store; :class:`LabelStore` is the way to use them.

    ======================================  =====================================================
    ``head.json``                           id of the newest version; renamed into place last
    ``versions/000007.json``                what version 7 holds: a digest for each corrected case
    ``versions/000007.journal.jsonl``       what it changed
    ``corrections/<case>.<digest>.bin``     one correction, named for its content
    ======================================  =====================================================

    Nothing that a version refers to is ever written again, so a reader needs no lock, and what a
    killed writer leaves behind is never seen. One process writes at a time.

    Args:
        folder: an existing store, an empty folder, or a path at which to create one.

    Raises:
        StoreError: if the folder holds something else, is damaged or cannot be written to.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.path = Path(os.path.abspath(folder))
        self._head: tuple[bytes, int] = (b"", -1)
        self._versions: dict[int, StoreVersion] = {}
        if not (self.path / "head.json").exists():
            self._create()
        self.version()

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.path = state["path"]
        self._head = (b"", -1)
        self._versions = {}

    def head(self) -> int:
        """Return the id of the newest version, from disk."""
        content = self._read("head.json")
        if content != self._head[0]:
            with self._named("head.json"):
                self._head = (content, int(unsealed_json(content)["version"]))
        return self._head[1]

    def version(self, version: int | None = None) -> StoreVersion:
        """Return what a version holds.

        Args:
            version: its id; None for the newest.

        Raises:
            StoreError: if there is no such version, or its file is damaged.
        """
        if version in self._versions:  # never written again
            return self._versions[version]
        newest = self.head()
        wanted = newest if version is None else version
        if not 0 <= wanted <= newest:
            raise StoreError(
                f"{self.path}: found no version {wanted}, expected one of 0..{newest}; point to the store of this run"
            )
        if wanted not in self._versions:
            name = f"versions/{wanted:06d}.json"
            with self._named(name):
                found = StoreVersion.decode(self._read(name))
                if found.version != wanted:
                    raise ValueError(f"found version {found.version}, expected {wanted}")
            self._versions = {**dict(list(self._versions.items())[1 - _VERSIONS_KEPT :]), wanted: found}
        return self._versions[wanted]

    def correction(self, case_id: str, digest: str) -> Correction:
        """Read a correction.

        Args:
            case_id: the case.
            digest: which of its corrections.

        Raises:
            StoreError: if the file is missing or damaged.
        """
        name = f"corrections/{file_stem(case_id)}.{digest}.bin"
        content = self._read(name)
        with self._named(name):
            if _digest(content) != digest:
                raise ValueError("found content that does not match its digest")
            return Correction.decode(content, case_id)

    def journal(self, version: int) -> list[JournalEntry]:
        """Read what a version changed.

        Args:
            version: its id.

        Raises:
            StoreError: if there is no such version, or its journal is damaged.
        """
        if version == 0:
            return []
        name = f"versions/{version:06d}.journal.jsonl"
        expected, content = self.version(version).journal, self._read(name)
        with self._named(name):
            if _digest(content) != expected:
                raise ValueError("found content that does not match its digest")
            return list(journal_entries(content))

    def write_correction(self, case_id: str, correction: Correction) -> tuple[str, bool]:
        """Write a correction, without flushing it to disk: :meth:`commit` does.

        Args:
            case_id: the case.
            correction: what differs from its given label.

        Returns:
            Its digest, and whether the file is new.

        Raises:
            OSError: if the disk is full or the folder cannot be written to.
        """
        content = correction.encode(case_id)
        digest = _digest(content)
        path = self._correction_path(case_id, digest)
        # a file that a version may refer to is left alone: what replaces it would not be flushed yet
        is_new = not path.exists()
        if is_new or path.read_bytes() != content:
            write_atomically(path, content, flush=False)
        return digest, is_new

    def remove_correction(self, case_id: str, digest: str) -> None:
        """Remove a correction that no version refers to.

        Args:
            case_id: the case.
            digest: which of its corrections.
        """
        with contextlib.suppress(OSError):
            self._correction_path(case_id, digest).unlink()

    def _correction_path(self, case_id: str, digest: str) -> Path:
        return self._inside(f"corrections/{file_stem(case_id)}.{digest}.bin")

    def _inside(self, name: str) -> Path:
        """The path of a file two levels below at most; what no link leads to lies inside."""
        path = self.path / name
        return path_inside(self.path, name) if path.is_symlink() or path.parent.is_symlink() else path

    def commit(self, version: StoreVersion, entries: Sequence[JournalEntry]) -> None:
        """Make a version the newest one.

        Args:
            version: what it holds; its id is one above the newest. All corrections are written.
            entries: what it changes.

        Raises:
            OSError: if the disk is full or the folder cannot be written to.
            StoreError: if another process has committed meanwhile.
        """
        if self.head() != version.version - 1:
            raise StoreError(
                f"{self.path}: found version {self.head()}, expected {version.version - 1}; another process "
                "writes to this store: stop it, or use another output folder"
            )
        journal = journal_bytes(entries)
        files = self.path / "versions"
        changed = [entry.case_id for entry in entries if entry.case_id in version.cases]
        names = (f"corrections/{file_stem(case_id)}.{version.cases[case_id]}.bin" for case_id in changed)
        sync_files([self.path / name for name in names])  # that they lie inside was seen when they were written
        sync_folder(self.path / "corrections")
        write_atomically(files / f"{version.version:06d}.journal.jsonl", journal)
        content = replace(version, journal=_digest(journal)).encode()
        write_atomically(files / f"{version.version:06d}.json", content)
        sync_folder(files)
        write_atomically(self.path / "head.json", sealed_json({"version": version.version}))
        sync_folder(self.path)

    def remove_temporary_files(self) -> None:
        """Remove what a killed writer left half written."""
        for folder in (self.path, self.path / "versions", self.path / "corrections"):
            for file, _ in temporaries_in(folder):
                with contextlib.suppress(OSError):
                    file.unlink()

    def _create(self) -> None:
        try:
            (self.path / "versions").mkdir(parents=True, exist_ok=True)
            (self.path / "corrections").mkdir(exist_ok=True)
            foreign = [file for file in self._files() if file.name != "head.json"]
            if foreign and not (self.path / "head.json").exists():
                raise StoreError(
                    f"{self.path}: found {foreign[0].name!r} and no head.json, expected a label store or an "
                    "empty folder; choose another folder"
                )
            create_atomically(self.path / "versions" / "000000.json", StoreVersion(0).encode())
            create_atomically(self.path / "head.json", sealed_json({"version": 0}))
        except OSError as error:
            raise StoreError(f"{self.path}: cannot create a label store here: {error}") from error

    def _files(self) -> Iterator[Path]:
        for file in sorted(self.path.rglob("*")):
            if file.is_file() and target_of_temporary(file.name) is None and file.name != "000000.json":
                yield file

    def _read(self, name: str) -> bytes:
        try:
            return self._inside(name).read_bytes()
        except OSError as error:
            raise StoreError(
                f"{self.path}: cannot read {name}: {error.strerror}; the store is damaged or was moved"
            ) from error

    @contextlib.contextmanager
    def _named(self, name: str) -> Iterator[None]:
        try:
            yield
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{self.path / name}: {error}; the store is damaged, restore it from a copy") from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
