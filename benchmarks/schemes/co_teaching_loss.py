"""The losses of two networks, each on the voxels that the other finds easy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from monai.utils import convert_to_tensor
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.modules.loss import _Loss

from monai_adele.losses import AdeleLoss
from schemes.co_teacher import CoTeacher

_LEFT_OUT = 255


class CoTeachingLoss(_Loss):
    """``base(first, voxels that the second keeps) + base(second, voxels that the first keeps)``.

    A network keeps the voxels of smallest cross-entropy: of a batch, the share ``1 - forgotten * min(t, 1)`` of the
    voxels of each given class, ``t`` the steps done over ``ramp_steps`` (Han et al., NeurIPS 2018, algorithm 1, voxels
    in the place of images). Class by class, unlike theirs: of all voxels together, those of small structures are the
    ones of largest loss, right or wrong, and a class could be forgotten as a whole. What is left out teaches nothing,
    as an ignored voxel. Each network has its gradient from its own term only.

    Args:
        base_loss: of ``(logits, target)``.
        teacher: knows the number of steps.
        forgotten: share of the voxels of each class that is left out after the ramp, in ``[0, 1)``; the paper has the
            rate of wrong labels.
        ramp_steps: length of the ramp, at least 1; the paper has that of 10 epochs.
        ignore_index: label value of voxels that teach nothing anyway.
    """

    def __init__(
        self,
        base_loss: Callable[[Tensor, Tensor], Tensor],
        teacher: CoTeacher,
        *,
        forgotten: float,
        ramp_steps: int,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__()
        if not (0 <= forgotten < 1 and ramp_steps >= 1):
            found = f"{forgotten}, {ramp_steps}"
            raise ValueError(f"forgotten, ramp_steps: found {found}, expected a number in [0, 1) and at least 1")
        self.base_loss = AdeleLoss(base_loss, ignore_index=_LEFT_OUT)
        self.teacher = teacher
        self.forgotten = forgotten
        self.ramp_steps = ramp_steps
        self.ignore_index = _LEFT_OUT if ignore_index is None else ignore_index

    def forward(self, logits: Sequence[Tensor], target: Tensor) -> Tensor:
        """Compute the loss of ``[logits of the network, logits of the second]``."""
        first, second = (convert_to_tensor(x, track_meta=False) for x in logits)
        target = convert_to_tensor(target, track_meta=False)
        of_first = self.base_loss(first, self._as_kept_by(second, target))
        of_second = self.base_loss(second, self._as_kept_by(first, target))
        return of_first + of_second

    @torch.no_grad()
    def _as_kept_by(self, logits: Tensor, target: Tensor) -> Tensor:
        """The target without the voxels that a network finds hard."""
        share = 1 - self.forgotten * min(self.teacher.steps / self.ramp_steps, 1)
        ids = target[:, 0].long()
        counted = ids != self.ignore_index
        losses = cross_entropy(logits, ids.masked_fill(~counted, 0), reduction="none")
        kept = torch.zeros_like(counted)
        for c in ids[counted].unique():
            places = (ids == c).nonzero(as_tuple=True)
            easiest = losses[places].argsort(stable=True)[: math.ceil(share * len(places[0]))]
            kept[tuple(place[easiest] for place in places)] = True
        return target.masked_fill(~kept[:, None], _LEFT_OUT)
