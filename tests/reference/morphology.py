"""Erosion and dilation voxel by voxel: every pair of voxels is looked at."""

import numpy as np


def _squared_distances(shape, spacing):
    points = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1).reshape(-1, len(shape))
    points = points * np.asarray(spacing, dtype=float)
    return ((points[:, None] - points[None]) ** 2).sum(-1).round(6)


def eroded(label, spacing, radius_of):
    flat, squared = label.ravel(), _squared_distances(label.shape, spacing)
    out = flat.copy()
    for voxel, own in enumerate(flat):
        radius = radius_of.get(int(own), 0)
        others = squared[voxel][flat != own]
        if radius > 0 and others.size and others.min() <= radius**2 + 1e-5:
            out[voxel] = 0
    return out.reshape(label.shape)


def dilated(label, spacing, radius_of, over=()):
    flat, squared = label.ravel(), _squared_distances(label.shape, spacing)
    out = flat.copy()
    for voxel, own in enumerate(flat):
        if own != 0 and own not in over:
            continue
        reached = []
        for class_id in sorted(radius_of):
            distances = squared[voxel][flat == class_id]
            if class_id != own and distances.size and distances.min() <= radius_of[class_id] ** 2 + 1e-5:
                reached.append((distances.min(), class_id))
        if reached:
            out[voxel] = min(reached)[1]
    return out.reshape(label.shape)
