"""Labels of an earlier version are refused, before the first step or before the step that would learn them."""

import pytest
import torch
from ignite.engine import Events
from ignite.handlers import Checkpoint, DiskSaver
from monai.data import CacheDataset, CacheNTransDataset, DataLoader, Dataset, PersistentDataset, ThreadDataLoader
from monai.engines import SupervisedTrainer
from monai.handlers import CheckpointSaver
from monai.transforms import Identityd, RandFlipd, Transform

from monai_adele.data import SeededDataset
from monai_adele.errors import StoreError
from monai_adele.functional import CorrectionRule, OnsetDecision
from monai_adele.handlers import EvaluationPass, LabelCorrector, MemorizationDetector
from monai_adele.noise import Erode
from monai_adele.store import LabelStore
from monai_adele.transforms import AnnotationNoised, CurrentLabeld, transforms_hash

from .conftest import CLASS_NAMES

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


class AtOnce:
    """A rule that says yes at once."""

    def decide(self, curve):
        return OnsetDecision(1, "by hand", None)


@pytest.fixture
def store(tmp_path):
    return LabelStore(tmp_path / "store")


@pytest.fixture
def current(store):
    return CurrentLabeld("label", store)


def parts(units, network, store):
    detector = MemorizationDetector(CLASS_NAMES, AtOnce())
    rule = CorrectionRule(tau_foreground=0.1, tau_background=0.1)
    source = EvaluationPass(units, network, lambda image, net: net(image))
    return detector, LabelCorrector(detector, store, source, rule=rule, steady=False, min_shift_voxels=0)


def trainer_of(loader, network, handlers, **options):
    return SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=3,
        train_data_loader=loader,
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.0),
        loss_function=lambda logits, target: logits.sum() * 0,
        decollate=False,
        train_handlers=handlers,
        **options,
    )


def correcting(dataset, network, store, loader=None, **options):
    """A trainer that corrects all cases after each epoch."""
    loader = DataLoader(dataset, batch_size=1) if loader is None else loader
    return trainer_of(loader, network, parts(dataset, network, store), **options)


def test_fresh_labels_are_let_through(cases, network, store, current):
    trainer = correcting(CacheDataset(cases, [Identityd("label"), current], progress=False), network, store)
    trainer.run()
    assert store.version >= 1


@pytest.mark.parametrize("kind", [DataLoader, ThreadDataLoader])
@pytest.mark.parametrize("epoch_length", [3, 6])
def test_fetching_ahead_across_the_end_of_an_epoch_is_refused(cases, network, store, current, kind, epoch_length):
    dataset = Dataset(cases, current)
    loader = kind(dataset, batch_size=1, num_workers=1 if kind is DataLoader else 0)
    with pytest.raises(ValueError, match=rf"epoch_length: found {epoch_length} .* 4 batches.*leave epoch_length out"):
        correcting(dataset, network, store, loader, epoch_length=epoch_length).run()
    assert store.version == 0


@pytest.mark.parametrize(("num_workers", "epoch_length"), [(0, 3), (0, 6), (1, 8)])
def test_other_lengths_of_an_epoch_work(cases, network, store, current, num_workers, epoch_length):
    dataset = Dataset(cases, current)
    loader = DataLoader(dataset, batch_size=1, num_workers=num_workers)
    correcting(dataset, network, store, loader, epoch_length=epoch_length).run()
    assert store.version >= 1


class Wrapped(Transform):
    """A transform that hides what it holds from MONAI's caches."""

    def __init__(self, inner):
        self.inner = inner

    def __call__(self, data):
        return self.inner(data)


def kept(kind, cases, current, folder):
    if kind == "in another transform":
        return CacheDataset(cases, [Wrapped(current)], progress=False)
    if kind == "among n cached transforms":
        return CacheNTransDataset(cases, [Identityd("label"), current], 2, folder)
    inner = Dataset(cases, current)
    if kind == "below a PersistentDataset":
        return PersistentDataset(inner, [Identityd("label")], folder)
    cache = CacheDataset(inner, [Identityd("label")], progress=False)
    return cache if kind == "below a CacheDataset" else SeededDataset(cache, seed=0)


