"""A teacher whose weights are the moving average of the network's."""

from __future__ import annotations

import copy
from typing import Any

import torch
from ignite.engine import Engine, Events


class MeanTeacher:
    """Ignite handler that keeps a teacher: after each step its weights move towards the network's.

    ``teacher = a * teacher + (1 - a) * network`` with ``a = min(1 - 1 / (steps + 1), decay)``, so that the mean of all
    steps comes first. Buffers, as the statistics of batch norm, are copied. Tarvainen and Valpola, *Mean teachers are
    better role models*, NeurIPS 2017. The teacher is the network that is validated, tested and kept.

    Args:
        network: the network that is trained.
        decay: in ``[0, 1)``.
    """

    def __init__(self, network: torch.nn.Module, *, decay: float = 0.99) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay: found {decay}, expected a number in [0, 1)")
        self.student = network
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.decay = decay
        self.steps = 0

    def attach(self, engine: Engine) -> None:
        """Follow the network that a trainer trains."""
        engine.add_event_handler(Events.ITERATION_COMPLETED, self.follow)

    @torch.no_grad()
    def follow(self, engine: Engine | None = None) -> None:
        """Move the teacher's weights towards the network's, one step."""
        self.steps += 1
        share = min(1 - 1 / (self.steps + 1), self.decay)
        for own, other in zip(self.network.parameters(), self.student.parameters(), strict=True):
            own.mul_(share).add_(other, alpha=1 - share)
        for own, other in zip(self.network.buffers(), self.student.buffers(), strict=True):
            own.copy_(other)

    def state_dict(self) -> dict[str, Any]:
        """How many steps it followed; its weights are saved as the run's network."""
        return {"steps": self.steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the number of steps."""
        self.steps = int(state["steps"])
