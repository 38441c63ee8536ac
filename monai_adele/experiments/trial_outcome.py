"""What a finished training left in its folder, as a record."""

from __future__ import annotations

import csv
import hashlib
import math
import statistics
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import monai_adele
from monai_adele.errors import DataError
from monai_adele.experiments.run_clock import read_clock
from monai_adele.experiments.trial import Trial
from monai_adele.experiments.trial_record import TrialRecord
from monai_adele.visualize import read_summary

__all__ = ["code_digest", "failed_trial_record", "finished_trial_record"]

_SERIES = {
    "test_iou": "test_iou_",
    "training_iou": "train_iou_",
    "validation_iou": "validation_iou_",
    "truth_iou": "truth_iou_",
    "early_learning": "early_learning_",
    "memorization": "memorization_",
}
_DIGITS = 4
_PATHS = ("dataset_dir",)


def finished_trial_record(trial: Trial, folder: Path, *, starts: int = 1) -> TrialRecord:
    """Make the record of a training that ended as planned.

    Args:
        trial: what was run.
        folder: of the run, as the bundle left it, with each epoch's test and a clock.
        starts: how often it was started.

    Raises:
        DataError: if the run did not end, or its curves are missing.
    """
    summary = read_summary(folder)
    final = summary["final_metrics"]
    if summary["interrupted"] or "last" not in final:
        raise DataError(f"{folder}: found a run of {summary['epochs']} epochs without a test, expected a finished one")
    environment = summary["environment"]
    label_iou = summary["label_iou"] or {}
    return TrialRecord(
        **_named(trial),
        status="done",
        settings={key: value for key, value in summary["settings"].items() if key not in _PATHS},
        environment={"python": environment["python"], "packages": environment["packages"]},
        curves=_curves(folder / "learning_curves.csv"),
        onsets={name: onset["epoch"] for name, onset in summary["onsets"].items()},
        best_epoch=summary["best_validation"]["epoch"],
        test_iou={which: round(final[which]["mean_iou"], _DIGITS) for which in ("last", "best")},
        label_iou={which: round(values["mean"], _DIGITS) for which, values in label_iou.items()},
        seconds=_seconds(folder),
        peak_memory_mib=environment["peak_memory_mib"],
        starts=starts,
    )


def failed_trial_record(trial: Trial, reason: str, *, starts: int = 1) -> TrialRecord:
    """Make the record of a training that ended with an error.

    Args:
        trial: what was run.
        reason: one line.
        starts: how often it was started.
    """
    return TrialRecord(**_named(trial), status="failed", reason=reason, starts=starts)


@cache
def code_digest() -> str:
    """Tell states of the package apart: 12 hexadecimal digits of its sources."""
    root = Path(monai_adele.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _named(trial: Trial) -> dict[str, Any]:
    names = {"id": trial.id, "data": trial.data, "noise": trial.noise, "method": trial.method, "seed": trial.seed}
    return names | {"digest": trial.digest(), "code": code_digest()}


def _curves(path: Path) -> dict[str, dict[str, list[float | None]]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); expected the curves of the run") from error
    columns = list(rows[0]) if rows else []
    return {
        kind: {name.removeprefix(prefix): _series(rows, name) for name in columns if name.startswith(prefix)}
        for kind, prefix in _SERIES.items()
    }


def _series(rows: list[dict[str, str]], name: str) -> list[float | None]:
    values = [float(row[name] or "nan") for row in rows]
    return [round(value, _DIGITS) if math.isfinite(value) else None for value in values]


def _seconds(folder: Path) -> Mapping[str, float]:
    rows = read_clock(folder)
    if not rows:
        return {}
    total = {name: sum(row[f"epoch_{name}"] for row in rows) for name in ("cpu", "wall")}
    step = {f"step_{name}": statistics.median(row[f"step_{name}"] for row in rows) for name in ("cpu", "wall")}
    return {name: round(value, _DIGITS) for name, value in (total | step).items()}
