"""A training of a bundle in a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from monai_adele.experiments.trial import Trial
from monai_adele.experiments.trial_folder import TrialFolder

__all__ = ["run_trial"]

_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 60.0


def run_trial(
    trial: Trial,
    folder: TrialFolder,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    inherited: tuple[int, ...] = (),
) -> int | None:
    """Train through MONAI's own command, or go on with a training that was stopped.

    One thread, so that the result does not depend on the machine's number of cores and the time is that of one.

    Args:
        trial: what to run.
        folder: of the run, begun; the process's words go to its log.
        should_stop: asked several times a second; when it says so, the training is stopped as by Ctrl-C: it keeps what
            its last whole epoch left, and a second call goes on from there.
        inherited: file descriptors that the process keeps open, as that of a lock.

    Returns:
        The exit status, or None if it was stopped.
    """
    files = [*trial.config_files, folder.settings_file]
    command = [sys.executable, "-W", "ignore", "-m", "monai.bundle", "run"]
    command += ["--config_file", str([str(path) for path in files]), "--bundle_root", str(trial.bundle)]
    path = [*map(str, trial.python_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(path)}
    with folder.log.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder.path,
            pass_fds=inherited,
            start_new_session=True,  # Ctrl-C in a terminal reaches the runner alone
        )
        with _left_by_nobody(process):
            while process.poll() is None:
                if should_stop():
                    process.send_signal(signal.SIGINT)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(_PATIENCE_SECONDS)
                    return None
                time.sleep(_POLL_SECONDS)
    return process.returncode


@contextlib.contextmanager
def _left_by_nobody(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Whatever happens here, the process does not go on alone."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
