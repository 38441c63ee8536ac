import numpy as np
import pytest
from reference import curve as reference

from monai_adele.functional import CurveFit, fit_prefixes

EPOCHS = np.arange(1, 31)


def learning_curve(a=0.8, b=1.0, c=4.0, noise=0.0, seed=0):
    exact = reference.value(EPOCHS.astype(float), a, b, c)
    return np.clip(exact + noise * np.random.default_rng(seed).normal(size=len(EPOCHS)), 0, 1)


@pytest.mark.parametrize(("a", "b", "c"), [(0.8, 1, 4), (0.5, 0.7, 2), (0.95, 1, 12), (0.6, 0.5, 3)])
@pytest.mark.parametrize("noise", [0.0, 0.03])
@pytest.mark.parametrize("late_weight", [1.0, 10.0, 100.0])
def test_the_fit_is_nearly_as_close_as_a_search_by_scipy(a, b, c, noise, late_weight):
    iou = learning_curve(a, b, c, noise)
    weights = np.geomspace(1, late_weight, len(iou))
    best = reference.weighted_rmse(EPOCHS.astype(float), iou, weights)
    fit = fit_prefixes(EPOCHS, iou, late_weight=late_weight)[-1]
    assert fit.rmse <= 1.02 * best + 0.005


@pytest.mark.parametrize("late_weight", [1.0, 10.0])
def test_the_error_told_is_that_of_the_curve(late_weight):
    iou = learning_curve(noise=0.05)
    fit = fit_prefixes(EPOCHS, iou, late_weight=late_weight)[-1]
    weights = np.geomspace(1, late_weight, len(iou))
    squared = np.average((fit.value(EPOCHS) - iou) ** 2, weights=weights)
    assert fit.rmse == pytest.approx(np.sqrt(squared))


def test_each_prefix_is_fitted_as_if_the_rest_did_not_exist():
    iou = learning_curve(noise=0.03)
    fits = fit_prefixes(EPOCHS, iou)
    for points in (1, 2, 7, 20):
        alone = fit_prefixes(EPOCHS[:points], iou[:points])[-1]
        assert (alone.b, alone.c) == (fits[points - 1].b, fits[points - 1].c)
        assert alone.a == pytest.approx(fits[points - 1].a)


def test_gaps_do_not_change_the_fit_of_a_curve_on_the_grid():
    half_time_10 = 10 / np.log(2)
    exact = CurveFit(a=0.8, b=1.0, c=half_time_10, first_epoch=5, rmse=0)
    epochs = np.array([5, 6, 9, 10, 17, 30])
    fit = fit_prefixes(epochs, exact.value(epochs))[-1]
    assert fit.first_epoch == 5
    assert fit.a == pytest.approx(0.8)
    assert fit.c == pytest.approx(half_time_10)


def test_the_slope_is_that_of_finite_differences():
    fit = CurveFit(a=0.8, b=0.6, c=3.0, first_epoch=4, rmse=0)
    epochs = np.array([4.0, 5.5, 20.0])
    difference = (fit.value(epochs + 1e-5) - fit.value(epochs - 1e-5)) / 2e-5
    assert fit.slope(epochs) == pytest.approx(difference)


def test_the_fall_of_the_slope_is_relative_to_the_first_epoch():
    fit = CurveFit(a=0.8, b=0.6, c=3.0, first_epoch=4, rmse=0)
    first, later = fit.slope([4, 9])
    assert fit.slope_fall(9) == pytest.approx(1 - later / first)
    assert fit.slope_fall(4) == 0


def test_before_learning_the_curve_is_0_and_has_no_slope():
    fit = CurveFit(a=0.8, b=1.0, c=3.0, first_epoch=4, rmse=0)
    assert fit.value([1, 3]).tolist() == [0, 0]
    assert np.isnan(fit.slope([1, 3])).all()


@pytest.mark.parametrize("iou", [[0.0] * 5, [1.0] * 5, [0.9, 0.5, 0.1, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0, 0.0]])
def test_any_curve_has_a_fit(iou):
    for fit in fit_prefixes(range(1, 6), iou):
        assert 0 <= fit.a <= 1
        assert np.isfinite([fit.b, fit.c, fit.rmse]).all()
