"""Tests of MultiScaleInferer."""

from __future__ import annotations

import pytest
import torch
from monai.data import MetaTensor
from monai.inferers import SlidingWindowInferer
from monai.networks.nets import UNet
from torch import nn

from monai_adele.inferers import MultiScaleInferer
from monai_adele.losses import ScaleConsistencyLoss
from monai_adele.networks import DeepLabV3Plus


class SizeRecorder(nn.Module):
    """A network that notes the sizes it sees."""

    def __init__(self, dims: int = 2) -> None:
        super().__init__()
        self.conv = (nn.Conv2d if dims == 2 else nn.Conv3d)(1, 3, 1)
        self.sizes: list[tuple[int, ...]] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.sizes.append(tuple(x.shape[2:]))
        return self.conv(x)


def test_training_gives_logits_of_each_scale_on_the_grid_of_the_input() -> None:
    network = SizeRecorder()
    logits = MultiScaleInferer([0.5, 1.0, 1.5])(torch.rand(2, 1, 12, 8), network)
    assert network.sizes == [(12, 8), (6, 4), (18, 12)]
    assert [tuple(x.shape) for x in logits] == [(2, 3, 12, 8)] * 3


def test_the_native_scale_comes_first_and_is_the_network_itself() -> None:
    network, image = SizeRecorder(), torch.rand(1, 1, 8, 8)
    assert torch.equal(MultiScaleInferer([0.5, 1.0])(image, network)[0], network(image))


def test_rescaled_sizes_are_multiples_of_the_divisor_and_not_below_the_least() -> None:
    network = SizeRecorder(dims=3)
    MultiScaleInferer([1.0, 0.7], divisor=8, min_size=16)(torch.rand(1, 1, 48, 40, 16), network)
    assert network.sizes[1] == (32, 32, 16)


def test_evaluation_gives_the_log_of_the_mean_probability() -> None:
    network, image = SizeRecorder(), torch.rand(1, 1, 8, 8)
    logits = MultiScaleInferer([1.0, 0.5])(image, network)
    mean = (logits[0].softmax(1) + logits[1].softmax(1)) / 2
    merged = MultiScaleInferer([1.0, 0.5])(image, network.eval())
    torch.testing.assert_close(merged.exp(), mean)
    torch.testing.assert_close(merged.softmax(1), mean)


def test_one_scale_in_evaluation_is_the_stock_answer() -> None:
    network, image = SizeRecorder().eval(), torch.rand(1, 1, 8, 8)
    assert torch.equal(MultiScaleInferer()(image, network), network(image))


def test_windows_slide_while_evaluating_and_scales_apply_inside_them() -> None:
    network = SizeRecorder().eval()
    windows = SlidingWindowInferer(roi_size=(8, 8), sw_batch_size=1, overlap=0)
    merged = MultiScaleInferer([1.0, 0.5], inferer=windows)(torch.rand(1, 1, 16, 8), network)
    assert network.sizes == [(8, 8), (4, 4)] * 2
    assert tuple(merged.shape) == (1, 3, 16, 8)


@pytest.mark.parametrize("scales", [[], [0.5], [1.0, 1.0], [1.0, 0.0], [1.0, -2.0], [1.0, float("nan")]])
def test_scales_without_sense_are_refused(scales: list[float]) -> None:
    with pytest.raises(ValueError, match="scales: found"):
        MultiScaleInferer(scales)


def test_sizes_that_the_network_refuses_are_extended_and_cut_back() -> None:
    network = SizeRecorder(dims=3).eval()
    image = torch.rand(1, 1, 13, 8, 3)
    answer = MultiScaleInferer(divisor=4, min_size=8)(image, network)
    assert network.sizes == [(16, 8, 8)]
    torch.testing.assert_close(answer, network(image))


def test_whole_images_pass_through_a_sliding_window_without_end() -> None:
    network = SizeRecorder().eval()
    windows = SlidingWindowInferer(roi_size=(-1, 8), sw_batch_size=1, overlap=0)
    answer = MultiScaleInferer(divisor=4, inferer=windows)(torch.rand(1, 1, 13, 16), network)
    assert network.sizes == [(16, 8), (16, 8)]
    assert tuple(answer.shape) == (1, 3, 13, 16)


