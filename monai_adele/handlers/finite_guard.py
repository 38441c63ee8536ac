"""End a run at the first number that is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from ignite.engine import Engine
from monai.engines.utils import IterationEvents
from monai.utils import convert_to_tensor
from monai.utils.enums import CommonKeys
from torch import Tensor

from monai_adele.errors import NonFiniteError

__all__ = ["FiniteGuard"]

_SHOWN_CASES = 8


class FiniteGuard:
    """Ignite handler that ends a run at a loss or a prediction with NaN or infinity, naming the cases.

    It looks between the loss and the step that would learn from it: the network still has the weights
    of the step before, no label is corrected, and the last checkpoint stays as it is. On a GPU the host
    waits once an iteration for the numbers looked at.

    Args:
        case_id_key: key of the batch that holds the ids of its cases.

    Example:
        >>> from ignite.engine import Engine
        >>> from monai.engines import SupervisedTrainer
        >>> network = torch.nn.Conv2d(1, 2, 1)
        >>> batch = {"image": torch.full((1, 1, 4, 4), torch.nan), "label": torch.zeros(1), "case_id": ["a"]}
        >>> trainer = SupervisedTrainer(
        ...     "cpu", 1, [batch], network, torch.optim.SGD(network.parameters()), lambda logits, _: logits.mean()
        ... )
        >>> FiniteGuard().attach(trainer)
        >>> trainer.logger.disabled = True
        >>> trainer.run()
        Traceback (most recent call last):
        ...
        monai_adele.errors.NonFiniteError: epoch 1, iteration 1: case 'a': found a loss of nan and predictions ...
    """

    def __init__(self, *, case_id_key: str = "case_id") -> None:
        self.case_id_key = case_id_key

    def attach(self, engine: Engine) -> None:
        """Listen to a trainer.

        Args:
            engine: MONAI's ``SupervisedTrainer`` or one with its events.
        """
        engine.add_event_handler(IterationEvents.LOSS_COMPLETED, self._check)

    def _check(self, engine: Engine) -> None:
        loss = torch.as_tensor(engine.state.output[CommonKeys.LOSS]).detach()
        pred = engine.state.output[CommonKeys.PRED]
        scales = [convert_to_tensor(p, track_meta=False).detach() for p in _listed(pred)]
        sums = torch.stack([x.sum(dtype=torch.float32) for x in (loss, *scales)])  # one number to wait for
        if bool(sums.isfinite().all()):
            return
        wrong = torch.stack([~x.isfinite().flatten(1).all(dim=1) for x in scales]).any(dim=0).tolist()
        if any(wrong) or not bool(loss.isfinite().all()):
            raise NonFiniteError(self._text(engine, loss, wrong))

    def _text(self, engine: Engine, loss: Tensor, wrong: Sequence[bool]) -> str:
        names = self._names(engine.state.batch, len(wrong))
        named = [name for name, bad in zip(names, wrong, strict=True) if bad or not any(wrong)]
        more = [f"and {len(named) - _SHOWN_CASES} more"] if len(named) > _SHOWN_CASES else []
        found = [f"a loss of {float(loss.mean())}"] * (not bool(loss.isfinite().all()))
        found += ["predictions with NaN or infinity"] * any(wrong)
        return (
            f"epoch {engine.state.epoch}, iteration {engine.state.iteration}: "
            f"{', '.join([*named[:_SHOWN_CASES], *more])}: found {' and '.join(found)}, expected finite numbers; no "
            "step was taken and no label corrected, the last checkpoint is whole: look at the case, or train again "
            "with a smaller learning rate"
        )

    def _names(self, batch: Any, size: int) -> list[str]:
        """What the samples are called: by case id, with the image's file where that is known."""
        ids = batch.get(self.case_id_key) if isinstance(batch, Mapping) else None
        if ids is None or len(ids) != size:
            return [f"sample {index} of the batch" for index in range(size)]
        meta = getattr(batch.get(CommonKeys.IMAGE), "meta", {})
        files = meta.get("filename_or_obj")
        if not isinstance(files, (list, tuple)) or len(files) != size:
            files = [""] * size
        return [f"case {str(ids[i])!r}" + (f" ({files[i]})" if files[i] else "") for i in range(size)]


def _listed(pred: Any) -> list[Any]:
    return list(pred) if isinstance(pred, (list, tuple)) else [pred]
