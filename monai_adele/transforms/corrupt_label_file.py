"""Annotation noise on a label file."""

from __future__ import annotations

from pathlib import Path

from monai_adele.checks import problem_line, require_right_angles
from monai_adele.data.label_file import LabelFile
from monai_adele.errors import AdeleError, DataError
from monai_adele.noise import NoiseModel
from monai_adele.transforms.annotation_noise import AnnotationNoise

__all__ = ["corrupt_label_file"]


def corrupt_label_file(
    source: str | Path,
    target: str | Path,
    noise: NoiseModel,
    *,
    seed: int,
    case_id: str,
    manifest: str | Path | None = None,
) -> None:
    """Write a noisy copy of a label file; geometry, dtype and all voxels not changed keep their bits.

    The noisy label is the one that :class:`AnnotationNoise` makes of the same case id, seed and spacing.
    Lengths in mm are taken along the file's axes, which have to be at right angles; a PNG has pixels of 1 mm.

    Args:
        source: the given label, see :class:`~monai_adele.data.label_file.LabelFile`; opened for reading only.
        target: file to write, of the same ending; its folder exists.
        noise: the noise model.
        seed: of the experiment.
        case_id: of the case.
        manifest: file to which a record of what was drawn and changed is appended, see
            :class:`AnnotationNoise`; None for none.

    Raises:
        AdeleError: if the label cannot be used, with case and file.
        FileExistsError: if ``target`` exists.

    Example:
        >>> import tempfile
        >>> import nibabel, numpy as np
        >>> from monai_adele.noise import Erode
        >>> folder, label = Path(tempfile.mkdtemp()), np.array([[0, 1, 1, 1]], np.uint8)
        >>> nibabel.save(nibabel.Nifti1Image(label, np.eye(4)), folder / "a.nii.gz")
        >>> noise = Erode(radius_mm=1)
        >>> corrupt_label_file(folder / "a.nii.gz", folder / "b.nii.gz", noise, seed=0, case_id="a")
        >>> nibabel.load(folder / "b.nii.gz").get_fdata().tolist()
        [[0.0, 0.0, 1.0, 1.0]]
    """
    try:
        label = LabelFile(source)
        if label.affine is not None:
            require_right_angles(label.affine, label.ids.ndim)
    except AdeleError as error:
        raise type(error)(problem_line(case_id, str(source), str(error))) from error
    try:
        annotation_noise = AnnotationNoise(noise, seed, pixdim=label.spacing, manifest=manifest)
        noisy = annotation_noise(label.ids[None], case_id)[0]
    except ValueError as error:  # the noise does not fit this label, as a class id that its dtype cannot hold
        raise DataError(problem_line(case_id, str(source), str(error))) from error
    try:
        content = label.encode(noisy)
    except AdeleError as error:
        raise type(error)(problem_line(case_id, str(source), str(error))) from error
    with open(target, "xb") as file:
        file.write(content)