@pytest.mark.parametrize(("divisor", "min_size"), [(0, None), (4, 2), (4, 6)])
def test_sizes_without_sense_are_refused(divisor: int, min_size: int | None) -> None:
    with pytest.raises(ValueError, match=f"divisor {divisor}, min_size {min_size}"):
        MultiScaleInferer(divisor=divisor, min_size=min_size)


@pytest.mark.parametrize("training", [True, False])
def test_a_size_too_small_for_a_scale_is_refused_with_scale_size_and_minimum(training: bool) -> None:
    network = DeepLabV3Plus(2, 1, 3, channels=(4, 4, 4, 4, 4), output_stride=8, head_channels=4).train(training)
    message = r"scale 0.5: the network refused \[8, 9\] voxels, made of \[16, 18\].*at least \[9, 9\]"
    with pytest.raises(ValueError, match=message):
        MultiScaleInferer([1.0, 0.5])(torch.rand(2, 1, 16, 18), network)


def test_a_size_that_the_native_scale_cannot_have_is_refused() -> None:
    network = DeepLabV3Plus(2, 1, 3, channels=(4, 4, 4, 4, 4), output_stride=8, head_channels=4).eval()
    with pytest.raises(ValueError, match=r"scale 1: the network refused \[16, 8\] voxels, made of \[16, 7\]"):
        MultiScaleInferer(divisor=8)(torch.rand(2, 1, 16, 7), network)


@pytest.mark.parametrize(("size", "reason"), [(12, "Sizes of tensors must match"), (8, "more than 1 spatial element")])
def test_what_a_unet_refuses_is_told_with_the_scale(size: int, reason: str) -> None:
    network = UNet(2, 1, 2, channels=(4, 8, 16), strides=(2, 2))
    with pytest.raises(ValueError, match=rf"scale 0.5: the network refused \[{size // 2}, {size // 2}\].*{reason}"):
        MultiScaleInferer([1.0, 0.5], min_size=1)(torch.rand(1, 1, size, size), network)


def test_other_errors_of_the_network_stay_as_they_are() -> None:
    with pytest.raises(RuntimeError, match="expected input"):
        MultiScaleInferer()(torch.rand(1, 2, 8, 8), SizeRecorder())


def uneven_network() -> nn.Conv2d:
    """Answers that depend on which side a voxel's neighbours are."""
    torch.manual_seed(0)
    return nn.Conv2d(1, 3, 3, padding=1).eval()


def test_flipped_copies_count_in_the_mean_probability_axis_by_axis() -> None:
    network, image = uneven_network(), torch.rand(1, 1, 8, 6)
    copies = [network(image), network(image.flip(2)).flip(2), network(image.flip(3)).flip(3)]
    merged = MultiScaleInferer(flip_axes=[0, 1])(image, network)
    torch.testing.assert_close(merged.exp(), torch.stack(copies).softmax(2).mean(0))


def test_a_flipped_image_gets_the_flipped_answer() -> None:
    network, image = uneven_network(), torch.rand(1, 1, 8, 6)
    inferer = MultiScaleInferer([1.0, 0.5], flip_axes=[1])
    torch.testing.assert_close(inferer(image.flip(3), network), inferer(image, network).flip(3))


def test_the_temperature_divides_logits_while_evaluating_only() -> None:
    network, image = uneven_network(), torch.rand(1, 1, 8, 6)
    inferer = MultiScaleInferer(temperature=3.0, flip_axes=[0])
    mean = ((network(image) / 3).softmax(1) + (network(image.flip(2)).flip(2) / 3).softmax(1)) / 2
    torch.testing.assert_close(inferer(image, network).exp(), mean)
    torch.testing.assert_close(MultiScaleInferer(temperature=3.0)(image, network), network(image) / 3)
    assert torch.equal(inferer(image, network.train())[0], network(image))
    assert len(inferer(image, network)) == 1


@pytest.mark.parametrize("wrong", [{"flip_axes": [0, 0]}, {"flip_axes": [-1]}, {"temperature": 0.0}])
def test_wrong_flips_and_temperatures_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        MultiScaleInferer(**wrong)


