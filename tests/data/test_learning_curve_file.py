import math

import pytest

from monai_adele.data import onsets_from_csv, read_learning_curves
from monai_adele.errors import DataError
from monai_adele.functional import LearningCurve, SlopeOnset, ValidationPlateau

IOU = [0.2, 0.4, 0.55, 0.65, 0.7, 0.72, 0.73, 0.73]


def written(tmp_path, text):
    path = tmp_path / "curves.csv"
    path.write_text(text)
    return path


def test_the_curves_of_a_run_are_read_by_class(tmp_path):
    path = written(
        tmp_path,
        "epoch,train_iou_left lung,train_confidence_left lung,train_iou_heart,validation_iou_heart,loss\n"
        "1,0.1,0.5,0.2,0.3,9\n2,0.2,nan,0.3,,8\n",
    )
    curves = read_learning_curves(path)
    assert list(curves) == ["left lung", "heart"]
    assert curves["left lung"].iou == (0.1, 0.2)
    assert curves["left lung"].confidence[0] == 0.5
    assert math.isnan(curves["left lung"].confidence[1])
    assert not curves["left lung"].is_validated
    assert curves["heart"].validation_iou[0] == 0.3
    assert math.isnan(curves["heart"].validation_iou[1])


def test_other_tables_have_a_column_a_class(tmp_path):
    path = written(tmp_path, "liver,spleen\n0.1,0.2\n0.3,NaN\n")
    curves = read_learning_curves(path)
    assert curves["liver"] == LearningCurve([0.1, 0.3], curves["liver"].validation_iou, curves["liver"].confidence)
    assert math.isnan(curves["spleen"].iou[1])


def test_epochs_left_out_were_not_measured(tmp_path):
    curve = read_learning_curves(written(tmp_path, "epoch,liver\n2,0.1\n5,0.3\n"))["liver"]
    assert [None if math.isnan(value) else value for value in curve.iou] == [None, 0.1, None, None, 0.3]


@pytest.mark.parametrize("rule", [None, SlopeOnset(threshold=0.6)])
def test_each_class_gets_the_decision_of_the_rule(tmp_path, rule):
    rows = "".join(f"{epoch},{iou},0.0\n" for epoch, iou in enumerate(IOU, start=1))
    onsets = onsets_from_csv(written(tmp_path, "epoch,liver,spleen\n" + rows), rule)
    assert onsets["liver"] == (rule or ValidationPlateau()).decide(LearningCurve(IOU))
    assert onsets["liver"].epoch is not None
    assert onsets["spleen"].epoch is None
    assert "learning has not begun" in onsets["spleen"].reason


def test_all_faults_are_told_with_line_and_column(tmp_path):
    path = written(tmp_path, "epoch,liver,spleen\n1,0.1,1.2\n1,x,0.3\nthree,0.1,-inf\n")
    with pytest.raises(DataError) as error:
        read_learning_curves(path)
    message = str(error.value)
    for part in (
        "line 3: epoch is '1', expected a whole number of at least 2",
        "line 4: epoch is 'three'",
        "line 2, spleen: found '1.2', expected a value in [0, 1] or nan",
        "line 3, liver: found 'x'",
        "line 4, spleen: found '-inf'",
    ):
        assert part in message


@pytest.mark.parametrize("text", ["", "epoch\n1\n", "epoch,liver\n", "\n\n"])
def test_a_table_without_curves_is_refused(tmp_path, text):
    with pytest.raises(DataError, match=r"curves.csv: found columns .* expected IoUs of a class"):
        read_learning_curves(written(tmp_path, text))


def test_a_cell_that_is_longer_than_a_table_may_have_is_refused_with_its_line(tmp_path):
    (tmp_path / "curves.csv").write_text(f"liver\n0.1\n{'1' * 200_000}\n")
    with pytest.raises(DataError, match=r"curves.csv, line 3: field larger than field limit"):
        read_learning_curves(tmp_path / "curves.csv")


def test_rows_that_are_cut_short_or_too_long_are_read_as_far_as_they_go(tmp_path):
    curves = read_learning_curves(written(tmp_path, "epoch,liver,spleen\n1,0.1\n2,0.2,0.3,0.4\n"))
    assert math.isnan(curves["spleen"].iou[0])
    assert curves["spleen"].iou[1] == 0.3
