"""Mixed precision, gradient accumulation, several crops a case: what works is shown, what does not is refused."""

import pytest
import torch
from monai.data import CacheDataset, DataLoader
from monai.engines import SupervisedTrainer
from monai.engines.utils import IterationEvents
from monai.losses import DiceCELoss
from monai.transforms import (
    Compose,
    OneOf,
    Rand2DElasticd,
    RandCropByPosNegLabeld,
    RandFlipd,
    RandGridDistortiond,
    RandSpatialCropSamplesd,
)

from monai_adele.data import SeededDataset
from monai_adele.functional import CorrectionRule, OnsetDecision, iou_from_counts, overlap_counts
from monai_adele.handlers import EvaluationPass, LabelCorrector, MemorizationDetector, TrainingPredictions
from monai_adele.inferers import MultiScaleInferer
from monai_adele.losses import AdeleLoss
from monai_adele.store import LabelStore
from monai_adele.transforms import CurrentLabeld

from .conftest import CLASS_NAMES

KEYS = ["image", "label"]
CROPS = RandCropByPosNegLabeld(KEYS, "label", (8, 8), num_samples=3)


class From:
    """A rule that says yes from an epoch on."""

    def __init__(self, epoch):
        self.epoch = epoch

    def decide(self, curve):
        return OnsetDecision(self.epoch if len(curve) >= self.epoch else None, "by hand", None)


