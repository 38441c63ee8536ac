"""Runs that are killed, resumed with something else, wired wrongly, or handed hostile input."""

import os
import pickle
import shutil
import signal

import numpy as np
import pytest
import torch
from faults.small_run import NAMES, AtOnce, SmallRun
from handlers.conftest import make_case
from ignite.engine import Events
from monai.data import CacheDataset, DataLoader, Dataset, MetaTensor
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import CheckpointSaver
from monai.transforms import Identityd
from reference.processes import in_processes
from reference.write_faults import in_child

from monai_adele.calibration import read_raters
from monai_adele.data import EpochSampler, check_bundle_overrides
from monai_adele.errors import AdeleError, DataError, StoreError
from monai_adele.handlers import EvaluationPass, LabelCorrector, MemorizationDetector, RunCheckpoint
from monai_adele.handlers.gathered_predictions import gathered_predictions
from monai_adele.noise import Dilate
from monai_adele.store import LabelStore
from monai_adele.transforms import AnnotationNoised, CurrentLabeld

EPOCHS = 3
ANOTHER = r"store: found another version \d .*expected the store of this run; point to it"
GIVEN = np.array([[0, 1, 1], [2, 2, 0]], np.uint8)
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked"),
]


def new_network():
    torch.manual_seed(0)
    return torch.nn.Conv2d(1, 3, 3, padding=1)


def new_run(folder, *, epochs=EPOCHS, resume=True, **options):
    cases = [make_case(f"case_{i}", seed=i) for i in range(4)]
    return SmallRun(cases, new_network(), LabelStore(folder / "store"), epochs=epochs, resume=resume, **options)


def outcome(folder):
    """Weights and labels of a finished run."""
    state = torch.load(folder / "last.pt", weights_only=True)
    store = LabelStore(folder / "store")
    given = {f"case_{i}": make_case(f"case_{i}", seed=i)["label"].numpy()[0] for i in range(4)}
    return state, {name: store.current_label(name, label) for name, label in given.items()}


