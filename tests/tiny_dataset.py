"""A tiny valid dataset, which tests then damage in one place."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from monai_adele.data import AdmissionReport, admit_cases, find_cases
from monai_adele.errors import DataError

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

    def patch_header(self, path: Path, **fields: object) -> None:
        """Change header fields of a compressed NIfTI without nibabel's care."""
        content = gzip.decompress(path.read_bytes())
        header = nib.Nifti1Header.from_fileobj(io.BytesIO(content), check=False)
        for name, value in fields.items():
            header[name] = value
        path.write_bytes(gzip.compress(header.binaryblock + content[348:]))

    def admit(self, **arguments: object) -> AdmissionReport:
        return admit_cases(find_cases(self.root), progress=False, **arguments)

    def refusal(self, damage: Callable[[], object], kind: type[DataError] = DataError) -> str:
        """Show that the dataset passes, damage it, and answer the one line of the refusal."""
        self.admit()
        damage()
        with pytest.raises(kind) as error:
            self.admit()
        (line,) = error.value.problems
        assert type(error.value) is kind
        assert "\n" not in line
        return line
