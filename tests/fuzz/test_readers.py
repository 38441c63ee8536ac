"""Every reader of what users hand over answers any input with a result or a clear error.

A hundred inputs each; ``nox -s fuzz`` tries MONAI_ADELE_FUZZ of them (10,000).
"""

import json
import shutil

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
import torch
from fuzz.trial import damaged, fuzzing, in_time, state_of
from hypothesis import given
from hypothesis import strategies as st
from monai.data import MetaTensor
from PIL import Image

from monai_adele.data import (
    AdmissionCache,
    CaseGrid,
    CaseList,
    RunRecord,
    examine_cases,
    find_cases,
    read_learning_curves,
    read_manifest,
    read_run_record,
    read_split,
)
from monai_adele.data.image_file import ImageFile, read_image_file
from monai_adele.errors import AdeleError, DataError, StoreError
from monai_adele.noise import NoiseModel, noise_from_config, noise_to_config, preset_names
from monai_adele.store import LabelStore, replayed_label

GIVEN = np.array([[0, 1, 1], [2, 2, 0]], np.uint8)
EDITS = st.lists(
    st.tuples(st.sampled_from(["set", "cut", "end", "put", "repeat"]), st.floats(0, 1), st.integers(0, 255)),
    min_size=1,
    max_size=4,
)


def any_json(*words):
    """JSON whose keys and texts are mostly words that a reader looks for."""
    word = st.sampled_from(words)
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | word | st.text(max_size=6)
    keys = word | st.text(max_size=3)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
        max_leaves=15,
    )


def only_clear(read, folder, errors=AdeleError):
    """Read; return None after a clear error. Nothing may be written in the folder."""
    before, told = state_of(folder), "something"
    result = None
    try:
        with in_time():
            result = read()
    except errors as error:
        told = str(error).strip()
    assert told
    assert state_of(folder) == before
    return result


DATALIST = ("training", "validation", "test", "testing", "labels", "image", "label", "case_id", "truth", "modality")
DATALIST += ("channel_names", "file_ending", "numTraining", "ignore", "background", "0", "1", "2", ".nii.gz")
DATALIST += ("regions_class_order", "imagesTr/a.nii.gz", "labelsTr/a.nii.gz", "../a.nii.gz", "/dev/null", "a\0b", ".")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A set of one case, below a folder that must stay as it is."""
    root = tmp_path_factory.mktemp("set") / "inner"
    for name in ("imagesTr", "labelsTr"):
        (root / name).mkdir(parents=True)
        nib.save(nib.Nifti1Image(GIVEN[..., None], np.eye(4)), root / name / "a.nii.gz")
    return root


@fuzzing
@given(content=st.dictionaries(st.sampled_from(DATALIST), any_json(*DATALIST), max_size=5))
@pytest.mark.parametrize("name", ["dataset.json", "list.json"])
def test_any_datalist_is_a_list_of_cases_or_an_error(dataset, name, content):
    (dataset / name).write_text(json.dumps(content))
    path = dataset if name == "dataset.json" else dataset / name
    found = only_clear(lambda: find_cases(path, on_problem="collect"), dataset.parent)
    if found is not None:
        assert isinstance(found, CaseList)
        report = only_clear(lambda: examine_cases(found, workers=1, progress=False), dataset.parent)
        assert report is None or all("\0" not in line for _, line in report.problems)


VALID_LIST = {
    "labels": {"background": 0, "front": 1, "back": 2},
    "training": [{"image": "imagesTr/a.nii.gz", "label": "labelsTr/a.nii.gz", "case_id": "a"}],
}


@fuzzing
@given(edits=EDITS)
def test_a_damaged_datalist_is_a_list_of_cases_or_an_error(dataset, edits):
    (dataset / "damaged.json").write_bytes(damaged(json.dumps(VALID_LIST).encode(), edits))
    only_clear(lambda: find_cases(dataset / "damaged.json"), dataset.parent)


NOISE = ("_target_", "preset", "noise", "noises", "radius_mm", "radius_voxels", "classes", "probability", "share")
NOISE += ("monai_adele.noise.Erode", "monai_adele.noise.Sequence", "monai_adele.noise.ToDice", "os.system", "dice")
NOISE += ("monai_adele.noise.OneOf", "monai_adele.noise.PerClass", "$open('x')", "@noise", "weights", "distance_mm")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """A folder in which nothing may be written; one for all inputs, since each is listed each time."""
    return tmp_path_factory.mktemp("untouched")


@fuzzing
@given(config=any_json(*NOISE) | st.dictionaries(st.just("_target_") | st.sampled_from(NOISE), any_json(*NOISE)))
def test_any_noise_config_is_a_noise_or_an_error(untouched, config):
    noise = only_clear(lambda: noise_from_config(config), untouched, DataError)
    if noise is not None:
        assert isinstance(noise, NoiseModel)
        assert noise_from_config(noise_to_config(noise)) == noise


@fuzzing
@given(name=st.sampled_from(preset_names()), edits=EDITS)
def test_a_damaged_noise_config_is_a_noise_or_an_error(untouched, name, edits):
    text = damaged(json.dumps(noise_to_config(noise_from_config(name))).encode(), edits)
    try:
        config = json.loads(text)
    except ValueError:
        return
    only_clear(lambda: noise_from_config(config), untouched, DataError)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with two versions, below a folder that must stay as it is."""
    store = LabelStore(tmp_path_factory.mktemp("store") / "inner" / "store")
    for turn in (1, 2):
        with store.transaction(epoch=turn, reason="by hand") as transaction:
            transaction.put("a", GIVEN, np.roll(GIVEN, turn, axis=1), confidence=np.full(GIVEN.shape, 0.9))
            transaction.put("../b", GIVEN, np.roll(GIVEN, turn, axis=0))
    return store.folder


