import numpy as np
import pytest
import torch
from hypothesis import settings
from monai.data import MetaTensor

from monai_adele.data import foreground_slices, slice_case_id, stack_slices
from monai_adele.errors import DataError, GeometryError

SHAPE = (4, 5, 6)
generated = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def make_volume(affine=None, foreground=((1, 2, 3), (3, 2, 5)), case_id="v"):
    affine = np.diag([2.0, 1.0, 3.0, 1.0]) if affine is None else affine
    label = torch.zeros(1, *SHAPE, dtype=torch.uint8)
    for number, place in enumerate(foreground, start=1):
        label[(0, *place)] = number
    image = torch.arange(2.0 * 120).reshape(2, *SHAPE)
    truth = label + 1
    item = {
        key: MetaTensor(value, affine=affine) for key, value in (("image", image), ("label", label), ("truth", truth))
    }
    return {**item, "case_id": case_id, "patient": "p", "age": np.zeros(3)}


@pytest.mark.parametrize(("axis", "expected"), [(-1, [3, 5]), (2, [3, 5]), (0, [1, 3]), (1, [2]), (-2, [2])])
def test_slices_with_foreground_are_taken_along_the_axis(axis, expected):
    volume = make_volume()
    slices = foreground_slices([volume], axis=axis)
    assert [item["slice_index"] for item in slices] == expected
    for item in slices:
        for key in ("image", "label", "truth"):
            plane = np.take(np.asarray(volume[key]), item["slice_index"], axis=axis % 3 + 1)
            assert np.array_equal(np.asarray(item[key]), plane)
        assert item["case_id"] == slice_case_id("v", item["slice_index"])
        assert (item["volume_id"], item["patient"], item["age"].shape) == ("v", "p", (3,))


def test_an_ignored_id_is_no_foreground():
    volumes = [make_volume()]
    assert [item["slice_index"] for item in foreground_slices(volumes, ignore_index=2)] == [3]


def test_empty_slices_are_kept_if_wanted():
    assert len(foreground_slices([make_volume(foreground=())], keep_empty=True)) == 6


def test_a_volume_without_foreground_is_warned_about_by_name():
    with pytest.warns(UserWarning, match="1 volumes hold no foreground and give no slices: empty"):
        slices = foreground_slices([make_volume(), make_volume(foreground=(), case_id="empty")])
    assert len(slices) == 2


def test_slices_have_memory_of_their_own():
    volume = make_volume()
    slices = foreground_slices([volume])
    for item in slices:
        assert item["image"].untyped_storage().nbytes() == 2 * 4 * 5 * 4
        item["image"] += 1000
    assert volume["image"].max() == 239


def turned(angle):
    """A rotation out of all planes."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("directions", [np.eye(3), np.diag([-1.0, -1, 1]), np.eye(3)[[2, 0, 1]], turned(0.4)])
def test_pixdim_of_a_slice_is_the_spacing_in_its_plane(axis, directions):
    affine = np.eye(4)
    affine[:3, :3] = directions @ np.diag([2.0, 1.0, 3.0])
    affine[:3, 3] = 10, 20, 30
    spacing = [size for other, size in enumerate((2.0, 1.0, 3.0)) if other != axis]
    for item in foreground_slices([make_volume(affine)], axis=axis):
        assert item["label"].pixdim.tolist() == pytest.approx(spacing)
        assert item["image"].pixdim.tolist() == pytest.approx(spacing)
        assert item["image"].applied_operations == []


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_distances_between_voxels_of_all_slices_are_those_in_the_volume(axis):
    affine = np.eye(4)
    affine[:3, :3] = turned(0.4) @ np.diag([2.0, -1.0, 3.0])
    affine[:3, 3] = 10, 20, 30
    points = []
    for item in foreground_slices([make_volume(affine)], axis=axis, keep_empty=True):
        in_plane = 3 * item["slice_index"] % 4, item["slice_index"] % 3
        place = item["image"].affine.numpy() @ [*in_plane, 0, 1]
        index = np.insert(in_plane, axis, item["slice_index"])
        points.append((place[:3], affine[:3, :3] @ index + affine[:3, 3]))
    found, expected = (np.array(side) for side in zip(*points, strict=True))
    for side in (found, expected):
        side -= side[0].copy()
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.linalg.norm(expected, axis=1))


def test_aligned_slices_along_the_last_axis_keep_the_volumes_world():
    affine = np.array([[-2.0, 0, 0, 10], [0, 1, 0, 20], [0, 0, 3, 30], [0, 0, 0, 1]])
    for item in foreground_slices([make_volume(affine)]):
        expected = affine.copy()
        expected[2, 3] += 3 * item["slice_index"]
        assert item["image"].affine.numpy() == pytest.approx(expected)


def test_plain_tensors_are_sliced_too():
    volume = {"image": torch.rand(1, *SHAPE), "label": torch.ones(1, *SHAPE), "case_id": "v"}
    assert torch.equal(foreground_slices([volume])[2]["image"], volume["image"][..., 2])


def test_faulty_volumes_and_axes_are_refused_naming_the_case():
    volume = make_volume()
    with pytest.raises(DataError, match=r"case 'v': found no \['label'\]"):
        foreground_slices([{key: value for key, value in volume.items() if key != "label"}])
    with pytest.raises(GeometryError, match=r"case 'v': image has shape \(2, 4, 5, 3\), expected \(C, 4, 5, 6\)"):
        foreground_slices([{**volume, "image": volume["image"][..., :3]}])
    with pytest.raises(GeometryError, match=r"case 'v'.*3D"):
        foreground_slices([{**volume, "label": volume["label"][0], "image": volume["image"][0]}])
    with pytest.raises(ValueError, match=r"axis: found 3, expected -3\.\.2"):
        foreground_slices([volume], axis=3)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_stacking_all_slices_gives_the_volume_back(axis):
    volume = np.random.default_rng(0).integers(0, 9, SHAPE)
    slices = {index: np.take(volume, index, axis=axis) for index in range(SHAPE[axis])}
    assert np.array_equal(stack_slices(slices, np.zeros_like(volume), axis=axis), volume)


def test_stacking_keeps_what_has_no_slice_and_the_volume_itself():
    volume = np.full(SHAPE, 7)
    stacked = stack_slices({2: np.zeros((4, 5))}, volume)
    assert (stacked == 7).sum() == 100
    assert (volume == 7).all()
    with pytest.raises(ValueError, match=r"slice 6: .* index in 0\.\.5"):
        stack_slices({6: np.zeros((4, 5))}, volume)
    with pytest.raises(ValueError, match=r"slice 0: found shape \(5, 4\)"):
        stack_slices({0: np.zeros((5, 4))}, volume)
