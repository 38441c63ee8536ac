"""Every config file of every bundle, with the overrides that a user would make."""

import json
import re

import pytest
from small_bundles import SMALL_BUNDLES, run_bundle

pytestmark = pytest.mark.filterwarnings("ignore")  # MONAI's own, such as of its deprecated options
# run by other tests: with what a run trained, in several processes, in rounds
ELSEWHERE = {
    "evaluate",
    "inference",
    "deeplab_inference",
    "resnet38_inference",
    "multi_gpu_train",
    "federated",
    "metadata",
}
RUNS = [(bundle, name) for bundle in SMALL_BUNDLES for name in bundle.runs]


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """The data of each bundle, written when first asked for."""
    written = {}

    def dataset(bundle):
        if bundle.name not in written:
            written[bundle.name] = bundle.write_data(tmp_path_factory.mktemp("data") / "set")
        return written[bundle.name]

    return dataset


@pytest.mark.parametrize(("bundle", "name"), RUNS, ids=[f"{bundle.name}: {name}" for bundle, name in RUNS])
def test_a_run_with_overrides_is_whole(bundle, name, datasets, tmp_path):
    names, overrides = bundle.runs[name]
    settings = bundle.settings | overrides
    run_bundle(bundle.configs.parent, names, dataset_dir=str(datasets(bundle)), output_dir=str(tmp_path), **settings)
    facts = json.loads((tmp_path / "summary.json").read_text())
    assert facts["epochs"] == settings["max_epochs"]
    assert (tmp_path / "models" / "model_last.pt").is_file()
    recorded = {key: value for key, value in overrides.items() if key in facts["settings"]}
    assert recorded == {key: facts["settings"][key] for key in recorded}


@pytest.mark.parametrize("bundle", SMALL_BUNDLES, ids=lambda bundle: bundle.name)
def test_no_config_file_is_left_out(bundle):
    run = {file for names, _ in bundle.runs.values() for file in names}
    assert {path.stem for path in bundle.configs.glob("*.json")} - ELSEWHERE == run


@pytest.mark.parametrize("bundle", SMALL_BUNDLES, ids=lambda bundle: bundle.name)
def test_every_setting_of_the_guide_is_overridden(bundle):
    text = (bundle.configs.parent / "docs" / "README.md").read_text(encoding="utf-8")
    table = text.split("| key |")[1].split("\n\n")[0]
    listed = {key for row in table.splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])}
    overridden = {key for _, overrides in bundle.runs.values() for key in overrides} | set(bundle.settings)
    assert listed - overridden == {"dataset_dir", "output_dir", "resume"}  # of these other tests
