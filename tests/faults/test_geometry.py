"""Grids that do not fit each other, or place nothing, or are unusual and right."""

import math
import os
import tracemalloc

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.data import Dataset, MetaTensor
from monai.transforms import Compose, LoadImaged
from PIL import Image
from reference.every_noise_model import SIZED
from reference.write_faults import in_child

from monai_adele.data import CaseReader, admit_cases, find_cases
from monai_adele.errors import GeometryError
from monai_adele.functional import CorrectionRule, correct_from
from monai_adele.noise import Dilate, Erode, Shift
from monai_adele.store import LabelStore, export_corrected_labels
from monai_adele.transforms import AnnotationNoised, corrupt_label_file

LABEL = r"^case 'b' \(labelsTr/b\.nii\.gz\): "
SPACING = np.diag([2.0, 1.0, 1.0, 1.0])
PEAK = 14  # bytes a voxel of erosion and dilation, beyond the label itself
PEAK_OF_A_CORRECTION = 40  # of rule, store and export, one after the other, where a tenth of the voxels changes


def refuse(dataset, rule):
    with pytest.raises(GeometryError, match=LABEL + rule) as error:
        dataset.admit()
    assert len(error.value.problems) == 1


def moved(mm):
    affine = SPACING.copy()
    affine[1, 3] += mm
    return affine


def sheared():
    affine = SPACING.copy()
    affine[1, 2] = 0.5
    return affine


def test_shapes_that_differ_are_refused(dataset):
    """22 | image and label shapes differ | stops with both shapes."""
    dataset.admit()
    dataset.put_label("b", dataset.label()[:, :, :3])
    refuse(dataset, r"shape of the label is \(5, 6, 3\), expected the image's \(5, 6, 4\); resample it to that grid")


def test_spacings_that_differ_are_refused(dataset):
    """23 | spacing differs | stops with both spacings."""
    dataset.admit()
    dataset.put_label("b", dataset.label(), np.diag([1.0, 1.0, 1.0, 1.0]))
    refuse(dataset, r"affine .* 4.5 mm off .* \(spacings 1x1x1 and 2x1x1 mm\), expected at most 0\.1 mm; resample it")


def test_a_shifted_affine_is_refused(dataset):
    """24 | affine differs beyond the tolerance | stops with the largest distance of the corners in mm."""
    dataset.admit()
    dataset.put_label("b", dataset.label(), moved(0.25))
    refuse(dataset, r"affine of the label is 0\.25 mm off the image's at the corners")


def test_rounding_of_an_affine_is_none_of_our_business(dataset):
    """25 | affine differs by 1e-5 (float32 round trip) | continues; the tolerance is 0.1 mm at the corners."""
    dataset.put_label("b", dataset.label(), moved(1e-5))
    assert dataset.admit().notes == ()
    dataset.put_label("b", dataset.label(), moved(0.11))
    refuse(dataset, "affine of the label is 0.11 mm off")


def test_sform_against_qform_is_refused(dataset):
    """26 | sform and qform disagree | stops naming both and their distance."""
    image = nib.Nifti1Image(dataset.label(), SPACING)
    image.set_sform(SPACING, code=1)
    image.set_qform(SPACING, code=1)
    nib.save(image, dataset.label_path("b"))
    dataset.admit()
    image.set_qform(moved(3), code=1)
    nib.save(image, dataset.label_path("b"))
    refuse(dataset, "sform and qform disagree by 3 mm at the corners, expected at most 0.1; keep the right one")


@pytest.mark.parametrize(("value", "rule"), [(np.nan, "holds NaN or infinity"), (0.0, "is singular")])
def test_an_affine_that_places_nothing_is_refused(dataset, value, rule):
    """27 | NaN or singular affine | stops; nothing is replaced."""
    dataset.admit()
    dataset.patch_header(dataset.label_path("b"), srow_x=[value, 0, 0, 0], sform_code=1, qform_code=0)
    with pytest.raises(GeometryError, match=LABEL + f"affine {rule}, expected .*; repair the header"):
        dataset.admit()


def test_a_sheared_grid_is_refused_only_where_lengths_are_in_mm(dataset, tmp_path):
    """28 | sheared affine | continues for work in voxels; stops where a length in mm is asked for."""
    noise = Dilate(radius_mm=1)
    corrupt_label_file(dataset.label_path("b"), tmp_path / "sound.nii.gz", noise, seed=0, case_id="b")
    for put, array in ((dataset.put_image, np.random.rand(5, 6, 4)), (dataset.put_label, dataset.label())):
        put("b", array, sheared())
    assert dataset.admit().notes == ()
    with pytest.raises(GeometryError, match=r"^case 'b' \(.*b\.nii\.gz\): affine is sheared \(63\.4 degrees"):
        corrupt_label_file(dataset.label_path("b"), tmp_path / "out.nii.gz", noise, seed=0, case_id="b")
    label = MetaTensor(torch.tensor(dataset.label())[None], affine=torch.tensor(sheared()))
    with pytest.raises(GeometryError, match=r"^case 'b': affine is sheared.*or tell the spacing as pixdim"):
        AnnotationNoised("label", noise, seed=0)({"label": label, "case_id": "b"})
    noisy = AnnotationNoised("label", noise, seed=0, pixdim=1.0)({"label": label, "case_id": "b"})["label"]
    assert int((noisy > 0).sum()) > int((label > 0).sum())


