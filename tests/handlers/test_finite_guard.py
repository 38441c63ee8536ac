"""FiniteGuard ends a run before anything is learned from a number that is none."""

import pytest
import torch
from monai.data import DataLoader, MetaTensor
from monai.engines import SupervisedTrainer

from monai_adele.errors import NonFiniteError
from monai_adele.handlers import FiniteGuard


def trainer_of(cases, network, *, loss=lambda logits, target: logits.mean(), inferer=None):
    return SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=2,
        train_data_loader=DataLoader(cases, batch_size=2),
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.1),
        loss_function=loss,
        inferer=inferer,
        decollate=False,
        train_handlers=[FiniteGuard()],
    )


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


@pytest.fixture
def damaged(cases):
    """The third of four cases holds a NaN, in the second batch."""
    cases[2]["image"][0, 3, 3] = torch.nan
    return cases


def test_finite_numbers_pass(cases, network):
    trainer = trainer_of(cases, network)
    trainer.run()
    assert trainer.state.iteration == 4


def test_the_case_whose_prediction_is_not_finite_is_named_and_no_other(damaged, network):
    with pytest.raises(
        NonFiniteError, match=r"epoch 1, iteration 2: case 'case_2': found .*predictions with NaN"
    ) as error:
        trainer_of(damaged, network).run()
    assert "case_3" not in str(error.value)


def test_the_file_is_named_where_it_is_known(damaged, network):
    for case in damaged:
        case["image"].meta["filename_or_obj"] = f"imagesTr/{case['case_id']}.nii.gz"
    with pytest.raises(NonFiniteError, match=r"case 'case_2' \(imagesTr/case_2\.nii\.gz\): found"):
        trainer_of(damaged, network).run()


def test_all_cases_of_the_batch_are_named_where_only_the_loss_is_not_finite(cases, network):
    def loss(logits, target):
        return logits.mean() * (torch.nan if trainer.state.iteration == 2 else 1)

    trainer = trainer_of(cases, network, loss=loss)
    with pytest.raises(
        NonFiniteError, match=r"iteration 2: case 'case_2', case 'case_3': found a loss of nan, expected"
    ):
        trainer.run()


def test_no_step_is_taken(damaged, network):
    trainer_of(damaged[:2], network).run()
    before = weights(network)
    with pytest.raises(NonFiniteError, match="no step was taken"):
        trainer_of(damaged[2:], network).run()
    assert torch.equal(weights(network), before)


def test_every_scale_is_looked_at(cases, network):
    def scales(image, net):
        return [net(image), net(image[..., ::2]) * torch.nan]

    with pytest.raises(NonFiniteError, match="predictions with NaN or infinity, expected"):
        trainer_of(cases, network, loss=lambda logits, target: logits[0].mean(), inferer=scales).run()


def test_numbers_whose_sum_is_too_large_are_finite(cases, network):
    class Large:
        def __call__(self, image, net):
            return net(image) * 0 + 3e38

    trainer_of(cases, network, loss=lambda logits, target: (logits * 0).mean(), inferer=Large()).run()


def test_a_batch_without_case_ids_tells_the_place(network):
    items = [{"image": MetaTensor(torch.full((1, 8, 8), torch.inf)), "label": torch.zeros(1, 8, 8)}]
    with pytest.raises(NonFiniteError, match="sample 0 of the batch: found"):
        trainer_of(items, network).run()
