"""Evidence against a label, voxel by voxel."""

import numpy as np
import pytest

from monai_adele.audit import contradiction, softmin_confidence


def two(*foreground):
    return np.stack([1 - np.array(foreground), foreground])


def test_evidence_is_the_logarithm_of_the_odds_squared():
    against = contradiction(np.array([1, 0]), two(0.1, 0.75))
    assert against == pytest.approx(np.log([9.0, 3.0]) ** 2)


def test_nothing_speaks_against_the_likelier_class():
    assert not contradiction(np.array([1, 0]), two(0.51, 0.49)).any()


def test_a_network_that_is_certain_gives_no_endless_evidence():
    assert contradiction(np.array([1]), two(0.0))[0] == pytest.approx(np.log(9999.0) ** 2)


def test_what_is_forgotten_counts_where_the_network_cannot_tell_what_it_is():
    probs = np.array([[0.04], [0.48], [0.48]])
    assert contradiction(np.array([0]), probs)[0] == pytest.approx(np.log(24.0) ** 2)


def test_the_likeliest_of_three_is_not_contradicted():
    assert contradiction(np.array([1]), np.array([[0.3], [0.4], [0.3]]))[0] == 0.0


def test_the_softmin_is_that_of_cleanlab():
    scores = np.array([0.9, 0.8, 0.2])
    weights = np.exp((1 - scores) / 0.1)
    expected = (scores * weights / weights.sum()).sum()
    assert softmin_confidence(np.ones(3, bool), scores) == pytest.approx(expected)


def test_voxels_far_from_the_structure_do_not_raise_the_softmin():
    near = softmin_confidence(np.array([True, False]), np.array([0.6, 0.1]))
    assert near == pytest.approx(0.6)


def test_a_class_that_is_nowhere_has_no_confidence():
    assert np.isnan(softmin_confidence(np.zeros(3, bool), np.zeros(3)))
