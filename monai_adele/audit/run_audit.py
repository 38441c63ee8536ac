"""Audit the training labels of a run."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from monai_adele.audit.audited_case import AuditedCase
from monai_adele.audit.case_predictor import CasePredictor
from monai_adele.audit.judge_case import judge_case
from monai_adele.audit.judged_case import JudgedCase
from monai_adele.data import RunRecord, find_images, read_run_record, volume_case_id
from monai_adele.errors import AdeleError, DataError
from monai_adele.store import LabelStore, correction_table, export_recorded_labels

__all__ = ["RunAudit"]

_IN_SAMPLE = (
    "The network was trained on the labels that it judges here: errors that it has memorized are missed. Train runs "
    "on other parts of the data and name them with --folds."
)


class RunAudit:
    """The training cases of a run, each judged when it is asked for.

    Args:
        folder: output folder of the run.
        folds: folders of runs on the same data that were trained on other cases. A case is judged by those that
            were not trained on it; where there is none, by the run's own network.
        images: folder of the images; for records of older versions, which do not name them.

    Attributes:
        class_names: index is the class id, background first.
        cases: what is audited.
        notes: what has to be known about the findings.
        facts: about the run, for the report.

    Raises:
        DataError: if a folder is not that of a run, or an image is not found.
        StoreError: if the corrections are damaged.
    """

    def __init__(
        self, folder: str | Path, *, folds: Sequence[str | Path] = (), images: str | Path | None = None
    ) -> None:
        self.folder = Path(folder)
        self.record = read_run_record(folder)
        self.store = LabelStore(self.folder / "store") if (self.folder / "store" / "head.json").is_file() else None
        self.class_names = self.record.class_names
        self.summary = _summary(self.folder)
        self._own, self.notes = _own_predictor(self.folder)
        self._folds = [(set(read_run_record(fold).labels), CasePredictor(fold)) for fold in folds]
        problems = [
            f"{fold}: has classes {', '.join(predictor.class_names)}, expected {', '.join(self.class_names)}"
            for fold, (_, predictor) in zip(folds, self._folds, strict=True)
            if predictor.class_names != self.class_names
        ]
        if problems:
            raise DataError(problems)
        self._images = _images(self.record, images)
        inside = [name for name in self.record.labels if not self._others(name)]
        if inside and self._own:
            share = "" if len(inside) == len(self.record.labels) else f"{len(inside)} cases: "
            self.notes.append(share + _IN_SAMPLE)
        version = None if self.store is None else self.store.version
        self.facts = {"store_version": version, "onsets": self.summary.get("onsets", {})}

    def __len__(self) -> int:
        return len(self.record.labels)

    def __iter__(self) -> Iterator[JudgedCase]:
        onsets = {
            class_id: self.facts["onsets"].get(name, {}).get("epoch") for class_id, name in enumerate(self.class_names)
        }
        epochs = self._corrected_epochs()
        with tempfile.TemporaryDirectory() as home:
            corrected = self._corrected_files(Path(home))
            for name, label in self.record.labels.items():
                others = self._others(name)
                case = AuditedCase(name, self._images.get(name, ()), label, corrected.get(name))
                yield judge_case(
                    case,
                    others or ([self._own] if self._own else []),
                    class_names=self.class_names,
                    ignore_index=self.record.ignore_index,
                    out_of_sample=bool(others),
                    corrected_epochs=epochs.get(name, {}),
                    onset_epochs=onsets,
                )

    def _others(self, name: str) -> list[CasePredictor]:
        return [predictor for trained_on, predictor in self._folds if name not in trained_on]

    def _corrected_files(self, home: Path) -> dict[str, Path]:
        if self.store is None or self.store.is_empty:
            return {}
        labels = export_recorded_labels(self.record, self.store, home / "corrected")
        return {label.case_id: label.path for label in labels if label.changed_voxels}

    def _corrected_epochs(self) -> dict[str, dict[int, int | None]]:
        if self.store is None:
            return {}
        case_of = volume_case_id if self.record.slices else str
        table = correction_table(self.store, case_of=case_of, ignore_index=self.record.ignore_index)
        return {change.case_id: {one.class_id: one.first_epoch for one in change.classes} for change in table}


def _own_predictor(folder: Path) -> tuple[CasePredictor | None, list[str]]:
    try:
        return CasePredictor(folder), []
    except AdeleError as error:
        text = f"Without the run's network ({error}) each label is judged by its corrections alone."
        return None, [text]


def _summary(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return content if isinstance(content, dict) else {}
    except (OSError, ValueError):  # a run that did not come to its end
        return {}


def _images(record: RunRecord, folder: str | Path | None) -> Mapping[str, tuple[Path, ...]]:
    if folder is None:
        missing = [name for name in record.labels if name not in record.images]
        if missing:
            found = f"the record does not name the images of {len(missing)} cases"
            raise DataError(f"{found}, expected one of each; tell their folder with --images")
        return record.images
    many = find_images(folder)
    several = find_images(folder, num_channels=_channels(record, many)) if _channels(record, many) > 1 else many
    files = {
        str(case["case_id"]): tuple(map(Path, case["image"] if isinstance(case["image"], list) else [case["image"]]))
        for case in several
    }
    missing = [name for name in record.labels if name not in files]
    if missing:
        raise DataError(
            f"{folder}: found no image of {', '.join(missing[:5])}, expected one of each of the run's cases"
        )
    return files


def _channels(record: RunRecord, images: Sequence[Mapping[str, Any]]) -> int:
    first = next(iter(record.labels), "")
    return max(1, sum(str(image["case_id"]).startswith(f"{first}_0") for image in images))
