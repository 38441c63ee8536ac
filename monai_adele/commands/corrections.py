"""List, show, undo, restore and export the corrections of a run."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monai_adele.checks import nearest_names
from monai_adele.commands.correction_text import history_text, table_text
from monai_adele.data import RunRecord, read_run_record, volume_case_id
from monai_adele.errors import DataError
from monai_adele.store import (
    LabelStore,
    Review,
    correction_table,
    export_recorded_labels,
    read_review,
    undo_classes,
    undo_corrections,
)

__all__ = ["CorrectedRun", "add_command"]

_AFTER_AN_UNDO = (
    "a resume of this run is refused from now on, since it would bring them back; to train on with them, "
    "export the labels and start a new run"
)


def add_command(commands: Any) -> None:
    """Add ``corrections`` to the commands.

    Args:
        commands: what :meth:`argparse.ArgumentParser.add_subparsers` returned.
    """
    parser = commands.add_parser("corrections", help="what a run changed in the labels: list, show, undo, export")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    listed = _action(actions, "list", _list, "corrected cases, most changed first")
    listed.add_argument("--top", type=int, help="only so many cases")
    listed.add_argument("--json", action="store_true", help="for programs")
    shown = _action(actions, "show", _show, "what was changed in a case, when and why")
    shown.add_argument("case", help="id of the case, or of a slice")
    shown.add_argument("--json", action="store_true", help="for programs")
    undone = _action(actions, "undo", _undo, "give voxels their given class again, as a new version")
    undone.add_argument("--case", nargs="+", metavar="ID", help="only in these cases (or slices)")
    undone.add_argument("--class", nargs="+", metavar="NAME", dest="classes", help="only of these classes")
    undone.add_argument("--all", action="store_true", help="everything")
    restored = _action(actions, "restore", _restore, "bring back an earlier version, as a new version")
    restored.add_argument("--version", type=int, required=True, help="its number; 0 is that of the given labels")
    exported = _action(actions, "export", _export, "write corrected labels on the grids of the given ones")
    exported.add_argument("--out", type=Path, required=True, help="folder to write; must not exist, or be empty")
    exported.add_argument("--version", type=int, help="as of this version; default the newest")
    text = "take back the corrections that a person rejected on the page of an audit; the others stay"
    reviewed = actions.add_parser("apply-review", help=text, description=text[0].upper() + text[1:] + ".")
    reviewed.add_argument("review", type=Path, help="review.json, as the page saved it")
    reviewed.add_argument(
        "--run", type=Path, dest="run_folder", help="the run's folder; default the one above the review"
    )
    reviewed.add_argument("--out", type=Path, help="then write the corrected labels to this new folder")
    reviewed.set_defaults(run=_apply_review)


def _action(actions: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("run_folder", type=Path, help="output folder of the run")
    parser.set_defaults(run=lambda args: run(CorrectedRun(args.run_folder), args))
    return parser


class CorrectedRun:
    """A run's record and its corrections.

    Args:
        folder: output folder of the run.

    Raises:
        DataError: if it is not that of a run.
        StoreError: if the corrections are damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.record: RunRecord = read_run_record(folder)
        if not (folder / "store" / "head.json").is_file():
            raise DataError(f"{folder}: found no corrections in store/, expected the output folder of a run")
        self.store = LabelStore(folder / "store")

    def case_of(self, unit_id: str) -> str:
        """Return the case that an id of the store belongs to: the volume, in 2D slice mode."""
        return volume_case_id(unit_id) if self.record.slices else unit_id

    def units_of(self, names: Sequence[str], *, corrected: bool) -> tuple[list[str], list[str]]:
        """Return the store's ids of cases, and a line for each name that is not known.

        Args:
            names: case ids; in 2D slice mode of volumes or slices.
            corrected: only those that are corrected now, not those that ever were.
        """
        ids = self.store.case_ids() if corrected else sorted({entry.case_id for entry in self.store.journal()})
        known = {*self.record.labels, *ids}
        units = [unit for unit in ids if unit in names or self.case_of(unit) in names]
        unknown = [name for name in names if name not in known]
        return units, [f"case {name!r}: not in this run{nearest_names(name, known)}" for name in unknown]

    def class_ids(self, names: Sequence[str]) -> tuple[list[int], list[str]]:
        """Return the ids of classes, and a line for each name that is not known.

        Args:
            names: of classes, or their ids.
        """
        known = {str(i): i for i in range(len(self.record.class_names))}
        known |= {name: i for i, name in enumerate(self.record.class_names)}
        classes = ", ".join(self.record.class_names)
        lines = [
            f"class {name!r}: not in this run, whose classes are {classes}{nearest_names(name, known)}"
            for name in names
            if name not in known
        ]
        return [known[name] for name in names if name in known], lines


