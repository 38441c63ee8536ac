import numpy as np
import pytest

from monai_adele.phantom.phantom_patient import PhantomPatient

X = (np.arange(60) - 29.5) * 3.0
Y = (np.arange(48) - 23.5) * 3.0


def test_a_voxel_is_the_mean_of_the_points_in_it():
    patient = PhantomPatient(2)
    fine, _ = patient.slab(X, Y, 100.0, thickness_mm=4.0, fine=1)
    coarse, _ = patient.slab(X, Y, 100.0, thickness_mm=4.0, fine=3)
    by_hand = [[fine[3 * i : 3 * i + 3, 3 * j : 3 * j + 3].mean() for j in range(16)] for i in range(20)]
    assert coarse == pytest.approx(np.array(by_hand), abs=0.01)


def test_a_voxel_has_the_class_that_fills_most_of_it():
    patient = PhantomPatient(2)
    _, fine = patient.slab(X, Y, 100.0, thickness_mm=0.0, fine=1)
    _, coarse = patient.slab(X, Y, 100.0, thickness_mm=0.0, fine=3)
    assert set(np.unique(fine)) == {0, 1, 2, 4}
    for i in range(20):
        for j in range(16):
            counts = np.bincount(fine[3 * i : 3 * i + 3, 3 * j : 3 * j + 3].ravel(), minlength=5)
            assert coarse[i, j] == counts.argmax()


def test_the_anatomy_is_smooth_from_level_to_level():
    patient = PhantomPatient(7)
    here, near, far = (patient.slab(X, Y, z, thickness_mm=1.0, fine=1)[1] > 0 for z in (60.0, 61.0, 90.0))
    assert 0 < np.mean(here != near) < 0.2 * np.mean(here != far)


def test_noise_is_correlated_within_a_slice_only():
    noise = PhantomPatient(1).noise((64, 64, 8))
    assert 14 <= noise.std() <= 28
    assert abs(noise.mean()) < 2
    for axis, (low, high) in enumerate([(0.2, 0.8), (0.2, 0.8), (-0.05, 0.05)]):
        moved = np.moveaxis(noise, axis, 0)
        correlation = np.corrcoef(moved[1:].ravel(), moved[:-1].ravel())[0, 1]
        assert low < correlation < high
