"""Audit labels: of a run, or of a folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monai_adele.audit import AuditReport, FolderAudit, LabelFinding, RunAudit
from monai_adele.errors import AdeleError
from monai_adele.visualize.audit_files import AUDIT_FILES, write_audit, write_run_audit
from monai_adele.visualize.audit_page import SUSPICIOUS

__all__ = ["add_command"]

_DESCRIPTION = """\
Compare every label with what a network predicts, and tell which a person should look at first.

Either the training labels of a run, by its own network, or by those of other runs that were not trained on them
(--folds); or any labels with their images and the folder of a run or bundle whose network judges them.
Writes audit.csv, audit.json and audit.html, which opens in any browser without a network.
"""


def add_command(commands: Any) -> None:
    """Add ``audit`` to the commands.

    Args:
        commands: what :meth:`argparse.ArgumentParser.add_subparsers` returned.
    """
    parser = commands.add_parser(
        "audit",
        help="which labels a person should look at first, and why",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=_DESCRIPTION,
    )
    parser.add_argument("run_folder", type=Path, nargs="?", help="output folder of a run")
    parser.add_argument("--folds", type=Path, nargs="+", default=[], metavar="RUN", help="runs trained on other cases")
    parser.add_argument("--images", type=Path, help="folder of images; of a run only if its record does not name them")
    parser.add_argument("--labels", type=Path, help="folder of labels that were not trained on")
    parser.add_argument("--model", type=Path, help="folder of the run or bundle whose network judges --labels")
    parser.add_argument("--out", type=Path, help="folder to write; default audit/ in the run's folder")
    parser.add_argument("--overwrite", action="store_true", help="replace the files of an earlier audit in --out")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> None:
    _check(args)
    out = args.out or args.run_folder / "audit"
    standing = [name for name in AUDIT_FILES if (out / name).exists()]
    if standing and not args.overwrite:
        raise AdeleError(f"{out}: found {', '.join(standing)}, expected none; choose another --out, or --overwrite")
    if args.run_folder is not None:
        report = write_run_audit(RunAudit(args.run_folder, folds=args.folds, images=args.images), out)
    else:
        report = write_audit(FolderAudit(args.labels, args.images, args.model), out, source=str(args.labels))
    _tell(report, out)


def _check(args: argparse.Namespace) -> None:
    folders = {"--images": args.images, "--labels": args.labels, "--model": args.model}
    if args.run_folder is None:
        missing = [name for name, folder in (*folders.items(), ("--out", args.out)) if folder is None]
        if missing:
            raise AdeleError(f"audit: found no run folder and no {', '.join(missing)}; name a run, or all of these")
    elif args.labels or args.model:
        raise AdeleError("audit: found a run folder and --labels or --model, expected one of both")


def _tell(report: AuditReport, out: Path) -> None:
    below = [finding for finding in report.findings if finding.score < SUSPICIOUS]
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)
    print(_table(below[:10]))
    print(
        f"{len(report.findings)} labels of {len(report.case_ids)} cases, {len(below)} of a quality below {SUSPICIOUS}"
    )
    print(f"open {out / 'audit.html'}")


def _table(findings: Sequence[LabelFinding]) -> str:
    lines = [
        ("case", "class", "quality", "suspected"),
        *((f.case_id, f.class_name, f"{f.score:.2f}", str(f.kind)) for f in findings),
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join("  ".join([*(c.ljust(w) for c, w in zip(line, widths, strict=False)), line[3]]) for line in lines)
