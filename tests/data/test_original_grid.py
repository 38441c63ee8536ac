import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import (
    Compose,
    CropForegroundd,
    DivisiblePadd,
    Flipd,
    GaussianSmoothd,
    Orientationd,
    Resized,
    Spacingd,
    SpatialPadd,
)

from monai_adele.data.original_grid import on_original_grid
from monai_adele.errors import GeometryError

AFFINE = np.array([[0, 0, 3.0, 10], [-2.0, 0, 0, 20], [0, -1.0, 0, 30], [0, 0, 0, 1]])
SHAPE = (6, 8, 5)


def make_image():
    return MetaTensor(torch.arange(240.0).reshape(1, *SHAPE) + 1, affine=AFFINE)


@pytest.mark.parametrize(
    "transforms",
    [
        [],
        [GaussianSmoothd("image", 0.0)],
        [Orientationd("image", "RAS", labels=None)],
        [Orientationd("image", "LPI", labels=None), SpatialPadd("image", (11, 12, 13)), Flipd("image", 1)],
        [DivisiblePadd("image", 4), Orientationd("image", "SAR", labels=None)],
    ],
)
def test_without_resampling_every_voxel_comes_back_to_its_place(transforms):
    transform = Compose(transforms)
    image = transform({"image": make_image()})["image"]
    original, affine = on_original_grid(np.asarray(image[0]).round().astype(int), image, transform)
    assert np.array_equal(original, np.asarray(make_image()[0]))
    assert affine == pytest.approx(AFFINE)


def test_outside_of_a_crop_nothing_is_set():
    inside = make_image()
    inside[:, 0] = inside[:, :, :2] = 0
    transform = Compose([CropForegroundd("image", "image", allow_smaller=True), Flipd("image", 0)])
    image = transform({"image": inside})["image"]
    original, _ = on_original_grid(np.ones(image.shape[1:], int), image, transform)
    assert np.array_equal(original, np.asarray(inside[0] > 0))


@pytest.mark.parametrize("pixdim", [(1.0, 1.0, 1.0), (3.7, 2.0, 5.0)])
def test_after_resampling_every_voxel_takes_the_nearest_value(pixdim):
    transform = Compose([Spacingd("image", pixdim, mode="bilinear"), Orientationd("image", "RAS", labels=None)])
    image = transform({"image": make_image()})["image"]
    ids = np.arange(1, np.prod(image.shape[1:]) + 1).reshape(image.shape[1:])
    original, _ = on_original_grid(ids, image, transform)
    to_image = np.linalg.inv(image.affine.numpy()) @ AFFINE
    for place in np.ndindex(SHAPE):
        wanted = (to_image @ [*place, 1])[:3]
        taken = np.array(np.unravel_index(original[place] - 1, ids.shape))
        nearest = np.clip(np.rint(wanted), 0, np.array(ids.shape) - 1)
        assert np.abs(taken - wanted).max() <= np.abs(nearest - wanted).max() + 1e-6


def test_large_ids_stay_exact():
    transform = Compose([Resized("image", (12, 16, 10))])
    image = transform({"image": make_image()})["image"]
    ids = np.random.default_rng(0).integers(2**23, 2**24, image.shape[1:])
    assert set(on_original_grid(ids, image, transform)[0].ravel()) <= set(ids.ravel())


def test_an_image_without_history_or_another_transform_is_refused():
    flip, other = Compose([Flipd("image", 0)]), Compose([Flipd("image", 0), Spacingd("image", (1, 1, 1))])
    image = flip({"image": make_image()})["image"]
    with pytest.raises(GeometryError, match="is a Tensor, expected a MetaTensor"):
        on_original_grid(np.zeros(SHAPE, int), image.as_tensor(), flip)
    with pytest.raises(GeometryError, match="cannot be undone"):
        on_original_grid(np.zeros(SHAPE, int), image, other)
    with pytest.raises(GeometryError, match="cannot be undone"):
        on_original_grid(np.zeros(SHAPE, int), image, None)
    twice = other({"image": image})["image"]
    with pytest.raises(GeometryError, match=r"not undone|cannot be undone"):
        on_original_grid(np.zeros(twice.shape[1:], int), twice, flip)
