"""Score given labels in four ways from the same predictions, and compare each with what was really changed.

    python benchmarks/audit/judge.py FOLDER OUT.json

FOLDER holds what predict.py wrote. A score is judged by the area under its ROC curve and by the precision at the
number of wrong labels, over cases and over single labels (a case and class).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cleanlab.segmentation.rank import get_label_quality_scores
from corrupted_sets import KINDS
from monai.metrics import label_quality_score
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from monai_adele.audit import LabelFinding, audit_label, cleaning_curve
from monai_adele.data.atomic_files import write_atomically
from monai_adele.functional import overlap_counts

MODERATE = (0.7, 0.9)
"""Dice to truth, as a mean over the changed classes, of a case with moderate noise."""

Scores = dict[str, tuple[NDArray[Any], NDArray[Any]]]


def main() -> None:
    """Judge every file of predictions."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    results = {path.stem: judged(np.load(path, allow_pickle=False)) for path in sorted(folder.glob("*.npz"))}
    write_atomically(out, (json.dumps(results, indent=1) + "\n").encode())
    for name, result in results.items():
        print(name, {method: round(one["case_auroc"], 3) for method, one in result["methods"].items()}, result["kinds"])


def judged(data: Any) -> dict[str, Any]:
    """Compare all methods on one data set."""
    given, truth, probs = data["given"], data["truth"], data["probs"].astype(np.float32)
    probs = np.clip(probs / probs.sum(axis=1, keepdims=True), 0, 1)
    names = [str(c) for c in range(probs.shape[1])]
    findings = [
        finding
        for n in range(len(given))
        for finding in audit_label(str(n), given[n], probs[n], class_names=names, spacing=data["spacing"].tolist())
    ]
    labels = [(int(finding.case_id), finding.class_id) for finding in findings]
    wrong = np.array([data["wrong"][label] for label in labels])
    scores = {
        "audit": (_worst(findings, len(given)), np.array([finding.score for finding in findings])),
        "cleanlab": cleanlab_scores(given, probs, labels),
        "MONAI": monai_scores(given, probs, labels),
        "Dice": dice_scores(findings, len(given)),
    }
    moderate = np.array([_is_moderate(given[n], truth[n], data["wrong"][n]) for n in range(len(given))])
    noise = data["noise"]
    return {
        "cases": len(given),
        "wrong_cases": int((noise != "").sum()),
        "moderate_cases": int(moderate.sum()),
        "dice_to_truth": _dice_to_truth(probs, truth),
        "methods": {name: _measures(one, noise, wrong, moderate) for name, one in scores.items()},
        "kinds": kind_accuracy(findings, wrong, noise),
        "cleaning": _cleaning(given, truth, probs.shape[1], scores["audit"][0]),
    }


def cleanlab_scores(given: NDArray[Any], probs: NDArray[Any], labels: list[tuple[int, int]]) -> tuple[Any, Any]:
    """cleanlab's score of each case; of each label that of its class against the rest."""
    flat = given.reshape(len(given), given.shape[1], -1)
    odds = probs.reshape(*probs.shape[:2], probs.shape[2], -1)
    cases = get_label_quality_scores(flat.astype(int), odds, verbose=False)[0]
    single = {}
    for c in range(1, probs.shape[1]):
        binary = np.stack([1 - odds[:, c], odds[:, c]], axis=1)
        single[c] = get_label_quality_scores((flat == c).astype(int), binary, verbose=False)[0]
    return cases, np.array([single[c][n] for n, c in labels])


def monai_scores(given: NDArray[Any], probs: NDArray[Any], labels: list[tuple[int, int]]) -> tuple[Any, Any]:
    """MONAI's score, the mean difference, turned around so that more is better."""
    one_hot = np.moveaxis(np.eye(probs.shape[1], dtype=np.float32)[given], -1, 1)
    pair = torch.from_numpy(probs), torch.from_numpy(one_hot)
    cases = -label_quality_score(*pair, include_background=False).numpy()
    single = -label_quality_score(*pair, scalar_reduction="none").flatten(2).mean(2).numpy()
    return cases, np.array([single[label] for label in labels])


