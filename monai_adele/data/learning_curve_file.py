"""Learning curves in a table: those of a run of ours, or of anybody."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from monai_adele.errors import DataError
from monai_adele.functional import LearningCurve, OnsetDecision, OnsetRule, ValidationPlateau

__all__ = ["onsets_from_csv", "read_learning_curves"]

_SERIES = {"train_iou_": "iou", "validation_iou_": "validation_iou", "train_confidence_": "confidence"}
_NOT_MEASURED = ("", "nan")


def onsets_from_csv(path: str | Path, rule: OnsetRule | None = None) -> dict[str, OnsetDecision]:
    """Decide on the onset of memorization of each class in a table of learning curves.

    Args:
        path: see :func:`read_learning_curves`.
        rule: decides; None is a ``ValidationPlateau``, which falls back on the training IoU alone where
            there is no validation.

    Returns:
        The decision on each class, by its name, in the order of the columns.

    Raises:
        DataError: if the table cannot be read; every fault is named.
        FileNotFoundError: if there is no such file.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "curves.csv"
        >>> _ = path.write_text("epoch,liver\\n" + "".join(f"{e},{1 - 0.6**e:.3f}\\n" for e in range(1, 9)))
        >>> onsets_from_csv(path)["liver"].epoch
        5
    """
    rule = ValidationPlateau() if rule is None else rule
    return {name: rule.decide(curve) for name, curve in read_learning_curves(path).items()}


def read_learning_curves(path: str | Path) -> dict[str, LearningCurve]:
    """Read a table of learning curves, a row an epoch.

    Args:
        path: CSV file with a header. Columns of a class are ``train_iou_<class>``,
            ``validation_iou_<class>`` and ``train_confidence_<class>``, values in ``[0, 1]``; where no
            column begins with ``train_iou_``, every column is the training IoU of a class. A column
            ``epoch``, whole numbers that rise from 1 or later, tells of epochs left out; without it
            rows count from 1. Empty cells and ``nan`` were not measured. Other columns are passed over.

    Returns:
        The curve of each class, by its name, in the order of the columns.

    Raises:
        DataError: if there is no class, or epochs or values are wrong; every fault is named.
        FileNotFoundError: if there is no such file.
    """
    path = Path(path)
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        reader = csv.DictReader(file)
        try:
            rows, header = list(reader), [name for name in reader.fieldnames or [] if name]
        except csv.Error as error:
            raise DataError([f"{path.name}, line {reader.line_num + 1}: {error}; expected a table (CSV)"]) from error
    epochs, problems = _epochs(rows, path.name)
    columns = _columns_of_each_class(header)
    if not columns or not rows:
        raise DataError([f"{path.name}: found columns {header} and {len(rows)} rows; expected IoUs of a class"])
    curves = {}
    for name, series in columns.items():
        values = {part: _values(rows, epochs, column, path.name, problems) for part, column in series.items()}
        if not problems:
            curves[name] = LearningCurve(**values)
    if problems:
        raise DataError(problems)
    return curves


def _columns_of_each_class(header: list[str]) -> dict[str, dict[str, str]]:
    """By class, the column of each part of its learning curve."""
    if not any(column.startswith("train_iou_") for column in header):
        return {column: {"iou": column} for column in header if column != "epoch"}
    names = [column.removeprefix("train_iou_") for column in header if column.startswith("train_iou_")]
    return {
        name: {part: prefix + name for prefix, part in _SERIES.items() if prefix + name in header} for name in names
    }


def _epochs(rows: list[dict[str, str]], file: str) -> tuple[list[int], list[str]]:
    """The epoch of each row, and what is wrong with them."""
    if not rows or "epoch" not in rows[0]:
        return list(range(1, len(rows) + 1)), []
    epochs: list[int] = []
    problems = []
    for line, row in enumerate(rows, start=2):
        text, least = (row["epoch"] or "").strip(), epochs[-1] + 1 if epochs else 1
        epoch = int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
        if epoch < least:
            problems.append(f"{file}, line {line}: epoch is {text!r}, expected a whole number of at least {least}")
        epochs.append(max(epoch, least))
    return epochs, problems


def _values(rows: list[dict[str, str]], epochs: list[int], column: str, file: str, problems: list[str]) -> list[float]:
    values = [math.nan] * epochs[-1]
    for line, (row, epoch) in enumerate(zip(rows, epochs, strict=True), start=2):
        text = (row[column] or "").strip()
        if text.lower() in _NOT_MEASURED:
            continue
        try:
            values[epoch - 1] = float(text)
        except ValueError:
            values[epoch - 1] = math.inf
        if not 0 <= values[epoch - 1] <= 1:
            problems.append(f"{file}, line {line}, {column}: found {text!r}, expected a value in [0, 1] or nan")
    return values
