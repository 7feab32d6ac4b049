"""Attack 3, duty-start gap (threat-model#attack-3). Who: B, an analyst who also has the roster (roster audits are a
purpose of such releases).

What: the time from the roster's start to the first visible position, multiplied by the speed, is the distance to the
hidden start; the same at the end. From our own trials (4-8 m behind every geofence, and behind cells of 1 km). How: the
home is where the distances from many directions agree, and where people tend to live. The speed is that of the first
visible step, or a usual one. People do not leave at once: how late they usually are is one more unknown of the fit.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Floats, Guess, Ints, KnownDuties
from offduty.redteam.attacks.position_search import Cost, DutyEnds, capped, ends_of, lengths, search

MOVING_M_S = 2.5
LATEST_S = 90.0  # the usual delay is at most this
FARTHEST_M = 12_000.0


def attack(view: AttackerView) -> Guess:
    """The guessed homes; NaN for everybody without a roster, and for officers without ends."""
    if view.roster is None:
        return Guess.empty(view.visible.officers)
    public, ends = view.public, ends_of(view.visible, view.public.every_s)
    gap_s = gaps_s(ends, view.roster)
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

    return search(ends, view.visible.officers, cost_of, lambda mine: 200.0 + 1.5 * float(np.median(hidden_m[mine])))


def gaps_s(ends: DutyEnds, roster: KnownDuties) -> Floats:
    """Seconds between the roster's start and the first visible position, and between the last one and the roster's end;
    at least 0, and NaN for a duty without a roster entry.
    """
    width = int(max(roster.duty.max(initial=0), ends.duty.max(initial=0))) + 1
    keys = roster.who * width + roster.duty
    order = np.argsort(keys)
    place = np.searchsorted(keys[order], ends.who * width + ends.duty).clip(0, max(len(order) - 1, 0))
    entry = order[place]
    gap_s = np.where(ends.first, ends.t_s - roster.start_s[entry], roster.end_s[entry] - ends.t_s)
    later: Floats = np.maximum(gap_s, 0.0)
    return later
