"""Check a dataset before anything is trained on it."""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monai_adele.checks import problem_parts
from monai_adele.data import AdmissionCache, AdmissionReport, examine_cases, find_cases
from monai_adele.data.atomic_files import write_atomically
from monai_adele.errors import DataError

__all__ = ["add_command", "problem_table", "report_facts"]

_HEADINGS = ("case", "file", "problem", "what to do")
_NARROWEST = 100


def add_command(commands: Any) -> None:
    """Add ``check`` to the commands.

    Args:
        commands: what :meth:`argparse.ArgumentParser.add_subparsers` returned.
    """
    parser = commands.add_parser(
        "check",
        help="read every file of a dataset through, and tell all that is wrong with it",
        description="Read every image and label of a dataset to its end, checksums included, and tell all "
        "problems at once, with what to do: the check that a run makes before its first epoch. Nothing is "
        "changed. Ends with 1 if there is a problem.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder, dataset.json or datalist")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was found there")
    parser.add_argument("--image-key", default="image", help="of the datalist (default %(default)s)")
    parser.add_argument("--label-key", default="label", help="of the datalist (default %(default)s)")
    parser.add_argument("--classes", nargs="+", metavar="NAME", help="background first; default what the set declares")
    parser.add_argument("--ignore", type=int, metavar="ID", help="id of voxels to be left out")
    parser.add_argument(
        "--tolerance-mm", type=float, default=0.1, help="between the corners of image and label (default %(default)s)"
    )
    parser.add_argument(
        "--cache", type=Path, metavar="FOLDER", help="keeps what is sound; a run's output folder will do"
    )
    parser.add_argument("--workers", type=int, help="threads that read; default one a processor, at most 8")
    parser.set_defaults(run=_run)


def problem_table(lines: Sequence[str], *, width: int) -> str:
    """Lay out problems as a table, a row each.

    Args:
        lines: from `problem_line`, or without a case.
        width: of the table, in characters; at least 60.

    Returns:
        The rows below their headings; long texts wrapped.

    Example:
        >>> print(problem_table(["case 'a' (a.nii): file is missing; put it there"], width=60))
        case  file   problem                      what to do
        a     a.nii  file is missing              put it there
    """
    rows = [problem_parts(line) for line in lines]
    case, file = (min(max(len(row[column]) for row in [_HEADINGS, *rows]), width // 5) for column in (0, 1))
    rest = width - case - file - 6
    widths = (case, file, rest * 3 // 5, rest - rest * 3 // 5)
    return "\n".join(line for row in [_HEADINGS, *rows] for line in _row(row, widths))


def _row(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    wrapped = [textwrap.wrap(_plain(cell), size) or [""] for cell, size in zip(cells, widths, strict=True)]
    height = max(map(len, wrapped))
    columns = [lines + [""] * (height - len(lines)) for lines in wrapped]
    return [
        "  ".join(text.ljust(size) for text, size in zip(line, widths, strict=True)).rstrip()
        for line in zip(*columns, strict=True)
    ]


def _plain(text: str) -> str:
    """Without characters that move the cursor: names of files may hold anything."""
    return "".join(character if character.isprintable() else "?" for character in text)


def report_facts(report: AdmissionReport) -> dict[str, Any]:
    """Everything of a report, as JSON takes it.

    Args:
        report: from `examine_cases`.

    Returns:
        Problems and notes, what the dataset declares, and the facts of each case.
    """
    keys = ("case_id", "file", "problem", "advice")
    cases = report.case_list
    return {
        "problems": [
            {"kind": kind, **dict(zip(keys, problem_parts(line), strict=True))} for kind, line in report.problems
        ],
        "notes": list(report.notes),
        "class_names": list(cases.class_names),
        "ignore_index": cases.ignore_index,
        "num_channels": cases.num_channels,
        "spatial_dims": cases.spatial_dims,
        "cases": {
            case_id: {
                "shape": list(facts.shape),
                "spacing_mm": list(facts.spacing_mm),
                "channels": facts.num_channels,
                "label_voxels": {str(i): number for i, number in facts.ids.items()},
                "label_sha256": facts.label_digest,
            }
            for case_id, facts in report.facts.items()
        },
    }


def _run(args: argparse.Namespace) -> int:
    started = time.monotonic()
    try:
        found = find_cases(
            args.data,
            image_key=args.image_key,
            label_key=args.label_key,
            class_names=args.classes,
            ignore_index=args.ignore,
            on_problem="collect",
        )
        cache = None if args.cache is None else AdmissionCache(args.cache)
        report = examine_cases(found, affine_tolerance_mm=args.tolerance_mm, workers=args.workers, cache=cache)
    except ValueError as error:  # of the arguments
        raise DataError(str(error)) from error
    if args.json is not None:
        _write(args.json, json.dumps(report_facts(report), indent=2) + "\n")
    if report.problems:
        width = max(shutil.get_terminal_size().columns, _NARROWEST)
        print(problem_table([line for _, line in report.problems], width=width) + "\n")
    for note in report.notes:
        print(f"note: {_plain(note)}")
    known = f", {cache.hits} files known to be sound" if cache is not None else ""
    seconds = time.monotonic() - started
    print(f"{len(found.cases)} cases checked in {seconds:.1f} s{known}: {len(report.problems) or 'no'} problems")
    return 1 if report.problems else 0


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); choose another file") from error
