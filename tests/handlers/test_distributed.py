"""Two real processes do what one does: counts, curves, onsets, corrections."""

import os

import pytest
import torch
from bundle_settings import AT_ONCE
from ignite.engine import Events
from monai.data import CacheDataset, DataLoader, DistributedSampler
from monai.engines import SupervisedTrainer
from monai.losses import DiceCELoss
from reference.processes import in_processes
from torch.nn.parallel import DistributedDataParallel

from monai_adele.data import EpochSampler, SeededDataset
from monai_adele.functional import ChangeCap, CorrectionRule, OnsetDecision
from monai_adele.handlers import (
    EpochSeeder,
    EvaluationPass,
    LabelCorrector,
    MemorizationDetector,
    TrainingPredictions,
    TruthMonitor,
)
from monai_adele.inferers import MultiScaleInferer
from monai_adele.losses import AdeleLoss
from monai_adele.store import LabelStore
from monai_adele.transforms import LABEL_VERSION, CurrentLabeld

from .conftest import make_case

NAMES = ["background", "left", "right"]
pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # of a process group that ends with its process
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked"),
]


class From:
    """A rule that says yes from an epoch on."""

    def __init__(self, epoch):
        self.epoch = epoch

    def decide(self, curve):
        return OnsetDecision(self.epoch if len(curve) >= self.epoch else None, "by hand", None)


def small_network():
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.InstanceNorm2d(8), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, torch.nn.Conv2d(8, 3, 3, padding=1))


def trainer_of(
    folder, rank, ranks, *, num_cases, lr, onset, source="evaluation", sampler="ours", weight=0.0, limits=None
):
    """A trainer of ``num_cases`` cases, two a step over all processes."""
    cases = [make_case(f"case_{i}", seed=i) for i in range(num_cases)]
    cases = [case | {"truth": case["label"].clone(), "given": case["label"].clone()} for case in cases]
    store = LabelStore(folder / "store")
    units = CacheDataset(cases, [CurrentLabeld("label", store)], progress=False, num_workers=1)
    network = small_network()
    detector = MemorizationDetector(NAMES, From(onset))
    passed = EvaluationPass(units, network, MultiScaleInferer())
    kinds = {"evaluation": passed, "training": TrainingPredictions(units)}
    rule = CorrectionRule(tau_foreground=0.2, tau_background=0.2)
    dataset = SeededDataset(units, seed=0)
    order = EpochSampler(num_cases, seed=0, num_replicas=ranks, rank=rank)
    if sampler == "monai":
        order = DistributedSampler(dataset, num_replicas=ranks, rank=rank, shuffle=True)
    trainer = SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=3,
        train_data_loader=DataLoader(dataset, batch_size=2 // ranks, sampler=order),
        network=network if ranks == 1 else DistributedDataParallel(network, broadcast_buffers=False),
        optimizer=torch.optim.SGD(network.parameters(), lr=lr),
        loss_function=AdeleLoss(DiceCELoss(to_onehot_y=True, softmax=True), consistency_weight=weight),
        inferer=MultiScaleInferer(scales=[1.0, 0.75] if weight else [1.0], divisor=4),
        decollate=False,
        train_handlers=[
            EpochSeeder([dataset, order]),
            detector,
            LabelCorrector(detector, store, kinds[source], rule=rule, **AT_ONCE | (limits or {})),
            TruthMonitor(NAMES),
        ],
    )
    return trainer, detector, store


def run(folder, rank, ranks, **options):
    """What a process knows after three epochs."""
    trainer, detector, store = trainer_of(folder, rank, ranks, **options)
    served, corrected, truth, left_alone = [], [], [], []

    @trainer.on(Events.ITERATION_STARTED)
    def note(engine):
        served.append([engine.state.epoch, int(engine.state.batch[LABEL_VERSION][0])])

    @trainer.on(Events.EPOCH_COMPLETED)
    def note_metrics(engine):
        corrected.append(engine.state.metrics["corrected_voxels"])
        left_alone.append(engine.state.metrics.get("cases_left_alone"))
        truth.append(engine.state.metrics["truth_iou_left"])

    trainer.run()
    return {
        "curves": {c: list(curve.iou + curve.confidence) for c, curve in detector.curves.items()},
        "onsets": {c: decision.epoch for c, decision in detector.onsets.items()},
        "served": served,
        "corrected": corrected,
        "left_alone": left_alone,
        "truth": truth,
        "weights": torch.cat([value.detach().flatten() for value in trainer.network.parameters()]),
        "version": store.version,
    }


