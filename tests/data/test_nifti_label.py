import gzip

import nibabel as nib
import numpy as np
import pytest

from monai_adele.data.nifti_label import NiftiLabel
from monai_adele.errors import DataError

LABEL = np.arange(24).reshape(2, 3, 4) % 5


def save(path, array, *, slope=None, inter=0.0, kind=nib.Nifti1Image, endian="<"):
    header = kind.header_class(endianness=endian)
    header.set_data_dtype(array.dtype)
    image = kind(array, np.diag([2.0, 1.0, 3.0, 1.0]), header)
    image.header["descrip"] = b"drawn by hand"
    if slope is not None:
        image.header.set_slope_inter(slope, inter)
    nib.save(image, path)
    return path


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("endian", ["<", ">"])
def test_only_the_bytes_of_the_voxels_that_are_set_change(tmp_path, dtype, kind, endian):
    path = save(tmp_path / "a.nii", LABEL.astype(dtype), kind=kind, endian=endian)
    label, before = NiftiLabel(path), path.read_bytes()
    label.set_ids(np.array([5, 23]), np.array([7, 9]))
    after = label.encode()
    differing = [i for i in range(len(before)) if before[i] != after[i]]
    assert {i // np.dtype(dtype).itemsize for i in differing} == _places(before, dtype, [5, 23], kind)
    expected = LABEL.copy()
    expected.reshape(-1)[[5, 23]] = 7, 9
    assert np.array_equal(kind.from_bytes(after).get_fdata(), expected)
    assert path.read_bytes() == before


def test_ids_are_read_in_c_order_scaled_and_rounded(tmp_path):
    path = save(tmp_path / "a.nii.gz", (LABEL * 2 + 6).astype(np.int16), slope=0.5, inter=-3.0)
    label = NiftiLabel(path)
    assert label.ids(np.arange(24)).tolist() == LABEL.ravel().tolist()
    label.set_ids(np.array([1]), np.array([4]))
    assert nib.Nifti1Image.from_bytes(label.encode()).get_fdata()[0, 0, 1] == 4
    assert NiftiLabel(save(tmp_path / "b.nii", np.full((2, 2), 0.9995, np.float32))).ids(np.array([3])) == 1


def test_an_id_that_the_dtype_or_scaling_cannot_hold_is_refused(tmp_path):
    with pytest.raises(DataError, match="int8 with slope 1 and offset 0, expected a dtype that can hold class id 200"):
        NiftiLabel(save(tmp_path / "a.nii", LABEL.astype(np.int8))).set_ids(np.array([1]), np.array([200]))
    with pytest.raises(DataError, match="slope 2"):
        NiftiLabel(save(tmp_path / "b.nii", (LABEL * 2).astype(np.uint8), slope=2.0)).set_ids(
            np.array([1]), np.array([3])
        )


def test_axes_of_one_voxel_at_the_end_do_not_count(tmp_path):
    assert NiftiLabel(save(tmp_path / "a.nii", np.zeros((3, 4, 1, 1), np.uint8))).shape == (3, 4)
    assert NiftiLabel(save(tmp_path / "b.nii", np.zeros((1, 4, 2, 1), np.uint8))).shape == (1, 4, 2)


def test_a_file_cut_short_is_refused(tmp_path):
    path = save(tmp_path / "a.nii.gz", LABEL.astype(np.uint8))
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-5]))
    with pytest.raises(DataError, match="cut short"):
        NiftiLabel(path)


def _places(content, dtype, flat, kind):
    """Which items of the file hold these voxels: x runs fastest in NIfTI."""
    size = np.dtype(dtype).itemsize
    offset = 352 if kind is nib.Nifti1Image else 544
    places = zip(*np.unravel_index(flat, LABEL.shape), strict=True)
    return {offset // size + int(x + 2 * y + 6 * z) for x, y, z in places}
