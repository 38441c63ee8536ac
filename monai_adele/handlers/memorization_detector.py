"""Watch, class by class, for the epoch at which a network begins to memorize wrong labels."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Engine, EventEnum, Events
from monai.engines import Evaluator
from monai.engines.utils import IterationEvents
from monai.utils import convert_to_tensor
from monai.utils.enums import CommonKeys
from torch import Tensor

from monai_adele.errors import StoreError
from monai_adele.functional import (
    LearningCurve,
    OnsetDecision,
    OnsetRule,
    ValidationPlateau,
    confidence_sums,
    iou_from_counts,
    mean_confidence,
    overlap_counts,
    predicted_classes,
)
from monai_adele.handlers.attachment import check_attachment
from monai_adele.handlers.counted_samples import counted_samples
from monai_adele.handlers.ignored_samples import IgnoredSamples
from monai_adele.handlers.stale_labels import check_noise_keys

__all__ = ["MemorizationDetector", "MemorizationEvents"]


class MemorizationEvents(EventEnum):
    """What a :class:`MemorizationDetector` adds to its engine's events."""

    ONSET = "memorization_onset"
    """Fired at the end of an epoch, once for each class that begins to be memorized in it;
    ``engine.state.onset_class`` is that class."""


class MemorizationDetector:
    """Ignite handler that finds the onset of memorization of each class.

    At every iteration it counts, on the device and without waiting for it, the overlaps of the
    predictions with the labels trained on and how sure the network is of them. At the end of an
    epoch it sums the counts over the processes, extends the learning curve of each class and asks
    its rule for a decision on each class that has none. What a sampler repeats as padding, so that
    processes get equally many cases, is not counted. Useful alone: attach it to any
    ``SupervisedTrainer`` and read ``engine.state.onsets``.

    It publishes ``train_iou_<class>`` and ``train_confidence_<class>`` in ``engine.state.metrics``,
    where MONAI's TensorBoard and MLflow handlers find them, and the decision of every class in
    ``engine.state.onsets``. With an ``ignore_index`` there is also ``ignored_samples``: how many of the epoch held no
    other voxel, and so taught nothing. At the end of the run it logs their sum, and why a class has no onset. It is
    to be attached before the handlers that use its decisions and before checkpoint savers.

    Args:
        class_names: names of the classes, index = class id, class 0 the background.
        rule: decides from a class's learning curve, epoch by epoch; None is a ``ValidationPlateau``.
        evaluator: MONAI's ``SupervisedEvaluator`` of the validation cases against their given labels, run
            before this handler at an epoch's end, with any metrics: its predictions are counted as they
            leave the inferer, before postprocessing. None leaves the rule the training IoU alone.
        include_background: whether class 0 is judged too.
        ignore_index: label value of voxels that are not counted.
        label_key: key of the batch whose labels ``(B, 1, *spatial)`` are counted, such as ``"given"``, which
            corrections do not change; None takes those trained on. Validation counts its own labels.

    Raises:
        ValueError: if there are fewer than two class names, or a name comes twice.

    Example:
        >>> detector = MemorizationDetector(["background", "liver"])
        >>> detector.memorized()
        []
    """

    def __init__(
        self,
        class_names: Sequence[str],
        rule: OnsetRule | None = None,
        *,
        evaluator: Evaluator | None = None,
        include_background: bool = False,
        ignore_index: int | None = None,
        label_key: str | None = None,
    ) -> None:
        if len(class_names) < 2 or len(set(class_names)) < len(class_names):
            raise ValueError(f"class_names: found {list(class_names)}, expected two or more different names")
        self.class_names = tuple(class_names)
        self.rule: OnsetRule = ValidationPlateau() if rule is None else rule
        self.evaluator = evaluator
        self.ignore_index = ignore_index
        self.label_key = label_key
        self.classes = range(0 if include_background else 1, len(class_names))
        self.curves: dict[int, LearningCurve] = {c: LearningCurve([]) for c in self.classes}
        self.onsets: dict[int, OnsetDecision] = {}
        self._ignored = IgnoredSamples(ignore_index)
        self._counts: Tensor | None = None
        self._validation_counts: Tensor | None = None
        self._engine: Engine | None = None

    def attach(self, engine: Engine) -> None:
        """Listen to a trainer.

        Args:
            engine: MONAI's ``SupervisedTrainer`` or one with its events.

        Raises:
            ValueError: if the detector is attached already, the engine has another, or it saves
                checkpoints before.
        """
        if self._engine is not None:
            raise ValueError("MemorizationDetector is attached already; expected one engine, attached once")
        check_attachment(engine, self)
        self._engine = engine
        engine.register_events(*MemorizationEvents)
        engine.state.onsets = self.onsets
        engine.add_event_handler(Events.STARTED, check_noise_keys)
        engine.add_event_handler(Events.EPOCH_STARTED, self._start_epoch)
        engine.add_event_handler(IterationEvents.LOSS_COMPLETED, self._count)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._finish_epoch)
        engine.add_event_handler(Events.COMPLETED, self._finish_run)
        if self.evaluator is not None:
            self.evaluator.add_event_handler(Events.EPOCH_STARTED, self._start_validation)
            self.evaluator.add_event_handler(IterationEvents.FORWARD_COMPLETED, self._count_validation)

    def memorized(self) -> list[int]:
        """Classes whose onset has come, in ascending order."""
        return sorted(c for c, decision in self.onsets.items() if decision.epoch is not None)

    def _start_epoch(self, engine: Engine) -> None:
        self._counts = None
        engine.state.onsets = self.onsets

    def _start_validation(self, evaluator: Engine) -> None:
        self._validation_counts = None

    def _count(self, engine: Engine) -> None:
        scores, label = _scores_and_label(engine, self.label_key)
        self._ignored.count(label)
        confidence = confidence_sums(scores, label, ignore_index=self.ignore_index)
        counts = torch.cat([self._overlaps(scores, label), confidence], dim=1)
        self._counts = counts if self._counts is None else self._counts + counts

    def _count_validation(self, evaluator: Engine) -> None:
        counts = self._overlaps(*_scores_and_label(evaluator))
        self._validation_counts = counts if self._validation_counts is None else self._validation_counts + counts

    def _overlaps(self, scores: Tensor, label: Tensor) -> Tensor:
        return overlap_counts(
            predicted_classes(scores), label, num_classes=len(self.class_names), ignore_index=self.ignore_index
        )

    def _finish_epoch(self, engine: Engine) -> None:
        counts = self._summed(self._counts, 5, engine)
        iou, confidence = iou_from_counts(counts[:, :3]).tolist(), mean_confidence(counts[:, 3:]).tolist()
        validation = self._validation_iou(engine)
        for c in self.classes:
            self.curves[c] = self.curves[c].followed_by(iou[c], validation[c], confidence[c])
            engine.state.metrics[f"train_iou_{self.class_names[c]}"] = iou[c]
            engine.state.metrics[f"train_confidence_{self.class_names[c]}"] = confidence[c]
        for c in self.classes:
            if c not in self.memorized():
                self._decide(engine, c)

        self._ignored.finish_epoch(engine)

    def _finish_run(self, engine: Engine) -> None:
        """Say of each class without an onset why it has none, and how many samples taught nothing."""
        self._ignored.tell()
        if idist.get_rank() == 0:
            for c, decision in sorted(self.onsets.items()):
                if decision.epoch is None:
                    name, reason = self.class_names[c], decision.reason
                    logging.getLogger(__name__).info("no onset of memorization of %s: %s", name, reason)

    def _summed(self, counts: Tensor | None, columns: int, engine: Engine) -> Tensor:
        """Counts of all processes, ``(C, columns)``."""
        empty = torch.zeros(len(self.class_names), columns, dtype=torch.int64, device=engine.state.device)
        return torch.as_tensor(idist.all_reduce(empty if counts is None else counts)).cpu()

    def _validation_iou(self, engine: Engine) -> list[float]:
        """IoU of each class on the validation cases; NaN if they were not evaluated in this epoch."""
        if self.evaluator is None or self.evaluator.state.epoch != engine.state.epoch:
            return [math.nan] * len(self.class_names)
        counts = self._summed(self._validation_counts, 3, engine)
        iou = iou_from_counts(counts)
        iou[counts[:, 2] == 0] = math.nan  # a class without a labelled voxel says nothing
        return [float(value) for value in iou]

    def _decide(self, engine: Engine, c: int) -> None:
        decision = self.rule.decide(self.curves[c])
        self.onsets[c] = decision
        if decision.epoch is None:
            return
        name, epoch = self.class_names[c], engine.state.epoch
        logging.getLogger(__name__).info("epoch %d: onset of memorization of %s: %s", epoch, name, decision.reason)
        engine.state.onset_class = c
        engine.fire_event(MemorizationEvents.ONSET)

    def state_dict(self) -> dict[str, Any]:
        """Curves and decisions as lists, dicts and numbers; loads with ``weights_only=True``."""
        return {
            "class_names": list(self.class_names),
            "curves": {str(c): {name: list(v) for name, v in vars(curve).items()} for c, curve in self.curves.items()},
            "onsets": {str(c): [d.epoch, d.reason] for c, d in self.onsets.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the curves and decisions of a checkpoint.

        Args:
            state: what :meth:`state_dict` returned.

        Raises:
            StoreError: if the checkpoint was made with other classes.
        """
        if state["class_names"] != list(self.class_names):
            raise StoreError(
                f"checkpoint: found classes {state['class_names']}, expected {list(self.class_names)}; "
                "resume with the class list of the run, or start a new one in another folder"
            )
        self.curves.update({int(c): LearningCurve(**curve) for c, curve in state["curves"].items()})
        for c, (epoch, reason) in state["onsets"].items():
            fit = self.rule.decide(self.curves[int(c)].until(epoch or len(self.curves[int(c)]))).fit
            self.onsets[int(c)] = OnsetDecision(epoch=epoch, reason=reason, fit=fit)


def _scores_and_label(engine: Engine, label_key: str | None = None) -> tuple[Tensor, Tensor]:
    """Scores of the native scale, ``(B, C, *spatial)``, and class ids, ``(B, 1, *spatial)``, without padding."""
    logits = engine.state.output[CommonKeys.PRED]
    native = logits[0] if isinstance(logits, (list, tuple)) else logits
    label = engine.state.output[CommonKeys.LABEL] if label_key is None else engine.state.batch[label_key]
    label = convert_to_tensor(label, track_meta=False).to(native.device)
    counted = counted_samples(engine, len(label))
    scores, label = convert_to_tensor(native, track_meta=False)[:counted], label[:counted]
    return scores, label.long() if label.is_floating_point() else label
