"""The adaptive attacker. Who: B, who has read the source code and the policy and knows the sites. What: everything at
once.

How: the attacker makes up a force with the project's own code and runs the filter on it. So the attacker learns how
the visible gaps at both ends of a duty depend on the distance between home and the first or last visible position.
Then Bayes' rule is applied to a grid of cells of 50 m where a home may be. The prior is where people tend to live. The
evidence is the gaps, and silence: no home is within the policy's buffer of a released position; with two releases also
what only one of them has. The guess is the point with the greatest probability within 200 m of it, which is the best
possible guess for that measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.redteam.attacker_view import (
    AttackerView,
    Floats,
    Guess,
    Ints,
    PublicKnowledge,
    VisibleRows,
)
from offduty.redteam.attacks.duty_start import gaps_s
from offduty.redteam.attacks.position_search import DutyEnds, ends_of, lengths
from offduty.redteam.attacks.subtraction import only_in

CELL_M, HALF_M = 50.0, 6_000.0
NO_SILENCE_S = 100_000_000  # no feed is silent for so long: the rule on silences is off
WAY_STEP_M, WAYS = 50.0, 400  # the rows of the learnt table: lengths of ways
GAP_STEP_S, GAPS = 60.0, 60  # its columns: visible gaps; times are released in whole minutes
TWICE_HALF_M = 3_000.0  # of the grid around what only one of two releases has
BREAK_S = 300.0
SLACK_M, SURE = 60.0, 8.0  # of fixes and corners; how strongly the end of a silence speaks
NOWHERE = -1e6  # the logarithm of a probability of nothing, which can still be compared
SMOOTH = 1.5  # rows of the table: neighbouring lengths share what was learnt


@dataclass(frozen=True)
class HoldRule:
    """A rule that hides the ends of a duty: its first and last `hold_s` seconds (specification#hold), and what is left
    of an unfinished step of `step_s` seconds (a rule that no policy has). 0 switches either off. With it, silences
    longer than `max_gap_s` are contacts (specification#silence-rule).

    `spare_s`, which is proposed and in no policy: the hold spares an end of a duty at which the device is at a site at
    most so many seconds from it. `spare_before`: only if it is there just outside of the duty, too; `spare_officers`:
    only at a site where duties of so many officers begin, or end. `beyond_s`, likewise proposed: an anchor within so
    many seconds outside of the duty, with no contact between, does what one within it does, and the hold spares such an
    end. `stops_m`: stops farther from the officer's home are anchors.
    """

    hold_s: float = 0.0
    step_s: float = 0.0
    max_gap_s: int = NO_SILENCE_S
    spare_s: float = 0.0
    spare_before: bool = False
    spare_officers: int = 0
    beyond_s: float = 0.0
    stops_m: float = 0.0

    @property
    def gives_back(self) -> bool:
        """Whether it shows what the default policy hides."""
        return self.spare_s > 0 or self.simulated

    @property
    def simulated(self) -> bool:
        """Whether it is applied to what devices sent, and not to what the filter released."""
        return self.beyond_s > 0 or self.stops_m > 0

    def shown_s(self, gap_s: Floats) -> Floats:
        """The gaps that are visible with the rule, from those without it."""
        hidden_s = np.maximum(gap_s, self.hold_s)
        return np.ceil(hidden_s / self.step_s - 1e-9) * self.step_s if self.step_s else hidden_s

    def read_s(self, gap_s: Floats, every_s: float) -> Floats:
        """The gaps that the rule makes, from those to the first visible row, which is up to one fix later."""
        hidden_s = gap_s
        if self.hold_s and not self.spare_s and not self.beyond_s:
            hidden_s = np.where(gap_s < self.hold_s + max(every_s, 60.0), self.hold_s, gap_s)
        return np.floor(hidden_s / self.step_s) * self.step_s if self.step_s else hidden_s


@dataclass(frozen=True)
class CandidateGrid:
    """Where a home may be: the centres of square cells around a public point, in metres."""

    x_m: Floats
    y_m: Floats
    side: int

    @staticmethod
    def about(x_m: float, y_m: float, half_m: float = HALF_M) -> CandidateGrid:
        """A grid around a point, `half_m` to each side."""
        line = np.arange(-half_m + CELL_M / 2, half_m, CELL_M)
        return CandidateGrid(
            (x_m + line[:, None] + 0 * line).ravel(), (y_m + 0 * line[:, None] + line).ravel(), len(line)
        )

    def cell(self, x_m: Floats, y_m: Floats) -> Ints:
        """The number of each position's cell. A position outside the grid belongs to the nearest cell at its edge."""
        column = ((x_m - self.x_m[0]) / CELL_M + 0.5).astype(np.int64).clip(0, self.side - 1)
        row = ((y_m - self.y_m[0]) / CELL_M + 0.5).astype(np.int64).clip(0, self.side - 1)
        cell: Ints = column * self.side + row
        return cell


def attack(
    view: AttackerView, table: Floats, rule: HoldRule | None = None, buffer_m: float = 200.0, use: str = "both"
) -> Guess:
    """Where each home most likely is; by the prior alone for officers without a visible row.

    `table` is the result of `learn`, `buffer_m` the buffer of the policy, and `use` the evidence: `times`, `silence` or
    `both`. Without a roster there is no evidence of times.
    """
    rule, public, officers = rule or HoldRule(), view.public, view.visible.officers
    grid = CandidateGrid.about(*public.middle_m)
    prior = np.log(public.density(grid.x_m, grid.y_m) + 1e-15)
    ends = ends_of(view.visible, view.public.every_s)
    shown_s = rule.read_s(gaps_s(ends, view.roster), public.every_s) if view.roster is not None else np.zeros(0)
    disc, rows = _disc(grid.side), np.searchsorted(view.visible.who, np.arange(officers + 1))
    mine_of = dict(ends.by_officer(officers))
    guess = Guess.empty(officers)
    for who in range(officers):
        belief = prior.copy()
        if view.roster is not None and who in mine_of and use != "silence":
            column = _column(shown_s[mine_of[who]])
            belief += _gap_evidence(grid, view, ends, column, mine_of[who], table)
        if use != "times":
            belief[_cells_near(grid, view.visible, slice(rows[who], rows[who + 1]), buffer_m)] = -np.inf
        guess.x_m[who], guess.y_m[who] = _most_within(grid, belief, disc)
    return guess


def learn(view: AttackerView, homes_m: Floats, rule: HoldRule) -> Floats:
    """The logarithm of the probability of each visible gap (columns of a minute) for each length of the way home (rows
    of 50 m).

    It is learnt from a force that the attacker made up, whose homes are therefore known: `homes_m` is (officers, 2).
    """
    counts = np.zeros((WAYS, GAPS))
    if view.roster is not None:
        ends = ends_of(view.visible, view.public.every_s)
        column = _column(rule.read_s(gaps_s(ends, view.roster), view.public.every_s))
        home = homes_m[ends.who]
        way_m = lengths(view.public.along_streets, home[:, 0] - ends.x_m, home[:, 1] - ends.y_m)
        row = (way_m / WAY_STEP_M).astype(np.int64).clip(0, WAYS - 1)
        counts = np.bincount(row * GAPS + column, minlength=WAYS * GAPS).reshape(WAYS, GAPS).astype(np.float64)
    weights = np.exp(-0.5 * ((np.arange(WAYS)[:, None] - np.arange(WAYS)) / SMOOTH) ** 2)
    spread = weights @ counts
    usual = (counts.sum(axis=0) + 1) / (counts.sum() + GAPS)
    chance: Floats = np.log((spread + 20 * usual) / (spread.sum(axis=1, keepdims=True) + 20))
    return chance


def attack_twice(view: AttackerView, reach_m: float, buffer_m: float = 200.0) -> Guess:
    """The same with two releases of one time, of which `view.other` shows more; there is no evidence of times.

    Near each stretch that only `view.other` has lies what the second release hides: ahead of the ends that are beside a
    silence, and no farther than is driven until the next fix; within `reach_m` of the stretch where it has no such end.
    Homes are not within the buffer of a position of either release. Of whom both releases say the same, the guess is
    the blind one.
    """
    more, public = view.other, view.public
    guess = Guess.empty(view.visible.officers)
    if more is None or not len(more):
        return guess
    guess.x_m[:], guess.y_m[:] = _blind(public, more)
    only = np.flatnonzero(only_in(more, view.visible))
    ends, inner = _beside_silence(more, only, public.every_s)
    open_ended = np.isin(_stretches(more, only), _stretches(more, only)[np.isin(only, ends)])
    rest, step_m = only[~open_ended], public.every_s * public.speed_m_s * 1.2
    silent = tuple(np.searchsorted(rows.who, np.arange(rows.officers + 1)) for rows in (more, view.visible))
    for who in np.unique(more.who[only]).tolist():
        mine, others = more.who[ends] == who, rest[more.who[rest] == who]
        about = ends[mine] if mine.any() else others
        middle = float(np.median(more.x_m[about])), float(np.median(more.y_m[about]))
        grid = CandidateGrid.about(*middle, half_m=TWICE_HALF_M)
        belief = np.log(public.density(grid.x_m, grid.y_m) + 1e-15)
        belief += _near_stretches(grid, more.take(others), reach_m)
        belief += _ahead_of_ends(grid, view, ends[mine], inner[mine], step_m)
        for rows, begins in zip((more, view.visible), silent, strict=True):
            near = _cells_near(grid, rows, slice(begins[who], begins[who + 1]), buffer_m)
            belief[near] = np.minimum(belief[near], NOWHERE)
        guess.x_m[who], guess.y_m[who] = _most_within(grid, belief, _disc(grid.side))
    return guess


def _blind(public: PublicKnowledge, rows: VisibleRows) -> tuple[float, float]:
    """The point with the greatest density around all that is visible, on a grid of about 200 m."""
    lines = [np.arange(float(axis.min()) - HALF_M, float(axis.max()) + HALF_M, 200.0) for axis in (rows.x_m, rows.y_m)]
    x_m, y_m = np.repeat(lines[0], len(lines[1])), np.tile(lines[1], len(lines[0]))
    best = int(np.argmax(public.density(x_m, y_m)))
    return float(x_m[best]), float(y_m[best])


def _stretches(rows: VisibleRows, only: Ints) -> Ints:
    """The number of the stretch of each row of `only`: of one duty, without another row or a silence in it."""
    new = np.ones(len(only), bool)
    new[1:] = (np.diff(only) > 1) | (np.diff(rows.duty[only]) != 0) | (np.diff(rows.t_s[only]) > BREAK_S)
    return np.cumsum(new) - 1


def _beside_silence(rows: VisibleRows, only: Ints, every_s: float) -> tuple[Ints, Ints]:
    """The rows of `only` that are beside a silence of their duty, and for each its neighbour on the other side."""
    last, ends, inner = len(rows) - 1, [], []
    for step in (-1, 1):
        beyond, back = np.clip(only + step, 0, last), np.clip(only - step, 0, last)
        same = (rows.who[beyond] == rows.who[only]) & (rows.duty[beyond] == rows.duty[only]) & (beyond != only)
        beside = np.flatnonzero(same & (np.abs(rows.t_s[beyond] - rows.t_s[only]) > 2.5 * every_s))
        mine = rows.who[back[beside]] == rows.who[only[beside]]
        ends.append(only[beside])
        inner.append(np.where(mine, back[beside], only[beside]))
    return np.concatenate(ends), np.concatenate(inner)


def _ahead_of_ends(grid: CandidateGrid, view: AttackerView, ends: Ints, inner: Ints, step_m: float) -> Floats:
    """The log-likelihood of each cell by the ends of silences: no farther along streets than until the next fix, and
    ahead, as seen from the position before.
    """
    total, more, public = np.zeros(len(grid.x_m)), view.other, view.public
    assert more is not None
    for end, before in zip(ends.tolist(), inner.tolist(), strict=True):
        away_m = lengths(public.along_streets, grid.x_m - more.x_m[end], grid.y_m - more.y_m[end])
        from_m = lengths(public.along_streets, grid.x_m - more.x_m[before], grid.y_m - more.y_m[before])
        moved = lengths(
            public.along_streets, more.x_m[[end]] - more.x_m[[before]], more.y_m[[end]] - more.y_m[[before]]
        )
        total -= SURE * ((away_m - step_m - SLACK_M) / step_m).clip(0, 1)
        total -= SURE * ((moved[0] - SLACK_M - (from_m - away_m)) / step_m).clip(0, 1)
    return total


def _near_stretches(grid: CandidateGrid, points: VisibleRows, reach_m: float) -> Floats:
    """The log-likelihood of each cell: near to one position of each stretch, but for a few that have other reasons."""
    new = np.ones(len(points), bool)
    new[1:] = (np.diff(points.duty) != 0) | (np.diff(points.t_s) > BREAK_S)
    total = np.zeros(len(grid.x_m))
    for some in np.split(np.arange(len(points)), np.flatnonzero(new)[1:]):
        away_m = np.full(len(grid.x_m), np.inf)
        for row in some[:: max(len(some) // 20, 1)].tolist():
            away_m = np.minimum(away_m, np.hypot(grid.x_m - points.x_m[row], grid.y_m - points.y_m[row]))
        total += np.log(np.exp(-(away_m - reach_m).clip(0) / 100.0) + 0.02)
    return total


def _column(gap_s: Floats) -> Ints:
    return (gap_s / GAP_STEP_S).astype(np.int64).clip(0, GAPS - 1)


def _gap_evidence(
    grid: CandidateGrid, view: AttackerView, ends: DutyEnds, column: Ints, mine: Ints, table: Floats
) -> Floats:
    """The log-likelihood of each cell by the gaps, summed over the places where the officer becomes visible."""
    total = np.zeros(len(grid.x_m))
    where = np.round(np.stack([ends.x_m[mine], ends.y_m[mine]], axis=1) / 250.0).astype(np.int64)
    _, place = np.unique(where, axis=0, return_inverse=True)
    place = place.ravel()
    for number in range(int(place.max()) + 1):
        here = place == number
        x_m, y_m = float(ends.x_m[mine][here].mean()), float(ends.y_m[mine][here].mean())
        by_way = table[:, column[here]].sum(axis=1)
        way_m = lengths(view.public.along_streets, grid.x_m - x_m, grid.y_m - y_m)
        total += by_way[(way_m / WAY_STEP_M).astype(np.int64).clip(0, WAYS - 1)]
    return total


def _disc(side: int) -> np.ndarray:
    """The Fourier transform of a disc of 200 m."""
    far = np.minimum(np.arange(side), side - np.arange(side)) * CELL_M
    return np.fft.rfft2((np.hypot(far[:, None], far) <= 200.0).astype(np.float64))


def _cells_near(grid: CandidateGrid, visible: VisibleRows, rows: slice, buffer_m: float) -> Ints:
    """The cells with their centre within the buffer of a released position: home is in none of them."""
    cells = np.unique(grid.cell(visible.x_m[rows], visible.y_m[rows]))
    reach = int(buffer_m / CELL_M)
    step = np.arange(-reach, reach + 1)
    east, north = (step[:, None] + 0 * step).ravel(), (0 * step[:, None] + step).ravel()
    inside = np.hypot(east, north) * CELL_M <= buffer_m - CELL_M / 2
    column = (cells // grid.side)[:, None] + east[inside]
    row = (cells % grid.side)[:, None] + north[inside]
    on_grid = (column >= 0) & (column < grid.side) & (row >= 0) & (row < grid.side)
    return np.unique((column * grid.side + row)[on_grid])


def _most_within(grid: CandidateGrid, belief: Floats, disc: np.ndarray) -> tuple[float, float]:
    """The centre of the cell with the greatest probability within 200 m of it."""
    mass = np.exp(belief - belief.max()).reshape(grid.side, grid.side)
    about = np.fft.irfft2(np.fft.rfft2(mass) * disc, s=mass.shape)
    best = int(np.argmax(about))
    return float(grid.x_m[best]), float(grid.y_m[best])
