"""Probabilities of a trained network on the grid of an image's file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle import ConfigParser
from monai.data import MetaTensor
from monai.transforms import Invertd
from numpy.typing import NDArray

from monai_adele.audit.packaged_bundle import packaged_bundles
from monai_adele.errors import DataError
from monai_adele.networks import load_weights

__all__ = ["CasePredictor"]

_SETTINGS = "summary.json"


class CasePredictor:
    """A network of a run, with the preprocessing and the inferer of its bundle.

    What a bundle's ``inference.json`` says is taken: the one in ``configs/`` of the folder if there is one, else
    that of the package. Only weights are loaded from the model's file; a model that carries code of its own, as
    TorchScript, is not.

    Args:
        folder: output folder of a run, with ``summary.json`` and ``models/model.pt``; or of a bundle that holds them.

    Attributes:
        class_names: index is the class id, background first.

    Raises:
        DataError: if there is no finished run or no model, or the weights do not fit the network.
    """

    def __init__(self, folder: str | Path) -> None:
        root = Path(folder)
        settings = _settings(root)
        self.class_names = tuple(str(name) for name in settings["class_names"])
        model = root / "models" / "model.pt"
        if not model.is_file():
            raise DataError(f"{root}: found no models/model.pt, expected the folder of a finished run")
        parser = _parsed(root, settings)
        self._network = load_weights(parser.get_parsed_content("network"), str(model)).eval()
        self._device = parser.get_parsed_content("device")
        self._inferer = parser.get_parsed_content("inferer")
        self._preprocessing = parser.get_parsed_content("preprocessing")
        self._invert = Invertd(
            "pred", self._preprocessing, orig_keys="image", nearest_interp=False, to_tensor=True, device="cpu"
        )

    def probabilities(self, image: Sequence[str | Path]) -> NDArray[np.float32]:
        """Predict a case.

        Args:
            image: files of its image, one or, a channel each, several.

        Returns:
            ``(C, *spatial)``, on the grid of the files; each voxel sums to 1.
        """
        files = [str(path) for path in image]
        item = self._preprocessing({"image": files if len(files) > 1 else files[0]})
        with torch.no_grad():
            logits = self._inferer(item["image"][None].to(self._device), self._network)
        probs = torch.softmax(logits[0].as_subclass(torch.Tensor).float().cpu(), dim=0)
        item["pred"] = MetaTensor(probs, meta=item["image"].meta)
        return _on_file_grid(item, self._invert)


def _on_file_grid(item: dict[str, Any], invert: Invertd) -> NDArray[np.float32]:
    pred = invert(item)["pred"] if item["image"].applied_operations else item["pred"]  # else nothing to undo
    probs: NDArray[np.float32] = pred.as_tensor().numpy().astype(np.float32)
    probs /= np.maximum(probs.sum(axis=0), 1e-6)
    return probs


def _settings(root: Path) -> dict[str, Any]:
    try:
        settings: dict[str, Any] = json.loads((root / _SETTINGS).read_text(encoding="utf-8"))["settings"]
        if not isinstance(settings["class_names"], list):
            raise TypeError("class_names is no list")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{root / _SETTINGS}: {error}; expected the summary of a finished run") from error
    return settings


def _parsed(root: Path, settings: dict[str, Any]) -> ConfigParser:
    name = "adele_weakly_supervised" if "flip_axes" in settings else "adele_segmentation"
    own = root / "configs" / "inference.json"
    parser = ConfigParser()
    with as_file(packaged_bundles() / name / "configs" / "inference.json") as packaged:
        parser.read_config(str(own if own.is_file() else packaged))
    parser["run_dir"] = str(root)
    parser.parse()
    return parser
