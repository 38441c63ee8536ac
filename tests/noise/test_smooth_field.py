import numpy as np
import pytest

from monai_adele.noise.smooth_field import smooth_field


def rng(seed=1):
    return np.random.default_rng(seed)


def test_it_has_mean_0_and_variance_1_everywhere():
    fields = np.stack([smooth_field([slice(0, 9), slice(3, 10)], (1, 2), 4.0, rng(s)) for s in range(800)])
    assert np.abs(fields.mean(axis=0)).max() < 0.15
    assert np.abs(fields.std(axis=0) - 1).max() < 0.1


@pytest.mark.parametrize("correlation_mm", [5.0, 12.0])
def test_the_correlation_falls_to_1_over_e_at_its_length(correlation_mm):
    field = smooth_field([slice(0, 6000)] * 1, (0.5,), correlation_mm, rng())
    offset = int(correlation_mm / 0.5)
    assert np.mean(field[:-offset] * field[offset:]) == pytest.approx(np.exp(-1), abs=0.12)


def test_a_finer_grid_samples_the_same_field():
    coarse = smooth_field([slice(2, 12), slice(5, 9)], (2.0, 1.0), 6.0, rng())
    fine = smooth_field([slice(4, 24), slice(5, 9)], (1.0, 1.0), 6.0, rng())
    np.testing.assert_allclose((fine[::2] + fine[1::2]) / 2, coarse, atol=0.05)


def test_axes_keep_their_spacing():
    field = smooth_field([slice(0, 200), slice(0, 200)], (4.0, 1.0), 8.0, rng())
    steps = [np.abs(np.diff(field, axis=axis)).mean() for axis in (0, 1)]
    assert steps[0] > 2 * steps[1]
