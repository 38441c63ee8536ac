"""Settings with which a bundle corrects within few epochs."""

EAGER = {
    "_target_": "monai_adele.functional.ValidationPlateau",
    "window": 1,
    "patience": 1,
    "min_iou": 0.0,
    "min_rise": 0.0,
    "min_confidence": 0.0,
}
"""Rule that sees an onset as soon as there can be one."""

AT_ONCE = {"steady": False, "min_shift_voxels": 0}
"""Settings with which the first pass corrects, and everything it can."""
