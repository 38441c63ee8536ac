"""The audit of one case, and the report of many."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from monai_adele.audit import AuditReport, audit_label, slice_axis_of

NAMES = ("background", "liver", "kidney", "spleen")


def findings(label, reference, **options):
    probs = np.stack([np.where(reference == c, 0.91, 0.03) for c in range(len(NAMES))])
    return audit_label("a", label, probs, class_names=NAMES, spacing=(1.0, 1.0, 4.0), **options)


@pytest.fixture
def truth():
    label = np.zeros((12, 10, 6), int)
    label[2:8, 2:8, 1:5] = 1
    label[9:11, 2:8, 1:5] = 2
    return label


def test_classes_that_are_nowhere_are_not_judged(truth):
    assert [finding.class_name for finding in findings(truth, truth)] == ["liver", "kidney"]


def test_the_worst_slice_is_that_with_most_errors(truth):
    label = truth.copy()
    label[2:4, 2:8, 3] = 0
    label[2, 2:4, 2] = 0
    assert findings(label, truth)[0].worst_slices == (3, 2)


def test_ignored_voxels_are_not_judged(truth):
    label = truth.copy()
    label[2:4, 2:8, 3] = 255
    assert findings(label, truth, ignore_index=255)[0].score == 1.0


def test_what_was_corrected_is_counted_by_class(truth):
    label = truth.copy()
    label[2:4, 2:8, 3] = 0
    found = findings(label, truth, corrected=truth, corrected_epochs={1: 7}, onset_epochs={1: 5, 2: None})
    assert [(one.corrected_voxels, one.corrected_epoch, one.onset_epoch) for one in found] == [
        (12, 7, 5),
        (0, None, None),
    ]
    assert found[0].dice_to_corrected == pytest.approx(2 * 132 / (132 + 144))


def test_probabilities_of_another_grid_are_refused(truth):
    with pytest.raises(ValueError, match="case 'a': found probabilities of shape"):
        audit_label("a", truth, np.zeros((4, 2, 2, 2)), class_names=NAMES, spacing=(1, 1, 1))


def test_slices_lie_across_the_widest_spacing():
    assert [slice_axis_of((9, 9, 9), spacing) for spacing in ((3, 1, 1), (1, 1, 1), (1, 2, 2))] == [0, 2, 2]


@pytest.fixture
def report(truth):
    label = truth.copy()
    label[2:4, 2:8, 3] = 0
    good, bad = findings(truth, truth), findings(label, truth)
    bad = [replace(one, case_id="=cmd()") for one in bad]
    return AuditReport((*good, *bad), "runs/a", NAMES, ("a note",), {"store_version": 3})


def test_the_worst_label_stands_first(report):
    assert next((row["rank"], row["case_id"], row["class_name"]) for row in report.rows()) == (1, "=cmd()", "liver")
    assert report.case_ids == ["=cmd()", "a"]


def test_the_table_has_a_row_a_label_and_no_formula(report):
    rows = list(csv.DictReader(io.StringIO(report.csv().decode())))
    assert len(rows) == 4
    assert (rows[0]["case_id"], rows[0]["worst_slices"], rows[0]["out_of_sample"]) == ("'=cmd()", "3", "false")


def test_the_json_says_the_same_as_the_rows(report):
    content = json.loads(report.json())
    assert content["findings"] == report.rows()
    assert (content["notes"], content["store_version"]) == (["a note"], 3)


def test_an_audit_without_a_case_is_a_table_without_a_row():
    assert AuditReport((), "runs/a", NAMES).csv().decode().count("\n") == 1
