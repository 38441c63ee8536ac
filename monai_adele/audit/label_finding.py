"""What the audit found about one class of one case."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from monai_adele.audit.error_kind import ErrorKind
from monai_adele.audit.quality_parts import QualityParts

__all__ = ["LabelFinding"]


@dataclass(frozen=True)
class LabelFinding:
    """One class of one case.

    Attributes:
        case_id: the case.
        class_id: the class.
        class_name: its name.
        score: quality of the given label, in ``[0, 1]``; 1 where nothing speaks against it.
        parts: what the score and the suspicion rest on.
        kind: the suspected kind of error; None where nothing speaks against the label.
        certainty: share of the evidence that the kind explains, in ``[0, 1]``.
        worst_slices: slices with most evidence against the label, counted from 0, the worst first.
        out_of_sample: whether the prediction is of a network that was not trained on this label.
        corrected_voxels: how many voxels of the class a run has corrected, added or taken away.
        dice_to_corrected: overlap of given and corrected label; 1 where nothing was corrected.
        corrected_epoch: after which the class was first corrected in this case; None if not.
        onset_epoch: after which the run judged the class to be memorized; None if not.
    """

    case_id: str
    class_id: int
    class_name: str
    score: float
    parts: QualityParts
    kind: ErrorKind | None
    certainty: float | None
    worst_slices: tuple[int, ...]
    out_of_sample: bool
    corrected_voxels: int = 0
    dice_to_corrected: float = 1.0
    corrected_epoch: int | None = None
    onset_epoch: int | None = None

    def row(self) -> dict[str, Any]:
        """The finding as one row of a table: names to primitives, the parts among them."""
        row = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "parts"}
        row["worst_slices"] = list(self.worst_slices)
        return {**row, **asdict(self.parts)}
