import json
from pathlib import Path

import numpy as np
import pytest
import torch
from reference import consistency as reference

from monai_adele.functional import authors_scale_consistency, scale_consistency

GOLDEN = Path(__file__).parents[1] / "golden"


def random_logits(shape=(2, 3, 4, 5), scales=3, seed=0, spread=3.0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return [(spread * torch.randn(shape, generator=generator)).to(dtype) for _ in range(scales)]


@pytest.mark.parametrize("case", range(12))
def test_the_authors_variant_equals_their_code(case):
    expected = json.loads((GOLDEN / "consistency.json").read_text())["cases"][case]
    with np.load(GOLDEN / "consistency.npz") as stored:
        logits = [torch.from_numpy(stored[f"{case}_logits{scale}"]) for scale in range(3)]
        mask = torch.from_numpy(stored[f"{case}_label"]) != 255
    found = authors_scale_consistency(logits, mask=mask, min_confidence=expected["rho"])
    assert found.item() == pytest.approx(expected["consistency"], rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("shape", [(1, 2, 3), (2, 3, 4, 5), (1, 4, 3, 2, 5)])
@pytest.mark.parametrize("min_confidence", [0.0, 0.6, 1.0])
def test_it_equals_a_loop_over_voxels(shape, min_confidence):
    logits = random_logits(shape)
    mask = torch.rand(shape[:1] + shape[2:], generator=torch.Generator().manual_seed(1)) < 0.7
    expected = reference.scale_consistency([x.numpy() for x in logits], mask.numpy(), min_confidence)
    found = scale_consistency(logits, mask=mask, min_confidence=min_confidence)
    assert found.item() == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_equal_predictions_are_consistent():
    logits = random_logits(scales=1) * 3
    assert scale_consistency([logits[0], logits[0] + 5.0, logits[2]]).item() == pytest.approx(0, abs=1e-6)


def test_sure_and_contrary_predictions_diverge_by_the_log_of_their_number():
    sure = 50 * torch.eye(3)[:, :, None]
    logits = [sure, sure.roll(1, 0), sure.roll(2, 0)]
    assert scale_consistency(logits).item() == pytest.approx(np.log(3))


def test_the_order_of_the_scales_does_not_matter():
    logits = random_logits()
    assert scale_consistency(logits[::-1]).item() == pytest.approx(scale_consistency(logits).item())


def test_ignored_voxels_do_not_dilute_the_mean():
    logits = random_logits((1, 3, 4))
    padded = [torch.cat([scale, torch.zeros(1, 3, 6)], dim=2) for scale in logits]
    mask = torch.arange(10)[None] < 4
    expected = scale_consistency(logits).item()
    assert scale_consistency(padded, mask=mask).item() == pytest.approx(expected)
    assert scale_consistency(padded, mask=mask[:, None]).item() == pytest.approx(expected)


def test_an_image_that_is_sure_only_where_ignored_is_left_out_by_the_authors():
    sure_first = torch.tensor([[[9.0, 0.3], [0.0, 0.0]]])
    logits = [sure_first, torch.tensor([[[9.0, -0.3], [0.0, 0.0]]])]
    for mask, counts in [([True, True], True), ([False, True], False)]:
        found = authors_scale_consistency(logits, mask=torch.tensor([mask]), min_confidence=0.9)
        assert (found.item() != 0) == counts


@pytest.mark.parametrize("function", [scale_consistency, authors_scale_consistency])
def test_the_gradient_is_that_of_finite_differences(function):
    logits = [x.requires_grad_() for x in random_logits((1, 3, 2), dtype=torch.float64)]
    assert torch.autograd.gradcheck(lambda *scales: function(scales, min_confidence=0.4), logits)


@pytest.mark.parametrize("spread", [0.0, 1e-4, 100.0, 1e4])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_value_and_gradient_are_finite_for_extreme_logits(spread, dtype):
    logits = [x.requires_grad_() for x in random_logits(spread=spread, dtype=dtype)]
    loss = scale_consistency(logits, min_confidence=0.5)
    loss.backward()
    assert loss.dtype == torch.float32
    assert 0 <= loss.item() + 1e-7 <= np.log(3) + 1e-6
    assert all(scale.grad.isfinite().all() for scale in logits)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_autocast_does_not_change_the_result(dtype):
    logits = random_logits(dtype=dtype)
    expected = scale_consistency([scale.float() for scale in logits])
    with torch.autocast("cpu", dtype=dtype):
        assert scale_consistency(logits).equal(expected)


def test_without_counted_voxels_value_and_gradient_are_zero():
    logits = [x.requires_grad_() for x in random_logits((1, 2, 3))]
    loss = scale_consistency(logits, mask=torch.zeros(1, 3, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert all((scale.grad == 0).all() for scale in logits)


def test_logits_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\[\(1, 2, 3\), \(1, 2, 4\)\]; expected one shape"):
        scale_consistency([torch.zeros(1, 2, 3), torch.zeros(1, 2, 4)])


def test_no_logits_are_refused():
    with pytest.raises(ValueError, match=r"shapes \[\]"):
        scale_consistency([])


@pytest.mark.parametrize(
    ("mask", "found"), [(torch.ones(1, 3), "dtype"), (torch.ones(1, 4, dtype=torch.bool), r"shape \(1, 4\)")]
)
def test_a_mask_that_does_not_fit_is_refused(mask, found):
    with pytest.raises(ValueError, match=f"mask has {found}"):
        scale_consistency([torch.zeros(1, 2, 3)], mask=mask)


def test_a_confidence_above_one_is_refused():
    with pytest.raises(ValueError, match=r"min_confidence is 1\.5"):
        scale_consistency([torch.zeros(1, 2, 3)], min_confidence=1.5)
