"""Refuse overrides of a bundle that change nothing."""

from __future__ import annotations

import ast
import difflib
import inspect
import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from monai.bundle import ConfigParser, run
from monai.bundle.utils import DEFAULT_MLFLOW_SETTINGS

from monai_adele.checks import nearest_names
from monai_adele.errors import AdeleError

__all__ = ["check_bundle_overrides"]

_OPTIONS = {*inspect.signature(run).parameters, *DEFAULT_MLFLOW_SETTINGS["configs"], "workflow_type"}
_OPERATORS = (ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare)
_COMPUTING = (ast.Expression, ast.Constant, ast.Name, ast.Load, ast.IfExp, ast.List, ast.Tuple, *_OPERATORS)


def check_bundle_overrides(arguments: Sequence[str] | None = None) -> None:
    """Refuse a run of a bundle in which an override names a key that does not exist, or is code.

    ``python -m monai.bundle run`` adds unknown keys to the config, where nothing reads them. Known is
    what the config files define or an expression refers to; within an object also what it does not
    define, since that may be one more argument. Keys that an override file adds are refused if nothing
    refers to them and they resemble a known one, as a typo does. An override with an expression
    (``$``) may compute with numbers and other settings; one that calls anything, or asks for an attribute, is
    refused: code belongs into a config file. It is the first step of the bundle's
    ``initialize``; only ``imports`` run before it.

    Args:
        arguments: the words of the command line; default those of this process. If they are none of
            ``monai.bundle run``, nothing is checked.

    Raises:
        AdeleError: that names all wrong keys, each with those that it resembles, and overrides that are code.

    Example:
        >>> check_bundle_overrides(["ckpt_export", "--max_epoch", "3"])
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    given = _given(words) if words[:1] == ["run"] else {}
    if "config_file" not in given:
        return
    files = _file_names(given["config_file"])
    parser = ConfigParser(ConfigParser.load_config_files(files))
    text = json.dumps(parser.get(), default=str) + json.dumps(given, default=str)
    referred = set(re.findall(r"@(\w+)", text))
    problems = [*_code(given), *_unknown_keys(given, parser, referred), *_misspelt_keys(files, referred)]
    if problems:
        raise AdeleError("\n".join(problems))


def _given(words: Sequence[str]) -> dict[str, Any]:
    """Options of the command line, and of the file that ``--args_file`` names."""
    options: dict[str, Any] = {}
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--":
            break
        if re.match(r"--?[A-Za-z_]", word):
            name, equals, value = word.lstrip("-").partition("=")
            options[name.replace("-", "_")] = value if equals else following
    defaults = ConfigParser.load_config_file(options["args_file"]) if "args_file" in options else {}
    return defaults | options


def _file_names(value: Any) -> list[str]:
    """Names in ``--config_file``: one, or a list in Python's notation or divided by commas."""
    if not isinstance(value, str):
        return list(value)
    if value.lstrip().startswith(("[", "(")):
        return list(ast.literal_eval(value))
    return value.split(",")


def _code(given: dict[str, Any]) -> Iterator[str]:
    for key, value in given.items():
        for text in _texts(value):
            if text.lstrip().startswith("$") and not _computes_only(text.lstrip()[1:]):
                yield (
                    f"--{key}: found an expression that does more than compute with numbers and other settings, "
                    "expected a value; write code into a config file of your own"
                )
                break


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value as the command line gives it, also within a list or dictionary."""
    if isinstance(value, str):
        try:
            inner = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            inner = value
        value = inner if isinstance(inner, (list, tuple, dict)) else value
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for child in [*value.keys(), *value.values()] if isinstance(value, dict) else value:
            yield from _texts(child)


def _computes_only(expression: str) -> bool:
    try:
        tree = ast.parse(re.sub(r"@[\w#:]+", "x", expression).strip(), mode="eval")
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False
    return all(isinstance(node, _COMPUTING) for node in ast.walk(tree))


def _unknown_keys(given: dict[str, Any], parser: ConfigParser, referred: set[str]) -> Iterator[str]:
    for key in given:
        *parents, last = key.replace("::", "#").split("#")
        if key in _OPTIONS or key in parser or (not parents and key in referred):
            continue
        for depth in range(len(parents) + 1):
            inner = parser["#".join(parents[:depth])]
            name = [*parents, last][depth]
            if not _holds(inner, name):
                is_argument = depth == len(parents) and isinstance(inner, dict) and "_target_" in inner
                if not is_argument:
                    yield _problem(f"--{key}", name, inner)
                break


def _holds(config: Any, name: str) -> bool:
    if isinstance(config, list):
        return name.isdigit() and int(name) < len(config)
    return isinstance(config, dict) and name in config


def _problem(option: str, name: str, config: Any) -> str:
    known = [str(key) for key in config] if isinstance(config, dict) else []
    expected = f"a number below {len(config)}" if isinstance(config, list) else "one that the bundle has"
    return f"{option}: found an unknown key {name!r}, expected {expected}{nearest_names(name, known)}"


def _misspelt_keys(files: Sequence[str], referred: set[str]) -> Iterator[str]:
    known = set(ConfigParser.load_config_files(files[:1]))
    for file in files[1:]:
        for key in ConfigParser.load_config_file(file):
            name = re.split("::|#", key)[0].lstrip("+")
            if name in known | referred:
                continue
            if difflib.get_close_matches(name, known | referred, cutoff=0.85):
                yield _problem(file, name, dict.fromkeys(sorted(known | referred)))
