"""Small random registers of interests beside random rosters: nights, changes of the clocks, versions, and mistakes."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from offduty.analyses.interests import Interests, interests
from offduty.config.policy import Policy
from tests.unit.analyses.rosters import random_rows, roster
from tests.world import POLICY as RULES
from tests.world import Row

FIRST = date(2026, 3, 2)
SHIFTED = (0, 26, 236)
"""So many days later the same roster is one over the night in which clocks go forward, or back."""
COLUMNS = (
    *("interest_id", "officer_id", "kind", "valid_from", "valid_to", "weekly_hours", "pattern", "decision"),
    *("decided_at", "review_by", "recorded_at"),
)
TERMS: dict[str, Any] = {
    "purpose": "advice",
    "recipients": ["standards"],
    "keep_days": 90,
    "sickness": True,
    "sick_codes": ["leave", "rest"],
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class RegisterWorld:
    """A roster, a register, the time of the question, and changes of the terms."""

    shifts: list[Row]
    register: list[dict[str, str]]
    as_of_us: int
    terms: dict[str, Any]

    def but(self, **changes: Any) -> RegisterWorld:
        """The same world with some part changed."""
        return replace(self, **changes)

    @property
    def policy(self) -> Policy:
        """Its rules."""
        return Policy.from_dict({**RULES, "analyses": {"interests": {**TERMS, **self.terms}}})


def register_worlds(seed: int, count: int) -> list[RegisterWorld]:
    """Worlds of three officers who have nothing to do with each other, asked about at one time: a week of a roster, and
    up to five interests with up to three versions each. Together (`together`) they cost little more than one.
    """
    rng = random.Random(seed)
    first = FIRST + timedelta(days=rng.choice(SHIFTED))
    days = rng.choice([2, 5, 7, 9, 130, 140])
    as_of = pd.Timestamp(at(first, 24 * days + rng.randrange(24), rng.choice([0, 17])))
    return [_world(f"w{number}-", first, int(as_of.timestamp()) * 1_000_000, rng) for number in range(count)]


def _world(name: str, first: date, as_of_us: int, rng: random.Random) -> RegisterWorld:
    rows = [_moved(row, (first - FIRST).days) for row in random_rows(rng.randrange(1 << 30), 20)]
    rows = [row | {"recorded_at": at(first, -rng.randrange(200))} if rng.random() < 0.7 else row for row in rows]
    shifts = [row | {"shift_id": name + row["shift_id"], "officer_id": name + row["officer_id"]} for row in rows]
    register = [row for number in range(rng.randrange(1, 6)) for row in _versions(name, number, first, rng)]
    return RegisterWorld(shifts, register, as_of_us, {})


def together(worlds: list[RegisterWorld]) -> RegisterWorld:
    """All of them as one."""
    shifts = [row for world in worlds for row in world.shifts]
    return worlds[0].but(shifts=shifts, register=[row for world in worlds for row in world.register])


def _moved(row: Row, days: int) -> Row:
    """A row of a roster, some days later."""
    times = {
        name: None if row[name] is None else f"{pd.Timestamp(row[name]) + pd.Timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
        for name in ("starts_at", "ends_at", "recorded_at")
    }
    return row | times


def _versions(group: str, number: int, first: date, rng: random.Random) -> list[dict[str, str]]:
    """The versions of one interest; each changes something of the one before it."""
    row = interest(f"{group}i{number}", f"{group}o{rng.randrange(4)}", first, **_content(first, rng))
    row["recorded_at"] = at(first, rng.randrange(-300, 60))
    found = [row]
    for _ in range(rng.choice([0, 0, 1, 2])):
        content = _content(first, rng)
        changed = {name: content[name] for name in content if rng.random() < 0.4}
        if "decision" in changed and rng.random() < 0.95:
            changed["decided_at"] = content["decided_at"]
        found.append({**found[-1], **changed, "recorded_at": at(first, rng.randrange(-100, 150))})
    rng.shuffle(found)
    return found


def _content(first: date, rng: random.Random) -> dict[str, str]:
    decision = rng.choice(["approved"] * 6 + ["pending", "refused"])
    ends = rng.choice(["", "", "", (first + timedelta(days=rng.randrange(8))).isoformat()])
    return {
        "kind": rng.choice(["employment", "teaching", "property"]) if rng.random() < 0.99 else "gardening",
        "valid_from": (first + timedelta(days=rng.choice([-40, -7, 0, 2]))).isoformat(),
        "valid_to": ends,
        "weekly_hours": rng.choice(["", "", "8", "47.5", "60", "61.25"]),
        "pattern": ";".join(_part(rng) for _ in range(rng.choice([0, 2, 5, 7]))),
        "decision": decision,
        "decided_at": "" if decision == "pending" else at(first, -rng.randrange(400)),
        "review_by": rng.choice(["", (first + timedelta(days=rng.randrange(-30, 10))).isoformat()]),
    }


def _part(rng: random.Random) -> str:
    begin, hours = rng.choice([0, 1, 1, 2, 8, 12, 18, 22, 23]), rng.choice([1, 2, 4, 9])
    minutes = rng.choice([0, 0, 15, 30])
    end = (begin + hours) % 24
    text = "24:00" if end == 0 and minutes == 0 else f"{end:02}:{minutes:02}"
    return f"{rng.choice(DAYS)} {begin:02}:{minutes:02}-{text}"


def at(first: date, hour: int, minute: int = 0) -> str:
    """So many hours after a day begins in UTC."""
    return f"{pd.Timestamp(first, tz='UTC') + pd.Timedelta(hours=hour, minutes=minute):%Y-%m-%dT%H:%M:%SZ}"


def interest(name: str, officer: str, first: date = FIRST, **changes: str) -> dict[str, str]:
    """One row of a register: approved, recorded long before, without an end."""
    row = dict.fromkeys(COLUMNS, "") | {
        "interest_id": name,
        "officer_id": officer,
        "kind": "employment",
        "valid_from": (first - timedelta(days=60)).isoformat(),
        "decision": "approved",
        "decided_at": at(first, -24 * 58),
        "recorded_at": at(first, -24 * 59),
    }
    return row | changes


def asked(world: RegisterWorld, **options: Any) -> Interests:
    """The answer about a world, with a card that says nothing."""
    register = pd.DataFrame(world.register, columns=list(COLUMNS))
    return interests(
        register, roster(world.shifts), world.policy, **{"as_of_us": world.as_of_us, "card": {}, **options}
    )
