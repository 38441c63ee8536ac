"""A small run that corrects every case within its first two epochs, as its network says."""

import torch
from monai.data import CacheDataset, DataLoader
from monai.engines import SupervisedTrainer
from monai.losses import DiceCELoss

from monai_adele.functional import CorrectionRule, OnsetDecision
from monai_adele.handlers import (
    EvaluationPass,
    FiniteGuard,
    LabelCorrector,
    MemorizationDetector,
    RunCheckpoint,
    TrainingPredictions,
)
from monai_adele.inferers import MultiScaleInferer
from monai_adele.losses import AdeleLoss
from monai_adele.transforms import CurrentLabeld

NAMES = ["background", "left", "right"]


class AtOnce:
    """A rule that says yes at once."""

    def decide(self, curve):
        return OnsetDecision(1, "by hand", None)


class SmallRun:
    """Detector, corrector, guard and checkpoint on a stock trainer."""

    def __init__(
        self,
        cases,
        network,
        store,
        *,
        epochs=2,
        source="evaluation",
        names=NAMES,
        resume=False,
        ignore_index=None,
        **options,
    ):
        units = CacheDataset(cases, [CurrentLabeld("label", store)], progress=False, num_workers=1)
        self.store, self.network = store, network
        self.detector = MemorizationDetector(names, AtOnce(), ignore_index=ignore_index)
        passed = EvaluationPass(units, network, MultiScaleInferer())
        self.source = passed if source == "evaluation" else TrainingPredictions(units)
        rule = CorrectionRule(tau_foreground=0.2, tau_background=0.2, ignore_index=ignore_index)
        options = {"min_iou": 0.0, "min_shift_voxels": 0, **options}  # else nothing of structures so small is corrected
        self.corrector = LabelCorrector(self.detector, store, self.source, rule=rule, **options)
        self.optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
        parts = {"network": network, "optimizer": self.optimizer}
        parts |= {"detector": self.detector, "corrector": self.corrector}
        self.folder = store.folder.parent / "checkpoints"
        models = {f"{name}_model": store.folder.parent / f"{name}.pt" for name in ("best", "last")}
        self.checkpoint = RunCheckpoint(self.folder, parts, resume=resume, **models)
        self.trainer = SupervisedTrainer(
            device=torch.device("cpu"),
            max_epochs=epochs,
            train_data_loader=DataLoader(units, batch_size=2),
            network=network,
            optimizer=self.optimizer,
            loss_function=AdeleLoss(DiceCELoss(to_onehot_y=True, softmax=True), ignore_index=ignore_index),
            inferer=MultiScaleInferer(),
            decollate=False,
            train_handlers=[FiniteGuard(), self.detector, self.corrector, self.checkpoint],
        )

    def newest(self):
        """The bytes of the newest checkpoint."""
        return max(self.folder.glob("*.pt"), key=lambda path: int(path.stem.split("=")[1])).read_bytes()
