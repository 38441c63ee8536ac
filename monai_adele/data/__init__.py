"""Cases, their given labels, and their order."""

from monai_adele.data.admission import AdmissionReport, admit_cases, examine_cases
from monai_adele.data.admission_cache import AdmissionCache
from monai_adele.data.bundle_overrides import check_bundle_overrides
from monai_adele.data.case_grid import CaseGrid
from monai_adele.data.case_list import CaseList
from monai_adele.data.case_reader import CaseReader
from monai_adele.data.cases import find_cases
from monai_adele.data.epoch_sampler import EpochSampler
from monai_adele.data.images import find_images
from monai_adele.data.label_file import LabelFile
from monai_adele.data.learning_curve_file import onsets_from_csv, read_learning_curves
from monai_adele.data.manifest import ManifestRecord, append_record, read_manifest
from monai_adele.data.patch_size import suggest_patch_size
from monai_adele.data.prepared_cases import PreparedCases, check_output_folder, prepare_cases
from monai_adele.data.run_record import RunRecord, case_grids, image_files, label_files, read_run_record
from monai_adele.data.seeded_dataset import SeededDataset
from monai_adele.data.slices import foreground_slices, slice_case_id, stack_slices, volume_case_id
from monai_adele.data.split import split_cases
from monai_adele.data.split_record import Split, read_split
from monai_adele.data.unit_dataset import unit_dataset
from monai_adele.data.voc_cases import VOC_CLASSES, VOC_IGNORED, find_voc_cases
from monai_adele.data.voc_palette import encode_voc_label, voc_palette

__all__ = [
    "AdmissionCache",
    "AdmissionReport",
    "CaseGrid",
    "CaseList",
    "CaseReader",
    "EpochSampler",
    "LabelFile",
    "ManifestRecord",
    "PreparedCases",
    "RunRecord",
    "SeededDataset",
    "Split",
    "VOC_CLASSES",
    "VOC_IGNORED",
    "admit_cases",
    "append_record",
    "case_grids",
    "check_bundle_overrides",
    "check_output_folder",
    "encode_voc_label",
    "examine_cases",
    "find_cases",
    "find_images",
    "find_voc_cases",
    "foreground_slices",
    "image_files",
    "label_files",
    "onsets_from_csv",
    "prepare_cases",
    "read_learning_curves",
    "read_manifest",
    "read_run_record",
    "read_split",
    "slice_case_id",
    "split_cases",
    "stack_slices",
    "suggest_patch_size",
    "unit_dataset",
    "voc_palette",
    "volume_case_id",
]
