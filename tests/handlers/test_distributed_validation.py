"""Two real processes count the validation cases as one does, each case once."""

import os

import pytest
import torch
from monai.data import DataLoader, Dataset, DistributedSampler
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import ValidationHandler
from reference.counts import overlap_counts
from reference.processes import in_processes
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DistributedSampler as TorchDistributedSampler

from monai_adele.data import EpochSampler
from monai_adele.handlers import MemorizationDetector

from .conftest import CLASS_NAMES, make_case

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # of a process group that ends with its process
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked"),
]


def small_network():
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.InstanceNorm2d(8), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, torch.nn.Conv2d(8, 3, 3, padding=1))


def validation_cases(number):
    """Cases of which only the first shows the class on the right, so that one process never sees it."""
    cases = [make_case(f"validation_{i}", seed=10 + i) for i in range(number)]
    for case in cases[1:]:
        case["label"][case["label"] == 2] = 0
    return cases


def share(kind, dataset, rank, ranks):
    """The cases of a process: divided unevenly, or filled up so that all have equally many."""
    if ranks == 1:
        return None
    if kind == "uneven":
        return DistributedSampler(dataset, even_divisible=False, shuffle=False, num_replicas=ranks, rank=rank)
    return TorchDistributedSampler(dataset, shuffle=False, num_replicas=ranks, rank=rank)


def counted(rank, ranks, *, number, kind, batch_size, interval):
    """Validation IoU of each class after each of two epochs of a network that does not learn."""
    network, device = small_network(), torch.device("cpu")
    training = Dataset([make_case(f"case_{i}", seed=i) for i in range(4)])
    validation = Dataset(validation_cases(number))
    sampler = share(kind, validation, rank, ranks)
    evaluator = SupervisedEvaluator(
        device, DataLoader(validation, batch_size=batch_size, sampler=sampler), network=network
    )
    detector = MemorizationDetector(CLASS_NAMES, evaluator=evaluator)
    order = EpochSampler(len(training), seed=0, num_replicas=ranks, rank=rank)
    trainer = SupervisedTrainer(
        device,
        max_epochs=2,
        train_data_loader=DataLoader(training, batch_size=2 // ranks, sampler=order),
        network=network if ranks == 1 else DistributedDataParallel(network),
        optimizer=torch.optim.SGD(network.parameters(), lr=0.0),
        loss_function=lambda logits, label: torch.nn.functional.cross_entropy(logits, label[:, 0].long()),
        decollate=False,
        train_handlers=[ValidationHandler(interval, evaluator), detector],
    )
    trainer.run()
    return {c: list(curve.validation_iou) for c, curve in detector.curves.items()}


def expected(number):
    """The same by the slow reference, case by case."""
    network, counts = small_network().eval(), 0
    for case in validation_cases(number):
        pred = network(case["image"].as_tensor()[None]).argmax(1)
        counts = counts + torch.as_tensor(overlap_counts(pred[0], case["label"].as_tensor()[0], 3))
    return [float(c[0] / (c[1] + c[2] - c[0])) for c in counts.double()]


@pytest.mark.parametrize("kind", ["uneven", "padded"])
@pytest.mark.parametrize(("number", "batch_size"), [(4, 1), (3, 1), (5, 2)])
def test_the_validation_counts_are_those_of_one_process(tmp_path, number, kind, batch_size):
    options = {"number": number, "kind": kind, "batch_size": batch_size, "interval": 1}
    alone = counted(0, 1, **options)
    two = in_processes(lambda rank: counted(rank, 2, **options), tmp_path)
    assert two == [alone, alone]
    iou = expected(number)
    assert alone == {c: [iou[c], iou[c]] for c in (1, 2)}


def test_an_epoch_without_validation_is_not_measured_in_any_process(tmp_path):
    options = {"number": 3, "kind": "uneven", "batch_size": 1, "interval": 2}
    for curves in in_processes(lambda rank: counted(rank, 2, **options), tmp_path):
        for c, iou in enumerate(expected(3)[1:], start=1):
            assert curves[c] == pytest.approx([float("nan"), iou], nan_ok=True)
