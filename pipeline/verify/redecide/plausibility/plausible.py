"""Checks without pings whether each released row is possible, by the reference tables and the pseudonym key.

1. The row's pseudonym is that of an officer in the period of its folder's date.
2. There is an instant within its time step when that officer, alone with a device, was on duty by the roster of then
   and by the roster of `as_of`, with that duty code. The duty window started on that date and had ended by `as_of`, and
   the instant is outside the hold at both its ends.
3. A home was on record at that instant, where the policy requires one.
4. There is a position that rounds to the row's, and an accuracy of its class, whose disc is away from every place that
   protected the officer then.
5. Where legs are anchored and there is no hold, the first and the last row of a window are at work: some position that
   rounds to theirs is inside a site. Only a second fix of the same instant, hidden as a duplicate, could have been the
   anchor instead; so rows that fail only this are counted separately.

Whether everything was released that should have been, and whether the rest was hidden for the right reason, cannot be
checked without the pings.
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
from offduty.verify.redecide.outputs.coarsening import CoarseRows, period, pseudonym
from offduty.verify.redecide.outputs.expected_release import day_of
from offduty.verify.redecide.outputs.published_release import ReleaseBatch, read_release
from offduty.verify.redecide.plausibility.ends_at_work import ReleasedCandidates, at_work, outermost
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

UNLIKE = "its values are not those of a released row"
NOBODY = "no officer has its pseudonym on that day"
NOT_ON_DUTY = (
    "its officer was not on duty then, with that code, alone with a device, in an ended duty window of that day"
)
TOO_POOR = "its accuracy is above the policy's limit"
NO_HOME = "no home was on record"
TOO_NEAR = "every position that rounds to it is too near a protected place"
WHYS = ("", UNLIKE, NOBODY, NOT_ON_DUTY, TOO_POOR, NO_HOME, TOO_NEAR)


@dataclass(frozen=True)
class Plausibility:
    """How many rows were checked, the impossible ones by file and row, and how many of them for each reason.

    `ends` counts the starts and ends of windows that were checked. `unanchored` rows are the first or last of a window
    and away from work; only a hidden second fix of the same instant explains them. `not_checked` names expired files.
    """

    rows: int
    impossible: CappedDifferences[tuple[str, int]]
    why: Counter[str]
    ends: int
    unanchored: CappedDifferences[tuple[str, int]]
    not_checked: tuple[str, ...]


def check_possible(case: RunCase) -> Plausibility:
    """Check each row of the release. ``case.inputs`` need not have pings; its key must be there.

    Raises `InputError` without a key, and where a table or a file of the release cannot be read.
    """
    if case.key is None:
        raise InputError("the pseudonym key is needed to find the officers of released rows")
    rules = read_rules(case.manifest)
    tables = [source for source in case.inputs if source.table != "pings"]
    reference = settle_reference(tables, rules, wider_m=_size_m(rules))
    spans_of_duty = _ClosedDutySpans.of(reference, rules, case.key)
    rows, names = [], _FileNames([], [])
    for batch in read_release(case, rules, reference.codes):
        names.note(batch)
        rows.append(_judged(batch, spans_of_duty, reference, rules))
    expired = tuple(name for name in outputs_of(case, "release") if name in case.expired)
    bad = _impossible(rows)
    ends = _ends(rows, spans_of_duty, reference, rules) if _ends_at_work(rules) and not expired else _EndsCount(0, [])
    return Plausibility(
        names.rows,
        CappedDifferences.of(names.of(at) for at, _ in bad),
        Counter(WHYS[why] for _, why in bad),
        ends.looked_at,
        CappedDifferences.of(names.of(at) for at in sorted(set(ends.away))),
        expired,
    )


def _ends_at_work(rules: Rules) -> bool:
    """Whether released stretches must start and end at a site; a hold cuts them wherever the officer is then."""
    return rules.anchored and rules.hold_us == 0


def _size_m(rules: Rules) -> float:
    """The greatest distance, anywhere, from a position to its rounded position."""
    return float(RoundingCells(np.zeros(1), np.zeros(1), 0.5 / 10.0**rules.decimals).reach_m()[0])


@dataclass
class _FileNames:
    """The file of each row, when the rows of all release files are counted."""

    files: list[str]
    firsts: list[int]
    rows: int = 0

    def note(self, batch: ReleaseBatch) -> None:
        """Count the rows of one more batch."""
        if self.files[-1:] != [batch.name]:
            self.files.append(batch.name)
            self.firsts.append(self.rows)
        self.rows += len(batch.good)

    def of(self, row: int) -> tuple[str, int]:
        """The file of a row, and the row in it."""
        at = int(np.searchsorted(self.firsts, row, side="right")) - 1
        return self.files[at], row - self.firsts[at]


@dataclass(frozen=True)
class _ClosedDutySpans:
    """For each officer and day the spans of ended duty with one code that can have rows, in flat arrays.

    `bearers` finds the officers of pseudonyms.
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
    overlap_group: Ints

    @classmethod
    def of(cls, reference: SettledTables, rules: Rules, key: bytes) -> _ClosedDutySpans:
        """From the settled reference tables."""
        windows = reference.stretches.windows
        closed = np.flatnonzero(~windows.is_open & (windows.from_us < rules.to_us) & (windows.to_us > rules.from_us))
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
            edges_of(reference.context.fences, len(windows.officers)),
            windows.cluster,
        )


