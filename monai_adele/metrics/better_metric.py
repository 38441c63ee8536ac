"""Which of two values of a metric is the better one."""

from __future__ import annotations

import math

__all__ = ["better_metric"]


def better_metric(value: float, best: float) -> bool:
    """Compare two values of which the higher is better; NaN is worse than any number.

    As ``metric_cmp_fn`` of MONAI's engines: theirs keeps a NaN of the first epoch as the best for
    ever, since nothing is greater than NaN.

    Args:
        value: the new value.
        best: the best so far.

    Returns:
        Whether the new value is the better one.

    Example:
        >>> better_metric(0.1, math.nan), better_metric(math.nan, 0.1), better_metric(0.2, 0.1)
        (True, False, True)
    """
    return value > best or (math.isnan(best) and not math.isnan(value))
