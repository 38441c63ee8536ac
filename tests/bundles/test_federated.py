"""MONAI's federated client drives the bundle: labels and curves stay with the client and survive the rounds."""

import hashlib
import shutil
from pathlib import Path

import pytest
import torch
from bundle_settings import EAGER
from monai.fl.client import MonaiAlgo
from monai.fl.utils.constants import ExtraItems, ModelType
from monai.fl.utils.exchange_object import ExchangeObject

from monai_adele.phantom import write_phantom
from monai_adele.store import LabelStore

BUNDLE = Path(__file__).parents[2] / "bundles" / "adele_segmentation"
TRAIN = ["configs/train.json", "configs/federated.json"]
pytestmark = pytest.mark.filterwarnings("ignore")  # MONAI's own, such as that a server's config is code


def settings(folder, dataset):
    """Onsets after the second epoch, corrections from the third on: the first round has three."""
    small = {"spatial_dims": 2, "batch_size": 2, "channels": [4, 8, 16], "scales": [1.0], "num_test": 0}
    eager = {"onset_rule": EAGER | {"min_rise": 1.0}, "tau_foreground": 0.0, "tau_background": 0.0, "min_iou": 0.0}
    return small | eager | {"dataset_dir": str(dataset), "output_dir": str(folder / "run"), "num_validation": 2}


def client(folder, dataset):
    """A client whose app folder holds its own copy of the bundle."""
    if not (folder / "bundle").exists():
        shutil.copytree(BUNDLE, folder / "bundle")
    chosen = settings(folder, dataset)
    algorithm = MonaiAlgo(
        "bundle",
        local_epochs=3,
        send_weight_diff=False,
        config_train_filename=TRAIN,
        train_kwargs=chosen,
        config_evaluate_filename=[*TRAIN, "configs/evaluate.json"],
        eval_kwargs=dict(chosen),
    )
    algorithm.initialize({ExtraItems.CLIENT_NAME: folder.name, ExtraItems.APP_ROOT: str(folder)})
    return algorithm


def averaged(updates):
    return {name: torch.stack([update[name] for update in updates]).mean(0) for name in updates[0]}


def train_round(clients, weights):
    """One round of federated averaging; returns the weights of the server after it."""
    for algorithm in clients:
        algorithm.train(ExchangeObject(weights=weights))
    return averaged([algorithm.get_weights().weights for algorithm in clients])


def facts(algorithm):
    """Version of the store, curves and onsets of a client."""
    detector = algorithm.train_workflow.parser.get_parsed_content("detector")
    store = LabelStore(Path(algorithm.train_workflow.parser["output_dir"]) / "store")
    curves = {c: list(curve.iou) for c, curve in detector.curves.items()}
    return store, curves, {c: decision.epoch for c, decision in detector.onsets.items()}


def changes(algorithm):
    return [(entry.version, entry.epoch, entry.case_id, entry.transitions) for entry in facts(algorithm)[0].journal()]


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.nii.gz"))}


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    return [
        write_phantom(folder / name, spatial_dims=2, num_cases=n, size=(32, 32)) for name, n in (("a", 6), ("b", 7))
    ]


@pytest.fixture
def folders(tmp_path):
    return [tmp_path / "hospital_a", tmp_path / "hospital_b"]


def start(folders, datasets):
    return [client(folder, dataset) for folder, dataset in zip(folders, datasets, strict=True)]


def test_labels_and_curves_of_each_client_survive_the_rounds(folders, datasets):
    before = [digests(dataset) for dataset in datasets]
    clients = start(folders, datasets)
    weights = train_round(clients, clients[0].get_weights().weights)
    name, value = next(iter(weights.items()))
    assert not any(torch.equal(algorithm.get_weights().weights[name], value) for algorithm in clients)
    first = [facts(algorithm) for algorithm in clients]
    versions = [store.version for store, _, _ in first]
    cases = [store.case_ids() for store, _, _ in first]
    assert min(versions) > 0
    weights = train_round(clients, weights)
    for algorithm, version, ids, (_, curves, onsets) in zip(clients, versions, cases, first, strict=True):
        store, after, later = facts(algorithm)
        assert store.version > version
        assert set(ids) <= set(store.case_ids(version))
        assert {c: curve[:3] for c, curve in after.items()} == curves
        assert {len(curve) for curve in after.values()} == {6}
        assert {c: epoch for c, epoch in later.items() if onsets[c] is not None} == {
            c: e for c, e in onsets.items() if e
        }
    assert [digests(dataset) for dataset in datasets] == before
    metrics = clients[0].evaluate(ExchangeObject(weights=weights)).metrics
    assert 0 <= metrics["mean_iou"] <= 1


def test_a_client_that_is_started_anew_goes_on_as_one_that_was_not(folders, datasets, tmp_path):
    (steady,) = start(folders[:1], datasets[:1])
    weights = train_round([steady], steady.get_weights().weights)
    shutil.copytree(folders[0], tmp_path / "moved")
    restarted = client(tmp_path / "moved", datasets[0])
    assert facts(restarted)[1:] == facts(steady)[1:]
    after = [train_round([algorithm], weights) for algorithm in (steady, restarted)]
    assert all(torch.equal(after[0][name], after[1][name]) for name in weights)
    assert facts(restarted)[1:] == facts(steady)[1:]
    assert changes(restarted) == changes(steady)


def test_the_networks_are_where_the_client_looks_for_them(folders, datasets):
    (algorithm,) = start(folders[:1], datasets[:1])
    train_round([algorithm], algorithm.get_weights().weights)
    final = algorithm.get_weights({ExtraItems.MODEL_TYPE: ModelType.FINAL_MODEL}).weights
    assert all(torch.equal(value, final[name]) for name, value in algorithm.get_weights().weights.items())
    assert set(algorithm.get_weights({ExtraItems.MODEL_TYPE: ModelType.BEST_MODEL}).weights) == set(final)
