"""Rules that images, labels and affines must obey at the boundary; pure, no files.

Each ``*_problem`` or ``*_problems`` function answers what is wrong, as *found; expected; what to do*
without the case and file, which `problem_line` puts in front.
"""

from monai_adele.checks.geometry import (
    affine_problem,
    corner_distance_mm,
    grid_problem,
    require_right_angles,
    shear_problem,
    spacing_mm,
)
from monai_adele.checks.lines import nearest_names, problem_line, problem_parts
from monai_adele.checks.values import (
    MAX_LABEL_ID,
    image_value_problems,
    label_ids,
    label_value_counts,
    label_value_problems,
    value_range,
)

__all__ = [
    "MAX_LABEL_ID",
    "affine_problem",
    "corner_distance_mm",
    "grid_problem",
    "image_value_problems",
    "label_ids",
    "label_value_counts",
    "label_value_problems",
    "nearest_names",
    "problem_line",
    "problem_parts",
    "require_right_angles",
    "shear_problem",
    "spacing_mm",
    "value_range",
]
