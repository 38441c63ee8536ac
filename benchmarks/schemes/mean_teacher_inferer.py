"""What network and teacher say of the same images."""

from __future__ import annotations

from typing import Any

import torch
from monai.inferers import Inferer
from torch import Tensor

from schemes.mean_teacher import MeanTeacher


class MeanTeacherInferer(Inferer):
    """Answers ``[logits of the network, logits of the teacher]`` in training; the teacher sees the images with noise.

    Args:
        teacher: follows the network.
        noise: standard deviation of Gaussian noise added to the teacher's images, cut at twice that, as Yu et al.
            (UA-MT, MICCAI 2019) have it for images of standard deviation 1.
    """

    def __init__(self, teacher: MeanTeacher, *, noise: float = 0.1) -> None:
        super().__init__()
        self.teacher = teacher
        self.noise = noise

    def __call__(self, inputs: Tensor, network: Any, *args: Any, **kwargs: Any) -> list[Tensor]:
        """Ask both."""
        shaken = inputs + (torch.randn_like(inputs) * self.noise).clamp(-2 * self.noise, 2 * self.noise)
        self.teacher.network.train()
        with torch.no_grad():
            taught = self.teacher.network(shaken)
        return [network(inputs), taught]
