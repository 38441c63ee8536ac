"""Checkpoints from which a run goes on as if it had not been interrupted."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Engine, Events
from ignite.handlers import Checkpoint, DiskSaver
from torch.nn.parallel import DistributedDataParallel

from monai_adele.errors import StoreError

__all__ = ["RunCheckpoint"]


class RunCheckpoint:
    """Ignite handler that saves a run after each epoch, and the best network.

    Files are written beside their target and renamed (ignite's ``DiskSaver``), so a kill at
    any instant leaves a whole checkpoint. Attach it last: what it saves is what the handlers
    before it have done. Checkpoints hold tensors and primitives, and are read with
    ``weights_only=True``. Of several processes all resume, and process 0 writes.

    Args:
        folder: where ``checkpoint_epoch=<n>.pt`` go.
        objects: what makes up the run, by name, each with ``state_dict`` and
            ``load_state_dict``, or None for what is switched off; the trainer is added by itself.
            Must hold ``network``. One that has ``start_over`` is told where a run is to be resumed
            that was killed before its first checkpoint.
        evaluator: MONAI's evaluator whose key metric decides which network is the best; None
            keeps no best network.
        best_model: file of the best network's ``state_dict``.
        last_model: file of the last epoch's ``state_dict``, written when the run completes.
        settings: what makes up the run, as numbers, strings, lists and dicts; a run is resumed only
            with the same settings. How far and how fast it runs does not belong here.
        resume: go on from the last checkpoint of the folder, if there is one.
        in_rounds: the trainer is run again and again, for a few epochs each time, as federated learning does:
            a run that is complete may be resumed, for the next round.
        keep: checkpoints kept.

    Raises:
        ValueError: if ``objects`` holds no ``network``.
    """

    def __init__(
        self,
        folder: str | Path,
        objects: dict[str, Any],
        *,
        evaluator: Engine | None = None,
        best_model: str | Path = "model.pt",
        last_model: str | Path = "model_last.pt",
        settings: dict[str, Any] | None = None,
        resume: bool = False,
        in_rounds: bool = False,
        keep: int = 1,
    ) -> None:
        if "network" not in objects:
            raise ValueError(f"objects: found {sorted(objects)}, expected 'network' among them")
        self.folder = Path(folder)
        self.objects = {name: value for name, value in objects.items() if value is not None}
        self.evaluator = evaluator
        self.best_model = Path(best_model)
        self.last_model = Path(last_model)
        self.settings = json.dumps(settings or {}, sort_keys=True, default=str)
        self.resume = resume
        self.in_rounds = in_rounds
        self.keep = keep

    def attach(self, engine: Engine) -> None:
        """Save after each epoch of a trainer; resume it first if asked.

        Args:
            engine: the trainer.

        Raises:
            StoreError: if the folder holds checkpoints and the run is not to be resumed, or it is
                to be resumed but has other settings or is complete.
        """
        to_save = {"trainer": engine, "run": self, **self.objects}
        found = self._newest()
        if found is not None and not self.resume:
            raise StoreError(
                f"{self.folder}: found checkpoints of an earlier run, expected none; resume it with "
                "--resume true, or choose another output folder"
            )
        if found is not None:
            self._resume(engine, found, to_save)
        elif self.resume:
            for value in self.objects.values():
                if hasattr(value, "start_over"):
                    value.start_over()
        if idist.get_rank() > 0:
            return
        saver = Checkpoint(
            to_save,
            DiskSaver(str(self.folder), create_dir=True, require_empty=False),
            global_step_transform=lambda _, __: engine.state.epoch,
            filename_pattern="{filename_prefix}_epoch={global_step}.{ext}",
            filename_prefix="checkpoint",
            n_saved=None,
        )
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._save_best)
        engine.add_event_handler(Events.EPOCH_COMPLETED, saver)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._drop_old)
        engine.add_event_handler(Events.COMPLETED, self._save_last)

    def _resume(self, engine: Engine, path: Path, objects: dict[str, Any]) -> None:
        state = _read(path)
        self._check_settings(path, state["run"]["settings"])
        max_epochs = engine.state.max_epochs  # a resumed run may be asked for more epochs
        Checkpoint.load_objects(to_load=objects, checkpoint=state)
        engine.state.max_epochs = max_epochs
        if self.in_rounds:
            pass  # how far the next round goes is said when it begins
        elif engine.state.epoch == max_epochs and not self._is_finished(state["network"]):
            engine.state.max_epochs += 1  # else ignite would begin anew
            engine.add_event_handler(Events.STARTED, self._only_finish)
        elif engine.state.epoch >= max_epochs:
            raise StoreError(
                f"{path}: found a run of {engine.state.epoch} epochs that is complete, expected fewer than "
                f"{max_epochs}; raise --max_epochs to go on, or use evaluate.json to test its network"
            )
        logging.getLogger(__name__).info("resumed from %s, epoch %d done", path.name, engine.state.epoch)

    def _is_finished(self, network: dict[str, Any]) -> bool:
        """Whether a run whose last epoch is done was not killed before its last file was written."""
        if not self.last_model.is_file():
            return False
        last = _read(self.last_model)
        return last.keys() == network.keys() and all(torch.equal(last[name], network[name]) for name in last)

    def _only_finish(self, engine: Engine) -> None:
        engine.state.max_epochs -= 1
        engine.terminate()

    def _check_settings(self, path: Path, saved: str) -> None:
        before, now = json.loads(saved), json.loads(self.settings)
        other = [key for key in sorted({*before, *now}) if before.get(key) != now.get(key)]
        if other:
            found = ", ".join(f"{key} {before.get(key)!r} (now {now.get(key)!r})" for key in other)
            raise StoreError(
                f"{path}: found a run with {found}, expected the settings of this one; resume it with the "
                "same settings, or choose another output folder"
            )

    def _checkpoints(self) -> list[Path]:
        return sorted(self.folder.glob("checkpoint_epoch=*.pt"), key=lambda path: int(path.stem.split("=")[1]))

    def _newest(self) -> Path | None:
        found = self._checkpoints()
        return found[-1] if found else None

    def _drop_old(self, engine: Engine) -> None:
        for path in [*self._checkpoints()[: -self.keep], *self.folder.glob("tmp*")]:  # of a killed saver
            path.unlink()

    def _save_best(self, engine: Engine) -> None:
        if self.evaluator is not None and self.evaluator.state.best_metric_epoch == engine.state.epoch:
            self._save_network(self.best_model)

    def _save_last(self, engine: Engine) -> None:
        if engine.state.epoch == engine.state.max_epochs and not getattr(engine.state, "interrupted", False):
            self._save_network(self.last_model)

    def _save_network(self, path: Path) -> None:
        saver = DiskSaver(str(path.parent), create_dir=True, require_empty=False)
        network = self.objects["network"]
        network = network.module if isinstance(network, DistributedDataParallel) else network
        saver(network.state_dict(), path.name)

    def state_dict(self) -> dict[str, Any]:
        """The settings, and the best value of the evaluator's key metric so far with its epoch."""
        best = None if self.evaluator is None else self.evaluator.state
        return {
            "settings": self.settings,
            "metric": float("nan") if best is None else float(best.best_metric),
            "epoch": -1 if best is None else int(best.best_metric_epoch),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the best value of a checkpoint.

        Args:
            state: what :meth:`state_dict` returned.
        """
        if self.evaluator is not None:
            self.evaluator.state.best_metric = state["metric"]
            self.evaluator.state.best_metric_epoch = state["epoch"]


def _read(path: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises anything on bytes that are no checkpoint
        raise StoreError(
            f"{path}: cannot be read ({type(error).__name__}), expected a whole file of tensors and numbers; nothing "
            "in it was run; remove it to go on from the one before"
        ) from error
    return state
