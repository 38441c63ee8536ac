import numpy as np
import pytest

from monai_adele.phantom.phantom_field import SmoothField


def test_a_field_has_the_same_value_at_a_point_of_any_grid():
    field = SmoothField(np.random.default_rng(0), 20.0)
    x, y = np.linspace(-50, 40, 7), np.linspace(-30, 60, 5)
    plane = field.plane(x, y, 12.0)
    assert plane[4, 2] == pytest.approx(field.plane(x[4:5], y[2:3], 12.0)[0, 0], abs=1e-5)


def test_a_field_is_a_sum_of_plane_waves():
    rng = np.random.default_rng(3)
    waves = rng.normal(0.0, 1 / 20.0, (4, 3))
    phases = rng.uniform(0.0, 2 * np.pi, 4)
    field = SmoothField(np.random.default_rng(3), 20.0, num_waves=4)
    slowly = sum(np.cos(w @ (7.0, -2.0, 5.0) + p) for w, p in zip(waves, phases, strict=True)) * np.sqrt(0.5)
    assert field.plane(np.array([7.0]), np.array([-2.0]), 5.0)[0, 0] == pytest.approx(slowly, abs=1e-5)


def test_fields_have_mean_0_and_deviation_1_and_are_alike_over_their_length():
    fields = [SmoothField(np.random.default_rng(seed), 10.0) for seed in range(400)]
    values = np.array([f.plane(np.array([0.0, 10.0, 60.0]), np.array([0.0]), 0.0)[:, 0] for f in fields])
    assert values.mean() == pytest.approx(0, abs=0.1)
    assert values.std() == pytest.approx(1, abs=0.1)
    near, far = np.corrcoef(values.T)[0, 1:]
    assert near == pytest.approx(np.exp(-0.5), abs=0.12)
    assert far == pytest.approx(0, abs=0.15)


@pytest.mark.parametrize("length", [0.0, -1.0, float("nan")])
def test_a_length_that_cannot_be_is_refused(length):
    with pytest.raises(ValueError, match="length_mm must be over 0"):
        SmoothField(np.random.default_rng(0), length)
