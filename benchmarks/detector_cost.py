"""What a MemorizationDetector's counts cost, as a share of a training step of a small U-Net.

A real ``SupervisedTrainer`` trains on random images; within its steps the processor time of the
detector's handler is taken, and of the whole step. One process, one thread, medians. Run by
``nox -s bench -- detector``; ``python benchmarks/detector_cost.py RECORDS.json``.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import torch
from ignite.engine import Events
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from monai.losses import DiceCELoss
from monai.networks.nets import UNet

from monai_adele.handlers import MemorizationDetector
from monai_adele.inferers import MultiScaleInferer
from monai_adele.losses import AdeleLoss

STEPS, WARM_UP = 14, 4
PATCHES = {"2D, batch 8 of 128 x 128": (8, (128, 128)), "3D, batch 2 of 64 x 64 x 64": (2, (64, 64, 64))}
TRAININGS = {  # channels, residual units, scales
    "MONAI's tutorials: 16..256, 2 residual units": ((16, 32, 64, 128, 256), 2, [1.0]),
    "the bundle: 16..128, two scales": ((16, 32, 64, 128), 0, [1.0, 0.7]),
    "the bundle's network, one scale": ((16, 32, 64, 128), 0, [1.0]),
}
GOAL = 0.01


class TimedDetector(MemorizationDetector):
    """Notes the processor time of each call that counts."""

    def attach(self, engine):
        self.seconds = []
        super().attach(engine)

    def _count(self, engine):
        start = time.process_time()
        super()._count(engine)
        self.seconds.append(time.process_time() - start)


def measure(batch_size, shape, num_classes, channels, units, scales):
    """Median processor seconds of a step and of its counts."""
    torch.manual_seed(0)
    dims = len(shape)
    strides = [2] * (len(channels) - 1)
    network = UNet(dims, 1, num_classes, channels, strides, num_res_units=units, norm="instance")
    items = [
        {"image": torch.randn(1, *shape), "label": torch.randint(0, num_classes, (1, *shape), dtype=torch.uint8)}
        for _ in range(batch_size)
    ]
    detector = TimedDetector([f"class {c}" for c in range(num_classes)])
    trainer = SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=STEPS,
        train_data_loader=DataLoader(Dataset(items), batch_size=batch_size),
        network=network,
        optimizer=torch.optim.Adam(network.parameters()),
        loss_function=AdeleLoss(DiceCELoss(to_onehot_y=True, softmax=True), base_scales="native"),
        inferer=MultiScaleInferer(scales, divisor=16),
        decollate=False,
        train_handlers=[detector],
    )
    steps = []
    trainer.add_event_handler(Events.ITERATION_STARTED, lambda engine: steps.append(-time.process_time()))

    @trainer.on(Events.ITERATION_COMPLETED)
    def end(engine):
        steps[-1] += time.process_time()

    trainer.run()
    return statistics.median(steps[WARM_UP:]), statistics.median(detector.seconds[WARM_UP:])


def main(output):
    torch.set_num_threads(1)
    records = []
    for name, (batch_size, shape) in PATCHES.items():
        for training, settings in TRAININGS.items():
            for num_classes in (2, 5, 14):
                step, counts = measure(batch_size, shape, num_classes, *settings)
                record = {"patches": name, "training": training, "classes": num_classes}
                record |= {"step_ms": round(1000 * step, 1), "counts_ms": round(1000 * counts, 2)}
                record["share_percent"] = round(100 * counts / step, 2)
                records.append(record)
                print(record, flush=True)
    facts = {"torch": torch.__version__, "threads": 1, "goal_percent": 100 * GOAL, "records": records}
    Path(output).write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "benchmarks/detector_cost.json")
