"""A segmentation loss, regularized towards what the network learned early."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monai.utils import convert_to_tensor
from torch import Tensor
from torch.nn.modules.loss import _Loss

from schemes.early_learning_targets import EarlyLearningTargets

_LEAST = 1e-4


class EarlyLearningLoss(_Loss):
    """Early-learning regularization (ELR): ``base + weight * mean over voxels of log(1 - sum_c p_c t_c)``.

    p are the probabilities, cut to ``[1e-4, 1 - 1e-4]`` and divided by their sum where they enter the targets, as
    in the authors' code; t the targets after this batch. Liu et al., NeurIPS 2020, equation 6.

    Args:
        base_loss: of ``(logits, target)``; the paper has cross-entropy.
        targets: attached to the trainer.
        weight: at least 0; the paper has 3 on CIFAR-10 and 7 on CIFAR-100.
    """

    def __init__(
        self, base_loss: Callable[[Tensor, Tensor], Tensor], targets: EarlyLearningTargets, *, weight: float = 3.0
    ) -> None:
        super().__init__()
        if not weight >= 0:
            raise ValueError(f"weight: found {weight}, expected a number of at least 0")
        self.base_loss = base_loss
        self.targets = targets
        self.weight = weight

    def forward(self, logits: Tensor | Sequence[Tensor], target: Tensor) -> Tensor:
        """Compute the loss of the batch that the targets saw last."""
        native = convert_to_tensor(logits if isinstance(logits, Tensor) else logits[0], track_meta=False)
        probs = native.softmax(dim=1).clamp(_LEAST, 1 - _LEAST)
        targets = self.targets.updated(probs.detach() / probs.detach().sum(dim=1, keepdim=True))
        agreement = (probs * targets).sum(dim=1).clamp(max=1 - _LEAST)
        regularization = (1 - agreement).log().mean()
        return self.base_loss(native, convert_to_tensor(target, track_meta=False)) + self.weight * regularization
