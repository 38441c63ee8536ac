"""The memory that many cases take, and one large label: ``nox -s bench -- load``.

10,000 small cases (16 x 16 x 8 voxels) go through admission, store, detector and export; a label of 512 x 512 x 600
voxels goes through every noise model, the rule, the store and the export. Each step has a process of its own, whose
peak is the most that it held at once, as Linux tells it; that of one which would hold more than 12 GiB is cut short and
said to. ``python benchmarks/load.py [RECORDS.json] [--cases N] [--shape X Y Z]`` prints the tables.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import torch
from ignite.engine import Engine, Events
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from monai.transforms import Compose, LoadImaged
from reference.every_noise_model import SIZED, UNSIZED

from monai_adele.data import CaseReader, examine_cases, find_cases
from monai_adele.functional import CorrectionRule
from monai_adele.handlers import MemorizationDetector
from monai_adele.store import LabelStore, export_corrected_labels

LIMIT = 12 * 2**30
SMALL = (16, 16, 8)
READ = Compose([LoadImaged(["image", "label"], reader=CaseReader(), ensure_channel_first=True)])
READ_IMAGE = Compose([LoadImaged("image", reader=CaseReader(), ensure_channel_first=True)])
Note = Callable[[str], None]


def memory(key: str) -> int:
    """A line of what Linux tells of the memory of this process, in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


