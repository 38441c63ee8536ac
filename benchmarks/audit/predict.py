"""Predictions of two networks, each for the half of a corrupted data set that it was not trained on.

python benchmarks/audit/predict.py FOLDER phantom 0.1 0.3 --seed 0

Files that are there are kept; without MONAI_ADELE_DATA there is no hippocampus.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
from corrupted_sets import CASES, CorruptedSet, corrupted_set
from monai.losses import DiceCELoss
from monai.networks.nets import UNet
from torch import Tensor

EPOCHS = {"phantom": 40, "hippocampus": 36}
BATCH = 6
BEST = 5  # epochs whose probabilities are averaged


def main() -> None:
    """Corrupt, train on one half, predict the other, and write all that a score may look at."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("name", choices=sorted(EPOCHS))
    parser.add_argument("shares", type=float, nargs="+", help="of the cases, that are wrong")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=None)
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.folder.mkdir(parents=True, exist_ok=True)
    if args.name == "hippocampus" and "MONAI_ADELE_DATA" not in os.environ:
        print("MONAI_ADELE_DATA does not lead to the hippocampi: left out")
        return
    for share in args.shares:
        file = args.folder / f"{args.name}_{round(100 * share)}_seed{args.seed}.npz"
        if not file.exists():
            write_predictions(file, args.name, share, args.seed, args.cases or CASES[args.name])


def write_predictions(file: Path, name: str, share: float, seed: int, num_cases: int) -> None:
    """Corrupt a share of a data set, predict each half by a network of the other, and write it all."""
    start = time.process_time()
    data = corrupted_set(name, share, seed, num_cases=num_cases)
    probs = np.zeros((len(data.images), data.wrong.shape[1], *data.images.shape[1:]), np.float16)
    halves = np.arange(len(data.images)) % 2
    epochs = [_predict(data, halves == fold, probs, EPOCHS[name], seed + fold) for fold in (0, 1)]
    arrays = {"images": data.images.astype(np.float16), "truth": data.truth, "given": data.given, "wrong": data.wrong}
    np.savez_compressed(file, probs=probs, noise=np.array(data.noise), spacing=data.spacing, **arrays)
    pred = probs.argmax(1)
    dice = [
        2 * ((pred == c) & (data.truth == c)).sum() / ((pred == c).sum() + (data.truth == c).sum())
        for c in range(1, probs.shape[1])
    ]
    seconds = time.process_time() - start
    print(file, "best epochs", epochs, "Dice to truth", np.round(dice, 3), f"{seconds:.0f} s", flush=True)


def _predict(data: CorruptedSet, held_out: np.ndarray, probs: np.ndarray, epochs: int, seed: int) -> list[int]:
    """Train on the others, take the epochs that predict a fifth of them best, and fill in the held out ones."""
    torch.manual_seed(seed)
    images, given = torch.from_numpy(data.images)[:, None], torch.from_numpy(data.given).long()[:, None]
    others = np.random.default_rng(seed).permutation(np.flatnonzero(~held_out))
    watched, trained = others[: len(others) // 5], others[len(others) // 5 :]
    channels = (16, 32, 64, 128) if images.ndim == 4 else (12, 24, 48)
    network = UNet(images.ndim - 2, 1, probs.shape[1], channels, [2] * (len(channels) - 1), norm="instance")
    optimizer = torch.optim.Adam(network.parameters(), 4e-3)
    loss = DiceCELoss(to_onehot_y=True, softmax=True)
    states: list[tuple[float, int, dict[str, Tensor]]] = []
    for epoch in range(1, epochs + 1):
        network.train()
        order = torch.randperm(len(trained)).numpy()
        for start in range(0, len(order), BATCH):
            batch = trained[order[start : start + BATCH]]
            optimizer.zero_grad()
            loss(network(images[batch]), given[batch]).backward()
            optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] = 4e-3 * (1 - epoch / (epochs + 1)) ** 0.9
        quality = _mean_dice(_probs(network, images[watched]).argmax(1), given[watched, 0], probs.shape[1])
        states.append((quality, epoch, {name: value.clone() for name, value in network.state_dict().items()}))
        states = sorted(states, key=lambda each: -each[0])[:BEST]
    for _, _, state in states:
        network.load_state_dict(state)
        probs[held_out] += (_probs(network, images[held_out]) / len(states)).half().numpy()
    return [epoch for _, epoch, _ in states]


@torch.no_grad()
def _probs(network: torch.nn.Module, images: Tensor) -> Tensor:
    network.eval()
    return torch.cat([network(part).softmax(1) for part in images.split(4)])


def _mean_dice(pred: Tensor, label: Tensor, num_classes: int) -> float:
    sums = [(((pred == c) & (label == c)).sum(), (pred == c).sum() + (label == c).sum()) for c in range(1, num_classes)]
    return float(np.mean([2 * float(both) / max(1.0, float(total)) for both, total in sums]))


if __name__ == "__main__":
    main()
