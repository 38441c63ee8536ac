"""Tests of LabelCorrector and its two sources, with real engines and a real store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.data import CacheDataset, DataLoader
from monai.engines import SupervisedTrainer
from monai.losses import DiceCELoss
from monai.transforms import Compose, RandAffined, RandFlipd, RandRotate90d, RandSpatialCropd, SpatialPadd
from reference.correction import mean_confidence_of_agreement

from monai_adele.data import SeededDataset, foreground_slices, slice_case_id
from monai_adele.errors import NonFiniteError, StoreError
from monai_adele.functional import ChangeCap, CorrectionRule, LearningCurve, OnsetDecision
from monai_adele.handlers import (
    CasePrediction,
    EvaluationPass,
    LabelCorrector,
    MemorizationDetector,
    PredictionSource,
    TrainingPredictions,
)
from monai_adele.inferers import MultiScaleInferer
from monai_adele.losses import AdeleLoss
from monai_adele.store import LabelStore, undo_corrections
from monai_adele.transforms import CurrentLabeld

NAMES = ["background", "left", "right"]
GEOMETRY = [
    RandFlipd(["image", "label"], prob=0.5, spatial_axis=0),
    RandFlipd(["image", "label"], prob=0.5, spatial_axis=1),
    RandRotate90d(["image", "label"], prob=0.5),
    SpatialPadd(["image", "label"], (24, 24)),
]


class From:
    """A rule that says yes from an epoch on."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def decide(self, curve: LearningCurve) -> OnsetDecision:
        return OnsetDecision(self.epoch if len(curve) >= self.epoch else None, "by hand", None)


class Says:
    """A source that is sure, case after case, of what a function makes of the current label."""

    is_free = False

    def __init__(self, units: Any, pred: Callable[[str, torch.Tensor], torch.Tensor]) -> None:
        self.units = units
        self.pred = pred

    def attach(self, engine: Engine) -> None: ...

    def start_epoch(self, *, due: bool) -> None: ...

    def predictions(self) -> Iterator[CasePrediction]:
        for unit in self.units:
            label = torch.as_tensor(unit["label"].numpy()[0])
            pred = self.pred(str(unit["case_id"]), label)
            yield CasePrediction(str(unit["case_id"]), label, pred, torch.ones(label.shape))


class Setting:
    """A frozen network that is sure of itself, a store, a detector, a trainer."""

    def __init__(
        self,
        cases: list[dict[str, Any]],
        network: torch.nn.Module,
        folder: Path,
        *,
        source: str = "evaluation",
        augmentation: Sequence[Any] = (),
        epochs: int = 3,
        onset: int = 1,
        limit_mib: float = 1024,
        **options: Any,
    ) -> None:
        self.store = LabelStore(folder)
        self.units = CacheDataset(cases, [CurrentLabeld("label", self.store)], progress=False)
        self.network = network
        self.detector = MemorizationDetector(NAMES, From(onset))
        self.source: PredictionSource = (
            TrainingPredictions(self.units, limit_mib=limit_mib)
            if source == "training"
            else EvaluationPass(self.units, network, MultiScaleInferer())
        )
        rule = CorrectionRule(tau_foreground=0.5, tau_background=0.5)
        options = {"steady": False, "min_shift_voxels": 0} | options  # a test at a time
        self.corrector = LabelCorrector(self.detector, self.store, self.source, rule=rule, **options)
        dataset = SeededDataset(self.units, Compose(list(augmentation)), seed=0)
        self.trainer = SupervisedTrainer(
            device=torch.device("cpu"),
            max_epochs=epochs,
            train_data_loader=DataLoader(dataset, batch_size=2),
            network=network,
            optimizer=torch.optim.SGD(network.parameters(), lr=0.0),
            loss_function=AdeleLoss(DiceCELoss(to_onehot_y=True, softmax=True)),
            inferer=MultiScaleInferer(),
            train_handlers=[self.detector, self.corrector],
        )

    def corrected(self) -> dict[str, np.ndarray[Any, Any]]:
        return {str(unit["case_id"]): unit["label"].numpy()[0] for unit in self.units}


@pytest.fixture
def trained(network: torch.nn.Module, clean_cases: list[dict[str, Any]]) -> torch.nn.Module:
    """The network after it has learned whole squares."""
    return train(network, clean_cases)


