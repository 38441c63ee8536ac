"""Corrected labels of a run, at any version, without the run's settings."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from monai_adele.data.run_record import RunRecord
from monai_adele.data.staged_folder import staged_folder
from monai_adele.store.corrected_labels import ExportedLabel, export_corrected_labels
from monai_adele.store.label_store import LabelStore

__all__ = ["export_recorded_labels"]


def export_recorded_labels(
    record: RunRecord, store: LabelStore, out: str | os.PathLike[str], *, version: int | None = None
) -> list[ExportedLabel]:
    """Write the current labels of all training cases of a run into a new folder.

    As :func:`export_corrected_labels`, from which voxels change and which keep their bits; between the
    grids it goes by the affines that the run wrote down. The folder appears whole or not at all.

    Args:
        record: what the run wrote down.
        store: its corrections.
        out: folder to write; must not exist, or be empty.
        version: as of this version; None for the newest.

    Returns:
        One record a file, in the order of the cases; the paths are those in ``out``.

    Raises:
        StoreError: if there is no such version, a correction does not belong to a label, ``out`` holds
            something, or a file cannot be written.
        DataError: if a label cannot be read, or does not lie on the image's grid.
    """
    store.case_ids(version)  # the version must exist before a folder is begun
    cases = [{"case_id": name, "label": str(path)} for name, path in record.labels.items()]
    volumes = [{"case_id": name, "image": record.grids[name]} for name in record.labels]
    with staged_folder(out) as folder:
        axis = -1 if record.slices else None
        written = export_corrected_labels(cases, volumes, store, folder, slice_axis=axis, version=version)
    return [replace(label, path=Path(out) / label.path.name) for label in written]
