"""A segmentation loss on labels that are smoothed where confident learning finds them wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from monai.utils import convert_to_tensor
from torch import Tensor
from torch.nn.modules.loss import _Loss

from schemes.likely_labels import likely_labels
from schemes.mean_teacher import MeanTeacher


class ConfidentSmoothingLoss(_Loss):
    """``base(network, y)``, with ``1 - shift`` of the label and ``shift`` of the likely class where it seems wrong.

    Confident learning with label smoothing (Zhang et al., MICCAI 2020). Its judge is the moving average of the
    network, asked in each step, as in Xu et al., *Noisy labels are treasure*, MICCAI 2021; theirs is binary, has a
    shift of 0.8, and trains on clean labels beside it, which there are none of here. Each batch is judged by
    predictions on what was trained on: no part of the data is held back, and there is no second training.

    Args:
        base_loss: of ``(logits, one-hot target)``, both ``(B, C, *spatial)``.
        teacher: knows the number of steps.
        shift: in ``[0, 1]``; 1 replaces the label.
        start_step: labels stay as they are until so many steps are done, at least 0.
        ignore_index: label value of voxels that teach nothing: shown as background predicted with certainty.
    """

    def __init__(
        self,
        base_loss: Callable[[Tensor, Tensor], Tensor],
        teacher: MeanTeacher,
        *,
        shift: float,
        start_step: int,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__()
        if not (0 <= shift <= 1 and start_step >= 0):
            raise ValueError(f"shift, start_step: found {shift}, {start_step}, expected [0, 1] and at least 0")
        self.base_loss = base_loss
        self.teacher = teacher
        self.shift = shift
        self.start_step = start_step
        self.ignore_index = ignore_index

    def forward(self, logits: Sequence[Tensor], target: Tensor) -> Tensor:
        """Compute the loss of ``[logits of the network, logits of the teacher]``."""
        own, taught = (convert_to_tensor(x, track_meta=False) for x in logits)
        label = convert_to_tensor(target, track_meta=False)[:, 0].long()
        counted = torch.ones_like(label, dtype=torch.bool) if self.ignore_index is None else label != self.ignore_index
        smooth = _one_hot(label.masked_fill(~counted, 0), own)
        if self.teacher.steps >= self.start_step:
            likely = likely_labels(taught.softmax(dim=1), label, ignore_index=self.ignore_index)
            smooth = (1 - self.shift) * smooth + self.shift * _one_hot(likely.masked_fill(~counted, 0), own)
        if self.ignore_index is not None:
            certain = 50.0 * (2 * _one_hot(torch.zeros_like(label), own) - 1)
            own = torch.where(counted[:, None], own, certain)
        return self.base_loss(own, smooth)


def _one_hot(label: Tensor, logits: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(label, logits.shape[1]).movedim(-1, 1).to(logits.dtype)
