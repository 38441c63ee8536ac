"""A declared grid of trainings: data set x noise x method x seed."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monai_adele.checks import nearest_names
from monai_adele.errors import DataError
from monai_adele.experiments.trial import Trial

__all__ = ["Factor", "Grid", "read_grid"]

_FACTORS = ("data", "noises", "methods")
_KEYS = {"about", "extends", "bundle", "python_path", "configs", *_FACTORS, "runs"}
_ENTRY_KEYS = {"title", "tuned", "configs", "settings"}
_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class Factor:
    """A data set, a noise or a method: what it adds to a run of the bundle.

    Attributes:
        title: for tables.
        tuned: of a method, what was allowed to be chosen for it, and on what.
        configs: config files; one without an ending is the bundle's own; ``{data}`` stands for the
            name of the data set.
        settings: laid over all config files.
    """

    title: str
    tuned: str
    configs: tuple[str, ...]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Grid:
    """What a grid file declares; see :func:`read_grid`.

    Attributes:
        file: the grid file, or the one that it extends: paths are relative to its folder.
        about: a sentence for readers.
        bundle: folder of the bundle.
        python_path: folders with classes that the configs name.
        configs: config files of every run.
        data: the data sets by name.
        noises: the noises.
        methods: the methods.
        runs: products of names, each with its seeds.
    """

    file: Path
    about: str
    bundle: Path
    python_path: tuple[Path, ...]
    configs: tuple[str, ...]
    data: Mapping[str, Factor]
    noises: Mapping[str, Factor]
    methods: Mapping[str, Factor]
    runs: tuple[Mapping[str, Any], ...]

    def trials(self) -> list[Trial]:
        """All trainings, product by product; within one, seeds are the outer loop, so that a part of it is balanced."""
        found: dict[str, Trial] = {}
        for run in self.runs:
            for seed, *names in itertools.product(run["seeds"], *(run[factor] for factor in _FACTORS)):
                trial = self._trial(seed, *names)
                found.setdefault(trial.id, trial)
        return list(found.values())

    def _trial(self, seed: int, data: str, noise: str, method: str) -> Trial:
        parts = (self.data[data], self.noises[noise], self.methods[method])
        configs = [*self.configs, *(config for part in parts for config in part.configs)]
        files = tuple(self._config_file(config.replace("{data}", data)) for config in configs)
        settings = {key: value for part in parts for key, value in part.settings.items()}
        return Trial(data, noise, method, seed, self.bundle, files, settings, self.python_path)

    def _config_file(self, name: str) -> Path:
        return self.file.parent / name if name.endswith(".json") else self.bundle / "configs" / f"{name}.json"


def read_grid(path: str | Path) -> Grid:
    """Read a grid file.

    It is a JSON object. ``bundle`` is the folder of the bundle and ``configs`` the config files of every run, both
    relative to the file; a config without an ending is the bundle's own. ``data``, ``noises`` and ``methods`` hold by
    name what each adds: ``{"title", "configs", "settings", "tuned"}``, all but the title optional. ``runs`` is a list
    of products ``{"data": [...], "noises": [...], "methods": [...], "seeds": [...]}``. A file that ``extends``
    another takes over what that declares, but for its ``runs``.

    Args:
        path: the file.

    Raises:
        DataError: if it cannot be read, or names what is not declared, or a config file is missing: all at once.
    """
    content, file = _content(Path(path))
    problems = list(_problems(content, Path(path).name))
    if problems:
        raise DataError(problems)
    factors = {factor: {name: _entry(name, entry) for name, entry in content[factor].items()} for factor in _FACTORS}
    grid = Grid(
        file=file,
        about=str(content.get("about", "")),
        bundle=(file.parent / content["bundle"]).resolve(),
        python_path=tuple((file.parent / folder).resolve() for folder in content.get("python_path", [])),
        configs=tuple(content.get("configs", [])),
        runs=tuple(content["runs"]),
        **factors,
    )
    missing = {str(config) for trial in grid.trials() for config in trial.config_files if not config.is_file()}
    if missing:
        raise DataError(f"{Path(path).name}: found no config file {config}, expected it" for config in sorted(missing))
    return grid


def _content(path: Path) -> tuple[dict[str, Any], Path]:
    """The object, with what it extends, and the file that paths are relative to."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as JSON ({error}); expected a grid") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: found a {type(content).__name__}, expected an object that declares a grid")
    if "extends" not in content:
        return content, path.resolve()
    base, file = _content(path.parent / content["extends"])
    merged = base | {key: value for key, value in content.items() if key not in _FACTORS}
    merged |= {factor: base.get(factor, {}) | content.get(factor, {}) for factor in _FACTORS}
    return {**merged, "runs": content.get("runs", [])}, file


def _problems(content: Mapping[str, Any], file: str) -> Iterator[str]:
    for key in content.keys() - _KEYS:
        yield f"{file}: found key {key!r}, expected one of a grid{nearest_names(key, sorted(_KEYS))}"
    for key in ("bundle", *_FACTORS, "runs"):
        if not content.get(key):
            yield f"{file}: found no {key!r}, expected at least one"
    for factor in _FACTORS:
        for name, entry in content.get(factor, {}).items():
            yield from _entry_problems(f"{file}: {factor}, {name!r}", name, entry)
    for number, run in enumerate(content.get("runs", []), start=1):
        yield from _run_problems(f"{file}: product {number} of 'runs'", run, content)


def _entry_problems(where: str, name: str, entry: Any) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield f"{where}: found a name with other characters, expected small letters, digits and _"
    if not isinstance(entry, dict) or "title" not in entry:
        yield f"{where}: found no title, expected one"
    elif entry.keys() - _ENTRY_KEYS:
        yield f"{where}: found keys {sorted(entry.keys() - _ENTRY_KEYS)}, expected {sorted(_ENTRY_KEYS)}"


def _run_problems(where: str, run: Any, content: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(run, dict) or run.keys() != {*_FACTORS, "seeds"}:
        yield f"{where}: found {run!r}, expected data, noises, methods and seeds"
        return
    for factor in _FACTORS:
        known = list(content.get(factor, {}))
        for name in run[factor]:
            if name not in known:
                yield f"{where}: found {name!r} in {factor}, expected one that is declared{nearest_names(name, known)}"
    if not all(type(seed) is int and seed >= 0 for seed in run["seeds"]):
        yield f"{where}: found seeds {run['seeds']}, expected whole numbers of at least 0"


def _entry(name: str, entry: Mapping[str, Any]) -> Factor:
    configs: Sequence[str] = entry.get("configs", [])
    return Factor(entry["title"], entry.get("tuned", ""), tuple(configs), dict(entry.get("settings", {})))
