"""Settles duty windows with more pings than may be in memory at once: in parts of time, each with what the pings before
and after it mean to it (`offduty.decision.edges`). Every reason is the one that `settle` gives.

The rules of legs look at instants, and at what kinds of pings an instant has. So the pings of a part become one row for
each window, instant and kind first, however many they are. Three passes go over the parts: forwards for the instants
before each part, backwards for those after it and the anchors reached from there, and forwards again to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from offduty.arrays.arrow import Bools, Codes, Floats, Ints
from offduty.arrays.spill import Spill
from offduty.arrays.value_ranges import ValueRanges
from offduty.core.reasons import Reason
from offduty.decision.decide import (
    Reference,
    Undecided,
    by_window,
    kinds_for_legs,
    outside_hold_of,
    with_other_devices,
)
from offduty.decision.edges import NO_CHOICE, NO_EDGE, Edge, EdgedRows, first_rows, last_rows
from offduty.decision.gaps import CHOICES_S, NO_GAPS, SECOND_US, GapCounts, counts_of_seconds, needed_choices
from offduty.decision.legs import (
    CANDIDATE,
    Kinds,
    LegRows,
    after_silence,
    anchors_around,
    gaps_before,
    instants_of,
    is_candidate,
    passing,
)
from offduty.decision.pings import Reasons


@dataclass(frozen=True)
class SettledBlock:
    """Some pings and their reasons, as `settle` gives them. ``gaps`` and ``twins`` are what was counted, and what
    equals a released ping but for its extra columns (`offduty.decision.decide.twins`), in the part of time that the
    block ends; empty for the others.
    """

    pings: Undecided
    reason: Reasons
    gaps: GapCounts = NO_GAPS
    twins: list[Ints] = field(default_factory=list)


@dataclass(frozen=True)
class KindsAt:
    """What kinds of pings there are at the instants of windows, one row for each window, instant and kind.

    ``pings`` is how many there are; the other columns are those of the one among them that would be released
    (specification#reason-duplicate).
    """

    window: Codes
    observed_us: Ints
    kind: Kinds
    pings: Ints
    accuracy_m: Floats
    lon: Floats
    lat: Floats
    row: Ints

    @classmethod
    def of(cls, pings: Undecided) -> KindsAt:
        """The kinds of pings in any order, sorted by window, instant and kind."""
        ones = np.ones(len(pings), np.int64)
        columns = (pings.window, pings.observed_us, pings.kind, ones, pings.accuracy_m, pings.lon, pings.lat, pings.row)
        return cls.together([cls(*columns)])

    @staticmethod
    def together(parts: Sequence[KindsAt]) -> KindsAt:
        """All parts as one, sorted by window, instant and kind; there must be at least one."""
        columns = {each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(KindsAt)}
        if not len(columns["row"]):
            return KindsAt(**columns)
        order = by_window(columns["window"], columns["observed_us"])
        instant, starts = instants_of(np.take(columns["window"], order), np.take(columns["observed_us"], order))
        if len(starts) == len(instant):
            return KindsAt(**{name: np.take(values, order) for name, values in columns.items()})
        crowded = np.flatnonzero((np.bincount(instant) > 1)[instant])
        some = order[crowded]
        ranking = [columns[name][some] for name in ("row", "lat", "lon", "accuracy_m", "kind")]
        order[crowded] = some[np.lexsort((*ranking, instant[crowded]))]
        kind, first = np.take(columns["kind"], order), np.ones(len(order), np.bool_)
        first[1:] = (instant[1:] != instant[:-1]) | (kind[1:] != kind[:-1])
        begins = np.flatnonzero(first)
        found = {name: np.take(values, order[begins]) for name, values in columns.items()}
        return KindsAt(**{**found, "pings": np.add.reduceat(np.take(columns["pings"], order), begins)})


def settle_in_parts(
    stored: Spill[Undecided], key: int, reference: Reference, counted: Bools, *, rows: int
) -> Iterator[SettledBlock]:
    """Settle the pings that are stored under a key, and remove them; about as many ``rows`` are in memory at once.

    They must be all undecided pings of their clusters of windows, as for `settle`. The gaps of the windows that are
    ``counted`` are counted. What does not fit is spilled where the pings are. `OSError` where the disk fails.
    """
    parts, starts = _divided(stored, key, rows)
    if starts:
        yield from _Parts(parts, starts, reference, counted, rows).settled()


def _divided(stored: Spill[Undecided], key: int, rows: int) -> tuple[Spill[Undecided], list[int]]:
    """The pings of a key by part of time, numbered from 0, and the instant with which each part begins. All pings of an
    instant are in one part.
    """
    ranges = ValueRanges.of(lambda: stored.column(key, "observed_us", rows), rows)
    parts = stored.another(Undecided)
    for block in stored.blocks(key, rows):
        part = ranges.number(block.observed_us)
        for some in np.flatnonzero(np.bincount(part)).tolist():
            parts.add(some, block.take(np.flatnonzero(part == some)))
    stored.remove(key)
    return parts, ranges.starts


@dataclass(frozen=True)
class _PartLegs:
    """The rows of a part and its edges for the rule of legs: which come after an anchor with nothing between, which
    before one, and with which choice of a limit.
    """

    rows: LegRows
    before: Bools
    after: Bools
    choice_before: Codes
    choice_after: Codes

    def joined(self, edge: Edge, row: Ints, *, forwards: bool) -> Edge:
        """An edge with what holds at these rows, one for each of its windows and maybe others."""
        at = row[np.searchsorted(self.rows.window[row], edge.window)]
        if forwards:
            return replace(edge, anchored=self.before[at], choice=self.choice_before[at])
        return replace(edge, anchored=self.after[at], choice=self.choice_after[at])


class _Parts:
    """The parts of `settle_in_parts`, in order of time."""

    def __init__(
        self, parts: Spill[Undecided], starts: list[int], reference: Reference, counted: Bools, rows: int
    ) -> None:
        self._parts = parts
        self._starts = starts
        self._reference = reference
        self._counted = counted
        self._rows = rows
        self._kinds = parts.another(KindsAt)
        self._windows = reference.timeline.windows
        self._pass_by_us = reference.policy.legs.pass_by_s * SECOND_US
        self._max_gap_us = reference.policy.legs.max_gap_s * SECOND_US

    def settled(self) -> Iterator[SettledBlock]:
        """All blocks of all parts."""
        before = self._before()
        after = self._after(before)
        edge = NO_EDGE
        for part in range(len(self._starts)):
            at = self._kinds.take(part)
            edged = EdgedRows.of(at.window, at.observed_us, edge, after[part])
            legs = self._legs(edged, at.kind)
            if part + 1 < len(self._starts):
                edge = self._joined_after(before[part + 1], legs, self._starts[part + 1])
            yield from self._blocks(part, at, edged, legs)

    def _before(self) -> list[Edge]:
        """The edge before each part, but for anchors."""
        edges = [NO_EDGE]
        for part, end in enumerate([*self._starts[1:], None]):
            at = KindsAt.together([KindsAt.of(block) for block in self._parts.blocks(part, self._rows)])
            self._kinds.add(part, at)
            if end is not None:
                edge = EdgedRows.of(at.window, at.observed_us, edges[-1], NO_EDGE).edge_after(at.kind, self._pass_by_us)
                edges.append(edge.of_windows(self._windows.to_us[edge.window] > end))
        return edges

    def _after(self, before: list[Edge]) -> list[Edge]:
        """The edge after each part."""
        edges = [NO_EDGE]
        for part in range(len(self._starts) - 1, 0, -1):
            at = KindsAt.together(list(self._kinds.blocks(part, self._rows)))
            edged = EdgedRows.of(at.window, at.observed_us, before[part], edges[-1])
            edge = edged.edge_before(at.kind, self._pass_by_us)
            edge = edge.of_windows(self._windows.from_us[edge.window] < self._starts[part])
            legs = self._legs(edged, at.kind)
            if legs is not None:
                row = first_rows(legs.rows.window, legs.rows.observed_us >= self._starts[part])
                edge = legs.joined(edge, row, forwards=False)
            edges.append(edge)
        return edges[::-1]

    def _joined_after(self, edge: Edge, legs: _PartLegs | None, end_us: int) -> Edge:
        if legs is None:
            return edge
        return legs.joined(edge, last_rows(legs.rows.window, legs.rows.observed_us < end_us), forwards=True)

    def _legs(self, edged: EdgedRows, kind: Kinds) -> _PartLegs | None:
        """The rows of a part for the rule of legs; None where that is off."""
        if not self._reference.anchored:
            return None
        window, observed_us = edged.window, edged.observed_us
        passed = passing(window, observed_us, edged.kinds_to_pass(kind), self._pass_by_us)[edged.own]
        own = kinds_for_legs(kind, passed)
        silent = after_silence(window, observed_us, self._max_gap_us)
        rows = with_other_devices(window, observed_us, edged.kinds_of_legs(own), silent, self._windows)
        around = anchors_around(rows.window, rows.observed_us, rows.kind, rows.silent)
        if not self._counted[window].any():
            none = np.full(len(rows.window), NO_CHOICE, np.int32)
            return _PartLegs(rows, *around, none, none)
        chosen = edged.kinds_to_choose(own)
        if rows.places is not None:
            kinds = rows.kind.copy()
            kinds[rows.places] = chosen
            chosen = kinds
        gap_us = edged.gaps_to_choose(gaps_before(window, observed_us))
        return _PartLegs(rows, *around, *needed_choices(replace(rows, kind=chosen), gap_us))

    def _blocks(self, part: int, at: KindsAt, edged: EdgedRows, legs: _PartLegs | None) -> Iterator[SettledBlock]:
        """The pings of a part with their reasons."""
        outside_hold = outside_hold_of(at.window, at.observed_us, self._reference)
        proven = is_candidate(at.kind) & outside_hold
        if legs is not None:
            proven &= legs.rows.of_pings(legs.before & legs.after)[edged.own]
        gaps = self._gap_counts(at, edged, legs, outside_hold)
        instants = _Instants.of(at, proven)
        twins: list[tuple[Ints, Ints]] = []
        blocks = self._parts.blocks(part, self._rows)
        left = self._parts.rows(part)
        for block in blocks:
            left -= len(block)
            reason, number = instants.decide(block)
            if self._reference.policy.release.extra_columns:
                twins.append(instants.twins(block, number))
            if left:
                yield SettledBlock(block, reason)
            else:
                yield SettledBlock(block, reason, gaps, _groups(twins))
        self._parts.remove(part)

    def _gap_counts(self, at: KindsAt, edged: EdgedRows, legs: _PartLegs | None, outside_hold: Bools) -> GapCounts:
        """What `gap_counts` counts, of this part of time."""
        counted = self._counted[at.window]
        if not counted.any():
            return NO_GAPS
        gap_us = gaps_before(edged.window, edged.observed_us)[edged.own][counted]
        begins, ends = (rows(at.window, counted) for rows in (first_rows, last_rows))
        begins = begins[~np.isin(at.window[begins], edged.edges.window[: edged.before])]
        ends = ends[~np.isin(at.window[ends], edged.edges.window[edged.before :])]
        from_us, to_us = self._windows.from_us[at.window[begins]], self._windows.to_us[at.window[begins]]
        last_us = self._windows.to_us[at.window[ends]] - at.observed_us[ends]
        within = gap_us[gap_us > 0]
        off_sites = counted & (at.kind == CANDIDATE)
        released = np.zeros(len(CHOICES_S), np.int64)
        if legs is not None:
            needed = legs.rows.of_pings(np.maximum(legs.choice_before, legs.choice_after))[edged.own]
            asked = np.flatnonzero(off_sites & outside_hold & (needed < len(CHOICES_S)))
            np.add.at(released, needed[asked], at.pings[asked])
        return GapCounts(
            gaps=counts_of_seconds(within),
            duty_us=int((to_us - from_us).sum()),
            silent_us=sum(
                int(gap[gap > self._max_gap_us].sum()) for gap in (within, at.observed_us[begins] - from_us, last_us)
            ),
            off_sites=int(at.pings[off_sites].sum()),
            released=released,
        )


@dataclass(frozen=True)
class _Instants:
    """The instants of a part, and of each the ping that is released; its row is -1 where none is."""

    window: Codes
    observed_us: Ints
    row: Ints
    accuracy_m: Floats
    lon: Floats
    lat: Floats

    @classmethod
    def of(cls, at: KindsAt, proven: Bools) -> _Instants:
        """From the kinds at each instant, and which of them are proven."""
        instant, _ = instants_of(at.window, at.observed_us)
        begins = np.flatnonzero(np.diff(instant, prepend=-1))
        some = np.flatnonzero(proven)
        if len(some):
            some = some[np.lexsort((at.row[some], at.lat[some], at.lon[some], at.accuracy_m[some], instant[some]))]
            some = some[np.diff(instant[some], prepend=-1) > 0]
        chosen, row = begins.copy(), np.full(len(begins), -1, np.int64)
        chosen[instant[some]], row[instant[some]] = some, at.row[some]
        return cls(
            at.window[begins], at.observed_us[begins], row, at.accuracy_m[chosen], at.lon[chosen], at.lat[chosen]
        )

    def decide(self, block: Undecided) -> tuple[Reasons, Ints]:
        """The reason of each ping of a block, and the number of its instant."""
        count = len(self.window)
        order = by_window(
            np.concatenate([self.window, block.window]), np.concatenate([self.observed_us, block.observed_us])
        )
        numbers, _ = instants_of(
            np.take(np.concatenate([self.window, block.window]), order),
            np.take(np.concatenate([self.observed_us, block.observed_us]), order),
        )
        number = np.empty(len(order), np.int64)
        number[order] = numbers
        number = number[count:]
        row = np.take(self.row, number)
        reason = np.full(len(block), Reason.HOME_LEG, np.uint8)
        reason[is_candidate(block.kind) & (row >= 0)] = Reason.DUPLICATE
        reason[row == block.row] = Reason.ON_DUTY
        return reason, number

    def twins(self, block: Undecided, number: Ints) -> tuple[Ints, Ints]:
        """The candidates of a block that equal the released ping of their instant, itself too: instants and rows."""
        equal = is_candidate(block.kind) & (self.row[number] >= 0) & (block.accuracy_m == self.accuracy_m[number])
        equal &= (block.lon == self.lon[number]) & (block.lat == self.lat[number])
        return number[equal], block.row[equal]


def _groups(found: Iterable[tuple[Ints, Ints]]) -> list[Ints]:
    """The rows of each instant that has two or more, the first row first."""
    pairs = list(found)
    if not pairs:
        return []
    number, row = (np.concatenate(columns) for columns in zip(*pairs, strict=True))
    order = np.lexsort((row, number))
    groups = np.split(row[order], np.flatnonzero(np.diff(number[order])) + 1)
    return [group for group in groups if len(group) > 1]
