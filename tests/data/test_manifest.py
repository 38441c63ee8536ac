import json
import multiprocessing

import numpy as np
import pytest

from monai_adele.data import ManifestRecord, append_record, read_manifest
from monai_adele.errors import DataError

SUFFIXES = ["jsonl", "csv"]
both = pytest.mark.parametrize("suffix", SUFFIXES)


def record(case_id="liver_042", key="label", changed=7, **values):
    noise = {"_target_": "monai_adele.noise.Erode", "radius_mm": [0, 1.5]}
    draws = [{"model": "Erode", "radius_mm": 1.25}, {"model": "OneOf", "chosen": 'Büchse, "x"', "index": 0}]
    return ManifestRecord(
        **{
            "case_id": case_id,
            "key": key,
            "seed": 3,
            "noise": noise,
            "draws": draws,
            "dice": {1: 0.875, 12: None},
            "changed_voxels": changed,
            **values,
        }
    )


@both
@pytest.mark.parametrize("case_id", ["a", "042", "1e3", "null", 'quo"ted', "with, comma", "two\nlines", "Fuß", ""])
def test_a_record_comes_back_as_it_was(tmp_path, suffix, case_id):
    path = tmp_path / "new" / f"manifest.{suffix}"
    append_record(path, record(case_id))
    assert read_manifest(path) == [record(case_id)]


@both
def test_of_each_case_and_label_the_last_record_counts(tmp_path, suffix):
    path = tmp_path / f"manifest.{suffix}"
    for case_id, key, changed in [("a", "label", 1), ("b", "label", 2), ("a", "other", 3), ("a", "label", 4)]:
        append_record(path, record(case_id, key, changed))
    assert [(r.case_id, r.key, r.changed_voxels) for r in read_manifest(path)] == [
        ("a", "label", 4),
        ("b", "label", 2),
        ("a", "other", 3),
    ]


def append_many(path, process):
    for index in range(40):
        append_record(path, record(f"case_{process}_{index}", draws=[{"model": "Erode", "x": "y" * 5000}]))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@both