@pytest.mark.parametrize(
    "kind",
    [
        "in another transform",
        "among n cached transforms",
        "below a CacheDataset",
        "below a PersistentDataset",
        "further below",
    ],
)
def test_a_cache_that_keeps_current_labels_is_refused(cases, network, store, current, tmp_path, kind):
    dataset = kept(kind, cases, current, tmp_path / "cache")
    with pytest.raises(ValueError, match=r"Dataset: found CurrentLabeld where .* keeps its result"):
        correcting(dataset, network, store).run()
    assert store.version == 0


def test_what_keeps_labels_unseen_is_caught_before_the_step_that_would_learn_them(cases, network, store, current):
    kept_items = [current(case) for case in cases]  # as a cache of somebody's own
    trainer = correcting(kept_items, network, store)
    steps = []
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: steps.append(engine.state.iteration))
    with pytest.raises(StoreError, match="labels of version 0 in a batch, expected version 1"):
        trainer.run()
    assert steps == [1, 2, 3, 4]


def test_labels_that_nobody_laid_over_are_refused(cases, network, store):
    with pytest.raises(StoreError, match="a batch without 'label_version'"):
        correcting(Dataset(cases), network, store).run()


def test_labels_of_another_store_are_refused(cases, network, store, tmp_path):
    other = CurrentLabeld("label", LabelStore(tmp_path / "other"))
    with pytest.raises(StoreError, match="give it this store"):
        correcting(Dataset(cases, other), network, store).run()


def test_a_persistent_dataset_whose_key_leaves_out_the_noise_is_refused(cases, network, tmp_path):
    noise = AnnotationNoised("label", Erode(radius_mm=1), seed=0)
    steps = [Identityd("label"), noise, RandFlipd(["image", "label"])]
    for options, refused in (({}, True), ({"hash_transform": transforms_hash}, False)):
        dataset = PersistentDataset(cases, steps, tmp_path / f"cache_{refused}", **options)
        detector = MemorizationDetector(CLASS_NAMES, AtOnce())
        trainer = trainer_of(DataLoader(dataset, batch_size=1), network, [detector])
        if refused:
            with pytest.raises(ValueError, match="expected hash_transform="):
                trainer.run()
        else:
            trainer.run()
            assert len(detector.curves[1]) == 3


def test_a_second_detector_or_corrector_is_refused(cases, network, store, current):
    units = Dataset(cases, current)
    trainer = correcting(units, network, store)
    detector, _ = parts(units, network, store)
    with pytest.raises(ValueError, match="found another MemorizationDetector attached"):
        detector.attach(trainer)
    first = trainer_of(DataLoader(units), network, [])
    detector, corrector = parts(units, network, store)
    detector.attach(first)
    corrector.attach(first)
    again = LabelCorrector(detector, store, corrector.source)
    with pytest.raises(ValueError, match="found another LabelCorrector attached"):
        again.attach(first)


@pytest.mark.parametrize("kind", ["monai", "monai, best", "ignite"])
def test_a_checkpoint_saver_before_them_is_refused(cases, network, store, current, tmp_path, kind):
    trainer = trainer_of(DataLoader(Dataset(cases, current)), network, [])
    detector, _ = parts(Dataset(cases, current), network, store)
    if kind == "ignite":
        checkpoint = Checkpoint({"network": network}, DiskSaver(str(tmp_path), require_empty=False))
        trainer.add_event_handler(Events.EPOCH_COMPLETED(every=2), checkpoint)
    else:
        options = {"save_interval": 1} if kind == "monai" else {"save_key_metric": True}
        CheckpointSaver(str(tmp_path), {"network": network}, **options).attach(trainer)
    with pytest.raises(ValueError, match=r"attach the MemorizationDetector first"):
        detector.attach(trainer)


def test_a_checkpoint_saver_between_them_is_refused(cases, network, store, current, tmp_path):
    trainer = trainer_of(DataLoader(Dataset(cases, current)), network, [])
    detector, corrector = parts(Dataset(cases, current), network, store)
    detector.attach(trainer)
    CheckpointSaver(str(tmp_path), {"network": network}, save_interval=1).attach(trainer)
    with pytest.raises(ValueError, match=r"attach the LabelCorrector first"):
        corrector.attach(trainer)


def test_a_checkpoint_of_the_end_may_stand_before(cases, network, store, current, tmp_path):
    trainer = trainer_of(DataLoader(Dataset(cases, current)), network, [])
    CheckpointSaver(str(tmp_path), {"network": network}, save_final=True).attach(trainer)
    for handler in parts(Dataset(cases, current), network, store):
        handler.attach(trainer)
