"""The roster audit in plain Python, one instant and one pair of versions at a time, on the oracle's roster."""

from __future__ import annotations

import itertools
from typing import Any

from tests.oracle.clock import Clock, Interval, overlap
from tests.oracle.duty import Claim, Entry, Roster, Versions, granted, read_entry, taken
from tests.oracle.reading import SECOND

Row = dict[str, Any]
Edit = tuple[str, int, str]


class PlainAudit:
    """What the audit must find in some rows, all of which can be read exactly."""

    def __init__(self, rows: list[Row], policy: dict[str, Any], as_of: int, officer_of: dict[str, str]) -> None:
        self.clock, self.as_of, self.officer_of = Clock(None, "Europe/London"), as_of, officer_of
        self.rest_codes = policy["analyses"]["roster_audit"]["rest_codes"]
        read = [(read_entry(row, self.clock, policy), row) for row in rows]
        self.read = [(entry, row) for entry, row in read if (entry.recorded_at or 0) <= as_of]
        self.versions = Versions([entry for entry, _ in self.read], False, False)
        claims = [(entry, granted(entry, self.versions)) for entry, _ in self.read if entry.grants]
        self.grants: list[tuple[Entry, Claim]] = [(entry, claim) for entry, claim in claims if claim is not None]
        self.takings = [(entry, taken(entry, self.versions)) for entry, _ in self.read if entry.takes]
        self.roster = Roster([claim for _, claim in self.grants], [claim for _, claim in self.takings], False)

    def number(self, entry: Entry) -> int:
        """Which version of its shift it is, from 1."""
        times = sorted({other.recorded_at or 0 for other in self.versions.of(entry.shift or "")})
        return 1 + times.index(entry.recorded_at or 0)

    def key(self, entry: Entry, signal: str) -> Edit:
        """How the list of edits names a signal."""
        return entry.shift or "", self.number(entry), signal

    def late(self) -> list[tuple[Entry, Claim]]:
        """The grants that were recorded after their beginning."""
        return [(e, c) for e, c in self.grants if (e.recorded_at or 0) > c.time[0] < c.time[1]]

    def net_seconds(self, officer: str) -> tuple[int, int]:
        """R2 and R8: duty now that was none then, and duty then that is none now."""
        late = cut = 0
        points = sorted(self.roster.turning_points(officer, 0))
        for t, until in itertools.pairwise(points):
            then, now = self.roster.duty(officer, t, t), self.roster.duty(officer, t, self.as_of)
            late += (until - t) * (now and not then)
            cut += (until - t) * (then and not now)
        return late // SECOND, cut // SECOND

    def edits(self) -> dict[Edit, int]:
        """Every edit with R1 or R3 to R7, and its seconds."""
        found: dict[Edit, int] = {}
        for entry, claim in self.late():
            found[self.key(entry, "R1")] = ((entry.recorded_at or 0) - claim.time[0]) // SECOND
            if any(self.over_rest(entry, claim, *taking) for taking in self.takings):
                found[self.key(entry, "R3")] = 0
        for entry, row in self.read:
            writers = [self.officer_of.get(row.get(name) or "") for name in ("recorded_by", "approved_by")]
            if entry.officer in writers:
                found[self.key(entry, "R4")] = 0
        for entry, seconds in self.twice():
            found[self.key(entry, "R6")] = seconds
        return {**found, **self.reversals(), **self.contradictions()}

    def over_rest(self, entry: Entry, claim: Claim, taking: Entry, its: Claim) -> bool:
        """Whether a taking of rest stood when the grant was recorded, or was undone at that very instant."""
        recorded = entry.recorded_at or 0
        stood = its.known[0] < recorded <= its.known[1] and not self.versions.contradicted(taking.shift or "")
        rests = taking.code in self.rest_codes and taking.officer == entry.officer
        return rests and stood and overlap(claim.time, its.time)

    def twice(self) -> list[tuple[Entry, int]]:
        """R6: how long each grant of now is for a time that another shift grants, too."""
        now = [(e, c) for e, c in self.grants if c.known[0] <= self.as_of < c.known[1]]
        found = []
        for entry, claim in now:
            others = [c.time for e, c in now if e.shift != entry.shift and e.officer == entry.officer]
            seconds = covered(claim.time, others) // SECOND
            if seconds:
                found.append((entry, seconds))
        return found

    def reversals(self) -> dict[Edit, int]:
        """R5: a version that says what the one before the last said."""
        found: dict[Edit, int] = {}
        for shift in {entry.shift or "" for entry in self.versions.entries}:
            if self.versions.contradicted(shift):
                continue
            by_time = {entry.recorded_at or 0: entry for entry in self.versions.of(shift)}
            for a, b, c in triples(sorted(by_time)):
                if by_time[a].content == by_time[c].content != by_time[b].content:
                    found[self.key(by_time[c], "R5")] = (c - b) // SECOND
        return found

    def contradictions(self) -> dict[Edit, int]:
        """R7: versions of one shift and one record time that differ."""
        pairs = itertools.permutations(self.versions.entries, 2)
        return {
            self.key(one, "R7"): 0
            for one, other in pairs
            if one.shift == other.shift and one.recorded_at == other.recorded_at and one.content != other.content
        }


def triples(times: list[int]) -> list[tuple[int, int, int]]:
    """Every three that follow each other."""
    return list(zip(times, times[1:], times[2:], strict=False))


def covered(time: Interval, others: list[Interval]) -> int:
    """How long a time is covered by others."""
    points = sorted({*time, *(min(max(at, time[0]), time[1]) for other in others for at in other)})
    return sum(b - a for a, b in itertools.pairwise(points) if any(lo <= a and b <= hi for lo, hi in others))
