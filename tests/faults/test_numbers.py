"""Numbers that are none, or too large, too small, too few."""

import logging
import math

import numpy as np
import pytest
import torch
from faults.small_run import NAMES, SmallRun
from monai.losses import DiceCELoss, DiceLoss
from monai.transforms import NormalizeIntensity

from monai_adele.errors import DataError, NonFiniteError
from monai_adele.functional import (
    ChangeCap,
    LearningCurve,
    SegthorOnset,
    SlopeOnset,
    TransitionEnd,
    ValidationPlateau,
    VocOnset,
    correct_from,
    correct_label,
    overlap_counts,
    scale_consistency,
)
from monai_adele.losses import AdeleLoss, ScaleConsistencyLoss
from monai_adele.store import LabelStore

RULES = [ValidationPlateau(), SlopeOnset(), SegthorOnset(20), VocOnset(20), TransitionEnd()]


def kind(rule):
    return type(rule).__name__


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_image_that_is_not_finite_is_refused(dataset, bad):
    """32 | NaN or infinity in an image | stops at admission: how many voxels."""
    dataset.admit()
    image = np.ones((5, 6, 4), np.float32)
    image[4, 5, 3] = bad
    dataset.put_image("b", image)
    with pytest.raises(DataError, match=r"^case 'b' \(imagesTr/b\.nii\.gz\): image holds NaN or infinity in 1 voxels"):
        dataset.admit()


@pytest.mark.parametrize("source", ["evaluation", "training"])
def test_a_prediction_that_is_not_finite_ends_the_run_and_corrects_nothing(cases, network, store, source):
    """33 | NaN loss or prediction in a run | stops naming the cases of the batch; no label corrected, nothing lost."""
    for number, case in enumerate(cases):
        case["image"].meta["filename_or_obj"] = f"imagesTr/case_{number}.nii.gz"
    run = SmallRun(cases, network, store, source=source, epochs=2)
    run.trainer.run()
    checkpoint, version = run.newest(), store.version
    cases[3]["image"][0, 2, 2] = torch.nan
    again = SmallRun(cases, network, store, source=source, epochs=4, resume=True)
    with pytest.raises(
        NonFiniteError, match=r"case 'case_3' \(imagesTr/case_3\.nii\.gz\): found .*predictions with NaN"
    ):
        again.trainer.run()
    assert again.newest() == checkpoint
    assert store.version == version
    assert all(p.isfinite().all() for p in network.parameters())


def test_a_loss_that_is_not_finite_ends_the_run(cases, network, store):
    """33 | NaN loss or prediction in a run | stops naming the cases of the batch; no label corrected, nothing lost."""
    run = SmallRun(cases, network, store, epochs=1)
    run.trainer.loss_function = lambda logits, target: logits[0].mean() * math.inf
    with pytest.raises(
        NonFiniteError, match=r"iteration 1: case 'case_0', case 'case_1': found a loss of -?inf, expected"
    ):
        run.trainer.run()
    assert store.version == 0
    assert not list(run.folder.glob("*.pt"))


def test_no_label_is_corrected_from_a_prediction_that_is_not_finite(cases, network, store):
    """33 | NaN loss or prediction in a run | stops naming the cases of the batch; no label corrected, nothing lost."""
    run = SmallRun(cases, network, store)
    assert len(list(run.source.predictions())) == 4
    with torch.no_grad():
        network.bias[1] = torch.nan
    with pytest.raises(NonFiniteError, match="case 'case_0': the network's prediction holds NaN or infinity"):
        list(run.source.predictions())
    label = torch.tensor([0, 1])
    with pytest.raises(NonFiniteError, match="no label is corrected"):
        correct_from(label, label, torch.tensor([0.9, torch.nan]), {1})


def test_a_constant_image_is_told_and_normalized_to_zeros(dataset):
    """34 | constant image (standard deviation 0) | continues, told once; `NormalizeIntensity` makes zeros of it."""
    assert dataset.admit().notes == ()
    constant = np.full((1, 5, 6, 4), 3, np.float32)
    dataset.put_image("b", constant[0])
    assert dataset.admit().notes == ("1 images have a constant channel: b",)
    assert not NormalizeIntensity(channel_wise=True)(constant).any()


@pytest.mark.parametrize("rule", RULES, ids=kind)
@pytest.mark.parametrize("length", [0, 1, 3])
def test_too_few_epochs_are_not_decided(rule, length):
    """35 | curve fit fails, or fewer than 4 points | continues: not decided yet, with the reason."""
    decision = rule.decide(LearningCurve([0.1, 0.3, 0.4][:length], [0.1, 0.3, 0.4][:length]))
    assert decision.epoch is None
    assert decision.reason


@pytest.mark.parametrize("rule", RULES, ids=kind)
@pytest.mark.parametrize("iou", [0.0, 1e-12, 1.0], ids=["zero", "tiny", "flat"])
def test_a_curve_that_no_fit_describes_is_no_error(rule, iou):
    """35 | curve fit fails, or fewer than 4 points | continues: not decided yet, with the reason."""
    decision = rule.decide(LearningCurve([iou] * 20, [iou] * 20))
    assert decision.reason
    assert decision.epoch is None or 1 <= decision.epoch <= 20


