"""Finds the rows of the reference tables that were known at ``as_of``, and which of them could touch a run.

A row could touch a run if it is of an officer or device that its pings name, or of a lookalike, or concerns everyone,
and its time, read widely, meets the interval and the officer's context; or if it cannot be read. Of the roster all
versions of a shift, and of its lookalikes, could touch it if one could. No other row can change what is decided
(specification#touching-rows).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints, to_ints
from offduty.arrays.dictionary import coded
from offduty.core.ids import KeyOf
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.interval import Interval
from offduty.decision.declared_tables import DeclaredTables
from offduty.decision.place_rows import PlaceRows
from offduty.duty.custody import KnownAssignments
from offduty.duty.roster import RosterRows
from offduty.duty.timeline import Timeline


@dataclass(frozen=True)
class KnownTables:
    """The rows of each table that were known at ``as_of``.

    ``drawn`` says of which of the known places the area can be read. ``tables`` are all rows as they were read, and
    ``written`` is how they are written.
    """

    assignments: KnownAssignments
    roster: RosterRows
    places: PlaceRows
    drawn: Bools
    tables: Mapping[str, pa.Table] = field(repr=False)
    written: DeclaredTables

    def there(self) -> dict[str, Ints]:
        """The places in each table of the rows that were known; of sites all are, and there may be none."""
        sites = self.tables["sites"].num_rows if "sites" in self.tables else 0
        return {
            "assignments": self.assignments.there,
            "roster": self.roster.there,
            "places": self.places.there,
            "sites": np.arange(sites),
        }

    def doubtful(self) -> dict[str, Bools]:
        """Of each known row whether it may have been recorded after ``as_of``.

        Of a roster row one reading counts, so that it is known or is not.
        """
        none = {table: np.zeros(len(there), np.bool_) for table, there in self.there().items()}
        return {**none, "assignments": self.assignments.doubtful, "places": self.places.doubtful}

    def touching(self, devices: Iterable[str], interval: Interval, timeline: Timeline) -> dict[str, Bools]:
        """Which of the known rows could touch a run over an interval whose pings name these devices."""
        named = self._devices(devices)
        officers = self._officers(named, interval)
        spans = OfficerSpans.of(officers, interval, timeline)
        return {
            "assignments": self._assignments(named, spans.with_ends(timeline)),
            "roster": self._roster(spans.with_ends(timeline)),
            "places": self._places(spans),
            "sites": np.ones(len(self.there()["sites"]), np.bool_),
        }

    def _devices(self, devices: Iterable[str]) -> Bools:
        """Which families of devices the pings name."""
        key_of, families = self.written.device_key, self.assignments.families
        named = np.zeros(len(families), np.bool_)
        named[[families[key] for key in map(key_of, devices) if key in families]] = True
        return named

    def _officers(self, named: Bools, interval: Interval) -> set[str]:
        """The officers who may have held a device that the pings name, at some time of the interval."""
        rows = self.assignments
        holding = named[rows.family] & ~rows.bad & _meets(*rows.wide, interval.from_us, interval.to_us)
        return {rows.officers[code] for code in np.unique(rows.officer[holding]).tolist()}

    def _assignments(self, named: Bools, spans: OfficerSpans) -> Bools:
        """The assignments of the devices that the pings name, and of all devices that one of the officers holds."""
        rows = self.assignments
        begin, end = spans.by_id(rows.officers, self.written.key("assignments", "officer_id"))
        held = np.flatnonzero(~rows.bad & _meets(*rows.wide, begin[rows.officer], end[rows.officer]))
        first = np.where(named, spans.interval.from_us, FOREVER_US)
        last = np.where(named, spans.interval.to_us, NEVER_US)
        np.minimum.at(first, rows.family[held], begin[rows.officer[held]])
        np.maximum.at(last, rows.family[held], end[rows.officer[held]])
        return rows.bad | _meets(*rows.wide, first[rows.family], last[rows.family])

    def _roster(self, spans: OfficerSpans) -> Bools:
        rows = self.roster
        begin, end = spans.by_id(rows.officers.texts, self.written.key("roster", "officer_id"))
        meets = _meets(rows.start.early, rows.end.until, begin[rows.officer], end[rows.officer])
        touching: Bools = ~rows.readable | (rows.timed & meets)
        families = np.zeros(int(rows.shift_family.max(initial=-1)) + 2, np.bool_)  # the last is for rows without one
        families[rows.shift_family[touching]] = True
        families[-1] = False
        return touching | families[rows.shift_family]

    def _places(self, spans: OfficerSpans) -> Bools:
        known = self.places
        owner = coded(known.rows["officer_id"])
        begin, end = spans.by_id(owner.texts, self.written.key("places", "officer_id"))
        first = np.where(owner.missing, spans.begin.min(initial=spans.interval.from_us), begin[owner.codes])
        last = np.where(owner.missing, spans.end.max(initial=spans.interval.to_us), end[owner.codes])
        from_us, to_us = (to_ints(known.rows[name], 0) for name in ("valid_from_us", "valid_to_us"))
        return known.unreadable | ~self.drawn | _meets(from_us, to_us, first, last)


@dataclass(frozen=True)
class OfficerSpans:
    """The time of each of some officers that a run is about: the interval, and the officer's clusters that cross its
    ends.
    """

    interval: Interval
    names: list[str]
    begin: Ints
    end: Ints

    @classmethod
    def of(cls, officers: set[str], interval: Interval, timeline: Timeline) -> OfficerSpans:
        """The spans of these officers."""
        windows, count = timeline.windows, len(timeline.officers)
        begin, end = np.full(count, interval.from_us), np.full(count, interval.to_us)
        early = (windows.from_us < interval.from_us) & (windows.cluster_to > interval.from_us)
        late = windows.from_us < interval.to_us
        np.minimum.at(begin, windows.officer[early], windows.from_us[early])
        np.maximum.at(end, windows.officer[late], windows.cluster_to[late])
        numbers = [timeline.officers[name] for name in sorted(officers)]
        return cls(interval, sorted(officers), begin[numbers], end[numbers])

    def with_ends(self, timeline: Timeline) -> OfficerSpans:
        """Spans that are a microsecond longer where a window begins or ends with them: what ends or begins there
        belongs to them too, because without that row the window might be longer.
        """
        windows = timeline.windows
        number = np.full(len(timeline.officers), -1)
        number[[timeline.officers[name] for name in self.names]] = np.arange(len(self.names))
        mine = np.flatnonzero(number[windows.officer] >= 0)
        whose = number[windows.officer[mine]]
        begin, end = self.begin.copy(), self.end.copy()
        begin[whose[windows.from_us[mine] == begin[whose]]] -= 1
        end[whose[windows.to_us[mine] == end[whose]]] += 1
        return replace(self, begin=begin, end=end)

    def by_id(self, texts: list[str], key_of: KeyOf) -> tuple[Ints, Ints]:
        """For each id in a table the span of the officers that it is, or looks like; an empty one where there is none,
        and as the last one, for no id.
        """
        spans: dict[str, tuple[int, int]] = {}
        for name, begin, end in zip(self.names, self.begin.tolist(), self.end.tolist(), strict=True):
            one, other = spans.get(key_of(name), (begin, end))
            spans[key_of(name)] = min(one, begin), max(other, end)
        found = [*(spans.get(key_of(text), NOTHING) for text in texts), NOTHING]
        return np.array([begin for begin, _ in found], np.int64), np.array([end for _, end in found], np.int64)


NOTHING = FOREVER_US, NEVER_US
"""The span of whom a run is not about: nothing meets it."""


def _meets(from_us: Ints, to_us: Ints, begin: Ints | int, end: Ints | int) -> Bools:
    met: Bools = (from_us < end) & (to_us > begin)
    return met
