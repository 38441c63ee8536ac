"""Datalists: their parts, paths and pairs."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monai_adele.data import find_cases
from monai_adele.errors import DataError

MSD = {"labels": {"0": "background", "1": "front", "2": "back"}, "modality": {"0": "MRI"}}


def ids(case_list):
    return [case["case_id"] for case in case_list.cases]


def entry(case_id, **more):
    return {"image": f"imagesTr/{case_id}.nii.gz", "label": f"labelsTr/{case_id}.nii.gz", **more}


def write_datalist(dataset, **content):
    path = dataset.root / "datalist.json"
    path.write_text(json.dumps({"labels": MSD["labels"], **content}))
    return path


def test_datalist_keeps_further_keys_and_resolves_paths_against_its_folder(dataset):
    path = write_datalist(
        dataset,
        training=[entry("b", patient="p2", truth="labelsTr/a.nii.gz"), entry("a", patient="p1", age=7)],
    )
    found = find_cases(path)
    assert ids(found) == ["a", "b"]
    assert (found.cases[0]["age"], found.cases[0]["patient"]) == (7, "p1")
    assert found.cases[1]["truth"] == str(dataset.label_path("a"))
    assert found.given_parts == {}


def test_datalist_may_name_its_own_keys_and_ids(dataset):
    item = {"t1": "imagesTr/a.nii.gz", "seg": "labelsTr/b.nii.gz", "case_id": 17}
    found = find_cases(write_datalist(dataset, training=[item]), image_key="t1", label_key="seg")
    expected = {"image": str(dataset.image_path("a")), "label": str(dataset.label_path("b")), "case_id": "17"}
    assert found.cases == (expected,)


def test_datalist_parts_are_kept_and_unlabelled_test_images_noted(dataset):
    path = write_datalist(
        dataset, training=[entry("a")], validation=[entry("b")], testing=[entry("c"), "imagesTs/d.nii.gz"]
    )
    found = find_cases(path)
    assert found.given_parts == {"a": "training", "b": "validation", "c": "test"}
    assert found.notes == ("datalist.json: 1 test images without label left out",)


def test_datalist_with_channels_takes_the_id_before_the_channel(dataset):
    item = {"image": ["x_0000.nii.gz", "x_0001.nii.gz"], "label": "y.nii.gz"}
    (case,) = find_cases(write_datalist(dataset, training=[item])).cases
    assert case["case_id"] == "x"
    assert len(case["image"]) == 2


def test_a_case_listed_twice_is_refused(dataset):
    assert ids(find_cases(write_datalist(dataset, training=[entry("a"), entry("b")]))) == ["a", "b"]
    path = write_datalist(dataset, training=[entry("a"), entry("b")], validation=[entry("a")])
    with pytest.raises(DataError, match=r"case 'a' \(datalist.json, validation\[0\]\): case is listed twice"):
        find_cases(path)


def test_one_file_in_two_cases_is_refused(dataset):
    twice = {"image": "imagesTr/../imagesTr/a.nii.gz", "label": "labelsTr/b.nii.gz", "case_id": "z"}
    with pytest.raises(DataError, match=r"case 'z' \(a.nii.gz\): file is listed twice.*before in case 'a'"):
        find_cases(write_datalist(dataset, training=[entry("a"), twice]))


def test_a_pairing_shifted_by_one_is_refused(dataset):
    shifted = [{**entry(i), "label": f"labelsTr/{j}.nii.gz"} for i, j in zip("abc", "bca", strict=True)]
    with pytest.raises(DataError, match=r"case 'a' \(b.nii.gz\): label bears the name of case 'b'") as error:
        find_cases(write_datalist(dataset, training=shifted))
    assert len(error.value.problems) == 3
    confirmed = [{**item, "case_id": f"case {number}"} for number, item in enumerate(shifted)]
    assert len(find_cases(write_datalist(dataset, training=confirmed)).cases) == 3


WORDS = st.sampled_from(["training", "test", "labels", "image", "label", "case_id", "modality", "0", "1", "a"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.just("imagesTr/a.nii.gz"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(content=st.dictionaries(WORDS, JSON, max_size=4))
def test_any_json_is_a_list_of_cases_or_a_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "datalist.json"
    path.write_text(json.dumps(content))
    try:
        cases = find_cases(path).cases
    except DataError:
        return
    assert len({case["case_id"] for case in cases}) == len(cases) > 0