@pytest.mark.parametrize("rule", [ValidationPlateau(), SlopeOnset()], ids=kind)
@pytest.mark.parametrize("iou", [[0.0] * 20, [0.05] * 20], ids=["zero", "flat"])
def test_a_class_that_is_not_learned_has_no_onset_and_a_reason(rule, iou):
    """36 | flat, decreasing or all-zero curve | continues: no onset; the reason is told at the end of the run."""
    rising = [0.9 * (1 - math.exp(-t / 3)) for t in range(1, 21)]
    assert rule.decide(LearningCurve(rising, [*rising[:10], *[rising[9]] * 10])).epoch is not None
    decision = rule.decide(LearningCurve(iou, iou))
    assert decision.epoch is None
    assert decision.reason


def test_at_the_end_of_a_run_each_class_without_an_onset_has_its_reason_told(cases, network, store, caplog):
    """36 | flat, decreasing or all-zero curve | continues: no onset; the reason is told at the end of the run."""
    run = SmallRun(cases, network, store)
    with caplog.at_level(logging.INFO, logger="monai_adele"):
        run.trainer.run()
        assert not [record for record in caplog.records if "no onset" in record.getMessage()]
        run = SmallRun(cases, network, LabelStore(store.folder / "inner" / "store"))
        run.detector.rule = ValidationPlateau()
        run.trainer.run()
    told = [record.getMessage() for record in caplog.records if "no onset" in record.getMessage()]
    reasons = [run.detector.onsets[c].reason for c in (1, 2)]
    assert told == [f"no onset of memorization of {name}: {r}" for name, r in zip(NAMES[1:], reasons, strict=True)]


@pytest.mark.parametrize(
    "probs",
    [[[3.0, -1.0], [0.5, 2.0]], [[0.9, 0.9], [0.9, 0.1]], [[0.2, 0.2], [0.2, 0.2]]],
    ids=["logits", "above", "below"],
)
def test_what_are_no_probabilities_is_refused(probs):
    """37 | probabilities not summing to 1, or logits instead | stops: the range and the sums found."""
    label = torch.tensor([0, 1])
    correct_label(label, torch.tensor([[0.9, 0.2], [0.1, 0.8]]), {1})
    with pytest.raises(
        ValueError, match=r"probs hold values from .* and sum to .*; expected probabilities, not logits"
    ):
        correct_label(label, torch.tensor(probs), {1})


@pytest.mark.parametrize("shape", [(0, 1, 4, 4), (1, 1, 0, 4)])
def test_an_empty_batch_is_refused(shape):
    """38 | empty batch or zero-size tensor | stops: the shape found; counts of nothing are zeros."""
    loss = AdeleLoss(DiceLoss(to_onehot_y=True, softmax=True))
    loss(torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4))
    logits = torch.zeros(shape[0], 3, *shape[2:])
    with pytest.raises(ValueError, match=r"target has shape \(.*0.*\), expected at least one case and one voxel"):
        loss([logits, logits], torch.zeros(shape))
    empty = torch.zeros(shape, dtype=torch.uint8)
    assert not overlap_counts(empty, empty, 3).any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype):
    """39 | mixed precision: logits in half precision | continues: divergence and loss are computed in float32."""
    generator = torch.Generator().manual_seed(0)
    logits = [(60 * torch.randn(1, 3, 4, 4, generator=generator)).to(dtype).requires_grad_() for _ in range(2)]
    full = scale_consistency([x.detach().float() for x in logits])
    with torch.autocast("cpu", dtype=dtype):
        half = ScaleConsistencyLoss()(logits)
    assert half.dtype == torch.float32
    assert half.item() == full.item()
    half.backward()
    assert all(x.grad.isfinite().all() for x in logits)
    total = AdeleLoss(DiceCELoss(to_onehot_y=True, softmax=True))(logits, torch.zeros(1, 1, 4, 4))
    assert total.isfinite()


def test_a_correction_that_changes_too_much_is_left_out_and_named(cases, network, store, caplog):
    """40 | correction that would erase a class, or change too much | continues: that case is left alone, and named."""
    with torch.no_grad():
        network.weight.zero_()
        network.bias.copy_(torch.tensor([9.0, 0.0, 0.0]))  # sure that all is background
    free = SmallRun(cases, network, LabelStore(store.folder.parent / "free" / "store"))
    free.trainer.run()
    assert free.store.case_ids() == [f"case_{i}" for i in range(4)]
    run = SmallRun(cases, network, store, cap=ChangeCap(class_in_all=0.5))
    with caplog.at_level(logging.WARNING):
        run.trainer.run()
    assert store.version == 0
    assert "4 of 4 cases left as they are" in caplog.text
    assert "case_0: 1 (at most 0.5) of class 1 in all" in caplog.text
    assert sorted(run.trainer.state.left_alone) == [f"case_{i}" for i in range(4)]


def test_a_class_that_was_not_learned_is_not_erased(cases, network, store):
    """40 | correction that would erase a class, or change too much | continues: that case is left alone, and named."""
    with torch.no_grad():
        network.weight.zero_()
        network.bias.copy_(torch.tensor([9.0, 0.0, 0.0]))
    SmallRun(cases, network, store, min_iou=0.3).trainer.run()
    assert store.version == 0
