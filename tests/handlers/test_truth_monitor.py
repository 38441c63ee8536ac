"""Tests of TruthMonitor, ProgressLog and FinalEvaluation under a real trainer."""

import logging
import math

import pytest
import torch
from ignite.engine import Events
from monai.data import DataLoader
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import IgniteMetricHandler, ValidationHandler, from_engine
from monai.losses import DiceCELoss
from monai.transforms import AsDiscreted

from monai_adele.handlers import FinalEvaluation, MemorizationDetector, ProgressLog, TruthMonitor
from monai_adele.metrics import DatasetIoU, memorization_counts

NAMES = ["background", "left", "right"]


def make_trainer(cases, network, handlers, *, epochs=1):
    return SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=epochs,
        train_data_loader=DataLoader(cases, batch_size=3),
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.0),
        loss_function=DiceCELoss(to_onehot_y=True, softmax=True),
        decollate=False,
        train_handlers=handlers,
    )


def make_evaluator(cases, network):
    metric = IgniteMetricHandler(
        metric_fn=DatasetIoU(num_classes=3), output_transform=from_engine(["pred", "label"]), save_details=True
    )
    return SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(cases, batch_size=1),
        network=network,
        postprocessing=AsDiscreted("pred", argmax=True),
        key_val_metric={"mean_iou": metric},
    )


def stacked(cases, key):
    return torch.stack([case[key].as_tensor() for case in cases])


def test_the_shares_are_those_of_all_cases_together(cases, network):
    for case in cases:
        case["truth"] = case["label"].clone()
        case["label"][:, :, 4:5] = 0
        case["given"] = case["label"].clone()
    trainer = make_trainer(cases, network, [TruthMonitor(NAMES)])
    trainer.run()
    pred = network(stacked(cases, "image")).argmax(1, keepdim=True)
    counts = memorization_counts(pred, stacked(cases, "given"), stacked(cases, "truth"), num_classes=3)
    wrong, right, repeated = counts[1].tolist()
    assert wrong == 20
    assert trainer.state.metrics["early_learning_left"] == pytest.approx(right / wrong)
    assert trainer.state.metrics["memorization_left"] == pytest.approx(repeated / wrong)
    assert math.isnan(trainer.state.metrics["memorization_right"])  # no label of it is wrong
    assert 0 <= trainer.state.metrics["truth_iou_right"] <= 1


def test_without_truth_it_publishes_nothing(cases, network):
    trainer = make_trainer(cases, network, [TruthMonitor(NAMES)])
    trainer.run()
    assert not trainer.state.metrics


def test_an_epoch_is_one_line_with_its_numbers(cases, network, caplog):
    detector, evaluator = MemorizationDetector(NAMES), make_evaluator(cases, network)
    log = ProgressLog(evaluator=evaluator, detector=detector, bar=False)
    trainer = make_trainer(cases, network, [ValidationHandler(1, evaluator), detector, log], epochs=2)
    with caplog.at_level(logging.INFO, logger="monai_adele"):
        trainer.run()
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("epoch ")]
    assert len(lines) == 2
    assert f"validation mean_iou {evaluator.state.metrics['mean_iou']:.3f}" in lines[1]
    assert f"left {detector.curves[1].iou[1]:.3f}" in lines[1]
    assert trainer.state.metrics["loss"] > 0


def test_the_detector_sees_the_validation_of_its_epoch(cases, network):
    evaluator = make_evaluator(cases, network)
    detector = MemorizationDetector(NAMES, evaluator=evaluator)
    make_trainer(cases, network, [ValidationHandler(2, evaluator), detector], epochs=2).run()
    assert math.isnan(detector.curves[1].validation_iou[0])
    counts = evaluator.state.metric_details["mean_iou"].sum(dim=0)[1]
    assert detector.curves[1].validation_iou[1] == pytest.approx(
        (counts[0] / (counts[1] + counts[2] - counts[0])).item()
    )


def test_the_evaluator_needs_no_metric_for_the_detector(cases, network):
    evaluator = SupervisedEvaluator(device="cpu", val_data_loader=DataLoader(cases), network=network)
    detector = MemorizationDetector(NAMES, evaluator=evaluator)
    pred, label = network(stacked(cases, "image")).argmax(1, keepdim=True), stacked(cases, "label")
    shared, either = ((pred == 1) & (label == 1)).sum(), ((pred == 1) | (label == 1)).sum()
    trainer = make_trainer(cases, network, [ValidationHandler(1, evaluator), detector], epochs=2)
    forget = torch.no_grad()(lambda: [weight.zero_() for weight in network.parameters()])
    trainer.add_event_handler(Events.EPOCH_STARTED(once=2), forget)  # it sees background only from then on
    trainer.run()
    assert detector.curves[1].validation_iou == (pytest.approx((shared / either).item()), 0.0)


def test_the_last_and_the_best_network_are_tested_and_the_last_one_stays(cases, network, tmp_path):
    best = {key: torch.zeros_like(value) for key, value in network.state_dict().items()}
    torch.save(best, tmp_path / "model.pt")
    evaluator = make_evaluator(cases, network)
    handler = FinalEvaluation(evaluator, network, NAMES, best_model=tmp_path / "model.pt")
    before = {key: value.clone() for key, value in network.state_dict().items()}
    trainer = make_trainer(cases, network, [handler])
    trainer.run()
    final = trainer.state.final_metrics
    assert final["best"]["mean_iou"] == 0.0  # a network of zeros sees background only
    assert final["last"]["iou"]["left"] > 0
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_each_epoch_is_tested_on_demand_and_decides_nothing(cases, network, tmp_path):
    handler = FinalEvaluation(
        make_evaluator(cases, network), network, NAMES, best_model=tmp_path / "none.pt", each_epoch=True
    )
    trainer, seen = make_trainer(cases, network, [handler], epochs=2), []
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: seen.append(dict(engine.state.metrics)))
    forget = torch.no_grad()(lambda: [weight.zero_() for weight in network.parameters()])
    trainer.add_event_handler(Events.EPOCH_STARTED(once=2), forget)
    pred, label = network(stacked(cases, "image")).argmax(1, keepdim=True), stacked(cases, "label")
    shared, either = ((pred == 1) & (label == 1)).sum(), ((pred == 1) | (label == 1)).sum()
    trainer.run()
    assert [metrics["test_iou_left"] for metrics in seen] == [pytest.approx((shared / either).item()), 0.0]
    assert seen[1]["test_mean_iou"] == trainer.state.final_metrics["last"]["mean_iou"] == 0.0


def test_an_interrupted_run_is_not_tested(cases, network, tmp_path):
    handler = FinalEvaluation(make_evaluator(cases, network), network, NAMES, best_model=tmp_path / "none.pt")
    trainer = make_trainer(cases, network, [handler], epochs=2)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, trainer.terminate)
    trainer.run()
    assert not hasattr(trainer.state, "final_metrics")
