"""Tests of the records of trials."""

import json

import pytest

from monai_adele.errors import DataError
from monai_adele.experiments import TrialRecord, append_trial_record, merge_trial_records, read_trial_records


def record(seed=0, **values):
    base = {"data": "phantom", "noise": "walk", "method": "adele", "status": "done"}
    return TrialRecord(id=f"phantom-walk-adele-seed{seed}", seed=seed, **{**base, **values})


def test_records_are_read_as_they_were_written(tmp_path):
    written = record(
        curves={"test_iou": {"heart": [0.1, None]}}, onsets={"heart": 3, "aorta": None}, seconds={"cpu": 2.5}
    )
    append_trial_record(tmp_path / "records.jsonl", written)
    assert read_trial_records(tmp_path / "records.jsonl") == {written.id: written}


def test_the_last_record_of_a_trial_counts(tmp_path):
    path = tmp_path / "records.jsonl"
    for found in (record(status="failed", reason="ValueError: x"), record(1), record()):
        append_trial_record(path, found)
    assert {name: r.status for name, r in read_trial_records(path).items()} == {
        "phantom-walk-adele-seed0": "done",
        "phantom-walk-adele-seed1": "done",
    }


def test_half_a_last_line_is_passed_over_and_the_next_record_replaces_it(tmp_path):
    path = tmp_path / "records.jsonl"
    append_trial_record(path, record(0))
    append_trial_record(path, record(1))
    path.write_bytes(path.read_bytes()[:-30])
    assert list(read_trial_records(path)) == ["phantom-walk-adele-seed0"]
    append_trial_record(path, record(2))
    assert list(read_trial_records(path)) == ["phantom-walk-adele-seed0", "phantom-walk-adele-seed2"]


def test_a_file_of_half_a_line_holds_no_record(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text('{"id": "phan')
    assert read_trial_records(path) == {}
    append_trial_record(path, record())
    assert list(read_trial_records(path)) == [record().id]


@pytest.mark.parametrize("line", ["{}", "[1]", "no", '{"id": 3}'])
def test_a_line_that_is_no_record_is_named(tmp_path, line):
    path = tmp_path / "records.jsonl"
    append_trial_record(path, record())
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(DataError, match=r"records.jsonl, line 2: not the record of a trial"):
        read_trial_records(path)


def test_a_record_with_a_value_of_another_type_is_named(tmp_path):
    path = tmp_path / "records.jsonl"
    append_trial_record(path, record())
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"test_iou": 3}) + "\n" + json.dumps(content | {"status": "perhaps"}) + "\n")
    with pytest.raises(DataError, match=r"line 1: (.|\n)*line 2: "):
        read_trial_records(path)


def test_records_are_added_to_those_that_are_kept(tmp_path):
    kept, added = tmp_path / "kept.jsonl", tmp_path / "added.jsonl"
    append_trial_record(kept, record(2))
    append_trial_record(kept, record(1, status="failed", reason="x"))
    append_trial_record(added, record(1))
    append_trial_record(added, record(0))
    assert merge_trial_records(kept, added) == 3
    found = read_trial_records(kept)
    assert [r.seed for r in found.values()] == [0, 1, 2]
    assert all(r.is_done for r in found.values())
    before = kept.read_bytes()
    assert merge_trial_records(kept, added) == 3
    assert kept.read_bytes() == before
