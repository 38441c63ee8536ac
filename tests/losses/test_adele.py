"""Tests of AdeleLoss and ScaleConsistencyLoss."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.losses import DiceCELoss
from torch import Tensor

from monai_adele.losses import AdeleLoss, AuthorsScaleConsistencyLoss, ScaleConsistencyLoss

GOLDEN = Path(__file__).parents[1] / "golden"
BASE = DiceCELoss(to_onehot_y=True, softmax=True)


@pytest.fixture
def logits() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(2, 3, 6, 4, generator=generator, requires_grad=True) for _ in range(2)]


@pytest.fixture
def target() -> Tensor:
    return torch.randint(0, 3, (2, 1, 6, 4), generator=torch.Generator().manual_seed(1))


def test_a_single_tensor_gives_the_base_loss(logits: list[Tensor], target: Tensor) -> None:
    assert torch.equal(AdeleLoss(BASE)(logits[0], target), BASE(logits[0], target))


def test_weight_zero_on_the_native_scale_is_the_base_loss(logits: list[Tensor], target: Tensor) -> None:
    loss = AdeleLoss(BASE, consistency_weight=0.0, base_scales="native")
    assert torch.equal(loss(logits, target), BASE(logits[0], target))


def test_the_base_loss_is_averaged_over_the_scales(logits: list[Tensor], target: Tensor) -> None:
    mean = (BASE(logits[0], target) + BASE(logits[1], target)) / 2
    torch.testing.assert_close(AdeleLoss(BASE, consistency_weight=0.0)(logits, target), mean)


def test_the_consistency_is_added_with_its_weight(logits: list[Tensor], target: Tensor) -> None:
    without = AdeleLoss(BASE, consistency_weight=0.0)(logits, target)
    loss = AdeleLoss(BASE, consistency_weight=2.5)(logits, target)
    torch.testing.assert_close(loss, without + 2.5 * ScaleConsistencyLoss()(logits))


def test_every_scale_gets_a_gradient(logits: list[Tensor], target: Tensor) -> None:
    AdeleLoss(BASE)(logits, target).backward()
    assert all(x.grad is not None and x.grad.abs().sum() > 0 for x in logits)


def test_the_consistency_is_the_divergence_worked_out_by_hand() -> None:
    # one voxel, two classes: p1 = (.8, .2), p2 = (.4, .6), q = (.6, .4)
    p1, p2 = torch.tensor([0.8, 0.2]), torch.tensor([0.4, 0.6])
    q = (p1 + p2) / 2
    expected = ((p1 * (p1 / q).log()).sum() + (p2 * (p2 / q).log()).sum()) / 2
    loss = ScaleConsistencyLoss()([p.log().reshape(1, 2, 1, 1) for p in (p1, p2)])
    torch.testing.assert_close(loss, expected)


def test_ignored_voxels_do_not_count(logits: list[Tensor], target: Tensor) -> None:
    target = target.clone()
    target[:, :, 3:] = 255
    cut = [x[:, :, :3] for x in logits]
    torch.testing.assert_close(ScaleConsistencyLoss(ignore_index=255)(logits, target), ScaleConsistencyLoss()(cut))


def test_a_batch_that_is_all_ignored_gives_zero(logits: list[Tensor], target: Tensor) -> None:
    loss = ScaleConsistencyLoss(ignore_index=255)(logits, torch.full_like(target, 255))
    loss.backward()
    assert loss.item() == 0.0
    assert logits[0].grad is not None
    assert not logits[0].grad.any()


def test_ignored_voxels_teach_nothing_to_the_base_loss(logits: list[Tensor], target: Tensor) -> None:
    loss, target = AdeleLoss(BASE, ignore_index=255), target.clone()
    target[:, :, 4:] = 255
    loss(logits[0], target).backward()
    assert logits[0].grad is not None
    assert not logits[0].grad[:, :, 4:].any()
    assert logits[0].grad[:, :, :4].any()
    other = logits[0].detach().clone()
    other[:, :, 4:] += 3.0
    torch.testing.assert_close(loss(other, target), loss(logits[0], target))


def test_arguments_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="consistency_weight: found -1"):
        AdeleLoss(BASE, consistency_weight=-1)
    with pytest.raises(ValueError, match="base_scales: found 'some'"):
        AdeleLoss(BASE, base_scales="some")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="min_confidence: found 1"):
        ScaleConsistencyLoss(min_confidence=1.0)
    with pytest.raises(ValueError, match="temperature: found 0"):
        AdeleLoss(BASE, temperature=0)
    with pytest.raises(ValueError, match="min_confidence: found 2"):
        AuthorsScaleConsistencyLoss(min_confidence=2)


@pytest.mark.parametrize("case", range(12))
def test_the_authors_total_is_ours_with_their_settings(case: int) -> None:
    expected = json.loads((GOLDEN / "consistency.json").read_text())["cases"][case]
    with np.load(GOLDEN / "consistency.npz") as stored:
        logits = [torch.from_numpy(stored[f"{case}_logits{scale}"]) for scale in range(3)]
        target = torch.from_numpy(stored[f"{case}_label"]).long()[:, None]

    def diluted_cross_entropy(x: Tensor, y: Tensor) -> Tensor:
        return torch.nn.functional.cross_entropy(x, y[:, 0], ignore_index=255, reduction="none").mean()

    consistency = AuthorsScaleConsistencyLoss(min_confidence=expected["rho"])
    loss = AdeleLoss(diluted_cross_entropy, consistency=consistency, temperature=3.0)
    assert loss(logits, target).item() == pytest.approx(expected["total_lambda1"], rel=1e-5, abs=1e-7)
