"""Overlap counts, one voxel at a time."""

import itertools


def overlap_counts(pred, label, num_classes, ignore_index=None):
    counts = [[0, 0, 0] for _ in range(num_classes)]
    for voxel in itertools.product(*(range(size) for size in label.shape)):
        given, guess = int(label[voxel]), int(pred[voxel])
        if given == ignore_index or not 0 <= given < num_classes:
            continue
        counts[given][2] += 1
        if 0 <= guess < num_classes:
            counts[guess][1] += 1
        if given == guess:
            counts[given][0] += 1
    return counts
