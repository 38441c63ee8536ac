"""Labels that hold what they may not hold, or less than they could."""

import json
import math

import nibabel as nib
import numpy as np
import pytest
import torch
from faults.small_run import SmallRun
from monai.losses import DiceCELoss

from monai_adele.data import admit_cases, find_cases
from monai_adele.errors import DataError, LabelValueError
from monai_adele.functional import (
    LearningCurve,
    SlopeOnset,
    TransitionEnd,
    ValidationPlateau,
    iou_from_counts,
    overlap_counts,
)
from monai_adele.losses import AdeleLoss
from monai_adele.store import LabelStore

LABEL = r"^case 'b' \(labelsTr/b\.nii\.gz\): label holds "


def put(dataset, values, dtype=np.float32):
    """Write the label of case b with values in its first voxels."""
    label = dataset.label().astype(dtype)
    label[0, 0, : len(values)] = values
    dataset.put_label("b", label)


def refuse(dataset, rule):
    with pytest.raises(LabelValueError, match=rule) as error:
        dataset.admit()
    assert len(error.value.problems) == 1


def test_an_id_beyond_the_classes_is_refused(dataset):
    """10 | id of no class (7 of 3) | stops: the ids found, the allowed range, how many voxels."""
    dataset.admit()
    put(dataset, [7, 7, 9])
    refuse(dataset, LABEL + r"ids \[7, 9\] in 3 voxels, expected 0\.\.2; remap them with MapLabelValued")


def test_fractional_values_are_refused(dataset):
    """11 | fractional label (linear resampling, a scale of 1/3) | stops naming the values; within 1e-3 it rounds."""
    put(dataset, [1.9999, 0.0004])
    assert dataset.admit().facts["b"].ids == {0: 101, 1: 12, 2: 7}
    put(dataset, [0.7, 1.99])
    refuse(dataset, LABEL + r"fractional values \[0\.7, 1\.99\] in 2 voxels, expected whole ids; .*nearest-neighbour")


def test_a_scale_that_makes_ids_fractional_is_refused(dataset):
    """11 | fractional label (linear resampling, a scale of 1/3) | stops naming the values; within 1e-3 it rounds."""
    dataset.admit()
    dataset.patch_header(dataset.label_path("b"), scl_slope=1 / 3, scl_inter=0.0)
    refuse(dataset, LABEL + r"fractional values \[0\.333333, 0\.666667\] in 18 voxels")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_nan_in_a_label_is_refused(dataset, value):
    """12 | NaN or infinity in a label | stops: how many voxels."""
    dataset.admit()
    put(dataset, [value])
    refuse(dataset, LABEL + r"NaN or infinity \[(nan|inf)\] in 1 voxels, expected whole ids")


def test_negative_ids_are_refused(dataset):
    """13 | negative ids | stops: the ids, the allowed range."""
    dataset.admit()
    put(dataset, [-1, -1], np.int16)
    refuse(dataset, LABEL + r"negative ids \[-1\] in 2 voxels, expected 0\.\.2; remap")


def test_an_ignored_id_stored_as_a_signed_byte_is_not_taken_for_another(dataset):
    """14 | ignore value 255 read as int8 | stops unless the id is declared; nothing is cast narrower."""
    put(dataset, [255, 255], np.uint8)
    declared = find_cases(dataset.root, ignore_index=255)
    assert admit_cases(declared, progress=False).facts["b"].ids[255] == 2
    refuse(dataset, LABEL + r"ids \[255\] in 2 voxels, expected 0\.\.2; remap")
    put(dataset, [-1, -1], np.int8)  # what 255 becomes there
    with pytest.raises(LabelValueError, match=LABEL + r"negative ids \[-1\] in 2 voxels, expected 0\.\.2 or 255"):
        admit_cases(declared, progress=False)


def test_a_label_of_background_only_says_nothing_about_any_class(dataset):
    """15 | label all background | continues, told once: no evidence for any class."""
    assert dataset.admit().notes == ()
    dataset.put_label("b", np.zeros((5, 6, 4), np.uint8))
    assert dataset.admit().notes == ("1 labels hold only background and tell nothing about any class: b",)
    empty = torch.zeros(4, 4, dtype=torch.uint8)
    assert iou_from_counts(overlap_counts(empty, empty, 3))[1:].isnan().all()


def test_a_class_missing_from_one_case_is_measured_on_the_others(dataset):
    """16 | class missing from one case | continues: not measured there (NaN, not 0), measured on the others."""
    label = dataset.label()
    label[label == 2] = 0
    dataset.put_label("b", label)
    assert dataset.admit().notes == ()
    counts = [overlap_counts(torch.tensor(x), torch.tensor(x), 3) for x in (label, dataset.label())]
    assert iou_from_counts(counts[0])[2].isnan()
    assert iou_from_counts(sum(counts))[2] == 1


