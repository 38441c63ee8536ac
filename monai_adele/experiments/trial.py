"""One training of a grid."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Trial"]


@dataclass(frozen=True)
class Trial:
    """A training of a bundle: config files, and settings laid over them, as a user would run it.

    Attributes:
        data: name of the data set.
        noise: name of the noise.
        method: name of the method.
        seed: of the split, the noise and the network.
        bundle: folder of the bundle.
        config_files: those of the bundle and of the grid; later ones win.
        settings: laid over the files; paths may begin with ``{out}`` (folder of all trials) or
            ``{datasets}`` (folder of data sets).
        python_path: folders with classes that the configs name.

    Example:
        >>> Trial("phantom", "none", "plain", seed=3, bundle=Path("adele"), config_files=()).id
        'phantom-none-plain-seed3'
    """

    data: str
    noise: str
    method: str
    seed: int
    bundle: Path
    config_files: tuple[Path, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    python_path: tuple[Path, ...] = ()

    @property
    def id(self) -> str:
        """Name of the trial, the same in every session."""
        return f"{self.data}-{self.noise}-{self.method}-seed{self.seed}"

    def digest(self) -> str:
        """Tell settings apart: 12 hexadecimal digits of the contents of all config files and the settings.

        Raises:
            OSError: if a config file cannot be read.
        """
        contents = [json.loads(path.read_text(encoding="utf-8")) for path in self.config_files]
        text = json.dumps([contents, dict(self.settings), self.seed], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def settings_in(self, out: Path, datasets: Path | None) -> dict[str, Any]:
        """The settings with the folders of this machine.

        Args:
            out: folder of all trials.
            datasets: folder of data sets; None if there is none.

        Raises:
            ValueError: if the trial needs a data set, and there is no folder of them.
        """
        if self.needs_datasets and datasets is None:
            raise ValueError(f"{self.id}: needs the folder of data sets, found none")
        folders = {"{out}": str(out), "{datasets}": str(datasets)}
        return {key: _filled(value, folders) for key, value in self.settings.items()}

    def dataset(self, datasets: Path | None) -> Path | None:
        """Where the trial's data set is to be found; None for one that the bundle makes itself."""
        return Path(self.settings_in(Path(), datasets)["dataset_dir"]) if self.needs_datasets else None

    @property
    def needs_datasets(self) -> bool:
        """Whether its data set lies in the folder of data sets."""
        return "{datasets}" in str(self.settings.get("dataset_dir", ""))


def _filled(value: Any, folders: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for name, folder in folders.items():
            value = value.replace(name, folder)
    return value
