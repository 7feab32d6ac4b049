"""Puts recorders into groups of ten or more by how many grants they made, for the funnel that everybody may see (A4).

A single recorder is never drawn, nor a group whose grants may be those of fewer than ten officers. A group says how
many of its grants were over rest, in whole per cent.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import nlargest
from typing import Any

import pandas as pd

from offduty.analyses.common_rules import LARGEST_SHARE, joined_spans, may_print
from offduty.analyses.funnel import LEAST_EDITS
from offduty.core.disclosure import MINIMUM, PEOPLE_STEP, rounded

BANDS = (LEAST_EDITS, 50, 100, 200, 500)
"""Where the groups begin, in grants of a recorder; they are joined until each has ten recorders."""


def recorder_groups(
    recorders: pd.DataFrame, over_rest: Mapping[str, int], others: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The groups of `RosterAudit.recorders`: ``role``, ``from`` and ``to`` (grants of each recorder; None: or more),
    ``recorders`` (in fives) and ``percent`` (of their grants, over rest). No row for a role of which nothing may be
    printed. ``over_rest`` and ``others`` are how many such grants each subject has from all recorders together.

    >>> table = {"role": ["officer"] * 24, "recorder": [f"r{i}" for i in range(24)], "edits": [40] * 12 + [60] * 12}
    >>> subjects = {f"o{i}": 3 for i in range(200)}
    >>> groups = recorder_groups(pd.DataFrame({**table, "marked": 10}), subjects, subjects)
    >>> [(row["from"], row["to"], row["percent"]) for row in groups]
    [(30, 49, 25), (50, None, 17)]
    """
    compared = recorders[recorders["edits"] >= LEAST_EDITS]
    return [row for role, mine in compared.groupby("role") for row in _of_role(str(role), mine, over_rest, others)]


def about_ten_subjects(grants: int, by_subject: Mapping[str, int]) -> bool:
    """Whether so many ``grants`` are about ten subjects, none of whom has more than half, whichever they are.

    ``by_subject`` is how many each subject has at all: at most so many of the grants are theirs. Nine cannot have them
    all.

    >>> about_ten_subjects(10, {f"o{i}": 1 for i in range(10)}), about_ten_subjects(10, {f"o{i}": 2 for i in range(9)})
    (True, False)
    """
    most = nlargest(MINIMUM - 1, by_subject.values())
    return sum(most) < grants and max(most, default=0) <= grants * LARGEST_SHARE


def _of_role(
    role: str, recorders: pd.DataFrame, over_rest: Mapping[str, int], others: Mapping[str, int]
) -> list[dict[str, Any]]:
    ends = [*BANDS[1:], None]
    parts = [
        recorders[(recorders["edits"] >= begin) & (recorders["edits"] < (end or float("inf")))]
        for begin, end in zip(BANDS, ends, strict=True)
    ]
    everybody = len(recorders)

    def printable(start: int, stop: int) -> bool:
        together = pd.concat(parts[start:stop])
        marked, edits = together["marked"], together["edits"]
        if not about_ten_subjects(int(marked.sum()), over_rest):
            return False
        if not about_ten_subjects(int((edits - marked).sum()), others):
            return False
        return all(may_print(_amounts(together, amount), everybody) for amount in (edits, marked, edits - marked))

    spans = joined_spans(len(parts), printable) or []
    return [_group(role, BANDS[start], ends[stop - 1], pd.concat(parts[start:stop])) for start, stop in spans]


def _amounts(recorders: pd.DataFrame, amount: pd.Series[int]) -> dict[str, int]:
    return {str(name): int(number) for name, number in zip(recorders["recorder"], amount, strict=True)}


def _group(role: str, begin: int, end: int | None, recorders: pd.DataFrame) -> dict[str, Any]:
    return {
        "role": role,
        "from": begin,
        "to": None if end is None else end - 1,
        "recorders": rounded(len(recorders), PEOPLE_STEP),
        "percent": round(100 * int(recorders["marked"].sum()) / int(recorders["edits"].sum())),
    }
