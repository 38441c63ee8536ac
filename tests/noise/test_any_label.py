"""Noise models on any label map, not only on those that look like organs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from reference.every_noise_model import SIZED

from monai_adele.noise import Dilate, Erode

LABELS = arrays(np.uint8, array_shapes(min_dims=2, max_dims=3, max_side=7), elements=st.sampled_from([0, 1, 2, 5]))
SPACINGS = st.tuples(*[st.sampled_from([0.7, 1.0, 2.0, 5.0])] * 3)


def noisy(noise, label, spacing, seed=0):
    return noise(label, spacing[: label.ndim], np.random.default_rng(seed))


@pytest.mark.parametrize("name", SIZED)
@settings(max_examples=5, deadline=None, derandomize=True, database=None)
@given(label=LABELS, spacing=SPACINGS, seed=st.integers(0, 99))
def test_any_label_stays_a_label_and_is_drawn_again_the_same(name, label, spacing, seed):
    before = label.copy()
    once = noisy(SIZED[name], label, spacing, seed)
    assert (once.shape, once.dtype) == (label.shape, label.dtype)
    assert set(np.unique(once).tolist()) <= {0, 1, 2, 3, 5}  # 3 is what the examples confuse with
    assert np.array_equal(once, noisy(SIZED[name], label, spacing, seed))
    assert np.array_equal(label, before)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(label=LABELS, spacing=SPACINGS, radius=st.floats(0, 3))
def test_erosion_only_takes_and_dilation_only_gives(label, spacing, radius):
    eroded = noisy(Erode(radius_mm=radius, classes=[1]), label, spacing)
    assert (eroded[label != 1] == label[label != 1]).all()
    assert np.isin(eroded[label == 1], (0, 1, 2, 5)).all()
    dilated = noisy(Dilate(radius_mm=radius, classes=[1]), label, spacing)
    assert (dilated[label == 1] == 1).all()
    assert ((dilated == label) | (dilated == 1)).all()


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(label=LABELS, spacing=SPACINGS)
def test_no_radius_is_no_change(label, spacing):
    for noise in (Erode(radius_mm=0), Dilate(radius_mm=0)):
        assert np.array_equal(noisy(noise, label, spacing), label)
