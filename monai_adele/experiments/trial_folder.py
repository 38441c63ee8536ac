"""The folder of a trial while it runs."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from monai_adele.data.atomic_files import write_atomically
from monai_adele.experiments.trial import Trial

__all__ = ["TrialFolder"]

_MARKER = "trial.json"
_ERROR = re.compile(r"[\w.]*(Error|Exception|Interrupt)\b")
_KEPT = {".json", ".jsonl", ".csv", ".txt", ".png"}


class TrialFolder:
    """The output folder of a trial's run; runs that are continued find what they left.

    Args:
        path: of the folder; need not exist.

    Example:
        >>> TrialFolder(Path("out") / "a-b-c-seed0").log.name
        'log.txt'
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "log.txt"
        self.settings_file = path / "settings.json"

    def starts(self, trial: Trial) -> int:
        """How often the trial was started here with the config files and settings that it has now.

        Args:
            trial: what is to be run.
        """
        known = self._marker()
        return int(known.get("starts", 0)) if known.get("digest") == trial.digest() else 0

    def begin(self, trial: Trial, *, out: Path, datasets: Path | None) -> int:
        """Write the settings, the last of the run's config files.

        What was begun with other config files or settings is removed first: it would be refused.

        Args:
            trial: what is to be run.
            out: folder of all trials.
            datasets: folder of data sets.

        Returns:
            How often the trial was started, this time included.
        """
        starts = self.starts(trial) + 1
        if self.path.exists() and starts == 1:
            shutil.rmtree(self.path)
        self.path.mkdir(parents=True, exist_ok=True)
        settings: dict[str, Any] = trial.settings_in(out, datasets)
        settings |= {"output_dir": str(self.path), "seed": trial.seed, "resume": True}
        self._write(self.path / _MARKER, {"id": trial.id, "digest": trial.digest(), "starts": starts})
        self._write(self.settings_file, settings)
        return starts

    def last_words(self) -> str:
        """The last error that the run wrote, else its last line, up to 300 characters, without the folder's path."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"]
        errors = [line for line in lines if _ERROR.match(line)]
        return (errors or lines)[-1].replace(str(self.path), self.path.name)[:300]

    def shed(self) -> None:
        """Keep tables, pictures and the log of a finished run, and remove networks, checkpoints and labels."""
        for entry in self.path.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.suffix not in _KEPT:
                entry.unlink()

    def _marker(self) -> dict[str, Any]:
        try:
            known: dict[str, Any] = json.loads((self.path / _MARKER).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())
