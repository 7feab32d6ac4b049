"""Small random rosters in which everything happens: corrections, reversals, contradictions, rest, double duty."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa

from offduty.analyses.roster_audit import RosterAudit, roster_audit
from offduty.config.policy import Policy
from tests.unit.duty.tables import table_of
from tests.world import POLICY as RULES
from tests.world import shift

TERMS = {"purpose": "records", "recipients": ["standards"], "keep_days": 90, "rest_codes": ["rest", "leave"]}
POLICY: dict[str, Any] = {**RULES, "analyses": {"roster_audit": TERMS}}
AS_OF = 1_790_000_000_000_000
"""Later than everything that is recorded."""
PEOPLE = pd.DataFrame(
    [("desk", "", "u1", "clerk"), ("login-1", "o1", "u1", "officer"), ("login-2", "o2", "u1", "officer")],
    columns=["recorded_by", "officer_id", "unit", "role"],
)
OFFICER_OF = {"login-1": "o1", "login-2": "o2"}


def random_rows(seed: int, count: int = 40) -> list[dict[str, Any]]:
    """Some versions of a few shifts of three officers within a week."""
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        number = rng.randrange(12)
        start, hours = rng.randrange(96), rng.choice([0, 2, 5, 8])
        row = shift(
            instant(start),
            instant(start + hours),
            rng.choice(["duty", "duty", "overtime", "rest", "leave", "break"]),
            shift_id=f"s{number}",
            officer=f"o{number % 3}" if rng.random() < 0.95 else "o1",
            status=rng.choice(["active"] * 5 + ["cancelled"]),
            recorded=instant(rng.randrange(-20, 140), rng.choice([0, 30])),
        )
        if row["status"] == "cancelled" and rng.random() < 0.5:
            row |= {"starts_at": None, "ends_at": None}
        rows.append({**row, "recorded_by": rng.choice(["desk", "login-1", "login-2", "nobody", None])})
        if rng.random() < 0.1:
            rows.append(dict(rows[-1]))  # written down twice
        if rng.random() < 0.2:
            rows.append({**rows[-1], "recorded_at": instant(rng.randrange(140, 160))})  # said again
    return rows


def instant(hour: int, minute: int = 0) -> str:
    """So many hours after the beginning of a Monday."""
    return f"{pd.Timestamp('2026-03-02', tz='UTC') + pd.Timedelta(hours=hour, minutes=minute):%Y-%m-%dT%H:%M:%SZ}"


def audit(rows: list[dict[str, Any]], people: pd.DataFrame | None = PEOPLE, **terms: Any) -> RosterAudit:
    """The audit of some rows, with a card that says nothing."""
    policy = Policy.from_dict({**POLICY, "analyses": {"roster_audit": {**TERMS, **terms}}})
    more = pd.DataFrame({"approved_by": [row.get("approved_by") for row in rows]})
    return roster_audit(roster(rows), policy, as_of_us=AS_OF, more=more, people=people, card={})


@cache
def audit_of(seed: int) -> RosterAudit:
    """The audit of a random roster, made once."""
    return audit(random_rows(seed))


def roster(rows: list[dict[str, Any]]) -> pa.Table:
    """The rows as the reader of files gives them."""
    return table_of("roster", rows)
