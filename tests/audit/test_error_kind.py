"""Kinds of error on labels made by hand."""

import numpy as np
import pytest

from monai_adele.audit import suspected_error


def block(*corners, shape=(16, 18, 10)):
    label = np.zeros(shape, int)
    for class_id, start, stop in corners:
        label[tuple(map(slice, start, stop))] = class_id
    return label


RIGHT = block((1, (3, 4, 2), (11, 12, 8)), (2, (3, 13, 2), (11, 17, 8)))


def evidence(label):
    return np.where(label != RIGHT, 9.0, 0.0)


def suspect(label, class_id=1):
    return suspected_error(label, RIGHT, evidence(label), class_id)


def test_a_right_label_is_not_suspected():
    assert suspect(RIGHT) is None


def test_a_label_too_small_all_around_is_under_segmented():
    assert suspect(block((1, (4, 5, 3), (10, 11, 7)))) == ("under-segmented", 1.0)


def test_a_label_too_large_all_around_is_over_segmented():
    label = block((1, (2, 3, 1), (12, 13, 9)))
    label[RIGHT == 2] = 2
    assert suspect(label) == ("over-segmented", pytest.approx(1.0))


def test_a_label_moved_aside_is_shifted():
    kind, certainty = suspect(block((1, (6, 4, 2), (14, 12, 8))))
    assert (kind, certainty) == ("shifted", 1.0)


def test_a_label_that_is_not_there_is_missing():
    assert suspect(block((2, (3, 13, 2), (11, 17, 8)))) == ("missing structure", 1.0)


def test_a_part_elsewhere_is_an_extra_component():
    label = RIGHT.copy()
    label[13:15, 1:4, 2:5] = 1
    assert suspect(label) == ("extra component", 1.0)


def test_a_label_of_another_class_is_swapped():
    label = np.select([RIGHT == 1, RIGHT == 2], [2, 1], 0)
    assert suspect(label) == ("swapped class", 1.0)
    assert suspect(label, class_id=2) == ("swapped class", 1.0)


def test_empty_slices_are_skipped():
    label = RIGHT.copy()
    label[:, :, 4:6] = 0
    assert suspect(label) == ("slice skipped", 1.0)


def test_slices_are_counted_along_their_axis():
    label = RIGHT.copy()
    label[5:7] = 0
    assert suspected_error(label, RIGHT, evidence(label), 1, slice_axis=0) == ("slice skipped", 1.0)
    assert suspected_error(label, RIGHT, evidence(label), 1, slice_axis=2)[0] == "under-segmented"


def test_a_boundary_in_and_out_is_uneven():
    label = RIGHT.copy()
    label[3, 4:12, 2:8][::2] = 0
    label[2, 4:12, 2:8][1::2] = 1
    label[11, 4:12, 2:8][::2] = 1
    label[10, 4:12, 2:8][1::2] = 0
    assert suspect(label)[0] == "uneven boundary"


def test_what_is_only_a_little_missing_beside_much_too_much_does_not_count():
    label = block((1, (2, 3, 1), (12, 13, 9)), (2, (3, 13, 2), (11, 17, 8)))
    label[3:5, 4:6, 2:4] = 0
    assert suspect(label)[0] == "over-segmented"
