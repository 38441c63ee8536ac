"""Tests of the noises of a stress test."""

import json

import numpy as np
import pytest

from monai_adele.errors import DataError
from monai_adele.experiments import STRESS_NOISES, stress_noises
from monai_adele.noise import Erode, noise_from_config, noise_to_config, preset
from monai_adele.phantom import make_phantom

CASE = make_phantom(3)


def dice(first, second):
    ids = [c for c in np.unique(first) if c]
    return np.mean([2 * ((first == c) & (second == c)).sum() / ((first == c).sum() + (second == c).sum()) for c in ids])


def model(entry):
    return noise_from_config(entry["settings"]["noise_model"])


@pytest.mark.parametrize("name", STRESS_NOISES)
def test_every_noise_reaches_the_dice_that_it_is_named_for(name):
    for key, level in ((f"{name}_0_85", 0.85), (f"{name}_0_7", 0.7)):
        noise = model(stress_noises([name], [0.85, 0.7])[key])
        reached = [dice(CASE.label, noise(CASE.label, CASE.spacing, np.random.default_rng(s))) for s in range(2)]
        assert np.mean(reached) == pytest.approx(level, abs=0.05)


def test_at_its_own_strength_a_preset_is_itself():
    assert stress_noises(["distance_3_5"], [None])["distance_3_5"] == {
        "title": "preset distance_3_5",
        "settings": {"noise_model": noise_to_config(preset("distance_3_5"))},
    }


def test_a_noise_without_a_strength_stands_there_once_as_it_is():
    assert list(stress_noises(["superpixel_30_50"], [0.9, 0.8])) == ["superpixel_30_50"]


def test_a_noise_can_be_a_file(tmp_path):
    (tmp_path / "My eager-hand.json").write_text(json.dumps(noise_to_config(Erode(radius_mm=2))))
    found = stress_noises([str(tmp_path / "My eager-hand.json")], [0.8, None])
    assert list(found) == ["my_eager_hand_0_8", "my_eager_hand"]
    assert model(found["my_eager_hand"]) == Erode(radius_mm=2)
    assert model(found["my_eager_hand_0_8"]).noise == Erode(radius_mm=2)


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    (tmp_path / "bad.json").write_text('{"_target_": "monai_adele.noise.Erod"}')
    with pytest.raises(DataError) as caught:
        stress_noises(["walkk", str(tmp_path / "bad.json"), "nowhere.json"], [0.8, 1.0, 0.0, float("nan")])
    lines = str(caught.value).splitlines()
    assert [line.split(",")[0] for line in lines[:3]] == [f"--levels: found {x}" for x in ("1", "0", "nan")]
    assert "did you mean 'walk'?" in lines[3]
    assert "expected 'monai_adele.noise.Erode'" in lines[4]
    assert "nowhere.json: cannot be read as JSON" in lines[5]


def test_a_noise_named_twice_is_refused():
    with pytest.raises(DataError, match="walk: stands there twice"):
        stress_noises(["walk", "walk"], [0.8])
