"""Where the bundles of the package are."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

__all__ = ["packaged_bundles"]


def packaged_bundles() -> Any:
    """Return the folder that holds the bundles: in the installed package, or beside it in a checkout.

    Returns:
        A ``Traversable``, such as a ``Path``.

    Example:
        >>> (packaged_bundles() / "adele_segmentation" / "configs" / "inference.json").is_file()
        True
    """
    installed = files("monai_adele") / "bundles"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "bundles"
