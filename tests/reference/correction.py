"""The correction rules from the paper's words, one voxel at a time, from probabilities."""

import numpy as np


def correct_segthor(label, probs, memorized, tau_foreground, tau_background, class_constraint):
    corrected = label.copy()
    if not any(class_id in label for class_id in memorized):
        return corrected
    for voxel in np.ndindex(label.shape):
        scores = probs[(slice(None), *voxel)]
        winner = int(np.argmax(scores))
        confident = max(scores[1:]) > tau_foreground or scores[0] > tau_background
        may_change = label[voxel] == 0 or label[voxel] in memorized
        may_enter = winner == 0 or winner in memorized
        occurs = winner == 0 or winner in label or not class_constraint
        if confident and may_change and may_enter and occurs:
            corrected[voxel] = winner
    return corrected


def correct_voc(label, probs, memorized, tau):
    """Unlike theirs, background may enter a label that holds none."""
    corrected = label.copy()
    present = set(np.unique(label).tolist()) - {0, 255}
    if present and not present & set(memorized):
        return corrected
    for voxel in np.ndindex(label.shape):
        scores = probs[(slice(None), *voxel)]
        winner = int(np.argmax(scores))
        occurs = winner == 0 or winner in present or not present
        if scores[winner] > tau and (winner == 0 or winner in memorized) and occurs:
            corrected[voxel] = winner
    before, after = np.count_nonzero(label), np.count_nonzero(corrected)
    if after < before / 2 and (label.size - after) / label.size > 0.95:
        return label.copy()
    return corrected
