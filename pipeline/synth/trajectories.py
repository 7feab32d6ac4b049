"""Makes the true tracks of all devices for one UTC day: straight pieces, by the steps at which devices report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from offduty.synth.arrays import DAY_S, Columns, Flags, Ints, joined, rows_of, spans
from offduty.synth.days import DayPieces, make_day
from offduty.synth.devices import DeviceFleet, make_devices
from offduty.synth.geography import Land, make_land
from offduty.synth.itinerary import State
from offduty.synth.lent_devices import carried_with_lent
from offduty.synth.people import People, make_people
from offduty.synth.phones import TrackDay, silences
from offduty.synth.rng import RandomStream
from offduty.synth.shift_pattern import DayShifts, make_shifts
from offduty.synth.world import World

PHONES = ("no_fix_at_home", "off_at_home", "late_from_home", "dozes", "ghost_phone_off", "ghost_phone_lent")
BLOCK = 2_048  # officers whose days are made at once
INDOORS, OUTDOORS, MOVING = 0, 1, 2
BIAS_M = np.array([12.0, 3.0, 2.0])  # by kind of place: an error that stays the same for a whole piece


@dataclass(frozen=True)
class WorldSetting:
    """The parts of a world that do not change from day to day."""

    world: World
    land: Land
    people: People
    devices: DeviceFleet


@dataclass(frozen=True)
class Track:
    """One day of every device, as pieces by device and step; the pieces of each device cover all of `[0, steps)`.

    At step `s` a device in a piece is at `(x0_m + x_step_m * s, y0_m + y_step_m * s)`.
    """

    day: int
    first_step: int  # of the day, counted from the world's first instant
    steps: int
    pieces: Columns
    gaps: Columns  # device, from and to as steps of the day; `arrives` at which step, or -1 for lost

    def cells(self, first: int, last: int, devices: int) -> Ints:
        """Which piece each device is in at each step in `[first, last)`: shape (steps, devices)."""
        begins, ends = self.pieces["begin"], self.pieces["end"]
        some = np.flatnonzero((ends > first) & (begins < last))
        lasts = np.minimum(ends[some], last) - np.maximum(begins[some], first)
        return np.ascontiguousarray(np.repeat(some, lasts).reshape(devices, last - first).T)


def make_setting(world: World) -> WorldSetting:
    """The land, the officers and the devices of a world."""
    land = make_land(world)
    return WorldSetting(world, land, make_people(world, land), make_devices(world, land))


def make_track(setting: WorldSetting, day: int) -> Track:
    """The pieces of a day for all devices. Memory grows with officers, not with pings."""
    world = setting.world
    first = -(-day * DAY_S // world.every_s)
    steps = -(-(day + 1) * DAY_S // world.every_s) - first
    shifts = (make_shifts(world, setting.people, day - 1), make_shifts(world, setting.people, day))
    pieces = [*_officer_pieces(setting, shifts, day), _still_pieces(setting)]
    counts = np.concatenate([np.bincount(part["owner"], minlength=0)[part["owner"][0] :] for part in pieces])
    table = joined(pieces)
    carried = setting.devices.carried
    for some in shifts:
        carried = carried_with_lent(world, carried, some, world.officers + len(setting.land.stations))
    on_devices = _device_pieces(setting, table, counts, carried, day, first, steps)
    gaps = _gaps(setting, day, steps)
    if world.habits.asked_for(*PHONES):
        gaps = joined([gaps, silences(world, setting.people, on_devices, TrackDay(day, first, steps, shifts))])
    return Track(day, first, steps, on_devices, gaps)


def _officer_pieces(setting: WorldSetting, shifts: tuple[DayShifts, DayShifts], day: int) -> Iterator[Columns]:
    """The pieces of each block of officers within `[0, DAY_S)`, seconds of the day."""
    world = setting.world
    nights, days = shifts
    for block, first in enumerate(range(0, world.officers, BLOCK)):
        some = slice(first, min(first + BLOCK, world.officers))
        people = part_of(setting.people, some)
        legs = [
            make_day(world, setting.land, people, part_of(planned, some), number, block)
            for planned, number in ((nights, day - 1), (days, day))
        ]
        pieces = _whole_day(legs, day)
        pieces["owner"] += first
        bias = (
            RandomStream(world.seed, "bias", day, block).normal(len(pieces["owner"]), 2)
            * BIAS_M[pieces["noise"]][:, None]
        )
        pieces["x_bias_m"], pieces["y_bias_m"] = bias.T.astype(np.float32)
        yield pieces


Table = TypeVar("Table", People, DayShifts)


def part_of(table: Table, some: slice) -> Table:
    """The same columns for some of the officers."""
    return type(table)(**{name: values[some] for name, values in vars(table).items()})


def _whole_day(legs: list[DayPieces], day: int) -> Columns:
    """The pieces of the day before and of this day, with home before, between and after them, cut to the day."""
    count = len(legs[0].t_s)
    ends = np.full((count, 1), 2 * DAY_S, dtype=np.float64)
    t_s = np.concatenate([-ends, *(leg.t_s - day * DAY_S for leg in legs), ends], axis=1)
    t_s = np.maximum.accumulate(t_s, axis=1)
    x_m, y_m = (
        np.concatenate([points[0][:, :1], *points, points[1][:, -1:]], axis=1)
        for points in ([leg.x_m for leg in legs], [leg.y_m for leg in legs])
    )
    home, still = np.full((count, 1), State.HOME, dtype=np.int8), np.zeros((count, 1), dtype=bool)
    state = np.concatenate([home, legs[0].state, home, legs[1].state, home], axis=1)
    moving = np.concatenate([still, legs[0].moving, still, legs[1].moving, still], axis=1)
    begin_s, end_s = np.clip(t_s[:, :-1], 0, DAY_S), np.clip(t_s[:, 1:], 0, DAY_S)
    owner, piece = np.nonzero(end_s > begin_s)
    length_s = t_s[owner, piece + 1] - t_s[owner, piece]
    x_speed, y_speed = ((m[owner, piece + 1] - m[owner, piece]) / length_s for m in (x_m, y_m))
    return {
        "owner": owner,
        "begin_s": begin_s[owner, piece],
        "end_s": end_s[owner, piece],
        "x_m": x_m[owner, piece] - x_speed * t_s[owner, piece],
        "y_m": y_m[owner, piece] - y_speed * t_s[owner, piece],
        "x_speed": x_speed,
        "y_speed": y_speed,
        "state": state[owner, piece],
        "noise": _noise(state[owner, piece], moving[owner, piece]),
    }


def _noise(state: Ints, moving: Flags) -> Ints:
    outside = state == State.BEAT
    return np.where(moving, MOVING, np.where(outside, OUTDOORS, INDOORS)).astype(np.int8)


def _still_pieces(setting: WorldSetting) -> Columns:
    """The pieces of devices that never move: in a drawer of each station, and nowhere."""
    stations = setting.land.stations
    count = len(stations) + 1
    points = np.concatenate([stations, np.zeros((1, 2))])
    zeros = np.zeros(count)
    return {
        "owner": setting.world.officers + np.arange(count),
        "begin_s": zeros,
        "end_s": zeros + DAY_S,
        "x_m": points[:, 0],
        "y_m": points[:, 1],
        "x_speed": zeros,
        "y_speed": zeros,
        "state": np.array([State.STORED] * len(stations) + [State.SILENT], dtype=np.int8),
        "noise": np.full(count, INDOORS, dtype=np.int8),
        "x_bias_m": zeros.astype(np.float32),
        "y_bias_m": zeros.astype(np.float32),
    }


def _device_pieces(
    setting: WorldSetting, table: Columns, counts: Ints, carried: Ints, day: int, first: int, steps: int
) -> Columns:
    """The pieces of each device: those of its carriers while they carry it, in steps of the day."""
    devices, every_s = setting.devices, setting.world.every_s
    carried = carried[(carried[:, 2] < (day + 1) * DAY_S) & (carried[:, 3] > day * DAY_S)]
    offsets = np.cumsum(counts) - counts
    lengths = counts[carried[:, 1]]
    pieces = rows_of(table, spans(offsets[carried[:, 1]], lengths))
    device = np.repeat(carried[:, 0], lengths)
    phase_s = devices.phase_ms[device] / 1_000 + first * every_s - day * DAY_S  # of step 0, within the day
    since_s, until_s = (np.repeat(carried[:, column], lengths) - day * DAY_S for column in (2, 3))
    begin, end = (
        np.clip(np.ceil((at_s - phase_s) / every_s), 0, steps).astype(np.int32)
        for at_s in (np.maximum(pieces["begin_s"], since_s), np.minimum(pieces["end_s"], until_s))
    )
    # The last reports of a step may be just after midnight, where the pieces end: the last piece is extended.
    final = np.append(device[1:] != device[:-1], True)
    begin, end = np.where(np.append(True, final[:-1]), np.int32(0), begin), np.where(final, np.int32(steps), end)
    some = np.flatnonzero(end > begin)
    pieces, phase_s = rows_of(pieces, some), phase_s[some]
    owner = np.where(pieces["owner"] < setting.world.officers, pieces["owner"], -1).astype(np.int32)
    return {
        "device": device[some],
        "begin": begin[some],
        "end": end[some],
        "x0_m": pieces["x_m"] + pieces["x_speed"] * phase_s,
        "y0_m": pieces["y_m"] + pieces["y_speed"] * phase_s,
        "x_step_m": pieces["x_speed"] * every_s,
        "y_step_m": pieces["y_speed"] * every_s,
        "x_bias_m": pieces["x_bias_m"],
        "y_bias_m": pieces["y_bias_m"],
        "officer": owner,
        "state": pieces["state"],
        "noise": pieces["noise"],
    }


def _gaps(setting: WorldSetting, day: int, steps: int) -> Columns:
    """Signal gaps: three in ten devices have one or two a day; half of these pings are lost, the others come late."""
    count, every_s, rng = len(setting.devices), setting.world.every_s, RandomStream(setting.world.seed, "gaps", day)
    device = np.flatnonzero(rng.chance(0.3, 2 * count)) % count
    size = len(device)
    begin_s = rng.uniform(0, DAY_S, size)
    length_s = 120 + 2_400 * rng.uniform(0, 1, size) ** 3
    end_s = begin_s + length_s
    late_s = np.where(rng.chance(0.05, size), rng.uniform(3_600, 19 * 3_600, size), rng.uniform(0, 600, size))
    begin, end, arrives = (np.ceil(at_s / every_s).astype(np.int64) for at_s in (begin_s, end_s, end_s + late_s))
    return {
        "device": device,
        "begin": begin,
        "end": np.minimum(end, steps),
        "arrives": np.where(rng.chance(0.5, size), arrives, -1),
    }
