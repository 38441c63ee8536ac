import nibabel as nib
import numpy as np
import pytest
from monai.transforms import Compose, LoadImaged, NormalizeIntensityd
from PIL import Image

from monai_adele.data import CaseReader
from monai_adele.store import LabelStore
from monai_adele.visualize import most_changed_figure

NAMES = ("background", "cat")


def write_image(path, pixels):
    """``pixels`` as they are seen: rows from the top."""
    if path.name.endswith(".nii.gz"):
        nib.save(nib.Nifti1Image(pixels.T, np.eye(4)), path)
    else:
        Image.fromarray(pixels).save(path)


def axes_of(folder, name, pixels, *steps):
    """Axes of the figure of one case, whose label is wrong in the picture's upper left corner."""
    write_image(folder / name, pixels)
    label = np.zeros(pixels.shape[:2], np.uint8)
    label[:5, :7] = 1
    write_image(folder / "label.png", label)
    load = LoadImaged(["image", "label"], reader=CaseReader(), image_only=True, ensure_channel_first=True)
    item = Compose([load, *steps])({"image": str(folder / name), "label": str(folder / "label.png"), "case_id": "a"})
    store, given = LabelStore(folder / "store"), label.T
    corrected = given.copy()
    corrected[0, 0] = 0
    with store.transaction(epoch=1, reason="by hand") as transaction:
        transaction.put("a", given, corrected)
    item["label"] = item["label"] * 0 + corrected
    return most_changed_figure([item], store, NAMES).subfigs[0].axes


def seen(axes, number=0):
    """What is drawn, as it is seen: rows from the top."""
    return np.asarray(axes.images[number].get_array())[::-1]


@pytest.fixture
def colours():
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[:10], pixels[10:] = (255, 0, 51), (0, 102, 255)
    pixels[0, 0] = 255
    return pixels


@pytest.mark.parametrize("name", ["a.png", "a.BMP"])
def test_a_photograph_is_shown_in_its_colours_and_as_it_lies(tmp_path, name, colours):
    image, _, _, difference = axes_of(tmp_path, name, colours)
    np.testing.assert_allclose(seen(image), colours / 255, atol=1e-6)
    assert np.argwhere(seen(difference, 1)[..., 3]).tolist() == [[0, 0]]
    assert not image.texts


def test_a_normalized_photograph_keeps_its_colours_apart(tmp_path, colours):
    image = axes_of(tmp_path, "a.png", colours, NormalizeIntensityd("image"))[0]
    red, blue = seen(image)[5, 5], seen(image)[15, 5]
    assert red[0] == blue[2] == 1
    assert red[1] == blue[0] == 0


def test_a_grey_photograph_lies_like_a_coloured_one(tmp_path, colours):
    image = axes_of(tmp_path, "a.png", colours[..., 2])[0]
    assert seen(image).shape == (20, 30)
    assert seen(image)[5, 5] < seen(image)[15, 5]
    assert not image.texts


def test_a_file_that_knows_the_patient_is_turned_and_marked(tmp_path, colours):
    image = axes_of(tmp_path, "a.nii.gz", colours[..., 2])[0]
    assert [text.get_text() for text in image.texts] == ["R", "L"]
    assert seen(image)[5, 5] > seen(image)[15, 5]
