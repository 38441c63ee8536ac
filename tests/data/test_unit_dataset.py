import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import Compose, Identityd, Transform

from monai_adele.data import unit_dataset


class Read(Transform):
    """Stands for what reads files; notes the cases that it read."""

    def __init__(self):
        self.read = []

    def __call__(self, case):
        self.read.append(case["case_id"])
        volume = torch.zeros(1, 4, 5, 3)
        volume[:, 1, 2, 1:] = 1
        return {"image": MetaTensor(volume), "label": MetaTensor(volume.byte()), "case_id": case["case_id"]}


@pytest.mark.parametrize("slices", [False, True])
def test_cases_are_read_once_and_laid_over_at_every_access(slices):
    reader, laid_over = Read(), []

    def current_label(item):
        laid_over.append(item["case_id"])
        return item

    cases = [{"case_id": case_id} for case_id in "ab"]
    units = unit_dataset(cases, Compose([reader, Identityd("label")]), current_label, slices=slices)
    assert laid_over == []
    for _ in range(3):
        for unit in units:
            assert unit["label"].sum() in (1, 2)
    assert sorted(reader.read) == ["a", "b"]
    assert len(laid_over) == 3 * len(units)


def test_an_item_may_be_changed():
    units = unit_dataset([{"case_id": "a"}], Compose([Read()]), lambda item: item)
    units[0]["image"] += 7
    assert units[0]["image"].max() == 1


def test_a_share_of_the_cases_may_be_read_again_at_every_access():
    reader = Read()
    cases = [{"case_id": case_id} for case_id in "abcd"]
    units = unit_dataset(cases, Compose([reader]), lambda item: item | {"seen": True}, cache_rate=0.5)
    for _ in range(3):
        assert [unit["case_id"] for unit in units] == list("abcd")
        assert all(unit["seen"] for unit in units)
    assert sorted(reader.read) == sorted("ab" + 6 * "cd")
