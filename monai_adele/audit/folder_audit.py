"""Audit labels on which nothing was trained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monai_adele.audit.audited_case import AuditedCase
from monai_adele.audit.case_predictor import CasePredictor
from monai_adele.audit.judge_case import judge_case
from monai_adele.audit.judged_case import JudgedCase
from monai_adele.data.label_folder import find_label_cases
from monai_adele.errors import DataError

__all__ = ["FolderAudit"]


class FolderAudit:
    """The labels of a folder, each judged by a network when it is asked for.

    Args:
        labels: folder of label files.
        images: folder with an image of each, of the same name.
        model: folder of the run or bundle whose network judges.

    Attributes:
        class_names: index is the class id, background first.
        notes: what has to be known about the findings.
        facts: more for the report.

    Raises:
        DataError: if a folder cannot be used, or a file has no partner: all at once.
    """

    def __init__(self, labels: str | Path, images: str | Path, model: str | Path) -> None:
        self.cases, problems = find_label_cases(labels, images)
        if problems:
            raise DataError(problems)
        self._predictor = CasePredictor(model)
        self.class_names = self._predictor.class_names
        self.notes = ["Labels on which the network was trained must not be among these: its errors would be missed."]
        self.facts: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.cases)

    def __iter__(self) -> Iterator[JudgedCase]:
        for case in self.cases:
            image = () if case.image is None else (case.image,)
            yield judge_case(
                AuditedCase(case.case_id, image, case.label),
                [self._predictor],
                class_names=self.class_names,
                out_of_sample=True,
            )
