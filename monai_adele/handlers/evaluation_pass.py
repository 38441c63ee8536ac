"""Predictions from an evaluation of the training cases at the end of an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Engine
from monai.data import DataLoader
from monai.utils import convert_to_tensor
from monai.utils.enums import CommonKeys
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import Subset
from tqdm import tqdm

from monai_adele.errors import NonFiniteError
from monai_adele.handlers.class_ids import class_ids
from monai_adele.handlers.prediction_source import CasePrediction

__all__ = ["EvaluationPass"]


class EvaluationPass:
    """Source of predictions: the network in evaluation mode over the un-augmented cases.

    It works with any augmentation and cropping, and keeps one case in memory. It costs about a
    third of a training epoch, and only when a correction is due.

    Args:
        dataset: un-augmented training cases, whose items hold ``image`` ``(C, *spatial)``, the
            current ``label`` ``(1, *spatial)`` and ``case_id``.
        network: the network that is trained.
        inferer: how it is applied to whole images, for example a ``SlidingWindowInferer``;
            returns logits or log probabilities, ``(B, classes, *spatial)``.
        device: where the network is.
        case_id_key: key of the case's id.
        num_workers: processes that load cases.

    Example:
        >>> cases = [{"image": torch.zeros(1, 4, 4), "label": torch.zeros(1, 4, 4), "case_id": "a"}]
        >>> network = torch.nn.Conv2d(1, 3, 1)
        >>> source = EvaluationPass(cases, network, lambda image, net: net(image))
        >>> [(case.case_id, tuple(case.pred.shape)) for case in source.predictions()]
        [('a', (4, 4))]
    """

    is_free = False

    def __init__(
        self,
        dataset: Any,
        network: torch.nn.Module,
        inferer: Callable[..., Tensor],
        *,
        device: torch.device | str = "cpu",
        case_id_key: str = "case_id",
        num_workers: int = 0,
    ) -> None:
        # what DistributedDataParallel adds would wait for the other processes, which have other cases
        self.network = network.module if isinstance(network, DistributedDataParallel) else network
        self.inferer = inferer
        self.device = torch.device(device)
        self.case_id_key = case_id_key
        self.dataset = dataset
        self.num_workers = num_workers

    def attach(self, engine: Engine) -> None:
        """Nothing to listen to: the network is asked when the predictions are."""

    def start_epoch(self, *, due: bool) -> None:
        """Nothing to prepare."""

    def predictions(self) -> Iterator[CasePrediction]:
        """Predict case after case; the network is left in the mode in which it was found.

        Yields:
            One prediction a case; of several processes, each has every so many-th case.

        Raises:
            NonFiniteError: if the network answers NaN or infinity.
            LabelValueError: if a label holds values that are not whole numbers.
        """
        training, rank = self.network.training, idist.get_rank()
        share = Subset(self.dataset, range(rank, len(self.dataset), idist.get_world_size()))
        loader = DataLoader(share, batch_size=1, num_workers=self.num_workers)
        self.network.eval()
        try:
            for batch in tqdm(loader, desc="predicting for correction", leave=False, disable=True if rank else None):
                yield self._predict(batch)
        finally:
            self.network.train(training)

    @torch.no_grad()
    def _predict(self, batch: dict[str, Any]) -> CasePrediction:
        case_id = str(batch[self.case_id_key][0])
        image = convert_to_tensor(batch[CommonKeys.IMAGE], track_meta=False).to(self.device)
        probs = self.inferer(image, self.network)[0].float().softmax(dim=0)
        confidence, pred = probs.max(dim=0)
        if not bool(torch.isfinite(confidence).all()):
            raise NonFiniteError(
                f"case '{case_id}': the network's prediction holds NaN or infinity, expected finite numbers; "
                "no label was corrected; resume from the last checkpoint with a smaller learning rate"
            )
        label = class_ids(convert_to_tensor(batch[CommonKeys.LABEL], track_meta=False)[0, 0], case_id)
        return CasePrediction(case_id, label, pred.byte().cpu(), confidence.cpu())
