"""What a run leaves in its output folder."""

from __future__ import annotations

import csv
import io
import json
import logging
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
from ignite.engine import Engine, Events
from matplotlib.figure import Figure
from monai.engines import Evaluator

from monai_adele.data import RunRecord, case_grids, image_files, label_files
from monai_adele.data.atomic_files import write_atomically
from monai_adele.functional import iou_from_counts
from monai_adele.handlers import MemorizationDetector
from monai_adele.store import LabelStore, export_corrected_labels
from monai_adele.visualize.corrections_over_time import corrections_over_time_figure
from monai_adele.visualize.figure_file import save_png
from monai_adele.visualize.page import png_uri, svg_uri
from monai_adele.visualize.report_page import report_page
from monai_adele.visualize.run_figures import most_changed_figure, run_curves_figure
from monai_adele.visualize.run_summary import correction_facts, environment_facts, label_quality, onset_facts

__all__ = ["RunReport"]


class RunReport:
    """Ignite handler that writes down a run: curves, corrected labels, pictures, a summary.

    When it starts ``cases.json``, all that is needed to export corrections later (see
    :class:`monai_adele.data.RunRecord`), and in experiments ``given_labels/``; after each epoch
    ``learning_curves.csv``; at the end, also after Ctrl-C,
    ``learning_curves.png``, ``corrected_labels/``, ``most_changed_cases.png``,
    ``summary.json`` and ``report.html``, a page that holds all of it.
    Attach it after the handlers whose numbers it writes and before the
    checkpoint, which holds its history. Of several processes, process 0 writes.

    Args:
        output_dir: folder of the run.
        detector: knows the curves and the onsets.
        store: the corrections.
        units: un-augmented training cases (or slices) with ``image``, current ``label``,
            ``case_id`` and, in experiments, ``truth``.
        cases: files of the training cases.
        volumes: dataset of the same cases, preprocessed, with its transform.
        evaluator: of the validation, with a :class:`monai_adele.metrics.DatasetIoU` as key
            metric and ``save_details`` on; may be None.
        slices: whether the units are 2D slices of the volumes, along the last axis.
        given_from_file: False where an experiment corrupts the labels of the files.
        ignore_index: label value of voxels that do not count in the label's quality.
        settings: what to write into the summary.
    """

    def __init__(
        self,
        output_dir: str | Path,
        detector: MemorizationDetector,
        store: LabelStore,
        units: Any,
        *,
        cases: Sequence[dict[str, Any]],
        volumes: Any,
        evaluator: Evaluator | None = None,
        slices: bool = False,
        given_from_file: bool = True,
        ignore_index: int | None = None,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.output_dir = Path(output_dir)
        self.detector = detector
        self.store = store
        self.units = units
        self.cases = cases
        self.volumes = volumes
        self.evaluator = evaluator
        self.slices = slices
        self.given_from_file = given_from_file
        self.ignore_index = ignore_index
        self.settings = {} if settings is None else settings
        self.history: list[dict[str, float]] = []
        self.seconds = 0.0
        self._last = time.monotonic()

    def attach(self, engine: Engine) -> None:
        """Listen to a trainer.

        Args:
            engine: the trainer.
        """
        if idist.get_rank() > 0:
            return
        engine.add_event_handler(Events.STARTED, self._start)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write_down)
        engine.add_event_handler(Events.COMPLETED, self._finish)

    def _start(self, engine: Engine) -> None:
        if engine.state.epoch == 0:
            self.store.require_empty()
        if not (self.output_dir / "cases.json").exists():
            self._record_cases()
        self._last = time.monotonic()

    def _record_cases(self) -> None:
        labels = label_files(self.cases)
        if not self.given_from_file:
            folder = self.output_dir / "given_labels"
            exported = export_corrected_labels(
                self.cases, self.volumes, self.store, folder, version=0, given_from_file=False
            )
            labels = {label.case_id: label.path.absolute() for label in exported}
        grids = getattr(self.units, "volume_grids", None)
        if grids is None:
            items = self.volumes if self.slices else self.units
            transform = getattr(self.volumes, "transform", None)
            grids = case_grids((items[i] for i in range(len(items))), transform)
        images = image_files(self.cases)
        record = RunRecord(tuple(self.detector.class_names), self.ignore_index, self.slices, labels, grids, images)
        record.write(self.output_dir)

    def _write_down(self, engine: Engine) -> None:
        self._pass_time()
        row = {"epoch": float(engine.state.epoch)}
        row |= {key: float(value) for key, value in engine.state.metrics.items()}
        if self.evaluator is not None:
            row |= self._validation(self.evaluator, engine.state.epoch)
        self.history.append(row)
        write_atomically(self.output_dir / "learning_curves.csv", self._table().encode())

    def _validation(self, evaluator: Evaluator, epoch: int) -> dict[str, float]:
        state = evaluator.state
        if state.epoch != epoch or state.key_metric_name not in state.metric_details:
            return {}  # not validated in this epoch
        row = {f"validation_{key}": float(value) for key, value in state.metrics.items()}
        iou = iou_from_counts(state.metric_details[state.key_metric_name].sum(dim=0)).tolist()
        names = self.detector.class_names
        return row | {f"validation_iou_{names[c]}": iou[c] for c in range(1, len(names))}

    def _table(self) -> str:
        columns = list(dict.fromkeys(key for row in self.history for key in row))
        file = io.StringIO()
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for row in self.history:
            writer.writerow({k: int(v) if k == "epoch" else f"{v:.6g}" for k, v in row.items()})
        return file.getvalue()

    def _pass_time(self) -> None:
        now = time.monotonic()
        self.seconds += now - self._last
        self._last = now

    def _finish(self, engine: Engine) -> None:
        if not self.history:
            return
        self._pass_time()
        curves = run_curves_figure(self.history, self.detector)
        save_png(curves, self.output_dir / "learning_curves.png")
        export_corrected_labels(
            self.cases,
            self.volumes,
            self.store,
            self.output_dir / "corrected_labels",
            slice_axis=-1 if self.slices else None,
            given_from_file=self.given_from_file,
        )
        changed = most_changed_figure(self.units, self.store, self.detector.class_names)
        save_png(changed, self.output_dir / "most_changed_cases.png")
        summary = self._summary(engine)
        write_atomically(self.output_dir / "summary.json", (json.dumps(summary, indent=2) + "\n").encode())
        write_atomically(self.output_dir / "report.html", self._page(summary, curves, changed))
        logging.getLogger(__name__).info("curves, corrected labels and summary are in %s", self.output_dir)

    def _summary(self, engine: Engine) -> dict[str, Any]:
        names = self.detector.class_names
        best = None if self.evaluator is None else self.evaluator.state
        return {
            "epochs": len(self.history),
            "interrupted": bool(getattr(engine.state, "interrupted", False)),
            "seconds": round(self.seconds, 1),
            "onsets": onset_facts(self.detector.onsets, names),
            "corrections": correction_facts(self.store, names, left_alone=len(getattr(engine.state, "left_alone", {}))),
            "label_iou": label_quality(self.units, self.store, names, ignore_index=self.ignore_index),
            "best_validation": best and {"epoch": best.best_metric_epoch, "metric": float(best.best_metric)},
            "final_metrics": getattr(engine.state, "final_metrics", {}),
            "settings": self.settings,
            "environment": environment_facts(),
        }

    def _page(self, summary: dict[str, Any], curves: Figure, changed: Figure) -> bytes:
        names, last = self.detector.class_names, self.history[-1]
        over_time = corrections_over_time_figure(self.store.journal(), names)
        return report_page(
            summary,
            name=self.output_dir.resolve().name,
            num_cases=len(self.cases),
            last_iou={name: last.get(f"train_iou_{name}", math.nan) for name in names},
            curves=svg_uri(curves),
            corrections=None if over_time is None else svg_uri(over_time),
            changed=None if self.store.is_empty else png_uri(changed),
        )

    def state_dict(self) -> dict[str, Any]:
        """History and time so far, as primitives."""
        return {"history": [dict(row) for row in self.history], "seconds": self.seconds}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the history of a checkpoint.

        Args:
            state: what :meth:`state_dict` returned.
        """
        self.history = [dict(row) for row in state["history"]]
        self.seconds = state["seconds"]
