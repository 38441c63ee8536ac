"""A split as it travels and as it is written down."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from monai_adele.data.atomic_files import write_atomically
from monai_adele.data.case_list import Case
from monai_adele.errors import DataError

__all__ = ["Split", "read_split"]

_PARTS = ("train", "validation", "test", "unused")


@dataclass(frozen=True)
class Split:
    """Which case belongs to which part.

    Args:
        train: case ids, sorted.
        validation: the same.
        test: the same.
        unused: cases in no part.
        seed: by which they were divided; None if by hand.

    Example:
        >>> split = Split(train=("a", "b"), validation=("c",), test=())
        >>> [case["case_id"] for case in split.pick("validation", [{"case_id": "c"}, {"case_id": "a"}])]
        ['c']
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    unused: tuple[str, ...] = ()
    seed: int | None = None

    def pick(self, part: str, cases: Iterable[Case]) -> list[Case]:
        """List the cases of a part, sorted by id.

        Args:
            part: "train", "validation", "test" or "unused".
            cases: of the dataset.

        Returns:
            Copies of those that belong to the part.
        """
        wanted = set(getattr(self, part))
        return sorted((dict(case) for case in cases if case["case_id"] in wanted), key=lambda case: case["case_id"])

    def check_against(self, cases: Sequence[Case]) -> None:
        """Refuse a split that was made for other cases.

        Args:
            cases: of the dataset.

        Raises:
            DataError: if any case is in the split but not in the dataset, or the other way round.
        """
        ours = {i for part in _PARTS for i in getattr(self, part)}
        theirs = {str(case["case_id"]) for case in cases}
        for found, text in ((ours - theirs, "not in the dataset"), (theirs - ours, "not in the split")):
            if found:
                some = ", ".join(map(repr, sorted(found)[:5])) + (", …" if len(found) > 5 else "")
                raise DataError(
                    f"split: {len(found)} cases are {text}: {some}; expected the same cases in both; "
                    "use the dataset it was made for, or remove the split file to divide anew"
                )

    def write(self, path: str | Path) -> None:
        """Write the split as JSON, beside its target and then renamed.

        Args:
            path: of the file.
        """
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"
        write_atomically(Path(path), text.encode())


def read_split(path: str | Path) -> Split:
    """Read a split that `Split.write` wrote, or that was written by hand in its form.

    Args:
        path: a JSON file with lists of case ids under "train", "validation", "test", and if wanted "unused".

    Returns:
        The split.

    Raises:
        DataError: if the file cannot be read, is not of that form, or names a case twice.
    """
    file = Path(path)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file}: split cannot be opened ({error.strerror}), expected a JSON file") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: split is not JSON; remove it to divide the cases anew") from error
    if not isinstance(content, dict) or not all(isinstance(content.get(part), list) for part in _PARTS[:3]):
        raise DataError(f"{file}: split lacks lists under 'train', 'validation' and 'test'; correct or remove it")
    parts = {part: _ids(content.get(part, []), file) for part in _PARTS}
    times = Counter(case_id for ids in parts.values() for case_id in ids)
    twice = sorted(case_id for case_id, number in times.items() if number > 1)
    if twice:
        raise DataError(f"{file}: split names cases twice: {', '.join(map(repr, twice[:5]))}; keep each in one part")
    seed = content.get("seed")
    return Split(**parts, seed=seed if isinstance(seed, int) else None)


def _ids(values: Any, file: Path) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise DataError(f"{file}: split holds something else than lists of case ids; correct or remove it")
    return tuple(sorted(values))
