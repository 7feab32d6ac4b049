"""What the pings before and after a part of time mean to the pings in it: enough for the rules of legs to find in each
part what they would find in whole windows.

Of a window a part needs to know the nearest instant beyond each end (a silence may lie between, and a place for
everyone may be passed there), and whether from there an anchor is reached with no contact between. Both are said to the
rules as two rows beyond each end of the part: the inner one at that nearest instant, the outer one farther away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from offduty.arrays.arrow import Bools, Codes, Ints
from offduty.decision.gaps import CHOICES_S, SECOND_US
from offduty.decision.legs import ANCHOR, CANDIDATE, CONTACT_FOR_EVERYONE, Kinds, instants_of

NO_CHOICE = len(CHOICES_S)
_CHOICE_GAPS_US = np.array([0, *(choice + 1 for choice in CHOICES_S)], np.int64) * SECOND_US
"""For each choice of a limit a gap that needs it, and for none of them one that is longer than all."""


@dataclass(frozen=True)
class Edge:
    """The nearest instant of each window before a part of time, or after it; windows ascend, and those that have none
    there are left out.

    ``only_near`` says that pings touch places for everyone there, and nothing else; ``beyond_us`` is the instant beyond
    the run of such instants, and too far away to pass by where there is none. ``anchored`` says whether an anchor is
    reached from here, away from the part, with no contact and no silence between, and ``choice`` with which of
    `CHOICES_S`.
    """

    window: Codes
    us: Ints
    only_near: Bools
    beyond_us: Ints
    anchored: Bools
    choice: Codes

    def of_windows(self, which: Bools) -> Edge:
        """Only these of its windows."""
        return Edge(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


NO_EDGE = Edge(
    np.zeros(0, np.int32),
    np.zeros(0, np.int64),
    np.zeros(0, np.bool_),
    np.zeros(0, np.int64),
    np.zeros(0, np.bool_),
    np.zeros(0, np.int32),
)


@dataclass(frozen=True)
class EdgedRows:
    """The rows of a part, sorted by window and time, with two rows for each window beyond each end.

    ``own`` are the places of the part's own rows, ``inner`` and ``outer`` those of the rows for ``edges``: the windows
    before the part, and then those after it. ``before`` is how many of these are before it.
    """

    window: Codes
    observed_us: Ints
    own: Ints
    inner: Ints
    outer: Ints
    edges: Edge
    before: int

    @classmethod
    def of(cls, window: Codes, observed_us: Ints, before: Edge, after: Edge) -> EdgedRows:
        """The rows of a part, which must be sorted by window and time, between its edges."""
        parts = [before.window, before.window, window, after.window, after.window]
        instants = [before.beyond_us, before.us, observed_us, after.us, after.beyond_us]
        windows = np.concatenate(parts)
        order = np.argsort(windows, kind="stable")  # within a window they come in order of time already
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        ends = np.cumsum([len(part) for part in parts])
        first_outer, first_inner, own, last_inner, last_outer = np.split(places, ends[:-1])
        return cls(
            windows[order],
            np.concatenate(instants)[order],
            own,
            np.concatenate([first_inner, last_inner]),
            np.concatenate([first_outer, last_outer]),
            Edge(*(np.concatenate([getattr(each, name) for each in (before, after)]) for name in _NAMES)),
            len(before.window),
        )

    def kinds_to_pass(self, kind: Kinds) -> Kinds:
        """The kinds of all rows as the rule of passing by asks for them, from those of the part's own rows."""
        near = np.where(self.edges.only_near, np.uint8(CONTACT_FOR_EVERYONE), np.uint8(CANDIDATE))
        return self._kinds(kind, near, CANDIDATE)

    def kinds_of_legs(self, kind: Kinds) -> Kinds:
        """The kinds as the rule of legs asks for them: an anchor where one is reached."""
        return self._kinds(kind, np.where(self.edges.anchored, np.uint8(ANCHOR), np.uint8(CANDIDATE)), CANDIDATE)

    def kinds_to_choose(self, kind: Kinds) -> Kinds:
        """The kinds where the choices of a limit are counted: an anchor, as far away as `gaps_to_choose` says."""
        return self._kinds(kind, np.full(len(self.inner), CANDIDATE, np.uint8), ANCHOR)

    def gaps_to_choose(self, gap_us: Ints) -> Ints:
        """The gaps before all rows, with those to the anchors beyond the ends in place of the true ones."""
        found, needed = gap_us.copy(), _CHOICE_GAPS_US[self.edges.choice]
        found[self.inner[: self.before]] = needed[: self.before]
        found[self.outer[self.before :]] = needed[self.before :]
        return found

    def _kinds(self, own: Kinds, inner: Kinds, outer: int) -> Kinds:
        found = np.full(len(self.window), outer, np.uint8)
        found[self.own], found[self.inner] = own, inner
        return found

    def edge_after(self, kind: Kinds, pass_by_us: int) -> Edge:
        """What this part and all before it mean to the part that follows, but for anchors. ``kind`` are those of the
        part's own rows.
        """
        return self._edge(kind, pass_by_us, self._not(slice(self.before, None)))

    def edge_before(self, kind: Kinds, pass_by_us: int) -> Edge:
        """What this part and all after it mean to the part before it, but for anchors."""
        turned = self._turned()
        found = turned._edge(kind, pass_by_us, turned._not(slice(self.before)))
        return replace(found, us=-found.us, beyond_us=-found.beyond_us)

    def _not(self, which: slice) -> Bools:
        """All rows but those of some of the edges."""
        rest = np.ones(len(self.window), np.bool_)
        rest[self.inner[which]] = rest[self.outer[which]] = False
        return rest

    def _turned(self) -> EdgedRows:
        """The same rows with time running backwards; the windows still ascend."""
        order = np.argsort(self.window[::-1], kind="stable")
        back = len(self.window) - 1 - order
        places = np.empty(len(back), np.int64)
        places[back] = np.arange(len(back))
        return replace(
            self,
            window=self.window[back],
            observed_us=-self.observed_us[back],
            own=places[self.own],
            inner=places[self.inner],
            outer=places[self.outer],
        )

    def _edge(self, kind: Kinds, pass_by_us: int, which: Bools) -> Edge:
        """The last of the rows in each window, of those in ``which``."""
        near_kinds = self.kinds_to_pass(kind)
        instant, starts = instants_of(self.window, self.observed_us)
        count = len(starts)
        if not count:
            return NO_EDGE
        near = np.ones(count, np.bool_)
        near[instant[near_kinds != CONTACT_FOR_EVERYONE]] = False
        us, first = np.zeros(count, np.int64), np.maximum.accumulate(np.where(starts, np.arange(count), 0))
        us[instant] = self.observed_us
        other = np.maximum.accumulate(np.where(near, -1, np.arange(count)))
        row = last_rows(self.window, which)
        at = instant[row]
        has_other = near[at] & (other[at] >= first[at])
        far_us = us[at] - pass_by_us - 1
        return Edge(
            window=self.window[row],
            us=us[at],
            only_near=near[at],
            beyond_us=np.where(has_other, us[np.maximum(other[at], 0)], far_us),
            anchored=np.zeros(len(row), np.bool_),
            choice=np.full(len(row), NO_CHOICE, np.int32),
        )


_NAMES = list(Edge.__dataclass_fields__)


def last_rows(window: Codes, which: Bools) -> Ints:
    """The last row of each window, of the rows in ``which``; rows are sorted by window."""
    rows = np.flatnonzero(which)
    ends = np.ones(len(rows), np.bool_)
    ends[:-1] = window[rows][1:] != window[rows][:-1]
    return rows[ends]


def first_rows(window: Codes, which: Bools) -> Ints:
    """The first row of each window, of the rows in ``which``; rows are sorted by window."""
    rows = np.flatnonzero(which)
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = window[rows][1:] != window[rows][:-1]
    return rows[begins]
