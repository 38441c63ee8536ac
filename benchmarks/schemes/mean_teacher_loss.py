"""A segmentation loss, plus the distance to a teacher."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from monai.utils import convert_to_tensor
from torch import Tensor
from torch.nn.modules.loss import _Loss

from schemes.mean_teacher import MeanTeacher


class MeanTeacherLoss(_Loss):
    """``base(network) + w * mean over voxels of sum over classes (p_network - p_teacher)**2``.

    ``w = weight * exp(-5 * (1 - t)**2)``, t the steps done as a share of ``ramp_steps``, at most 1 (Laine and Aila,
    ICLR 2017; Tarvainen and Valpola, NeurIPS 2017).

    Args:
        base_loss: of ``(logits, target)``.
        teacher: knows the number of steps.
        weight: of the distance after the ramp, at least 0.
        ramp_steps: length of the ramp, at least 1.
    """

    def __init__(
        self, base_loss: Callable[[Tensor, Tensor], Tensor], teacher: MeanTeacher, *, weight: float, ramp_steps: int
    ) -> None:
        super().__init__()
        if not (weight >= 0 and ramp_steps >= 1):
            raise ValueError(f"weight, ramp_steps: found {weight}, {ramp_steps}, expected at least 0 and 1")
        self.base_loss = base_loss
        self.teacher = teacher
        self.weight = weight
        self.ramp_steps = ramp_steps

    def forward(self, logits: Sequence[Tensor], target: Tensor) -> Tensor:
        """Compute the loss of ``[logits of the network, logits of the teacher]``."""
        own, taught = (convert_to_tensor(x, track_meta=False) for x in logits)
        distance = (own.softmax(dim=1) - taught.softmax(dim=1)).square().sum(dim=1).mean()
        base = self.base_loss(own, convert_to_tensor(target, track_meta=False))
        return base + self.weight * self._ramp() * distance

    def _ramp(self) -> float:
        return math.exp(-5 * (1 - min(self.teacher.steps / self.ramp_steps, 1)) ** 2)
