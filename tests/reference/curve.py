"""The saturating curve fitted by scipy, from several starts."""

import numpy as np
from scipy.optimize import least_squares


def value(times, a, b, c):
    return a * (1 - np.exp(-(times**b) / c))


def weighted_rmse(times, iou, weights):
    """Root mean squared error of the best fit with a in [0, 1], b in [0.3, 1], c > 0."""

    def residuals(parameters):
        return np.sqrt(weights / weights.sum()) * (value(times, *parameters) - iou)

    bounds = ([0, 0.3, 1e-3], [1, 1, 2000])
    starts = [(0.5, b, c) for b in (0.4, 0.9) for c in (0.5, 3, 30)]
    return min(np.sqrt(2 * least_squares(residuals, start, bounds=bounds).cost) for start in starts)
