import numpy as np
import pytest
import scipy.ndimage

from monai_adele.noise import Scribble


def rng(seed=1):
    return np.random.default_rng(seed)


def bars(dims):
    label = np.zeros((40, 30, 20)[:dims], dtype=np.uint8)
    label[(slice(4, 36), slice(4, 13), slice(6, 15))[:dims]] = 1
    label[(slice(4, 36), slice(18, 27), slice(6, 15))[:dims]] = 2
    return label


@pytest.mark.parametrize("dims", [2, 3])
def test_every_class_is_marked_by_a_thin_stroke_within_it(dims):
    noisy = Scribble()(bars(dims), (1.0,) * dims, rng())
    for class_id in (1, 2):
        marked = noisy == class_id
        assert (bars(dims)[marked] == class_id).all()
        assert 15 < marked.sum() < 80
        assert scipy.ndimage.label(marked, np.ones((3,) * dims))[1] == 1
    np.testing.assert_array_equal(noisy == 255, (bars(dims) > 0) & ~np.isin(noisy, (1, 2)))


def test_the_stroke_is_as_wide_as_asked_in_mm():
    noisy = Scribble(width_mm=6)(bars(2), (1.0, 2.0), rng())
    assert (noisy[20] == 1).sum() == 3  # centres 0 and 2 mm off
    noisy = Scribble(width_mm=6)(bars(2), (1.0, 1.0), rng())
    assert (noisy[20] == 1).sum() == 7


def test_background_is_marked_from_its_distance():
    noisy = Scribble(background_from_mm=3)(bars(2), (1.0, 1.0), rng())
    assert noisy[20, :4].tolist() == [0, 0, 255, 255]
    np.testing.assert_array_equal(Scribble()(bars(2), (1.0, 1.0), rng()) == 0, bars(2) == 0)


def test_classes_not_chosen_stay():
    noisy = Scribble(classes=[1], unlabelled=0)(bars(2), (1.0, 1.0), rng())
    np.testing.assert_array_equal(noisy == 2, bars(2) == 2)
    assert set(np.unique(noisy)) == {0, 1, 2}


def test_an_id_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="unlabelled is 255, which int8 cannot hold"):
        Scribble()(bars(2).astype(np.int8), (1.0, 1.0), rng())


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"width_mm": -1}, r"width_mm is -1, expected a finite number in \[0.0, inf\]"),
        ({"background_from_mm": -1}, r"background_from_mm is -1, expected a finite number"),
        ({"unlabelled": -1}, "unlabelled is -1, expected a whole number of at least 0"),
    ],
)
def test_bad_arguments_are_refused_at_construction(arguments, match):
    with pytest.raises(ValueError, match=match):
        Scribble(**arguments)
