"""Makes the silences of phones: no fix near home, switched off there, rest that is slept through, fixes that come late.

All of it is off in the default force (`Habits`). A silence is a gap in a day's track, like a loss of signal: its pings
are never sent, or arrive at a later step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.synth.arrays import DAY_S, Columns, Flags, Floats, Ints, joined, rows_of
from offduty.synth.departures import Ghost
from offduty.synth.people import People
from offduty.synth.rng import RandomStream
from offduty.synth.shift_pattern import DayShifts
from offduty.synth.world import World

INDOORS_M = 25.0  # this near to the point of the home somebody is inside
LATE_WITHIN_M = 150.0
AWAKE_S = 300.0  # a phone that is put down reports for so long
BEFORE_SHIFT_S = 1_800.0
LOST = -1  # in `arrives`: never


@dataclass(frozen=True)
class PhoneHabits:
    """What the phone of each officer does, one entry per officer."""

    no_fix: Flags
    off: Flags
    late: Flags
    dozes: Flags


@dataclass(frozen=True)
class TrackDay:
    """A day whose track is being made: its number, its steps, and the shifts of the day before and of this day."""

    number: int
    first_step: int
    steps: int
    shifts: tuple[DayShifts, DayShifts]


def phone_habits(world: World) -> PhoneHabits:
    """The phones of a world. What comes late was found, so such a phone is neither without a fix nor off."""
    habits, count, rng = world.habits, world.officers, RandomStream(world.seed, "phones")
    no_fix, off, late, dozes = (
        rng.chance(share, count)
        for share in (habits.no_fix_at_home, habits.off_at_home, habits.late_from_home, habits.dozes)
    )
    return PhoneHabits(no_fix, off, late & ~no_fix & ~off, dozes)


def silences(world: World, people: People, pieces: Columns, day: TrackDay) -> Columns:
    """The gaps that phones make by themselves, in the columns of `Track.gaps`: device, begin, end, arrives.

    `pieces` are those of `Track`; nobody's devices have no gaps.
    """
    phones, rng = phone_habits(world), RandomStream(world.seed, "silences", day.number)
    owned = rows_of(pieces, pieces["officer"] >= 0)
    officer = owned["officer"]
    near_m = max(world.habits.no_fix_within_m, INDOORS_M)
    parts = [
        _near_home(world, people, rows_of(owned, phones.no_fix[officer]), day, near_m),
        _switched_off(world, _near_home(world, people, rows_of(owned, phones.off[officer]), day, INDOORS_M), day, rng),
        _postponed(
            world, _near_home(world, people, rows_of(owned, phones.late[officer]), day, LATE_WITHIN_M), day, rng
        ),
        _asleep(world, rows_of(owned, phones.dozes[officer])),
        _ghosts(world, owned, day),
    ]
    return joined(parts)


def _gaps(device: Ints, begin: Ints, end: Ints) -> Columns:
    """Gaps whose pings are never sent; empty ones are left out."""
    some = end > begin
    lost = np.full(int(some.sum()), LOST, np.int64)
    return {
        "device": device[some].astype(np.int64),
        "begin": begin[some].astype(np.int64),
        "end": end[some].astype(np.int64),
        "arrives": lost,
    }


def _near_home(world: World, people: People, pieces: Columns, day: TrackDay, within_m: float) -> Columns:
    """Where the pieces are within so many metres of a home of their officer."""
    homes = (people.home_on(day.number - 1), people.home_on(day.number), people.other_home)
    spans = [_within(pieces, home[pieces["officer"]], within_m) for home in homes]
    return joined([_gaps(pieces["device"], begin, end) for begin, end in spans])


def _within(pieces: Columns, centre: Floats, within_m: float) -> tuple[Ints, Ints]:
    """The steps at which each piece, a straight and even move, is within a circle: from `begin` until before `end`."""
    x_m, y_m = pieces["x0_m"] - centre[:, 0], pieces["y0_m"] - centre[:, 1]
    x_step, y_step = pieces["x_step_m"], pieces["y_step_m"]
    square, half, rest = x_step**2 + y_step**2, x_m * x_step + y_m * y_step, x_m**2 + y_m**2 - within_m**2
    root = np.sqrt(np.maximum(half**2 - square * rest, 0.0))
    moves = square > 1e-9
    divisor = np.where(moves, square, 1.0)
    first = np.where(moves, (-half - root) / divisor, -np.inf)
    last = np.where(moves, (-half + root) / divisor, np.inf)
    meets = np.where(moves, half**2 >= square * rest, rest <= 0)
    begin = np.ceil(np.maximum(first, pieces["begin"]))
    end = np.floor(np.minimum(last, pieces["end"] - 1.0)) + 1
    return np.where(meets, begin, 0).astype(np.int64), np.where(meets, end, 0).astype(np.int64)


def _switched_off(world: World, gaps: Columns, day: TrackDay, rng: RandomStream) -> Columns:
    """The gaps, half a minute to two minutes longer at both ends."""
    before, after = (
        np.ceil(rng.uniform(30, 120, len(gaps["begin"])) / world.every_s).astype(np.int64) for _ in range(2)
    )
    begin, end = np.maximum(gaps["begin"] - before, 0), np.minimum(gaps["end"] + after, day.steps)
    return _gaps(gaps["device"], begin, end)


def _postponed(world: World, gaps: Columns, day: TrackDay, rng: RandomStream) -> Columns:
    """The gaps, whose pings arrive hours after the last of them."""
    late_s = rng.uniform(2 * 3_600, world.habits.late_hours * 3_600 + 1, len(gaps["begin"]))
    return {**gaps, "arrives": gaps["end"] + np.ceil(late_s / world.every_s).astype(np.int64)}


def _asleep(world: World, pieces: Columns) -> Columns:
    """Rest after its first five minutes. Pieces at one place that follow each other are one rest."""
    still = (pieces["x_step_m"] == 0) & (pieces["y_step_m"] == 0)
    moved = np.hypot(np.diff(pieces["x0_m"]), np.diff(pieces["y0_m"])) > 1.0
    new = np.ones(len(still), bool)
    new[1:] = (np.diff(pieces["device"]) != 0) | moved | ~still[1:] | ~still[:-1]
    rest = np.flatnonzero(new)
    last = np.append(rest[1:], len(new)) - 1 if len(rest) else rest
    begin, end = pieces["begin"][rest].astype(np.int64), pieces["end"][last].astype(np.int64)
    awake = np.where(begin > 0, int(np.ceil(AWAKE_S / world.every_s)), 0)  # at midnight it lies there already
    return _gaps(pieces["device"][rest], np.where(still[rest], begin + awake, end), end)


def _ghosts(world: World, pieces: Columns, day: TrackDay) -> Columns:
    """The whole shifts of ghosts whose phones are switched off, and half an hour on both sides."""
    none = np.zeros(0, np.int64)
    parts = [_gaps(none, none, none)]
    for shifts in day.shifts:
        off = np.flatnonzero(shifts.ghost == Ghost.OFF)
        from_s, until_s = (
            world.instant_s(minute) - day.number * DAY_S for minute in (shifts.start_min, shifts.end_min)
        )
        for officer in off.tolist():
            device = np.unique(pieces["device"][pieces["officer"] == officer])
            begin = np.full(len(device), (from_s[officer] - BEFORE_SHIFT_S) // world.every_s)
            end = np.full(len(device), (until_s[officer] + BEFORE_SHIFT_S) // world.every_s)
            parts.append(_gaps(device, np.clip(begin, 0, day.steps), np.clip(end, 0, day.steps)))
    return joined(parts)
