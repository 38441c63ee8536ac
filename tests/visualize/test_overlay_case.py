import numpy as np
import pytest

from monai_adele.visualize.overlay_case import OverlayCase

SHAPE = (4, 5, 6)


def case(shape=SHAPE, spacing=(1.0, 2.0, 3.0), **changes):
    label = np.zeros(shape, np.uint8)
    settings = {"image": np.zeros(shape, np.float32), "given": label, "corrected": label.copy()} | changes
    return OverlayCase("a7", **settings, spacing=spacing)


@pytest.mark.parametrize("name", ["image", "corrected", "truth"])
def test_arrays_of_different_shapes_are_refused(name):
    with pytest.raises(ValueError, match=r"case 'a7': found shapes .*\(4, 5, 7\)"):
        case(**{name: np.zeros((4, 5, 7), np.uint8)})


@pytest.mark.parametrize("spacing", [(1.0, 2.0), (1.0, 2.0, 0.0), (1.0, 2.0, float("nan"))])
def test_a_spacing_that_does_not_fit_is_refused(spacing):
    with pytest.raises(ValueError, match=r"case 'a7': spacing .* does not fit shape \(4, 5, 6\)"):
        case(spacing=spacing)


def test_mean_iou_is_of_the_foreground_classes_that_occur():
    truth, given = np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8)
    truth[0, :2], truth[2, :4] = 1, 2
    given[0, :1], given[2, :3] = 1, 2
    compared = case((4, 4), (1.0, 1.0), given=given, corrected=truth.copy(), truth=truth)
    assert compared.mean_iou(5) == pytest.approx(((1 / 2 + 3 / 4) / 2, 1.0))
    assert case().mean_iou(3) is None


@pytest.mark.parametrize("axes", ["RAS", "LPS", "SRA", "AIL"])
def test_a_case_is_turned_upright_whatever_its_axes(axes):
    """One voxel lies at 1 to the left of the rightmost, 1 before the hindmost, 2 above the lowest."""
    shape = tuple({"R": 4, "L": 4, "A": 5, "P": 5, "S": 6, "I": 6}[letter] for letter in axes)
    world = {"R": (0, 1.0), "L": (0, -1.0), "A": (1, 2.0), "P": (1, -2.0), "S": (2, 3.0), "I": (2, -3.0)}
    affine = np.eye(4)
    affine[:3, :3] = 0
    index = []
    for column, letter in enumerate(axes):
        row, step = world[letter]
        affine[row, column] = step
        index.append({"R": 2, "L": 1, "A": 1, "P": 3, "S": 2, "I": 3}[letter])
    image = np.zeros(shape, np.float32)
    image[tuple(index)] = 1
    label = np.zeros(shape, np.uint8)
    spacing = np.abs(affine[:3, :3]).max(0)
    turned = OverlayCase("a7", image, label, label, spacing=tuple(spacing), affine=affine).upright()
    assert np.argwhere(turned.image).tolist() == [[1, 1, 2]]
    assert turned.spacing == (1.0, 2.0, 3.0)


def test_without_an_affine_a_case_stays_as_it_lies():
    image = np.arange(20, dtype=np.float32).reshape(4, 5)
    turned = case((4, 5), (1.0, 2.0), image=image).upright()
    assert np.array_equal(turned.image, image[..., None])
    assert tuple(turned.spacing[:2]) == (1.0, 2.0)


def test_the_slice_lies_across_the_widest_spacing_where_most_changed():
    corrected = np.zeros(SHAPE, np.uint8)
    corrected[1, 3, 0:4], corrected[2:4, 1, 5] = 1, 1
    assert case(corrected=corrected).most_changed_slice() == (2, 5)
    assert case(corrected=corrected, spacing=(1.0, 3.0, 2.0)).most_changed_slice() == (1, 3)
    assert case(spacing=(2.0, 2.0, 2.0)).most_changed_slice()[0] == 2


def test_a_single_slice_keeps_its_axes():
    image = np.arange(120, dtype=np.float32).reshape(SHAPE)
    alone = case(image=image).single_slice(1, 3)
    assert np.array_equal(alone.image, image[:, 3:4])
    assert alone.most_changed_slice() == (1, 0)
