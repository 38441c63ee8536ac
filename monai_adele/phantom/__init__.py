"""Generated data whose truth is known: CT slices of a chest, and photographs in VOC's layout."""

from monai_adele.phantom.phantom import make_phantom, write_phantom
from monai_adele.phantom.voc_phantom import write_voc_phantom
from monai_adele.phantom.voc_pseudo_label import make_pseudo_label
from monai_adele.phantom.voc_scene import VOC_PHANTOM_CLASSES, SceneObject, VocScene, make_voc_scene

__all__ = [
    "SceneObject",
    "VOC_PHANTOM_CLASSES",
    "VocScene",
    "make_phantom",
    "make_pseudo_label",
    "make_voc_scene",
    "write_phantom",
    "write_voc_phantom",
]
