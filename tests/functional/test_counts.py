import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import counts as reference

from monai_adele.functional import iou_from_counts, overlap_counts
from monai_adele.functional.counts import _counts_by_comparison, _counts_by_table

generated = settings(max_examples=150, deadline=None, derandomize=True, database=None)


@st.composite
def pairs(draw):
    """Return pred, label, number of classes and ignored id, with ids outside the classes too."""
    shape = tuple(draw(st.lists(st.integers(0, 5), min_size=1, max_size=4)))
    num_classes = draw(st.sampled_from([1, 2, 5, 15, 16, 40]))
    dtypes = st.sampled_from(["uint8", "int8", "int16", "int32", "int64"])
    signed = st.sampled_from(["int16", "int32", "int64"])
    pred = draw(arrays(draw(dtypes), shape, elements=st.integers(0, num_classes - 1)))
    label = draw(arrays(draw(signed), shape, elements=st.integers(-2, num_classes + 2) | st.just(256)))
    return pred, label, num_classes, draw(st.sampled_from([None, 0, num_classes - 1, 255, -2]))


@generated
@given(pairs())
def test_counts_equal_those_of_a_loop_over_voxels(case):
    pred, label, num_classes, ignore_index = case
    expected = reference.overlap_counts(pred, label, num_classes, ignore_index)
    tensors = torch.from_numpy(pred), torch.from_numpy(label)
    counts = overlap_counts(*tensors, num_classes, ignore_index=ignore_index)
    assert counts.dtype == torch.int64
    assert counts.tolist() == expected


@generated
@given(pairs())
def test_the_way_for_gpus_equals_the_way_for_cpus(case):
    pred, label, num_classes, ignore_index = case
    tensors = torch.from_numpy(pred), torch.from_numpy(label)
    table = _counts_by_table(*tensors, num_classes, ignore_index)
    assert table.equal(_counts_by_comparison(*tensors, num_classes, ignore_index))


@generated
@given(pairs(), st.data())
def test_counts_of_parts_sum_to_the_counts_of_the_whole(case, data):
    pred, label, num_classes, ignore_index = case
    pred, label = torch.from_numpy(pred).flatten(), torch.from_numpy(label).flatten()
    owner = torch.tensor(data.draw(st.lists(st.integers(0, 2), min_size=len(pred), max_size=len(pred))))
    parts = [
        overlap_counts(pred[owner == part], label[owner == part], num_classes, ignore_index=ignore_index)
        for part in range(3)
    ]
    assert overlap_counts(pred, label, num_classes, ignore_index=ignore_index).equal(sum(parts))


def test_ignored_voxels_are_not_counted_as_predicted():
    pred, label = torch.tensor([1, 1, 1]), torch.tensor([1, 255, 0], dtype=torch.uint8)
    assert overlap_counts(pred, label, 2, ignore_index=255).tolist() == [[0, 0, 1], [1, 2, 1]]


def test_the_last_of_200_classes_fits_in_a_byte_of_any_sign():
    ids = torch.tensor([127, 5], dtype=torch.int8)
    counts = overlap_counts(ids, ids, 200)
    assert counts[[5, 127]].tolist() == [[1, 1, 1], [1, 1, 1]]
    assert counts.sum() == 6


def test_more_classes_than_bytes_are_counted():
    ids = torch.tensor([0, 299, 299])
    assert overlap_counts(ids, ids, 300)[299].tolist() == [2, 2, 2]


def test_inputs_are_left_as_they_are():
    pred, label = torch.tensor([0, 1]), torch.tensor([7, 1], dtype=torch.uint8)
    overlap_counts(pred, label, 2)
    assert (pred.tolist(), label.tolist()) == ([0, 1], [7, 1])


def test_iou_is_intersection_over_union_and_nan_where_there_is_no_union():
    iou = iou_from_counts(torch.tensor([[2, 3, 5], [0, 4, 0], [0, 0, 0]]))
    assert iou.dtype == torch.float64
    assert iou[:2].tolist() == [2 / 6, 0.0]
    assert iou[2].isnan()


def test_different_shapes_are_refused():
    with pytest.raises(ValueError, match=r"pred has shape \(2,\), label \(3,\)"):
        overlap_counts(torch.zeros(2, dtype=int), torch.zeros(3, dtype=int), 2)


def test_a_number_of_classes_below_one_is_refused():
    with pytest.raises(ValueError, match="num_classes is 0"):
        overlap_counts(torch.zeros(2, dtype=int), torch.zeros(2, dtype=int), 0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bool])
def test_ids_that_are_not_integers_are_refused(dtype):
    with pytest.raises(TypeError, match="label has dtype"):
        overlap_counts(torch.zeros(2, dtype=int), torch.zeros(2, dtype=dtype), 2)
