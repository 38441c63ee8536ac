"""A tiny valid dataset, which tests then damage in one place."""

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

SHAPE = (5, 6, 4)
SPACING = (2.0, 1.0, 1.0)


class TinyDataset:
    """Three cases as NIfTI, two classes and background, with the dataset.json of MSD."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rng = np.random.default_rng(0)
        for folder in ("imagesTr", "labelsTr"):
            (root / folder).mkdir()
        for case_id in ("a", "b", "c"):
            self.put_image(case_id, self.rng.normal(size=SHAPE).astype(np.float32))
            self.put_label(case_id, self.label())
        self.declare(labels={"0": "background", "1": "front", "2": "back"}, modality={"0": "MRI"})

    def label(self) -> np.ndarray:
        label = np.zeros(SHAPE, dtype=np.uint8)
        label[1:3, 2:5, 1:3] = 1
        label[3, 2:5, 1:3] = 2
        return label

    def image_path(self, case_id: str) -> Path:
        return self.root / "imagesTr" / f"{case_id}.nii.gz"

    def label_path(self, case_id: str) -> Path:
        return self.root / "labelsTr" / f"{case_id}.nii.gz"

    def put_image(self, case_id: str, array: np.ndarray, affine: np.ndarray | None = None) -> None:
        self.save(array, self.image_path(case_id), affine)

    def put_label(self, case_id: str, array: np.ndarray, affine: np.ndarray | None = None) -> None:
        self.save(array, self.label_path(case_id), affine)

    def save(self, array: np.ndarray, path: Path, affine: np.ndarray | None = None) -> None:
        nib.save(nib.Nifti1Image(array, np.diag([*SPACING, 1.0]) if affine is None else affine), path)

    def declare(self, **content: object) -> None:
        (self.root / "dataset.json").write_text(json.dumps(content))


@pytest.fixture
def dataset(tmp_path):
    root = tmp_path / "dataset"
    root.mkdir()
    return TinyDataset(root)
