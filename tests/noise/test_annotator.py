import numpy as np
import pytest

from monai_adele.noise import AffineJitter, Annotator, OneOf

BIAS, SCATTER = AffineJitter(translation_mm=6), AffineJitter(translation_mm=2)


def rng(seed=1):
    return np.random.default_rng(seed)


def block(place=20):
    label = np.zeros((50, 50), dtype=np.uint8)
    label[place : place + 8, 20:30] = 1
    return label


def move(noise, seed, place=20):
    noisy = noise(block(place), (1.0, 1.0), rng(seed))
    return np.argwhere(noisy).mean(axis=0) - np.argwhere(block(place)).mean(axis=0)


def test_the_bias_is_the_same_in_every_case_and_another_for_every_person():
    people = [Annotator(seed=seed, bias=BIAS) for seed in range(12)]
    habits = [move(person, 0) for person in people]
    for person, habit in zip(people, habits, strict=True):
        for case in range(3):
            np.testing.assert_allclose(move(person, case, place=15 + case), habit, atol=1e-9)
    assert np.std(habits, axis=0).min() > 2


def test_the_scatter_lies_about_the_bias():
    person = Annotator(seed=5, bias=BIAS, scatter=SCATTER)
    moves = np.array([move(person, case) for case in range(100)])
    np.testing.assert_allclose(moves.mean(axis=0), move(Annotator(seed=5, bias=BIAS), 0), atol=0.5)
    assert moves.std(axis=0) == pytest.approx(2 / np.sqrt(3), abs=0.35)


def test_several_annotators_share_a_set():
    noise = OneOf([Annotator(seed=0, bias=BIAS), Annotator(seed=1, bias=BIAS)], weights=[3, 1])
    moves = [tuple(move(noise, case)) for case in range(80)]
    assert len(set(moves)) == 2
    assert 50 < moves.count(tuple(move(Annotator(seed=0, bias=BIAS), 0))) < 70


def test_bad_arguments_are_refused_at_construction():
    with pytest.raises(ValueError, match="seed is -1, expected a whole number of at least 0"):
        Annotator(seed=-1, bias=BIAS)
    with pytest.raises(TypeError, match="bias is a str, expected a noise model"):
        Annotator(seed=0, bias="left")
    with pytest.raises(TypeError, match="scatter is a str, expected a noise model"):
        Annotator(seed=0, bias=BIAS, scatter="wide")
