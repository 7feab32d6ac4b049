"""Measures again what an analysis measured: the duty windows of a roster, and how much of them released rows cover.

Plain Python, one officer at a time; roster and sites are read by the second implementation (docs/explanation/again.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from offduty.verify.entries import zone
from offduty.verify.redecide.duty.on_duty import OfficerDuty, common, settle_duties, union
from offduty.verify.redecide.duty.roster import Span, read_roster
from offduty.verify.redecide.geofence.geodesy import geodesic_m
from offduty.verify.redecide.geofence.sites import SHRINK_M, settle_sites
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.outputs.coarsening import period, pseudonym
from offduty.verify.redecide.rules import Rules

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_US = 1_000_000
NOT_DECIDED = "no run had decided it when it ended"
Place = tuple[float, float]


@dataclass(frozen=True)
class AskedAgain:
    """What was asked, by the entry: rules, what runs had decided (from, to, as_of), the local days, and seconds between
    rows that are joined; and what is needed to answer it again.
    """

    rules: Rules
    decided: Sequence[tuple[int, int, int]]
    first: date | None
    end: date | None
    join_s: int
    key: bytes
    roster: Sequence[ReferenceRow]
    sites: Sequence[ReferenceRow]
    release: pa.Table
    units: Mapping[str, str]


@dataclass(frozen=True)
class Window:
    """A duty window: its time, and why it is not assessed; empty where it is."""

    span: Span
    why: str


class DutyEvidence:
    """The windows of every officer, and the rows that are theirs."""

    def __init__(self, asked: AskedAgain) -> None:
        self.asked, self.zone = asked, zone(asked.rules.zone)
        self.settled = read_roster(asked.roster, asked.rules, {})
        self.duties = settle_duties(self.settled, asked.rules)
        self.named = {row.id("officer_id") or "" for row in asked.roster} - {""}
        self.windows = {officer: list(self._windows(duty)) for officer, duty in sorted(self.duties.items())}

    @cached_property
    def rows(self) -> dict[str, list[tuple[int, Place]]]:
        """The released rows of each officer, in order of time."""
        every = [window for windows in self.windows.values() for window in windows]
        days = [self.day(us) for window in every for us in (window.span[0], window.span[1] - 1)]
        span = range((max(days) - min(days)).days + 1) if days else range(0)
        names = {period(min(days) + timedelta(at), self.asked.rules.rotate) for at in span}
        purpose, key = self.asked.rules.purpose, self.asked.key
        whose = {pseudonym(key, purpose, name, officer): officer for officer in self.windows for name in names}
        found: dict[str, list[tuple[int, Place]]] = defaultdict(list)
        table = self.asked.release
        at_us = table["observed_at"].cast(pa.int64()).to_pylist()
        columns = (table[name].to_pylist() for name in ("officer", "lon", "lat"))
        for at, name, lon, lat in zip(at_us, *columns, strict=True):
            if name in whose:
                found[whose[name]].append((at, (lon, lat)))
        return {officer: sorted(rows) for officer, rows in found.items()}

    @cached_property
    def at_sites(self) -> dict[Place, list[int]]:
        """The sites, by their place in the table, at which each released place is."""
        places = sorted({place for rows in self.rows.values() for _, place in rows})
        found: dict[Place, list[int]] = {place: [] for place in places}
        for number, row in enumerate(self.asked.sites):
            for place in self._inside(row, places):
                found[place].append(number)
        return found

    def _inside(self, row: ReferenceRow, places: list[Place]) -> list[Place]:
        """The places that are at one site: they, or a corner of what is rounded to them, are inside."""
        areas, _ = settle_sites([row], self.asked.rules)
        half = 0.5 * 10.0**-self.asked.rules.decimals
        near = np.zeros(len(places), np.bool_)
        x, y = (np.array([place[i] for place in places], np.float64) for i in (0, 1))
        for east, north in ((0.0, 0.0), (-half, -half), (-half, half), (half, -half), (half, half)):
            for circle in areas.circles:
                centre = np.full(len(x), circle.lon), np.full(len(x), circle.lat)
                near |= geodesic_m(*centre, x + east, y + north) < circle.radius_m - SHRINK_M
            if areas.drawn:
                near |= areas.areas.contains(np.zeros(len(x), np.int64), x + east, y + north, boundary=False)
        return [place for place, hit in zip(places, near.tolist(), strict=True) if hit]

    def day(self, us: int) -> date:
        """The local date of an instant."""
        return (EPOCH + timedelta(microseconds=us)).astimezone(self.zone).date()

    def midnight(self, day: date) -> int:
        """The first instant of a local day."""
        local = datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC) - EPOCH
        return (local.days * 86_400 + local.seconds) * SECOND_US

    def _windows(self, duty: OfficerDuty) -> Iterable[Window]:
        """The windows that begin in the days asked for."""
        hold = self.asked.rules.hold_us
        spans = sorted([*((span, True) for span in duty.on), *((span, False) for span in duty.late)])
        for span, on in spans:
            begins = self.day(span[0])
            if (self.asked.first and begins < self.asked.first) or (self.asked.end and begins >= self.asked.end):
                continue
            why = "" if on else "recorded afterwards"
            if not why and not self._decided(span):
                why = NOT_DECIDED
            if not why and span[1] - span[0] <= 2 * hold:
                why = "too short: its ends are held back"
            yield Window(span, why)

    def _decided(self, span: Span) -> bool:
        parts = [(a, b) for a, b, known in self.asked.decided if span[1] <= min(known, self.asked.rules.as_of_us)]
        return common([span], union(parts)) == [span]

    def eligible(self, window: Window) -> list[Span]:
        """What could have been seen of a window, also of one that no run decided as a whole."""
        hold = self.asked.rules.hold_us
        span = window.span[0] + hold, window.span[1] - hold
        return [span] if window.why in ("", NOT_DECIDED) and span[0] < span[1] else []

    def covered(self, officer: str, join_s: int, *, at_site: bool = False) -> list[Span]:
        """The stretches of an officer's rows, or of those at a site, of two instants or more; each row by its step
        alone where ``join_s`` is 0.
        """
        instants = sorted({at for at, place in self.rows.get(officer, []) if not at_site or self.at_sites[place]})
        step, spans = self.asked.rules.step_us, []
        for rows in _runs(instants, max(step, self.asked.join_s * SECOND_US)):
            for at, following in zip(rows, [*rows[1:], rows[-1]], strict=True):
                joins = following - at <= join_s * SECOND_US
                spans.append((at, max(at + step, following if joins else at)))
        return union(spans)


def _runs(instants: Sequence[int], near_us: int) -> list[list[int]]:
    """Instants that follow each other so closely; none that is alone."""
    runs: list[list[int]] = []
    for at in instants:
        if runs and at - runs[-1][-1] <= near_us:
            runs[-1].append(at)
        else:
            runs.append([at])
    return [run for run in runs if len(run) > 1]


def length(spans: Iterable[Span]) -> int:
    """How long disjoint spans are together."""
    return sum(end - begin for begin, end in spans)


def asked_days(parameters: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """The days that an entry names."""
    first, end = (date.fromisoformat(text) if text else None for text in (parameters["from"], parameters["to"]))
    return first, end
