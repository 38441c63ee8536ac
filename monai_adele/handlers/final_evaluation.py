"""Evaluate the last and the best network when a run is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Engine, Events
from monai.engines import Evaluator

from monai_adele.functional import iou_from_counts

__all__ = ["FinalEvaluation"]


class FinalEvaluation:
    """Ignite handler that tests a network at the end: of the last epoch, and the best one.

    The best is what the validation chose. Results go to ``engine.state.final_metrics``:
    ``{"last": {...}, "best": {...}}`` with the evaluator's metrics and the IoU of each class. The
    network is left as the last epoch left it. Without test cases, or after Ctrl-C, it does nothing.

    In experiments ``each_epoch`` tests after every epoch, too, and publishes ``test_mean_iou`` and
    ``test_iou_<class>`` in ``engine.state.metrics``. It measures only: nothing reads them to decide anything.

    Args:
        evaluator: MONAI's evaluator over the test cases, with a
            :class:`monai_adele.metrics.DatasetIoU` as its key metric and ``save_details`` on.
        network: the network that is trained; the evaluator's own.
        class_names: names of the classes, index = class id.
        best_model: file of the best network's ``state_dict``, attached before this handler.
        each_epoch: test after each epoch as well; attach it before what writes the metrics down.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        network: torch.nn.Module,
        class_names: list[str],
        *,
        best_model: str | Path,
        each_epoch: bool = False,
    ) -> None:
        self.evaluator = evaluator
        self.network = network
        self.class_names = tuple(class_names)
        self.best_model = Path(best_model)
        self.each_epoch = each_epoch

    def attach(self, engine: Engine) -> None:
        """Listen to a trainer.

        Args:
            engine: the trainer.
        """
        if self.each_epoch:
            engine.add_event_handler(Events.EPOCH_COMPLETED, self._evaluate_epoch)
        engine.add_event_handler(Events.COMPLETED, self._evaluate)

    def _evaluate_epoch(self, engine: Engine) -> None:
        if self.evaluator.state.epoch_length == 0:
            return
        result = self._test()
        engine.state.metrics["test_mean_iou"] = result["mean_iou"]
        for name in self.class_names[1:]:
            engine.state.metrics[f"test_iou_{name}"] = result["iou"][name]

    def _evaluate(self, engine: Engine) -> None:
        if engine.state.epoch < engine.state.max_epochs or getattr(engine.state, "interrupted", False):
            return
        if self.evaluator.state.epoch_length == 0:
            return
        idist.barrier()  # process 0 may still be writing the best network
        engine.state.final_metrics = {"last": self._test()}
        if self.best_model.is_file():
            last = {key: value.clone() for key, value in self.network.state_dict().items()}
            best = torch.load(self.best_model, map_location="cpu", weights_only=True)
            self.network.load_state_dict(best)
            engine.state.final_metrics["best"] = self._test()
            self.network.load_state_dict(last)

    def _test(self) -> dict[str, Any]:
        self.evaluator.run()
        state = self.evaluator.state
        result: dict[str, Any] = {name: float(value) for name, value in state.metrics.items()}
        iou = iou_from_counts(state.metric_details[state.key_metric_name].sum(dim=0)).tolist()
        result["iou"] = dict(zip(self.class_names, iou, strict=True))
        return result
