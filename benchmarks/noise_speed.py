"""Speed and memory of erosion, dilation and the boundary walk, beside what else there is.

Everything runs in one process with one thread, the contenders in turn, several times over; what takes
longer than three seconds runs once. Times are the median processor time of the process. Run by
``nox -s bench -- noise``; ``--small`` leaves out the large map.
"""

from __future__ import annotations

import argparse
import functools
import json
import time
import tracemalloc
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import alternatives
import numpy as np
import torch
from label_maps import ball, organs, scattered, stepwise_walk
from reference.boundary_walk import walked  # of the tests

from monai_adele.functional import class_boxes, dilate_labels, erode_labels
from monai_adele.noise import BoundaryWalk

SMALL, LARGE = (128, 128, 128), (512, 512, 96)
BALLS = {"3 voxels": ((1.0, 1.0, 1.0), 3.0), "5 mm": ((0.8, 0.8, 3.0), 5.0)}
CUBES_OF_EQUAL_SIDES = "fastmorph"  # has no cube for an anisotropic spacing
WHOLE_IMAGE_FOR_EACH_CLASS = (
    "MONAI erode (",
    "MONAI dilate (",
    "SimpleITK",
)  # minutes for 14 classes of the large map: left out
PACKAGES = ("monai_adele", "numpy", "scipy", "torch", "monai", "scikit-image", "SimpleITK", "edt", "fastmorph")


