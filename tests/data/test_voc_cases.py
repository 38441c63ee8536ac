"""Cases in VOC's layout, trained on pseudo-labels."""

import shutil

import numpy as np
import pytest
from PIL import Image

from monai_adele.data import VOC_CLASSES, admit_cases, encode_voc_label, find_voc_cases, prepare_cases
from monai_adele.errors import DataError, LabelValueError
from monai_adele.phantom.voc_phantom import write_voc_phantom


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return write_voc_phantom(tmp_path_factory.mktemp("voc") / "set", num_train=4, num_test=2, size=(32, 40))


@pytest.fixture
def folder(original, tmp_path):
    return shutil.copytree(original, tmp_path / "set")


def problems(folder, **options):
    with pytest.raises(DataError) as caught:
        admit_cases(find_voc_cases(folder, **options), progress=False)
    return caught.value.problems


def lists(folder, name):
    return folder / "ImageSets" / "Segmentation" / f"{name}.txt"


def test_training_cases_have_pseudo_labels_and_test_cases_the_truth(folder):
    found = find_voc_cases(folder)
    cases = {case["case_id"]: case for case in found.cases}
    assert sorted(cases) == ["train_0001", "train_0002", "train_0003", "train_0004", "val_0001", "val_0002"]
    assert cases["train_0002"] == {
        "case_id": "train_0002",
        "image": str(folder / "JPEGImages" / "train_0002.jpg"),
        "label": str(folder / "PseudoLabels" / "train_0002.png"),
        "truth": str(folder / "SegmentationClass" / "train_0002.png"),
    }
    assert cases["val_0001"]["label"] == str(folder / "SegmentationClass" / "val_0001.png")
    assert "truth" not in cases["val_0001"]
    assert found.given_parts == {c: "training" if c.startswith("train") else "test" for c in cases}
    assert (found.ignore_index, found.num_channels, found.problems) == (255, 3, ())


def test_without_a_file_of_names_the_classes_are_those_of_voc(folder):
    assert find_voc_cases(folder).class_names == ("background", "disk", "box", "triangle", "ring", "cross")
    assert find_voc_cases(folder, class_names=["background", "thing"]).class_names == ("background", "thing")
    (folder / "class_names.txt").unlink()
    assert find_voc_cases(folder).class_names == VOC_CLASSES
    assert len(VOC_CLASSES) == 21
    assert VOC_CLASSES[15] == "person"


def test_grey_and_palette_labels_and_png_images_are_admitted(folder):
    label = folder / "PseudoLabels" / "train_0001.png"
    ids = np.array(Image.open(label))
    Image.fromarray(ids).save(label)
    image = folder / "JPEGImages" / "train_0001.jpg"
    Image.open(image).save(image.with_suffix(".PNG"))
    image.unlink()
    report = admit_cases(find_voc_cases(folder), progress=False)
    facts = report.facts["train_0001"]
    assert facts.shape == ids.T.shape
    assert facts.ids == dict(zip(*(part.tolist() for part in np.unique(ids, return_counts=True)), strict=True))
    assert 255 in facts.ids
    assert report.case_list.spatial_dims == 2


def test_validation_is_taken_from_the_training_list_and_the_test_stays(folder, tmp_path):
    cases = prepare_cases(find_voc_cases(folder), tmp_path / "run", seed=0, validation=1, test=0, progress=False)
    assert [len(part) for part in (cases.train, cases.validation, cases.test)] == [3, 1, 2]
    assert {case["case_id"] for case in cases.test} == {"val_0001", "val_0002"}
    assert all("PseudoLabels" in case["label"] for case in (*cases.train, *cases.validation))
    assert cases.ignore_index == 255
    assert (tmp_path / "run" / "split.json").is_file()


def test_lists_may_hold_paths_and_blanks(folder):
    lines = ["/JPEGImages/train_0003.jpg /SegmentationClassAug/train_0003.png", "", "  train_0001  "]
    lists(folder, "train_aug").write_text("\r\n".join(lines))
    found = find_voc_cases(folder, train_list="train_aug", test_list=None)
    assert [case["case_id"] for case in found.cases] == ["train_0001", "train_0003"]
    assert set(found.given_parts.values()) == {"training"}


