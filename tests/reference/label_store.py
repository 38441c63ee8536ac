"""A label store that keeps every version's labels whole, in memory."""

import numpy as np


class ReferenceStore:
    def __init__(self, given):
        self.given = given
        self.versions = [{case_id: label.copy() for case_id, label in given.items()}]

    @property
    def version(self):
        return len(self.versions) - 1

    def commit(self, corrected):
        """Make a version, if any label changes."""
        now = {**self.versions[-1], **corrected}
        if any(not np.array_equal(now[case_id], self.versions[-1][case_id]) for case_id in now):
            self.versions.append(now)

    def roll_back(self, version):
        if version != self.version:
            self.versions.append(self.versions[version])
        return self.version


def changed_voxels(given, current):
    """Count pairs of ids, voxel by voxel."""
    counts = {}
    for case_id in given:
        for pair in zip(given[case_id].ravel().tolist(), current[case_id].ravel().tolist(), strict=True):
            if pair[0] != pair[1]:
                counts[pair] = counts.get(pair, 0) + 1
    return counts
