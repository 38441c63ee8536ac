"""Medical image segmentation from noisy annotations: ADELE and more, for MONAI."""

__version__ = "0.1.0"
