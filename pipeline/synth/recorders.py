"""Makes who records what: the desk and a supervisor of the default force, or shared clerks of each unit.

With clerks (`Habits.clerks`) honest and planted edits are recorded by the same people, and the ids of shifts have one
form, so that neither tells which is which; the truth does (`truth/edits.csv`, `truth/recorders.csv`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from offduty.synth.arrays import Columns, Ints
from offduty.synth.people import People
from offduty.synth.rng import RandomStream
from offduty.synth.world import World

WRITERS = ["planning", "desk", "supervisor"]
PLANNING, DESK, SUPERVISOR = range(len(WRITERS))
# The names of the versions in the truth: as planned, or when and why they were changed.
EDITS = ["plan", "before", "during", "after", "abusive", "recall", "cut"]
PLAN, BEFORE, DURING, AFTER, ABUSIVE, RECALL, CUT = range(len(EDITS))
BY_THE_OFFICER = (DURING, AFTER, ABUSIVE, RECALL)  # an employer's cut is never recorded by whom it concerns
SHIFTS = 2**32  # ids have eight hex digits
STIR = 2_654_435_761  # odd: no two shifts of a force of less than 2**32 get one id


def unit(station: int) -> str:
    """The unit of everybody at a station."""
    return f"unit-{station:02d}"


def units(people: People) -> list[int]:
    """The stations at which somebody works."""
    return sorted(set(people.station.tolist()))


def writers(world: World, people: People) -> list[str]:
    """The names in `recorded_by`, by number: planning, then clerks by unit, then the officers themselves."""
    if not world.habits.clerks:
        return WRITERS
    clerks = len(units(people)) * world.habits.clerks
    return ["planning", *(f"login-{number:05d}" for number in range(clerks + len(people)))]


def recorded_by(world: World, people: People, versions: Columns, day: int) -> Ints:
    """The number of the writer of each version of a day."""
    habits = world.habits
    if not habits.clerks:
        return versions["writer"].astype(np.int64)
    rng, count, officer = RandomStream(world.seed, "clerks", day), len(versions["officer"]), versions["officer"]
    place = np.searchsorted(np.array(units(people)), people.station[officer])
    clerk = 1 + place * habits.clerks + rng.below(habits.clerks, count)
    clerk = np.where((versions["edit"] == ABUSIVE) & rng.chance(habits.abuse_by_one, count), one_clerk(world), clerk)
    own = np.isin(versions["edit"], BY_THE_OFFICER) & rng.chance(habits.self_recorded, count)
    clerk = np.where(own, 1 + len(units(people)) * habits.clerks + officer, clerk)
    return np.where(versions["edit"] == PLAN, PLANNING, clerk)


def one_clerk(world: World) -> int:
    """The number of the clerk who records the abusive edits of `Habits.abuse_by_one`."""
    return 1 + world.seed % world.habits.clerks


def shift_names(world: World, day: int, officer: Ints, part: Ints, parts: int) -> pa.Array:
    """Ids of one form for all shifts: eight hex digits that tell neither the day, the officer nor the part."""
    number = ((day + 1) * world.officers + officer) * parts + part
    stirred = (number.astype(np.uint64) * np.uint64(STIR)) % np.uint64(SHIFTS)
    return pa.array([f"{one:08x}" for one in stirred.tolist()], pa.string())


def people_rows(world: World, people: People, ids: list[str]) -> Iterator[tuple[str, str, str, str]]:
    """Who stands behind each name in `recorded_by`: the name, the officer if it is one, the unit, the role."""
    names = writers(world, people)
    yield names[0], "", "", "planner"
    clerks = [place for place in units(people) for _ in range(world.habits.clerks)]
    for name, place in zip(names[1:], clerks, strict=False):
        yield name, "", unit(place), "clerk"
    for name, officer, place in zip(names[1 + len(clerks) :], ids, people.station.tolist(), strict=True):
        yield name, officer, unit(place), "officer"


def recorder_rows(world: World, people: People) -> Iterator[tuple[str, str, bool]]:
    """The truth about each clerk: the name, the unit, and whether that is whom `Habits.abuse_by_one` means."""
    habits = world.habits
    names = writers(world, people)
    clerks = [place for place in units(people) for _ in range(habits.clerks)]
    for number, (name, place) in enumerate(zip(names[1:], clerks, strict=False), start=1):
        yield name, unit(place), habits.abuse_by_one > 0 and number == one_clerk(world)
