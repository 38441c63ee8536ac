"""Division of cases into training, validation and test."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

from monai_adele.data.case_list import Case, Part
from monai_adele.data.split_record import Split
from monai_adele.errors import DataError

__all__ = ["split_cases"]

Share = int | float | None

_DEFAULT_GROUP_KEY = "patient"
_DEFAULT_SHARE = 0.2


def split_cases(
    cases: Sequence[Case],
    *,
    seed: int,
    train: Share = None,
    validation: Share = None,
    test: Share = None,
    group_key: str | None = None,
    given_parts: Mapping[str, Part] | None = None,
) -> Split:
    """Divide cases into three parts, fixed by the seed and the case ids alone.

    Cases stand in the order of a hash of (seed, group), so the order of the listing is of no effect. The test
    part is filled first, then validation, then training: however many are trained on, the same are tested.

    Args:
        cases: each with a ``"case_id"``.
        seed: of the order.
        train: how many cases (int) or which fraction of those to divide (float in ``(0, 1]``); None takes all
            that are left.
        validation: the same; 0 for none; None is a fraction of 0.2.
        test: the same.
        group_key: key of what must not be divided, as the patient; None takes ``"patient"`` where any case
            has it. Groups are kept whole, so that parts may hold fewer cases than asked for.
        given_parts: part of each case id, where the dataset divides its cases: parts for validation and test
            stand as given, and ``validation`` and ``test`` must then be None; what is given as training is
            divided further only for the parts that are not given.

    Returns:
        The split; cases that no part wanted stand in `Split.unused`.

    Raises:
        DataError: if there are too few cases, a case lacks the group key, or a group is in two given parts.
        ValueError: if a share is out of range, or asked for where the part is given.

    Example:
        >>> split = split_cases([{"case_id": f"c{i}"} for i in range(5)], seed=0, validation=1, test=1)
        >>> split.train, split.validation, split.test
        (('c0', 'c1', 'c3'), ('c2',), ('c4',))
    """
    shares = {"train": train, "validation": validation, "test": test}
    for name, share in shares.items():
        _check_share(name, share)
    given = dict(given_parts or {})
    groups = _groups(cases, group_key)
    _refuse_shared_groups(groups, given)
    fixed = {part: [i for i in sorted(groups) if given.get(i) == part] for part in ("validation", "test")}
    for part, ids in fixed.items():
        if ids and shares[part] is not None:
            raise ValueError(f"the dataset gives the {len(ids)} cases of {part!r} itself; leave {part} out, or None")
    free = {i: group for i, group in groups.items() if given.get(i, "training") == "training"}
    targets = _targets(len(free), shares, [part for part, ids in fixed.items() if ids])
    drawn, unused = _fill(_whole_groups(free, seed), targets, keep_all=_keeps_all(shares))
    parts = {part: tuple(sorted(drawn.get(part, []) + fixed.get(part, []))) for part in shares}
    for part, wanted in targets.items():
        if wanted and not parts[part]:
            raise DataError(
                f"split: no group of cases fits into {part!r} ({wanted} of {len(free)} cases asked for), "
                "expected at least one; ask for more, or for a finer group_key"
            )
    return Split(**parts, unused=tuple(sorted(unused)), seed=seed)


def _check_share(name: str, share: Share) -> None:
    if share is None:
        return
    if isinstance(share, bool) or not isinstance(share, (int, float)):
        raise TypeError(f"{name} must be a count (int), a fraction (float) or None, got {share!r}")
    if not 0 <= share < math.inf or (isinstance(share, float) and share > 1):
        raise ValueError(f"{name} must be a count of at least 0 or a fraction in 0..1, got {share!r}")
    if name == "train" and share == 0:
        raise ValueError("train must be above 0")


def _groups(cases: Sequence[Case], group_key: str | None) -> dict[str, str]:
    """Answer the group of each case id: its own where there is no key."""
    if group_key is None and any(_DEFAULT_GROUP_KEY in case for case in cases):
        group_key = _DEFAULT_GROUP_KEY
    if group_key is None:
        return {str(case["case_id"]): str(case["case_id"]) for case in cases}
    lacking = sorted(str(case["case_id"]) for case in cases if case.get(group_key) in (None, ""))
    if lacking:
        some = ", ".join(map(repr, lacking[:5])) + (", …" if len(lacking) > 5 else "")
        raise DataError(f"split: {len(lacking)} cases lack the key {group_key!r}: {some}; add it to all or none")
    return {str(case["case_id"]): str(case[group_key]) for case in cases}


def _refuse_shared_groups(groups: Mapping[str, str], given: Mapping[str, Part]) -> None:
    parts: dict[str, set[str]] = {}
    for case_id, group in groups.items():
        parts.setdefault(group, set()).add(given.get(case_id, "training"))
    shared = [f"{group!r} in {' and '.join(sorted(found))}" for group, found in sorted(parts.items()) if len(found) > 1]
    if shared:
        raise DataError(f"split: the dataset puts a group into several parts: {'; '.join(shared)}; keep each in one")


def _targets(free: int, shares: Mapping[str, Share], given: Sequence[str]) -> dict[str, int]:
    """Turn shares into counts, in the order in which parts are filled."""
    targets: dict[str, int] = {}
    for part in ("test", "validation"):
        share = _DEFAULT_SHARE if shares[part] is None else shares[part]
        targets[part] = 0 if part in given else _count(share, free)
    rest = free - sum(targets.values())
    targets["train"] = rest if shares["train"] is None else _count(shares["train"], free)
    if isinstance(shares["train"], float) and 0 < targets["train"] - rest <= 2:
        targets["train"] = rest  # what rounding gave to the other parts
    if min(rest, targets["train"]) < 1 or targets["train"] > rest:
        wanted = " + ".join(f"{n} {part}" for part, n in sorted(targets.items()))
        raise DataError(f"split: {free} cases to divide, but {wanted} asked for; lower the counts or add cases")
    return targets


def _count(share: Share, free: int) -> int:
    if isinstance(share, float):
        return max(round(share * free), 1) if share > 0 else 0
    return share or 0


def _keeps_all(shares: Mapping[str, Share]) -> bool:
    """Tell whether nothing may be left unused: training takes the rest, or fractions add up to one."""
    if shares["train"] is None:
        return True
    values = [_DEFAULT_SHARE if share is None else share for share in shares.values()]
    return all(isinstance(share, float) for share in values) and math.isclose(sum(values), 1.0)


def _whole_groups(groups: Mapping[str, str], seed: int) -> list[list[str]]:
    members: dict[str, list[str]] = {}
    for case_id in groups:
        members.setdefault(groups[case_id], []).append(case_id)

    def place(group: str) -> tuple[bytes, str]:
        return hashlib.sha256(f"{seed}\0{group}".encode()).digest(), group

    return [members[group] for group in sorted(members, key=place)]


def _fill(
    groups: Sequence[list[str]], targets: Mapping[str, int], *, keep_all: bool
) -> tuple[dict[str, list[str]], list[str]]:
    drawn: dict[str, list[str]] = {part: [] for part in targets}
    unused: list[str] = []
    for members in groups:
        fits = [part for part, wanted in targets.items() if len(drawn[part]) + len(members) <= wanted]
        if fits or keep_all:
            drawn[fits[0] if fits else "train"] += members
        else:
            unused += members
    return drawn, unused