def test_processes_may_append_at_once(tmp_path, suffix):
    path = tmp_path / f"manifest.{suffix}"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=append_many, args=(path, process)) for process in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    expected = {f"case_{process}_{index}" for process in range(3) for index in range(40)}
    assert {r.case_id for r in read_manifest(path)} == expected
    assert len(read_manifest(path)) == 120


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@both
def test_a_record_waits_until_another_process_has_written_its_own(tmp_path, suffix):
    fcntl = pytest.importorskip("fcntl")
    path, other = tmp_path / f"manifest.{suffix}", tmp_path / f"other.{suffix}"
    for file, case_id in ((path, "a"), (other, "a"), (other, "b")):
        append_record(file, record(case_id))
    line = other.read_bytes()[path.stat().st_size :]
    process = multiprocessing.get_context("fork").Process(target=append_record, args=(path, record("c")))
    with path.open("ab", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(line[:50])
        process.start()
        process.join(timeout=0.5)
        file.write(line[50:])
        fcntl.flock(file, fcntl.LOCK_UN)  # the fork holds the same lock
    process.join()
    assert [r.case_id for r in read_manifest(path)] == ["a", "b", "c"]


def test_a_table_has_one_header_and_a_line_a_case(tmp_path):
    path = tmp_path / "manifest.csv"
    for case_id in "ab":
        append_record(path, record(case_id, draws=[]))
    assert path.read_text().splitlines() == [
        "case_id,key,seed,noise,draws,dice,changed_voxels",
        'a,label,3,"{""_target_"": ""monai_adele.noise.Erode"", ""radius_mm"": [0, 1.5]}",[],'
        '"{""1"": 0.875, ""12"": null}",7',
        'b,label,3,"{""_target_"": ""monai_adele.noise.Erode"", ""radius_mm"": [0, 1.5]}",[],'
        '"{""1"": 0.875, ""12"": null}",7',
    ]


def test_dice_is_that_of_each_class_in_either_label():
    label = np.array([[1, 1, 1, 0, 255], [2, 2, 0, 0, 255]])
    noisy = np.array([[1, 1, 0, 3, 255], [1, 0, 0, 0, 255]])
    made = ManifestRecord.of(label, noisy, case_id="a", seed=0, noise={}, draws=[])
    assert made.dice == {1: pytest.approx(2 * 2 / (3 + 3), abs=1e-6), 2: 0.0, 3: 0.0}
    assert made.changed_voxels == 4
    assert made.key == "label"


def test_dice_agrees_with_the_slow_way():
    rng = np.random.default_rng(0)
    label, noisy = rng.integers(0, 4, (2, 6, 5, 4)).astype(np.uint8)
    made = ManifestRecord.of(label, noisy, case_id="a", seed=0, noise={}, draws=[])
    for class_id in (1, 2, 3):
        inside = [set(map(tuple, np.argwhere(ids == class_id))) for ids in (label, noisy)]
        expected = 2 * len(inside[0] & inside[1]) / (len(inside[0]) + len(inside[1]))
        assert made.dice[class_id] == pytest.approx(expected, abs=1e-6)
    assert set(made.dice) == {1, 2, 3}


def test_an_unchanged_and_an_empty_label_have_full_and_no_dice():
    label = np.array([0, 4, 4])
    assert ManifestRecord.of(label, label, case_id="a", seed=0, noise={}, draws=[]).dice == {4: 1.0}
    assert ManifestRecord.of(label * 0, label * 0, case_id="a", seed=0, noise={}, draws=[]).dice == {}


@both
def test_lines_that_are_no_records_are_named(tmp_path, suffix):
    path = tmp_path / f"manifest.{suffix}"
    append_record(path, record("a"))
    with path.open("a") as file:
        file.write("half of a rec\n")
    append_record(path, record("b"))
    with pytest.raises(DataError, match=rf"manifest.{suffix}, line {2 if suffix == 'jsonl' else 3}: not a record"):
        read_manifest(path)


@pytest.mark.parametrize("change", [{"seed": "x"}, {"noise": []}, {"dice": {"x": 1}}, {"more": 1}, {"case_id": 4}])
def test_a_line_with_other_values_is_no_record(tmp_path, change):
    path = tmp_path / "manifest.jsonl"
    append_record(path, record("a"))
    path.write_text(json.dumps(json.loads(path.read_text()) | change) + "\n")
    with pytest.raises(DataError, match=r"manifest.jsonl, line 1: not a record of a manifest; delete this line"):
        read_manifest(path)


def test_another_suffix_is_refused(tmp_path):
    for call in (lambda path: append_record(path, record()), read_manifest):
        with pytest.raises(ValueError, match=r"manifest is .*x.txt', expected a file name that ends in .jsonl or .csv"):
            call(tmp_path / "x.txt")


def test_what_json_cannot_hold_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        append_record(tmp_path / "x.jsonl", record(dice={1: float("nan")}))
    assert not (tmp_path / "x.jsonl").exists()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_record_after_one_that_was_cut_short_is_not_lost(tmp_path, suffix):
    path = tmp_path / f"manifest.{suffix}"
    for case_id in "ab":
        append_record(path, ManifestRecord(case_id, "label", 0, {}, [], {1: 0.5}, 3))
    path.write_bytes(path.read_bytes()[:-9])
    append_record(path, ManifestRecord("c", "label", 0, {}, [], {1: 0.5}, 3))
    lines = path.read_text().splitlines()
    cut = next(number for number, line in enumerate(lines, start=1) if line.startswith(("b,", '{"case_id": "b"')))
    with pytest.raises(DataError, match=f"line {cut}: not a record of a manifest; delete this line"):
        read_manifest(path)
    path.write_text("".join(f"{line}\n" for line in lines if line != lines[cut - 1]))
    assert [record.case_id for record in read_manifest(path)] == ["a", "c"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_no_text_is_refused_with_its_name(tmp_path, suffix):
    path = tmp_path / f"manifest.{suffix}"
    path.write_bytes(b"\x80\xff\x00binary\n\x93more")
    with pytest.raises(DataError, match=r"manifest.*: not a record of a manifest"):
        read_manifest(path)


def test_a_cell_that_is_longer_than_a_table_may_have_is_refused_with_its_line(tmp_path):
    path = tmp_path / "manifest.csv"
    path.write_text(f"case_id,key\na,label\nb,{'x' * 200_000}\n")
    with pytest.raises(DataError, match=r"line 2: not a record.*\n.*line 3: not a record"):
        read_manifest(path)
