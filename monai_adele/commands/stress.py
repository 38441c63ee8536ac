"""Find out what noise in the labels would cost on one's own data."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monai_adele.commands.stress_words import config_problems, parsed_level, parsed_overrides, settings_of
from monai_adele.data.atomic_files import write_atomically
from monai_adele.errors import AdeleError, DataError
from monai_adele.experiments import (
    STRESS_NOISES,
    Grid,
    GridRunner,
    TrialRecord,
    read_grid,
    read_trial_records,
    stress_figure,
    stress_grid,
    stress_noises,
    stress_report,
    stress_results,
    stress_words,
)
from monai_adele.noise import preset_names
from monai_adele.visualize import save_png

__all__ = ["add_command", "write_stress_report"]

_GRID = "stress.json"
_NOISES, _LEVELS, _SEEDS = ("radius", "walk"), ("0.85", "0.7"), (0, 1)
_DESCRIPTION = """\
Train plainly and with ADELE on your labels, taken as right, and on noisy copies of them, and tell what each
kind of noise would cost and how much of that ADELE brings back.

Writes stress.md, stress.png and records.jsonl. It can be stopped at any time, also by --minutes; the same
command, or --out alone, goes on. Every key of the config files can be overridden, as --max_epochs 20.
"""


def add_command(commands: Any) -> None:
    """Add ``stress`` to the commands.

    Args:
        commands: what :meth:`argparse.ArgumentParser.add_subparsers` returned.
    """
    parser = commands.add_parser(
        "stress",
        help="what noise in the labels would cost on your data, and how much ADELE brings back",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=_DESCRIPTION,
        epilog="noises:\n  "
        + "\n  ".join([f"{name}: {title}" for name, (title, _) in STRESS_NOISES.items()])
        + "\n  "
        + "\n  ".join(preset_names()),
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, nargs="+", help="config files of a bundle, train.json first")
    parser.add_argument("--noises", nargs="+", help=f"names below, or JSON files (default {' '.join(_NOISES)})")
    parser.add_argument(
        "--levels",
        nargs="+",
        help=f"Dice with your labels that the noise aims at; or own, its own strength (default {' '.join(_LEVELS)})",
    )
    parser.add_argument("--seeds", type=int, nargs="+", help="of split, noise and network (default 0 1)")
    parser.add_argument("--minutes", type=float, help="stop after so long; start again to go on")
    parser.add_argument("--retry", action="store_true", help="run again what failed")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs and of the report")
    parser.set_defaults(run=_run, overrides=[])


def write_stress_report(grid: Grid, out: Path) -> str:
    """Write ``stress.md`` and ``stress.png`` from the records in a folder.

    Args:
        grid: of the stress test.
        out: folder with ``records.jsonl``.

    Returns:
        The paragraph in plain words.

    Raises:
        DataError: if the records cannot be read.
    """
    records = read_trial_records(out / "records.jsonl")
    planned = {trial.id for trial in grid.trials()}
    results = stress_results(grid, {name: one for name, one in records.items() if name in planned}, "best")
    if results:
        save_png(stress_figure(results), out / "stress.png", dpi=150)
    page = stress_report(grid, records, figure="stress.png" if results else None)
    write_atomically(out / "stress.md", page.encode())
    return stress_words(grid, records)


def _run(args: argparse.Namespace) -> int:
    grid = _planned(args) if args.config else _begun(args)
    if args.minutes is not None and not args.minutes >= 0:
        raise AdeleError(f"--minutes: found {args.minutes}, expected at least 0")
    runner = GridRunner(args.out)
    left = runner.run(grid.trials(), minutes=args.minutes, retry=args.retry)
    print(write_stress_report(grid, runner.out))
    print(f"\nthe report is {args.out / 'stress.md'}" + (f"; {left} runs are left" if left else ""))
    records = read_trial_records(runner.records_file)
    return _tell_failed([records[trial.id] for trial in grid.trials() if trial.id in records], args.out)


def _planned(args: argparse.Namespace) -> Grid:
    """The grid that the words ask for, written down; all that is wrong with them at once."""
    problems: list[str] = []
    levels = [parsed_level(word, problems) for word in args.levels or _LEVELS]
    overrides = parsed_overrides(args.overrides, problems)
    noises: dict[str, dict[str, Any]] = {}
    try:
        noises = stress_noises(args.noises or _NOISES, levels)
    except DataError as error:
        problems += str(error).splitlines()
    seeds = list(dict.fromkeys(_SEEDS if args.seeds is None else args.seeds))
    problems += [f"--seeds: found {seed}, expected a whole number of at least 0" for seed in seeds if seed < 0]
    problems += config_problems(args.config, overrides)
    if problems:
        raise AdeleError("\n".join(problems))
    settings, title = settings_of(args.config, overrides)
    files = [path.resolve() for path in args.config]
    baseline = json.loads((files[0].parent / "baseline.json").read_text(encoding="utf-8"))
    content = stress_grid(files, noises, baseline=baseline, seeds=seeds, settings=settings, title=title)
    text = (json.dumps(content, indent=2) + "\n").encode()
    with tempfile.TemporaryDirectory() as home:
        write_atomically(Path(home) / _GRID, text)
        _check_records(read_grid(Path(home) / _GRID), args.out)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        write_atomically(args.out / _GRID, text)
    except OSError as error:
        raise AdeleError(f"--out: {args.out}: cannot be written ({error.strerror}); choose another folder") from error
    return read_grid(args.out / _GRID)


def _begun(args: argparse.Namespace) -> Grid:
    """The grid of a test that was begun."""
    given = [f"--{name}" for name in ("noises", "levels", "seeds") if getattr(args, name)] + args.overrides[:1]
    if given:
        raise AdeleError(f"found {', '.join(given)} without --config, expected --config with it, or --out alone")
    if not (args.out / _GRID).is_file():
        raise AdeleError(f"{args.out}: found no {_GRID} of a test that was begun, expected --config to begin one")
    grid = read_grid(args.out / _GRID)
    _check_records(grid, args.out)
    return grid


def _check_records(grid: Grid, out: Path) -> None:
    """Runs of other settings must not be mixed in."""
    records = read_trial_records(out / "records.jsonl")
    other = [t.id for t in grid.trials() if t.id in records and records[t.id].digest != t.digest()]
    if other:
        found = f"{out}: holds {len(other)} runs made with other config files or settings, as {other[0]}"
        raise AdeleError(f"{found}; expected the same; choose another --out")


def _tell_failed(records: Sequence[TrialRecord], out: Path) -> int:
    failed = [record for record in records if not record.is_done]
    for record in failed:
        print(f"{record.id} failed: {record.reason} ({out / record.id / 'log.txt'})", file=sys.stderr)
    return 1 if failed else 0
