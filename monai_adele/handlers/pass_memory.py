"""What the network said of each case an epoch ago, kept as what differs from the given label."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor

from monai_adele.handlers.prediction_source import CasePrediction

__all__ = ["PassMemory"]

_LEVELS = 255


class PassMemory:
    """Remembers the last prediction of every voxel that differs from its given label.

    Six bytes for each such voxel (ten in cases of 2**31 voxels and more), nothing for the others. Of voxels that
    a pass does not know, for example outside of a crop, it remembers the pass before. A voxel that was never
    predicted counts as predicted as given.

    Example:
        >>> memory, given = PassMemory(), torch.tensor([0, 1, 1])
        >>> case = CasePrediction("a", given, torch.tensor([0, 0, 1]), torch.tensor([1.0, 0.8, 1.0]))
        >>> memory.remember(case, given)
        >>> memory.before(case, given)
        tensor([0, 0, 1])
        >>> memory.steady(case, given).confidence
        tensor([1.0000, 0.8000, 1.0000])
    """

    def __init__(self) -> None:
        self._cases: dict[str, tuple[Tensor, Tensor, Tensor]] = {}  # places, class ids, levels of confidence

    def __len__(self) -> int:
        return len(self._cases)

    def before(self, case: CasePrediction, given: Tensor) -> Tensor:
        """Return what the last pass predicted.

        Args:
            case: the prediction of now.
            given: the case's given label, ``(*spatial)``.

        Returns:
            Class ids, ``(*spatial)``, of the dtype of ``given``.
        """
        before = given.clone(memory_format=torch.contiguous_format)
        if case.case_id in self._cases:
            places, ids, _ = self._cases[case.case_id]
            before.view(-1)[places.long()] = ids.to(given.dtype)
        return before

    def steady(self, case: CasePrediction, given: Tensor) -> CasePrediction:
        """Return the prediction with the confidence of both passes.

        Args:
            case: the prediction of now.
            given: the case's given label, ``(*spatial)``.

        Returns:
            The same, with the mean confidence where the last pass predicted the same class, 0 elsewhere. Where both
            predicted the class that was given, it is the confidence of now.
        """
        confidence = case.confidence.clone(memory_format=torch.contiguous_format)
        if case.case_id in self._cases:
            places, _, levels = self._cases[case.case_id]
            of_both = confidence.view(-1)
            of_both[places.long()] = (of_both[places.long()] + levels.to(confidence.dtype) / _LEVELS) / 2
        unsteady = (self.before(case, given) != case.pred) | (case.confidence == 0)
        return dataclasses.replace(case, confidence=confidence.masked_fill(unsteady, 0))

    def remember(self, case: CasePrediction, given: Tensor) -> None:
        """Put a prediction in the place of the case's last one.

        Args:
            case: the prediction of now.
            given: the case's given label, ``(*spatial)``.
        """
        known = (case.confidence > 0).flatten()
        ids = torch.where(known, case.pred.flatten(), self.before(case, given).flatten()).byte()
        levels = (case.confidence.flatten() * _LEVELS).round().byte()
        if case.case_id in self._cases:
            places, _, old = self._cases[case.case_id]
            levels[places.long()] = torch.where(known[places.long()], levels[places.long()], old)
        places = (ids != given.flatten()).nonzero().flatten()
        kind = torch.int32 if given.numel() < 2**31 else torch.int64
        self._cases[case.case_id] = (places.to(kind), ids[places], levels[places])

    def state_dict(self) -> dict[str, Any]:
        """Three tensors a case."""
        return {case_id: list(tensors) for case_id, tensors in self._cases.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state_dict` returned.

        Args:
            state: of a checkpoint.
        """
        self._cases = {case_id: (places, ids, levels) for case_id, (places, ids, levels) in state.items()}