def test_lengths_are_in_mm_along_every_axis():
    """29 | anisotropic voxels (0.7 x 0.7 x 5 mm) | continues: lengths in mm, axis by axis."""
    rng, label = np.random.default_rng(0), np.zeros((9, 9, 9), np.uint8)
    label[4, 4, 4] = 1
    grown = Dilate(radius_mm=1.0)(label, (2.0, 1.0, 0.5), rng)
    extent = [int((grown.any(axis=tuple({0, 1, 2} - {axis}))).sum()) for axis in range(3)]
    assert extent == [1, 3, 5]
    grown = Dilate(radius_mm=1.0)(label.transpose(2, 0, 1), (0.5, 2.0, 1.0), rng)
    assert np.array_equal(grown, Dilate(radius_mm=1.0)(label, (2.0, 1.0, 0.5), rng).transpose(2, 0, 1))


@pytest.mark.parametrize("shape", [(1, 1, 1), (6, 7, 1), (1, 5, 4)])
def test_the_smallest_volumes_are_worked_on(dataset, store, shape):
    """30 | single slice, 1x1x1 volume, 512x512x1200 volume | continues; peak memory is a multiple of one volume."""
    label = np.ones(shape, np.uint8)
    for case_id in "abc":
        dataset.put_image(case_id, np.arange(label.size, dtype=np.float32).reshape(shape))
        dataset.put_label(case_id, label)
    assert dataset.admit().facts["b"].shape == shape
    for noise in SIZED.values():
        noisy = noise(label, (2.0, 1.0, 1.0), np.random.default_rng(0))
        assert (noisy.shape, noisy.dtype) == (shape, label.dtype)
    corrected = correct_from(torch.tensor(label), torch.zeros(shape, dtype=torch.uint8), torch.ones(shape), {1})
    with store.transaction() as transaction:
        transaction.put("b", label, corrected.numpy())
    assert np.array_equal(LabelStore(store.folder).current_label("b", label), corrected.numpy())


@pytest.mark.parametrize("noise", [Erode(radius_mm=3), Dilate(radius_mm=3)], ids=["erode", "dilate"])
def test_peak_memory_is_a_multiple_of_one_volume(noise):
    """30 | single slice, 1x1x1 volume, 512x512x1200 volume | continues; peak memory is a multiple of one volume."""
    label = np.zeros((96, 96, 96), np.uint8)
    for class_id in range(1, 9):
        label[10:86, 10 * class_id : 10 * class_id + 9, 10:86] = class_id
    noise(label[:8, :8, :8], (1.0, 1.0, 1.0), np.random.default_rng(0))
    tracemalloc.start()
    noise(label, (1.0, 1.0, 1.0), np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / label.size < PEAK


def corrected_and_exported(folder, shape):
    """Rule, store and export of one case, after small ones have loaded what is needed; return bytes per voxel."""
    torch.set_num_threads(1)
    (folder / "labels").mkdir(parents=True)
    for name, size in (("small", (9, 8, 7)), ("large", shape)):
        nib.save(nib.Nifti1Image(np.ones(size, np.uint8), np.eye(4)), folder / "labels" / f"{name}.nii")
        before = memory("VmRSS")
        work(folder, name)
    os._exit(min(255, (memory("VmHWM") - before) // math.prod(shape)))


def work(folder, name):
    path = folder / "labels" / f"{name}.nii"
    label = np.asarray(nib.load(path).dataobj)
    pred, sure = torch.ones(label.shape, dtype=torch.uint8), torch.full(label.shape, 0.9)
    pred[:, ::10] = 0
    corrected = CorrectionRule()(torch.from_numpy(label), pred, sure, {1}).numpy()
    del pred, sure
    store = LabelStore(folder / f"store of {name}")
    with store.transaction() as transaction:
        transaction.put(name, label, corrected)
    del label, corrected
    case = {"case_id": name, "image": str(path), "label": str(path)}
    volumes = Dataset([case], Compose([LoadImaged("image", reader=CaseReader(), ensure_channel_first=True)]))
    export_corrected_labels([case], volumes, store, folder / f"export of {name}")


def memory(key):
    """A line of what Linux tells of the memory of this process, in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="no peak memory of a process")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_peak_memory_of_a_correction_is_a_multiple_of_one_volume(tmp_path):
    """30 | single slice, 1x1x1 volume, 512x512x1200 volume | continues; peak memory is a multiple of one volume."""
    assert 1 < in_child(corrected_and_exported, tmp_path, (160, 160, 200)) < PEAK_OF_A_CORRECTION


def test_images_in_2d_take_the_same_path(tmp_path, store):
    """31 | 2-D data | continues: the same code."""
    label = np.zeros((7, 5), np.uint8)
    label[2:5, 1:4] = 1
    for folder, array in (("images", np.arange(35, dtype=np.uint8).reshape(7, 5)), ("labels", label)):
        (tmp_path / folder).mkdir()
        Image.fromarray(array.T).save(tmp_path / folder / "a.png")
    facts = admit_cases(find_cases(tmp_path), progress=False).facts["a"]
    assert (facts.shape, facts.ids) == ((7, 5), {0: 26, 1: 9})
    for noise in (Erode(radius_mm=1), Dilate(radius_mm=1), Shift(distance_mm=1)):
        flat = noise(label, (1.0, 1.0), np.random.default_rng(0))
        assert flat.shape == label.shape
    flat, deep = (
        Erode(radius_mm=1)(x, (1.0, 1.0, 9.0)[: x.ndim], np.random.default_rng(0)) for x in (label, label[..., None])
    )
    assert np.array_equal(flat, deep[..., 0])
    pred, sure = torch.zeros(7, 5, dtype=torch.uint8), torch.ones(7, 5)
    flat = correct_from(torch.tensor(label), pred, sure, {1})
    assert torch.equal(
        flat, correct_from(torch.tensor(label)[..., None], pred[..., None], sure[..., None], {1})[..., 0]
    )
