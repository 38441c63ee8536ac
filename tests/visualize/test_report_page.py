"""The page that a run leaves."""

import copy
import math

import pytest

from monai_adele.visualize.report_page import report_page, run_warnings

IOU = {"liver": 0.8, "kidney": 0.7}
SUMMARY = {
    "epochs": 12,
    "interrupted": False,
    "seconds": 90.0,
    "onsets": {"liver": {"epoch": 5, "reason": "no new best"}, "kidney": {"epoch": 7, "reason": "no new best"}},
    "corrections": {"version": 2, "cases": 3, "cases_left_alone": 0, "voxels": {"liver -> background": 25}},
    "label_iou": None,
    "best_validation": None,
    "final_metrics": {},
    "settings": {"slices": False, "scales": [1.0, 0.7]},
    "environment": {"python": "3.11", "packages": {"monai": "1.6.1"}, "peak_memory_mib": 100.0},
}


def changed(**values):
    summary = copy.deepcopy(SUMMARY)
    for place, value in values.items():
        *path, last = place.split("__")
        inner = summary
        for key in path:
            inner = inner[key]
        inner[last] = value
    return summary


def page(summary, name="run"):
    options = {"curves": "data:,", "corrections": None, "changed": None}
    return report_page(summary, name=name, num_cases=60, last_iou=IOU, **options).decode()


def test_a_run_like_any_other_gives_no_warning():
    assert run_warnings(SUMMARY, IOU) == []


@pytest.mark.parametrize(
    ("values", "iou", "expected"),
    [
        ({"interrupted": True}, IOU, "stopped after 12 epochs"),
        ({}, {"liver": 0.8, "kidney": 0.1}, "Not learned: kidney had"),
        ({}, {"liver": 0.8, "kidney": math.nan}, "Not learned: kidney had"),
        ({"corrections__cases_left_alone": 4}, IOU, "4 cases were left"),
        ({"corrections__cases_left_alone": 4, "settings__slices": True}, IOU, "4 slices were left"),
        ({"onsets__kidney__epoch": None}, IOU, "No onset was found for kidney"),
    ],
)
def test_what_a_person_should_know_is_said(values, iou, expected):
    (warning,) = run_warnings(changed(**values), iou)
    assert expected in warning


def test_voxels_are_told_by_class():
    text = page(SUMMARY)
    assert "liver -&gt; background: 25 voxels" in text
    assert "Nothing: every label" not in text
    assert "Nothing: every label" in page(changed(corrections__voxels={}))


def test_settings_versions_and_commands_stand_in_the_page():
    text = page(SUMMARY)
    for expected in ("<dt>scales</dt><dd>1.0, 0.7</dd>", "monai 1.6.1", "corrections export RUN_FOLDER"):
        assert expected in text


def test_texts_of_the_run_are_no_markup():
    assert "<b>x" not in page(changed(settings__noise="<b>x</b>"), name="<b>x</b>")


def test_truth_is_shown_where_it_is_known():
    quality = {"given": {"liver": 0.5}, "corrected": {"liver": 0.75}}
    assert "0.750" in page(changed(label_iou=quality))
    assert "IoU to truth" not in page(SUMMARY)