def dice_scores(findings: list[LabelFinding], num_cases: int) -> tuple[Any, Any]:
    """Dice of label and prediction; of a case the mean over its classes."""
    single = np.array([finding.parts.dice for finding in findings])
    ids = np.array([int(finding.case_id) for finding in findings])
    return np.array([single[ids == n].mean() for n in range(num_cases)]), single


def kind_accuracy(findings: list[LabelFinding], wrong: NDArray[Any], noise: NDArray[Any]) -> dict[str, Any]:
    """How often the kind is right, of the wrong labels among as many of the worst as there are wrong ones."""
    order = np.argsort([finding.score for finding in findings])[: int(wrong.sum())]
    right: dict[str, list[bool]] = {}
    for place in order:
        kind = KINDS[str(noise[int(findings[place].case_id)])] if wrong[place] else ""
        if kind:
            right.setdefault(kind, []).append(findings[place].kind == kind)
    total = [value for values in right.values() for value in values]
    by_kind = {kind: [int(np.sum(values)), len(values)] for kind, values in sorted(right.items())}
    return {"right": int(np.sum(total)), "detected": len(total), "by_kind": by_kind}


def _cleaning(given: NDArray[Any], truth: NDArray[Any], num_classes: int, scores: NDArray[Any]) -> dict[str, Any]:
    """What the labels are worth as more cases are drawn anew, the worst by the audit first."""
    pairs = [
        (torch.from_numpy(one).long(), torch.from_numpy(other).long()) for one, other in zip(given, truth, strict=True)
    ]
    counts = np.stack([overlap_counts(one, other, num_classes).numpy() for one, other in pairs])
    curve = cleaning_curve(counts, np.argsort(scores, kind="stable").tolist())
    return {name: np.round(values, 4).tolist() for name, values in vars(curve).items()}


def _worst(findings: list[LabelFinding], num_cases: int) -> NDArray[Any]:
    worst = np.ones(num_cases)
    for finding in findings:
        worst[int(finding.case_id)] = min(worst[int(finding.case_id)], finding.score)
    return worst


def _measures(
    scores: tuple[Any, Any], noise: NDArray[Any], wrong: NDArray[Any], moderate: NDArray[Any]
) -> dict[str, Any]:
    cases, single = scores
    bad = noise != ""
    by_noise = {
        str(name): _auroc(noise[~bad | (noise == name)] != "", cases[~bad | (noise == name)])
        for name in np.unique(noise[bad])
    }
    return {
        "case_auroc": _auroc(bad, cases),
        "case_precision": float(bad[np.argsort(cases)[: int(bad.sum())]].mean()),
        "moderate_auroc": _auroc(bad[~bad | moderate], cases[~bad | moderate]),
        "label_auroc": _auroc(wrong, single),
        "label_precision": float(wrong[np.argsort(single)[: int(wrong.sum())]].mean()),
        "by_noise": by_noise,
    }


def _auroc(bad: NDArray[Any], scores: NDArray[Any]) -> float:
    return float(roc_auc_score(bad, -scores)) if 0 < bad.sum() < len(bad) else float("nan")


def _is_moderate(given: NDArray[Any], truth: NDArray[Any], wrong: NDArray[Any]) -> bool:
    classes = [c for c in np.flatnonzero(wrong) if c]
    dice = [2 * ((given == c) & (truth == c)).sum() / ((given == c).sum() + (truth == c).sum()) for c in classes]
    return bool(dice) and MODERATE[0] <= float(np.mean(dice)) <= MODERATE[1]


def _dice_to_truth(probs: NDArray[Any], truth: NDArray[Any]) -> list[float]:
    pred = probs.argmax(axis=1)
    pairs = [(pred == c, truth == c) for c in range(1, probs.shape[1])]
    return [float(2 * (one & other).sum() / (one.sum() + other.sum())) for one, other in pairs]


if __name__ == "__main__":
    main()