class InBfloat16:
    """What MONAI's trainer does on a GPU with ``amp=True``: it calls under autocast. A CPU knows bfloat16."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        with torch.autocast("cpu", torch.bfloat16):
            return self.function(*args, **kwargs)


class Setting:
    def __init__(self, cases, network, folder, *, augmentation=(), source="evaluation", amp=False, lr=0.0, **options):
        self.store = LabelStore(folder)
        self.units = CacheDataset(cases, [CurrentLabeld("label", self.store)], progress=False, num_workers=1)
        self.detector = MemorizationDetector(CLASS_NAMES, From(1))
        kinds = {"evaluation": EvaluationPass(self.units, network, MultiScaleInferer()), "training": None}
        chosen = kinds[source] or TrainingPredictions(self.units)
        rule = CorrectionRule(tau_foreground=0.4, tau_background=0.4)
        self.corrector = LabelCorrector(self.detector, self.store, chosen, rule=rule, steady=False, min_shift_voxels=0)
        inferer = MultiScaleInferer([1.0, 0.5], divisor=4)
        loss = AdeleLoss(DiceCELoss(to_onehot_y=True, softmax=True))
        self.trainer = SupervisedTrainer(
            device=torch.device("cpu"),
            max_epochs=options.pop("epochs", 2),
            train_data_loader=DataLoader(SeededDataset(self.units, Compose(list(augmentation)), seed=0), batch_size=2),
            network=network,
            optimizer=torch.optim.SGD(network.parameters(), lr=lr),
            loss_function=InBfloat16(loss) if amp else loss,
            inferer=InBfloat16(inferer) if amp else inferer,
            train_handlers=[self.detector, self.corrector],
            **options,
        )

    def training_iou(self):
        return {c: list(curve.iou) for c, curve in self.detector.curves.items()}

    def current(self):
        return torch.stack([unit["label"].as_tensor()[0] for unit in self.units])


@pytest.fixture
def trained(network, clean_cases):
    """The network after it has learned whole squares."""
    return learned(network, clean_cases)


@pytest.fixture
def pointwise(clean_cases):
    """A network that judges each voxel alone, so that it says the same of a crop as of the whole."""
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(1, 8, 1), torch.nn.ReLU(), torch.nn.Conv2d(8, 3, 1)]
    return learned(torch.nn.Sequential(*layers), clean_cases)


def learned(network, clean_cases):
    image = torch.stack([case["image"].as_tensor() for case in clean_cases])
    label = torch.stack([case["label"].as_tensor() for case in clean_cases]).long()[:, 0]
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(image), label).backward()
        optimizer.step()
    return network


@pytest.fixture
def noisy(cases):
    """The cases with a stripe of each square left out, for the network to find."""
    for case in cases:
        case["label"][:, :, 4:5] = 0
        case["label"][:, :, 10:11] = 0
    return cases


def expected_curve(trainer):
    """IoU of each epoch, counted from what the trainer has at LOSS_COMPLETED, by plain argmax."""
    counts, curve = [], []

    def note(engine):
        logits, label = engine.state.output["pred"][0], engine.state.output["label"].as_tensor()
        counts.append(overlap_counts(logits.float().argmax(1, keepdim=True), label, 3))
        if engine.state.iteration % engine.state.epoch_length == 0:
            curve.append(iou_from_counts(sum(counts)).tolist())
            counts.clear()

    trainer.add_event_handler(IterationEvents.LOSS_COMPLETED, note)
    return curve


@pytest.mark.parametrize("source", ["evaluation", "training"])
def test_half_precision_is_counted_and_corrected(noisy, trained, tmp_path, source):
    setting = Setting(noisy, trained, tmp_path / "half", source=source, amp=True)
    curve, types = expected_curve(setting.trainer), set()
    setting.trainer.add_event_handler(
        IterationEvents.LOSS_COMPLETED, lambda engine: types.add(engine.state.output["pred"][0].dtype)
    )
    setting.trainer.run()
    assert types == {torch.bfloat16}
    assert setting.training_iou() == {c: [iou[c] for iou in curve] for c in (1, 2)}
    full = Setting(noisy, trained, tmp_path / "full", source=source)
    full.trainer.run()
    assert full.store.changed_voxels()
    assert (setting.current() == full.current()).float().mean() > 0.99


def test_the_loss_in_half_precision_is_that_in_full(noisy, trained, tmp_path):
    losses = []
    for amp in (False, True):
        setting = Setting(noisy, trained, tmp_path / str(amp), amp=amp, epochs=1)
        setting.trainer.run()
        losses.append(float(setting.trainer.state.output[0]["loss"]))
    assert losses[0] > 0
    assert losses[1] == pytest.approx(losses[0], rel=0.02)


@pytest.mark.filterwarnings("ignore::UserWarning")  # on the CPU amp=True does nothing, and says so
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_amp_on_a_cpu_is_plain_training(noisy, network, tmp_path):
    weights = []
    for options in ({}, {"amp": True}):
        torch.manual_seed(0)
        fresh = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(4, 3, 1))
        setting = Setting(noisy, fresh, tmp_path / str(len(weights)), lr=0.1)
        setting.trainer.amp = bool(options)
        setting.trainer.run()
        weights.append(torch.nn.utils.parameters_to_vector(fresh.parameters()))
    assert torch.equal(*weights)


@pytest.mark.parametrize("source", ["evaluation", "training"])
def test_accumulated_gradients_change_neither_counts_nor_corrections_of_a_frozen_network(
    noisy, trained, tmp_path, source
):
    results = []
    for steps in (1, 3):
        setting = Setting(noisy, trained, tmp_path / str(steps), source=source, accumulation_steps=steps)
        setting.trainer.run()
        results.append((setting.training_iou(), setting.current().tolist(), setting.store.changed_voxels()))
    assert results[0] == results[1]
    assert results[0][2]


def test_accumulated_gradients_are_those_of_one_batch(noisy, tmp_path):
    weights = []
    for number, options in enumerate(({"accumulation_steps": 2}, {})):
        torch.manual_seed(0)
        fresh = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(4, 3, 1))
        setting = Setting(noisy, fresh, tmp_path / str(number), lr=0.1, epochs=3, **options)
        setting.trainer.loss_function.consistency_weight = 0.0
        if not options:
            loader = DataLoader(setting.trainer.data_loader.dataset, batch_size=4)
            setting.trainer.data_loader, setting.trainer.state.epoch_length = loader, 1
        setting.corrector.every_epochs = 99
        setting.trainer.run()
        weights.append(torch.nn.utils.parameters_to_vector(fresh.parameters()))
    torch.testing.assert_close(*weights)


@pytest.mark.parametrize("source", ["evaluation", "training"])
@pytest.mark.parametrize("crops", [CROPS, RandSpatialCropSamplesd(KEYS, (12, 8), 4, random_size=False)])
def test_several_crops_a_case_are_counted_and_corrected(noisy, pointwise, tmp_path, source, crops):
    setting = Setting(noisy, pointwise, tmp_path / "store", augmentation=[crops, RandFlipd(KEYS, 0.5)], source=source)
    curve = expected_curve(setting.trainer)
    given = torch.stack([case["label"].as_tensor()[0] for case in noisy])
    setting.trainer.run()
    assert setting.training_iou() == {c: [iou[c] for iou in curve] for c in (1, 2)}
    changed = setting.current() != given
    whole = torch.stack([case["image"].as_tensor() for case in noisy])
    prediction = pointwise.eval()(whole).argmax(1)
    assert changed.sum() > 20
    assert torch.equal(setting.current()[changed], prediction.to(torch.uint8)[changed])


@pytest.mark.parametrize(
    "deformed",
    [
        RandGridDistortiond(KEYS, prob=0.5),
        OneOf([RandFlipd(KEYS, 0.5), Rand2DElasticd(KEYS, spacing=(4, 4), magnitude_range=(1, 2))]),
    ],
)
def test_deformed_images_are_refused_as_source_of_predictions(noisy, network, tmp_path, deformed):
    setting = Setting(noisy, network, tmp_path / "store", augmentation=[deformed], source="training")
    with pytest.raises(ValueError, match=r"TrainingPredictions: found Rand\w+d in .* use EvaluationPass"):
        setting.trainer.run()
    assert setting.trainer.state.iteration == 0
    Setting(noisy, network, tmp_path / "other", augmentation=[RandFlipd(KEYS, 0.5)], source="training").trainer.run()
