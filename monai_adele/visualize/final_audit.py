"""Audit the labels of a run when it is done."""

from __future__ import annotations

import logging
from pathlib import Path

import ignite.distributed as idist
from ignite.engine import Engine, Events

from monai_adele.audit import RunAudit
from monai_adele.errors import AdeleError
from monai_adele.visualize.audit_files import write_run_audit

__all__ = ["FinalAudit"]


class FinalAudit:
    """Ignite handler that audits the training labels at the end, as ``python -m monai_adele audit`` does.

    It writes ``audit/`` into the run's folder, from what the run has written down there; attach it behind the
    :class:`RunReport` and the checkpoint. The labels are judged by the run's own network, which was trained on them
    and misses what it has memorized; the page says so. For networks that were not, run the command with ``--folds``.

    A run that was stopped early is not audited. An audit that is not possible is a warning in the log, since the
    run itself is whole. Of several processes, process 0 writes.

    Args:
        output_dir: folder of the run. An earlier audit in it is replaced.
    """

    def __init__(self, output_dir: str | Path) -> None:
        self.output_dir = Path(output_dir)

    def attach(self, engine: Engine) -> None:
        """Listen to a trainer.

        Args:
            engine: the trainer.
        """
        if idist.get_rank() == 0:
            engine.add_event_handler(Events.COMPLETED, self._audit)

    def _audit(self, engine: Engine) -> None:
        if engine.state.epoch < (engine.state.max_epochs or 0) or getattr(engine.state, "interrupted", False):
            return
        log, out = logging.getLogger(__name__), self.output_dir / "audit"
        try:
            report = write_run_audit(RunAudit(self.output_dir), out)
        except AdeleError as error:
            log.warning("the labels were not audited: %s", error)
            return
        log.info("%d labels of %d cases were audited: %s", len(report.findings), len(report.case_ids), out)