def require_same(folder, other):
    (weights, labels), (expected_weights, expected_labels) = outcome(folder), outcome(other)
    assert all(torch.equal(weights[name], value) for name, value in expected_weights.items())
    assert all(np.array_equal(labels[name], value) for name, value in expected_labels.items())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing happened to."""
    folder = tmp_path_factory.mktemp("whole")
    run = new_run(folder)
    run.trainer.run()
    assert run.store.version >= 1
    return folder


def killed(folder, epoch, write):
    """Train until a checkpoint is saved after an epoch, and be killed there, after a part of it is written."""

    def torn(state, file, **_):
        file.write(b"x" * write)
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    run = new_run(folder)

    @run.trainer.on(Events.EPOCH_STARTED(once=epoch))
    def break_the_disk(engine):
        torch.save = torn

    run.trainer.run()


@pytest.mark.parametrize("epoch", [1, EPOCHS])
def test_a_kill_while_a_checkpoint_is_saved_loses_the_epoch_only(tmp_path, whole, epoch):
    """41 | killed while saving a checkpoint | nothing lost: the one before is whole, the run goes on from it."""
    assert in_child(killed, tmp_path, epoch, 100) == -signal.SIGKILL
    run = new_run(tmp_path)
    assert run.trainer.state.epoch == epoch - 1
    run.trainer.run()
    require_same(tmp_path, whole)


def test_a_kill_between_labels_and_checkpoint_rolls_the_labels_back(tmp_path, whole):
    """42 | killed between writing labels and saving the checkpoint | nothing lost: labels go back to its version."""
    assert in_child(killed, tmp_path, 2, 0) == -signal.SIGKILL
    committed = LabelStore(tmp_path / "store")
    assert committed.changed_voxels()
    run = new_run(tmp_path)
    assert run.trainer.state.epoch == 1
    saved = torch.load(next(run.folder.glob("*.pt")), weights_only=True)["corrector"]["store_version"]
    assert run.store.changed_voxels() == run.store.changed_voxels(saved)
    run.trainer.run()
    require_same(tmp_path, whole)


@pytest.fixture(scope="module")
def two_epochs(tmp_path_factory):
    """A run of two epochs, from which another goes on without complaint."""
    folder = tmp_path_factory.mktemp("two epochs")
    run = new_run(folder / "run", epochs=2)
    run.trainer.run()
    assert run.store.version >= 1
    new_run(shutil.copytree(folder / "run", folder / "copy"), epochs=3).trainer.run()
    return folder / "run"


@pytest.fixture
def stopped(two_epochs, tmp_path):
    """A copy of it, to be damaged."""
    return shutil.copytree(two_epochs, tmp_path / "run")


def test_a_run_is_not_resumed_without_its_store(stopped):
    """43 | resumed without the label store, with another, or with other classes | stops, says what is wanted."""
    shutil.rmtree(stopped / "store")
    with pytest.raises(
        StoreError, match=r"store: found no version \d, expected one of 0\.\.0; point to the store of this"
    ):
        new_run(stopped)


def test_a_run_is_not_resumed_with_the_store_of_other_labels(stopped, tmp_path):
    """43 | resumed without the label store, with another, or with other classes | stops, says what is wanted."""
    shutil.rmtree(stopped / "store")
    other, given = LabelStore(stopped / "store"), np.full((16, 12), 2, np.uint8)
    for version in range(1, 9):
        with other.transaction() as transaction:
            transaction.put("case_0", given, np.full_like(given, version % 2))
    with pytest.raises(StoreError, match=ANOTHER):
        new_run(stopped)


def test_a_run_is_not_resumed_with_the_store_of_another_run_on_the_same_labels(two_epochs, stopped, tmp_path):
    """43 | resumed without the label store, with another, or with other classes | stops, says what is wanted."""
    other = new_run(tmp_path / "other", epochs=2, min_iou=0.0, every_epochs=1, restart=True)
    with torch.no_grad():
        other.network.bias += torch.tensor([0.0, 0.0, 9.0])
    other.trainer.run()
    assert other.store.version == LabelStore(two_epochs / "store").version
    shutil.rmtree(stopped / "store")
    shutil.copytree(tmp_path / "other" / "store", stopped / "store")
    with pytest.raises(StoreError, match=ANOTHER):
        new_run(stopped)


def test_a_run_is_not_resumed_with_other_classes(stopped):
    """43 | resumed without the label store, with another, or with other classes | stops, says what is wanted."""
    with pytest.raises(
        StoreError, match=r"found classes \['background', 'left', 'right'\], expected .*'up'.*resume with"
    ):
        new_run(stopped, names=["background", "left", "up"])


def test_a_cache_that_would_serve_old_labels_is_refused(cases, network, store):
    """44 | labels corrected while caches or persistent workers hold old ones | stops at the start, or reads anew."""
    current = CurrentLabeld("label", store)

    def trainer(dataset):
        made = bare_trainer(network, dataset)
        for handler in parts(dataset, network, store):
            handler.attach(made)
        return made

    trainer(CacheDataset(cases, [current], progress=False)).run()
    with pytest.raises(ValueError, match="CacheDataset: found CurrentLabeld where CacheDataset keeps its result"):
        trainer(CacheDataset(Dataset(cases, current), [Identityd("label")], progress=False)).run()


def test_persistent_workers_see_the_labels_of_the_next_epoch(store):
    """44 | labels corrected while caches or persistent workers hold old ones | stops at the start, or reads anew."""
    item = {"label": MetaTensor(torch.tensor(GIVEN[None])), "case_id": "a"}
    units = CacheDataset([item], [CurrentLabeld("label", store)], progress=False)
    loader = DataLoader(units, batch_size=1, num_workers=1, persistent_workers=True)
    for epoch in range(1, 4):
        label = np.roll(GIVEN, epoch, axis=1)
        with store.transaction(epoch=epoch) as transaction:
            transaction.put("a", GIVEN, label)
        assert all(np.array_equal(batch["label"][0, 0], label) for batch in loader)


def test_noise_of_a_case_is_the_same_in_any_worker_and_epoch(cases):
    """45 | several workers with one random state | continues: noise of a case is the same in any worker and epoch."""
    noise = AnnotationNoised("label", Dilate(radius_mm=(0, 4)), seed=0)

    def served(workers, order):
        dataset = Dataset([cases[i] for i in order], noise)
        return {
            batch["case_id"][0]: batch["label"][0].as_tensor()
            for batch in DataLoader(dataset, batch_size=1, num_workers=workers)
        }

    alone = served(0, [0, 1, 2, 3])
    assert len({tuple(label.flatten().tolist()) for label in alone.values()}) == 4
    for labels in (served(0, [0, 1, 2, 3]), served(0, [3, 1]), served(2, [2, 3, 0, 1])):
        assert all(torch.equal(label, alone[name]) for name, label in labels.items())


def counted(rank, ranks, num_cases):
    """Curves of a frozen network on cases shared by processes, and the cases that each hands to the first."""
    cases = [make_case(f"case_{i}", seed=i) for i in range(num_cases)]
    network = new_network()
    detector = MemorizationDetector(NAMES, AtOnce())
    order = EpochSampler(num_cases, seed=0, num_replicas=ranks, rank=rank)
    trainer = SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=1,
        train_data_loader=DataLoader(Dataset(cases), batch_size=1, sampler=order),
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.0),
        loss_function=lambda logits, target: logits.sum() * 0,
        decollate=False,
        train_handlers=[detector],
    )
    trainer.run()
    passed = EvaluationPass(cases, network, lambda image, net: net(image))
    return {
        "curves": {c: list(curve.iou + curve.confidence) for c, curve in detector.curves.items()},
        "cases": sorted(case.case_id for case in gathered_predictions(passed.predictions())),
    }


@pytest.mark.filterwarnings("ignore")  # of a process group that ends with its process
@pytest.mark.parametrize("num_cases", [3, 1], ids=["uneven", "one rank empty"])
def test_processes_count_as_one_and_do_not_hang(tmp_path, num_cases):
    """46 | several processes: uneven shards, padding, a rank without data | continues: counts are those of one."""
    alone = counted(0, 1, num_cases)
    assert alone["cases"] == [f"case_{i}" for i in range(num_cases)]
    first, second = in_processes(lambda rank: counted(rank, 2, num_cases), tmp_path)
    for c, curve in alone["curves"].items():
        assert first["curves"][c] == second["curves"][c] == pytest.approx(curve, abs=1e-9, nan_ok=True)
    assert (first["cases"], second["cases"]) == (alone["cases"], [])


def parts(cases, network, store):
    detector = MemorizationDetector(NAMES, AtOnce())
    return detector, LabelCorrector(detector, store, EvaluationPass(cases, network, lambda image, net: net(image)))


def bare_trainer(network, cases):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.0)
    return SupervisedTrainer(
        torch.device("cpu"), 1, DataLoader(cases), network, optimizer, lambda logits, _: logits.sum()
    )


def test_a_second_attachment_is_refused(cases, network, store):
    """47 | handler attached twice, after the saver, or to the evaluator | stops when it is attached."""
    trainer = bare_trainer(network, cases)
    detector, corrector = parts(cases, network, store)
    for handler, other in ((detector, parts(cases, network, store)[0]), (corrector, None)):
        handler.attach(trainer)
        with pytest.raises(ValueError, match="is attached already; expected one engine, attached once"):
            handler.attach(trainer)
        if other is not None:
            with pytest.raises(ValueError, match="found another MemorizationDetector attached to this engine"):
                other.attach(trainer)


def test_an_attachment_behind_a_saver_is_refused(cases, network, store, tmp_path):
    """47 | handler attached twice, after the saver, or to the evaluator | stops when it is attached."""
    trainer = bare_trainer(network, cases)
    detector, corrector = parts(cases, network, store)
    detector.attach(trainer)
    CheckpointSaver(str(tmp_path), {"network": network}, save_interval=1).attach(trainer)
    with pytest.raises(
        ValueError, match=r"found a CheckpointSaver attached before it.*attach the LabelCorrector first"
    ):
        corrector.attach(trainer)


def test_an_attachment_to_an_evaluator_is_refused(cases, network, store):
    """47 | handler attached twice, after the saver, or to the evaluator | stops when it is attached."""
    evaluator = SupervisedEvaluator(torch.device("cpu"), DataLoader(cases), network)
    detector, _ = parts(cases, network, store)
    with pytest.raises(ValueError, match="found a SupervisedEvaluator, expected a trainer; attach it to the trainer"):
        detector.attach(evaluator)


class Payload:
    """What makes a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return os.mkdir, (self.marker,)