@pytest.mark.parametrize("rule", [ValidationPlateau(), SlopeOnset(), TransitionEnd()])
def test_a_class_missing_from_all_cases_is_told_and_never_begins(dataset, rule):
    """17 | class missing from the whole set | continues, told once: the class never has an onset."""
    dataset.declare(labels={"background": 0, "front": 1, "back": 2, "top": 3})
    assert dataset.admit().notes == ("1 classes occur in no label and will never be corrected: 'top' (3)",)
    decision = rule.decide(LearningCurve([math.nan] * 20, [math.nan] * 20))
    assert decision.epoch is None
    assert decision.reason


def test_epochs_without_a_class_are_left_out_of_the_fit():
    """18 | class disappears for some epochs | continues: decides on the measured epochs."""
    iou = [0.8 * (1 - math.exp(-(t**0.9) / 4)) for t in range(1, 31)]
    whole = SlopeOnset().decide(LearningCurve(iou))
    gaps = SlopeOnset().decide(LearningCurve([math.nan if t in (3, 8, 9) else value for t, value in enumerate(iou, 1)]))
    assert whole.epoch is not None
    assert gaps.epoch is not None
    assert abs(gaps.epoch - whole.epoch) <= 1


def test_a_crop_that_is_all_ignored_teaches_nothing():
    """19 | whole crop is ignore value | continues: loss 0, gradient 0; how many there were is told at the end."""
    loss = AdeleLoss(DiceCELoss(to_onehot_y=True, softmax=True), ignore_index=255)
    logits = torch.randn(1, 3, 4, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert loss([logits, logits], torch.ones(1, 1, 4, 4)) > 0.1
    value = loss([logits, logits], torch.full((1, 1, 4, 4), 255.0))
    value.backward()
    assert value.item() == pytest.approx(0, abs=1e-4)
    assert not logits.grad.any()


def test_crops_that_are_all_ignored_are_counted_and_told_once(cases, network, store, caplog):
    """19 | whole crop is ignore value | continues: loss 0, gradient 0; how many there were is told at the end."""
    for ignored, told in ((0, []), (3, ["6 of 8 training samples held no voxel but those of the ignored id 255"])):
        for case in cases[:ignored]:
            case["label"][:] = 255
        run = SmallRun(cases, network, LabelStore(store.folder / str(ignored) / "store"), ignore_index=255)
        run.trainer.run()
        found = [record.getMessage() for record in caplog.records if "training samples" in record.getMessage()]
        assert [text.split(", and taught")[0] for text in found] == told
        assert run.trainer.state.metrics["ignored_samples"] == ignored


def test_a_one_hot_label_is_refused(dataset):
    """20 | label has channels, or is one-hot | stops: how many, and to take the argmax."""
    dataset.admit()
    dataset.put_label("b", np.stack([dataset.label() == i for i in range(3)], axis=-1).astype(np.uint8))
    with pytest.raises(
        LabelValueError, match=r"^case 'b' \(labelsTr/b\.nii\.gz\): label has 3 channels.*take the argmax"
    ):
        dataset.admit()


def test_ids_with_a_gap_are_refused(dataset):
    """21 | labels not consecutive (0, 1, 5) | stops, suggesting the mapping transform."""
    (dataset.root / "dataset.json").unlink()
    dataset.admit()
    put(dataset, [5, 5], np.uint8)
    refuse(dataset, LABEL + r"ids \[5\] in 2 voxels, but none 3, expected ids without gaps.*MapLabelValued$")


def test_declared_ids_with_a_gap_are_refused(dataset):
    """21 | labels not consecutive (0, 1, 5) | stops, suggesting the mapping transform."""
    dataset.admit()
    (dataset.root / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "a": 1, "b": 5}}))
    with pytest.raises(DataError, match=r"^dataset\.json: 'labels' declares ids \[0, 1, 5\].*MapLabelValued"):
        dataset.admit()


def test_a_refused_label_stays_as_it_was(dataset):
    """12 | NaN or infinity in a label | stops: how many voxels."""
    put(dataset, [math.nan])
    before = dataset.label_path("b").read_bytes()
    with pytest.raises(LabelValueError):
        dataset.admit()
    assert dataset.label_path("b").read_bytes() == before
    assert np.isnan(nib.load(dataset.label_path("b")).get_fdata()).sum() == 1
