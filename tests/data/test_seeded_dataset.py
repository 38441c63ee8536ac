import pickle
import random

import numpy as np
import pytest
import torch
from monai.data import CacheDataset, DataLoader
from monai.transforms import (
    Compose,
    Identityd,
    Lambdad,
    OneOf,
    RandAffined,
    RandCropByPosNegLabeld,
    RandGaussianNoised,
    RandomizableTransform,
    RandScaleIntensityd,
    RandZoomd,
)

from monai_adele.data import EpochSampler, SeededDataset
from monai_adele.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
CASE_IDS = [f"case_{number}" for number in range(5)]


class DrawsFromEverywhere(RandomizableTransform):
    """Draws from its own state, from a hidden member's, and from all global ones."""

    def __init__(self):
        super().__init__()
        self.hidden = {"one": [RandScaleIntensityd("image", 0.5, prob=1.0)]}

    def set_random_state(self, seed=None, state=None):
        return super().set_random_state(seed, state)

    def __call__(self, item):
        item = self.hidden["one"][0](item)
        draws = [self.R.rand(), np.random.rand(), random.random(), float(torch.rand(()))]
        return {**item, "draws": torch.tensor(draws, dtype=torch.float64)}


def make_dataset(*transforms, seed=0, case_ids=CASE_IDS):
    items = [{"image": torch.arange(36.0).reshape(1, 6, 6) / 36 + 1, "case_id": name} for name in case_ids]
    return SeededDataset(CacheDataset(items, Compose([Identityd("image")]), progress=False), transforms, seed=seed)


def augmentation():
    return (
        RandAffined("image", prob=0.7, rotate_range=1.0, translate_range=2.0),
        OneOf([RandGaussianNoised("image", prob=1.0), RandZoomd("image", prob=1.0)]),
        DrawsFromEverywhere(),
    )


def run(dataset, num_workers, epochs=(1, 2), **settings):
    """Return every item of every epoch, by epoch and case."""
    sampler = EpochSampler(len(dataset), seed=0)
    loader = DataLoader(dataset, batch_size=2, sampler=sampler, num_workers=num_workers, **settings)
    drawn = {}
    for epoch in epochs:
        dataset.set_epoch(epoch)
        sampler.set_epoch(epoch)
        for batch in loader:
            for name, image, draws in zip(batch["case_id"], batch["image"], batch["draws"], strict=True):
                drawn[epoch, name] = torch.cat([torch.as_tensor(image).flatten().double(), draws])
    return drawn


def require_equal(first, second):
    assert first.keys() == second.keys()
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_items_are_equal_for_any_number_of_workers_persistent_or_not():
    expected = run(make_dataset(*augmentation()), 0)
    require_equal(run(make_dataset(*augmentation()), 2), expected)
    require_equal(run(make_dataset(*augmentation()), 2, persistent_workers=True), expected)


def test_items_are_equal_in_a_run_that_starts_at_a_later_epoch():
    expected = run(make_dataset(*augmentation()), 0, epochs=(1, 2, 3))
    resumed = run(make_dataset(*augmentation()), 0, epochs=(3,))
    require_equal(resumed, {key: value for key, value in expected.items() if key[0] == 3})


def test_items_differ_between_epochs_cases_and_seeds():
    drawn = run(make_dataset(*augmentation()), 0)
    other = run(make_dataset(*augmentation(), seed=1), 0)
    rows = torch.stack([*drawn.values(), *other.values()])
    for column in (*range(-4, 0), 7):
        assert len(rows[:, column].unique()) == len(rows)


def test_a_cases_draws_do_not_depend_on_other_cases_or_its_place():
    few = make_dataset(*augmentation(), case_ids=CASE_IDS[3:])
    many = make_dataset(*augmentation())
    assert torch.equal(few[0]["draws"], many[3]["draws"])
    assert torch.equal(many[3]["image"], few[0]["image"])


def test_the_global_random_states_are_put_back():
    dataset = make_dataset(*augmentation())
    states = []
    for touch in (lambda: None, lambda: dataset[0]):
        np.random.seed(1)
        random.seed(1)
        torch.manual_seed(1)
        touch()
        states.append((np.random.rand(), random.random(), float(torch.rand(()))))
    assert states[0] == states[1]


def test_the_global_random_states_are_put_back_after_an_error():
    def fail(_):
        raise ZeroDivisionError

    dataset = make_dataset(Lambdad("image", fail))
    states = []
    for number in range(2):
        np.random.seed(1)
        if number:
            with pytest.raises(RuntimeError):
                dataset[0]
        states.append(np.random.rand())
    assert states[0] == states[1]


def test_several_crops_of_one_case_differ_and_repeat():
    label = torch.zeros(1, 12, 12)
    label[:, 3:8, 3:8] = 1
    items = [{"image": torch.rand(1, 12, 12), "label": label, "case_id": name} for name in CASE_IDS]
    crop = RandCropByPosNegLabeld(["image", "label"], "label", (4, 4), num_samples=3)
    batches = []
    for num_workers in (0, 2):
        dataset = SeededDataset(items, crop, seed=0)
        batches.append(next(iter(DataLoader(dataset, batch_size=5, num_workers=num_workers)))["image"])
    assert batches[0].shape == (15, 1, 4, 4)
    assert torch.equal(*(torch.as_tensor(batch) for batch in batches))
    assert len(torch.as_tensor(batches[0]).flatten(1).unique(dim=0)) > 5


def test_a_copy_sent_to_a_worker_by_pickle_draws_the_same():
    dataset = make_dataset(*augmentation())
    copy = pickle.loads(pickle.dumps(dataset))
    assert torch.equal(copy[2]["draws"], dataset[2]["draws"])


def test_no_transform_hands_the_item_on():
    assert make_dataset()[1]["case_id"] == "case_1"


def test_an_item_without_case_id_is_refused():
    with pytest.raises(DataError, match="without 'case_id'"):
        SeededDataset([{"image": 1}], seed=0)[0]
