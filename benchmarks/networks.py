"""DeepLabV3+ beside public implementations: size, reach, multiply-adds, and seconds of a training step.

The contenders take turns; processor time, one process, one thread, medians. Public ones take part where their
packages are installed. Run by ``nox -s bench -- networks``;
``PYTHONPATH=tests python benchmarks/networks.py RECORDS.json``
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from reference.network_measures import installed, multiply_adds, parameters, receptive_field

from monai_adele.networks import RESNET50, DeepLabV3Plus

CLASSES = 21
BATCH, SIZE = 2, 256
STEPS, WARM_UP = 7, 2
RATES = {16: (6, 12, 18), 8: (12, 24, 36)}


def contenders():
    """Networks by name, those that are to be compared with each other side by side."""
    smp, torchvision = installed("segmentation_models_pytorch"), installed("torchvision")
    networks = {}
    for stride, rates in RATES.items():
        shared = {"output_stride": stride, "norm": "batch", **RESNET50, "rates": rates}
        networks[f"ours, ResNet50, separable, {stride}"] = DeepLabV3Plus(2, 3, CLASSES, separable=True, **shared)
        if smp:
            networks[f"smp DeepLabV3Plus, resnet50, {stride}"] = smp.DeepLabV3Plus(
                "resnet50",
                encoder_weights=None,
                encoder_output_stride=stride,
                classes=CLASSES,
                decoder_atrous_rates=rates,
                decoder_aspp_dropout=0.0,
            )
        if stride == 8:
            networks["ours, ResNet50, 8"] = DeepLabV3Plus(2, 3, CLASSES, **shared)
    if torchvision:
        networks["torchvision deeplabv3_resnet50, 8"] = torchvision.models.segmentation.deeplabv3_resnet50(
            weights=None, weights_backbone=None, num_classes=CLASSES
        )
    networks["ours, small, 16"] = DeepLabV3Plus(2, 3, CLASSES)
    return networks


def logits(network, image):
    answer = network(image)
    return answer["out"] if isinstance(answer, dict) else answer


def step_seconds(network, optimizer, image, label):
    start = time.process_time()
    optimizer.zero_grad()
    F.cross_entropy(logits(network, image), label).backward()
    optimizer.step()
    return time.process_time() - start


def main(output):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    networks = contenders()
    image, label = torch.randn(BATCH, 3, SIZE, SIZE), torch.randint(0, CLASSES, (BATCH, SIZE, SIZE))
    records = {}
    for name, network in networks.items():
        records[name] = {
            "parameters": parameters(network),
            "multiply_adds": multiply_adds(network, image[:1]),
            "receptive_field": receptive_field(network),
        }
    seconds = {name: [] for name in networks}
    optimizers = {name: torch.optim.SGD(network.train().parameters(), 1e-3) for name, network in networks.items()}
    for _ in range(STEPS):
        for name, network in networks.items():
            seconds[name].append(step_seconds(network, optimizers[name], image, label))
    print(f"{BATCH} x 3 x {SIZE} x {SIZE}, {CLASSES} classes, torch {torch.__version__}")
    print("| network, output stride | parameters | multiply-adds, one image | receptive field | s a step |")
    print("|---|---|---|---|---|")
    for name, record in records.items():
        record["step_seconds"] = statistics.median(seconds[name][WARM_UP:])
        size, reach = record["parameters"], record["receptive_field"]
        count, step = record["multiply_adds"] / 1e9, record["step_seconds"]
        print(f"| {name} | {size:,} | {count:.2f} · 10⁹ | {reach} | {step:.2f} |")
    if output:
        Path(output).write_text(json.dumps(records, indent=1))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
