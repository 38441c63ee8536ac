"""The procedural thorax behind the phantom: which tissue lies where, as shapes of axial sections.

Coordinates are in mm, as in NIfTI: x grows to the patient's right, y to the front, z to the head; the origin
is the middle of the chest, z = 0 the dome of the diaphragm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from monai_adele.phantom.phantom_build import Build
from monai_adele.phantom.phantom_section import Section

__all__ = ["sections"]

ESOPHAGUS, HEART, TRACHEA, AORTA = 1, 2, 3, 4


def _cut(z: float, center_z: float, radius_z: float) -> float:
    """By how much an ellipsoid's section shrinks at a level; 0 where it is missed."""
    return math.sqrt(max(0.0, 1 - ((z - center_z) / radius_z) ** 2))


def _wall(b: Build, z: float) -> Iterator[Section]:
    rx, ry = 122.0, 92.0 * b.depth_scale
    yield Section((0, 0), (rx, ry), -100, patch_hu=12, power=2.5)
    yield Section((0, 0), (rx - b.wall_fat_mm, ry - b.wall_fat_mm * 0.8), 50, patch_hu=20, power=2.5)
    yield Section((0, -2), (rx - b.wall_fat_mm - 12, ry - b.wall_fat_mm * 0.8 - 11), -70, patch_hu=40, power=2.4)


def _lungs(b: Build, z: float) -> Iterator[Section]:
    taper = _cut(z, 70, 160)
    for side in (-1.0, 1.0):
        radii = (b.lung_width_mm * taper, 66 * b.depth_scale * taper)
        yield Section((side * 56, -4), radii, b.lung_hu, patch_hu=45, power=2.3, angle=side * -0.12)
        for k in range(4):
            away = 26 + 9 * k
            place = (side * (40 + away * 0.6), -4 + 24 * math.sin(0.11 * z + 1.9 * k + side))
            yield Section(place, (3.4 - 0.5 * k, 2.6), 30)
    dome = _cut(z, b.diaphragm_z_mm - 40, 46)
    if dome > 0:
        yield Section((60, 0), (52 * dome, 62 * dome), 95, patch_hu=12)
        yield Section((-64, -6), (42 * dome, 50 * dome), 70, patch_hu=30)


def _mediastinum(b: Build, z: float) -> Iterator[Section]:
    width = b.mediastinum_mm * (1 - 0.12 * _cut(z, 120, 40))
    yield Section((-3, -2), (width, 65 * b.depth_scale), b.mediastinum_hu, patch_hu=b.mediastinum_patch_hu)
    center, (wide, deep) = _esophagus_place(b, z)
    yield Section(center, (wide + 3.5, deep + 3.5), b.mediastinum_hu - 35, angle=b.esophagus_angle)


def _heart(b: Build, z: float) -> Iterator[Section]:
    size = b.heart_size
    x, y, z0 = b.heart_x_mm, b.heart_y_mm, b.heart_z_mm
    parts = [
        ((x, y), z0, (52 * size, 39 * size * b.heart_slimness, 53 * size), b.heart_angle),
        ((x + 36, y - 6), z0 + 4, (25 * b.atrium_size, 30 * size, 40 * size), 0.2),
        ((x + 22, y - 23), z0 + 15, (29 * size, 15 * b.atrium_size, 28), -0.1),
    ]
    for margin, hu, label in ((4.5, -75.0, 0), (0.0, b.myocardium_hu, HEART)):
        for center, center_z, radii, angle in parts:
            cut = _cut(z, center_z, radii[2])
            if cut > 0:
                grown = (radii[0] * cut + margin, radii[1] * cut + margin)
                yield Section(center, grown, hu, label, angle=angle, patch_hu=10)
    for center, center_z, radii, angle in parts:
        cut = _cut(z, center_z, radii[2] * 0.8)
        if cut > 0:
            chamber = (radii[0] * cut * 0.66, radii[1] * cut * 0.66)
            yield Section(center, chamber, b.blood_hu + b.blood_lag_hu, HEART, angle=angle, patch_hu=12)


def _vessels(b: Build, z: float) -> Iterator[Section]:
    blood = b.blood_hu + b.blood_lag_hu
    trunk = _cut(z, 114, 16)
    if trunk > 0:
        yield Section((-20, 30), (12 * trunk, 12 * trunk), blood)
        yield Section((-20, 24), (8 * trunk, 8 * trunk), blood, reach_mm=(46, -24))
    if z > 95:
        yield Section((28 + 0.02 * z, 16), (7.0, 7.0), blood)
    yield Section((8, -45), (3.6, 3.6), blood)
    if z > b.arch_z_mm:
        for x, y, radius in ((14, 16, 6.5), (-14, 6, 4.5), (-22, -14, 5.0), (-2, 28, 6.5)):
            yield Section((x, y), (radius * 0.8, radius * 0.8), blood)


