"""What several attacks share: the visible ends of duties, and the search for the point that explains them best."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import numpy as np

from offduty.redteam.attacker_view import Flags, Floats, Guess, Ints, VisibleRows

Cost = Callable[[Floats, Floats], Floats]
MOST_ENDS = 120  # of one officer: more ends take time and do not improve the guess
CAP = 9.0  # of one squared error, in sigmas: a worse observation is an outlier, and it does not matter how bad it is
GOOD_M = 30.0
LEVELS, SIDE = 5, 21


@dataclass(frozen=True)
class DutyEnds:
    """Both visible ends of each duty: the outermost position, the next one inwards, and which end it is."""

    who: Ints
    duty: Ints
    t_s: Floats
    x_m: Floats
    y_m: Floats
    next_t_s: Floats
    next_x_m: Floats
    next_y_m: Floats
    first: Flags  # the duty's first visible point; False: its last

    def __len__(self) -> int:
        return len(self.who)

    def take(self, which: Ints) -> DutyEnds:
        """These ends only."""
        return DutyEnds(*(getattr(self, field.name)[which] for field in fields(self)))

    def by_officer(self, officers: int) -> Iterator[tuple[int, Ints]]:
        """Each officer with ends, and the numbers of at most `MOST_ENDS` of them, spread over the whole time."""
        order = np.lexsort((self.duty, self.who))
        begins = np.searchsorted(self.who[order], np.arange(officers + 1))
        for who in range(officers):
            mine = order[begins[who] : begins[who + 1]]
            if len(mine):
                yield who, mine[np.unique(np.linspace(0, len(mine) - 1, min(len(mine), MOST_ENDS)).astype(np.int64))]


def ends_of(visible: VisibleRows, every_s: float = 60.0) -> DutyEnds:
    """Both ends of each duty with at least two good visible fixes; none for an empty release.

    Fixes with a stated accuracy above `GOOD_M` are left out: they may be wrong by kilometres. The next position inwards
    is half a minute away.
    """
    visible = visible.take(np.flatnonzero(visible.accuracy_m <= GOOD_M))
    new = np.ones(len(visible), bool)
    new[1:] = (visible.who[1:] != visible.who[:-1]) | (visible.duty[1:] != visible.duty[:-1])
    begin = np.flatnonzero(new)
    last = np.append(begin[1:], len(visible)) - 1 if len(begin) else begin
    some = last > begin
    begin, last = begin[some], last[some]
    ahead = max(round(30.0 / every_s), 1)
    inner = np.concatenate([np.minimum(begin + ahead, last), np.maximum(last - ahead, begin)])
    outer = np.concatenate([begin, last])
    first = np.arange(len(outer)) < len(begin)
    return DutyEnds(
        visible.who[outer],
        visible.duty[outer],
        visible.t_s[outer],
        visible.x_m[outer],
        visible.y_m[outer],
        visible.t_s[inner],
        visible.x_m[inner],
        visible.y_m[inner],
        first,
    )


def capped(sigmas: Floats) -> Floats:
    """Squared errors, capped, so that a few wrong observations do not move the result."""
    return np.minimum(sigmas**2, CAP)


def cheapest(cost: Cost, x_m: float, y_m: float, reach_m: float) -> tuple[float, float, float]:
    """The point within `reach_m` of a start where the cost is least, and that cost, by a grid that is narrowed five
    times. Where many points are equally good (within 0.01), it is their mean.
    """
    best = np.inf
    for _ in range(LEVELS):
        side = np.linspace(-reach_m, reach_m, SIDE)
        grid_x, grid_y = (x_m + side[:, None] + 0 * side).ravel(), (y_m + 0 * side[:, None] + side).ravel()
        costs = cost(grid_x, grid_y)
        best = float(costs.min())
        good = costs <= best + 0.01
        x_m, y_m, reach_m = float(grid_x[good].mean()), float(grid_y[good].mean()), reach_m * 0.22
    return x_m, y_m, best


def search(ends: DutyEnds, officers: int, cost_of: Callable[[Ints], Cost], reach_of: Callable[[Ints], float]) -> Guess:
    """For each officer the point with the least cost around the median of their ends; NaN for officers without ends."""
    guess = Guess.empty(officers)
    for who, mine in ends.by_officer(officers):
        x_m, y_m = float(np.median(ends.x_m[mine])), float(np.median(ends.y_m[mine]))
        guess.x_m[who], guess.y_m[who], _ = cheapest(cost_of(mine), x_m, y_m, reach_of(mine))
    return guess


def lengths(along_streets: bool, dx_m: Floats, dy_m: Floats) -> Floats:
    """The length of a way: along streets the sum of its two sides, else the straight distance."""
    return np.abs(dx_m) + np.abs(dy_m) if along_streets else np.hypot(dx_m, dy_m)
