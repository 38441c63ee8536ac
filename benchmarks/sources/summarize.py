"""Which source of predictions corrects better: ``python benchmarks/sources/summarize.py FOLDER``.

Reads the summaries of the runs that ``nox -s sources`` left: test mIoU at the last epoch, and the mean IoU of the
labels with the truth before and after, for both sources under each normalization and base loss.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np


def main() -> None:
    """Print a row for each setting, and the means."""
    found = {}
    for path in sorted(Path(sys.argv[1]).glob("*_seed*/summary.json")):
        setting, _, source = path.parent.name.rpartition("_seed")[0].rpartition("_")
        summary = json.loads(path.read_text())
        label = summary["label_iou"]
        values = [summary["final_metrics"]["last"]["mean_iou"], label["given"]["mean"], label["corrected"]["mean"]]
        found.setdefault((setting, source), []).append(values)
    print("| normalization, loss | source | seeds | test mIoU | label IoU given -> corrected |\n" + "|---" * 5 + "|")
    for (setting, source), runs in found.items():
        test, given, corrected = np.mean(runs, axis=0)
        labels = f"{given:.3f} -> {corrected:.3f}"
        print(f"| {setting.replace('_', ', ')} | {source} | {len(runs)} | {test:.3f} | {labels} |")
    for source in dict.fromkeys(source for _, source in found):
        test, _, corrected = np.mean([run for (_, of), runs in found.items() if of == source for run in runs], axis=0)
        print(f"| mean | {source} | | {test:.3f} | {corrected:.3f} |")


if __name__ == "__main__":
    main()