def _list(run: CorrectedRun, args: argparse.Namespace) -> None:
    table = correction_table(run.store, case_of=run.case_of, ignore_index=run.record.ignore_index)
    print(table_text(table[: args.top], run, len(table), as_json=args.json))


def _show(run: CorrectedRun, args: argparse.Namespace) -> None:
    units, problems = run.units_of([args.case], corrected=False)
    if problems:
        raise DataError(problems)
    entries = [entry for entry in run.store.journal() if entry.case_id in set(units)]
    print(history_text(args.case, entries, run, as_json=args.json))


def _undo(run: CorrectedRun, args: argparse.Namespace) -> None:
    if args.all == bool(args.case or args.classes):
        raise DataError("undo: name what to undo: --case ID ..., --class NAME ..., both, or --all")
    units, problems = run.units_of(args.case or [], corrected=True)
    classes, more = run.class_ids(args.classes or [])
    if problems or more:
        raise DataError([*problems, *more])
    asked = [f"{what} {', '.join(names)}" for what, names in (("case", args.case), ("class", args.classes)) if names]
    with run.store.lock():
        before = run.store.version
        undone = undo_corrections(
            run.store,
            case_ids=units if args.case else None,
            class_ids=classes if args.classes else None,
            reason="undone: " + (", ".join(asked) or "all"),
        )
    if undone.version == before:
        print("nothing to undo: no corrected voxel is of that kind")
        return
    cases = sorted({run.case_of(unit) for unit in undone.voxels})
    shown = ", ".join(cases[:5]) + (f" and {len(cases) - 5} more" if len(cases) > 5 else "")
    print(f"{sum(undone.voxels.values())} voxels in {len(cases)} cases have their given class again: {shown}")
    print(f"this is version {undone.version}; `corrections restore --version {before}` takes it back")
    print(_AFTER_AN_UNDO)


def _apply_review(args: argparse.Namespace) -> None:
    review = read_review(args.review)
    run = CorrectedRun(args.run_folder or _run_above(args.review))
    rejected = _rejected(run, review)
    with run.store.lock():
        before = run.store.version
        if review.store_version not in (None, before):
            print(f"note: the review is of version {review.store_version}, the corrections are at version {before}")
        undone = undo_classes(run.store, rejected, reason=f"rejected in a review of {len(review.marks)} labels")
    counts = {mark: sum(one.mark == mark for one in review.marks) for mark in ("agree", "reject", "again")}
    print(f"{counts['agree']} agreed, {counts['reject']} rejected, {counts['again']} to be looked at again")
    if undone.version == before:
        print("nothing to undo: no corrected voxel is of a rejected label")
    else:
        cases = {run.case_of(unit) for unit in undone.voxels}
        print(f"{sum(undone.voxels.values())} voxels in {len(cases)} cases have their given class again")
        print(f"this is version {undone.version}; `corrections restore --version {before}` takes it back")
        print(_AFTER_AN_UNDO)
    if args.out is not None:
        _export(run, argparse.Namespace(out=args.out, version=None))


def _run_above(review: Path) -> Path:
    """The nearest folder above a review that is one of a run."""
    for folder in review.resolve().parents[:3]:
        if (folder / "cases.json").is_file():
            return folder
    raise DataError(f"{review}: found no run in the folders above it, expected its run's folder; name it with --run")


def _rejected(run: CorrectedRun, review: Review) -> dict[str, list[int]]:
    """The classes that are rejected in each of the store's cases; every name that is not known at once."""
    _, problems = run.units_of(sorted({mark.case_id for mark in review.marks}), corrected=True)
    _, more = run.class_ids(sorted({mark.class_name for mark in review.marks}))
    if problems or more:
        raise DataError([*problems, *more])
    rejected: dict[str, list[int]] = {}
    for mark in review.marks:
        if mark.mark == "reject":
            classes, _ = run.class_ids([mark.class_name])
            for unit in run.units_of([mark.case_id], corrected=True)[0]:
                rejected.setdefault(unit, []).extend(classes)
    return rejected


def _restore(run: CorrectedRun, args: argparse.Namespace) -> None:
    with run.store.lock():
        version = run.store.roll_back(args.version, by_hand=True)
    print(f"version {args.version} stands again, as version {version}")


def _export(run: CorrectedRun, args: argparse.Namespace) -> None:
    version = run.store.version if args.version is None else args.version
    labels = export_recorded_labels(run.record, run.store, args.out, version=version)
    changed = [label for label in labels if label.changed_voxels]
    voxels, left = (sum(getattr(label, name) for label in labels) for name in ("changed_voxels", "left_voxels"))
    print(f"{len(labels)} labels in {args.out}, as of version {version}; {len(changed)} changed, in {voxels} voxels")
    if left:
        print(f"{left} voxels of another class than the corrected one were left as given")
