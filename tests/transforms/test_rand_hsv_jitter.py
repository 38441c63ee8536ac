"""Tests of RandHsvJitter and RandHsvJitterd."""

import colorsys

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import Compose

from monai_adele.data import SeededDataset
from monai_adele.transforms import RandHsvJitter, RandHsvJitterd


def image(seed=0, shape=(3, 5, 4)):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 255


def as_hsv(pixels):
    return np.array([colorsys.rgb_to_hsv(*(float(x) / 255 for x in pixel)) for pixel in pixels.reshape(3, -1).T])


def test_one_draw_changes_all_pixels_alike():
    given = image() * 0.5 + 60  # far from the ends of saturation and value
    jitter = RandHsvJitter(hue=0.1, saturation=0.05, value=0.05)
    jitter.set_random_state(1)
    change = (as_hsv(jitter(given)) - as_hsv(given)).reshape(-1, 3)
    change[:, 0] = (change[:, 0] + 0.5) % 1 - 0.5
    np.testing.assert_allclose(change, np.broadcast_to(change[0], change.shape), atol=1e-4)
    assert (np.abs(change[0]) > 0).all()
    assert (np.abs(change[0]) <= [0.1, 0.05, 0.05]).all()


def test_the_draws_fill_the_range_of_the_authors():
    jitter = RandHsvJitter()
    jitter.set_random_state(0)
    draws = []
    for _ in range(300):
        jitter.randomize()
        draws.append(jitter._change)
    np.testing.assert_allclose(np.abs(draws).max(0), [10 / 180, 10 / 255, 10 / 255], rtol=0.05)


def test_saturation_and_value_are_cut_and_hue_goes_round():
    jitter = RandHsvJitter(1.0, hue=0.5, saturation=1.0, value=1.0)
    for seed in range(20):
        jitter.set_random_state(seed)
        changed = jitter(image(seed))
        assert changed.min() >= 0
        assert changed.max() <= 255 + 1e-3


def test_type_dtype_and_metadata_are_kept_and_the_input_stays():
    given = MetaTensor(image(), affine=torch.diag(torch.tensor([2.0, 1, 1, 1])))
    before = given.clone()
    changed = RandHsvJitter()(given)
    assert isinstance(changed, MetaTensor)
    assert torch.equal(changed.affine, given.affine)
    assert torch.equal(given, before)
    ints = RandHsvJitter()(image().numpy().astype(np.uint8))
    assert isinstance(ints, np.ndarray)
    assert ints.dtype == np.uint8


def test_without_change_the_image_is_what_it_was():
    given = image()
    torch.testing.assert_close(RandHsvJitter(hue=0, saturation=0, value=0)(given), given, atol=1e-3, rtol=0)
    assert RandHsvJitter(prob=0.0)(given) is given


def test_one_draw_serves_all_keys_and_other_keys_stay():
    item = {"image": image(), "second": image(), "label": image()}
    found = RandHsvJitterd(["image", "second"])(item)
    assert torch.equal(found["image"], found["second"])
    assert found["label"] is item["label"]
    assert not torch.equal(found["image"], item["image"])


def test_seed_epoch_and_case_decide_the_draw():
    items = [{"image": image(), "case_id": name} for name in "ab"]
    dataset = SeededDataset(items, Compose([RandHsvJitterd("image")]), seed=0)
    first, other = dataset[0]["image"], dataset[1]["image"]
    assert torch.equal(dataset[0]["image"], first)
    assert not torch.equal(first, other)
    dataset.set_epoch(1)
    assert not torch.equal(dataset[0]["image"], first)


@pytest.mark.parametrize("wrong", [{"prob": 1.5}, {"hue": 0.6}, {"saturation": -0.1}, {"value": float("nan")}])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RandHsvJitterd("image", **wrong)


@pytest.mark.parametrize("wrong", [image()[:1], image() - 128, image() * 2])
def test_what_is_no_color_image_is_refused(wrong):
    with pytest.raises(ValueError, match="before the image is standardized"):
        RandHsvJitter()(wrong)
