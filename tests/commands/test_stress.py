"""The command that finds out what noise in the labels would cost."""

import json

import pytest
from monai.bundle import ConfigParser
from small_bundles import BUNDLES

from monai_adele.__main__ import main
from monai_adele.experiments import GridRunner, TrialRecord, append_trial_record, read_grid, read_trial_records
from monai_adele.phantom import write_phantom

TRAIN = BUNDLES / "adele_segmentation" / "configs" / "train.json"
SMALL = ["--spatial_dims", "2", "--channels", "[4, 8]", "--max_epochs", "1", "--batch_size=2", "--num_train", "3"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_phantom(tmp_path_factory.mktemp("data") / "set", spatial_dims=2, num_cases=6, size=(32, 32))


@pytest.fixture
def stress(tmp_path, data, monkeypatch):
    """Begin a small test in a folder, with time for nothing, unless it is given some."""
    monkeypatch.chdir(tmp_path)

    def begin(*words, out="out"):
        common = ["--config", str(TRAIN), "--dataset_dir", str(data), "--noises", "large", "--seeds", "1", "--out", out]
        return main(["stress", *common, *SMALL, *(words or ["--minutes", "0"])])

    return begin


def config_of(trial):
    parser = ConfigParser(ConfigParser.load_config_files([str(path) for path in trial.config_files]))
    parser.update({key: value for key, value in trial.settings.items() if key[0] != "+"})
    return parser


def test_a_run_of_the_test_is_one_of_the_bundle_with_noise_and_a_clock(stress, tmp_path):
    assert stress("--levels", "0.7", "--minutes", "0") == 0
    trial = read_grid(tmp_path / "out" / "stress.json").trials()[1]
    GridRunner(tmp_path / "out").run([trial])
    (record,) = read_trial_records(tmp_path / "out" / "records.jsonl").values()
    assert (record.id, record.status) == ("data-large_0_7-plain-seed1", "done")
    assert record.settings["consistency_weight"] == 0
    assert 0.3 < record.label_iou["given"] < 0.8
    assert record.seconds["cpu"] > 0


def test_only_adele_corrects_and_only_noise_changes_labels(stress, tmp_path):
    assert stress("--levels", "0.7", "--consistency_weight", "2", "--minutes", "0") == 0
    configs = {trial.id: config_of(trial) for trial in read_grid(tmp_path / "out" / "stress.json").trials()}
    plain, adele = configs["data-large_0_7-plain-seed1"], configs["data-large_0_7-adele-seed1"]
    assert [(one["correct"], one["consistency_weight"]) for one in (plain, adele)] == [(False, 0.0), (True, 2)]
    assert plain["noise_model"] == adele["noise_model"]
    assert plain["noise_model#_target_"].endswith("ToDice")
    assert configs["data-none-adele-seed1"]["noise_model"]["radius_mm"] == [0, 0]
    assert len({str(one["noise"]) for one in configs.values()}) == 1


def test_the_report_is_made_of_the_records_and_failures_are_told(stress, tmp_path, capsys):
    assert stress("--levels", "0.7", "--minutes", "0") == 0
    trials = read_grid(tmp_path / "out" / "stress.json").trials()
    for trial, iou in zip(trials, (0.8, 0.6, 0.7, None), strict=True):
        facts = {"id": trial.id, "data": trial.data, "noise": trial.noise, "method": trial.method, "seed": 1}
        facts |= {"digest": trial.digest(), "status": "done" if iou else "failed", "reason": "" if iou else "no luck"}
        record = TrialRecord(**facts, test_iou={"best": iou, "last": iou} if iou else {})
        append_trial_record(tmp_path / "out" / "records.jsonl", record)
    assert main(["stress", "--out", "out"]) == 1
    told = capsys.readouterr()
    assert "Nothing here tells whether they are" in told.out
    assert "brought back 10.0 hundredths of the IoU of it (50 %)" in told.out
    assert "data-none-adele-seed1 failed: no luck (out/data-none-adele-seed1/log.txt)" in told.err
    assert "| structures too large | 0.7 " in (tmp_path / "out" / "stress.md").read_text()
    assert (tmp_path / "out" / "stress.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_begun_is_written_down_and_gone_on_with_by_its_folder_alone(stress, tmp_path, capsys):
    assert stress() == 0
    grid = read_grid(tmp_path / "out" / "stress.json")
    assert list(grid.noises) == ["none", "large_0_85", "large_0_7"]
    assert grid.data["data"].settings["channels"] == [4, 8]
    assert grid.data["data"].title == "set"
    assert "6 runs are left" in capsys.readouterr().out
    assert main(["stress", "--out", "out", "--minutes", "0"]) == 0
    assert "6 runs are left" in capsys.readouterr().out


def test_a_relative_folder_of_data_becomes_absolute(stress, tmp_path, data):
    (tmp_path / "near").symlink_to(data)
    assert stress("--dataset_dir", "near", "--minutes", "0") == 0
    settings = read_grid(tmp_path / "out" / "stress.json").data["data"].settings
    assert settings["dataset_dir"] == str(data.resolve())


def test_without_data_the_phantom_is_made_once_for_all_runs(tmp_path):
    assert main(["stress", "--config", str(TRAIN), "--out", str(tmp_path / "out"), "--minutes", "0"]) == 0
    settings = read_grid(tmp_path / "out" / "stress.json").data["data"].settings
    assert settings["phantom_dir"] == "{out}/phantom"


def test_all_that_is_wrong_is_told_at_once(stress, capsys):
    words = ["--levels", "high", "2", "--max_epoch", "3", "--correct", "False", "--num_test", "0", "--imports", "$x"]
    assert stress(*words, "--dataset_dir", "nowhere", "--noises", "lrge", "--seeds", "-3") == 1
    told = capsys.readouterr().err
    for expected in (
        "--levels: found 'high'",
        "--levels: found 2,",
        "--max_epoch: found an unknown key, expected one that the bundle has; did you mean 'max_epochs'",
        "--correct: found a key that the stress test sets itself",
        "--num_test: found 0",
        "--imports: found an expression",
        "--dataset_dir: found no nowhere",
        "--noises: lrge: found no such noise, expected a name or a .json file; did you mean 'large'",
        "--seeds: found -3",
    ):
        assert expected in told


def test_config_files_that_are_missing_are_named(tmp_path, capsys):
    (tmp_path / "train.json").write_text("{}")
    files = [str(tmp_path / "train.json"), str(tmp_path / "more.json"), str(tmp_path / "more.yaml")]
    assert main(["stress", "--config", *files, "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert "more.json: found no file" in told
    assert "more.yaml: found no JSON file" in told
    assert "found no noise.json beside" in told
    assert "found no baseline.json beside" in told


def test_a_folder_without_a_test_is_refused(tmp_path, capsys):
    assert main(["stress", "--out", str(tmp_path)]) == 1
    assert "found no stress.json" in capsys.readouterr().err
    assert main(["stress", "--out", str(tmp_path), "--noises", "walk", "--max_epochs", "3"]) == 1
    assert "found --noises, --max_epochs without --config" in capsys.readouterr().err


def test_runs_of_other_settings_are_not_mixed(stress, tmp_path, capsys):
    assert stress() == 0
    before = (tmp_path / "out" / "stress.json").read_bytes()
    record = {"id": "data-none-plain-seed1", "data": "data", "noise": "none", "method": "plain", "seed": 1}
    (tmp_path / "out" / "records.jsonl").write_text(json.dumps(record | {"status": "failed", "digest": "other"}) + "\n")
    assert stress("--learning_rate", "0.1", "--minutes", "0") == 1
    assert "holds 1 runs made with other config files or settings" in capsys.readouterr().err
    assert (tmp_path / "out" / "stress.json").read_bytes() == before


def test_other_commands_take_no_keys_of_bundles(capsys):
    with pytest.raises(SystemExit):
        main(["compare", "a", "--max_epochs", "3"])
    assert "unrecognized arguments: --max_epochs 3" in capsys.readouterr().err