def in_process(step: Callable[..., None], *arguments: Any) -> dict[str, Any]:
    """Run a step in a process of its own: its notes, its peak beyond what it began with, and its processor time."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
        before, started = memory("VmRSS"), time.process_time()
        found: dict[str, Any] = {"notes": {}, "error": None}
        try:
            step(*arguments, lambda name: found["notes"].update({name: memory("VmHWM")}))
        except Exception as error:  # told in the table
            found["error"] = (
                "more than 12 GiB" if "memory" in str(error).lower() else f"{type(error).__name__}: {error}"
            )
            found["error"] = "more than 12 GiB" if isinstance(error, MemoryError) else found["error"]
        found |= {"peak": memory("VmHWM"), "beyond": memory("VmHWM") - before, "seconds": time.process_time() - started}
        os.write(writer, json.dumps(found).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"notes": {}, "error": "killed", "peak": 0, "beyond": 0, "seconds": 0.0}


def write_cases(folder: Path, number: int) -> None:
    """Small cases of two classes, as files."""
    for name in ("imagesTr", "labelsTr"):
        (folder / name).mkdir(parents=True)
    names = {"background": 0, "front": 1, "back": 2}
    (folder / "dataset.json").write_text(
        json.dumps({"labels": names, "channel_names": {"0": "CT"}, "file_ending": ".nii"})
    )
    rng = np.random.default_rng(0)
    for i in range(number):
        label = np.zeros(SMALL, np.uint8)
        start = int(rng.integers(2, 8))
        label[start : start + 5, 3:8], label[start : start + 5, 9:13] = 1, 2
        image = (label + rng.normal(0, 0.3, SMALL)).astype(np.float32)
        nib.save(nib.Nifti1Image(image, np.eye(4)), folder / "imagesTr" / f"case_{i:05d}_0000.nii")
        nib.save(nib.Nifti1Image(label, np.eye(4)), folder / "labelsTr" / f"case_{i:05d}.nii")


def first(folder: Path, number: int) -> list[dict[str, Any]]:
    """The first cases of the folder, without looking at the others."""
    cases = [f"case_{i:05d}" for i in range(number)]
    files = [(folder / "imagesTr" / f"{case}_0000.nii", folder / "labelsTr" / f"{case}.nii") for case in cases]
    return [{"case_id": c, "image": str(i), "label": str(x)} for c, (i, x) in zip(cases, files, strict=True)]


def admission(folder: Path, marks: Sequence[int], note: Note) -> None:
    """All cases found and examined."""
    report = examine_cases(find_cases(folder), progress=False)
    if report.problems or len(report.facts) != marks[-1]:
        raise ValueError(f"found {len(report.facts)} cases and {len(report.problems)} problems")
    note(str(marks[-1]))


def corrected(label: np.ndarray) -> np.ndarray:
    return np.roll(label, 1, axis=0)


def store(folder: Path, marks: Sequence[int], note: Note) -> None:
    """A correction of every case, in one version."""
    with LabelStore(folder / "store").transaction(epoch=1, reason="load") as transaction:
        for i, case in enumerate(first(folder, marks[-1]), start=1):
            label = np.asarray(nib.load(case["label"]).dataobj)
            transaction.put(case["case_id"], label, corrected(label))
            if i in marks:
                note(str(i))


def detector(folder: Path, marks: Sequence[int], note: Note) -> None:
    """An epoch of training, counted."""
    network = torch.nn.Conv3d(1, 3, 1)
    watch = MemorizationDetector(["background", "front", "back"])
    loader = DataLoader(Dataset(first(folder, marks[-1]), READ), batch_size=4)
    trainer = SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=1,
        train_data_loader=loader,
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.01),
        loss_function=lambda logits, label: torch.nn.functional.cross_entropy(logits, label[:, 0].long()),
        decollate=False,
        train_handlers=[watch],
    )

    def count(engine: Engine) -> None:
        if engine.state.iteration * 4 in marks:
            note(str(engine.state.iteration * 4))

    trainer.add_event_handler(Events.ITERATION_COMPLETED, count)
    trainer.run()


class Noted(Dataset):
    """Volumes that note the peak as they are asked for."""

    def __init__(self, data: list[dict[str, Any]], marks: Sequence[int], note: Note) -> None:
        super().__init__(data, READ_IMAGE)
        self.marks, self.note = marks, note

    def __getitem__(self, index: int) -> Any:
        if index + 1 in self.marks:
            self.note(str(index + 1))
        return super().__getitem__(index)


def export(folder: Path, marks: Sequence[int], note: Note) -> None:
    """All corrected labels, as files."""
    cases = first(folder, marks[-1])
    export_corrected_labels(cases, Noted(cases, marks, note), LabelStore(folder / "store"), folder / "export")


def many_cases(folder: Path, number: int) -> Iterator[dict[str, Any]]:
    """A record of each step over the small cases."""
    marks = [number // 10, number // 2, number]
    write_cases(folder, number)
    for mark in marks[:-1]:  # admission takes all at once
        write_cases(folder.with_name(f"first_{mark}"), mark)
    found = [in_process(admission, folder.with_name(f"first_{mark}"), [mark]) for mark in marks[:-1]]
    found.append(in_process(admission, folder, [number]))
    notes = {name: peak for record in found for name, peak in record["notes"].items()}
    yield {"step": "admission", **found[-1], "notes": notes}
    for step in (store, detector, export):
        yield {"step": step.__name__, **in_process(step, folder, marks)}


def large_label(shape: tuple[int, ...]) -> np.ndarray:
    """Five organs, one within another, in a third of the volume."""
    axes = [np.linspace(-1, 1, n, dtype=np.float32) for n in shape]
    distance = sum(axis.reshape([-1 if i == j else 1 for j in range(3)]) ** 2 for i, axis in enumerate(axes))
    label = np.zeros(shape, np.uint8)
    for class_id, radius in enumerate((0.65, 0.5, 0.35, 0.2, 0.1), start=1):
        label[distance < radius**2 * 1.6] = class_id
    return label


def noisy(name: str, label: np.ndarray, note: Note) -> None:
    """One noise model."""
    model = (SIZED | UNSIZED)[name]
    model(label, (0.8, 0.8, 1.0), np.random.default_rng(0))


def rule(label: np.ndarray, note: Note) -> None:
    """The correction rule."""
    given = torch.from_numpy(label)
    pred = torch.from_numpy(np.roll(label, 2, axis=0))
    CorrectionRule()(given, pred, torch.full(given.shape, 0.9), {1, 2, 3, 4, 5})


def large_store(folder: Path, label: np.ndarray, note: Note) -> None:
    """Its correction, committed and read back."""
    held = LabelStore(folder / "store")
    with held.transaction(epoch=1) as transaction:
        transaction.put("large", label, np.roll(label, 2, axis=0))
    held.current_label("large", label)


def large_export(folder: Path, label: np.ndarray, note: Note) -> None:
    """Its corrected label, as a file."""
    case = {"case_id": "large", "image": str(folder / "large.nii"), "label": str(folder / "large.nii")}
    export_corrected_labels([case], Dataset([case], READ_IMAGE), LabelStore(folder / "store"), folder / "export")


def one_large(folder: Path, shape: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """A record of each step over the large label."""
    label = large_label(shape)
    nib.save(nib.Nifti1Image(label, np.eye(4)), folder / "large.nii")
    yield {"step": "rule", **in_process(rule, label)}
    yield {"step": "store", **in_process(large_store, folder, label)}
    yield {"step": "export", **in_process(large_export, folder, label)}
    for name in {**SIZED, **UNSIZED}:
        yield {"step": name, **in_process(noisy, name, label)}


def line(record: dict[str, Any], columns: Sequence[str]) -> str:
    return "| " + " | ".join([record["step"], *columns, f"{record['seconds']:.0f} s", record["error"] or ""]) + " |"


def main() -> None:
    """Measure, print the tables, write the records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", nargs="?", default="benchmarks/load.json")
    parser.add_argument("--cases", type=int, default=10000, help="a multiple of 40")
    parser.add_argument("--shape", type=int, nargs=3, default=(512, 512, 600))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    records: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        marks = [chosen.cases // 10, chosen.cases // 2, chosen.cases]
        heads = [f"peak at {mark:,}, MiB" for mark in marks]
        print(f"| step | {' | '.join(heads)} | processor | |\n|---|---|---|---|---|---|")
        for record in many_cases(Path(folder) / "all", chosen.cases) if chosen.cases else ():
            records.append(record)
            peaks = [f"{record['notes'].get(str(mark), math.nan) / 2**20:.0f}" for mark in marks]
            print(line(record, peaks), flush=True)
        voxels = math.prod(chosen.shape)
        print("\n| step | peak, GiB | beyond the label, bytes a voxel | processor | |\n|---|---|---|---|---|")
        for record in one_large(Path(folder), tuple(chosen.shape)):
            records.append(record)
            print(line(record, [f"{record['peak'] / 2**30:.1f}", f"{record['beyond'] / voxels:.0f}"]), flush=True)
    Path(chosen.records).write_text(json.dumps(records))


if __name__ == "__main__":
    main()
