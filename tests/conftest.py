"""Fixtures for all tests."""

import os
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def hippocampus():
    """Folder of MSD Task04 Hippocampus, below the folder that MONAI_ADELE_DATA names."""
    root = os.environ.get("MONAI_ADELE_DATA")
    folder = Path(root or ".") / "hippocampus_msd"
    if not root or not folder.is_dir():
        pytest.skip("MONAI_ADELE_DATA does not lead to MSD Task04 Hippocampus")
    return folder
