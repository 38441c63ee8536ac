"""Each bundle from MONAI's own command, far from the sources: copied out, trained, resumed, tested and applied."""

import json
import subprocess
import sys

import pytest

from monai_adele.data.folder_cases import case_id_of

RUN = ("-W", "ignore", "-m", "monai.bundle", "run")
# each bundle with override files, options of a training of seconds on data that it makes itself, and its images' folder
BUNDLES = {
    "adele_segmentation": (["noise"], ["--spatial_dims", "2", "--phantom_cases", "10"], "imagesTr"),
    "adele_weakly_supervised": (
        [],
        ["--phantom_train", "6", "--phantom_test", "3", "--schedule_epochs", "2"],
        "JPEGImages",
    ),
}


def run_python(folder, *words):
    result = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_is_copied_trained_resumed_tested_and_applied(name, tmp_path):
    overrides, small, images_name = BUNDLES[name]
    run_python(tmp_path, "-m", "monai_adele", "bundle", name, "--out", "bundle")
    train, run = [f"bundle/configs/{each}.json" for each in ["train", *overrides]], tmp_path / "run"
    options = ("--bundle_root", "bundle", "--output_dir", "run", *small)
    run_python(tmp_path, *RUN, "--config_file", str(train), *options, "--max_epochs", "1")
    run_python(tmp_path, *RUN, "--config_file", str(train), *options, "--max_epochs", "2", "--resume", "true")
    assert json.loads((run / "summary.json").read_text())["epochs"] == 2
    run_python(tmp_path, *RUN, "--config_file", str([train[0], "bundle/configs/evaluate.json"]), *options)
    images, config = run / "phantom" / images_name, "bundle/configs/inference.json"
    run_python(tmp_path, *RUN, "--config_file", config, "--run_dir", "run", "--dataset_dir", str(images))
    predicted = {case_id_of(path.name) for path in (run / "predictions").iterdir()}
    assert predicted == {case_id_of(path.name) for path in images.iterdir()}
