"""The consistency loss as the authors of ADELE have it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn.modules.loss import _Loss

from monai_adele.functional import authors_scale_consistency

__all__ = ["AuthorsScaleConsistencyLoss"]


class AuthorsScaleConsistencyLoss(_Loss):
    """Disagreement between scales, clamped and masked image by image as in the authors' code.

    :func:`monai_adele.functional.authors_scale_consistency` divided by the number of scales:
    in their code the total is ``(λ · consistency + cross-entropy) / 3`` with both summed over
    three scales, which is :class:`AdeleLoss` with this consistency and ``temperature=3``
    (Liu et al., CVPR 2022).

    Args:
        min_confidence: the paper's ρ: images whose largest mean probability is below it
            contribute 0.
        ignore_index: label value of voxels that do not count towards an image's largest
            probability; they do dilute the mean.

    Raises:
        ValueError: if ``min_confidence`` lies outside ``[0, 1]``.

    Example:
        >>> import torch
        >>> logits = torch.tensor([2.0, 0.0]).reshape(1, 2, 1, 1)
        >>> round(AuthorsScaleConsistencyLoss()([logits, -logits]).item(), 4)
        0.0
    """

    def __init__(self, *, min_confidence: float = 0.8, ignore_index: int = 255) -> None:
        super().__init__()
        if not 0 <= min_confidence <= 1:
            raise ValueError(f"min_confidence: found {min_confidence}, expected a value in [0, 1]")
        self.min_confidence = min_confidence
        self.ignore_index = ignore_index

    def forward(self, logits: Sequence[Tensor], target: Tensor | None = None) -> Tensor:
        """Compute the loss.

        Args:
            logits: one tensor ``(B, C, *spatial)`` a scale, all on one grid.
            target: labels ``(B, 1, *spatial)``, looked at for ``ignore_index`` only.

        Returns:
            A scalar.
        """
        mask = None if target is None else target[:, 0] != self.ignore_index
        return authors_scale_consistency(logits, mask=mask, min_confidence=self.min_confidence) / len(logits)
