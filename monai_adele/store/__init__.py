"""Corrections of labels: kept by version, explained, undone, exported. Given labels are never written."""

from monai_adele.store.corrected_labels import ExportedLabel, export_corrected_labels
from monai_adele.store.correction import Correction
from monai_adele.store.correction_table import CaseChange, ClassChange, correction_table
from monai_adele.store.journal import JournalEntry
from monai_adele.store.label_store import LabelStore
from monai_adele.store.recorded_export import export_recorded_labels
from monai_adele.store.replay import replayed_label
from monai_adele.store.review import Review, ReviewMark, read_review
from monai_adele.store.store_transaction import StoreTransaction
from monai_adele.store.undo import Undone, undo_classes, undo_corrections
from monai_adele.store.volume_correction import stack_corrections, volume_correction

__all__ = [
    "CaseChange",
    "ClassChange",
    "Correction",
    "ExportedLabel",
    "JournalEntry",
    "LabelStore",
    "Review",
    "ReviewMark",
    "StoreTransaction",
    "Undone",
    "correction_table",
    "export_corrected_labels",
    "export_recorded_labels",
    "read_review",
    "replayed_label",
    "stack_corrections",
    "undo_classes",
    "undo_corrections",
    "volume_correction",
]
