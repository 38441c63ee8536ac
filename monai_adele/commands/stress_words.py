"""What the words after ``stress`` mean, and what is wrong with them."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser

from monai_adele.checks import nearest_names

__all__ = ["config_problems", "parsed_level", "parsed_overrides", "settings_of"]

_BESIDE = ("noise.json", "baseline.json")
_OURS = {"noise_model", "noise", "noise_seed", "seed", "output_dir", "bundle_root", "resume", "correct"}
_PATHS = ("_dir", "_file", "_path")


def parsed_level(word: str, problems: list[str]) -> float | None:
    """Read a level.

    Args:
        word: a number, or ``own``.
        problems: a line is added for what is neither.

    Returns:
        The number; None for ``own``.

    Example:
        >>> parsed_level("0.85", []), parsed_level("own", [])
        (0.85, None)
    """
    if word == "own":
        return None
    try:
        return float(word)
    except ValueError:
        problems.append(f"--levels: found {word!r}, expected a Dice such as 0.85, or own")
        return None


def parsed_overrides(words: Sequence[str], problems: list[str]) -> dict[str, Any]:
    """Read overrides as ``python -m monai.bundle run`` takes them.

    Args:
        words: ``--key value`` or ``--key=value``; values in Python's notation, else texts.
        problems: a line is added for each word without its key or value, and each value that is code.

    Returns:
        Values by key.

    Example:
        >>> parsed_overrides(["--max_epochs", "3", "--channels=[8, 16]", "--norm", "batch"], [])
        {'max_epochs': 3, 'channels': [8, 16], 'norm': 'batch'}
    """
    found: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not re.match(r"--[A-Za-z_]", word):
            problems.append(f"{word}: found a value without its key, expected --key value")
            continue
        key, equals, value = word[2:].partition("=")
        if not equals and (not rest or re.match(r"--[A-Za-z_]", rest[0])):
            problems.append(f"--{key}: found no value, expected one")
            continue
        found[key.replace("::", "#")] = _value(value if equals else rest.pop(0))
    problems += [
        f"--{key}: found an expression, expected a value; write expressions into a config file"
        for key, value in found.items()
        if re.search(r"^\s*\$|['\"]\s*\$", repr(value))
    ]
    return found


def config_problems(files: Sequence[Path], overrides: Mapping[str, Any]) -> list[str]:
    """Tell all that is wrong with config files and overrides.

    Args:
        files: of the bundle.
        overrides: values by key.

    Returns:
        A line each.
    """
    problems = [f"--config: {path}: found no file, expected it" for path in files if not path.is_file()]
    problems += [f"--config: {path}: found no JSON file, expected one" for path in files if path.suffix != ".json"]
    if files[0].is_file():
        problems += [
            f"--config: found no {name} beside {files[0]}, expected that of the bundle adele_segmentation"
            for name in _BESIDE
            if not (files[0].parent / name).is_file()
        ]
    if problems:
        return problems
    try:
        parser = _parser(files)
    except Exception as error:  # whatever the readers of JSON and YAML raise
        return [f"--config: cannot be read ({error}), expected config files of a bundle"]
    return [*_override_problems(parser, overrides), *_data_problems(parser, overrides)]


def settings_of(files: Sequence[Path], overrides: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The settings of every run, and a title of the data.

    Paths become absolute, since runs start in folders of their own, and what is the same for all runs is made once.

    Args:
        files: config files without problems.
        overrides: values by key, without problems.
    """
    parser = _parser(files)
    settings = {key: _absolute(key, value) for key, value in overrides.items()}
    dataset = _dataset(parser, settings)
    if dataset:
        settings["dataset_dir"] = _absolute("dataset_dir", dataset)
    elif "phantom_dir" in parser:
        settings.setdefault("phantom_dir", "{out}/phantom")
    if "cases#_target_" in parser and str(parser["cases#_target_"]).endswith(".prepare_cases"):
        settings.setdefault("cases#cache_dir", "{out}")
    return settings, Path(dataset).name if dataset else "phantom"


def _parser(files: Sequence[Path]) -> ConfigParser:
    return ConfigParser(ConfigParser.load_config_files([str(path) for path in files]))


def _dataset(parser: ConfigParser, overrides: Mapping[str, Any]) -> str:
    known = parser.get("dataset_dir", "")
    value = overrides.get("dataset_dir", known)
    return value if isinstance(value, str) and not value.startswith(("$", "@")) else ""


def _override_problems(parser: ConfigParser, overrides: Mapping[str, Any]) -> Iterator[str]:
    known = [str(key) for key in parser.get()]
    for key in overrides:
        first, *inner = key.split("#")
        if first in _OURS:
            yield f"--{key}: found a key that the stress test sets itself, expected others; see --seeds and --noises"
        elif first not in known:
            yield f"--{key}: found an unknown key, expected one that the bundle has{nearest_names(first, known)}"
        elif inner and "#".join([first, *inner[:-1]]) not in parser:
            yield f"--{key}: found nothing there, expected a key of the bundle"


def _data_problems(parser: ConfigParser, overrides: Mapping[str, Any]) -> Iterator[str]:
    dataset = _dataset(parser, overrides)
    if dataset and not Path(dataset).exists():
        yield f"--dataset_dir: found no {dataset}, expected the folder of the data"
    cases = overrides.get("num_test", parser.get("num_test"))
    if cases == 0:
        yield "--num_test: found 0, expected test cases, on which the networks are compared"


def _absolute(key: str, value: Any) -> Any:
    is_path = isinstance(value, str) and value and key.endswith(_PATHS) and not value.startswith(("$", "@", "{"))
    return str(Path(value).resolve()) if is_path else value


def _value(text: str) -> Any:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return {"true": True, "false": False, "null": None}.get(text, text)
    if isinstance(value, float) and not math.isfinite(value):
        return text
    return list(value) if isinstance(value, tuple) else value
