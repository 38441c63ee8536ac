"""A tiny valid dataset, which tests then damage in one place."""

import pytest
from tiny_dataset import TinyDataset


@pytest.fixture
def dataset(tmp_path):
    root = tmp_path / "dataset"
    root.mkdir()
    return TinyDataset(root)