def read_store(folder):
    store = LabelStore(folder)
    list(store.journal())
    store.changed_voxels()
    return {case_id: store.current_label(case_id, GIVEN).tolist() for case_id in store.case_ids()} | {
        "replayed": replayed_label(store, "a", GIVEN).tolist()
    }


@fuzzing
@given(data=st.data(), edits=EDITS)
def test_a_damaged_store_is_read_as_it_was_or_is_an_error(store, data, edits):
    whole = read_store(store)
    path = store / data.draw(st.sampled_from(sorted(set(state_of(store)) - {"lock"})))
    content = path.read_bytes()
    path.write_bytes(damaged(content, edits))
    try:
        found = only_clear(lambda: read_store(store), store.parent.parent, StoreError)
    finally:
        path.write_bytes(content)
    assert found is None or found == whole


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Records that a run leaves, each with its reader."""
    folder = tmp_path_factory.mktemp("records") / "inner"
    (folder / "run").mkdir(parents=True)
    nib.save(nib.Nifti1Image(GIVEN, np.eye(4)), folder / "a.nii.gz")
    grid = CaseGrid.of(MetaTensor(torch.zeros(1, 2, 3)))
    RunRecord(("background", "liver"), None, False, {"a": folder / "a.nii.gz"}, {"a": grid}).write(folder / "run")
    (folder / "split.json").write_text('{"train": ["a", "b"], "validation": [], "test": ["x"]}')
    (folder / "curves.csv").write_text("epoch,liver,spleen\n1,0.1,0.2\n2,0.3,nan\n")
    (folder / "manifest.jsonl").write_text(MANIFEST)
    return folder


MANIFEST = (
    json.dumps(
        {
            "case_id": "a",
            "key": "label",
            "seed": 0,
            "noise": {"_target_": "monai_adele.noise.Erode", "radius_mm": 1},
            "draws": [{"model": "Erode", "radius_mm": 1.0}],
            "dice": {"1": 0.9},
            "changed_voxels": 3,
        }
    )
    + "\n"
)
READERS = {
    "run/cases.json": lambda path: read_run_record(path.parent),
    "split.json": read_split,
    "curves.csv": read_learning_curves,
    "manifest.jsonl": read_manifest,
}


@pytest.mark.parametrize("name", READERS)
@fuzzing
@given(edits=EDITS)
def test_a_damaged_record_is_read_or_is_an_error(records, name, edits):
    path = records / name
    content = path.read_bytes()
    path.write_bytes(damaged(content, edits))
    try:
        only_clear(lambda: READERS[name](path), records.parent)
    finally:
        path.write_bytes(content)


@fuzzing
@given(edits=EDITS)
def test_a_damaged_cache_changes_no_finding(dataset, tmp_path_factory, edits):
    (dataset / "dataset.json").write_text(json.dumps(VALID_LIST))
    folder = tmp_path_factory.getbasetemp() / "cache"
    shutil.rmtree(folder, ignore_errors=True)
    expected = examine_cases(find_cases(dataset), workers=1, progress=False, cache=AdmissionCache(folder))
    path = folder / "admission_cache.json"
    path.write_bytes(damaged(path.read_bytes(), edits))
    with in_time():
        found = examine_cases(find_cases(dataset), workers=1, progress=False, cache=AdmissionCache(folder))
    assert set(found.facts) == set(expected.facts)


def write_image(path, array):
    if path.name.endswith((".nii", ".nii.gz")):
        nib.save(nib.Nifti1Image(array, np.eye(4)), path)
    elif path.suffix == ".png":
        Image.fromarray(array).save(path)
    else:
        sitk.WriteImage(sitk.GetImageFromArray(array), str(path), useCompression=True)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".nrrd", ".mha", ".png"])
@fuzzing
@given(edits=EDITS)
@pytest.mark.filterwarnings("ignore")  # readers warn of what they repair
def test_a_damaged_image_is_read_or_is_an_error(tmp_path_factory, ending, edits):
    folder = tmp_path_factory.getbasetemp() / f"images{ending}"
    folder.mkdir(exist_ok=True)
    path = folder / f"a{ending}"
    write_image(path, np.arange(48, dtype=np.uint8).reshape(8, 6))
    path.write_bytes(damaged(path.read_bytes(), edits))
    found = only_clear(lambda: read_image_file(path), folder, DataError)
    assert found is None or isinstance(found, ImageFile)
