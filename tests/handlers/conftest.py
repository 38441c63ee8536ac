"""A small real training: squares to be found in noise."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from monai.data import MetaTensor

CLASS_NAMES = ["background", "left", "right"]


def make_case(case_id: str, seed: int, shape: tuple[int, ...] = (16, 12)) -> dict[str, Any]:
    """A case with one square of each class, on a grid of anisotropic voxels."""
    generator = torch.Generator().manual_seed(seed)
    label = torch.zeros(1, *shape, dtype=torch.uint8)
    row = int(torch.randint(1, 6, (1,), generator=generator))
    label[:, row : row + 5, 1:5] = 1
    label[:, row : row + 5, 7:11] = 2
    image = label.float() + 0.3 * torch.randn(label.shape, generator=generator)
    affine = torch.diag(torch.tensor([2.0, 1.0, 1.0, 1.0]))
    return {"image": MetaTensor(image, affine=affine), "label": MetaTensor(label, affine=affine), "case_id": case_id}


@pytest.fixture
def cases() -> list[dict[str, Any]]:
    """Four cases."""
    return [make_case(f"case_{i}", seed=i) for i in range(4)]


@pytest.fixture
def clean_cases() -> list[dict[str, Any]]:
    """The same cases again, for a test that changes the others."""
    return [make_case(f"clean_{i}", seed=i) for i in range(4)]


@pytest.fixture
def network() -> torch.nn.Module:
    """A small network with instance norm, without dropout."""
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1),
        torch.nn.InstanceNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.Conv2d(8, 3, 3, padding=1),
    )
