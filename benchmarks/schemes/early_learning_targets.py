"""What a network said of each case in earlier epochs, voxel by voxel."""

from __future__ import annotations

from typing import Any

import torch
from ignite.engine import Engine, Events
from monai.data import MetaTensor
from torch import Tensor


class EarlyLearningTargets:
    """Ignite handler that keeps a moving average of the probabilities of every case: the targets of ELR.

    ``t = beta * t + (1 - beta) * p`` whenever the case is seen, beginning at 0. Liu, Niles-Weed, Razavian and
    Fernandez-Granda, *Early-Learning Regularization Prevents Memorization of Noisy Labels*, NeurIPS 2020, equation 8.
    Targets belong to voxels, so a case has to come on the same grid each time; kept in half precision.

    Args:
        beta: in ``[0, 1)``; the paper has 0.7 on CIFAR-10.
    """

    def __init__(self, *, beta: float = 0.7) -> None:
        if not 0 <= beta < 1:
            raise ValueError(f"beta: found {beta}, expected a number in [0, 1)")
        self.beta = beta
        self.targets: dict[str, Tensor] = {}
        self._affines: dict[str, Tensor] = {}
        self._case_ids: list[str] = []

    def attach(self, engine: Engine) -> None:
        """Look at each batch of a trainer for its ``case_id``."""
        engine.add_event_handler(Events.ITERATION_STARTED, self._note_cases)

    def _note_cases(self, engine: Engine) -> None:
        batch: dict[str, Any] = engine.state.batch
        image = batch["image"]
        self.see(
            [str(case_id) for case_id in batch["case_id"]], image.affine if isinstance(image, MetaTensor) else None
        )

    def see(self, case_ids: list[str], affines: Tensor | None = None) -> None:
        """Note which cases are the next batch, and refuse those that come on another grid than before."""
        self._case_ids = case_ids
        for case_id, affine in zip(case_ids, () if affines is None else affines, strict=False):
            if not torch.equal(self._affines.setdefault(case_id, affine.clone()), affine):
                raise ValueError(f"case {case_id!r}: found another grid than before, expected no random crops or turns")

    @torch.no_grad()
    def updated(self, probs: Tensor) -> Tensor:
        """Move the targets of the batch at hand towards its probabilities.

        Args:
            probs: ``(B, C, *spatial)``.

        Returns:
            The targets, of the same shape.
        """
        for case_id, prob in zip(self._case_ids, probs, strict=True):
            before = self.targets.get(case_id, torch.zeros_like(prob, dtype=torch.float16)).to(prob)
            self.targets[case_id] = (self.beta * before + (1 - self.beta) * prob).half()
        return torch.stack([self.targets[case_id] for case_id in self._case_ids]).to(probs)

    def state_dict(self) -> dict[str, Any]:
        """The targets and grids by case."""
        return {"targets": dict(self.targets), "affines": dict(self._affines)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the targets of a checkpoint."""
        self.targets, self._affines = dict(state["targets"]), dict(state["affines"])
