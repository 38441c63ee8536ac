"""Predictions gathered while an epoch trains, brought back to the un-augmented grid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from ignite.engine import Engine, Events
from monai.data import MetaTensor
from monai.engines.utils import IterationEvents
from monai.utils import convert_to_tensor
from monai.utils.enums import CommonKeys
from torch import Tensor

from monai_adele.errors import GeometryError, NonFiniteError
from monai_adele.functional import pull_back
from monai_adele.handlers.affine_augmentation import check_augmentation
from monai_adele.handlers.class_ids import class_ids
from monai_adele.handlers.counted_samples import counted_samples
from monai_adele.handlers.prediction_memory import PredictionMemory
from monai_adele.handlers.prediction_source import CasePrediction

__all__ = ["TrainingPredictions"]

_LEVELS = 254  # confidence in (0, 1] is stored as 1 .. 255; 0 says that nothing is known


class TrainingPredictions:
    """Source of predictions: those that training makes anyway, in training mode.

    Nothing is predicted twice. The softmax of the native scale goes back to the un-augmented
    grid by one linear interpolation through the affines of the augmented and the cached image;
    MONAI keeps these exactly for flips, rotations, zooms, affine transforms, crops and pads.
    Elastic and other augmentation that an affine cannot say is refused when training starts. Voxels
    outside every crop are unknown and never corrected. Where crops of a case overlap, the last
    one counts. Kept are two bytes a voxel, in epochs after which a correction may be due, and past
    a limit in files of a temporary folder.

    Args:
        dataset: un-augmented training cases, whose items hold ``image`` ``(C, *spatial)`` as
            MetaTensor, the current ``label`` ``(1, *spatial)`` and ``case_id``.
        case_id_key: key of the case's id.
        limit_mib: how much of it is kept in memory, in MiB.

    Raises:
        ValueError: if the limit is negative.
    """

    is_free = True

    def __init__(self, dataset: Any, *, case_id_key: str = "case_id", limit_mib: float = 1024) -> None:
        self.dataset = dataset
        self.case_id_key = case_id_key
        self._index: dict[str, int] = {}
        self._memory = PredictionMemory(limit_mib)
        self._due = False

    def attach(self, engine: Engine) -> None:
        """Gather at each iteration of a trainer.

        Args:
            engine: the trainer.
        """
        self._index = {str(self.dataset[i][self.case_id_key]): i for i in range(len(self.dataset))}
        engine.add_event_handler(Events.STARTED, check_augmentation)
        engine.add_event_handler(IterationEvents.LOSS_COMPLETED, self._gather)

    def start_epoch(self, *, due: bool) -> None:
        """Forget the last epoch; gather in this one only if a correction is due after it."""
        self._due = due
        self._memory.clear()

    def predictions(self) -> Iterator[CasePrediction]:
        """What the epoch said of each case that this process saw, in the order of the dataset.

        Yields:
            One prediction a case.

        Raises:
            LabelValueError: if a label holds values that are not whole numbers.
        """
        for case_id in sorted(self._memory, key=self._index.__getitem__):
            current = convert_to_tensor(self.dataset[self._index[case_id]][CommonKeys.LABEL], track_meta=False)[0]
            label = class_ids(current, case_id)
            pred, level = self._memory.of(case_id, tuple(label.shape)).clone()
            yield CasePrediction(case_id, label, pred, (level.float() - 1).clamp_min(0) / _LEVELS)

    @torch.no_grad()
    def _gather(self, engine: Engine) -> None:
        if not self._due:
            return
        logits = engine.state.output[CommonKeys.PRED]
        native = convert_to_tensor(logits[0] if isinstance(logits, (list, tuple)) else logits, track_meta=False)
        images = engine.state.batch[CommonKeys.IMAGE]
        if not isinstance(images, MetaTensor):
            raise GeometryError(
                "training predictions: found images without affine, expected MetaTensors; "
                "keep track_meta on, or use EvaluationPass as the source"
            )
        case_ids = engine.state.batch[self.case_id_key]
        affines = images.affine if images.is_batch else images.affine[None].expand(len(case_ids), -1, -1)
        counted = counted_samples(engine, len(case_ids))  # what comes again as padding counts as the first time
        probs = native.float().softmax(dim=1)
        for case_id, affine, scores in list(zip(case_ids, affines, probs, strict=True))[:counted]:
            self._remember(str(case_id), affine, scores.cpu())

    def _remember(self, case_id: str, affine: Tensor, probs: Tensor) -> None:
        if not bool(torch.isfinite(probs).all()):
            raise NonFiniteError(
                f"case '{case_id}': the network's prediction holds NaN or infinity, expected finite numbers; "
                "no label was corrected; resume from the last checkpoint with a smaller learning rate"
            )
        image = self.dataset[self._index[case_id]][CommonKeys.IMAGE]
        shape = tuple(image.shape[1:])
        matrix = torch.linalg.inv(affine.double()) @ image.affine.double()
        axes = [*range(len(shape)), matrix.shape[0] - 1]
        values, known = pull_back(probs, matrix[axes][:, axes], shape)
        confidence, pred = values.max(dim=0)
        level = torch.where(known, (confidence * _LEVELS).round() + 1, 0.0).byte()
        remembered = self._memory.of(case_id, shape)
        remembered[0, known] = pred[known].byte()
        remembered[1, known] = level[known]
