import numpy as np
import pytest

from monai_adele.data import EpochSampler


def order(epoch, **settings):
    sampler = EpochSampler(**{"num_items": 50, "seed": 3, **settings})
    sampler.set_epoch(epoch)
    return list(sampler)


def test_every_index_comes_once():
    assert sorted(order(4)) == list(range(50))
    assert len(EpochSampler(7, seed=0)) == 7
    assert order(1, num_items=1) == [0]


def test_the_order_depends_on_seed_and_epoch_only():
    np.random.seed(0)
    first = order(4)
    np.random.seed(1)
    assert order(4) == first
    assert order(5) != first
    assert order(4, seed=4) != first


def test_without_shuffling_the_order_is_ascending():
    assert order(4, shuffle=False) == list(range(50))


def test_no_items_are_refused():
    with pytest.raises(ValueError, match="num_items: found 0"):
        EpochSampler(0, seed=0)