@pytest.fixture
def pointwise(clean_cases: list[dict[str, Any]]) -> torch.nn.Module:
    """A network that judges each voxel alone, so that it bears flips, turns and padding."""
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(1, 8, 1), torch.nn.ReLU(), torch.nn.Conv2d(8, 3, 1)]
    return train(torch.nn.Sequential(*layers), clean_cases)


def train(network: torch.nn.Module, cases: list[dict[str, Any]]) -> torch.nn.Module:
    image = torch.stack([case["image"].as_tensor() for case in cases])
    label = torch.stack([case["label"].as_tensor() for case in cases]).long()[:, 0]
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(image), label).backward()
        optimizer.step()
    return network


@pytest.fixture
def noisy(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cases with a stripe of each square left out, for the network to find."""
    for case in cases:
        case["label"][:, :, 4:5] = 0
        case["label"][:, :, 10:11] = 0
    return cases


def test_nothing_is_corrected_before_an_onset(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    setting = Setting(noisy, trained, tmp_path / "store", onset=99)
    setting.trainer.run()
    assert setting.store.version == 0


def test_labels_become_what_the_network_says_confidently(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    given = {case["case_id"]: case["label"].numpy()[0].copy() for case in noisy}
    setting = Setting(noisy, trained, tmp_path / "store", epochs=1)
    setting.trainer.run()
    for case in noisy:
        probs = trained.eval()(case["image"].as_tensor()[None])[0].softmax(0)
        confidence, pred = probs.max(0)
        expected = np.where(confidence.detach() > 0.5, pred, given[case["case_id"]])
        np.testing.assert_array_equal(setting.corrected()[case["case_id"]], expected)
    assert any((setting.corrected()[name] != given[name]).any() for name in given)


def test_only_memorized_classes_change(noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path) -> None:
    setting = Setting(noisy, trained, tmp_path / "store", epochs=1)
    setting.detector.classes = range(1, 2)  # class 2 is not judged
    setting.trainer.run()
    transitions = setting.store.changed_voxels()
    assert (0, 1) in transitions
    assert not any(2 in pair for pair in transitions)


def test_both_sources_give_the_same_corrections_with_a_frozen_network(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    compare_sources(noisy, trained, tmp_path, augmentation=[])


def test_predictions_on_disk_give_the_same_corrections(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    results = []
    for limit_mib in (1024.0, 0.0):
        folder = tmp_path / f"{limit_mib}"
        setting = Setting(noisy, trained, folder, source="training", epochs=2, limit_mib=limit_mib)
        setting.trainer.run()
        assert setting.store.changed_voxels()
        results.append(setting.corrected())
    for name, label in results[0].items():
        np.testing.assert_array_equal(label, results[1][name])


def test_flips_turns_and_padding_come_back_exactly(
    noisy: list[dict[str, Any]], pointwise: torch.nn.Module, tmp_path: Path
) -> None:
    compare_sources(noisy, pointwise, tmp_path, augmentation=GEOMETRY)


def compare_sources(
    cases: list[dict[str, Any]], network: torch.nn.Module, folder: Path, *, augmentation: list[Any]
) -> None:
    options: dict[str, Any] = {"augmentation": augmentation, "epochs": 2, "every_epochs": 2, "onset": 1}
    results = []
    for source in ("evaluation", "training"):
        setting = Setting(cases, network, folder / source, source=source, **options)
        setting.trainer.run()
        assert setting.store.changed_voxels()
        results.append(setting.corrected())
    for name, label in results[0].items():
        np.testing.assert_array_equal(label, results[1][name])


def test_voxels_outside_every_crop_are_not_corrected(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    crop = [RandSpatialCropd(["image", "label"], roi_size=(16, 6), random_center=False, random_size=False)]
    setting = Setting(noisy, trained, tmp_path / "store", source="training", augmentation=crop, epochs=2)
    setting.trainer.run()
    for case in noisy:
        corrected, given = setting.corrected()[case["case_id"]], case["label"].numpy()[0]
        np.testing.assert_array_equal(corrected[:, :3], given[:, :3])
        np.testing.assert_array_equal(corrected[:, 9:], given[:, 9:])
    assert setting.store.changed_voxels()


def test_rotated_and_scaled_images_come_back_to_the_right_place(
    noisy: list[dict[str, Any]], pointwise: torch.nn.Module, tmp_path: Path
) -> None:
    keys = ["image", "label"]
    turn = [RandAffined(keys, prob=1.0, rotate_range=0.3, scale_range=0.1, mode=["bilinear", "nearest"])]
    setting = Setting(noisy, pointwise, tmp_path / "store", source="training", augmentation=turn, epochs=2)
    setting.trainer.run()
    for case in noisy:
        prediction = pointwise.eval()(case["image"].as_tensor()[None])[0].argmax(0).numpy()
        corrected = setting.corrected()[case["case_id"]]
        assert (corrected == prediction).mean() > 0.9


def test_a_source_without_predictions_yet_corrects_one_epoch_after_the_onset(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    setting = Setting(noisy, trained, tmp_path / "store", source="training", epochs=3, every_epochs=10)
    setting.trainer.run()
    assert {entry.epoch for entry in setting.store.journal()} == {2}


def test_corrections_accumulate_and_versions_grow(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    setting = Setting(noisy, trained, tmp_path / "store", epochs=1)
    setting.trainer.run()
    once = setting.corrected()
    version = setting.store.version
    again = Setting(noisy, trained, tmp_path / "store", epochs=2)
    again.corrector.load_state_dict(setting.corrector.state_dict() | {"seen": []})
    again.trainer.run()
    assert again.store.version == version  # the same network has nothing to add
    for name, label in again.corrected().items():
        np.testing.assert_array_equal(label, once[name])


def test_a_store_of_an_earlier_run_is_refused(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    Setting(noisy, trained, tmp_path / "store", epochs=1).trainer.run()
    with pytest.raises(StoreError, match="an earlier run"):
        Setting(noisy, trained, tmp_path / "store", epochs=1).trainer.run()


def test_resuming_rolls_the_store_back_to_the_checkpoint(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    first = Setting(noisy, trained, tmp_path / "store", epochs=1)
    before = first.corrector.state_dict()
    first.trainer.run()
    assert first.store.changed_voxels()
    second = Setting(noisy, trained, tmp_path / "store")
    second.corrector.load_state_dict(before)
    assert not second.store.changed_voxels()


def test_resuming_does_not_bring_back_what_a_person_undid(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    first = Setting(noisy, trained, tmp_path / "store", epochs=1)
    first.trainer.run()
    checkpoint = first.corrector.state_dict()
    undo_corrections(first.store, class_ids=[1])
    with pytest.raises(StoreError, match=r"made by hand \(undone: class 1\).*corrections restore"):
        Setting(noisy, trained, tmp_path / "store").corrector.load_state_dict(checkpoint)
    assert not any(1 in pair for pair in first.store.changed_voxels())


def test_the_journal_knows_how_sure_the_network_was(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    given = {case["case_id"]: case["label"].numpy()[0].copy() for case in noisy}
    setting = Setting(noisy, trained, tmp_path / "store", epochs=1)
    setting.trainer.run()
    images = {case["case_id"]: case["image"] for case in noisy}
    entries = list(setting.store.journal())
    assert entries
    for entry in entries:
        confidence = trained.eval()(images[entry.case_id].as_tensor()[None])[0].softmax(0).amax(0).detach().numpy()
        before, after = given[entry.case_id], setting.corrected()[entry.case_id]
        for (old, new, _), mean in zip(entry.transitions, entry.confidences or (), strict=True):
            assert mean == pytest.approx(confidence[(before == old) & (after == new)].mean(), abs=1e-5)


def test_no_label_is_corrected_from_a_prediction_that_is_not_finite(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    setting = Setting(noisy, trained, tmp_path / "store", epochs=1)
    with torch.no_grad():
        trained[-1].bias[1] = float("nan")
    with pytest.raises(NonFiniteError, match=r"case 'case_0': .* NaN or infinity"):
        setting.trainer.run()
    assert setting.store.version == 0


def test_a_failing_case_leaves_the_store_as_it_was(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    class Failing:
        def attach(self, engine: Engine) -> None: ...

        def start_epoch(self, *, due: bool) -> None: ...

        def predictions(self) -> Iterator[CasePrediction]:
            label = torch.as_tensor(noisy[0]["label"].numpy()[0])
            yield CasePrediction("case_0", label, torch.ones_like(label), torch.ones(label.shape))
            raise OSError("gone")

    setting = Setting(noisy, trained, tmp_path / "store", epochs=1)
    setting.corrector.source = Failing()
    with pytest.raises(OSError, match="gone"):
        setting.trainer.run()
    assert setting.store.version == 0


def test_the_order_of_attachment_is_checked(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    setting = Setting(noisy, trained, tmp_path / "store")
    with pytest.raises(ValueError, match="attached already"):
        setting.corrector.attach(setting.trainer)
    alone = LabelCorrector(MemorizationDetector(NAMES), setting.store, setting.source)
    with pytest.raises(ValueError, match="attach the detector first"):
        alone.attach(setting.trainer)


def test_intervals_without_sense_are_refused(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="every_epochs: found 0"):
        Setting(noisy, trained, tmp_path / "store", every_epochs=0)


def erase_rows(rows: int, label: torch.Tensor) -> torch.Tensor:
    """The label without the uppermost rows, of the five, of both squares."""
    first = int(label.nonzero()[0, 0])
    erased = label.clone()
    erased[first : first + rows] = 0
    return erased


def test_a_case_that_would_change_too_much_is_left_alone_and_named(
    cases: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    setting = Setting(cases, trained, tmp_path / "store", epochs=1, cap=ChangeCap(class_in_pass=0.5))
    setting.corrector.source = Says(setting.units, lambda name, label: erase_rows(3 if name == "case_2" else 2, label))
    with caplog.at_level(logging.WARNING):
        setting.trainer.run()
    assert setting.store.case_ids() == ["case_0", "case_1", "case_3"]
    (record,) = caplog.records
    assert "epoch 1: 1 of 4 cases left as they are" in record.getMessage()
    assert "case_2: 0.6 (at most 0.5) of class 1 in one pass" in record.getMessage()
    assert setting.trainer.state.metrics["cases_left_alone"] == 1
    assert setting.trainer.state.left_alone == {"case_2": 1}


def test_earlier_corrections_stay_where_a_later_one_is_too_large(
    cases: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    setting = Setting(cases, trained, tmp_path / "store", epochs=4, cap=ChangeCap(class_in_all=0.5))
    setting.corrector.source = Says(setting.units, lambda name, label: erase_rows(1, label))
    setting.trainer.run()
    for case in cases:
        assert (setting.corrected()[case["case_id"]] == erase_rows(2, case["label"].as_tensor()[0]).numpy()).all()
    assert setting.trainer.state.left_alone == {case["case_id"]: 2 for case in cases}


def test_a_cap_looks_at_each_slice_by_itself(
    cases: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    stack = {key: torch.stack([case[key].as_tensor() for case in cases], dim=-1) for key in ("image", "label")}
    slices = foreground_slices([{**stack, "case_id": "volume"}])
    setting = Setting(list(slices), trained, tmp_path / "store", epochs=1, cap=ChangeCap(case_in_all=0.5))
    second = slice_case_id("volume", 1)
    setting.corrector.source = Says(setting.units, lambda name, label: erase_rows(4 if name == second else 1, label))
    setting.trainer.run()  # of the volume, 7 of 20 rows would go: less than a half
    assert setting.store.case_ids() == [slice_case_id("volume", index) for index in (0, 2, 3)]


def test_infinite_caps_correct_as_none_do(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    inf = float("inf")
    caps = {"none": None, "infinite": ChangeCap(case_in_pass=inf, case_in_all=inf, class_in_pass=inf, class_in_all=inf)}
    results = []
    for name, cap in caps.items():
        setting = Setting(noisy, trained, tmp_path / name, epochs=1, cap=cap)
        setting.trainer.run()
        assert setting.store.changed_voxels()
        results.append(setting.corrected())
    for name, label in results[0].items():
        np.testing.assert_array_equal(label, results[1][name])


def test_cases_left_alone_are_remembered_by_a_resumed_run(
    cases: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    first = Setting(cases, trained, tmp_path / "store", epochs=2, cap=ChangeCap(case_in_pass=0.0))
    first.corrector.source = Says(first.units, lambda name, label: erase_rows(name == "case_1", label))
    first.trainer.run()
    second = Setting(cases, trained, tmp_path / "store", epochs=1, cap=ChangeCap(case_in_pass=0.0))
    second.corrector.source = Says(second.units, first.corrector.source.pred)
    second.corrector.load_state_dict(first.corrector.state_dict())
    second.trainer.run()
    assert second.trainer.state.left_alone == {"case_1": 3}


@pytest.mark.parametrize(("min_iou", "erased"), [(0.3, False), (0.0, True)])
def test_a_class_that_the_network_has_not_learned_is_not_erased(
    noisy: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path, min_iou: float, erased: bool
) -> None:
    with torch.no_grad():
        trained[-1].bias[1] = -100.0  # it never says class 1, and is sure of it
    setting = Setting(noisy, trained, tmp_path / "store", epochs=1, min_iou=min_iou)
    setting.trainer.run()
    changed = setting.store.changed_voxels()
    assert setting.detector.curves[1].iou == (0.0,)
    assert setting.detector.curves[2].iou[0] > 0.3
    assert any(given == 1 for given, _ in changed) == erased
    assert any(new == 2 for _, new in changed)


@pytest.mark.parametrize(("source", "epochs"), [("evaluation", 1), ("training", 2)])
def test_thresholds_can_be_the_mean_confidence_of_agreement_over_all_cases(
    noisy: list[dict[str, Any]], pointwise: torch.nn.Module, tmp_path: Path, source: str, epochs: int
) -> None:
    options: dict[str, Any] = {"source": source, "epochs": epochs, "every_epochs": 2}
    setting = Setting(noisy, pointwise, tmp_path / "store", min_iou=0.0, self_confidence=True, **options)
    predictions = [pointwise.eval()(case["image"].as_tensor()[None])[0].softmax(0).detach().max(0) for case in noisy]
    label = np.stack([case["label"].numpy()[0] for case in noisy])
    confidence, pred = (np.stack(arrays) for arrays in zip(*predictions, strict=True))
    setting.trainer.run()
    expected = mean_confidence_of_agreement(label, pred, confidence)
    threshold = np.vectorize(expected.get)(pred)
    close = np.abs(confidence - threshold) < 1 / 254  # to which the confidence of training is kept
    corrected = np.stack([setting.corrected()[case["case_id"]] for case in noisy])
    np.testing.assert_array_equal(corrected[~close], np.where(confidence > threshold, pred, label)[~close])
    assert (corrected != label).any()
    assert ((confidence > 0.5) & (pred != corrected)).any()  # the thresholds of the rule would have corrected more


def test_a_class_that_was_not_seen_in_the_epoch_is_not_erased(
    cases: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    setting = Setting(cases, trained, tmp_path / "store", epochs=1)
    setting.detector.classes = range(1, 2)  # of class 2 there is no training IoU
    setting.corrector.rule = CorrectionRule(replace_any_class=True)
    setting.corrector.source = Says(setting.units, lambda name, label: torch.zeros_like(label))
    setting.trainer.run()
    assert {given for given, _ in setting.store.changed_voxels()} == {1}


def test_a_floor_without_sense_is_refused(
    cases: list[dict[str, Any]], trained: torch.nn.Module, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"min_iou: found 1\.5"):
        Setting(cases, trained, tmp_path / "store", min_iou=1.5)


@pytest.mark.parametrize("restart", [False, True])
def test_corrections_accumulate_or_start_anew_from_the_given_label(
    clean_cases: list[dict[str, Any]], pointwise: torch.nn.Module, tmp_path: Path, restart: bool
) -> None:
    given = {case["case_id"]: case["label"].numpy()[0].copy() for case in clean_cases}
    setting = Setting(clean_cases, pointwise, tmp_path / "store", epochs=2, restart=restart)
    calls = {"n": 0}

    def a_row_each_time(case_id: str, label: torch.Tensor) -> torch.Tensor:
        calls["n"] += 1
        pred = torch.as_tensor(given[case_id]).clone() if restart else label.clone()
        pred[0 if calls["n"] <= len(clean_cases) else 15] = 1
        return pred

    setting.corrector.source = Says(setting.units, a_row_each_time)
    setting.trainer.run()
    for case_id, label in setting.corrected().items():
        changed = np.flatnonzero((label != given[case_id]).any(1))
        assert changed.tolist() == ([15] if restart else [0, 15])