def both(tmp_path, **options):
    """Results of one process, and of two."""
    alone = run(tmp_path / "one", 0, 1, **options)
    LabelStore(tmp_path / "two" / "store")
    return alone, in_processes(lambda rank: run(tmp_path / "two", rank, 2, **options), tmp_path / "processes")


def journal(folder):
    entries = LabelStore(folder / "store").journal()
    return sorted((entry.version, entry.epoch, entry.case_id, entry.transitions) for entry in entries)


@pytest.mark.parametrize("sampler", ["ours", "monai"])
@pytest.mark.parametrize("num_cases", [4, 5])
def test_a_frozen_network_gives_the_same_curves(tmp_path, num_cases, sampler):
    alone, two = both(tmp_path, num_cases=num_cases, lr=0.0, onset=99, sampler=sampler)
    for result in two:
        assert result["curves"] == alone["curves"]
        assert result["truth"] == alone["truth"]


def test_training_on_the_same_batches_gives_the_same_curves(tmp_path):
    alone, two = both(tmp_path, num_cases=4, lr=0.1, onset=3)
    for result in two:
        for c, curve in alone["curves"].items():
            assert result["curves"][c] == pytest.approx(curve, abs=1e-3, nan_ok=True)
        torch.testing.assert_close(result["weights"], alone["weights"], atol=1e-4, rtol=1e-3)
        assert result["onsets"] == alone["onsets"]
    assert alone["curves"][1][0] != alone["curves"][1][2]


@pytest.mark.parametrize("source", ["evaluation", "training"])
@pytest.mark.parametrize(("num_cases", "steady"), [(4, False), (5, False), (5, True)])
def test_every_case_is_corrected_once_as_by_one_process(tmp_path, num_cases, steady, source):
    limits = {"steady": steady}
    alone, two = both(tmp_path, num_cases=num_cases, lr=0.0, onset=1, source=source, limits=limits)
    assert journal(tmp_path / "two") == journal(tmp_path / "one")
    assert len({case_id for _, _, case_id, _ in journal(tmp_path / "two")}) == num_cases
    for result in two:
        assert result["corrected"] == alone["corrected"]
        assert result["onsets"] == {1: 1, 2: 1}


@pytest.mark.parametrize("source", ["evaluation", "training"])
def test_caps_and_thresholds_from_the_data_are_those_of_one_process(tmp_path, source):
    limits = {"self_confidence": True, "cap": ChangeCap(case_in_pass=0.9), "min_iou": 0.0}
    alone, two = both(tmp_path, num_cases=5, lr=0.0, onset=1, source=source, limits=limits)
    assert journal(tmp_path / "two") == journal(tmp_path / "one")
    assert 0 < max(alone["left_alone"]) < 5
    for result in two:
        assert result["corrected"] == alone["corrected"]
        assert result["left_alone"] == alone["left_alone"]


def test_every_process_reads_the_new_labels_in_the_next_epoch(tmp_path):
    _, two = both(tmp_path, num_cases=5, lr=0.05, onset=1)
    for result in two:
        assert result["version"] == 3
        assert dict(result["served"]) == {1: 0, 2: 1, 3: 2}
        assert len({tuple(pair) for pair in result["served"]}) == 3


def test_several_scales_train_in_several_processes(tmp_path):
    alone, two = both(tmp_path, num_cases=4, lr=0.1, onset=99, weight=1.0)
    assert torch.equal(two[0]["weights"], two[1]["weights"])
    for c, curve in alone["curves"].items():
        assert two[0]["curves"][c] == pytest.approx(curve, abs=1e-3, nan_ok=True)


def test_a_process_that_fails_does_not_leave_the_others_waiting(tmp_path):
    def failing(rank):
        trainer, _, _ = trainer_of(tmp_path, rank, 2, num_cases=4, lr=0.0, onset=1)
        if rank == 1:
            with torch.no_grad():
                trainer.network.module[-1].bias[1] = float("nan")
        trainer.run()

    LabelStore(tmp_path / "store")
    with pytest.raises(RuntimeError, match=r"process 1: NonFiniteError: case 'case_1'"):
        in_processes(failing, tmp_path / "processes")
    assert LabelStore(tmp_path / "store").version == 0
