"""Presence in plain Python: one officer, one window and one minute at a time, on the oracle's roster."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.clock import Clock
from tests.oracle.duty import Roster, Versions, granted, read_entry, taken
from tests.unit.analyses.rosters import AS_OF
from tests.unit.analyses.seen_worlds import BEGIN, MINUTE, SeenWorld, policy_of

SECOND = 1_000_000
LONDON = ZoneInfo("Europe/London")
Window = tuple[str, int, int, str, int, int]
"""Officer, from, to, state, and confirmed minutes with and without joining, not rounded."""


class PlainPresence:
    """What must be found in a world all of whose rows can be read, and all of whose times are whole minutes."""

    def __init__(self, world: SeenWorld) -> None:
        self.world = world
        self.policy = policy_of(world)
        clock = Clock(None, "Europe/London")
        entries = [read_entry(row, clock, self.policy.as_document()) for row in world.shifts]
        entries = [entry for entry in entries if (entry.recorded_at or 0) <= AS_OF]
        versions = Versions(entries, False, False)
        grants = [
            claim for claim in (granted(entry, versions) for entry in entries if entry.grants) if claim is not None
        ]
        takings = [taken(entry, versions) for entry in entries if entry.takes]
        self.roster = Roster(grants, takings, False)

    def windows(self, officer: str) -> list[Window]:
        """Every window of an officer, by time."""
        return list(self._of(officer))

    def _of(self, officer: str) -> Iterator[Window]:
        found = [(begin, end, self._why(begin, end, late)) for begin, end, late in self._stretches(officer)]
        measured = [self._minutes(officer, b, e) if not late else (0, 0) for b, e, late in self._stretches(officer)]
        ever = any(joined for joined, _ in measured)
        for (begin, end, why), (joined, plain) in zip(found, measured, strict=True):
            state = "confirmed" if joined else "not assessed" if why or not ever else "not visible"
            yield officer, begin, end, state, joined, plain

    def days(self, officer: str, codes: tuple[str, ...], gap: int) -> dict[int, tuple[int, int, int, bool]]:
        """By local day: minutes that could have been seen of these codes, of others, and minutes of these at a site; and
        whether some of the day was not decided.
        """
        hold = self.policy.legs.hold_s * SECOND
        at_site = self._covered(officer, gap, gap, ("station", "court"))
        found: dict[int, tuple[int, int, int, bool]] = {}
        for begin, end, late in self._stretches(officer):
            if late:
                continue
            undecided = self._why(begin, end, late)
            for t in range(begin + hold, end - hold, MINUTE):
                day = local_day(t)
                mine = self._code(officer, t) in codes
                seen = mine and (t - BEGIN) // MINUTE in at_site
                before = found.get(day, (0, 0, 0, False))
                found[day] = before[0] + mine, before[1] + (not mine), before[2] + seen, before[3] or undecided
        return found

    def _code(self, officer: str, t: int) -> str:
        """The code of the first shift that grants the minute now."""
        granting = self.roster.granting(officer, t, AS_OF)
        return min(((claim.shift, claim.code) for claim in granting), default=("", ""))[1]

    def _stretches(self, officer: str) -> list[tuple[int, int, bool]]:
        """From, to, and whether it was recorded afterwards."""
        parts: list[tuple[int, int, bool]] = []
        for a, b in itertools.pairwise(sorted(self.roster.turning_points(officer, 0))):
            if not self.roster.duty(officer, a, AS_OF):
                continue
            late = not self.roster.duty(officer, a, a)
            if parts and parts[-1][1:] == (a, late):
                parts[-1] = (parts[-1][0], b, late)
            else:
                parts.append((a, b, late))
        return parts

    def _why(self, begin: int, end: int, late: bool) -> bool:
        """Whether it is not assessed."""
        undecided = any(
            not any(a <= t < b and end <= known for a, b, known in self.world.decided)
            for t in range(begin, end, 10 * MINUTE)
        )
        return late or undecided or end - begin <= 2 * self.policy.legs.hold_s * SECOND

    def _covered(self, officer: str, gap: int, near: int, places: tuple[str, ...]) -> set[int]:
        """The minutes of the stretches of positions at these places; one that has none ``near`` it counts for nothing.
        A minute is joined with the next one anyway.
        """
        every = sorted({minute for who, minute, where in self.world.seen if who == officer and where in places})
        minutes = [one for one in every if any(0 < abs(one - other) <= max(near, 1) for other in every)]
        covered = set(minutes)
        for one, following in itertools.pairwise(minutes):
            if following - one <= gap:
                covered |= set(range(one, following))
        return covered

    def _minutes(self, officer: str, begin: int, end: int) -> tuple[int, int]:
        hold = self.policy.legs.hold_s * SECOND
        anywhere = ("station", "court", "street")
        near = self._join_s() // 60
        covered, plain = (self._covered(officer, gap, near, anywhere) for gap in (near, -1))
        window = range((begin + hold - BEGIN) // MINUTE, (end - hold - BEGIN) // MINUTE)
        return len(covered & set(window)), len(plain & set(window))

    def _join_s(self) -> int:
        terms: Any = self.policy.analyses
        return int(terms.presence.join_s)


def local_day(us: int) -> int:
    """The local day of an instant, in days since 1970."""
    local = datetime.fromtimestamp(us // SECOND, UTC).astimezone(LONDON).date()
    return local.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()
