"""What keeping corrections costs: time against an epoch of training, and memory against the authors' way.

``nox -s bench -- store``; ``python benchmarks/store_speed.py [RECORDS.json]``. One thread; times are
CPU times, which other work on the machine does not change much.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.data import DataLoader, Dataset, MetaTensor
from monai.losses import DiceCELoss
from monai.networks.nets import UNet

from monai_adele.handlers import EvaluationPass, TrainingPredictions
from monai_adele.store import LabelStore
from monai_adele.transforms import CurrentLabeld

CASES, SIDE, CLASSES, BATCH = 1000, 256, 5, 8
VOLUMES, VOLUME_SIDE = 12, 96


def network(dims: int) -> torch.nn.Module:
    """The small U-Net of the bundle."""
    return UNet(dims, 1, CLASSES, channels=(16, 32, 64, 128), strides=(2, 2, 2), num_res_units=0, norm="instance")


def labels(number: int) -> tuple[np.ndarray, np.ndarray]:
    """A given label, and a corrected one with 2 % of its voxels changed, on the contour of a disc."""
    rng = np.random.default_rng(number)
    radius = np.hypot(*(np.indices((SIDE, SIDE)) - SIDE / 2 + rng.uniform(-20, 20, (2, 1, 1))))
    return (radius < 60).astype(np.uint8), (radius < 63.4).astype(np.uint8)


def epoch_seconds() -> float:
    """CPU time of an epoch over all cases, from four training steps."""
    net, loss = network(2), DiceCELoss(to_onehot_y=True, softmax=True)
    optimizer = torch.optim.Adam(net.parameters())
    image, label = torch.rand(BATCH, 1, SIDE, SIDE), torch.randint(0, CLASSES, (BATCH, 1, SIDE, SIDE))
    times = []
    for _ in range(5):
        started = time.process_time()
        optimizer.zero_grad()
        loss(net(image), label).backward()
        optimizer.step()
        times.append(time.process_time() - started)
    return float(np.median(times[1:])) * CASES / BATCH


class Timed(CurrentLabeld):
    """Tells how long it took."""

    def __call__(self, data: Any) -> dict[Any, Any]:
        started = time.process_time()
        item = super().__call__(data)
        return {**item, "seconds": time.process_time() - started}


def store_seconds(folder: str) -> dict[str, float]:
    """Time to commit all cases once, and to read them once in two workers."""
    store, pairs = LabelStore(folder), [labels(number) for number in range(CASES)]
    confidence = np.full((SIDE, SIDE), 0.9, np.float32)
    started, waited = time.process_time(), time.perf_counter()
    with store.transaction(epoch=1, reason="memorized") as transaction:
        for number, (given, corrected) in enumerate(pairs):
            transaction.put(f"case_{number:04d}", given, corrected, confidence=confidence)
    commit, waited = time.process_time() - started, time.perf_counter() - waited
    items = [{"label": torch.from_numpy(given)[None], "case_id": f"case_{n:04d}"} for n, (given, _) in enumerate(pairs)]
    loader = DataLoader(Dataset(items, Timed("label", store)), batch_size=BATCH, num_workers=2)
    read = sum(float(batch["seconds"].sum()) for batch in loader)
    changed = sum(store.changed_voxels().values())
    size = sum(file.stat().st_size for file in (Path(folder) / "corrections").iterdir())
    times = {"commit_seconds": commit, "commit_seconds_with_waiting_for_the_disk": waited, "read_seconds": read}
    return {**times, "bytes_a_changed_voxel": (size - 68 * CASES) / changed}


def volume(number: int) -> dict[str, Any]:
    """A case in 3D, made when asked for."""
    image = MetaTensor(torch.rand(1, *[VOLUME_SIDE] * 3), affine=torch.eye(4))
    return {"image": image, "label": torch.zeros(image.shape, dtype=torch.uint8), "case_id": f"case_{number}"}


class Volumes(torch.utils.data.Dataset):
    def __len__(self) -> int:
        return VOLUMES

    def __getitem__(self, number: int) -> dict[str, Any]:
        if not 0 <= number < VOLUMES:
            raise IndexError(number)
        return volume(number)


def peak_mib(work: Callable[[], None]) -> float:
    """Peak memory that a process of its own needs for some work, beyond what it has before, file pages left out."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        peak, before = 0.0, resident_mib()
        for _ in work():
            peak = max(peak, resident_mib() - before)
        os.write(writer, json.dumps(peak).encode())
        os._exit(0)
    os.wait()
    return float(json.loads(os.read(reader, 100)))


def resident_mib() -> float:
    """Anonymous memory of this process."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon")]
    return int(line.split()[1]) / 2**10


def one_case() -> Any:
    """Load cases, predict them in windows, keep none: what any evaluation needs."""
    net = network(3).eval()
    for number in range(VOLUMES):
        item = volume(number)
        with torch.no_grad():
            scores = net(item["image"].as_tensor()[None])
        yield scores


def evaluation_pass() -> Any:
    yield from EvaluationPass(Volumes(), network(3), lambda image, net: net(image)).predictions()


def training_predictions(limit_mib: float) -> Callable[[], Any]:
    def work() -> Any:
        source = TrainingPredictions(Volumes(), limit_mib=limit_mib)
        source._index = {f"case_{number}": number for number in range(VOLUMES)}
        source.start_epoch(due=True)
        for number in range(VOLUMES):
            probs = torch.rand(CLASSES, *[VOLUME_SIDE] * 3).softmax(0)
            source._remember(f"case_{number}", torch.eye(4), probs)
            del probs
            yield
        yield from source.predictions()

    return work


def authors() -> Any:
    """The softmax of every case, in float32."""
    kept = []
    for _ in range(VOLUMES):
        kept.append(torch.rand(CLASSES, *[VOLUME_SIDE] * 3))
        yield


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, Any] = store_seconds(folder)
    found["epoch_seconds"] = epoch_seconds()
    found["share_of_epoch"] = (found["commit_seconds"] + found["read_seconds"]) / found["epoch_seconds"]
    voxels = VOLUMES * VOLUME_SIDE**3
    found["set_mib_at_2_bytes"] = 2 * voxels / 2**20
    found["set_mib_at_4C_bytes"] = 4 * CLASSES * voxels / 2**20
    works = {"any_evaluation": one_case, "evaluation_pass": evaluation_pass, "authors": authors}
    works |= {
        "training_predictions": training_predictions(1024),
        "training_predictions_on_disk": training_predictions(0),
    }
    found["peak_mib"] = {name: round(peak_mib(work), 1) for name, work in works.items()}
    text = json.dumps({name: round(v, 4) if isinstance(v, float) else v for name, v in found.items()}, indent=1)
    print(text)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text + "\n")


if __name__ == "__main__":
    main()