def _aorta(b: Build, z: float) -> Iterator[Section]:
    descending = (b.descending_x_mm + 0.09 * max(0.0, 70 - z), b.descending_y_mm)
    ascending, top = (4.0 + 0.06 * (z - 100), 24.0), (b.arch_x_mm, 4.0)
    hu, radius = b.blood_hu, b.aorta_radius_mm
    if z < b.arch_z_mm:
        yield Section(descending, (radius, radius), hu, AORTA)
        if z > b.root_z_mm:
            wide = b.ascending_radius_mm
            yield Section(ascending, (wide, wide * 0.95), hu, AORTA)
    cut = _cut(z, b.arch_z_mm, radius * 1.1)
    if cut > 0:
        for start, end in ((ascending, top), (top, descending)):
            reach = (end[0] - start[0], end[1] - start[1])
            yield Section(start, (radius * cut, radius * cut), hu, AORTA, reach_mm=reach)


def _bones(b: Build, z: float) -> Iterator[Section]:
    disc = 0.55 + 0.45 * math.cos(2 * math.pi * z / 26) ** 2
    yield Section((0, -63), (18.5, 15), b.bone_hu * disc)
    yield Section((0, -63), (15, 11.5), b.bone_hu * 0.6, patch_hu=30)
    yield Section((0, -82), (13, 10), b.bone_hu)
    yield Section((0, -81), (8, 7), 30)
    yield Section((0, 73 * b.depth_scale - b.wall_fat_mm * 0.4), (17, 5), b.bone_hu * 0.7)
    rx, ry = 106.0 - b.wall_fat_mm, 80.0 * b.depth_scale - b.wall_fat_mm * 0.7
    for k in range(5):
        for side in (-1.0, 1.0):
            turn = -1.2 + (2.3 * k / 5 + b.rib_phase + 0.016 * z) % 2.3
            place = (side * rx * math.cos(turn), ry * math.sin(turn))
            lie = math.atan2(ry * math.cos(turn), -side * rx * math.sin(turn))
            yield Section(place, (12, 4.2), b.bone_hu, angle=lie)


def _nodes(b: Build, z: float) -> Iterator[Section]:
    rng = np.random.default_rng(int(b.node_seed * 2**32))
    places = rng.uniform((-24, -42, 0), (24, 44, 190), (6, 3))
    sizes = rng.uniform(4, 9, (6, 2))
    for (x, y, center_z), (width, depth) in zip(places, sizes, strict=True):
        cut = _cut(z, center_z, 1.6 * width)
        if cut > 0:
            yield Section((x, y), (width * cut, depth * cut), b.esophagus_hu + 4)


def _esophagus(b: Build, z: float) -> Iterator[Section]:
    center, radii = _esophagus_place(b, z)
    yield Section(center, radii, b.esophagus_hu, ESOPHAGUS, angle=b.esophagus_angle)
    air = b.esophagus_air_mm * math.sin(z / 23 + b.wander_phase)
    if air > 0.8:
        yield Section(center, (1.3 * air, air), -600, ESOPHAGUS, angle=b.esophagus_angle)


def _esophagus_place(b: Build, z: float) -> tuple[tuple[float, float], tuple[float, float]]:
    wander = 3.0 * math.sin(z / 27 + b.wander_phase)
    x = b.esophagus_x_mm - b.esophagus_drift * max(0.0, 90 - z) + wander
    y = b.esophagus_y_mm + 0.5 * wander
    swell = 1 + 0.12 * math.sin(z / 17 + 2 * b.wander_phase)
    return (x, y), (b.esophagus_width_mm * swell, b.esophagus_depth_mm * swell)


def _bronchi(b: Build, z: float) -> Iterator[Section]:
    radius, below = b.trachea_radius_mm, b.carina_z_mm - z
    for side, slope in ((-1.0, 1.25), (1.0, 0.85)):
        if 0 <= below < 42:
            center = (b.trachea_x_mm + side * (9 + slope * below), b.trachea_y_mm - 0.15 * below)
            yield Section(center, (radius * 0.65 + 1.6, radius * 0.55 + 1.6), 45)
            yield Section(center, (radius * 0.65, radius * 0.55), -950)


def _trachea(b: Build, z: float) -> Iterator[Section]:
    if z > b.carina_z_mm:
        center = (b.trachea_x_mm, b.trachea_y_mm)
        radii = (b.trachea_radius_mm, b.trachea_radius_mm * b.trachea_flatness)
        yield Section(center, (radii[0] + 2, radii[1] + 2), 45)
        yield Section(center, radii, -960, TRACHEA, patch_hu=15)


def sections(build: Build, z_mm: float) -> Iterator[Section]:
    """List what an axial plane cuts, in painting order: what comes later covers what came before.

    Args:
        build: the patient.
        z_mm: level of the plane; from about 0, at the diaphragm, to about 190, above the aortic arch.

    Example:
        >>> patient = Build.draw(np.random.default_rng(0))
        >>> sorted({section.label for section in sections(patient, 60.0)})
        [0, 1, 2, 4]
    """
    organs = (_wall, _lungs, _mediastinum, _nodes, _bronchi, _vessels, _heart, _aorta, _bones, _esophagus, _trachea)
    for organ in organs:
        yield from organ(build, z_mm)
