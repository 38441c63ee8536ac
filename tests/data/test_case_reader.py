"""What is admitted is what MONAI then loads."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
import torch
from monai.transforms import Compose, EnsureChannelFirstd, LoadImaged
from PIL import Image

from monai_adele.data.image_file import read_image_file

AFFINE = np.array([[0.0, -1.5, 0.0, 4.0], [2.0, 0.0, 0.0, -3.0], [0.0, 0.0, 1.0, 7.0], [0.0, 0.0, 0.0, 1.0]])


def load(image, reader="monai_adele.data.CaseReader"):
    steps = [LoadImaged(["image"], reader=reader), EnsureChannelFirstd(["image"])]
    return Compose(steps)({"image": image})["image"]


def save(path, array, affine=AFFINE):
    nib.save(nib.Nifti1Image(array, affine), path)
    return str(path)


def volume(*shape):
    return np.random.default_rng(0).integers(0, 200, shape).astype(np.uint8)


@pytest.mark.parametrize("ending", [".nrrd", ".mha", ".mhd", ".nii", ".nii.gz"])
def test_every_volume_format_loads_to_the_same_tensor(tmp_path, ending):
    reference = save(tmp_path / "reference.nii", volume(5, 6, 7))
    path = str(tmp_path / f"case{ending}")
    sitk.WriteImage(sitk.ReadImage(reference), path)
    image, expected = load(path), load(reference, reader=None)
    assert image.shape == (1, 5, 6, 7)
    assert torch.equal(image.as_tensor(), expected.as_tensor())
    assert torch.allclose(image.affine, expected.affine, atol=1e-6)
    assert np.allclose(image.pixdim, (2.0, 1.5, 1.0))


def test_nifti_loads_as_with_the_reader_of_monai(tmp_path):
    for name, array in (("plain.nii.gz", volume(5, 6, 7)), ("channels.nii", volume(5, 6, 7, 3))):
        path = save(tmp_path / name, array)
        assert torch.equal(load(path).as_tensor(), load(path, reader=None).as_tensor())
    assert load(path).shape == (3, 5, 6, 7)


def test_the_sform_is_kept_where_the_header_rounds_its_voxel_sizes(tmp_path):
    path = save(tmp_path / "case.nii", volume(5, 6, 7))
    with open(path, "r+b") as file:
        header = nib.Nifti1Header.from_fileobj(file)
        header["pixdim"][1] += 1e-4
        header["qoffset_x"] = header["qoffset_y"] = header["qoffset_z"] = 0  # as where only the sform is set
        file.seek(0)
        file.write(header.binaryblock)
    assert torch.allclose(load(path).affine, torch.from_numpy(AFFINE))
    assert not torch.allclose(load(path, reader=None).affine, torch.from_numpy(AFFINE), atol=0.1)


@pytest.mark.parametrize(
    ("ending", "shape"), [(".png", (5, 6)), (".png", (5, 6, 3)), (".tif", (5, 6)), (".tif", (5, 6, 3))]
)
def test_flat_images_load_with_x_first(tmp_path, ending, shape):
    array = volume(*shape)
    path = str(tmp_path / f"case{ending}")
    Image.fromarray(np.ascontiguousarray(array.swapaxes(0, 1))).save(path)
    expected = array[None] if array.ndim == 2 else np.moveaxis(array, -1, 0)
    assert np.array_equal(load(path).numpy(), expected)


def test_pages_of_a_tiff_are_the_third_axis(tmp_path):
    array = volume(5, 6, 4)
    pages = [Image.fromarray(np.ascontiguousarray(page)) for page in array.T]
    pages[0].save(tmp_path / "case.tif", save_all=True, append_images=pages[1:])
    assert np.array_equal(load(str(tmp_path / "case.tif")).numpy()[0], array)


@pytest.mark.parametrize("ending", [".nii.gz", ".mha"])
def test_several_files_are_channels_in_their_order_on_the_grid_of_the_first(tmp_path, ending):
    paths = []
    for channel in range(3):
        reference = save(tmp_path / "reference.nii", volume(5, 6, 7) + np.uint8(channel), AFFINE + 1e-6 * channel)
        paths.append(str(tmp_path / f"case_{channel:04d}{ending}"))
        sitk.WriteImage(sitk.ReadImage(reference), paths[-1])
    image = load(paths)
    assert image.shape == (3, 5, 6, 7)
    assert np.array_equal(image[2].numpy(), volume(5, 6, 7) + 2)
    assert torch.allclose(image.affine, torch.from_numpy(AFFINE), atol=1e-6)


def test_vectors_of_metaimage_are_channels(tmp_path):
    image = sitk.GetImageFromArray(volume(7, 6, 5, 2), isVector=True)
    sitk.WriteImage(image, str(tmp_path / "case.mha"))
    assert np.array_equal(load(str(tmp_path / "case.mha")).numpy(), volume(7, 6, 5, 2).T)


@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd", ".mha", ".png", ".tif"])
def test_the_shape_admitted_is_the_shape_loaded(tmp_path, ending):
    path = str(tmp_path / f"case{ending}")
    if ending in (".png", ".tif"):
        Image.fromarray(volume(6, 5)).save(path)
    else:
        sitk.WriteImage(sitk.GetImageFromArray(volume(7, 6, 5)), path)
    file = read_image_file(path)
    assert (file.num_channels, *file.shape) == load(path).shape
    assert np.array_equal(file.array, load(path)[0].numpy())
