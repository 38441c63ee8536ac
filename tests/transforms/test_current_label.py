import numpy as np
import pytest
import torch
from monai.data import CacheDataset, DataLoader, Dataset, MetaTensor, PersistentDataset
from monai.transforms import Compose, Identityd, RandFlipd

from monai_adele.errors import StoreError
from monai_adele.store import LabelStore
from monai_adele.transforms import CurrentLabeld

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
GIVEN = np.array([[0, 1, 1], [2, 2, 0]], np.uint8)
CASE_IDS = ["a", "b", "c"]


@pytest.fixture
def store(tmp_path):
    return LabelStore(tmp_path / "store")


def corrected(epoch, case_id):
    """The label of a case from an epoch on."""
    return np.random.default_rng([epoch, ord(case_id)]).integers(0, 3, GIVEN.shape).astype(np.uint8)


def commit(store, epoch):
    with store.transaction(epoch=epoch) as transaction:
        for case_id in CASE_IDS:
            transaction.put(case_id, GIVEN, corrected(epoch, case_id))


def make_item(case_id):
    label = MetaTensor(torch.tensor(GIVEN[None]), affine=torch.diag(torch.tensor([2.0, 1.0, 1.0, 1.0])))
    return {"label": label, "case_id": case_id}


def make_dataset(kind, store, folder):
    items = [make_item(case_id) for case_id in CASE_IDS]
    transform = Compose([Identityd("label"), CurrentLabeld("label", store)])
    if kind is CacheDataset:
        return CacheDataset(items, transform, progress=False)
    return PersistentDataset(items, transform, folder) if kind is PersistentDataset else Dataset(items, transform)


@pytest.mark.parametrize("kind", [Dataset, CacheDataset, PersistentDataset])
@pytest.mark.parametrize(("num_workers", "persistent"), [(0, False), (2, False), (2, True)])
def test_the_next_epoch_sees_a_commit(store, tmp_path, kind, num_workers, persistent):
    dataset = make_dataset(kind, store, tmp_path / "cache")
    loader = DataLoader(dataset, batch_size=2, num_workers=num_workers, persistent_workers=persistent)
    for epoch in range(4):
        if epoch == 3:
            store.roll_back(1)
        elif epoch:
            commit(store, epoch)
        for batch in loader:
            for case_id, label in zip(batch["case_id"], batch["label"], strict=True):
                expected = corrected(epoch if epoch < 3 else 1, case_id) if epoch else GIVEN
                assert np.array_equal(label[0], expected)


def test_every_item_is_a_new_label_so_that_augmentation_leaves_the_cache_alone(store, tmp_path):
    dataset = make_dataset(CacheDataset, store, tmp_path)
    for _ in range(2):
        flipped = RandFlipd("label", prob=1.0, spatial_axis=0)(dataset[0])
        flipped["label"] += 7
        assert np.array_equal(dataset[0]["label"][0], GIVEN)
        assert dataset[0]["label"].applied_operations == []


def test_type_dtype_and_metadata_stay(store):
    commit(store, 1)
    item = make_item("a")
    label = CurrentLabeld("label", store)(item)["label"]
    assert isinstance(label, MetaTensor)
    assert label.dtype == torch.uint8
    assert label.pixdim.tolist() == [2, 1]
    assert np.array_equal(item["label"][0], GIVEN)


def test_another_grid_than_that_of_the_correction_is_refused_naming_the_case(store):
    commit(store, 1)
    with pytest.raises(StoreError, match=r"case 'a'.*does not belong"):
        CurrentLabeld("label", store)({"label": torch.zeros(1, 4, 4), "case_id": "a"})


def test_an_item_without_case_id_is_refused_and_without_label_only_if_wanted(store):
    with pytest.raises(StoreError, match="without 'case_id'"):
        CurrentLabeld("label", store)({"label": torch.zeros(1, 4)})
    with pytest.raises(KeyError, match="label"):
        CurrentLabeld("label", store)({"case_id": "a"})
    assert CurrentLabeld("label", store, allow_missing_keys=True)({"case_id": "a"}) == {"case_id": "a"}
