"""Rules on arrays and affines."""

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from monai_adele.checks import (
    affine_problem,
    corner_distance_mm,
    grid_problem,
    image_value_problems,
    label_ids,
    label_value_counts,
    label_value_problems,
    problem_line,
    problem_parts,
    value_range,
)


@settings(max_examples=50, derandomize=True, database=None)
@given(
    arrays(np.int16, array_shapes(max_dims=3), elements=st.integers(-3, 9))
    | arrays(np.uint8, array_shapes(max_dims=3), elements=st.integers(0, 255))
)
def test_values_are_counted_like_python_counts_them(label):
    assert label_value_counts(label) == Counter(label.ravel().tolist())


def test_values_beyond_the_first_chunk_are_counted():
    label = np.zeros((1 << 20) + 5, dtype=np.uint8)
    label[-3:] = 4
    assert label_value_counts(label) == {0: (1 << 20) + 2, 4: 3}


def test_nan_is_one_value_over_all_chunks():
    counts = label_value_counts(np.full((1 << 20) + 1, np.nan))
    assert list(counts.values()) == [(1 << 20) + 1]


def test_scale_of_the_file_is_applied_to_the_values():
    assert label_value_counts(np.array([0, 3, 3], dtype=np.uint8), slope=1 / 3, inter=1.0) == {1.0: 1, 2.0: 2}


def test_values_within_a_thousandth_are_whole_ids():
    counts = {0.0: 3, 0.9995: 2, 1.0: 1, 1.9999: 4}
    assert label_ids(counts) == {0: 3, 1: 3, 2: 4}
    assert label_value_problems(counts, num_classes=3) == []


@pytest.mark.parametrize("value", [0.7, 1.002, 0.3333])
def test_fractional_values_are_named(value):
    assert label_value_problems({0.0: 5, 1.0: 2}, num_classes=2) == []
    (problem,) = label_value_problems({0.0: 5, value: 2}, num_classes=2)
    assert problem.startswith(f"label holds fractional values [{value}] in 2 voxels, expected whole ids;")


def test_each_kind_of_wrong_value_is_one_problem():
    problems = label_value_problems({-1.0: 1, 0.5: 2, 7.0: 3, math.nan: 4}, num_classes=5, ignore_index=255)
    assert [p.split(", expected")[0] for p in problems] == [
        "label holds NaN or infinity [nan] in 4 voxels",
        "label holds fractional values [0.5] in 2 voxels",
        "label holds negative ids [-1] in 1 voxels",
        "label holds ids [7] in 3 voxels",
    ]


def test_the_ignored_id_is_allowed_only_where_declared():
    counts = {0.0: 1, 255.0: 9}
    assert label_value_problems(counts, num_classes=2, ignore_index=255) == []
    (problem,) = label_value_problems(counts, num_classes=2)
    assert "ids [255] in 9 voxels, expected 0..1; remap them with MapLabelValued" in problem


def test_ids_without_declared_classes_must_fit_a_byte():
    assert label_value_problems({255.0: 1}) == []
    assert "ids [256] in 1 voxels, expected 0..255" in label_value_problems({256.0: 1})[0]


def test_an_image_in_place_of_a_label_is_recognized():
    counts = label_value_counts(np.arange(30_000, dtype=np.float32))
    assert "more than 10000 different values" in label_value_problems(counts, num_classes=3)[0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_a_single_value_that_is_not_finite_in_float32_is_found(bad):
    image = np.zeros((4, 5, 3))
    assert image_value_problems(image) == []
    image[2, 1, 0] = bad
    assert "NaN or infinity in 1 voxels" in image_value_problems(image)[0]


def test_values_are_judged_after_scaling():
    assert image_value_problems(np.array([0.0, 1e300]), slope=1e-290) == []
    assert "in 1 voxels" in image_value_problems(np.array([0, 200], dtype=np.uint8), slope=1e38)[0]


def test_range_spans_chunks():
    image = np.zeros((1 << 20) + 2, dtype=np.int16)
    image[0], image[-1] = -7, 9
    assert value_range(image) == (-7, 9)


def slow_corner_distance(a, b, shape):
    distances = []
    for corner in product(*((-0.5, n - 0.5) for n in shape)):
        point = np.array([*corner, 1.0])
        distances.append(math.dist((a @ point)[:3], (b @ point)[:3]))
    return max(distances)


@settings(max_examples=50, derandomize=True)
@given(arrays(np.float64, (2, 3, 4), elements=st.floats(-9, 9)), st.tuples(*[st.integers(1, 40)] * 3))
def test_corner_distance_equals_a_loop_over_the_corners(rows, shape):
    a, b = (np.vstack([r, [0, 0, 0, 1]]) for r in rows)
    assert corner_distance_mm(a, b, shape) == pytest.approx(slow_corner_distance(a, b, shape), abs=1e-8)


def test_distance_of_a_shift_is_its_length():
    moved = np.diag([2.0, 1.0, 1.0, 1.0])
    moved[:3, 3] = (3.0, 0.0, 4.0)
    assert corner_distance_mm(np.diag([2.0, 1.0, 1.0, 1.0]), moved, (7, 8, 9)) == 5.0


def test_distance_from_nan_is_never_within_tolerance():
    broken = np.eye(4)
    broken[0, 0] = np.nan
    assert grid_problem("label", (3, 3, 3), broken, (3, 3, 3), np.eye(4), tolerance_mm=1e9) is not None


def test_grid_tolerance_is_inclusive_and_shapes_are_compared_first():
    near = np.eye(4)
    near[2, 3] = 0.5
    assert grid_problem("label", (3, 4, 5), near, (3, 4, 5), np.eye(4), tolerance_mm=0.5) is None
    assert "0.5 mm off" in grid_problem("label", (3, 4, 5), near, (3, 4, 5), np.eye(4), tolerance_mm=0.49)
    assert "shape" in grid_problem("label", (3, 5, 4), near, (3, 4, 5), np.eye(4), tolerance_mm=9)


def test_sheared_flipped_and_tiny_affines_are_sound():
    sheared = np.eye(4)
    sheared[0, 1] = 0.8
    for affine in (sheared, np.diag([-1.0, 1.0, 1.0, 1.0]), np.diag([1e-4, 1e-4, 2e-4, 1.0])):
        assert affine_problem(affine) is None


@pytest.mark.parametrize(("entry", "rule"), [(np.nan, "NaN"), (np.inf, "NaN"), (0.0, "singular")])
def test_affines_that_place_nothing_are_refused(entry, rule):
    affine = np.eye(4)
    assert affine_problem(affine) is None
    affine[1, 1] = entry
    assert rule in affine_problem(affine)


def test_two_equal_axes_are_singular():
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[:3, 1] = affine[:3, 0]
    assert "singular" in affine_problem(affine)


@settings(max_examples=100, derandomize=True, database=None)
@given(st.text(), st.text().filter(lambda name: "): " not in name + "): "[:2]), st.text(min_size=1))
def test_a_line_about_a_case_can_be_taken_apart_again(case_id, file, problem):
    assert problem_parts(problem_line(case_id, file, f"{problem}; do this")) == (case_id, file, problem, "do this")


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (
            "list.json: training[0] is a list, expected an object",
            ("", "list.json", "training[0] is a list, expected an object", ""),
        ),
        ("no colon", ("", "", "no colon", "")),
        ('case "a\'b" (a.nii): is wrong; repair it', ("a'b", "a.nii", "is wrong", "repair it")),
    ],
)
def test_lines_without_a_case_or_advice_have_empty_parts(line, parts):
    assert problem_parts(line) == parts
