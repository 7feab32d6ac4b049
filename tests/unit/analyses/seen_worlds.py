"""Small random worlds for analyses of a release, in memory: a roster, released rows, sites, and what runs had decided."""

from __future__ import annotations

import hashlib
import hmac
import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from offduty.analyses.presence import Presence, presence
from offduty.config.policy import Policy
from tests.unit.analyses.rosters import AS_OF, instant, random_rows, roster
from tests.unit.duty.tables import table_of
from tests.world import POLICY as RULES
from tests.world import WHERE, Row, site

KEY = bytes(range(32))
TERMS = {"purpose": "planning", "recipients": ["duty planning"], "keep_days": 90}
LONDON = ZoneInfo("Europe/London")
MINUTE = 60_000_000
BEGIN = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) * 1_000_000
SITES = [site("station"), site("court", site_id="s2")]


@dataclass(frozen=True)
class SeenWorld:
    """A roster, released rows (officer, minute since the beginning, place), what was decided, and the changes of rules."""

    shifts: list[Row]
    seen: list[tuple[str, int, str]]
    decided: tuple[tuple[int, int, int], ...]
    rules: dict[str, dict[str, Any]]

    def but(self, **changes: Any) -> SeenWorld:
        """The same world with some part changed."""
        return replace(self, **changes)


def random_world(seed: int, groups: int = 1) -> SeenWorld:
    """Groups of three officers in a week, who have nothing to do with each other: each is a small world of its own, and
    many in one call cost little more than one. Bursts of positions on duty and off it; perhaps time that no run decided.
    """
    rng = random.Random(seed)
    parts = [_group(f"w{number}-", rng) for number in range(groups)]
    cut, gap, hour = 10 * rng.randrange(0, 4 * 24 * 6), rng.choice([0, 600]), 60 * MINUTE
    between = BEGIN + cut * MINUTE, BEGIN + (cut + gap) * MINUTE
    decided = ((BEGIN - 999 * hour, between[0], AS_OF), (between[1], BEGIN + 999 * hour, AS_OF))
    rules = {
        "legs": {"hold_s": rng.choice([0, 900, 3600])},
        "pseudonym": {"rotate": rng.choice(["day", "week", "month", "never"])},
        "analyses": {"presence": {**TERMS, "join_s": rng.choice([0, 300, 900])}},
    }
    shifts = [row for rows, _ in parts for row in rows]
    return SeenWorld(shifts, [each for _, seen in parts for each in seen], decided, rules)


def _group(name: str, rng: random.Random) -> tuple[list[Row], list[tuple[str, int, str]]]:
    """The shifts and positions of three officers."""
    rows = random_rows(rng.randrange(1 << 30), 20)
    rows = [row | {"recorded_at": instant(-rng.randrange(300))} if rng.random() < 0.7 else row for row in rows]
    shifts = [row | {"shift_id": name + row["shift_id"], "officer_id": name + row["officer_id"]} for row in rows]
    seen = []
    for _ in range(rng.randrange(2, 20)):
        row = rng.choice(shifts)
        begins = pd.Timestamp(row["starts_at"] or instant(0)) - pd.Timestamp(instant(0))
        minute = int(begins.total_seconds()) // 60 + rng.randrange(-60, 480)
        for _ in range(rng.randrange(1, 20)):
            minute += rng.choice([1, 1, 5, 14, 15, 16, 40])
            seen.append((row["officer_id"], minute, rng.choice(["station", "station", "court", "street"])))
    return shifts, seen


def officers_of(world: SeenWorld) -> list[str]:
    """The officers of its roster."""
    return sorted({row["officer_id"] for row in world.shifts})


def alone(world: SeenWorld, officer: str) -> SeenWorld:
    """What concerns the group of one officer."""
    name = officer.partition("-")[0] + "-"
    return world.but(
        shifts=[row for row in world.shifts if row["officer_id"].startswith(name)],
        seen=[each for each in world.seen if each[0] == officer],
    )


def policy_of(world: SeenWorld) -> Policy:
    """The rules of a world."""
    names = {*RULES, *world.rules}
    return Policy.from_dict({name: {**RULES.get(name, {}), **world.rules.get(name, {})} for name in names})


def release_of(world: SeenWorld) -> pd.DataFrame:
    """The released rows, as `read_release` gives them, without the columns that nobody needs."""
    rotate = world.rules["pseudonym"]["rotate"]
    rows = [
        {
            "officer": pseudonym(officer, at(minute), rotate),
            "observed_at": pd.Timestamp(at(minute)),
            "lon": round(WHERE[where][0], 4),
            "lat": round(WHERE[where][1], 4),
        }
        for officer, minute, where in world.seen
    ]
    frame = pd.DataFrame(rows, columns=["officer", "observed_at", "lon", "lat"])
    return frame.astype({"observed_at": "datetime64[us, UTC]", "lon": float, "lat": float})


def asked(world: SeenWorld, **options: Any) -> Presence:
    """The answer about a world, with a card that says nothing."""
    return presence(
        release_of(world),
        roster(world.shifts),
        table_of("sites", SITES),
        policy_of(world),
        **{"key": KEY, "decided": world.decided, "as_of_us": AS_OF, "card": {}, **options},
    )


def at(minute: int) -> datetime:
    """So many minutes after the beginning."""
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=minute)


def pseudonym(officer: str, when: datetime, rotate: str, purpose: str = "conformance") -> str:
    """By the specification, and by nothing of the project."""
    day = when.astimezone(LONDON).date()
    return spelled(officer, named(day, rotate), purpose)


@cache
def named(day: date, rotate: str) -> str:
    """The period of a day."""
    week = day.isocalendar()
    names = {"day": f"{day}", "week": f"{week.year:04}-W{week.week:02}", "month": f"{day:%Y-%m}", "never": ""}
    return names[rotate]


@cache
def spelled(officer: str, period: str, purpose: str) -> str:
    """The digits."""
    parts = [text.encode() for text in (purpose, period, officer)]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(KEY, message, hashlib.sha256).hexdigest()[:16]


__all__ = ["BEGIN", "MINUTE", "SeenWorld", "alone", "asked", "instant", "officers_of", "random_world", "release_of"]