def test_pseudo_labels_may_lie_elsewhere(folder, tmp_path):
    shutil.move(folder / "PseudoLabels", tmp_path / "other")
    found = find_voc_cases(folder, pseudo_labels=tmp_path / "other")
    assert found.cases[0]["label"] == str(tmp_path / "other" / "train_0001.png")
    admit_cases(found, progress=False)


def test_a_partial_truth_is_left_out_with_a_note(folder):
    (folder / "SegmentationClass" / "train_0002.png").unlink()
    found = find_voc_cases(folder)
    assert not any("truth" in case for case in found.cases)
    assert found.notes == ("SegmentationClass/: lacks the truth of 1 of 4 training cases; none is measured",)


def test_all_that_is_missing_is_told_at_once(folder):
    (folder / "PseudoLabels" / "train_0002.png").unlink()
    (folder / "JPEGImages" / "train_0003.jpg").unlink()
    shutil.copy(folder / "JPEGImages" / "train_0004.jpg", folder / "JPEGImages" / "train_0004.png")
    (folder / "SegmentationClass" / "val_0001.png").unlink()
    found = problems(folder)
    for line, words in zip(
        sorted(found),
        [
            ("train_0002", "PseudoLabels/train_0002.png", "label is missing"),
            ("train_0003", "JPEGImages/train_0003", "found no file"),
            ("train_0004", "found train_0004.jpg, train_0004.png, expected one image"),
            ("val_0001", "SegmentationClass/val_0001.png", "label is missing"),
        ],
        strict=True,
    ):
        assert all(word in line for word in words), line


def test_a_name_in_both_lists_or_twice_is_refused(folder):
    lists(folder, "train").write_text("train_0001\nval_0002\ntrain_0001\n")
    found = sorted(problems(folder))
    assert "'train_0001'" in found[0]
    assert "twice in a list" in found[0]
    assert "'val_0002'" in found[1]
    assert "in both lists" in found[1]


def test_an_id_that_is_no_class_is_refused_with_case_and_file(folder):
    ids = np.array(Image.open(folder / "PseudoLabels" / "train_0001.png"))
    ids[:2] = 21
    (folder / "PseudoLabels" / "train_0001.png").write_bytes(encode_voc_label(ids))
    with pytest.raises(
        LabelValueError, match=r"case 'train_0001' \(PseudoLabels/train_0001.png\): label holds ids \[21\]"
    ):
        admit_cases(find_voc_cases(folder), progress=False)


def test_a_label_of_another_size_and_a_grey_image_are_refused(folder):
    (folder / "PseudoLabels" / "train_0001.png").write_bytes(encode_voc_label(np.zeros((5, 7), np.uint8)))
    image = folder / "JPEGImages" / "train_0002.jpg"
    Image.open(image).convert("L").save(image)
    first, second = sorted(problems(folder))
    assert "'train_0001'" in first
    assert "shape" in first
    assert "image has 1 channels, expected the 3 declared" in second


def test_a_folder_without_the_layout_a_list_or_names_in_it_is_refused(folder, tmp_path):
    with pytest.raises(DataError, match="found no JPEGImages/"):
        find_voc_cases(tmp_path)
    with pytest.raises(DataError, match=r"train_aug.txt: list cannot be read .*expected one of \['train', 'val'\]"):
        find_voc_cases(folder, train_list="train_aug")
    lists(folder, "train").write_text(" \n")
    with pytest.raises(DataError, match=r"train.txt: list is empty"):
        find_voc_cases(folder)
    (folder / "class_names.txt").write_text("background\nbox\nbox\n")
    lists(folder, "train").write_text("train_0001\n")
    with pytest.raises(DataError, match=r"class_names.txt: found 3 names, expected 2 to 255 different"):
        find_voc_cases(folder)
