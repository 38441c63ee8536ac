"""The generated data set in VOC's layout."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from monai_adele.data import find_voc_cases, prepare_cases
from monai_adele.errors import DataError
from monai_adele.phantom.voc_phantom import write_voc_phantom

SMALL = {"num_train": 3, "num_test": 2, "size": (32, 48)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_voc_phantom(tmp_path_factory.mktemp("voc") / "set", **SMALL)


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def opened(path):
    with Image.open(path) as image:
        image.load()
        return image.copy()


def test_the_layout_is_that_of_voc(folder):
    names = {name: sorted(path.stem for path in (folder / name).iterdir()) for name in ("JPEGImages", "PseudoLabels")}
    assert names["PseudoLabels"] == ["train_0001", "train_0002", "train_0003"]
    assert names["JPEGImages"] == [*names["PseudoLabels"], "val_0001", "val_0002"]
    lists = folder / "ImageSets" / "Segmentation"
    assert (lists / "val.txt").read_text().split() == ["val_0001", "val_0002"]
    assert (lists / "train.txt").read_text().split() == names["PseudoLabels"]


def test_sizes_vary_and_agree_within_a_case(folder):
    sizes = set()
    for path in (folder / "JPEGImages").iterdir():
        truth = opened(folder / "SegmentationClass" / f"{path.stem}.png")
        assert opened(path).size == truth.size
        assert all(32 <= n <= 48 for n in truth.size)
        sizes.add(truth.size)
    assert len(sizes) > 1


def test_it_is_admitted(folder, tmp_path):
    cases = prepare_cases(find_voc_cases(folder), tmp_path, seed=0, validation=1, test=0, progress=False)
    assert len(cases.test) == 2
    assert "truth" in cases.train[0]


def test_the_seed_decides_and_a_larger_set_begins_with_the_same_images(folder, tmp_path):
    first = digests(folder)
    larger = digests(write_voc_phantom(tmp_path / "larger", **(SMALL | {"num_train": 4})))
    assert {name: larger[name] for name in first if name.endswith(("jpg", "png"))} == {
        name: digest for name, digest in first.items() if name.endswith(("jpg", "png"))
    }
    other = digests(write_voc_phantom(tmp_path / "other", **SMALL, seed=1))
    assert not {other[name] for name in other if "JPEG" in name} & set(first.values())


def test_it_is_reused_as_it_stands(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert write_voc_phantom(folder, **SMALL) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_other_files_are_not_overwritten(folder, tmp_path):
    with pytest.raises(DataError, match=r"holds a generated set of .*; name another folder"):
        write_voc_phantom(folder, **(SMALL | {"seed": 1}))
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="holds other files"):
        write_voc_phantom(tmp_path, **SMALL)


@pytest.mark.parametrize("wrong", [{"num_train": 0}, {"num_test": 0}, {"size": (48, 32)}, {"size": (16, 32)}])
def test_what_cannot_be_is_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match="expected 1 or more"):
        write_voc_phantom(tmp_path / "set", **(SMALL | wrong))


def test_pseudo_labels_are_palette_files_with_open_pixels(folder):
    found = [opened(path) for path in sorted((folder / "PseudoLabels").iterdir())]
    assert {image.mode for image in found} == {"P"}
    assert any((np.asarray(image) == 255).any() for image in found)
