"""Valid small data, in which each test damages one thing."""

from typing import Any

import pytest
import torch
from handlers.conftest import make_case
from tiny_dataset import TinyDataset

from monai_adele.store import LabelStore


@pytest.fixture
def dataset(tmp_path):
    root = tmp_path / "dataset"
    root.mkdir()
    return TinyDataset(root)


@pytest.fixture
def cases() -> list[dict[str, Any]]:
    """Four cases in memory."""
    return [make_case(f"case_{i}", seed=i) for i in range(4)]


@pytest.fixture
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Conv2d(1, 3, 3, padding=1)


@pytest.fixture
def store(tmp_path):
    return LabelStore(tmp_path / "store")
