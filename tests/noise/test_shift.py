import numpy as np
import pytest

from monai_adele.noise import Shift


def rng(seed=1):
    return np.random.default_rng(seed)


def two_blocks(shape=(40, 50, 30)):
    label = np.zeros(shape, dtype=np.uint8)
    label[15:20, 20:26, 10:15] = 1
    label[20:25, 20:30, 15:20] = 2
    return label


def centre(label, class_id):
    return np.argwhere(label == class_id).mean(axis=0)


def test_all_structures_move_together_by_the_distance_in_any_direction():
    spacing, label = np.array([1.0, 1.0, 2.0]), two_blocks()
    moves = []
    for seed in range(40):
        noisy = Shift(distance_mm=8)(label, spacing, rng(seed))
        move = [(centre(noisy, class_id) - centre(label, class_id)) * spacing for class_id in (1, 2)]
        np.testing.assert_allclose(move[0], move[1])
        assert np.linalg.norm(move[0]) == pytest.approx(8, abs=1.3)
        moves.append(move[0])
    assert np.abs(np.mean(moves, axis=0)).max() < 2.5


@pytest.mark.parametrize("dims", [2, 3])
def test_a_turn_keeps_volume_centre_and_distances(dims):
    label = two_blocks() if dims == 3 else two_blocks().max(axis=2)
    for seed in range(5):
        noisy = Shift(distance_mm=0, rotation_deg=(50, 50))(label, (1.0,) * dims, rng(seed))
        assert noisy.astype(bool).sum() == pytest.approx(label.astype(bool).sum(), rel=0.15)
        np.testing.assert_allclose(np.argwhere(noisy).mean(axis=0), np.argwhere(label).mean(axis=0), atol=0.7)
        gap = [np.linalg.norm(centre(map_, 1) - centre(map_, 2)) for map_ in (label, noisy)]
        assert gap[0] == pytest.approx(gap[1], abs=0.8)
        assert (noisy != label).any()


def test_turns_are_about_axes_in_all_directions():
    label = two_blocks()
    moved = [
        centre(Shift(distance_mm=0, rotation_deg=(90, 90))(label, (1.0,) * 3, rng(seed)), 1) - centre(label, 1)
        for seed in range(20)
    ]
    assert np.linalg.matrix_rank(np.round(moved), tol=3) == 3


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"distance_mm": -1}, r"distance_mm is -1, expected a finite number in \[0.0, inf\]"),
        ({"distance_mm": 1, "rotation_deg": 200}, r"rotation_deg is 200, expected a finite number in \[-180"),
    ],
)
def test_bad_arguments_are_refused_at_construction(arguments, match):
    with pytest.raises(ValueError, match=match):
        Shift(**arguments)
