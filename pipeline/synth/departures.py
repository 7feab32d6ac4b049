"""Makes what departs from the plan of a day: ghosts, days at home, absences, recalls, and what is cut afterwards.

All of it is off in the default force (`Habits`), and none of it draws from a stream that the default force uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from offduty.synth.arrays import Columns, Flags, Ints
from offduty.synth.rng import RandomStream
from offduty.synth.world import World

WEEKDAYS = 5
NOBODY = -1


class Ghost(IntEnum):
    """Where the phone is while nobody works a shift that was entered in time."""

    NONE = 0
    AT_HOME = 1
    OFF = 2
    LENT = 3


@dataclass(frozen=True)
class DayPlan:
    """What is known of a day's shifts before anybody departs from them, one entry per officer.

    `on_paper`: a shift still stands when it begins. `plain`: of these, ordinary ones that were never edited. `resting`:
    a rest day that nobody edits in bad faith.
    """

    start_min: Ints
    on_paper: Flags
    plain: Flags
    resting: Flags
    station: Ints
    days_at_home: Ints  # of each week; 0 but for office teams


def departures(world: World, plan: DayPlan, day: int) -> Columns:
    """Columns of `DayShifts` by their names: ghost, lent_to, at_home, partly_away, recalled, cut_min."""
    count, habits, rng = len(plan.start_min), world.habits, RandomStream(world.seed, "departures", day)
    shares = np.array([habits.ghost_at_home, habits.ghost_phone_off, habits.ghost_phone_lent])
    drawn = rng.weighted(np.append(1 - shares.sum(), shares), count)
    ghost = np.where(plan.on_paper, drawn, Ghost.NONE)
    at_home = plan.on_paper & (ghost == Ghost.NONE) & _hybrid(world, plan, day)
    works = plan.on_paper & (ghost == Ghost.NONE) & ~at_home
    lent_to = _colleagues(plan, ghost, works, rng)
    ghost = np.where((ghost == Ghost.LENT) & (lent_to == NOBODY), Ghost.OFF, ghost)  # nobody else is on that shift
    partly_away = works & plan.plain & rng.chance(habits.part_absence, count)
    recalled = plan.resting & rng.chance(habits.recall, count)
    cut = works & plan.plain & ~partly_away & rng.chance(habits.late_cut, count)
    cut_min = np.where(cut, 60 + 15 * rng.below(9, count), 0)
    return {
        "ghost": ghost,
        "lent_to": lent_to,
        "at_home": at_home,
        "partly_away": partly_away,
        "recalled": recalled,
        "cut_min": cut_min,
    }


def more_corrected(world: World, on_paper: Flags, day: int) -> Flags:
    """The shifts whose end is rightly corrected afterwards, beyond the usual share."""
    return on_paper & RandomStream(world.seed, "corrections", day).chance(world.habits.late_correction, len(on_paper))


def _hybrid(world: World, plan: DayPlan, day: int) -> Flags:
    """Who works from home on a day: each week the same number of days, on other weekdays each week."""
    week, weekday = divmod(world.day(day).toordinal() - 1, 7)
    if weekday >= WEEKDAYS:
        return np.zeros(len(plan.start_min), bool)
    draw = RandomStream(world.seed, "weekdays", week).uniform(0, 1, len(plan.start_min), WEEKDAYS)
    rank: Ints = (draw < draw[:, weekday, None]).sum(axis=1)
    return rank < plan.days_at_home


def _colleagues(plan: DayPlan, ghost: Ints, works: Flags, rng: RandomStream) -> Ints:
    """For each ghost who lends the phone, somebody of the same station who works from the same time on."""
    lent_to = np.full(len(ghost), NOBODY)
    for officer in np.flatnonzero(ghost == Ghost.LENT).tolist():
        same = (plan.station == plan.station[officer]) & (plan.start_min == plan.start_min[officer]) & works
        able = np.flatnonzero(same)
        if len(able):
            lent_to[officer] = able[int(rng.below(len(able), 1)[0])]
    return lent_to
