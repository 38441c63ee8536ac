"""What the quality of a label is made of, by hand and by laws."""

import numpy as np
import pytest

from monai_adele.audit import contradiction, quality_parts, quality_score
from monai_adele.noise import Dilate, Erode, Shift

SPACING = (2.0, 1.0)


def disk(radius, center=(20, 20)):
    x, y = np.indices((40, 40))
    return (2 * (x - center[0])) ** 2 + (y - center[1]) ** 2 <= radius**2


def parts_of(given, wanted, sure=0.9):
    """The parts of a label, where the network is so sure of what is wanted."""
    chance = np.where(wanted, sure, 1 - sure)
    against = contradiction(given.astype(int), np.stack([1 - chance, chance]))
    return quality_parts(given, wanted, SPACING, against=against, probs=chance)


def test_volumes_and_overlap_are_counted():
    given, wanted = np.zeros((2, 4, 4), bool)
    given[:2, :2], wanted[:2, :3] = True, True
    parts = parts_of(given, wanted)
    assert (parts.dice, parts.volume_ratio) == (0.8, pytest.approx(4 / 6))
    assert (parts.given_ml, parts.reference_ml) == (0.08, pytest.approx(0.12))  # square cm in 2D


def test_evidence_is_summed_over_the_root_of_the_area():
    given, wanted = np.zeros((2, 4, 4), bool)
    given[:2, :2], wanted[:2, :3] = True, True
    parts = parts_of(given, wanted)
    assert parts.evidence == pytest.approx(2 * np.log(9.0) ** 2 / np.sqrt(6))


def test_a_perfect_label_has_the_score_one():
    mask = disk(12)
    parts = parts_of(mask, mask)
    assert (quality_score(parts.evidence), parts.mean_distance_mm, parts.volume_ratio) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize("noise", [Erode(radius_mm=2.0), Dilate(radius_mm=2.0), Shift(distance_mm=2.0)])
def test_more_noise_gives_a_lower_score(noise):
    mask = disk(12)
    scores = []
    for strength in (0.0, 1.0, 2.0, 3.0):
        noisy = noise.with_strength(strength)(mask.astype(int), SPACING, np.random.default_rng(1)) == 1
        scores.append(quality_score(parts_of(noisy, mask).evidence))
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4


def test_a_confident_contradiction_weighs_more_than_an_unsure_one():
    given, wanted = disk(8), disk(12)
    sure, unsure = (parts_of(given, wanted, sure) for sure in (0.95, 0.6))
    assert quality_score(sure.evidence) < quality_score(unsure.evidence)


def test_a_missing_structure_has_no_distance_and_a_low_score():
    nothing = np.zeros((40, 40), bool)
    parts = parts_of(nothing, disk(12), 0.99)
    assert (parts.mean_distance_mm, parts.volume_ratio, parts.dice) == (None, 0.0, 0.0)
    assert quality_score(parts.evidence) < 0.3


def test_evidence_that_is_no_number_has_no_score():
    with pytest.raises(ValueError, match="nan"):
        quality_score(float("nan"))
