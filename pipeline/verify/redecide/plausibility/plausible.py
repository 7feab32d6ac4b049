"""Without a single ping: whether each released row is possible by roster, assignments, places, sites and the pseudonym
key.

1. A row's pseudonym is some officer's in the period of its folder's date.
2. There is an instant within its step of time at which that officer, alone with some device, was on duty then and at
   `as_of`, by that duty code, in a window that began on that date and had ended by `as_of`, away from both
   ends of it by the policy's hold.
3. A home was on record at that instant, where the policy wants one.
4. There is a position that rounds to the row's, and an accuracy of its class, with a disc that is away from every place
   that concerned the officer then.
5. Where legs are anchored and nothing is held back at the ends of duties, the first and the last row of a window lie
   at work: some position that rounds to them is inside a site. Only a second fix of the very same instant, hidden as its
   duplicate, could have been the anchor in their stead; so rows that fail this alone are told apart.

What was hidden, and whether all was released that should have been, cannot be seen from here: that takes the pings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from offduty.core.errors import InputError
from offduty.verify.redecide.decision.reference import SettledTables, settle_reference
from offduty.verify.redecide.geofence.polygons import spread
from offduty.verify.redecide.ingest.recorded import outputs_of
from offduty.verify.redecide.model import Bools, CappedDifferences, Floats, Ints, RunCase
from offduty.verify.redecide.outputs.coarsening import period, pseudonym
from offduty.verify.redecide.outputs.expected_release import CoarseRows, day_of
from offduty.verify.redecide.outputs.published_release import ReleaseBatch, read_release
from offduty.verify.redecide.plausibility.ends_at_work import ReleasedCandidates, at_work, companies, outermost
from offduty.verify.redecide.plausibility.rounding_cells import (
    PossibleInstants,
    RoundingCells,
    away,
    cells_of,
    edges_of,
    least_reach_m,
    split,
)
from offduty.verify.redecide.rules import Rules, read_rules

UNLIKE = "the filter releases nothing that looks like it"
NOBODY = "its pseudonym is nobody's on that day"
NOT_ON_DUTY = (
    "nobody of that name was on duty then, alone with a device, under that code, in a window of that day that has ended"
)
TOO_POOR = "its accuracy is above the policy's limit"
NO_HOME = "no home was on record"
TOO_NEAR = "every position that it may stand for is too near a protected place"
WHYS = ("", UNLIKE, NOBODY, NOT_ON_DUTY, TOO_POOR, NO_HOME, TOO_NEAR)


@dataclass(frozen=True)
class Plausibility:
    """How many rows were looked at, those that cannot be by file and row, and how many of them for which reason.

    `ends` counts the beginnings and ends of windows that were looked at; `unanchored` rows begin or end one away from
    work, where only a hidden second fix of the same instant explains it. `not_checked` names files that have expired.
    """

    rows: int
    impossible: CappedDifferences[tuple[str, int]]
    why: Counter[str]
    ends: int
    unanchored: CappedDifferences[tuple[str, int]]
    not_checked: tuple[str, ...]


def check_possible(case: RunCase) -> Plausibility:
    """Hold each row of the release to what was possible. ``case.inputs`` need not hold pings; its key must be there.

    `InputError` without a key, and where a table or a file of the release cannot be read.
    """
    if case.key is None:
        raise InputError("without the pseudonym key nobody can tell whose the released rows are")
    rules = read_rules(case.manifest)
    tables = [source for source in case.inputs if source.table != "pings"]
    reference = settle_reference(tables, rules, wider_m=_size_m(rules))
    known = _ClosedDutySpans.of(reference, rules, case.key)
    rows, names = [], _FileNames([], [])
    for batch in read_release(case, rules, reference.codes):
        names.note(batch)
        rows.append(_judged(batch, known, reference, rules))
    gone = tuple(name for name in outputs_of(case, "release") if name in case.expired)
    bad = _impossible(rows)
    ends = _ends(rows, known, reference, rules) if _ends_at_work(rules) and not gone else _EndsCount(0, [])
    return Plausibility(
        names.rows,
        CappedDifferences.of(names.of(at) for at, _ in bad),
        Counter(WHYS[why] for _, why in bad),
        ends.looked_at,
        CappedDifferences.of(names.of(at) for at in sorted(set(ends.away))),
        gone,
    )


def _ends_at_work(rules: Rules) -> bool:
    """Whether what is seen of a window begins and ends at a site. A hold cuts it wherever somebody is by then."""
    return rules.anchored and rules.hold_us == 0


def _size_m(rules: Rules) -> float:
    """How far a position may have been from what it was rounded to, anywhere."""
    return float(RoundingCells(np.zeros(1), np.zeros(1), 0.5 / 10.0**rules.decimals).reach_m()[0])


@dataclass
class _FileNames:
    """Which file a row is in, when all rows of the release are counted through."""

    files: list[str]
    firsts: list[int]
    rows: int = 0

    def note(self, batch: ReleaseBatch) -> None:
        """Some more rows."""
        if self.files[-1:] != [batch.name]:
            self.files.append(batch.name)
            self.firsts.append(self.rows)
        self.rows += len(batch.good)

    def of(self, row: int) -> tuple[str, int]:
        """The file and the row in it."""
        at = int(np.searchsorted(self.firsts, row, side="right")) - 1
        return self.files[at], row - self.firsts[at]


@dataclass(frozen=True)
class _ClosedDutySpans:
    """For each officer and day the spans of closed duty under one code that may have made its rows, flat; and who is
    who.
    """

    bearers: _PseudonymBearers
    groups: dict[tuple[int, str], int]
    first: Ints
    window: Ints
    from_us: Ints
    to_us: Ints
    code: Ints
    officer: Ints
    edges: tuple[Ints, Ints]
    company: Ints

    @classmethod
    def of(cls, reference: SettledTables, rules: Rules, key: bytes) -> _ClosedDutySpans:
        """From the settled tables."""
        windows = reference.stretches.windows
        closed = np.flatnonzero(
            (windows.to_us <= rules.as_of_us) & (windows.from_us < rules.to_us) & (windows.to_us > rules.from_us)
        )
        spans: dict[tuple[int, str], list[tuple[int, int, int, int]]] = {}
        for window, day in day_of(windows, closed, rules).items():
            mine = spans.setdefault((int(windows.officer[window]), day.isoformat()), [])
            first_us, last_us = windows.from_us[window] + rules.hold_us, windows.to_us[window] - rules.hold_us
            mine += [
                (window, max(start, first_us), min(end, last_us), reference.codes[code])
                for start, end, code in windows.codes[window]
            ]
        flat = np.array([span for mine in spans.values() for span in mine], np.int64).reshape(-1, 4)
        first = np.concatenate([[0], np.cumsum([len(mine) for mine in spans.values()], dtype=np.int64)])
        return cls(
            _PseudonymBearers(windows.officers, rules, key),
            {group: at for at, group in enumerate(spans)},
            first,
            flat[:, 0],
            flat[:, 1],
            flat[:, 2],
            flat[:, 3],
            windows.officer[flat[:, 0]].astype(np.int64),
            edges_of(reference.ground.fences, len(windows.officers)),
            companies(windows),
        )


@dataclass(frozen=True)
class _PseudonymBearers:
    """Who bears which pseudonym, period by period as they are asked for."""

    officers: tuple[str, ...]
    rules: Rules
    key: bytes
    known: dict[str, dict[str, int]] = field(default_factory=dict)

    def on(self, day: str) -> dict[str, int]:
        """The officers by their pseudonyms on a day; nobody on what is no day."""
        try:
            when = period(date.fromisoformat(day), self.rules.rotate)
        except ValueError:
            return {}
        if when not in self.known:
            names = (pseudonym(self.key, self.rules.purpose, when, officer) for officer in self.officers)
            self.known[when] = {name: at for at, name in enumerate(names)}
        return self.known[when]


@dataclass(frozen=True)
class _BatchRows:
    """Rows of a batch: why each is impossible (0 where it is not), and the windows that it may belong to."""

    why: Ints
    coarse: CoarseRows
    shown: ReleasedCandidates


def _judged(batch: ReleaseBatch, known: _ClosedDutySpans, reference: SettledTables, rules: Rules) -> _BatchRows:
    bearers = known.bearers.on(batch.day)
    bearer = [bearers.get(who or "", -1) for who in batch.officers]
    group = np.array([known.groups.get((who, batch.day), -1) for who in bearer], np.int64)[batch.officer]
    named = np.array(bearer, np.int64)[batch.officer] >= 0
    reach_m = least_reach_m(batch.coarse.accuracy, rules)
    row, span, from_us, to_us = _spans(np.flatnonzero(batch.good & (group >= 0)), group, batch.coarse, known, rules)
    moments = split(row, known.officer[span], from_us, to_us, known.edges)
    home, free = _free(moments, batch.coarse, reach_m, reference, rules)
    some = _among(len(group))
    steps = (
        (batch.good, UNLIKE),
        (named, NOBODY),
        (some(row), NOT_ON_DUTY),
        (np.isfinite(reach_m), TOO_POOR),
        (some(moments.row[home]), NO_HOME),
        (some(moments.row[home & free]), TOO_NEAR),
    )
    why = np.zeros(len(group), np.int64)
    for met, reason in steps:
        why[(why == 0) & ~met] = WHYS.index(reason)
    start_us = batch.coarse.step * rules.step_us
    return _BatchRows(why, batch.coarse, _shown(row, known.company[known.window[span]], start_us, why))


def _among(count: int) -> Callable[[Ints], Bools]:
    """A function that marks, of so many rows, those that are named."""

    def some(rows: Ints) -> Bools:
        found = np.zeros(count, np.bool_)
        found[rows] = True
        return found

    return some


def _spans(
    at: Ints, group: Ints, coarse: CoarseRows, known: _ClosedDutySpans, rules: Rules
) -> tuple[Ints, Ints, Ints, Ints]:
    """Rows with the spans of duty, by their code, that share time with their step: row, span, from and to."""
    owner, nth = spread(known.first[group[at] + 1] - known.first[group[at]])
    row = at[owner]
    span = known.first[group[row]] + nth
    start = coarse.step[row] * rules.step_us
    from_us = np.maximum(np.maximum(start, known.from_us[span]), rules.from_us)
    to_us = np.minimum(np.minimum(start + rules.step_us, known.to_us[span]), min(rules.to_us, rules.as_of_us + 1))
    kept = (from_us < to_us) & (known.code[span] == coarse.code[row])
    return row[kept], span[kept], from_us[kept], to_us[kept]


def _free(
    moments: PossibleInstants, coarse: CoarseRows, reach_m: Floats, reference: SettledTables, rules: Rules
) -> tuple[Bools, Bools]:
    """For each moment whether a home was on record, and whether the position can have been away from every place."""
    fences = reference.ground.fences
    home = np.ones(len(moments.row), np.bool_)
    if rules.require_home:
        home = fences.at_home(moments.officer, moments.at_us)
    free = np.zeros(len(moments.row), np.bool_)
    tried = moments.take(home)
    free[home] = away(tried, cells_of(coarse, rules).take(tried.row), reach_m[tried.row], fences)
    return home, free


def _shown(row: Ints, company: Ints, at_us: Ints, why: Ints) -> ReleasedCandidates:
    """Possible rows with each company that they may belong to, once."""
    pairs = np.unique(np.column_stack([row, company])[why[row] == 0], axis=0)
    counts = np.bincount(pairs[:, 0], minlength=len(why))
    return ReleasedCandidates(pairs[:, 0], pairs[:, 1], at_us[pairs[:, 0]], counts[pairs[:, 0]] == 1)


def _impossible(rows: list[_BatchRows]) -> list[tuple[int, int]]:
    found, first = [], 0
    for each in rows:
        found += [(first + int(at), int(each.why[at])) for at in np.flatnonzero(each.why)]
        first += len(each.why)
    return found


@dataclass(frozen=True)
class _EndsCount:
    """How many beginnings and ends were looked at, and the rows of those that are not at work."""

    looked_at: int
    away: list[int]


def _ends(rows: list[_BatchRows], known: _ClosedDutySpans, reference: SettledTables, rules: Rules) -> _EndsCount:
    """Look at the first and the last rows of every company of windows that lies within the interval on that side."""
    windows = reference.stretches.windows
    number = int(known.company.max(initial=-1)) + 1
    from_us, to_us = np.full(number, np.iinfo(np.int64).max), np.full(number, np.iinfo(np.int64).min)
    np.minimum.at(from_us, known.company, windows.from_us)
    np.maximum.at(to_us, known.company, windows.to_us)
    ends = outermost(_together(rows), (from_us, to_us), rules)
    wanted = np.unique(np.concatenate([np.zeros(0, np.int64), *ends]))
    coarse = CoarseRows.joined([each.coarse for each in rows]).take(wanted)
    work = dict(zip(wanted.tolist(), at_work(cells_of(coarse, rules), reference.ground.sites).tolist(), strict=True))
    lone = [row for each in ends if not any(work[at] for at in each.tolist()) for row in each.tolist()]
    return _EndsCount(len(ends), lone)


def _together(rows: list[_BatchRows]) -> ReleasedCandidates:
    """All rows, counted through."""
    firsts = np.cumsum([0, *(len(each.why) for each in rows)])
    parts = [replace(each.shown, row=each.shown.row + first) for each, first in zip(rows, firsts, strict=False)]
    none = np.zeros(0, np.int64)
    return ReleasedCandidates(
        np.concatenate([none, *(part.row for part in parts)]),
        np.concatenate([none, *(part.company for part in parts)]),
        np.concatenate([none, *(part.at_us for part in parts)]),
        np.concatenate([none.astype(np.bool_), *(part.certain for part in parts)]),
    )
