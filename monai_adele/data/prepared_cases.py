"""A dataset made ready for a run: found, admitted, divided, written down."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from monai_adele.data.admission import AdmissionReport, admit_cases
from monai_adele.data.admission_cache import AdmissionCache
from monai_adele.data.case_list import Case, CaseList
from monai_adele.data.cases import find_cases
from monai_adele.data.split import split_cases
from monai_adele.data.split_record import Split, read_split
from monai_adele.errors import DataError

__all__ = ["PreparedCases", "check_output_folder", "prepare_cases"]

_SPLIT_FILE = "split.json"
_KEYS = ("image", "label", "truth", "case_id")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreparedCases:
    """The parts of an admitted dataset, ready for MONAI's transforms.

    Args:
        train: cases, each with "image", "label", "case_id" and, if given, "truth"; sorted by id.
        validation: the same.
        test: the same.
        report: of the admission.
        split: as written to the output folder.
    """

    train: list[Case]
    validation: list[Case]
    test: list[Case]
    report: AdmissionReport
    split: Split

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes; index is the id, background first."""
        return self.report.case_list.class_names

    @property
    def num_classes(self) -> int:
        """Number of classes, background included."""
        return len(self.class_names)

    @property
    def num_channels(self) -> int:
        """Channels of every image."""
        return self.report.case_list.num_channels or 1

    @property
    def ignore_index(self) -> int | None:
        """Id of voxels to be left out, or None."""
        return self.report.case_list.ignore_index

    @property
    def spatial_dims(self) -> int:
        """Number of spatial axes, 2 or 3."""
        return self.report.case_list.spatial_dims or 3


def check_output_folder(folder: str | Path) -> Path:
    """Make a folder, and show that files can be written in it.

    Args:
        folder: made with its parents if missing.

    Returns:
        The folder.

    Raises:
        DataError: if it cannot be made or written in.

    Example:
        >>> check_output_folder("/dev/null/run")
        Traceback (most recent call last):
        ...
        monai_adele.errors.DataError: /dev/null/run: output folder cannot be written (Not a directory); ...
    """
    path = Path(folder).expanduser()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise DataError(f"{path}: output folder cannot be written ({reason}); choose another") from error
    return path


def prepare_cases(
    dataset: str | Path | CaseList,
    output_dir: str | Path,
    *,
    seed: int,
    train: int | float | None = None,
    validation: int | float | None = None,
    test: int | float | None = None,
    group_key: str | None = None,
    split_file: str | Path | None = None,
    image_key: str = "image",
    label_key: str = "label",
    class_names: Sequence[str] | None = None,
    ignore_index: int | None = None,
    affine_tolerance_mm: float = 0.1,
    network_dims: int | None = None,
    workers: int | None = None,
    progress: bool = True,
    cache_dir: str | Path | None = None,
) -> PreparedCases:
    """Find, admit and divide the cases of a dataset, before anything is trained.

    The cases are divided as `split_cases` does, or as `split_file` says (another method on the same cases).
    The split is written to ``split.json`` in the output folder; one that stands there, as in a resumed run,
    must be the same.

    Args:
        dataset: a folder or a datalist, see `find_cases`; or the cases that were found, as by `find_voc_cases`,
            which then declare the classes and the ignored id themselves.
        output_dir: of the run; made if missing.
        seed: of the division.
        train: count, fraction or None, see `split_cases`.
        validation: the same; not looked at where the dataset gives this part itself.
        test: the same.
        group_key: key of the datalist that names what must not be divided.
        split_file: a split written by another run, or by hand; None divides the cases.
        image_key: the datalist's key of the image.
        label_key: the datalist's key of the label.
        class_names: index is the class id; None takes what the dataset declares, else the ids found.
        ignore_index: id of voxels to be left out; None takes what the dataset declares.
        affine_tolerance_mm: largest distance allowed between the corners of image and label, in mm.
        network_dims: 2 or 3, of the network to be trained; 3 is refused for images in 2D.
        workers: threads that read.
        progress: whether to show a progress bar.
        cache_dir: where ``admission_cache.json`` is kept, so that files found sound are not read through again
            while their bytes stay the same; None takes the output folder.

    Returns:
        The parts and what was found.

    Raises:
        DataError: if the output folder cannot be written, or the dataset or its split cannot be used: one
            line for each problem, all together.
        ValueError: if an argument is out of range.
    """
    folder = check_output_folder(output_dir)
    found = dataset
    if not isinstance(found, CaseList):
        found = find_cases(
            found,
            image_key=image_key,
            label_key=label_key,
            class_names=class_names,
            ignore_index=ignore_index,
            on_problem="collect",
        )
    cache = AdmissionCache(folder if cache_dir is None else cache_dir)
    report = admit_cases(
        found, affine_tolerance_mm=affine_tolerance_mm, workers=workers, progress=progress, cache=cache
    )
    for note in report.notes:
        _logger.warning(note)
    _check_dims(report.case_list.spatial_dims, network_dims)
    cases, given = report.case_list.cases, found.given_parts
    if split_file is not None:
        split = read_split(split_file)
        split.check_against(cases)
    else:
        counts = {"train": train, "validation": validation, "test": test}
        asked = {part: count for part, count in counts.items() if part == "train" or part not in given.values()}
        split = split_cases(cases, seed=seed, group_key=group_key, given_parts=given, **asked)
    _write_once(split, folder / _SPLIT_FILE)
    return PreparedCases(
        train=_for_transforms(split.pick("train", cases)),
        validation=_for_transforms(split.pick("validation", cases)),
        test=_for_transforms(split.pick("test", cases)),
        report=report,
        split=split,
    )


def _check_dims(spatial_dims: int | None, network_dims: int | None) -> None:
    if spatial_dims == 2 and network_dims == 3:
        raise DataError("found images in 2D and a network in 3D, expected one of them; train with --spatial_dims 2")


def _for_transforms(cases: list[Case]) -> list[Case]:
    """What the transforms need: further keys of a datalist may differ from case to case and not collate."""
    return [{key: case[key] for key in _KEYS if key in case} for case in cases]


def _write_once(split: Split, path: Path) -> None:
    if not path.exists():
        split.write(path)
    elif read_split(path) != split:
        raise DataError(
            f"{path}: holds another split than these settings give (cases, seed or counts differ), expected "
            "the same; choose another output folder, hand this file over as split_file, or remove it"
        )