@pytest.fixture
def marker(tmp_path):
    path = tmp_path / "code was run"
    pickle.loads(pickle.dumps(Payload(path)))
    path.rmdir()
    yield path
    assert not path.exists()


def test_a_checkpoint_with_a_payload_is_refused(stopped, marker):
    """48 | hostile input: payloads, arrays of objects, case ids as paths, overrides as code | stops; nothing is run."""
    (path,) = (stopped / "checkpoints").glob("*.pt")
    state = torch.load(path, weights_only=True)
    torch.save(state | {"network": Payload(marker)}, path)
    with pytest.raises(StoreError, match=rf"{path.name}: cannot be read \(UnpicklingError\).*nothing in it was run"):
        new_run(stopped)


def test_an_array_of_objects_in_the_store_is_refused(store, marker, tmp_path):
    """48 | hostile input: payloads, arrays of objects, case ids as paths, overrides as code | stops; nothing is run."""
    with store.transaction() as transaction:
        transaction.put("a", GIVEN, GIVEN[::-1].copy())
    (path,) = (store.folder / "corrections").iterdir()
    np.save(tmp_path / "objects.npy", np.array([Payload(marker)]), allow_pickle=True)
    path.write_bytes((tmp_path / "objects.npy").read_bytes())
    with pytest.raises(StoreError, match=f"{path.name}.*"):
        LabelStore(store.folder).current_label("a", GIVEN)


