"""What varies from one phantom patient to the next."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

__all__ = ["Build"]


def _vary(mean: float, spread: float) -> Any:
    """Declare a quantity that is uniform in ``mean ± spread`` over patients."""
    return field(metadata={"mean": mean, "spread": spread})


@dataclass(frozen=True)
class Build:
    """One patient: what varies from case to case; mm, radians and HU.

    Example:
        >>> Build.draw(np.random.default_rng(0)).wall_fat_mm > 0
        True
    """

    scale: float = _vary(1.0, 0.08)
    depth_scale: float = _vary(1.0, 0.07)
    tilt: float = _vary(0.0, 0.06)
    shift_x_mm: float = _vary(0.0, 5.0)
    shift_y_mm: float = _vary(0.0, 5.0)
    wall_fat_mm: float = _vary(12.0, 6.0)
    lung_width_mm: float = _vary(44.0, 4.0)
    mediastinum_mm: float = _vary(36.0, 5.0)
    diaphragm_z_mm: float = _vary(16.0, 12.0)

    heart_x_mm: float = _vary(-22.0, 7.0)
    heart_y_mm: float = _vary(20.0, 6.0)
    heart_z_mm: float = _vary(54.0, 6.0)
    heart_size: float = _vary(1.0, 0.12)
    heart_slimness: float = _vary(1.0, 0.12)
    heart_angle: float = _vary(-0.6, 0.25)
    atrium_size: float = _vary(1.0, 0.18)

    aorta_radius_mm: float = _vary(12.5, 3.0)
    ascending_radius_mm: float = _vary(15.0, 3.0)
    root_z_mm: float = _vary(97.0, 5.0)
    arch_z_mm: float = _vary(150.0, 9.0)
    arch_x_mm: float = _vary(-21.0, 4.0)
    descending_x_mm: float = _vary(-28.0, 4.0)
    descending_y_mm: float = _vary(-42.0, 5.0)

    trachea_x_mm: float = _vary(6.0, 5.0)
    trachea_y_mm: float = _vary(-9.0, 4.0)
    trachea_radius_mm: float = _vary(9.5, 1.5)
    trachea_flatness: float = _vary(1.05, 0.2)
    carina_z_mm: float = _vary(112.0, 5.0)

    esophagus_x_mm: float = _vary(-4.0, 4.0)
    esophagus_y_mm: float = _vary(-31.0, 2.5)
    esophagus_drift: float = _vary(0.08, 0.05)
    esophagus_width_mm: float = _vary(10.5, 1.6)
    esophagus_depth_mm: float = _vary(8.5, 1.2)
    esophagus_angle: float = _vary(0.0, 0.5)
    esophagus_air_mm: float = _vary(-0.8, 3.4)
    wander_phase: float = _vary(0.0, math.pi)

    blood_hu: float = _vary(170.0, 40.0)
    blood_lag_hu: float = _vary(-55.0, 15.0)
    myocardium_hu: float = _vary(80.0, 15.0)
    esophagus_hu: float = _vary(38.0, 14.0)
    mediastinum_hu: float = _vary(-58.0, 20.0)
    mediastinum_patch_hu: float = _vary(18.0, 6.0)
    lung_hu: float = _vary(-820.0, 50.0)
    bone_hu: float = _vary(300.0, 80.0)
    rib_phase: float = _vary(0.0, 0.25)
    node_seed: float = _vary(0.5, 0.5)

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Build:
        """Draw a patient; every quantity independently and uniformly within its range."""
        names = [f.name for f in fields(cls)]
        means = np.array([f.metadata["mean"] for f in fields(cls)])
        spreads = np.array([f.metadata["spread"] for f in fields(cls)])
        values = means + spreads * rng.uniform(-1.0, 1.0, len(names))
        return cls(**{name: float(value) for name, value in zip(names, values, strict=True)})
