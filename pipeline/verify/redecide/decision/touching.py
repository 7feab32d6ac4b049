"""Finds the reference rows that could touch a run, and makes the digests that its entry gives of the tables.

The rules are specification#touching-rows and specification#reference-digests.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from offduty.verify.redecide.decision.row_texts import row_texts
from offduty.verify.redecide.duty.timeline import DutyWindows
from offduty.verify.redecide.ingest.lookalikes import likeness
from offduty.verify.redecide.ingest.reference_row import KnownRow
from offduty.verify.redecide.rules import Rules

Likeness = Callable[[str], str]
Tables = dict[str, list[KnownRow]]
Span = tuple[int, int]


def row_codes(key: bytes, table: str, rows: Iterable[KnownRow]) -> list[bytes]:
    """The code of each row of a table: of the rows that have the same text the same, and nobody can guess a text."""
    own = hmac.digest(key, b"offduty reference rows", "sha256")
    text = row_texts(table)
    return [hmac.digest(own, text(row).encode(), "sha256") for row in rows]


def digest(codes: Iterable[bytes]) -> str:
    """The digest of some rows, by their codes, in whatever order."""
    return hashlib.sha256(b"".join(sorted(codes))).hexdigest()


@dataclass(frozen=True)
class Around:
    """Whom and when a run is about: the likenesses of the devices that its pings name, its rules, and all windows."""

    devices: frozenset[str]
    rules: Rules
    windows: DutyWindows

    def alike(self, *tables: str, column: str) -> Likeness:
        """What lookalikes in a column have in common."""
        return likeness if self.rules.alike(column, *tables) else str

    def touching(self, tables: Tables) -> Tables:
        """The known rows of each table that could touch the run."""
        device = self.alike("assignments", "pings", column="device_id")
        held = [(row, device(str(row.row.id("device_id")))) for row in tables["assignments"]]
        asked = (self.rules.from_us, self.rules.to_us)
        officers = {
            str(row.row.id("officer_id"))
            for row, key in held
            if row.readable and key in self.devices and row.meets(*asked)
        }
        spans = self._spans(officers)
        longer = self._with_ends(spans)
        return {
            "assignments": self._assignments(held, longer),
            "roster": self._roster(tables["roster"], longer),
            "places": self._places(tables["places"], spans),
            "sites": tables["sites"],
        }

    def _spans(self, officers: set[str]) -> dict[str, Span]:
        """For each officer the interval, and the clusters that cross its ends."""
        windows, start, end = self.windows, self.rules.from_us, self.rules.to_us
        spans = dict.fromkeys(officers, (start, end))
        ends = np.full(int(windows.cluster.max(initial=-1)) + 1, np.iinfo(np.int64).min)
        np.maximum.at(ends, windows.cluster, windows.to_us)
        clusters = ends[windows.cluster].tolist()
        for whose, begins, until in zip(windows.officer.tolist(), windows.from_us.tolist(), clusters, strict=True):
            name = windows.officers[whose]
            if name in spans:
                first = begins if begins < start < until else start
                last = until if begins < end else end
                spans[name] = min(spans[name][0], first), max(spans[name][1], last)
        return spans

    def _with_ends(self, spans: dict[str, Span]) -> dict[str, Span]:
        """Spans with the instants at which they begin and end, where a window of the officer does so, too."""
        windows, number_of = self.windows, {name: at for at, name in enumerate(self.windows.officers)}
        first = np.searchsorted(windows.officer, np.arange(len(windows.officers) + 1)).tolist()  # officers are in order
        longer: dict[str, Span] = {}
        for name, (start, end) in spans.items():
            number = number_of.get(name)
            mine = slice(0, 0) if number is None else slice(first[number], first[number + 1])
            begins, ends = start in windows.from_us[mine], end in windows.to_us[mine]
            longer[name] = start - begins, end + ends
        return longer

    def _of(self, spans: dict[str, Span], table: str) -> Callable[[str | None], Span | None]:
        """The span of the officers whose id, or a lookalike of it, stands in a table; None where there is none."""
        alike, by_key = self.alike(table, column="officer_id"), dict[str, Span]()
        for name, span in spans.items():
            by_key[alike(name)] = _hull(span, by_key.get(alike(name)))
        return lambda name: None if name is None else by_key.get(alike(name))

    def _assignments(self, held: list[tuple[KnownRow, str]], spans: dict[str, Span]) -> list[KnownRow]:
        """Those of the devices that the pings name, and of all devices that one of the officers holds."""
        of = self._of(spans, "assignments")
        devices = dict.fromkeys(self.devices, (self.rules.from_us, self.rules.to_us))
        for row, key in held:
            span = of(row.row.id("officer_id"))
            if row.readable and span is not None and row.meets(*span):
                devices[key] = _hull(span, devices.get(key))
        return [row for row, key in held if not row.readable or (key in devices and row.meets(*devices[key]))]

    def _roster(self, rows: list[KnownRow], spans: dict[str, Span]) -> list[KnownRow]:
        """Every version of a shift, and of its lookalikes, of which one version touches; and what cannot be read."""
        of, shift = self._of(spans, "roster"), self.alike("roster", column="shift_id")
        touches = [not r.readable or ((s := of(r.row.id("officer_id"))) is not None and r.meets(*s)) for r in rows]
        shifts = [None if (name := r.row.id("shift_id")) is None else shift(name) for r in rows]
        wanted = {name for name, hit in zip(shifts, touches, strict=True) if hit and name is not None}
        return [r for r, name, hit in zip(rows, shifts, touches, strict=True) if hit or name in wanted]

    def _places(self, rows: list[KnownRow], spans: dict[str, Span]) -> list[KnownRow]:
        of, everyone = self._of(spans, "places"), (self.rules.from_us, self.rules.to_us)
        for span in spans.values():
            everyone = _hull(span, everyone)
        whose = [everyone if (name := row.row.id("officer_id")) is None else of(name) for row in rows]
        return [r for r, span in zip(rows, whose, strict=True) if not r.readable or (span and r.meets(*span))]


def _hull(one: Span, other: Span | None) -> Span:
    """The time from the first beginning to the last end."""
    return one if other is None else (min(one[0], other[0]), max(one[1], other[1]))
