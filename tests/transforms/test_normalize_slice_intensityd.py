"""Tests of NormalizeSliceIntensityd."""

import torch
from monai.data import MetaTensor

from monai_adele.transforms import NormalizeSliceIntensityd


def test_each_slice_and_channel_is_standardized_by_itself():
    image = torch.rand(2, 5, 4, 3) * torch.tensor([1.0, 10.0, 100.0]) + 7
    result = NormalizeSliceIntensityd("image")({"image": image})["image"]
    torch.testing.assert_close(result.mean((1, 2)), torch.zeros(2, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(result.std((1, 2), correction=0), torch.ones(2, 3))


def test_a_constant_slice_becomes_zero_and_the_input_stays():
    image = torch.full((1, 4, 4, 2), 3.0)
    result = NormalizeSliceIntensityd("image")({"image": image})["image"]
    assert not result.any()
    assert (image == 3).all()


def test_metadata_is_kept():
    image = MetaTensor(torch.rand(1, 4, 4, 2), affine=torch.diag(torch.tensor([2.0, 1, 3, 1])))
    result = NormalizeSliceIntensityd("image")({"image": image})["image"]
    assert torch.equal(result.affine, image.affine)
