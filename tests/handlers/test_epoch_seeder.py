"""Tests of EpochSeeder."""

import random

import numpy as np
import pytest
import torch
from ignite.engine import Engine, Events

from monai_adele.data import EpochSampler
from monai_adele.handlers import EpochSeeder


def draws(seed, *, first_iteration=1):
    """What each iteration draws from the global states; a resumed engine starts later."""
    found = []
    engine = Engine(lambda engine, batch: found.append((torch.rand(1).item(), np.random.rand(), random.random())))
    EpochSeeder([], seed=seed).attach(engine)
    engine.state.iteration = first_iteration - 1
    engine.state.epoch = (first_iteration - 1) // 3
    engine.run(range(3), max_epochs=2, epoch_length=3)
    return found


def test_draws_depend_on_seed_and_iteration_only():
    torch.rand(7)
    first = draws(0)
    torch.rand(3)
    assert draws(0) == first
    assert draws(1) != first
    assert len(set(first)) == 6


def test_targets_learn_the_epoch_before_its_first_item():
    sampler, orders = EpochSampler(20, seed=0), []
    engine = Engine(lambda engine, batch: None)
    EpochSeeder([sampler]).attach(engine)
    engine.add_event_handler(Events.EPOCH_STARTED, lambda: orders.append((sampler.epoch, list(sampler))))
    engine.run(range(2), max_epochs=3)
    assert [epoch for epoch, _ in orders] == [1, 2, 3]
    assert orders[0][1] != orders[1][1]


def test_a_target_without_set_epoch_is_refused():
    with pytest.raises(TypeError, match="found list without set_epoch"):
        EpochSeeder([[]])
