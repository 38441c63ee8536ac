"""MONAI transforms over noise models and label stores."""

from monai_adele.transforms.current_label import CurrentLabeld

__all__ = ["CurrentLabeld"]
