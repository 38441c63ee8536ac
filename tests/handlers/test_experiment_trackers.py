"""MONAI's own TensorBoard and MLflow handlers write down one scalar a class; what they wrote is read back."""

import math
import struct

import pytest
import torch
from ignite.engine import Events
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from monai.handlers import TensorBoardStatsHandler
from monai.losses import DiceCELoss

from monai_adele.functional import OnsetDecision
from monai_adele.handlers import EvaluationPass, LabelCorrector, MemorizationDetector, TruthMonitor
from monai_adele.inferers import MultiScaleInferer
from monai_adele.losses import AdeleLoss
from monai_adele.store import LabelStore
from monai_adele.transforms import CurrentLabeld

from .conftest import CLASS_NAMES

OURS = {"train_iou_left", "train_iou_right", "corrected_voxels", "truth_iou_left", "memorization_right"}


class AtOnce:
    """A rule that says yes at once."""

    def decide(self, curve):
        return OnsetDecision(1, "by hand", None)


def run(cases, network, folder, tracker):
    """Train three epochs with a tracker attached last; the metrics that the engine had after each."""
    store = LabelStore(folder / "store")
    cases = [case | {"truth": case["label"].clone(), "given": case["label"].clone()} for case in cases]
    for case in cases:
        case["given"][:, 6:] = 0
    units = Dataset(cases, CurrentLabeld("label", store))
    detector = MemorizationDetector(CLASS_NAMES, AtOnce())
    source = EvaluationPass(units, network, MultiScaleInferer())
    trainer = SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=3,
        train_data_loader=DataLoader(units, batch_size=2),
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.1),
        loss_function=AdeleLoss(DiceCELoss(to_onehot_y=True, softmax=True)),
        inferer=MultiScaleInferer(),
        train_handlers=[detector, LabelCorrector(detector, store, source), TruthMonitor(CLASS_NAMES), tracker],
    )
    history = []
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: history.append(dict(engine.state.metrics)))
    trainer.run()
    return history


def check(written, history):
    """``written`` holds ``[(step, value), ...]`` of each name."""
    assert set(written) >= OURS
    for name in OURS:
        steps, values = zip(*written[name], strict=True)
        assert steps == (1, 2, 3)
        assert values == pytest.approx([metrics[name] for metrics in history], rel=1e-6, nan_ok=True)
    assert any(not math.isnan(value) and value > 0 for _, value in written["train_iou_left"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_shows_a_curve_a_class(cases, network, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    tracker = TensorBoardStatsHandler(log_dir=str(tmp_path / "runs"), iteration_log=False)
    history = run(cases, network, tmp_path, tracker)
    tracker.close()
    events = accumulator.EventAccumulator(str(tmp_path / "runs"))
    events.Reload()
    written = {name: [(event.step, event.value) for event in events.Scalars(name)] for name in events.Tags()["scalars"]}
    check(written, [{name: as_float32(value) for name, value in metrics.items()} for metrics in history])


def as_float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


@pytest.mark.filterwarnings("ignore")  # of what MLflow depends on
def test_mlflow_shows_a_curve_a_class(cases, network, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    from monai.handlers import MLFlowHandler  # looks for mlflow as it is imported

    monkeypatch.chdir(tmp_path)
    place = f"sqlite:///{tmp_path}/mlruns.db"
    tracker = MLFlowHandler(tracking_uri=place, iteration_log=False, close_on_complete=True)
    history = run(cases, network, tmp_path, tracker)
    client = mlflow.MlflowClient(place)
    [found] = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    written = {
        name: [(metric.step, metric.value) for metric in client.get_metric_history(found.info.run_id, name)]
        for name in found.data.metrics
    }
    check(written, history)
