"""Cases, their given and current labels, and their order."""

from monai_adele.data.admission import AdmissionReport, admit_cases, examine_cases
from monai_adele.data.admission_cache import AdmissionCache
from monai_adele.data.bundle_overrides import check_bundle_overrides
from monai_adele.data.case_grid import CaseGrid
from monai_adele.data.case_list import CaseList
from monai_adele.data.case_reader import CaseReader
from monai_adele.data.cases import find_cases
from monai_adele.data.corrected_labels import ExportedLabel, export_corrected_labels
from monai_adele.data.correction import Correction
from monai_adele.data.correction_table import CaseChange, ClassChange, correction_table
from monai_adele.data.epoch_sampler import EpochSampler
from monai_adele.data.images import find_images
from monai_adele.data.journal import JournalEntry
from monai_adele.data.label_file import LabelFile
from monai_adele.data.label_store import LabelStore
from monai_adele.data.learning_curve_file import onsets_from_csv, read_learning_curves
from monai_adele.data.manifest import ManifestRecord, append_record, read_manifest
from monai_adele.data.patch_size import suggest_patch_size
from monai_adele.data.phantom import make_phantom, write_phantom
from monai_adele.data.prepared_cases import PreparedCases, check_output_folder, prepare_cases
from monai_adele.data.recorded_export import export_recorded_labels
from monai_adele.data.replay import replayed_label
from monai_adele.data.review import Review, ReviewMark, read_review
from monai_adele.data.run_record import RunRecord, case_grids, image_files, label_files, read_run_record
from monai_adele.data.seeded_dataset import SeededDataset
from monai_adele.data.slices import (
    foreground_slices,
    slice_case_id,
    stack_corrections,
    stack_slices,
    volume_case_id,
    volume_correction,
)
from monai_adele.data.split import split_cases
from monai_adele.data.split_record import Split, read_split
from monai_adele.data.store_transaction import StoreTransaction
from monai_adele.data.undo import Undone, undo_classes, undo_corrections
from monai_adele.data.unit_dataset import unit_dataset
from monai_adele.data.voc_cases import VOC_CLASSES, VOC_IGNORED, find_voc_cases
from monai_adele.data.voc_palette import encode_voc_label, voc_palette
from monai_adele.data.voc_phantom import write_voc_phantom
from monai_adele.data.voc_pseudo_label import make_pseudo_label
from monai_adele.data.voc_scene import VOC_PHANTOM_CLASSES, SceneObject, VocScene, make_voc_scene

__all__ = [
    "SceneObject",
    "VOC_CLASSES",
    "VOC_IGNORED",
    "VOC_PHANTOM_CLASSES",
    "VocScene",
    "encode_voc_label",
    "find_voc_cases",
    "make_pseudo_label",
    "make_voc_scene",
    "voc_palette",
    "write_voc_phantom",
    "LabelFile",
    "unit_dataset",
    "write_phantom",
    "make_phantom",
    "suggest_patch_size",
    "undo_classes",
    "undo_corrections",
    "Review",
    "ReviewMark",
    "read_review",
    "AdmissionReport",
    "CaseChange",
    "CaseGrid",
    "CaseList",
    "CaseReader",
    "ClassChange",
    "Correction",
    "EpochSampler",
    "JournalEntry",
    "LabelStore",
    "ManifestRecord",
    "PreparedCases",
    "SeededDataset",
    "RunRecord",
    "Split",
    "StoreTransaction",
    "Undone",
    "AdmissionCache",
    "admit_cases",
    "examine_cases",
    "append_record",
    "case_grids",
    "check_bundle_overrides",
    "correction_table",
    "check_output_folder",
    "find_cases",
    "find_images",
    "ExportedLabel",
    "export_corrected_labels",
    "export_recorded_labels",
    "foreground_slices",
    "image_files",
    "label_files",
    "onsets_from_csv",
    "prepare_cases",
    "read_learning_curves",
    "read_manifest",
    "read_run_record",
    "read_split",
    "replayed_label",
    "slice_case_id",
    "split_cases",
    "stack_corrections",
    "stack_slices",
    "volume_case_id",
    "volume_correction",
]
