"""Without a single ping: whether each released row is possible by roster, assignments, places and the pseudonym key.

A released row is coarse: an instant within a step, a position within a cell, an accuracy within a class. It is possible when
some officer bears its pseudonym, and some instant, position and accuracy that it may stand for were on duty, alone with a
device, under that code, in a window that began on that day and had ended, with a home on record where one is asked for, and
away from every place. What should have been released and was not, and whether the ways to and from home are hidden, cannot
be seen from here: that takes the pings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from pipeline.errors import InputError
from pipeline.verify.again.boxes import Tracks
from pipeline.verify.again.coarse import CLASSES, degrees, period, pseudonym
from pipeline.verify.again.comparing import runs
from pipeline.verify.again.expected import day_of
from pipeline.verify.again.papers import outputs_of
from pipeline.verify.again.reference_tables import Reference, settle_reference
from pipeline.verify.again.released import Batch, read_release
from pipeline.verify.again.rules import Rules, read_rules
from pipeline.verify.again.terms import Bools, Case, Floats, Found, Ints

DEGREE_M = 111_700.0
"""A degree of a great circle is nowhere longer."""
NOBODY = "its pseudonym is nobody's on that day"
NOT_ON_DUTY = (
    "nobody of that name was on duty then, alone with a device, under that code, in a window of that day that has ended"
)
NO_HOME = "no home was on record"
TOO_POOR = "its accuracy is above the policy's limit"
TOO_NEAR = "every position that it may stand for is too near a protected place"


@dataclass(frozen=True)
class Possible:
    """How many rows were looked at, those that cannot be by file and row, and how many of them for which reason."""

    rows: int
    impossible: Found[tuple[str, int]]
    why: Counter[str]
    not_checked: tuple[str, ...]


@dataclass
class _Tally:
    rows: int = 0
    impossible: list[tuple[str, int]] = field(default_factory=list)
    why: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Pairs:
    """Rows with windows that they may come from, and the first and the last instant that each may stand for."""

    row: Ints
    window: Ints
    first_us: Ints
    last_us: Ints


def check_possible(case: Case) -> Possible:
    """Hold each row of the release to what was possible. ``case.inputs`` need not hold pings; its key must be there.

    `InputError` where a table or a file of the release cannot be read, `ValueError` without a key.
    """
    if case.key is None:
        raise ValueError("a pseudonym can only be told with the key")
    rules = read_rules(case.manifest)
    world = _World(settle_reference([each for each in case.inputs if each.table != "pings"], rules), rules, case.key)
    tally = _Tally()
    for batch in read_release(case, rules, world.reference.codes):
        world.judge(batch, tally)
    gone = tuple(name for name in outputs_of(case, "release") if name in case.expired)
    return Possible(tally.rows, Found.of(tally.impossible), tally.why, gone)


class _World:
    """The settled tables, and who bears which pseudonym in a period."""

    def __init__(self, reference: Reference, rules: Rules, key: bytes) -> None:
        self.reference, self.rules, self._key = reference, rules, key
        windows = reference.stretches.windows
        self._begins = np.searchsorted(windows.officer, np.arange(len(windows.officers) + 1))
        self._bearers: dict[str, dict[str, int]] = {}
        asked = np.flatnonzero((windows.from_us < rules.to_us) & (windows.to_us > rules.from_us))
        self._day = {window: day.isoformat() for window, day in day_of(windows, asked, rules).items()}

    def judge(self, batch: Batch, tally: _Tally) -> None:
        """One batch of rows: each gets the first reason for which it cannot be."""
        tally.rows += len(batch.good)
        bearers = self._bearers_on(batch.day)
        officer = np.array([bearers.get(text or "", -1) for text in batch.officers], np.int64)[batch.officer]
        pairs = self._pairs(batch, officer)
        poor = np.concatenate([[0.0], CLASSES])[batch.coarse.accuracy] >= self.rules.max_m
        homed, away = self._homed(pairs), self._away(pairs, batch)
        named, timed = officer >= 0, _some(pairs.row, len(officer))
        at_home, free = _some(pairs.row[homed], len(officer)), _some(pairs.row[homed & away], len(officer))
        reasons = [(~named, NOBODY), (~timed, NOT_ON_DUTY), (poor, TOO_POOR), (~at_home, NO_HOME), (~free, TOO_NEAR)]
        left = batch.good.copy()  # rows that no coarse ping can look like are the concern of check 3.2
        for wrong, why in reasons:
            found = np.flatnonzero(left & wrong)
            left &= ~wrong
            tally.why[why] += len(found)
            tally.impossible += [(batch.name, batch.first_row + int(row)) for row in found]

    def _bearers_on(self, day: str) -> dict[str, int]:
        """Who bears which pseudonym in the period of a day; nobody on what is no day."""
        try:
            when = period(date.fromisoformat(day), self.rules.rotate)
        except ValueError:
            return {}
        if when not in self._bearers:
            officers = self.reference.stretches.windows.officers
            self._bearers[when] = {
                pseudonym(self._key, self.rules.purpose, when, officer): at for at, officer in enumerate(officers)
            }
        return self._bearers[when]

    def _pairs(self, batch: Batch, officer: Ints) -> _Pairs:
        found: list[tuple[Ints, Ints, Ints, Ints]] = [(np.zeros(0, np.int64),) * 4]
        for _, first, last in runs(batch):
            if officer[first] >= 0:
                rows = np.arange(first, last)
                found += [part for window in self._windows(int(officer[first]), batch.day)
                          for part in self._spans(batch, rows, window)]  # fmt: skip
        return _Pairs(*(np.concatenate(parts) for parts in zip(*found, strict=True)))

    def _windows(self, officer: int, day: str) -> Iterator[int]:
        """The officer's windows that began on a day and had ended."""
        ends = self.reference.stretches.windows.to_us
        for window in range(int(self._begins[officer]), int(self._begins[officer + 1])):
            if self._day.get(window) == day and ends[window] <= self.rules.as_of_us:
                yield window

    def _spans(self, batch: Batch, rows: Ints, window: int) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
        """Rows that may lie in a window, span by span of its duty codes."""
        step_us = self.rules.step_us
        begins, code = batch.coarse.step[rows] * step_us, batch.coarse.code[rows]
        for start, end, word in self.reference.stretches.windows.codes[window]:
            first = np.maximum(begins, max(start, self.rules.from_us))
            last = np.minimum(begins + step_us, min(end, self.rules.to_us)) - 1
            at = np.flatnonzero((first <= last) & (code == self.reference.codes[word]))
            yield rows[at], np.full(len(at), window, np.int64), first[at], last[at]

    def _homed(self, pairs: _Pairs) -> Bools:
        """Whether a home is on record at some instant of each pair."""
        if not self.rules.require_home:
            return np.ones(len(pairs.row), np.bool_)
        officer = self.reference.stretches.windows.officer[pairs.window]
        known = np.zeros(len(officer), np.bool_)
        for home in self.reference.ground.fences.homes:
            known |= (home[officer, 0] <= pairs.last_us) & (home[officer, 1] > pairs.first_us)
        return known

    def _away(self, pairs: _Pairs, batch: Batch) -> Bools:
        """Whether some position and accuracy of each pair may be away from all places, at its first instant or its last."""
        coarse, decimals = batch.coarse, self.rules.decimals
        lon, lat = degrees(coarse.lon[pairs.row], decimals), degrees(coarse.lat[pairs.row], decimals)
        least_m = np.concatenate([[0.0], CLASSES])[coarse.accuracy[pairs.row]]
        reach_m = self.rules.buffer_m + self.rules.factor * least_m - cell_m(lat, decimals)
        reach_m[reach_m <= 0] = np.nan  # what may lie anywhere near need not be tried
        officer = self.reference.stretches.windows.officer[pairs.window].astype(np.int64)
        tracks = Tracks.over(pairs.window, lon, lat)
        touches = [
            self.reference.ground.fences.contacts(officer, at_us, lon, lat, reach_m, tracks)[0]
            for at_us in (pairs.first_us, pairs.last_us)
        ]
        return ~(touches[0] & touches[1])


def cell_m(lat: Floats, decimals: int) -> Floats:
    """How far at the most a position may lie from what it was rounded to."""
    half = 0.5 * 10.0**-decimals
    widest = np.cos(np.radians(np.maximum(np.abs(lat) - half, 0)))
    return np.asarray(half * DEGREE_M * np.hypot(1, widest))


def _some(rows: Ints, count: int) -> Bools:
    found = np.zeros(count, np.bool_)
    found[rows] = True
    return found


__all__ = ["InputError", "Possible", "check_possible"]
