"""What version 2 of the rules added, one example each: ids, dates, what was not known, places, sites, silences, holds.

Each example is a small world; what it does not state is as on the base day (`world.world`). The planted bugs are looked
for in the same worlds, put side by side (`tests/planted/planted_worlds.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from tests import oracle
from tests.oracle.earth import GEOD
from tests.second_implementation import check_again
from tests.spec.stories import each
from tests.world import Row, World, assignment, at, ping, place, shift, site, world

RULES: dict[str, dict[str, Any]] = {
    "accuracy": {"when_missing": 30.0},
    "places": {"max_km": 500.0},
    "legs": {"max_gap_s": 1200, "pass_by_s": 300, "hold_s": 900},
}
"""A policy in which every rule of version 2 is on: silences of 20 minutes, passes of 5, and holds of 15."""
LEGS_OFF: dict[str, dict[str, Any]] = {
    "accuracy": {"when_missing": 30.0, "zero": "missing"},
    "legs": {"rule": "off", "hold_s": 900},
}
LONDON = {"time_zone": "Europe/London"}
DECLARED = {
    "pings": LONDON,
    "assignments": LONDON,
    "roster": {**LONDON, "distinct": ["officer_id"]},
    "places": {**LONDON, "distinct": ["officer_id"]},
}
NOON = "2026-03-02T12:00:00Z"
LATER = "2026-02-02T00:00:00Z"
LATEST = "2026-02-03T00:00:00Z"
TOO_LATE = "2026-03-05T00:00:00Z"
TODAY = "2026-03-02"

SPOT = (-0.25, 51.55)
"""Somewhere away from all else; a personal place in many examples."""
NULLS, LISTS, CLINIC = (-0.25, 51.58), (-0.25, 51.61), (-0.25, 51.64)
"""Places for everyone, each in one example alone."""
TOWN, LODGE = (-0.40, 51.60), (-0.40, 51.50)
FAR = (-5.0, 36.5)

ON = "on_duty"


@dataclass(frozen=True)
class Example:
    """A world, and the reason of each of its pings."""

    title: str
    world: World
    reasons: list[str | None]

    def __str__(self) -> str:
        """The title, as a test id."""
        return self.title.replace(" ", "-")


def example(title: str, reasons: str, pings: Iterable[Row] = (), **tables: Any) -> Example:
    """An example; one ping from work at noon where no pings are given. ``reasons`` are words, `-` for a row that is not
    recorded.
    """
    given = {"policy": RULES, **tables}
    words = [None if word == "-" else word for word in reasons.split()]
    return Example(title, world(list(pings) or [ping("12:00")], **given), words)


def past(where: tuple[float, float]) -> list[Row]:
    """At work, then somewhere else, then at work: without a silence between them."""
    return [ping("11:45"), ping("12:00", where), ping("12:15")]


def family(where: tuple[float, float] = SPOT, officer: str = "o1", **more: Any) -> Row:
    """A personal place that is no home."""
    return place(where, officer=officer, place_id="f", kind="family", **more)


def leave(starts: str = "09:00", ends: str = "10:00", **more: Any) -> Row:
    """A leave."""
    return shift(starts, ends, "leave", **{"shift_id": "AL", **more})


def cancelled(**more: Any) -> Row:
    """A cancelled version without times, of leaves where it does not say otherwise."""
    return shift(None, None, None, **{"shift_id": "AL", "status": "cancelled", "recorded": LATEST, **more})


def recorded(row: Row, when: str) -> Row:
    """The row with when it was recorded."""
    return {**row, "recorded_at": when}


def second_officer() -> dict[str, list[Row]]:
    """Roster and places by which a second officer is on duty as well, and has a home."""
    return {
        "roster": [shift(), shift(shift_id="r2", officer="o2")],
        "places": [place(), place("other home", officer="o2", place_id="h2")],
    }


def beyond(metres: float) -> tuple[float, float]:
    """So many metres east of the lodge."""
    lon, lat, _ = GEOD.fwd(*LODGE, 90, metres)
    return lon, lat


DURING_LEAVE = [ping("09:30"), ping("11:00")]

IDS = (
    example(
        "White space about an id is nothing",
        "off_duty on_duty",
        DURING_LEAVE,
        roster=[shift(), leave(officer=" o1\u200b")],
    ),
    example(
        "A place of NULL is everybody's",
        "on_duty protected_place on_duty",
        past(NULLS),
        places=[place(), family(NULLS, "NULL")],
    ),
    example(
        "A place of a list is everybody's",
        "on_duty protected_place on_duty",
        past(LISTS),
        places=[place(), family(LISTS, '["o1", "o2"]')],
    ),
    example(
        "A place of a lookalike protects",
        "on_duty protected_place on_duty",
        past(SPOT),
        places=[place(), family(officer="O1")],
    ),
    example(
        "Zeros in front of an id and a point and nought behind it tell nobody apart",
        "on_duty protected_place on_duty",
        past(SPOT),
        assignments=[assignment(officer="7")],
        roster=[shift(officer="7")],
        places=[place(officer="7"), family(officer="007.0")],
    ),
    example("A lookalike's home is no home on record", "no_home", places=[place(officer="O1")]),
    example(
        "A leave of a lookalike takes away",
        "off_duty on_duty",
        DURING_LEAVE,
        roster=[shift(), leave(officer="O1")],
    ),
    example("A duty of a lookalike grants nothing", "off_duty", roster=[shift(officer="O1")]),
    example(
        "Who holds a lookalike of a device holds the device",
        "shared shared",
        [ping("12:00"), ping("12:00", device="D1")],
        assignments=[assignment(), assignment("D1", "o2")],
    ),
    example(
        "A device that only looks like one is held by nobody",
        "on_duty unassigned",
        [ping("12:00"), ping("12:00", device="D1")],
    ),
    example(
        "Nobody knows who holds a device of which a lookalike was given to nobody",
        "unassigned",
        assignments=[assignment(), assignment("D1", None)],
    ),
    example(
        "A later version under a lookalike of the shift undoes duty",
        "off_duty",
        roster=[shift(), cancelled(shift_id="R1")],
    ),
    example(
        "A row of an officer without a shift may be any of their shifts",
        "off_duty",
        roster=[shift(), shift(shift_id=None, recorded=LATER)],
    ),
)

DATES = (
    example(
        "A leave until a date covers that date",
        "off_duty",
        roster=[shift(), leave("2026-03-01", TODAY)],
    ),
    example(
        "A place until a date protects on that date",
        "on_duty protected_place on_duty",
        past(SPOT),
        places=[place(), family(end=TODAY)],
    ),
    example("Duty until a date ends when that day begins", "off_duty", roster=[shift("2026-03-01", TODAY)]),
    example(
        "On the date on which a device is given back nobody knows who holds it",
        "unassigned",
        assignments=[assignment(end=TODAY)],
    ),
    example(
        "On the date of a hand-over both may hold the device",
        "shared",
        assignments=[assignment(end=TODAY), assignment("d1", "o2", TODAY)],
        **second_officer(),
    ),
    example("A home until a date is not on record on that date", "no_home", places=[place(end=TODAY)]),
    example("Duty recorded on a date was recorded by its end", "late_edit", roster=[shift(recorded=TODAY)]),
    example(
        "An assignment recorded on a date was recorded by its end",
        "late_edit",
        assignments=[recorded(assignment(), TODAY)],
    ),
    example(
        "A leave that was cancelled on a date was one until its end",
        "late_edit on_duty",
        DURING_LEAVE,
        roster=[shift(), leave(), cancelled(recorded=TODAY)],
    ),
    example(
        "GMT on a summer's day in London may mean either",
        "on_duty off_duty",
        [ping("2026-07-01T12:00:00Z"), ping("2026-07-01T15:20:00Z")],
        roster=[shift("2026-07-01T08:00:00", "2026-07-01T16:00:00", zone="GMT")],
    ),
)

VERSIONS = (
    example(
        "A later leave does not undo one that it does not meet",
        "off_duty on_duty",
        DURING_LEAVE,
        roster=[shift(), leave(), leave("14:00", "15:00", recorded=LATER)],
    ),
    example(
        "A version that cannot be read does not undo a leave",
        "off_duty on_duty",
        DURING_LEAVE,
        roster=[shift(), leave(), shift("09:00", "10:00", shift_id="AL", status="?", recorded=LATER)],
    ),
    example(
        "Another officer's version does not undo a leave",
        "off_duty on_duty",
        DURING_LEAVE,
        roster=[
            shift(),
            leave(),
            shift("09:00", "10:00", shift_id="AL", officer="o2", status="cancelled", recorded=LATER),
        ],
    ),
    example(
        "A cancellation without times does not say which of two leaves it means",
        "off_duty on_duty off_duty",
        [*DURING_LEAVE, ping("13:30")],
        roster=[shift(), leave(), leave("13:00", "14:00", recorded=LATER), cancelled()],
    ),
    example(
        "A cancellation with a start alone does not undo a leave that was over by then",
        "off_duty on_duty",
        DURING_LEAVE,
        roster=[shift(), leave(), {**cancelled(), "starts_at": "2026-03-02T10:00:00"}],
    ),
    example(
        "A cancellation with an end alone does not undo a leave that began after it",
        "off_duty on_duty",
        DURING_LEAVE,
        roster=[shift(), leave(), {**cancelled(), "ends_at": "2026-03-02T09:00:00"}],
    ),
    example(
        "A cancellation with one of its times undoes the leave that meets that time",
        "on_duty on_duty",
        DURING_LEAVE,
        roster=[shift(), leave(), {**cancelled(), "starts_at": "2026-03-02T09:00:00"}],
    ),
)

LOOKALIKE_VERSIONS = (
    example(
        "A lookalike's version without an officer may be anybody's",
        "off_duty",
        roster=[shift(), shift(shift_id="R1", officer=None, recorded=LATER)],
    ),
    example(
        "A lookalike's version of which nobody can read when it was recorded undoes at all times",
        "off_duty",
        roster=[shift(), shift(shift_id="R1", recorded="?")],
    ),
    example(
        "Duty and leave of one shift recorded on one date contradict each other",
        "off_duty",
        roster=[shift(recorded="2026-02-01"), shift(code="leave", recorded="2026-02-01")],
    ),
    example(
        "Duty and leave of two shifts that look alike recorded on one date contradict each other",
        "off_duty",
        roster=[shift(recorded="2026-02-01"), leave(shift_id="R1", recorded="2026-02-01")],
    ),
)

KNOWN = (
    example(
        "An assignment recorded after the ping gives no custody",
        "late_edit",
        assignments=[recorded(assignment(), TOO_LATE)],
    ),
    example(
        "A second holder recorded afterwards is a holder",
        "shared",
        assignments=[assignment(), recorded(assignment(officer="o2"), TOO_LATE)],
    ),
    example(
        "An assignment of which nobody can read when it was recorded gives no custody",
        "unassigned",
        assignments=[recorded(assignment(), "?"), assignment("d2", "o2")],
    ),
)

MORNING: dict[str, Any] = {"as_of": NOON, "roster": [shift("08:00", "11:00")]}
"""Asked at noon about a shift that is over."""

NOT_KNOWN = (
    example(
        "A second holder recorded after as_of is none",
        "on_duty",
        [ping("09:00")],
        **MORNING,
        assignments=[assignment(), recorded(assignment(officer="o2"), TOO_LATE)],
    ),
    example(
        "A place recorded after as_of is none",
        "on_duty on_duty on_duty",
        [ping("09:00"), ping("09:15", SPOT), ping("09:30")],
        **MORNING,
        places=[recorded(place(), "2026-01-01T00:00:00Z"), recorded(family(), TOO_LATE)],
    ),
    example(
        "A leave that cannot be read and was recorded after as_of is not there",
        "on_duty",
        [ping("09:00")],
        as_of=NOON,
        roster=[shift("08:00", "11:00"), leave("?", recorded=TOO_LATE)],
    ),
    example(
        "A leave recorded on the date of as_of is there",
        "off_duty on_duty",
        [ping("09:30"), ping("10:30")],
        as_of=NOON,
        roster=[shift("08:00", "11:00"), leave(recorded=TODAY)],
    ),
    example(
        "A home recorded on the date of as_of is not on record",
        "no_home",
        [ping("09:00")],
        **MORNING,
        places=[recorded(place(), TODAY)],
    ),
    example(
        "A ping after as_of is not decided",
        "on_duty -",
        [ping("09:00"), ping("13:00")],
        **MORNING,
    ),
    example(
        "A window is open while one beside it is",
        "window_open",
        [ping("09:00", device="d2")],
        as_of=NOON,
        assignments=[assignment(), assignment("d2", end="10:00")],
    ),
)

PINGS = (
    example(
        "A ping may be a minute ahead of its receipt",
        "on_duty quarantine:future_time",
        [
            {**ping("12:00"), "received_at": at("11:59")},
            {**ping("12:10"), "received_at": at("12:08:59")},
        ],
    ),
    example(
        "A device may say that it has no fix",
        "on_duty on_duty quarantine:bad_position quarantine:bad_position",
        [{**ping(f"12:0{minute}"), "valid": word} for minute, word in enumerate(("A", "", "V", "false"))],
    ),
    example(
        "A poor fix of an officer without a home on record is imprecise",
        "imprecise no_home",
        [ping("12:00", accuracy=500), ping("12:10")],
        places=[place(end="10:00")],
    ),
    example(
        "An accuracy of nought is none",
        "on_duty imprecise",
        [ping("12:00", accuracy=None), ping("12:10", accuracy=0)],
    ),
)

PLACES = (
    example(
        "A place at longitude and latitude nought covers the Earth",
        "protected_place",
        places=[place(), family((0.0, 0.001))],
    ),
    example(
        "A place with longitude and latitude exchanged covers the Earth",
        "protected_place",
        places=[place(), family((51.5, -0.1))],
    ),
    example("A home far from all work is no home on record", "no_home", places=[place(FAR)]),
    example(
        "A longitude beyond 180 is the same meridian",
        "on_duty protected_place on_duty",
        past(SPOT),
        places=[place(), family((SPOT[0] + 360, SPOT[1]))],
    ),
    example(
        "A site as large as a town is none",
        "home_leg",
        [ping("12:00", TOWN)],
        sites=[site(), site(TOWN, 1_500, "s2")],
    ),
    example(
        "A site beside a home is none for whoever lives there",
        "home_leg",
        [ping("12:00", beyond(540))],
        places=[place(LODGE)],
        sites=[site(), site(beyond(400), 150, "s2")],
    ),
)

CLINICS = [place(), place(CLINIC, officer=None, place_id="c", kind="clinic")]


def ride(where: tuple[float, float], back: str = "12:09") -> list[Row]:
    """From work by a place and back, in two streets on either side of it."""
    return [ping("12:00"), ping("12:04", "street"), ping("12:06", where), ping(back, "street"), ping("12:12")]


LEGS = (
    example(
        "A silence is a contact",
        "on_duty home_leg on_duty",
        [ping("12:00"), ping("12:10", "street"), ping("12:30:00.000001")],
    ),
    example(
        "What lasts as long as is allowed is no silence",
        "on_duty on_duty on_duty",
        [ping("12:00"), ping("12:10", "street"), ping("12:30")],
    ),
    example(
        "A place for everyone may be passed",
        "on_duty on_duty protected_place on_duty on_duty",
        ride(CLINIC),
        places=CLINICS,
    ),
    example(
        "Who takes longer than is allowed has been at a place for everyone",
        "on_duty home_leg protected_place home_leg on_duty",
        ride(CLINIC, "12:09:00.000001"),
        places=CLINICS,
    ),
    example(
        "A personal place is never passed",
        "on_duty home_leg protected_place home_leg on_duty",
        ride(SPOT),
        places=[place(), family()],
    ),
    example(
        "A ping without a home on record is a contact",
        "on_duty home_leg no_home home_leg on_duty",
        [ping("11:50"), ping("11:55", "street"), ping("12:05", SPOT), ping("12:15", "street"), ping("12:20")],
        places=[place(end="12:00"), place(start="12:10"), family()],
    ),
    example(
        "The first and the last minutes of a window are hidden",
        "home_leg on_duty on_duty home_leg",
        [ping("08:14:59.999999"), ping("08:15"), ping("15:44:59.999999"), ping("15:45")],
    ),
)

OFF = (
    example(
        "The first and the last minutes are hidden without the rule of legs",
        "home_leg on_duty on_duty home_leg",
        [ping("08:14:59.999999"), ping("08:15", "street"), ping("15:44:59.999999", "street"), ping("15:45")],
        policy=LEGS_OFF,
    ),
    example(
        "An accuracy of nought may mean that nothing was written",
        "on_duty on_duty",
        [ping("12:00", accuracy=None), ping("12:10", accuracy=0)],
        policy=LEGS_OFF,
    ),
)

ZONES = (
    example(
        "An assignment in a declared zone",
        "on_duty unassigned",
        [ping("2026-07-01T11:30:00"), ping("2026-07-01T12:15:00")],
        assignments=[assignment(end="2026-07-01T12:00:00")],
        roster=[shift("2026-07-01T08:00:00", "2026-07-01T16:00:00")],
        inputs=DECLARED,
    ),
    example(
        "A wall time that happened twice is no instant of a ping",
        "quarantine:bad_time on_duty",
        [ping("2026-10-25T01:30:00"), ping("2026-10-25T03:00:00")],
        roster=[shift("2026-10-25T00:00:00", "2026-10-25T06:00:00")],
        inputs=DECLARED,
    ),
    example(
        "Lookalikes that are declared distinct are different people",
        "on_duty on_duty on_duty",
        [{**row, "observed_at": row["observed_at"].removesuffix("Z")} for row in past(SPOT)],
        places=[place(), family(officer="O1")],
        inputs=DECLARED,
    ),
)

STOPS = (
    example("A time without an offset", "", assignments=[assignment(), assignment("d2", end="2026-03-02T12:00:00")]),
    example(
        "A place for everyone at longitude and latitude nought",
        "",
        places=[place(), place((0.0, 0.001), officer=None, place_id="c", kind="clinic")],
    ),
    example(
        "A leave of nobody and of no shift",
        "",
        roster=[shift(), leave(officer=None, shift_id=None)],
    ),
    example(
        "A leave of nobody in a shift that no version names an officer of",
        "",
        roster=[shift(), leave(officer=None)],
    ),
    example("An assignment of no device", "", assignments=[assignment(), {**assignment(), "device_id": "NULL"}]),
    example("Pings of no device that anybody ever held", "", [ping("12:00", device="elsewhere")]),
    example(
        "A file without one instant that can be read",
        "",
        [{**ping("12:00"), "observed_at": "1772452800"}],
    ),
)
"""Worlds about which nothing is published."""

EXAMPLES = (*IDS, *DATES, *VERSIONS, *LOOKALIKE_VERSIONS, *KNOWN, *NOT_KNOWN, *PINGS, *PLACES, *LEGS, *OFF, *ZONES)


@pytest.mark.parametrize("example", each(EXAMPLES), ids=str)
def test_version_2(example, ask_filter):
    """The oracle and the filter give the reasons of each example, and release the same rows; the second implementation
    finds no difference.
    """
    answer = oracle.answer(example.world)
    outcome = ask_filter(example.world)
    assert answer.reasons == example.reasons
    assert outcome.reasons == example.reasons
    assert outcome.release == answer.release
    check_again(example.world, outcome)


@pytest.mark.parametrize("example", each(STOPS), ids=str)
def test_version_2_stops(example, ask_filter):
    """The oracle, the filter and the second implementation stop."""
    with pytest.raises(oracle.Stop):
        oracle.answer(example.world)
    outcome = ask_filter(example.world)
    assert outcome.stopped
    check_again(example.world, outcome)
