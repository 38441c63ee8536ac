"""MONAI transforms over noise models and label stores."""

from monai_adele.transforms.annotation_noise import AnnotationNoise
from monai_adele.transforms.annotation_noised import AnnotationNoised
from monai_adele.transforms.corrupt_label_file import corrupt_label_file
from monai_adele.transforms.current_label import LABEL_VERSION, CurrentLabeld
from monai_adele.transforms.noisy_label import noisy_label
from monai_adele.transforms.normalize_slice_intensityd import NormalizeSliceIntensityd
from monai_adele.transforms.rand_affine_jitter_label import RandAffineJitterLabel
from monai_adele.transforms.rand_affine_jitter_labeld import RandAffineJitterLabeld
from monai_adele.transforms.rand_annotation_noise import RandAnnotationNoise
from monai_adele.transforms.rand_annotation_noised import RandAnnotationNoised
from monai_adele.transforms.rand_dilate_label import RandDilateLabel
from monai_adele.transforms.rand_dilate_labeld import RandDilateLabeld
from monai_adele.transforms.rand_erode_label import RandErodeLabel
from monai_adele.transforms.rand_erode_labeld import RandErodeLabeld
from monai_adele.transforms.rand_hsv_jitter import RandHsvJitter
from monai_adele.transforms.rand_hsv_jitterd import RandHsvJitterd
from monai_adele.transforms.transforms_hash import transforms_hash

__all__ = [
    "corrupt_label_file",
    "AnnotationNoise",
    "AnnotationNoised",
    "CurrentLabeld",
    "LABEL_VERSION",
    "NormalizeSliceIntensityd",
    "RandAffineJitterLabel",
    "RandAffineJitterLabeld",
    "RandAnnotationNoise",
    "RandAnnotationNoised",
    "RandDilateLabel",
    "RandDilateLabeld",
    "RandErodeLabel",
    "RandErodeLabeld",
    "RandHsvJitter",
    "RandHsvJitterd",
    "noisy_label",
    "transforms_hash",
]
