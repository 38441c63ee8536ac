import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from monai.data import MetaTensor

from monai_adele.store import Correction

generated = settings(max_examples=100, deadline=None, derandomize=True, database=None)
AFFINE = torch.diag(torch.tensor([2.0, 1.0, 1.0, 1.0], dtype=torch.float64))


@st.composite
def label_pairs(draw):
    shape = draw(array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4))
    dtype = draw(st.sampled_from(["uint8", "int16", "int64"]))
    ids = st.sampled_from([0, 1, 2, 7, 255])
    return tuple(draw(arrays(dtype, shape, elements=ids)) for _ in range(2))


@generated
@given(label_pairs())
def test_a_correction_leads_from_given_to_corrected_and_back(pair):
    label, corrected = pair
    correction = Correction.between(label, corrected)
    assert np.array_equal(correction.laid_over(label), corrected)
    assert np.array_equal(correction.taken_off(corrected), label)


@generated
@given(label_pairs())
def test_encoding_and_decoding_gives_the_correction_at_six_bytes_a_voxel(pair):
    correction = Correction.between(*pair)
    content = correction.encode("liver_042")
    assert Correction.decode(content, "liver_042") == correction
    assert len(content) == 68 + 6 * int((pair[0] != pair[1]).sum())


def test_indices_count_voxels_in_c_order():
    label = np.zeros((2, 3, 4), np.uint8)
    corrected = label.copy()
    corrected[1, 2, 3], corrected[0, 1, 0] = 5, 6
    correction = Correction.between(np.asfortranarray(label), corrected)
    assert correction.indices.tolist() == [4, 23]
    assert correction.new.tolist() == [6, 5]


def test_transitions_count_voxels_by_class():
    label, corrected = np.array([0, 0, 0, 2, 2]), np.array([1, 1, 0, 0, 2])
    assert Correction.between(label, corrected).transitions() == {(0, 1): 2, (2, 0): 1}


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.float32])
def test_a_meta_tensor_keeps_dtype_channel_metadata_and_its_own_memory(dtype):
    label = MetaTensor(torch.tensor([[[0, 1], [1, 1]]]).to(dtype), affine=AFFINE, meta={"filename_or_obj": "a"})
    label.push_applied_operation({"class": "Flip"})
    current = Correction.between(np.array([[0, 1], [1, 1]]), np.array([[0, 1], [2, 1]])).laid_over(label)
    assert current.dtype == dtype
    assert current.tolist() == [[[0, 1], [2, 1]]]
    assert label.tolist() == [[[0, 1], [1, 1]]]
    assert (current.affine == AFFINE).all()
    assert current.meta["filename_or_obj"] == "a"
    assert current.applied_operations == label.applied_operations


def test_a_transposed_tensor_is_corrected_in_the_right_voxel():
    label = torch.zeros(3, 2, dtype=torch.uint8).T
    corrected = np.zeros((2, 3), np.uint8)
    corrected[0, 2] = 1
    current = Correction.between(np.zeros((2, 3), np.uint8), corrected).laid_over(label)
    assert current.tolist() == corrected.tolist()


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
def test_a_label_of_another_shape_or_other_ids_does_not_fit(kind):
    correction = Correction.between(np.array([[0, 1]]), np.array([[0, 0]]))
    assert correction.fits(kind(np.array([[0, 1]])))
    for other in ([[0], [1]], [[0, 2]], [[0, 1, 1]]):
        assert not correction.fits(kind(np.array(other)))
        with pytest.raises(ValueError, match="does not fit"):
            correction.laid_over(kind(np.array(other)))


def test_a_dtype_that_cannot_hold_the_new_id_is_refused():
    correction = Correction.between(np.array([0, 1]), np.array([0, 200]))
    for label in (np.array([0, 1], np.int8), torch.tensor([0, 1], dtype=torch.int8)):
        with pytest.raises(ValueError, match="int8, which cannot hold class id 200"):
            correction.laid_over(label)


def test_ids_beyond_a_byte_are_refused_where_they_change_and_kept_where_not():
    assert len(Correction.between(np.array([300, 0]), np.array([300, 1]))) == 1
    with pytest.raises(ValueError, match=r"300\.\.300, expected 0\.\.255"):
        Correction.between(np.array([0]), np.array([300]))
    with pytest.raises(ValueError, match="-1"):
        Correction.between(np.array([-1]), np.array([0]))
    with pytest.raises(TypeError, match="float64, expected integers"):
        Correction.between(np.array([0.0]), np.array([1]))
    with pytest.raises(ValueError, match="equal shapes"):
        Correction.between(np.array([0]), np.array([1, 1]))


@pytest.mark.parametrize(
    ("indices", "ids", "new", "shape", "match"),
    [
        ([1, 1], [0, 0], [1, 1], (4,), "strictly increasing"),
        ([2, 1], [0, 0], [1, 1], (4,), "strictly increasing"),
        ([4], [0], [1], (4,), "found 4, expected less"),
        ([1], [1], [1], (4,), "keeps its given"),
        ([1], [1, 1], [0], (4,), "given"),
        ([1], [1], [0], (), "dimensions"),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(indices, ids, new, shape, match):
    with pytest.raises(ValueError, match=match):
        Correction(np.array(indices, np.uint32), np.array(ids, np.uint8), np.array(new, np.uint8), shape)


def test_damaged_bytes_are_refused():
    content = Correction.between(np.array([0, 1, 2]), np.array([1, 1, 1])).encode("a")
    with pytest.raises(ValueError, match="expected a correction"):
        Correction.decode(b"\x93NUMPY" + content[6:], "a")
    with pytest.raises(ValueError, match="expected a correction"):
        Correction.decode(b"", "a")
    with pytest.raises(ValueError, match="79 bytes, expected 80"):
        Correction.decode(content[:-1], "a")
    with pytest.raises(ValueError, match="another case"):
        Correction.decode(content, "b")
