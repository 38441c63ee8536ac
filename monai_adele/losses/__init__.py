"""Losses for training with noisy annotations."""

from monai_adele.losses.adele import AdeleLoss
from monai_adele.losses.authors_scale_consistency import AuthorsScaleConsistencyLoss
from monai_adele.losses.scale_consistency import ScaleConsistencyLoss

__all__ = ["AdeleLoss", "AuthorsScaleConsistencyLoss", "ScaleConsistencyLoss"]
