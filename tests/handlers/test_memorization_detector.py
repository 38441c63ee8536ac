"""Tests of MemorizationDetector under a real trainer."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from ignite.engine import Engine
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from monai.engines.utils import IterationEvents
from monai.losses import DiceCELoss

from monai_adele.errors import StoreError
from monai_adele.functional import LearningCurve, OnsetDecision, iou_from_counts, overlap_counts
from monai_adele.handlers import MemorizationDetector, MemorizationEvents
from monai_adele.inferers import MultiScaleInferer
from monai_adele.losses import AdeleLoss

NAMES = ["background", "left", "right"]


class AfterEpochs:
    """A rule that says yes from a given length of the curve on."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def decide(self, curve: LearningCurve) -> OnsetDecision:
        epoch = self.epochs if len(curve) >= self.epochs else None
        return OnsetDecision(epoch=epoch, reason=f"{len(curve)} epochs seen", fit=None)


def make_trainer(
    cases: list[dict[str, Any]],
    network: torch.nn.Module,
    detector: MemorizationDetector,
    *,
    epochs: int = 3,
    scales: Sequence[float] = (1.0,),
) -> SupervisedTrainer:
    return SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=epochs,
        train_data_loader=DataLoader(Dataset(cases), batch_size=3),
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.0),
        loss_function=AdeleLoss(DiceCELoss(to_onehot_y=True, softmax=True)),
        inferer=MultiScaleInferer(scales),
        train_handlers=[detector],
    )


@pytest.mark.parametrize("scales", [(1.0,), (1.0, 0.5)])
def test_the_curve_is_the_iou_of_the_summed_counts(
    cases: list[dict[str, Any]], network: torch.nn.Module, scales: tuple[float, ...]
) -> None:
    detector = MemorizationDetector(NAMES)
    make_trainer(cases, network, detector, epochs=1, scales=scales).run()
    image = torch.stack([case["image"].as_tensor() for case in cases])
    label = torch.stack([case["label"].as_tensor() for case in cases]).long()
    expected = iou_from_counts(overlap_counts(network(image).argmax(1, keepdim=True), label, num_classes=3))
    assert [detector.curves[c].iou[0] for c in (1, 2)] == pytest.approx(expected[1:].tolist())


def test_curves_are_published_one_scalar_a_class(cases: list[dict[str, Any]], network: torch.nn.Module) -> None:
    detector = MemorizationDetector(NAMES)
    trainer = make_trainer(cases, network, detector, epochs=2)
    trainer.run()
    for c, name in ((1, "left"), (2, "right")):
        assert trainer.state.metrics[f"train_iou_{name}"] == detector.curves[c].iou[-1]
    assert len(detector.curves[1]) == 2


def test_the_onset_event_fires_once_a_class(cases: list[dict[str, Any]], network: torch.nn.Module) -> None:
    detector = MemorizationDetector(NAMES, AfterEpochs(2))
    trainer = make_trainer(cases, network, detector, epochs=4)
    fired: list[tuple[int, int]] = []
    trainer.add_event_handler(
        MemorizationEvents.ONSET, lambda engine: fired.append((engine.state.epoch, engine.state.onset_class))
    )
    trainer.run()
    assert fired == [(2, 1), (2, 2)]
    assert {c: d.epoch for c, d in trainer.state.onsets.items()} == {1: 2, 2: 2}


def test_an_undecided_class_has_its_reason(cases: list[dict[str, Any]], network: torch.nn.Module) -> None:
    detector = MemorizationDetector(NAMES, AfterEpochs(9))
    trainer = make_trainer(cases, network, detector, epochs=2)
    trainer.run()
    assert detector.memorized() == []
    assert trainer.state.onsets[1].reason == "2 epochs seen"


def test_the_confidence_is_the_mean_over_what_is_predicted_as_the_class(
    cases: list[dict[str, Any]], network: torch.nn.Module
) -> None:
    detector = MemorizationDetector(NAMES)
    trainer = make_trainer(cases, network, detector, epochs=1)
    seen = []

    @trainer.on(IterationEvents.LOSS_COMPLETED)
    def note(engine: Engine) -> None:
        logits = engine.state.output["pred"]
        native = logits[0] if isinstance(logits, list) else logits
        seen.append(native.detach().as_subclass(torch.Tensor))

    trainer.run()
    every_other = torch.cat(seen)[:, :, ::2, ::2].softmax(1)
    confidence, pred = every_other.max(1)
    for c, name in ((1, NAMES[1]), (2, NAMES[2])):
        expected = confidence[pred == c].mean().item() if (pred == c).any() else math.nan
        assert detector.curves[c].confidence == pytest.approx((expected,), abs=1e-4, nan_ok=True)
        assert trainer.state.metrics[f"train_confidence_{name}"] == pytest.approx(expected, abs=1e-4, nan_ok=True)
    assert any((every_other.argmax(1) == c).any() for c in (1, 2))


def test_a_class_that_is_not_there_is_not_measured(cases: list[dict[str, Any]], network: torch.nn.Module) -> None:
    with torch.no_grad():
        network[-1].bias[2] = -100.0  # never predicted
    for case in cases:
        case["label"][case["label"] == 2] = 0
    detector = MemorizationDetector(NAMES)
    make_trainer(cases, network, detector, epochs=1).run()
    assert math.isnan(detector.curves[2].iou[0])


def test_the_state_survives_a_checkpoint_that_runs_no_code(
    cases: list[dict[str, Any]], network: torch.nn.Module
) -> None:
    detector = MemorizationDetector(NAMES, AfterEpochs(2))
    make_trainer(cases, network, detector, epochs=3).run()
    file = io.BytesIO()
    torch.save(detector.state_dict(), file)
    file.seek(0)
    restored = MemorizationDetector(NAMES, AfterEpochs(2))
    restored.load_state_dict(torch.load(file, weights_only=True))
    assert restored.curves[1].iou == detector.curves[1].iou
    assert restored.curves[2].confidence == detector.curves[2].confidence
    assert restored.onsets == detector.onsets


def test_a_checkpoint_of_other_classes_is_refused() -> None:
    state = MemorizationDetector(NAMES).state_dict()
    with pytest.raises(StoreError, match=r"found classes .*right.*expected .*liver"):
        MemorizationDetector(["background", "liver"]).load_state_dict(state)


def test_a_second_attachment_is_refused(cases: list[dict[str, Any]], network: torch.nn.Module) -> None:
    detector = MemorizationDetector(NAMES)
    trainer = make_trainer(cases, network, detector)
    with pytest.raises(ValueError, match="attached already"):
        detector.attach(trainer)


@pytest.mark.parametrize("names", [[], ["background"], ["a", "a"]])
def test_class_names_without_sense_are_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match="class_names: found"):
        MemorizationDetector(names)


def test_the_curve_may_be_counted_against_another_label_of_the_batch(
    cases: list[dict[str, Any]], network: torch.nn.Module
) -> None:
    given = [case["label"].flip(2) for case in cases]
    cases = [case | {"given": label} for case, label in zip(cases, given, strict=True)]
    detector = MemorizationDetector(NAMES, label_key="given")
    make_trainer(cases, network, detector, epochs=1).run()
    image = torch.stack([case["image"].as_tensor() for case in cases])
    label = torch.stack([case["given"].as_tensor() for case in cases]).long()
    expected = iou_from_counts(overlap_counts(network(image).argmax(1, keepdim=True), label, num_classes=3))
    assert [detector.curves[c].iou[0] for c in (1, 2)] == pytest.approx(expected[1:].tolist())
