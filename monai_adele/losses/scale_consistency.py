"""Disagreement between a network's answers at several scales."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn.modules.loss import _Loss

from monai_adele.functional import scale_consistency

__all__ = ["ScaleConsistencyLoss"]


class ScaleConsistencyLoss(_Loss):
    """Mean divergence of the predictions at each scale from their mean over the scales.

    The consistency term of Liu et al. (CVPR 2022), see
    :func:`monai_adele.functional.scale_consistency` for the formula and the deviations.

    Args:
        min_confidence: count only voxels where the mean prediction gives some class more than
            this probability, in ``[0, 1)``; None counts all.
        ignore_index: label value of voxels that are not counted.

    Raises:
        ValueError: if ``min_confidence`` lies outside its range.

    Example:
        >>> import torch
        >>> logits = torch.tensor([2.0, 0.0]).reshape(1, 2, 1, 1)
        >>> ScaleConsistencyLoss()([logits, logits]).item()
        0.0
    """

    def __init__(self, *, min_confidence: float | None = None, ignore_index: int | None = None) -> None:
        super().__init__()
        if min_confidence is not None and not 0 <= min_confidence < 1:
            raise ValueError(f"min_confidence: found {min_confidence}, expected a value in [0, 1) or None")
        self.min_confidence = min_confidence
        self.ignore_index = ignore_index

    def forward(self, logits: Sequence[Tensor], target: Tensor | None = None) -> Tensor:
        """Compute the loss.

        Args:
            logits: one tensor ``(B, C, *spatial)`` a scale, all on one grid.
            target: labels ``(B, 1, *spatial)``, looked at for ``ignore_index`` only.

        Returns:
            A scalar, at least 0, in float32; 0 with gradient 0 where no voxel counts.
        """
        mask = None
        if self.ignore_index is not None and target is not None:
            mask = target[:, 0] != self.ignore_index
        return scale_consistency(logits, mask=mask, min_confidence=self.min_confidence)
