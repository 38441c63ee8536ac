"""Cases, their given and current labels, and their order."""

from monai_adele.data.correction import Correction
from monai_adele.data.epoch_sampler import EpochSampler
from monai_adele.data.journal import JournalEntry
from monai_adele.data.label_store import LabelStore
from monai_adele.data.seeded_dataset import SeededDataset
from monai_adele.data.slices import (
    foreground_slices,
    slice_case_id,
    stack_corrections,
    stack_slices,
    volume_correction,
)
from monai_adele.data.store_transaction import StoreTransaction

__all__ = [
    "Correction",
    "EpochSampler",
    "JournalEntry",
    "LabelStore",
    "SeededDataset",
    "StoreTransaction",
    "foreground_slices",
    "slice_case_id",
    "stack_corrections",
    "stack_slices",
    "volume_correction",
]