@dataclass(frozen=True)
class _PseudonymBearers:
    """The officers of pseudonyms, computed for each period when it is first needed."""

    officers: tuple[str, ...]
    rules: Rules
    key: bytes
    by_period: dict[str, dict[str, int]] = field(default_factory=dict)

    def on(self, day: str) -> dict[str, int]:
        """The officers by their pseudonyms on a day; empty where the text is not a date."""
        try:
            when = period(date.fromisoformat(day), self.rules.rotate)
        except ValueError:
            return {}
        if when not in self.by_period:
            names = (pseudonym(self.key, self.rules.purpose, when, officer) for officer in self.officers)
            self.by_period[when] = {name: at for at, name in enumerate(names)}
        return self.by_period[when]


@dataclass(frozen=True)
class _BatchRows:
    """Rows of a batch: why each is impossible, as a place in `WHYS` (0 if it is possible), and its possible windows."""

    why: Ints
    coarse: CoarseRows
    candidates: ReleasedCandidates


def _judged(batch: ReleaseBatch, spans_of_duty: _ClosedDutySpans, reference: SettledTables, rules: Rules) -> _BatchRows:
    bearers = spans_of_duty.bearers.on(batch.day)
    bearer = [bearers.get(name or "", -1) for name in batch.officers]
    group = np.array([spans_of_duty.groups.get((officer, batch.day), -1) for officer in bearer], np.int64)[
        batch.officer
    ]
    named = np.array(bearer, np.int64)[batch.officer] >= 0
    reach_m = least_reach_m(batch.coarse.accuracy, rules)
    row, span, from_us, to_us = _spans(
        np.flatnonzero(batch.good & (group >= 0)), group, batch.coarse, spans_of_duty, rules
    )
    instants = split(row, spans_of_duty.officer[span], from_us, to_us, spans_of_duty.edges)
    home, free = _free(instants, batch.coarse, reach_m, reference, rules)
    some = _among(len(group))
    steps = (
        (batch.good, UNLIKE),
        (named, NOBODY),
        (some(row), NOT_ON_DUTY),
        (np.isfinite(reach_m), TOO_POOR),
        (some(instants.row[home]), NO_HOME),
        (some(instants.row[home & free]), TOO_NEAR),
    )
    why = np.zeros(len(group), np.int64)
    for met, reason in steps:
        why[(why == 0) & ~met] = WHYS.index(reason)
    start_us = batch.coarse.step * rules.step_us
    return _BatchRows(
        why, batch.coarse, _candidates(row, spans_of_duty.overlap_group[spans_of_duty.window[span]], start_us, why)
    )