def test_evaluation_keeps_the_metadata_by_which_results_are_saved() -> None:
    network, image = uneven_network(), MetaTensor(torch.rand(1, 1, 8, 6), meta={"filename_or_obj": "2007_000032.jpg"})
    for scales in ([1.0], [1.0, 0.5]):
        answer = MultiScaleInferer(scales)(image, network)
        assert isinstance(answer, MetaTensor)
        assert answer.meta["filename_or_obj"] == "2007_000032.jpg"
        assert not isinstance(MultiScaleInferer(scales)(image.as_tensor(), network), MetaTensor)


def scales_asked(inferer: MultiScaleInferer, steps: int = 300) -> list[tuple[int, ...]]:
    """Sizes of the sides of an image of 20 voxels that the network saw, step by step."""
    torch.manual_seed(0)
    asked = []
    for _ in range(steps):
        network = SizeRecorder()
        assert len(inferer(torch.rand(1, 1, 20, 20), network)) == len(network.sizes)
        asked.append(tuple(size[0] for size in network.sizes))
    return asked


def test_sampled_side_scales_are_as_many_as_asked_and_all_come() -> None:
    asked = scales_asked(MultiScaleInferer([1.0, 0.5, 0.7, 1.5], side_scales=1))
    assert {len(sizes) for sizes in asked} == {2}
    counts = {size: sum(sizes == (20, size) for sizes in asked) for size in (10, 14, 30)}
    assert sum(counts.values()) == 300
    assert min(counts.values()) > 70
    pairs = scales_asked(MultiScaleInferer([1.0, 0.5, 0.7, 1.5], side_scales=2), 60)
    assert set(pairs) == {(20, 10, 14), (20, 10, 30), (20, 14, 30)}


def test_a_share_of_the_steps_asks_the_side_scales_and_the_others_the_native_one_alone() -> None:
    asked = scales_asked(MultiScaleInferer([1.0, 0.5], side_share=0.25))
    assert set(asked) == {(20,), (20, 10)}
    assert 50 < asked.count((20, 10)) < 100


def test_the_same_seed_draws_the_same_scales_and_the_defaults_draw_nothing() -> None:
    drawing = MultiScaleInferer([1.0, 0.5, 0.7], side_scales=1, side_share=0.5)
    assert scales_asked(drawing, 20) == scales_asked(drawing, 20)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    network, image = SizeRecorder(), torch.zeros(1, 1, 8, 8)
    torch.set_rng_state(before)
    MultiScaleInferer([1.0, 0.5])(image, network)
    assert torch.equal(torch.get_rng_state(), before)


def test_evaluation_asks_all_scales_in_every_call() -> None:
    network = SizeRecorder().eval()
    for _ in range(5):
        MultiScaleInferer([1.0, 0.5, 1.5], side_scales=1, side_share=0.1)(torch.rand(1, 1, 8, 8), network)
    assert network.sizes == [(8, 8), (4, 4), (12, 12)] * 5


def test_without_gradient_side_scales_teach_the_native_one_and_are_not_taught() -> None:
    network, image = SizeRecorder(), torch.rand(1, 1, 8, 8)
    frozen = MultiScaleInferer([1.0, 0.5], side_gradient=False)(image, network)
    free = MultiScaleInferer([1.0, 0.5])(image, network)
    assert [x.requires_grad for x in frozen] == [True, False]
    assert all(torch.equal(one, two) for one, two in zip(frozen, free, strict=True))
    loss = ScaleConsistencyLoss()
    found = torch.autograd.grad(loss(frozen), network.conv.weight)[0]
    expected = torch.autograd.grad(loss([free[0], free[1].detach()]), network.conv.weight)[0]
    torch.testing.assert_close(found, expected)
    assert found.abs().sum() > 0


@pytest.mark.parametrize("wrong", [{"side_scales": 0}, {"side_scales": 2}, {"side_share": 0.0}, {"side_share": 1.1}])
def test_side_scales_without_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}: found"):
        MultiScaleInferer([1.0, 0.5], **wrong)
