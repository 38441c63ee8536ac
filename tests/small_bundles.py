"""The bundles, each with data and settings for a training of seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nibabel as nib
from bundle_settings import EAGER
from monai.bundle import ConfigWorkflow

from monai_adele.phantom import write_phantom, write_voc_phantom

BUNDLES = Path(__file__).parents[1] / "bundles"


@dataclass(frozen=True)
class SmallBundle:
    """A bundle, and how a small run of it is made.

    ``write_data(folder)`` gives the dataset; ``settings`` go to every run; ``images`` are those of the dataset that
    ``inference.json`` is given, ``predictions`` the ending of what it writes; ``runs`` are combinations of config files
    with overrides that a user would make.
    """

    name: str
    write_data: Callable[[Path], Path]
    settings: dict[str, Any]
    images: str
    predictions: str = ".nii.gz"
    runs: dict[str, tuple[list[str], dict[str, Any]]] = field(default_factory=dict)

    @property
    def configs(self) -> Path:
        return BUNDLES / self.name / "configs"


def run_bundle(root: Path, names: list[str], *, kind: str = "train", **settings: Any) -> ConfigWorkflow:
    """Run config files of the bundle in ``root``, as ``python -m monai.bundle run`` does."""
    files = [str(root / "configs" / f"{name}.json") for name in names]
    workflow = ConfigWorkflow(files, workflow_type=kind, logging_file=False, bundle_root=str(root), **settings)
    workflow.initialize()
    workflow.run()
    workflow.finalize()
    return workflow


def _turned_volumes(folder: Path) -> Path:
    """Volumes of a phantom, the first two with other axes than the rest."""
    data = write_phantom(folder, spatial_dims=3, num_cases=5, size=(32, 32, 16))
    for path in sorted(data.glob("*Tr/phantom_000[01].nii.gz")):
        turned = nib.load(path).as_reoriented([[1, -1], [2, 1], [0, 1]])
        nib.save(nib.Nifti1Image(turned.get_fdata().astype(turned.get_data_dtype()), turned.affine), path)
    return data


_FLAT = {"spatial_dims": 2}
_NETWORK = {"_target_": "UNet", "spatial_dims": 2, "in_channels": 1, "out_channels": 5, "channels": [4, 8]}
_PAPER = {"patch_size": [32, 32], "network_def": _NETWORK | {"strides": [2]}}
_DEEPLAB = {"channels": [4, 4, 8, 8, 16], "head_channels": 8, "depths": [1, 1, 2, 1], "rates": [1, 2]}
_GROUPS = {"norm": ["group", {"num_groups": 2}]}
_KEPT = {"steady": False, "min_shift_voxels": 0.5}
_CHANGES = _KEPT | {"max_changed_share": 0.5, "restore_missing": True, "min_iou": 0.1, "every_epochs": 2}
_CORRECTION = _CHANGES | {"tau_foreground": 0.5, "tau_background": 0.5, "max_epochs": 2, "onset_rule": EAGER}

ADELE_SEGMENTATION = SmallBundle(
    name="adele_segmentation",
    write_data=_turned_volumes,
    settings={"channels": [4, 8, 16], "batch_size": 2, "max_epochs": 1},
    images="imagesTr",
    runs={
        "volumes": (["train"], {"spacing_mm": [7, 7, 12], "patch_size": [16, 16, 8], "learning_rate": 0.01, "seed": 3}),
        "slices": (["train"], {**_FLAT, "scales": [1.0, 0.5, 1.5], "consistency_weight": 1.0, "norm": "batch"}),
        "correction": (["train"], {**_FLAT, **_CORRECTION}),
        "parts": (["train"], {**_FLAT, "num_train": 2, "num_validation": 2, "num_test": 1, "group_key": "case_id"}),
        "without": (["train"], {"correct": False, "num_test": 0, "val_interval": 2, "max_epochs": 2}),
        "baseline": (["train", "baseline"], _FLAT),
        "noise": (["train", "noise"], {"noise_model": {"_target_": "monai_adele.noise.Erode", "radius_mm": 7}}),
        "audit": (["train", "audit"], _FLAT),
        "evaluation pass": (["train", "evaluation_pass"], {**_FLAT, **_CORRECTION, "change_cap#case_in_all": 0.5}),
        "demo": (["train", "noise", "demo"], {"max_epochs": 1}),
        "deeplab": (["train", "deeplab"], {**_DEEPLAB, **_GROUPS, "output_stride": [8, 8, 2]}),
        "paper": (
            ["train", "noise", "paper_segthor"],
            {"patch_size": [32, 32], "network_def": _NETWORK | {"strides": [2]}},
        ),
    },
)

_TINY = {"channels": [4, 4, 8, 8, 16], "head_channels": 8, "crop_size": [32, 32], "num_validation": 2}
_RATES = {"learning_rate": 0.01, "head_learning_rate": 0.01, "power": 1.0, "schedule_epochs": 2, "seed": 3}
_FILES = {"pseudo_label_dir": "SegmentationClass", "truth_dir": "SegmentationClass", "train_list": "val"}
_COLORS = {
    "hue_jitter": 0.1,
    "saturation_jitter": 0.0,
    "value_jitter": 0.2,
    "scale_range": [0.5, 1.5],
    "flip_prob": 0.0,
}
_EAGER = {"tau": 0.0, "min_iou": 0.0, "every_epochs": 1, "max_epochs": 2, "onset_rule": EAGER}
_GIVEN = {"restart": False, "counted_label": None, "flip_axes": [], "prediction_scales": [1.0, 0.5]} | _KEPT
_RESNET38 = {"width": 1, "initial_weights": None, "evaluation_scales": [1.0], "num_workers": 0, "temperature": 2.0}

ADELE_WEAKLY_SUPERVISED = SmallBundle(
    name="adele_weakly_supervised",
    write_data=lambda folder: write_voc_phantom(folder, num_train=6, num_test=3, size=(32, 44)),
    settings={**_TINY, "batch_size": 2, "max_epochs": 1},
    images="JPEGImages",
    predictions=".png",
    runs={
        "augmentation": (["train"], {**_COLORS, "cache_rate": 0.5}),
        "schedule": (["train"], {**_RATES, "scales": [1.0], "consistency_weight": 0.5}),
        "pseudo-labels": (["train"], {**_EAGER, **_GIVEN}),
        "lists": (["train"], {**_FILES, "test_list": None, "num_validation": 1, "correct": False}),
        "plain": (["train", "baseline"], {"val_interval": 2, "max_epochs": 2}),
        "resnet38": (["train", "resnet38"], _RESNET38),
    },
)

SMALL_BUNDLES = [ADELE_SEGMENTATION, ADELE_WEAKLY_SUPERVISED]
