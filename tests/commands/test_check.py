"""The command that checks a dataset before anything is trained on it."""

import json
import shlex

import numpy as np
import pytest
from tiny_dataset import TinyDataset

from monai_adele.__main__ import main
from monai_adele.commands.check import problem_table


@pytest.fixture
def dataset(tmp_path):
    (tmp_path / "dataset").mkdir()
    return TinyDataset(tmp_path / "dataset")


def check(dataset, *options):
    return main(["check", "--data", str(dataset.root), "--workers", "1", *map(str, options)])


def damage(dataset):
    """A problem of pairing, one of a value, one of geometry."""
    dataset.label_path("a").unlink()
    dataset.put_label("b", np.full((5, 6, 4), 7, dtype=np.uint8))
    dataset.put_label("c", dataset.label()[:, :, :3])


def test_a_sound_dataset_ends_with_0(dataset, capsys):
    assert check(dataset) == 0
    assert capsys.readouterr().out.endswith("s: no problems\n")


def test_all_problems_stand_in_one_table_and_it_ends_with_1(dataset, capsys):
    assert check(dataset) == 0
    damage(dataset)
    capsys.readouterr()
    assert check(dataset) == 1
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.split() == ["case", "file", "problem", "what", "to", "do"]
    first = [row.split()[:2] for row in rows if row[:1] in "abc" and row[1:2] == " "]
    assert first == [["a", "imagesTr/a.nii.gz"], ["b", "labelsTr/b.nii.gz"], ["c", "labelsTr/c.nii.gz"]]
    assert rows[-1].startswith("2 cases checked")
    assert rows[-1].endswith(": 3 problems")


def test_json_holds_problems_and_facts(dataset, tmp_path):
    damage(dataset)
    assert check(dataset, "--json", tmp_path / "report.json") == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert [(p["kind"], p["case_id"], p["file"]) for p in report["problems"]] == [
        ("file", "a", "imagesTr/a.nii.gz"),
        ("value", "b", "labelsTr/b.nii.gz"),
        ("geometry", "c", "labelsTr/c.nii.gz"),
    ]
    assert report["problems"][1]["problem"] == "label holds ids [7] in 120 voxels, expected 0..2"
    assert report["problems"][1]["advice"] == "remap them with MapLabelValued"
    assert report["cases"]["b"]["label_voxels"] == {"7": 120}
    assert report["class_names"] == ["background", "front", "back"]


def test_options_declare_what_the_dataset_does_not(dataset):
    label = dataset.label()
    label[0, 0, 0] = 9
    dataset.put_label("b", label)
    assert check(dataset) == 1
    assert check(dataset, *shlex.split("--classes background front back --ignore 9")) == 0


def test_a_datalist_may_name_its_keys(dataset, tmp_path):
    entries = [{"scan": f"imagesTr/{c}.nii.gz", "seg": f"labelsTr/{c}.nii.gz"} for c in "abc"]
    (dataset.root / "list.json").write_text(json.dumps({"training": entries}))
    words = ["check", "--data", str(dataset.root / "list.json"), "--image-key", "scan", "--label-key", "seg"]
    assert main(words) == 0


def test_a_cache_is_used_again(dataset, tmp_path, capsys):
    for known in (0, 6):
        assert check(dataset, "--cache", tmp_path / "cache") == 0
        assert f", {known} files known to be sound" in capsys.readouterr().out


def test_notes_are_told(dataset, capsys):
    dataset.put_image("b", np.full((5, 6, 4), 3.0, dtype=np.float32))
    assert check(dataset) == 0
    assert "note: 1 images have a constant channel: b" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--tolerance-mm", "-1"], "affine_tolerance_mm must be at least 0"),
        (["--classes", "one"], "class_names must be 2 to 255"),
        (["--json", "/dev/null/report.json"], "report.json: cannot be written (Not a directory)"),
    ],
)
def test_wrong_options_are_told_without_a_trace(dataset, capsys, options, told):
    assert check(dataset, *options) == 1
    assert told in capsys.readouterr().err


def test_characters_that_move_the_cursor_are_not_printed():
    table = problem_table(["case 'a\\x1b[2J' (\x1b[2J.nii): is\tmissing; put it there"], width=100)
    assert "\x1b" not in table


def test_long_texts_are_wrapped_and_nothing_is_lost():
    words = [f"word{i}" for i in range(60)]
    table = problem_table([f"case 'a' (a.nii): {' '.join(words)}; do it"], width=80)
    assert all(len(line) <= 80 for line in table.splitlines())
    assert [word for word in table.split() if word.startswith("word")] == words
