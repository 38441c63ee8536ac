"""The Markov boundary walk of one class, voxel by voxel."""

import numpy as np


def _neighbours(position, shape):
    for axis in range(len(shape)):
        for step in (-1, 1):
            there = list(position)
            there[axis] += step
            if 0 <= there[axis] < shape[axis]:
                yield tuple(there)


def walked(label, class_id, steps, expansion, flip, rng):
    out = label.copy()
    for expands in rng.random(steps) < expansion:
        before = out.copy()
        for position in np.ndindex(out.shape):
            around = [before[there] == class_id for there in _neighbours(position, out.shape)]
            if expands and before[position] == 0 and any(around) and rng.random() < flip:
                out[position] = class_id
            if not expands and before[position] == class_id and not all(around) and rng.random() < flip:
                out[position] = 0
    return out
