"""What keeps right labels from a LabelCorrector: two passes that agree, and boundaries that hardly move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from ignite.engine import Engine, Events
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from monai.losses import DiceCELoss

from monai_adele.functional import CorrectionRule, LearningCurve, OnsetDecision
from monai_adele.handlers import CasePrediction, LabelCorrector, MemorizationDetector, PredictionSource
from monai_adele.inferers import MultiScaleInferer
from monai_adele.losses import AdeleLoss
from monai_adele.store import LabelStore
from monai_adele.transforms import CurrentLabeld

GIVEN = torch.zeros(12, 12, dtype=torch.uint8)
GIVEN[3:9, 3:9] = 1  # 36 voxels, 20 of them on the boundary
ONE_ROW_LESS, TWO_ROWS_LESS, FIVE_ROWS_LESS = (
    torch.where(torch.arange(12)[:, None] < 9 - n, GIVEN, 0) for n in (1, 2, 5)
)


class From:
    """A rule that says yes from an epoch on."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def decide(self, curve: LearningCurve) -> OnsetDecision:
        return OnsetDecision(self.epoch if len(curve) >= self.epoch else None, "by hand", None)


class InTurn:
    """A source that is sure, pass after pass, of the next prediction of a list; the last one stays."""

    def __init__(self, units: Any, preds: list[torch.Tensor], *, is_free: bool = False) -> None:
        self.units, self.preds, self.is_free = units, preds, is_free
        self.passes = 0
        self.confidence = torch.ones(GIVEN.shape)

    def attach(self, engine: Engine) -> None: ...

    def start_epoch(self, *, due: bool) -> None: ...

    def predictions(self) -> Iterator[CasePrediction]:
        pred = self.preds[min(self.passes, len(self.preds) - 1)]
        self.passes += 1
        for unit in self.units:
            yield CasePrediction(unit["case_id"], torch.as_tensor(unit["label"][0]), pred, self.confidence)


class Setting:
    """One case, a network that is not trained, a store, a detector, a trainer."""

    def __init__(
        self,
        folder: Path,
        source: Callable[[Any, torch.nn.Module], PredictionSource],
        *,
        onset: int = 1,
        **options: Any,
    ) -> None:
        self.store = LabelStore(folder)
        case = {"image": torch.zeros(1, 12, 12), "label": GIVEN[None], "case_id": "a"}
        self.units = Dataset([case], CurrentLabeld("label", self.store))
        network = torch.nn.Conv2d(1, 2, 1)
        self.source = source(self.units, network)
        self.detector = MemorizationDetector(["background", "organ"], From(onset))
        rule = CorrectionRule(tau_foreground=0.5, tau_background=0.5)
        options = {"min_iou": 0.0, "min_shift_voxels": 0.4} | options
        self.corrector = LabelCorrector(self.detector, self.store, self.source, rule=rule, **options)
        self.labels: list[torch.Tensor] = []
        self.trainer = SupervisedTrainer(
            device=torch.device("cpu"),
            max_epochs=4,
            train_data_loader=DataLoader(self.units, batch_size=1),
            network=network,
            optimizer=torch.optim.SGD(network.parameters(), lr=0.0),
            loss_function=AdeleLoss(DiceCELoss(to_onehot_y=True, softmax=True)),
            inferer=MultiScaleInferer(),
            train_handlers=[self.detector, self.corrector],
        )
        self.trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: self.labels.append(self.label))

    @property
    def label(self) -> torch.Tensor:
        return torch.as_tensor(self.units[0]["label"][0])

    def run(self) -> list[torch.Tensor]:
        """The label after each epoch."""
        self.trainer.run()
        return self.labels


def says(*preds: torch.Tensor, is_free: bool = False) -> Callable[[Any, torch.nn.Module], PredictionSource]:
    return lambda units, network: InTurn(units, list(preds), is_free=is_free)


def test_the_first_pass_corrects_nothing_and_the_second_what_both_say(tmp_path: Path) -> None:
    labels = Setting(tmp_path, says(FIVE_ROWS_LESS)).run()
    assert labels[0].equal(GIVEN)
    assert labels[1].equal(FIVE_ROWS_LESS)


def test_without_steady_the_first_pass_corrects(tmp_path: Path) -> None:
    assert Setting(tmp_path, says(FIVE_ROWS_LESS), steady=False).run()[0].equal(FIVE_ROWS_LESS)


