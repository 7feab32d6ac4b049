"""Puts recorders into groups of ten or more by how many grants they made, for the funnel that everybody may see (A4).

A single recorder is never drawn. A group says how many of its grants were over rest, in whole per cent.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from offduty.analyses.common_rules import joined_spans, may_print
from offduty.analyses.funnel import LEAST_EDITS
from offduty.core.disclosure import PEOPLE_STEP, rounded

BANDS = (LEAST_EDITS, 50, 100, 200, 500)
"""Where the groups begin, in grants of a recorder; they are joined until each has ten recorders."""


def recorder_groups(recorders: pd.DataFrame) -> list[dict[str, Any]]:
    """The groups of `RosterAudit.recorders`: ``role``, ``from`` and ``to`` (grants of each recorder; None: or more),
    ``recorders`` (in fives) and ``percent`` (of their grants, over rest). No row for a role of which nothing may be
    printed.

    >>> table = {"role": ["officer"] * 24, "recorder": [f"r{i}" for i in range(24)], "edits": [40] * 12 + [60] * 12}
    >>> [(row["from"], row["to"], row["percent"]) for row in recorder_groups(pd.DataFrame({**table, "marked": 10}))]
    [(30, 49, 25), (50, None, 17)]
    """
    compared = recorders[recorders["edits"] >= LEAST_EDITS]
    return [row for role, mine in compared.groupby("role") for row in _of_role(str(role), mine)]


def _of_role(role: str, recorders: pd.DataFrame) -> list[dict[str, Any]]:
    ends = [*BANDS[1:], None]
    parts = [
        recorders[(recorders["edits"] >= begin) & (recorders["edits"] < (end or float("inf")))]
        for begin, end in zip(BANDS, ends, strict=True)
    ]
    everybody = len(recorders)

    def printable(start: int, stop: int) -> bool:
        together = pd.concat(parts[start:stop])
        marked, edits = together["marked"], together["edits"]
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
