"""Scale consistency in float64, one voxel at a time."""

import math

import numpy as np


def scale_consistency(logits, mask=None, min_confidence=0.0):
    logits = [np.asarray(scale, dtype=np.float64) for scale in logits]
    batch, _, *spatial = logits[0].shape
    total, counted = 0.0, 0
    for voxel in np.ndindex(batch, *spatial):
        predictions = [_softmax(scale[(voxel[0], slice(None), *voxel[1:])]) for scale in logits]
        mean = sum(predictions) / len(predictions)
        if (mask is not None and not mask[voxel]) or max(mean) < min_confidence:
            continue
        divergences = [_kl(prediction, mean) for prediction in predictions]
        total += sum(divergences) / len(divergences)
        counted += 1
    return total / counted if counted else 0.0


def _softmax(scores):
    powers = [math.exp(score - max(scores)) for score in scores]
    return np.array(powers) / sum(powers)


def _kl(p, q):
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)
