"""Correct the labels of classes that are being memorized."""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Engine, Events
from numpy.typing import NDArray
from torch import Tensor

from monai_adele.functional import (
    ChangeCap,
    CorrectionRule,
    boundary_shift_voxels,
    mean_self_confidence,
    self_confidence_sums,
)
from monai_adele.handlers.attachment import check_attachment
from monai_adele.handlers.excesses import warn_of_excesses
from monai_adele.handlers.gathered_predictions import gathered_predictions
from monai_adele.handlers.memorization_detector import MemorizationDetector
from monai_adele.handlers.pass_memory import PassMemory
from monai_adele.handlers.prediction_source import CasePrediction, PredictionSource
from monai_adele.handlers.stale_labels import check_batch, check_pipeline
from monai_adele.store import LabelStore
from monai_adele.store.store_lock import StoreLock

__all__ = ["LabelCorrector"]

_ALLOWANCE = 10.0  # how much further a short boundary has to move: chosen by measurement, see docs/results.md


class LabelCorrector:
    """Ignite handler that replaces labels where the network confidently disagrees with them.

    At the end of an epoch in which a class's memorization began, and from then on every
    ``every_epochs`` epochs, it takes its source's predictions of the un-augmented cases, applies
    the rule to the current label, case by case, and commits the result to the store as one new
    version. The next epoch reads it. The given labels stay as they are.

    Three things keep right labels. A voxel changes only where two passes in a row predict the same class
    (``steady``); so the first pass corrects nothing, and a source that costs nothing is asked before the onset, too.
    A structure stays as it is in a case where the network would hardly move its boundary (``min_shift_voxels``;
    a short boundary has to move further, since its mean shift is mostly chance). And a class that the network has
    not learned is not erased: while its training IoU of the epoch is below ``min_iou``, it loses no voxel.

    Where a cap is passed, the case, which is a slice in 2D slice mode, stays as it is in that pass: a warning
    names the cases, once a pass; their number is ``engine.state.metrics["cases_left_alone"]``, and
    ``engine.state.left_alone`` holds for each of them in how many passes that was so.

    Of several processes, each predicts its share of the cases; process 0 corrects and commits. Attach it after
    the detector and before any checkpoint saver. At the start it refuses a loader whose labels would be those
    of an earlier version, and while training a batch of such.

    Args:
        detector: knows which classes are memorized; attached to the same trainer.
        store: where the corrections go.
        source: where the predictions come from.
        rule: ``(label, pred, confidence, memorized, protected=, thresholds=) -> corrected label``; see
            :class:`monai_adele.functional.CorrectionRule`.
        cap: how much of a case may change; None for any.
        steady: change a voxel only where the pass before predicted the same class, too; the mean of both
            confidences has to exceed the threshold.
        min_shift_voxels: mean shift of a structure's given boundary below which a case keeps the structure as it is
            in that pass, at least 0; ``1 + 10 / sqrt(n)`` times as much for a boundary of ``n`` voxels, see
            :func:`monai_adele.functional.boundary_shift_voxels`. With ``steady``, the mean of both passes.
        min_iou: training IoU below which a class loses no voxel, in ``[0, 1]``. Nor does a class that
            was neither labelled nor predicted in what the epoch saw.
        self_confidence: take as threshold of each class its mean confidence, over all cases of the
            pass, where label and prediction agree (the rule's own where they agree nowhere). The source
            is asked twice then, which doubles the time of an evaluation pass.
        every_epochs: epochs between corrections after the first, at least 1.
        restart: apply the rule to the given label each time, so that a correction holds only as long as the
            network stands by it, instead of to the current label, in which corrections accumulate.

    Raises:
        ValueError: if ``every_epochs`` is below 1, or ``min_iou`` or ``min_shift_voxels`` outside its range.
    """

    def __init__(
        self,
        detector: MemorizationDetector,
        store: LabelStore,
        source: PredictionSource,
        *,
        rule: Callable[..., Tensor] | None = None,
        cap: ChangeCap | None = None,
        steady: bool = True,
        min_shift_voxels: float = 0.6,
        min_iou: float = 0.3,
        self_confidence: bool = False,
        every_epochs: int = 1,
        restart: bool = False,
    ) -> None:
        if every_epochs < 1:
            raise ValueError(f"every_epochs: found {every_epochs}, expected at least 1")
        if not min_shift_voxels >= 0:
            raise ValueError(f"min_shift_voxels: found {min_shift_voxels}, expected at least 0")
        if not 0 <= min_iou <= 1:
            raise ValueError(f"min_iou: found {min_iou}, expected a value in [0, 1]")
        self.detector = detector
        self.store = store
        self.source = source
        self.rule = CorrectionRule() if rule is None else rule
        self.cap = cap
        self.steady = steady
        self.min_shift_voxels = min_shift_voxels
        self.min_iou = min_iou
        self.self_confidence = self_confidence
        self.every_epochs = every_epochs
        self.restart = restart
        self.left_alone: dict[str, int] = {}
        self._resumed = False
        self._attached = False
        self._memory = PassMemory()
        self._watching = False
        self._seen: list[int] = []
        self._pending = False
        self._version = 0
        self._lock: StoreLock | None = None

    def attach(self, engine: Engine) -> None:
        """Listen to a trainer.

        Args:
            engine: the trainer that the detector is attached to.

        Raises:
            ValueError: if the corrector is attached already, or the engine has another, or the detector
                is not attached yet, or a checkpoint saver is.
        """
        if self._attached:
            raise ValueError("LabelCorrector is attached already; expected one engine, attached once")
        if not engine.has_event_handler(self.detector._finish_epoch, Events.EPOCH_COMPLETED):
            raise ValueError("LabelCorrector: its detector is not attached to this engine; attach the detector first")
        check_attachment(engine, self)
        self._attached = True
        engine.add_event_handler(Events.STARTED, check_pipeline)
        engine.add_event_handler(Events.STARTED, self._check_store)
        engine.add_event_handler(Events.EPOCH_STARTED, self._start_epoch)
        engine.add_event_handler(Events.ITERATION_STARTED, self._check_batch)
        self.source.attach(engine)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._correct)
        engine.add_event_handler(Events.COMPLETED, self._let_go)

    def _check_store(self, engine: Engine) -> None:
        if idist.get_rank() == 0:
            if engine.state.epoch == 0 and not self._resumed:  # else one more round of this run
                self.store.require_empty()
            self._lock = self.store.lock()  # until the process ends, if the run does not complete
        idist.barrier()  # none reads before process 0 has rolled the store back

    def _check_batch(self, engine: Engine) -> None:
        check_batch(engine.state.batch, self._version, self.store.folder)

    def _let_go(self, engine: Engine) -> None:
        if self._lock is not None:
            self._lock.release()

    def _start_epoch(self, engine: Engine) -> None:
        self._publish(engine, changed=0, left=0)
        self._version = self.store.version
        learned = len(self._not_learned()) < len(self.detector.curves)
        self._watching = self.steady and self.source.is_free and learned
        self.source.start_epoch(due=self._pending or self._regular(engine.state.epoch) or self._watching)

    def _regular(self, epoch: int) -> bool:
        return bool(self._seen) and epoch % self.every_epochs == 0

    def _correct(self, engine: Engine) -> None:
        memorized, epoch = self.detector.memorized(), engine.state.epoch
        self._pending = self._pending or memorized != self._seen  # a new onset waits for its first correction
        self._seen = memorized
        due = self._pending or self._regular(epoch)
        if not due and not self._watching:
            return
        thresholds = self._thresholds() if due and self.self_confidence else None
        if idist.get_rank() > 0:
            own = len(list(self._cases())), 0, 0  # process 0 gets this process's predictions
        elif due and not (self.steady and len(self._memory) == 0):
            own = self._commit(epoch, memorized, thresholds)
        else:
            own = self._look_on()
        cases, changed, left = (int(idist.all_reduce(number)) for number in own)
        self._pending = self._pending and cases == 0
        self._publish(engine, changed=changed, left=left)
        logging.getLogger(__name__).debug("epoch %d: %d voxels corrected", epoch, changed)

    def _cases(self) -> Iterator[CasePrediction]:
        return gathered_predictions(self.source.predictions())

    def _publish(self, engine: Engine, *, changed: int, left: int) -> None:
        engine.state.metrics["corrected_voxels"] = float(changed)
        engine.state.left_alone = self.left_alone
        if self.cap is not None:
            engine.state.metrics["cases_left_alone"] = float(left)

    def _commit(self, epoch: int, memorized: list[int], thresholds: Mapping[int, float] | None) -> tuple[int, int, int]:
        """Correct all cases in one version of the store; returns how many cases, voxels, cases left alone."""
        cases, changed = 0, 0
        excesses: dict[str, str] = {}
        options: dict[str, Any] = {"protected": self._not_learned(), "thresholds": thresholds}
        names = ", ".join(self.detector.class_names[c] for c in memorized)
        with self.store.transaction(epoch=epoch, reason=f"memorized: {names}") as transaction:
            for case, given, shifted in self._remembered():
                cases += 1
                start = given if self.restart else case.label
                open_to_change = [c for c in memorized if shifted.get(c, math.inf) >= self.min_shift_voxels]
                corrected = self.rule(start, case.pred, case.confidence, open_to_change, **options)
                excess = None if self.cap is None else self.cap.excess(given, case.label, corrected)
                if excess is not None:
                    excesses[case.case_id], corrected = excess, case.label
                changed += int((corrected != case.label).sum())
                transaction.put(case.case_id, _array(given), _array(corrected), confidence=_array(case.confidence))
        self.left_alone |= {case_id: self.left_alone.get(case_id, 0) + 1 for case_id in excesses}
        warn_of_excesses(epoch, cases, excesses)
        return cases, changed, len(excesses)

    def _look_on(self) -> tuple[int, int, int]:
        """Remember what a pass says, and correct nothing."""
        deque(self._remembered(), maxlen=0)
        return 0, 0, 0

    def _remembered(self) -> Iterator[tuple[CasePrediction, Tensor, dict[int, float]]]:
        """Each case, as sure as two passes are of it; its given label; the shift of each structure of that."""
        for case in self._cases():
            given = self.store.given_label(case.case_id, case.label)
            known = torch.where(case.confidence > 0, case.pred.to(given.dtype), given)
            shifted = self._shift(given, known)
            if not self.steady:
                yield case, given, shifted
                continue
            before = self._shift(given, self._memory.before(case, given))
            yield self._memory.steady(case, given), given, {c: (shifted[c] + before[c]) / 2 for c in shifted}
            self._memory.remember(case, given)

    def _shift(self, given: Tensor, pred: Tensor) -> dict[int, float]:
        options: dict[str, Any] = {"allowance": _ALLOWANCE, "ignore_index": self.detector.ignore_index}
        return boundary_shift_voxels(given, pred, len(self.detector.class_names), **options)

    def _thresholds(self) -> dict[int, float]:
        """Mean self-confidence of each class over the cases; on process 0, nothing elsewhere."""
        sums = torch.zeros(len(self.detector.class_names), 2, dtype=torch.float64)
        for case in self._cases():
            sums += self_confidence_sums(case.label, case.pred, case.confidence, len(sums))
        return mean_self_confidence(sums)

    def _not_learned(self) -> list[int]:
        """Classes whose training IoU of this epoch is below the floor, or was not measured."""
        latest = {c: curve.iou[-1] if len(curve) else math.nan for c, curve in self.detector.curves.items()}
        return [c for c, iou in latest.items() if not iou >= self.min_iou]

    def state_dict(self) -> dict[str, Any]:
        """The store's version, which onsets were seen and wait for their first correction, cases left alone."""
        return {
            "store_version": self.store.version,
            "store_digest": self.store.digest,
            "seen": list(self._seen),
            "pending": self._pending,
            "left_alone": dict(self.left_alone),
            "memory": self._memory.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Roll the store back to the version of a checkpoint.

        Args:
            state: what :meth:`state_dict` returned.

        Raises:
            StoreError: if the store does not hold that very version, or a person has undone corrections since.
        """
        self._resumed = True
        self._seen, self._pending = list(state["seen"]), bool(state["pending"])
        self.left_alone = dict(state["left_alone"])
        self._memory.load_state_dict(state["memory"])
        if idist.get_rank() == 0:
            self.store.resume_at(state["store_version"], digest=state.get("store_digest"))

    def start_over(self) -> None:
        """Take back what a run committed that was killed before its first checkpoint.

        Raises:
            StoreError: if a person has changed the corrections since.
        """
        if idist.get_rank() == 0:
            self.store.resume_at(0)


def _array(tensor: Tensor) -> NDArray[Any]:
    array: NDArray[Any] = tensor.cpu().numpy()
    return array
