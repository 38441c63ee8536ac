"""``kill -9`` of real training runs: at random instants and at write steps; what is resumed is the whole run.

A few kills here; ``nox -s kill`` does MONAI_ADELE_KILLS of them (40).
"""

import hashlib
import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
import torch
from bundle_settings import EAGER
from ignite.engine import Events
from monai.bundle import ConfigWorkflow
from reference.write_faults import every_write, in_child, kill_at

from monai_adele.phantom import write_phantom
from monai_adele.store import LabelStore, replayed_label

KILLS = int(os.environ.get("MONAI_ADELE_KILLS", "2"))
EPOCHS = 5
CONFIGS = Path(__file__).parents[2] / "bundles" / "adele_segmentation" / "configs"
pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # MONAI's own
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked"),
]


def train(output, dataset, step=None, pipe=None):
    """Go on with a run; tell each epoch that is done; be killed at a write step, if asked."""
    torch.set_num_threads(1)
    small = {"spatial_dims": 2, "max_epochs": EPOCHS, "batch_size": 2, "channels": [4, 8, 16], "onset_rule": EAGER}
    workflow = ConfigWorkflow(
        config_file=str(CONFIGS / "train.json"),
        workflow_type="train",
        logging_file=False,
        bundle_root=str(CONFIGS.parent),
        dataset_dir=str(dataset),
        output_dir=str(output),
        min_shift_voxels=0,
        tau_foreground=0.0,
        tau_background=0.0,
        resume=True,
        **small,
    )
    if step is not None:
        every_write(kill_at(step))
    workflow.initialize()
    trainer = workflow.parser.get_parsed_content("train#trainer")
    if pipe is not None:
        trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: os.write(pipe, bytes([engine.state.epoch])))
    workflow.run()


def result(output):
    """What makes up a finished run, without times."""
    facts = json.loads((output / "summary.json").read_text())
    weights = {name: torch.load(output / "models" / name, weights_only=True) for name in ("model.pt", "model_last.pt")}
    labels = {path.name: path.read_bytes() for path in sorted((output / "corrected_labels").iterdir())}
    return {
        "weights": {(name, key): value.tolist() for name, state in weights.items() for key, value in state.items()},
        "labels": {name: hashlib.sha256(content).hexdigest() for name, content in labels.items()},
        "curves": (output / "learning_curves.csv").read_text(),
        "onsets": facts["onsets"],
        "metrics": facts["final_metrics"],
        "voxels": facts["corrections"]["voxels"],
    }


def require_same(output, expected):
    found = result(output)
    for key, value in expected.items():
        assert found[key] == value, key


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_phantom(tmp_path_factory.mktemp("kill") / "set", spatial_dims=2, num_cases=8, size=(32, 32))


@pytest.fixture(scope="module")
def whole(dataset, tmp_path_factory):
    """The uninterrupted run: its result, and its time in seconds."""
    output = tmp_path_factory.mktemp("whole") / "run"
    started = time.monotonic()
    assert in_child(train, output, dataset) == 0
    seconds = time.monotonic() - started
    expected = result(output)
    assert expected["voxels"]
    return expected, seconds


def killed_after(seconds, output, dataset):
    """Kill a run after a time; return the last epoch that it told, and whether it was done before."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os._exit(in_process(train, output, dataset, None, writer))
    os.close(writer)
    deadline, done = time.monotonic() + seconds, False
    while time.monotonic() < deadline and not done:
        pid, status = os.waitpid(child, os.WNOHANG)
        done = pid == child
        time.sleep(0.005)
    if done:
        assert status == 0
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        done = (output / "models" / "model_last.pt").is_file()  # the last file: it was done, but for its process
    told = os.read(reader, 100)
    os.close(reader)
    return (told[-1] if told else 0), done


def in_process(function, *arguments):
    try:
        function(*arguments)
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        return 1
    return 0


def epoch_of(output):
    found = [int(path.stem.split("=")[1]) for path in (output / "checkpoints").glob("checkpoint_epoch=*.pt")]
    return max(found, default=0)


def require_whole_store(output):
    if (output / "store" / "head.json").exists():
        store = LabelStore(output / "store")
        for case_id in store.case_ids():
            correction = store.correction(case_id)
            given = correction.taken_off(store.current_label(case_id, label_for(correction)))
            assert (replayed_label(store, case_id, given) == store.current_label(case_id, given)).all()


def label_for(correction):
    """A label that the correction fits."""
    label = torch.zeros(correction.shape, dtype=torch.uint8).numpy()
    label.reshape(-1)[correction.indices] = correction.given
    return label


def test_a_run_killed_at_random_instants_loses_at_most_the_current_epoch(dataset, whole, tmp_path):
    expected, seconds = whole
    rng, kills, runs = random.Random(0), 0, 0
    while kills < KILLS:
        output, done, runs = tmp_path / str(runs), False, runs + 1
        while not done:
            before = epoch_of(output)
            instant = rng.uniform(0.05, 1.1) * seconds if kills < KILLS else 1e9
            told, done = killed_after(instant, output, dataset)
            kills += not done
            assert epoch_of(output) >= max(before, told)
            require_whole_store(output)
        require_same(output, expected)
    print(f"{kills} kills in {runs} runs")


def test_a_run_killed_at_write_steps_goes_on_to_the_same_end(dataset, whole, tmp_path):
    expected, _ = whole
    total = count_writes(tmp_path / "counted", dataset)
    assert total > 50
    for step in random.Random(1).sample(range(total), min(KILLS, total)):
        output = tmp_path / str(step)
        assert in_child(train, output, dataset, step) == -signal.SIGKILL
        require_whole_store(output)
        assert in_child(train, output, dataset) == 0
        require_same(output, expected)


def count_writes(output, dataset):
    reader, writer = os.pipe()
    os.set_blocking(reader, False)

    def counted():
        every_write(lambda step: os.write(writer, b"."))
        train(output, dataset)

    assert in_child(counted) == 0
    total = len(os.read(reader, 10**5))
    os.close(reader)
    os.close(writer)
    return total
