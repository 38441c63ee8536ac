"""Refuse handlers attached twice or in an order that loses what they do."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from ignite.engine import Engine, Events
from ignite.handlers import Checkpoint
from monai.engines import Evaluator
from monai.handlers import CheckpointSaver

__all__ = ["attached_handlers", "check_attachment"]


def check_attachment(engine: Engine, handler: Any) -> None:
    """Refuse a second handler of a kind, one on an evaluator, and one that would act after a checkpoint is saved.

    Args:
        engine: the trainer.
        handler: about to be attached to it.

    Raises:
        ValueError: if the engine is an evaluator, has a handler of the same class, or saves checkpoints at
            an epoch's end already, which would not hold what the handler does then.
    """
    name = type(handler).__name__
    if isinstance(engine, Evaluator):
        raise ValueError(f"{name}: found a {type(engine).__name__}, expected a trainer; attach it to the trainer")
    for other in attached_handlers(engine):
        if type(other) is type(handler):
            raise ValueError(f"{name}: found another {name} attached to this engine, expected one; leave one out")
        if isinstance(other, (Checkpoint, CheckpointSaver)):
            raise ValueError(
                f"{name}: found a {type(other).__name__} attached before it, whose checkpoints would lack what it "
                f"does at the end of an epoch, expected it after; attach the {name} first"
            )


def attached_handlers(engine: Engine) -> Iterator[Any]:
    """What acts on an engine at the end of an epoch: objects of bound methods, and plain callables.

    Args:
        engine: any engine.

    Yields:
        In the order in which they were attached.
    """
    for event, registered in engine._event_handlers.items():
        if event == Events.EPOCH_COMPLETED:
            for handler, *_ in registered:
                function = inspect.unwrap(handler)
                yield getattr(function, "__self__", function)