def test_voxels_of_which_the_network_changes_its_mind_stay(tmp_path: Path) -> None:
    there_and_back = [FIVE_ROWS_LESS, GIVEN, FIVE_ROWS_LESS, GIVEN]
    assert all(label.equal(GIVEN) for label in Setting(tmp_path / "a", says(*there_and_back)).run())
    without = Setting(tmp_path / "b", says(*there_and_back), steady=False).run()
    assert not without[0].equal(GIVEN)


@pytest.mark.parametrize(("pred", "changes"), [(ONE_ROW_LESS, False), (TWO_ROWS_LESS, False), (FIVE_ROWS_LESS, True)])
def test_a_boundary_that_hardly_moves_stays(tmp_path: Path, pred: torch.Tensor, changes: bool) -> None:
    # 6, 12 and 30 voxels of a boundary of 20, which has to move 1 + 10 / sqrt(20) = 3.2 times as far
    labels = Setting(tmp_path, says(pred)).run()
    assert labels[-1].equal(pred if changes else GIVEN)


def test_the_shift_is_the_mean_of_both_passes(tmp_path: Path) -> None:
    moves = [FIVE_ROWS_LESS, TWO_ROWS_LESS]  # 1.5 and 0.6 voxels: 1.05 / 3.24 = 0.324
    assert Setting(tmp_path / "a", says(*moves), min_shift_voxels=0.32).run()[1].equal(TWO_ROWS_LESS)
    assert Setting(tmp_path / "b", says(*moves), min_shift_voxels=0.33).run()[1].equal(GIVEN)


def test_the_shift_is_measured_from_the_given_label(tmp_path: Path) -> None:
    labels = Setting(tmp_path, says(FIVE_ROWS_LESS, FIVE_ROWS_LESS, FIVE_ROWS_LESS, GIVEN)).run()
    assert labels[2].equal(FIVE_ROWS_LESS)  # still open, though no voxel would move any more
    labels = Setting(tmp_path / "b", says(*[FIVE_ROWS_LESS] * 2, *[TWO_ROWS_LESS] * 2), min_shift_voxels=0.18).run()
    assert labels[3].equal(TWO_ROWS_LESS)  # 0.3 voxels from the label of then


def test_voxels_of_which_nothing_is_known_do_not_shift_a_boundary(tmp_path: Path) -> None:
    setting = Setting(tmp_path, says(torch.zeros_like(GIVEN)))
    setting.source.confidence = (torch.arange(12)[:, None] == 8).float().expand(12, 12)  # one row of the organ
    assert all(label.equal(GIVEN) for label in setting.run())


def test_a_free_source_is_asked_before_the_onset(tmp_path: Path) -> None:
    free = Setting(tmp_path / "a", says(FIVE_ROWS_LESS, is_free=True), onset=3)
    assert [label.equal(GIVEN) for label in free.run()] == [True, True, False, False]
    costly = Setting(tmp_path / "b", says(FIVE_ROWS_LESS), onset=3)
    assert [label.equal(GIVEN) for label in costly.run()] == [True, True, True, False]


def test_a_free_source_is_not_asked_before_a_class_is_learned(tmp_path: Path) -> None:
    setting = Setting(tmp_path, says(FIVE_ROWS_LESS, is_free=True), onset=4, min_iou=1.0)
    setting.run()
    assert setting.source.passes == 1  # at the onset


def test_with_longer_intervals_a_pass_that_only_looks_on_does_not_count_as_the_correction(tmp_path: Path) -> None:
    labels = Setting(tmp_path, says(FIVE_ROWS_LESS), every_epochs=10).run()
    assert [label.equal(GIVEN) for label in labels] == [True, False, False, False]


def test_a_resumed_run_remembers_the_pass_before(tmp_path: Path) -> None:
    first = Setting(tmp_path, says(FIVE_ROWS_LESS))
    first.trainer.state.max_epochs = 1
    first.trainer.run()
    second = Setting(tmp_path, says(FIVE_ROWS_LESS))
    second.corrector.load_state_dict(first.corrector.state_dict())
    assert second.run()[0].equal(FIVE_ROWS_LESS)


def test_a_negative_shift_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="min_shift_voxels: found -1, expected at least 0"):
        Setting(tmp_path, says(GIVEN), min_shift_voxels=-1)
