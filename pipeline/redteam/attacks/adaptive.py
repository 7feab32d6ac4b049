"""The adaptive attacker. Who: B, who has read the source code and the policy and knows the sites. What: everything at
once.

How: the attacker makes up a force with the project's own code, runs the filter on it, and learns from it how long
after the roster's start, and before its end, people are seen who live so and so far from where they are seen. With
that, Bayes' rule over homes on a grid of 50 m: the prior is where people tend to live; evidence is time, as learnt,
and silence: home lies nowhere within the policy's buffer of any released point. The guess is the point about which
most of what is left lies within 200 m, which is the best that can be done for that measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Floats, Guess, Ints, VisibleRows
from offduty.redteam.attacks.duty_start import gaps_s
from offduty.redteam.attacks.position_search import DutyEnds, ends_of, lengths

CELL_M, HALF_M = 50.0, 6_000.0
WAY_STEP_M, WAYS = 50.0, 400
GAP_STEP_S, GAPS = 60.0, 60  # times are released in whole minutes
SMOOTH = 1.5  # rows


@dataclass(frozen=True)
class HoldRule:
    """What the policy does to the first and last `hold_s` of a duty, and to which whole `step_s` of it a stretch is
    cut; 0: nothing.
    """

    hold_s: float = 0.0
    step_s: float = 0.0

    def shown_s(self, gap_s: Floats) -> Floats:
        """The gap that can be seen, for what would be seen without the rule."""
        held = np.maximum(gap_s, self.hold_s)
        return np.ceil(held / self.step_s - 1e-9) * self.step_s if self.step_s else held

    def read_s(self, gap_s: Floats, every_s: float) -> Floats:
        """The gap that the rule shows, from the first row that can be seen, which comes up to a fix later."""
        held = np.where(gap_s < self.hold_s + max(every_s, 60.0), np.maximum(gap_s * 0, self.hold_s), gap_s)
        held = held if self.hold_s else gap_s
        return np.floor(held / self.step_s) * self.step_s if self.step_s else held


@dataclass(frozen=True)
class CandidateGrid:
    """Where a home may be: the middles of square cells about a public point."""

    x_m: Floats
    y_m: Floats
    side: int

    @staticmethod
    def about(x_m: float, y_m: float) -> CandidateGrid:
        """A grid of 12 by 12 km."""
        line = np.arange(-HALF_M + CELL_M / 2, HALF_M, CELL_M)
        return CandidateGrid(
            (x_m + line[:, None] + 0 * line).ravel(), (y_m + 0 * line[:, None] + line).ravel(), len(line)
        )

    def cell(self, x_m: Floats, y_m: Floats) -> Ints:
        """The cell of each position; those beyond the edge count to the outermost."""
        column = ((x_m - self.x_m[0]) / CELL_M + 0.5).astype(np.int64).clip(0, self.side - 1)
        row = ((y_m - self.y_m[0]) / CELL_M + 0.5).astype(np.int64).clip(0, self.side - 1)
        cell: Ints = column * self.side + row
        return cell


def attack(
    held: AttackerView, table: Floats, rule: HoldRule | None = None, buffer_m: float = 200.0, use: str = "both"
) -> Guess:
    """Where each home most likely is; by the prior alone for whoever is never seen. `table` was learnt; `use`: times,
    silence, or both.
    """
    rule, public, officers = rule or HoldRule(), held.public, held.seen.officers
    grid = CandidateGrid.about(*public.middle_m)
    prior = np.log(public.density(grid.x_m, grid.y_m) + 1e-15)
    ends = ends_of(held.seen, held.public.every_s)
    shown_s = rule.read_s(gaps_s(ends, held.roster), public.every_s) if held.roster is not None else np.zeros(0)
    disc, rows = _disc(grid.side), np.searchsorted(held.seen.who, np.arange(officers + 1))
    mine_of = dict(ends.by_officer(officers))
    guess = Guess.nothing(officers)
    for who in range(officers):
        belief = prior.copy()
        if held.roster is not None and who in mine_of and use != "silence":
            column = _column(shown_s[mine_of[who]])
            belief += _told_by_gaps(grid, held, ends, column, mine_of[who], table)
        if use != "times":
            belief[_seen_nearby(grid, held.seen, slice(rows[who], rows[who + 1]), buffer_m)] = -np.inf
        guess.x_m[who], guess.y_m[who] = _most_within(grid, belief, disc)
    return guess


def learn(held: AttackerView, homes_m: Floats, rule: HoldRule) -> Floats:
    """The chance of each visible gap (columns, a minute each) for each length of the way (rows, 50 m each), as
    logarithms.

    From a made-up force whose homes the attacker knows, having made it. Lengths are smoothed over their neighbours.
    """
    counts = np.zeros((WAYS, GAPS))
    if held.roster is not None:
        ends = ends_of(held.seen, held.public.every_s)
        column = _column(rule.read_s(gaps_s(ends, held.roster), held.public.every_s))
        home = homes_m[ends.who]
        way_m = lengths(held.public.along_streets, home[:, 0] - ends.x_m, home[:, 1] - ends.y_m)
        row = (way_m / WAY_STEP_M).astype(np.int64).clip(0, WAYS - 1)
        counts = np.bincount(row * GAPS + column, minlength=WAYS * GAPS).reshape(WAYS, GAPS).astype(np.float64)
    weights = np.exp(-0.5 * ((np.arange(WAYS)[:, None] - np.arange(WAYS)) / SMOOTH) ** 2)
    spread = weights @ counts
    usual = (counts.sum(axis=0) + 1) / (counts.sum() + GAPS)
    chance: Floats = np.log((spread + 20 * usual) / (spread.sum(axis=1, keepdims=True) + 20))
    return chance


def _column(gap_s: Floats) -> Ints:
    return (gap_s / GAP_STEP_S).astype(np.int64).clip(0, GAPS - 1)


def _told_by_gaps(
    grid: CandidateGrid, held: AttackerView, ends: DutyEnds, column: Ints, mine: Ints, table: Floats
) -> Floats:
    """What the gaps say of each cell, added up over the places at which the officer becomes visible."""
    total = np.zeros(len(grid.x_m))
    where = np.round(np.stack([ends.x_m[mine], ends.y_m[mine]], axis=1) / 250.0).astype(np.int64)
    _, place = np.unique(where, axis=0, return_inverse=True)
    place = place.ravel()
    for number in range(int(place.max()) + 1):
        here = place == number
        x_m, y_m = float(ends.x_m[mine][here].mean()), float(ends.y_m[mine][here].mean())
        by_way = table[:, column[here]].sum(axis=1)
        way_m = lengths(held.public.along_streets, grid.x_m - x_m, grid.y_m - y_m)
        total += by_way[(way_m / WAY_STEP_M).astype(np.int64).clip(0, WAYS - 1)]
    return total


def _disc(side: int) -> np.ndarray:
    """A disc of 200 m, ready for a convolution by transforms."""
    far = np.minimum(np.arange(side), side - np.arange(side)) * CELL_M
    return np.fft.rfft2((np.hypot(far[:, None], far) <= 200.0).astype(np.float64))


def _seen_nearby(grid: CandidateGrid, seen: VisibleRows, rows: slice, buffer_m: float) -> Ints:
    """The cells whose middle lies within the buffer of a released point: home is in none of them."""
    cells = np.unique(grid.cell(seen.x_m[rows], seen.y_m[rows]))
    reach = int(buffer_m / CELL_M)
    step = np.arange(-reach, reach + 1)
    east, north = (step[:, None] + 0 * step).ravel(), (0 * step[:, None] + step).ravel()
    inside = np.hypot(east, north) * CELL_M <= buffer_m - CELL_M / 2
    column = (cells // grid.side)[:, None] + east[inside]
    row = (cells % grid.side)[:, None] + north[inside]
    held = (column >= 0) & (column < grid.side) & (row >= 0) & (row < grid.side)
    return np.unique((column * grid.side + row)[held])


def _most_within(grid: CandidateGrid, belief: Floats, disc: np.ndarray) -> tuple[float, float]:
    """The cell about which most of the belief lies within 200 m."""
    mass = np.exp(belief - belief.max()).reshape(grid.side, grid.side)
    about = np.fft.irfft2(np.fft.rfft2(mass) * disc, s=mass.shape)
    best = int(np.argmax(about))
    return float(grid.x_m[best]), float(grid.y_m[best])
