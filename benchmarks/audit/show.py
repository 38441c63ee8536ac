"""Draw the results of judge.py, and print its tables in Markdown.

python benchmarks/audit/show.py RESULTS.json docs/figures/audit.png
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monai_adele.audit import CleaningCurve
from monai_adele.visualize import cleaning_figure, new_figure, save_png
from monai_adele.visualize.palette import BLUE, GREEN, ORANGE, PURPLE

COLORS = {"audit": BLUE, "cleanlab": ORANGE, "MONAI": PURPLE, "Dice": GREEN}
MEASURES = ("moderate_auroc", "case_auroc", "case_precision", "label_auroc", "label_precision")


def main() -> None:
    """Print and draw."""
    results = json.loads(Path(sys.argv[1]).read_text())
    columns = (
        "data, wrong cases",
        "score",
        "AUROC, Dice about 0.8",
        "AUROC, cases",
        "precision",
        "AUROC, labels",
        "precision",
    )
    print_head(columns)
    for name, result in results.items():
        data, share, seed = name.split("_")
        for method, one in result["methods"].items():
            cells = " | ".join(f"{one[measure]:.3f}" for measure in MEASURES)
            print(f"| {data}, {share} %, {seed} | {method} | {cells} |")
    print()
    print_head(("data, wrong cases", "Dice of the prediction to truth", "kind right, of the detected"))
    for name, result in results.items():
        dice, kinds = ", ".join(f"{value:.2f}" for value in result["dice_to_truth"]), result["kinds"]
        print(f"| {name.replace('_', ', ')} | {dice} | {kinds['right']} of {kinds['detected']} |")
    draw(results, Path(sys.argv[2]))
    show_cleaning(results, Path(sys.argv[2]).with_stem("audit_cleaning"))


def print_head(columns: Sequence[str]) -> None:
    """Print the head of a table in Markdown."""
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))


def show_cleaning(results: dict[str, Any], path: Path) -> None:
    """Print how many cases have to be cleaned for half of what the labels lack, and draw the curves."""
    curves = {}
    print()
    print_head(("data, wrong cases", "IoU of the labels", "cleaned in the audit's order", "in a random order"))
    for name, result in results.items():
        data, share, seed = name.split("_")
        curve = CleaningCurve(**{key: np.array(values) for key, values in result["cleaning"].items()})
        curves[f"{data}, {share} % wrong, {seed}"] = curve
        ordered, random = curve.share_needed(0.5)
        print(f"| {data}, {share} %, {seed} | {curve.ordered[0]:.3f} | {100 * ordered:.0f} % | {100 * random:.0f} % |")
    save_png(cleaning_figure(curves), path)


def draw(results: dict[str, Any], path: Path) -> None:
    """One panel a data set: the area under the ROC curve by kind of noise, the mean over its shares and seeds."""
    sets = sorted({name.split("_")[0] for name in results})
    figure = new_figure(10.0, 3.6)
    for axes, data in zip(figure.subplots(1, len(sets), sharex=True, squeeze=False)[0], sets, strict=True):
        found = [result for name, result in results.items() if name.startswith(data)]
        noises = sorted({noise for result in found for noise in result["methods"]["audit"]["by_noise"]})
        for shift, (method, color) in zip((-0.24, -0.08, 0.08, 0.24), COLORS.items(), strict=True):
            tables = [result["methods"][method]["by_noise"] for result in found]
            means = [np.mean([table[noise] for table in tables if noise in table]) for noise in noises]
            axes.plot(means, np.arange(len(noises)) + shift, "o", color=color, ms=6, label=method)
        axes.set_yticks(range(len(noises)), noises)
        axes.invert_yaxis()
        axes.set_xlim(0.35, 1.02)
        axes.axvline(0.5, color="#999999", lw=0.8)
        axes.set_title(data, loc="left", fontsize=11)
        axes.set_xlabel("area under the ROC curve, cases")
        axes.grid(axis="x", color="#E4E4E4", lw=0.6)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(COLORS), frameon=False)
    save_png(figure, path)


if __name__ == "__main__":
    main()
