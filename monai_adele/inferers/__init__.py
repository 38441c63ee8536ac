"""Inferers: how a network is applied to an image."""

from monai_adele.inferers.multi_scale import MultiScaleInferer

__all__ = ["MultiScaleInferer"]
