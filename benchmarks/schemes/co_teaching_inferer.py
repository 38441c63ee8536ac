"""What two networks say of the same images."""

from __future__ import annotations

from typing import Any

from monai.inferers import Inferer
from torch import Tensor

from schemes.co_teacher import CoTeacher


class CoTeachingInferer(Inferer):
    """Answers ``[logits of the network, logits of the second network]`` in training.

    Args:
        teacher: holds the second network.
    """

    def __init__(self, teacher: CoTeacher) -> None:
        super().__init__()
        self.teacher = teacher

    def __call__(self, inputs: Tensor, network: Any, *args: Any, **kwargs: Any) -> list[Tensor]:
        """Ask both."""
        return [network(inputs), self.teacher.network(inputs)]
