"""Attack 3, duty-start gap. Who: B, an analyst who also holds the roster (roster audits are a purpose of such
releases).

What: the time from the roster's start to the first visible point, times the speed, is how far away the hidden start
lies; the same at the end. From our own trials (4-8 m behind every fence, 1 km cells too). How: from many directions
the lengths are laid over each other; where they meet, and people tend to live, is the home. The speed is that of the
first visible step, or a usual one. People are not off at once: how late they usually are is one more unknown, fitted
with the rest.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Floats, Guess, Ints, KnownDuties
from offduty.redteam.attacks.position_search import Cost, DutyEnds, capped, ends_of, lengths, search

MOVING_M_S = 2.5
LATEST_S = 90.0  # how late somebody usually sets off
FARTHEST_M = 12_000.0


def attack(held: AttackerView) -> Guess:
    """Where each home seems to be; nothing at all without a roster."""
    if held.roster is None:
        return Guess.nothing(held.seen.officers)
    public, ends = held.public, ends_of(held.seen, held.public.every_s)
    gap_s = gaps_s(ends, held.roster)
    ends, gap_s = ends.take(np.flatnonzero(np.isfinite(gap_s))), gap_s[np.isfinite(gap_s)]
    step_s = np.maximum(np.abs(ends.next_t_s - ends.t_s), 1.0)
    step_m = lengths(public.along_streets, ends.next_x_m - ends.x_m, ends.next_y_m - ends.y_m)
    moves = step_m / step_s > MOVING_M_S
    speed = np.where(moves, step_m / step_s, public.speed_m_s)
    hidden_m = np.minimum(speed * gap_s, FARTHEST_M)
    sigma_s = 6.0 + np.where(moves, 0.03, 0.15) * hidden_m / speed

    def cost_of(mine: Ints) -> Cost:
        x_m, y_m, took_s, pace, off_s = ends.x_m[mine], ends.y_m[mine], gap_s[mine], speed[mine], sigma_s[mine]

        def cost(at_x: Floats, at_y: Floats) -> Floats:
            way_m = lengths(public.along_streets, at_x[:, None] - x_m, at_y[:, None] - y_m)
            more_s = took_s - way_m / pace
            more_s -= np.median(more_s, axis=1, keepdims=True).clip(0, LATEST_S)
            prior = -2 * np.log(public.density(at_x, at_y) + 1e-12)
            total: Floats = capped(more_s / off_s).sum(axis=1) + prior
            return total

        return cost

    return search(ends, held.seen.officers, cost_of, lambda mine: 200.0 + 1.5 * float(np.median(hidden_m[mine])))


def gaps_s(ends: DutyEnds, roster: KnownDuties) -> Floats:
    """Seconds between the roster's start and the first visible point, and between the last one and its end; never
    below 0, NaN off the roster.
    """
    width = int(max(roster.duty.max(initial=0), ends.duty.max(initial=0))) + 1
    keys = roster.who * width + roster.duty
    order = np.argsort(keys)
    place = np.searchsorted(keys[order], ends.who * width + ends.duty).clip(0, max(len(order) - 1, 0))
    entry = order[place]
    gap_s = np.where(ends.first, ends.t_s - roster.start_s[entry], roster.end_s[entry] - ends.t_s)
    later: Floats = np.maximum(gap_s, 0.0)
    return later
