"""Tell of cases that a cap left as they are."""

from __future__ import annotations

import logging
from collections.abc import Mapping

__all__ = ["warn_of_excesses"]

_logger = logging.getLogger(__name__)
_SHOWN_CASES = 5


def warn_of_excesses(epoch: int, num_cases: int, excesses: Mapping[str, str]) -> None:
    """Warn once of all cases of a pass in which too much would have changed.

    Args:
        epoch: after which the pass was made.
        num_cases: cases of the pass.
        excesses: which cap was passed, by case id.
    """
    if not excesses:
        return
    shown = [f"{case_id}: {excess}" for case_id, excess in list(excesses.items())[:_SHOWN_CASES]]
    more = [f"and {len(excesses) - len(shown)} more"] if len(excesses) > len(shown) else []
    _logger.warning(
        "epoch %d: %d of %d cases left as they are, since too much would change: %s",
        epoch,
        len(excesses),
        num_cases,
        "; ".join(shown + more),
    )