def test_an_archive_with_objects_or_with_paths_is_not_unpacked(marker, tmp_path):
    """48 | hostile input: payloads, arrays of objects, case ids as paths, overrides as code | stops; nothing is run."""
    folder = tmp_path / "inner"
    folder.mkdir()
    masks = {"a": np.ones((2, 3, 3)), "b": np.ones((2, 3, 3))}
    np.savez(folder / "masks.npz", **masks)
    assert len(read_raters(folder / "masks.npz", spacing=(1, 1))[0]) == 2
    np.savez(folder / "masks.npz", **masks, evil=np.array([Payload(marker)]))
    with pytest.raises(DataError, match=r"case 'evil': .*expected an array without objects"):
        read_raters(folder / "masks.npz", spacing=(1, 1))
    np.savez(folder / "masks.npz", **masks, **{"../../c": np.ones((2, 3, 3))})
    assert len(read_raters(folder / "masks.npz", spacing=(1, 1))[0]) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["inner"]
    assert [path.name for path in folder.iterdir()] == ["masks.npz"]


def test_a_case_id_that_is_a_path_stays_in_the_store(tmp_path):
    """48 | hostile input: payloads, arrays of objects, case ids as paths, overrides as code | stops; nothing is run."""
    store = LabelStore(tmp_path / "run" / "store")
    with store.transaction() as transaction:
        transaction.put("../../x", GIVEN, GIVEN[::-1].copy())
    assert np.array_equal(store.current_label("../../x", GIVEN), GIVEN[::-1])
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["store"]


def test_an_override_that_is_code_is_refused(marker):
    """48 | hostile input: payloads, arrays of objects, case ids as paths, overrides as code | stops; nothing is run."""
    config = str(os.path.join(os.path.dirname(__file__), "../../bundles/adele_segmentation/configs/train.json"))
    check_bundle_overrides(["run", "--config_file", config, "--seed", "3"])
    code = f"$__import__('os').mkdir('{marker}')"
    with pytest.raises(AdeleError, match=r"^--seed: found an expression that does more than compute"):
        check_bundle_overrides(["run", "--config_file", config, "--seed", code])


def test_a_half_written_checkpoint_is_named(tmp_path):
    """41 | killed while saving a checkpoint | nothing lost: the one before is whole, the run goes on from it."""
    network = new_network()
    (tmp_path / "checkpoint_epoch=1.pt").write_bytes(b"half")
    with pytest.raises(StoreError, match=r"checkpoint_epoch=1\.pt: cannot be read .*remove it to go on"):
        RunCheckpoint(tmp_path, {"network": network}, resume=True).attach(bare_trainer(network, []))
