"""Files are read through to their checksum."""

import gzip
import random

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

from monai_adele.data.image_file import read_image_file
from monai_adele.errors import DataError

FORMATS = [".nii", ".nii.gz", ".nrrd", ".mha", ".mhd", ".tif"]
CHECKED = [".nii.gz", ".nrrd", ".mha", ".png"]  # formats with a checksum over the voxels


def values(ending):
    shape = (9, 8) if ending == ".png" else (9, 8, 7)
    return np.random.default_rng(1).integers(0, 200, shape).astype(np.uint8)


def write(path, array):
    ending = path.name[4:]
    if ending.startswith(".nii"):
        nib.save(nib.Nifti1Image(array, np.diag([2.0, 1.0, 3.0, 1.0])), path)
    elif ending == ".png":
        Image.fromarray(array.T).save(path)
    elif ending == ".tif":
        pages = [Image.fromarray(page) for page in array.T]
        pages[0].save(path, save_all=True, append_images=pages[1:])
    else:
        image = sitk.GetImageFromArray(array.T)
        image.SetSpacing((2.0, 1.0, 3.0))
        image.SetOrigin((5.0, 6.0, 7.0))
        sitk.WriteImage(image, str(path), useCompression=True)
    return path


@pytest.mark.parametrize("ending", [*FORMATS, ".png"])
def test_every_format_gives_the_values_with_x_first(tmp_path, ending):
    array = values(ending)
    file = read_image_file(write(tmp_path / f"case{ending}", array))
    assert np.array_equal(file.array, array)
    assert (file.shape, file.spatial_dims, file.num_channels) == (array.shape, array.ndim, 1)


@pytest.mark.parametrize("ending", [".nrrd", ".mha", ".mhd"])
def test_itk_geometry_is_turned_from_lps_to_ras(tmp_path, ending):
    file = read_image_file(write(tmp_path / f"case{ending}", values(ending)))
    expected = np.diag([-2.0, -1.0, 3.0, 1.0])
    expected[:3, 3] = (-5.0, -6.0, 7.0)
    assert np.allclose(file.affine, expected)


def test_itk_and_nibabel_agree_on_a_rotated_image(tmp_path):
    image = sitk.GetImageFromArray(values(".nrrd").T)
    image.SetDirection((0, -1, 0, 1, 0, 0, 0, 0, 1))
    image.SetSpacing((2.0, 1.0, 3.0))
    image.SetOrigin((5.0, 6.0, 7.0))
    files = []
    for ending in (".nrrd", ".nii"):
        sitk.WriteImage(image, str(tmp_path / f"case{ending}"))
        files.append(read_image_file(tmp_path / f"case{ending}"))
    assert np.allclose(files[0].affine, files[1].affine)
    assert np.array_equal(files[0].array, files[1].array)


@pytest.mark.parametrize("ending", CHECKED)
def test_no_flipped_bit_changes_voxels_unnoticed(tmp_path, ending):
    path = write(tmp_path / f"case{ending}", values(ending))
    whole, good = path.read_bytes(), read_image_file(path)
    draw, noticed = random.Random(0), 0
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        try:
            file = read_image_file(path)
        except DataError:
            noticed += 1
        else:
            same = np.array_equal(file.array, good.array)
            assert same or ending in (".nrrd", ".mha")  # whose text header has no checksum
    assert noticed > 30


@pytest.mark.parametrize("ending", CHECKED)
def test_no_flipped_bit_in_the_compressed_data_passes(tmp_path, ending):
    path = write(tmp_path / f"case{ending}", values(ending))
    whole = path.read_bytes()
    good = read_image_file(path)
    for position in range(len(whole) * 4 // 5, len(whole) - 8, 3):
        damaged = bytearray(whole)
        damaged[position] ^= 4
        path.write_bytes(damaged)
        try:
            assert np.array_equal(read_image_file(path).array, good.array)
        except DataError:
            continue


@pytest.mark.parametrize("ending", [*FORMATS, ".png"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_file_cut_short_is_refused(tmp_path, ending, share):
    path = write(tmp_path / f"case{ending}", values(ending))
    read_image_file(path)
    data = path if ending != ".mhd" else tmp_path / "case.zraw"
    data.write_bytes(data.read_bytes()[: int(data.stat().st_size * share)])
    with pytest.raises(DataError, match=r"file (is cut short|is damaged|cannot be read)"):
        read_image_file(path)


def test_plain_nifti_named_as_compressed_is_refused(tmp_path):
    write(tmp_path / "case.nii", values(".nii")).rename(tmp_path / "case.nii.gz")
    with pytest.raises(DataError, match=r"not compressed by gzip.*rename or compress"):
        read_image_file(tmp_path / "case.nii.gz")


@pytest.mark.parametrize("ending", [*FORMATS, ".png"])
def test_text_in_place_of_an_image_is_refused_without_being_quoted(tmp_path, ending):
    content = b"the patient is called Somebody\n" * 30
    path = tmp_path / f"case{ending}"
    path.write_bytes(gzip.compress(content) if ending == ".nii.gz" else content)
    with pytest.raises(DataError, match="file") as error:
        read_image_file(path)
    assert "Somebody" not in str(error.value)


def test_a_header_that_claims_terabytes_is_refused_before_reading(tmp_path):
    path = write(tmp_path / "case.nii", values(".nii"))
    with open(path, "r+b") as file:
        header = nib.Nifti1Header.from_fileobj(file)
        header.set_data_shape((32000, 32000, 32000))
        file.seek(0)
        file.write(header.binaryblock)
    with pytest.raises(DataError, match="cut short: 856 bytes, expected 32768000000352"):
        read_image_file(path)


def test_scaled_values_are_handed_out_as_stored_with_their_scale(tmp_path):
    image = nib.Nifti1Image(values(".nii"), np.eye(4))
    image.header.set_slope_inter(0.5, 3.0)
    nib.save(image, tmp_path / "case.nii")
    file = read_image_file(tmp_path / "case.nii")
    assert (file.slope, file.inter) == (0.5, 3.0)
    assert np.array_equal(file.array * 0.5 + 3.0, nib.load(tmp_path / "case.nii").get_fdata())


def test_nifti_2_is_read(tmp_path):
    nib.save(nib.Nifti2Image(values(".nii"), np.eye(4)), tmp_path / "case.nii.gz")
    assert np.array_equal(read_image_file(tmp_path / "case.nii.gz").array, values(".nii"))


def test_colors_in_nifti_are_refused(tmp_path):
    rgb = np.zeros((3, 4, 5), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nib.save(nib.Nifti1Image(rgb, np.eye(4)), tmp_path / "case.nii")
    with pytest.raises(DataError, match="expected real numbers"):
        read_image_file(tmp_path / "case.nii")
