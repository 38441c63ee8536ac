"""Errors about data and runs; arguments raise ``ValueError`` or ``TypeError``."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["AdeleError", "DataError", "LabelValueError", "GeometryError", "StoreError", "NonFiniteError"]


class AdeleError(Exception):
    """Base of all errors that this package raises about data, stores and runs."""


class DataError(AdeleError):
    """Cases that cannot be used: one line a problem, all of them at once.

    Args:
        problems: one line each: case, file, what was found, what was expected, what to do.
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class LabelValueError(DataError):
    """A label holds values that it may not hold."""


class GeometryError(DataError):
    """Shapes, spacings or affines do not fit each other."""


class StoreError(AdeleError):
    """A label store is damaged, in use, or does not belong to this run."""


class NonFiniteError(AdeleError):
    """NaN or infinity where a number is needed."""
