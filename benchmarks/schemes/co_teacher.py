"""A second network that is trained beside the first, each on what the other trusts."""

from __future__ import annotations

import copy
from typing import Any

import torch
from ignite.engine import Engine, Events


class CoTeacher:
    """Ignite handler that holds a second network of the same kind, begun elsewhere, and counts the steps.

    Han et al., *Co-teaching: Robust training of deep neural networks with extremely noisy labels*, NeurIPS 2018. Both
    networks see the same batches in the same steps. The first is the one that is validated, tested and kept.

    Args:
        network: the first; the second is a copy whose layers are drawn anew.
    """

    def __init__(self, network: torch.nn.Module) -> None:
        self.network = copy.deepcopy(network)
        self.steps = 0
        for name, module in self.network.named_modules():
            if any(True for _ in module.parameters(recurse=False)):
                if not hasattr(module, "reset_parameters"):
                    raise TypeError(f"{name}: found a {type(module).__name__} that cannot be drawn anew")
                module.reset_parameters()

    def attach(self, engine: Engine) -> None:
        """Count the steps of a trainer."""
        engine.add_event_handler(Events.ITERATION_COMPLETED, self.count)

    def count(self, engine: Engine | None = None) -> None:
        """One step more."""
        self.steps += 1

    def state_dict(self) -> dict[str, Any]:
        """How many steps were counted; the second network's weights are saved beside it."""
        return {"steps": self.steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the number of steps."""
        self.steps = int(state["steps"])
