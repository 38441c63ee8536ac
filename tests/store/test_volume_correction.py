import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from monai_adele.data import foreground_slices
from monai_adele.store import Correction, LabelStore, stack_corrections, volume_correction

SHAPE = (4, 5, 6)
generated = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@generated
@given(seed=st.integers(0, 10**6), axis=st.integers(-3, 2), share=st.floats(0, 1))
def test_stacked_corrections_equal_the_correction_of_the_stacked_slices(seed, axis, share):
    rng = np.random.default_rng(seed)
    given_label = rng.integers(0, 3, SHAPE).astype(np.uint8)
    corrected = np.where(rng.random(SHAPE) < share, rng.integers(0, 3, SHAPE), given_label).astype(np.uint8)
    slices = {
        index: Correction.between(np.take(given_label, index, axis=axis), np.take(corrected, index, axis=axis))
        for index in rng.permutation(SHAPE[axis]).tolist()
    }
    assert stack_corrections(slices, SHAPE, axis=axis) == Correction.between(given_label, corrected)


def test_corrections_that_do_not_fit_the_volume_are_refused():
    correction = Correction.between(np.zeros((4, 5), int), np.ones((4, 5), int))
    with pytest.raises(ValueError, match="slice 6"):
        stack_corrections({6: correction}, SHAPE)
    with pytest.raises(ValueError, match="slice 0"):
        stack_corrections({0: correction}, SHAPE, axis=0)


def test_the_stores_slices_come_together_as_the_volumes_correction(tmp_path):
    store, given_label = LabelStore(tmp_path / "store"), np.zeros(SHAPE, np.uint8)
    given_label[1, 2, 3], given_label[3, 2, 5] = 1, 2
    volume = {"image": torch.zeros(1, *SHAPE), "label": torch.from_numpy(given_label)[None], "case_id": "v"}
    expected = given_label.copy()
    with store.transaction() as transaction:
        for item in foreground_slices([volume]):
            label = np.asarray(item["label"])[0]
            transaction.put(item["case_id"], label, label + (label > 0))
            expected[..., item["slice_index"]] = label + (label > 0)
    correction = volume_correction(store, "v", SHAPE)
    assert np.array_equal(correction.laid_over(given_label), expected)
    assert volume_correction(store, "w", SHAPE) is None
    assert volume_correction(store, "v", SHAPE, version=0) is None