def _among(count: int) -> Callable[[Ints], Bools]:
    """A function that makes a mask of `count` rows from the places of some."""

    def some(rows: Ints) -> Bools:
        found = np.zeros(count, np.bool_)
        found[rows] = True
        return found

    return some


def _spans(
    at: Ints, group: Ints, coarse: CoarseRows, spans_of_duty: _ClosedDutySpans, rules: Rules
) -> tuple[Ints, Ints, Ints, Ints]:
    """Rows with the spans of duty of their code that share time with their step: row, span, start and end."""
    owner, nth = spread(spans_of_duty.first[group[at] + 1] - spans_of_duty.first[group[at]])
    row = at[owner]
    span = spans_of_duty.first[group[row]] + nth
    start = coarse.step[row] * rules.step_us
    from_us = np.maximum(np.maximum(start, spans_of_duty.from_us[span]), rules.from_us)
    to_us = np.minimum(
        np.minimum(start + rules.step_us, spans_of_duty.to_us[span]), min(rules.to_us, rules.as_of_us + 1)
    )
    matching = (from_us < to_us) & (spans_of_duty.code[span] == coarse.code[row])
    return row[matching], span[matching], from_us[matching], to_us[matching]


def _free(
    instants: PossibleInstants, coarse: CoarseRows, reach_m: Floats, reference: SettledTables, rules: Rules
) -> tuple[Bools, Bools]:
    """For each instant whether a home was on record, and whether the position can be away from every place."""
    fences = reference.context.fences
    home = np.ones(len(instants.row), np.bool_)
    if rules.require_home:
        home = fences.at_home(instants.officer, instants.at_us)
    free = np.zeros(len(instants.row), np.bool_)
    tried = instants.take(home)
    free[home] = away(tried, cells_of(coarse, rules).take(tried.row), reach_m[tried.row], fences)
    return home, free


def _candidates(row: Ints, overlap_group: Ints, at_us: Ints, why: Ints) -> ReleasedCandidates:
    """Possible rows with each group of overlapping windows that they may belong to, once."""
    pairs = np.unique(np.column_stack([row, overlap_group])[why[row] == 0], axis=0)
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
    """How many starts and ends of windows were checked, and the rows of those that are not at work."""

    looked_at: int
    away: list[int]


def _ends(
    rows: list[_BatchRows], spans_of_duty: _ClosedDutySpans, reference: SettledTables, rules: Rules
) -> _EndsCount:
    """Check the first and the last rows of every group of overlapping windows that the interval does not cut there."""
    windows = reference.stretches.windows
    number = int(spans_of_duty.overlap_group.max(initial=-1)) + 1
    from_us, to_us = np.full(number, np.iinfo(np.int64).max), np.full(number, np.iinfo(np.int64).min)
    np.minimum.at(from_us, spans_of_duty.overlap_group, windows.from_us)
    np.maximum.at(to_us, spans_of_duty.overlap_group, windows.to_us)
    ends = outermost(_together(rows), (from_us, to_us), rules)
    wanted = np.unique(np.concatenate([np.zeros(0, np.int64), *ends]))
    coarse = CoarseRows.joined([each.coarse for each in rows]).take(wanted)
    work = dict(zip(wanted.tolist(), at_work(cells_of(coarse, rules), reference.context.sites).tolist(), strict=True))
    unanchored = [row for each in ends if not any(work[at] for at in each.tolist()) for row in each.tolist()]
    return _EndsCount(len(ends), unanchored)


def _together(rows: list[_BatchRows]) -> ReleasedCandidates:
    """The candidates of all batches, with row numbers counted over all batches."""
    firsts = np.cumsum([0, *(len(each.why) for each in rows)])
    parts = [
        replace(each.candidates, row=each.candidates.row + first) for each, first in zip(rows, firsts, strict=False)
    ]
    none = np.zeros(0, np.int64)
    return ReleasedCandidates(
        np.concatenate([none, *(part.row for part in parts)]),
        np.concatenate([none, *(part.overlap_group for part in parts)]),
        np.concatenate([none, *(part.at_us for part in parts)]),
        np.concatenate([none.astype(np.bool_), *(part.certain for part in parts)]),
    )
