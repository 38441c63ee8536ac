"""The training loss of ADELE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from monai.utils import convert_to_tensor
from torch import Tensor
from torch.nn.modules.loss import _Loss

from monai_adele.losses.scale_consistency import ScaleConsistencyLoss

__all__ = ["AdeleLoss"]

_CERTAIN = 50.0


class AdeleLoss(_Loss):
    """A segmentation loss, plus a weight times the consistency across scales.

    Takes what :class:`monai_adele.inferers.MultiScaleInferer` answers in training. With a single
    tensor, or a list of one, it is the base loss alone.

    Args:
        base_loss: any loss of ``(logits, target)``, for example MONAI's ``DiceCELoss``.
        consistency_weight: weight λ of the consistency, at least 0.
        consistency: the consistency loss; default :class:`ScaleConsistencyLoss`.
        base_scales: ``"all"`` takes the base loss's mean over the scales (Liu et al., CVPR 2022),
            ``"native"`` the native scale's only.
        ignore_index: label value of voxels that teach nothing: to the base loss they are shown as
            background predicted with certainty, without gradient. In a mean over voxels they count as 0.
        temperature: what the logits are divided by before the base loss, above 0; the authors'
            code has 3, the number of its scales.

    Raises:
        ValueError: if the weight is negative, the temperature not positive, or ``base_scales``
            not one of the two.

    Example:
        >>> loss = AdeleLoss(torch.nn.CrossEntropyLoss(), consistency_weight=3.0)
        >>> logits, target = torch.zeros(1, 2, 4, 4), torch.zeros(1, 4, 4, dtype=torch.long)
        >>> round(loss([logits, logits], target).item(), 4)
        0.6931
    """

    def __init__(
        self,
        base_loss: Callable[[Tensor, Tensor], Tensor],
        *,
        consistency_weight: float = 1.0,
        consistency: Callable[[Sequence[Tensor], Tensor], Tensor] | None = None,
        base_scales: Literal["all", "native"] = "all",
        temperature: float = 1.0,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__()
        if not consistency_weight >= 0:
            raise ValueError(f"consistency_weight: found {consistency_weight}, expected a number of at least 0")
        if base_scales not in ("all", "native"):
            raise ValueError(f"base_scales: found {base_scales!r}, expected 'all' or 'native'")
        if not temperature > 0:
            raise ValueError(f"temperature: found {temperature}, expected a number above 0")
        self.base_loss = base_loss
        self.consistency_weight = consistency_weight
        self.consistency = ScaleConsistencyLoss() if consistency is None else consistency
        self.base_scales = base_scales
        self.temperature = temperature
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor | Sequence[Tensor], target: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: ``(B, C, *spatial)``, or a list of such, the native scale first.
            target: what the base loss expects, for MONAI's losses ``(B, 1, *spatial)``.

        Returns:
            A scalar, if the base loss returns one.

        Raises:
            ValueError: if the target holds no voxel, which a base loss may take for a perfect prediction.
        """
        scales = [logits] if isinstance(logits, Tensor) else list(logits)
        scales = [convert_to_tensor(x, track_meta=False) for x in scales]
        target = convert_to_tensor(target, track_meta=False)
        if not target.numel():
            raise ValueError(f"target has shape {tuple(target.shape)}, expected at least one case and one voxel")
        counted = scales if self.base_scales == "all" else scales[:1]
        base = torch.stack([self._base(x / self.temperature, target) for x in counted]).mean(dim=0)
        if self.consistency_weight == 0 or len(scales) == 1:
            return base
        return base + self.consistency_weight * self.consistency(scales, target)

    def _base(self, logits: Tensor, target: Tensor) -> Tensor:
        if self.ignore_index is None:
            return self.base_loss(logits, target)
        ignored = target == self.ignore_index
        certain = torch.full_like(logits, -_CERTAIN)
        certain[:, 0] = _CERTAIN
        return self.base_loss(torch.where(ignored, certain, logits), target.masked_fill(ignored, 0))
