"""Says which files habits bring beside those of the default force: inputs, and the truth about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypeAlias

from offduty.synth.arrays import DAY_S, Flags
from offduty.synth.officer_ids import officer_id
from offduty.synth.people import DAY_TEAM
from offduty.synth.recorders import people_rows, recorder_rows, unit
from offduty.synth.rng import RandomStream
from offduty.synth.second_jobs import REGISTER_COLUMNS, job_rows, register_rows
from offduty.synth.shift_truth import PHONE_COLUMNS, SHIFT_COLUMNS, phone_rows, shift_rows
from offduty.synth.trajectories import WorldSetting
from offduty.synth.world import World

Tables: TypeAlias = dict[str, tuple[str, Iterable[tuple[Any, ...]]]]
"""The columns, separated by spaces, and the rows of each file, by its name."""
PHONES = ("no_fix_at_home", "no_fix_within_m", "off_at_home", "late_from_home", "dozes")
SHIFTS = (
    *("most_days_at_home", "part_absence", "ghost_at_home", "ghost_phone_off", "ghost_phone_lent"),
    *("recall", "late_correction", "late_cut", "clerks"),
)
JOBS = ("declared_job", "undeclared_job")


def habit_inputs(setting: WorldSetting) -> Tables:
    """Further inputs: who the recorders are, where there are clerks; and the register, where there are second jobs."""
    world, people = setting.world, setting.people
    tables: Tables = {}
    if world.habits.asked_for("clerks"):
        ids = [officer_id(number) for number in range(len(people))]
        tables["people.csv"] = ("recorded_by officer_id unit role", people_rows(world, people, ids))
    if world.habits.asked_for(*JOBS):
        tables["register.csv"] = (REGISTER_COLUMNS, register_rows(world))
    return tables


def habit_truths(setting: WorldSetting) -> Tables:
    """The truth about the habits that were asked for; nothing of the default force."""
    world, people = setting.world, setting.people
    tables: Tables = {}
    if world.habits.asked_for(*PHONES):
        tables["phones.csv"] = (PHONE_COLUMNS, phone_rows(setting))
    if world.habits.asked_for(*SHIFTS):
        tables["shifts.csv"] = (SHIFT_COLUMNS, shift_rows(setting))
        at_home = zip(people.station.tolist(), people.days_at_home.tolist(), people.team.tolist(), strict=True)
        units = (
            (officer_id(number), unit(station), days if team == DAY_TEAM else 0)
            for number, (station, days, team) in enumerate(at_home)
        )
        tables["units.csv"] = ("officer_id unit days_at_home", units)
    if world.habits.asked_for("clerks"):
        tables["recorders.csv"] = ("recorded_by unit abusive", recorder_rows(world, people))
    if world.habits.asked_for(*JOBS):
        tables["jobs.csv"] = ("officer_id declared weekly_hours pattern", job_rows(world))
    return tables


def dated_devices(world: World, devices: int) -> Flags:
    """The devices whose hand-overs are recorded as dates, without a time of day."""
    return RandomStream(world.seed, "dates").chance(world.habits.handed_over_by_date, devices)


def date_of(world: World, second: int) -> str:
    """The date, in UTC, of a second since the world's first instant. Hand-overs are at noon, so no zone differs."""
    return (world.start + timedelta(days=second // DAY_S)).isoformat()
