"""Attack 16, silent door (threat-model#attack-16). Who: A, with one release. What: a phone that is silent at home, in a
stretch that is otherwise visible, leaves a silence whose two ends lie close to each other, and not at a workplace. Home
is near both.

From our own trials on the rules of version 1: of the guesses for officers who ate at home 67 % were within 200 m, 93 %
within 500 m. How: home is within the reach of a fix of each end of the silences (the next fix was not sent), and not
within the buffer of any released position. The guess is the middle of the cells that fit most ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Flags, Floats, Guess, Ints, VisibleRows

SHORTEST_S = 600.0
APART_M = 1_500.0
AT_SITE_M = 230.0
GOOD_M = 100.0
TOGETHER_M = 900.0
CELL_M, HALF_M = 40.0, 900.0
BUFFER_M = 225.0  # the buffer of the policy, and the radius of the least home on record
SLACK_M = 60.0  # of fixes and corners
NEXT_FIX_M = 60.0  # beyond what is driven until the next fix: that near to home none was found


@dataclass(frozen=True)
class Silences:
    """Silences within a duty: whose, the two visible positions around each, and the ones farther out, (silences, 2) in
    metres.
    """

    who: Ints
    before_m: Floats
    after_m: Floats
    earlier_m: Floats
    later_m: Floats


def attack(view: AttackerView, shortest_s: float = SHORTEST_S) -> Guess:
    """The guessed homes; NaN for officers without such a silence of at least `shortest_s` seconds."""
    found = silences(view.visible, view.public.sites_m, shortest_s)
    return between_ends(found, view.visible, view.public.every_s * view.public.speed_m_s * 1.2)


def silences(visible: VisibleRows, sites_m: Floats, shortest_s: float, ends: Flags | None = None) -> Silences:
    """The silences whose ends are near each other, of which neither is at a site, and both are among `ends` (flags of
    the visible rows; None: any).
    """
    good = visible.accuracy_m <= GOOD_M
    ends = good if ends is None else ends & good
    rows = np.flatnonzero(good)
    before, after = rows[:-1], rows[1:]
    same = (visible.who[before] == visible.who[after]) & (visible.duty[before] == visible.duty[after])
    apart_m = np.hypot(visible.x_m[after] - visible.x_m[before], visible.y_m[after] - visible.y_m[before])
    long = visible.t_s[after] - visible.t_s[before] >= shortest_s
    away = ~near_site(visible, sites_m) & ends
    found = np.flatnonzero(same & long & (apart_m <= APART_M) & away[before] & away[after])
    outer = [_outwards(visible, rows, found, -1), _outwards(visible, rows, found + 1, 1)]
    ends_at = [before[found], after[found], *outer]
    return Silences(visible.who[ends_at[0]], *(np.stack([visible.x_m[at], visible.y_m[at]], axis=1) for at in ends_at))


def _outwards(visible: VisibleRows, rows: Ints, ends: Ints, step: int) -> Ints:
    """The next good row of the same duty, away from the silence; the end itself where there is none."""
    if not len(ends):
        return ends
    other = rows[np.clip(ends + step, 0, len(rows) - 1)]
    mine = rows[ends]
    same = (visible.who[other] == visible.who[mine]) & (visible.duty[other] == visible.duty[mine])
    return np.where(same, other, mine)


def near_site(visible: VisibleRows, sites_m: Floats) -> Flags:
    """Which rows are at a site, as far as an attacker can tell who knows the middles of the sites."""
    near = np.zeros(len(visible), bool)
    for x_m, y_m in sites_m:
        near |= np.hypot(visible.x_m - x_m, visible.y_m - y_m) < AT_SITE_M
    return near


def between_ends(found: Silences, visible: VisibleRows, step_m: float) -> Guess:
    """For each officer the middle of the cells that fit most ends of the silences about one place: within a step (what
    is driven from one fix to the next) along streets, and not within the buffer of any visible position.
    """
    guess = Guess.empty(visible.officers)
    order = np.argsort(found.who, kind="stable")
    begins = np.searchsorted(found.who[order], np.arange(visible.officers + 1))
    rows = np.searchsorted(visible.who, np.arange(visible.officers + 1))
    middle_m = (found.before_m + found.after_m) / 2
    for who in np.flatnonzero(np.diff(begins)).tolist():
        mine = order[begins[who] : begins[who + 1]]
        away_m = np.hypot(*(middle_m[mine][:, None] - middle_m[mine][None]).transpose(2, 0, 1))
        spread_m = np.hypot(*(found.before_m[mine] - found.after_m[mine]).T)
        votes = (away_m <= TOGETHER_M).sum(axis=1) - spread_m / (4 * APART_M)
        near = mine[away_m[int(np.argmax(votes))] <= TOGETHER_M]
        ends = np.concatenate([found.before_m[near], found.after_m[near]])
        outer = np.concatenate([found.earlier_m[near], found.later_m[near]])
        some = slice(rows[who], rows[who + 1])
        seen = np.stack([visible.x_m[some], visible.y_m[some]], axis=1)[visible.accuracy_m[some] <= 30.0]
        guess.x_m[who], guess.y_m[who] = _fits_best(ends, outer, seen, step_m)
    return guess


def _fits_best(ends: Floats, outer: Floats, seen: Floats, step_m: float) -> tuple[float, float]:
    """The middle of the cells around the ends that fit most of them: within a step of an end, and ahead of it as seen
    from the position farther out.
    """
    side = np.arange(-HALF_M, HALF_M + 1, CELL_M)
    cells = np.median(ends, axis=0) + np.stack([np.repeat(side, len(side)), np.tile(side, len(side))], axis=1)
    along_m = np.abs(cells[:, None] - ends[None]).sum(axis=2)
    ahead_m = np.abs(cells[:, None] - outer[None]).sum(axis=2) - along_m - np.abs(outer - ends).sum(axis=1)
    fit = (np.minimum(0.0, step_m + NEXT_FIX_M - along_m) / step_m).clip(-1).sum(axis=1)
    fit += (np.minimum(0.0, ahead_m + SLACK_M) / step_m).clip(-1).sum(axis=1)
    about = seen[(np.abs(seen - np.median(ends, axis=0)) < HALF_M + BUFFER_M).all(axis=1)]
    if len(about):
        fit -= 2.0 * len(ends) * _is_near(cells, np.unique(np.rint(about / 20) * 20, axis=0), BUFFER_M)
    best = cells[fit >= fit.max() - 0.05]
    middle = np.median(best, axis=0)
    return float(middle[0]), float(middle[1])


def _is_near(cells: Floats, points: Floats, near_m: float) -> Flags:
    """Which cells are nearer than that to a point; by products of matrices, which is quicker than distances."""
    middle = cells.mean(axis=0)
    one, other = cells - middle, points - middle
    apart = (one**2).sum(axis=1)[:, None] - 2 * one @ other.T + (other**2).sum(axis=1)
    near: Flags = apart.min(axis=1) < near_m**2
    return near
