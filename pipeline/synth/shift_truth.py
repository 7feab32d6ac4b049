"""Makes the truth about each shift (who was at work, who was not, what was invented), and about each phone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from offduty.synth.arrays import DAY_MIN, Floats
from offduty.synth.days import MOVES, make_day
from offduty.synth.departures import Ghost
from offduty.synth.itinerary import LUNCH
from offduty.synth.officer_ids import instant, officer_id
from offduty.synth.phones import phone_habits
from offduty.synth.roster import BASE, PART_EXTRA, shift_ids
from offduty.synth.shift_pattern import RECALL_END_MIN, RECALL_START_MIN, DayShifts, make_shifts
from offduty.synth.trajectories import BLOCK, WorldSetting, part_of

SHIFT_COLUMNS = "shift_id officer_id date starts_at ends_at attended away_from away_to phone_with minutes_cut"
PHONE_COLUMNS = "officer_id no_fix_within_m off_at_home late_from_home dozes"
GHOSTS = {Ghost.AT_HOME: "ghost_at_home", Ghost.OFF: "ghost_phone_off", Ghost.LENT: "ghost_phone_lent"}


def shift_rows(setting: WorldSetting) -> Iterator[tuple[str | int, ...]]:
    """A row for each shift that stood when it began, was recalled to, or was invented afterwards; in `SHIFT_COLUMNS`.

    `attended` is `worked`, `part` (away from `away_from` until `away_to`, at home), `from_home`, `recalled`, one of
    `GHOSTS`, or `invented` (an abusive edit: a day of rest). Instants are in UTC; overtime is not counted.
    """
    officers = pa.array([officer_id(number) for number in range(len(setting.people))])
    for day in range(setting.world.days):
        shifts = make_shifts(setting.world, setting.people, day)
        some = np.flatnonzero(shifts.on_paper | shifts.recalled | shifts.abusive)
        part = np.where(shifts.on_paper, BASE, PART_EXTRA)[some]
        names = shift_ids(setting.world, day, some, part, officers).to_pylist()
        away = _away_s(setting, shifts, day)
        for name, officer in zip(names, some.tolist(), strict=True):
            yield name, *_row(setting, shifts, day, officer, away)


def _row(
    setting: WorldSetting, shifts: DayShifts, day: int, officer: int, away: tuple[Floats, Floats]
) -> tuple[str | int, ...]:
    world = setting.world
    start_min, end_min = int(shifts.start_min[officer]), int(shifts.end_min[officer])
    if shifts.abusive[officer]:
        start_min, end_min = day * DAY_MIN + RECALL_START_MIN, day * DAY_MIN + RECALL_END_MIN
    start_s, end_s = (int(world.instant_s(np.array([minute]))[0]) for minute in (start_min, end_min))
    attended, left, back, colleague = _attended(shifts, officer), "", "", int(shifts.lent_to[officer])
    if attended == "part":
        left, back = (instant(world, int(at_s[officer])) for at_s in away)
    return (
        officer_id(officer),
        world.day(day).isoformat(),
        instant(world, start_s),
        instant(world, end_s),
        attended,
        left,
        back,
        officer_id(colleague) if colleague >= 0 else "",
        int(shifts.cut_min[officer]),
    )


def _attended(shifts: DayShifts, officer: int) -> str:
    if shifts.abusive[officer]:
        return "invented"
    if shifts.recalled[officer]:
        return "recalled"
    if shifts.ghost[officer] != Ghost.NONE:
        return GHOSTS[Ghost(int(shifts.ghost[officer]))]
    if shifts.at_home[officer]:
        return "from_home"
    return "part" if shifts.partly_away[officer] else "worked"


def _away_s(setting: WorldSetting, shifts: DayShifts, day: int) -> tuple[Floats, Floats]:
    """When those who are partly away leave for home and are back, in seconds; others' figures mean nothing."""
    count = len(setting.people)
    left, back = np.zeros(count), np.zeros(count)
    if shifts.partly_away.any():
        for block, first in enumerate(range(0, count, BLOCK)):
            some = slice(first, min(first + BLOCK, count))
            people, mine = part_of(setting.people, some), part_of(shifts, some)
            t_s = make_day(setting.world, setting.land, people, mine, day, block).t_s
            left[some], back[some] = t_s[:, (MOVES + 1) * (LUNCH - 1)], t_s[:, (MOVES + 1) * LUNCH + MOVES]
    return left, back


def phone_rows(setting: WorldSetting) -> Iterator[tuple[str | bool | float, ...]]:
    """A row for each officer, in `PHONE_COLUMNS`; `no_fix_within_m` is empty where positions are found at home."""
    phones, within_m = phone_habits(setting.world), setting.world.habits.no_fix_within_m
    for officer in range(len(setting.people)):
        none = within_m if phones.no_fix[officer] else ""
        yield (
            officer_id(officer),
            none,
            bool(phones.off[officer]),
            bool(phones.late[officer]),
            bool(phones.dozes[officer]),
        )
