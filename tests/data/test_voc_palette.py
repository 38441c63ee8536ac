"""The palette of VOC's labels."""

import io

import numpy as np
from PIL import Image

from monai_adele.data import encode_voc_label, voc_palette

# of the development kit: aeroplane, bicycle, bird, boat, person, tvmonitor, and the rims
KNOWN = {1: (128, 0, 0), 2: (0, 128, 0), 3: (128, 128, 0), 4: (0, 0, 128), 15: (192, 128, 128), 20: (0, 64, 128)}


def test_the_colors_are_those_of_the_development_kit():
    palette = voc_palette()
    assert {i: tuple(palette[i].tolist()) for i in KNOWN} == KNOWN
    assert palette[255].tolist() == [224, 224, 192]
    assert len({tuple(color) for color in palette.tolist()}) == 256


def test_a_label_keeps_its_ids_and_bears_the_palette():
    ids = np.array([[0, 1, 255], [20, 3, 4]], np.uint8)
    image = Image.open(io.BytesIO(encode_voc_label(ids)))
    assert image.mode == "P"
    assert np.array_equal(np.asarray(image), ids)
    assert image.convert("RGB").getpixel((0, 1)) == KNOWN[20]