def processor_times(contenders: dict[str, Callable], repetitions: int) -> dict[str, list[float]]:
    """Run the contenders in turn; seconds of processor time of each run."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repetitions):
        for name, run in contenders.items():
            if not times[name] or times[name][0] < 3:
                start = time.process_time()
                run()
                times[name].append(time.process_time() - start)
    return times


def installed(name: str) -> bool:
    return alternatives.INSTALLED.get(name.split()[0].strip(","), True)


def measure_morphology(what, ours, others, shape, repetitions):
    records = []
    for num_classes in (5, 14):
        label = organs(shape, num_classes)
        for ball_name, (spacing, radius_mm) in BALLS.items():
            contenders = {"ours": lambda s=spacing, r=radius_mm, of=label: ours(of, s, radius_mm=r)}
            for name, other in others.items():
                too_slow = shape == LARGE and num_classes == 14 and name.startswith(WHOLE_IMAGE_FOR_EACH_CLASS)
                cubes = name.startswith(CUBES_OF_EQUAL_SIDES) and ball_name != "3 voxels"
                if installed(name) and not too_slow and not cubes:
                    contenders[name] = functools.partial(other, label, spacing, radius_mm)
            times = processor_times(contenders, repetitions)
            where = {"what": what, "shape": shape, "classes": num_classes, "radius": ball_name}
            records += [where | {"contender": name, "seconds": seconds} for name, seconds in times.items()]
    return records


def measure_growth_with_classes(make_map, shape, repetitions):
    """Ours, and the two that look at all classes at once, at the same share of foreground."""
    changes = {
        "erosion, ours": lambda label: erode_labels(label, (1.0, 1.0, 1.0), radius_mm=3.0),
        "dilation, ours": lambda label: dilate_labels(label, (1.0, 1.0, 1.0), radius_mm=3.0),
        "dilation, scipy EDT": lambda label: alternatives.scipy_dilate(label, (1.0, 1.0, 1.0), 3.0),
    }
    if installed("edt"):
        changes["erosion, edt"] = lambda label: alternatives.edt_erode(label, (1.0, 1.0, 1.0), 3.0)
    maps = {num_classes: make_map(shape, num_classes) for num_classes in (5, 14, 60)}
    contenders = {
        (name, num_classes): functools.partial(change, label)
        for num_classes, label in maps.items()
        for name, change in changes.items()
    }
    where = {"what": "growth", "map": make_map.__name__, "shape": shape}
    return [
        where | {"classes": num_classes, "contender": name, "seconds": seconds}
        for (name, num_classes), seconds in processor_times(contenders, repetitions).items()
    ]


def measure_walks(repetitions):
    """Ours beside the reference of the tests, which looks at every voxel, and a quicker step by step.

    A step of the reference takes the same time whatever the structure: a few are run, and the time scaled.
    """
    records = []
    for label, steps, of_reference in ((ball(256, 2, 60), 180, 6), (ball(96, 3, 25), 80, 1)):
        contenders = {
            "ours": functools.partial(our_walk, label, steps),
            "voxel by voxel (scaled)": functools.partial(walked, label, 1, of_reference, 0.7, 0.05, generator()),
            "boundary voxel by boundary voxel": functools.partial(stepwise_walk_of, label, steps),
        }
        np.testing.assert_array_equal(our_walk(label, steps), stepwise_walk_of(label, steps))
        np.testing.assert_array_equal(
            our_walk(label, of_reference), walked(label, 1, of_reference, 0.7, 0.05, generator())
        )
        for name, seconds in processor_times(contenders, repetitions).items():
            scale = steps / of_reference if "scaled" in name else 1
            where = {"what": "walk", "shape": label.shape, "steps": steps}
            records.append(where | {"contender": name, "seconds": [scale * each for each in seconds]})
    return records


def generator():
    return np.random.default_rng(0)


def our_walk(label, steps):
    walk = BoundaryWalk(steps=steps, expansion=0.7, flip=0.05, keep_at_least=0)
    return walk(label, (1.0,) * label.ndim, generator())


def stepwise_walk_of(label, steps):
    return stepwise_walk(label, steps, 0.7, 0.05, generator())


def measure_memory(shape):
    """The most that numpy holds at once beyond the given label (tracemalloc)."""
    records = []
    for num_classes in (1, 5, 14):
        label = organs(shape, num_classes)
        boxes = class_boxes(label).values()
        box = max(int(np.prod([side.stop - side.start for side in box])) for box in boxes)
        walk = BoundaryWalk(steps=20, expansion=0.7, blur_voxels=1)
        for ball_name, (spacing, radius_mm) in BALLS.items():
            runs = {
                "erosion": lambda s=spacing, r=radius_mm, of=label: erode_labels(of, s, radius_mm=r),
                "dilation": lambda s=spacing, r=radius_mm, of=label: dilate_labels(of, s, radius_mm=r),
                "walk": lambda s=spacing, of=label, by=walk: by(of, s, generator()),
            }
            for what, run in runs.items():
                tracemalloc.start()
                run()
                peak = tracemalloc.get_traced_memory()[1] / label.nbytes
                tracemalloc.stop()
                where = {"what": f"memory of {what}", "shape": shape, "classes": num_classes, "radius": ball_name}
                records.append(where | {"labels": peak, "allowed": 3 + 4 * box / label.nbytes})
    return records


def versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", type=Path)
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    alternatives.sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    shapes = {SMALL: 5} if arguments.small else {SMALL: 5, LARGE: 2}
    records = []
    for what, ours, others in (
        ("erosion", erode_labels, alternatives.EROSIONS),
        ("dilation", dilate_labels, alternatives.DILATIONS),
    ):
        for shape, repetitions in shapes.items():
            print(f"{what}, {shape} ...", flush=True)
            records += measure_morphology(what, ours, others, shape, repetitions)
    print("boundary walk ...", flush=True)
    records += measure_walks(repetitions=3)
    for make_map, shape in [(organs, shape) for shape in shapes] + [(scattered, SMALL)]:
        print(f"classes, {make_map.__name__}, {shape} ...", flush=True)
        records += measure_growth_with_classes(make_map, shape, shapes[shape])
    print("memory ...", flush=True)
    records += [record for shape in shapes for record in measure_memory(shape)]
    everything = {"versions": versions(), "records": records}
    arguments.records.write_text(json.dumps(everything, indent=1) + "\n")


if __name__ == "__main__":
    main()
