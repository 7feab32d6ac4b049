"""Makes worlds for Hypothesis: a few officers on an awkward day, with pings at every edge of the tables."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.oracle.clock import ALWAYS
from tests.oracle.decide import read_tables
from tests.oracle.earth import GEOD
from tests.oracle.reading import Stop, Unreadable, instant
from tests.properties.writing import (
    NOTHING,
    RECORDED_AFTER_ALL,
    as_declared,
    dated,
    disguised,
    lookalike,
    rarely,
    same_id,
    spoil,
)
from tests.world import (
    AFTERWARDS,
    WHERE,
    Row,
    World,
    assignment,
    changed,
    moved,
    place,
    policy_of,
    shift,
    site,
    square,
    stamp,
    world,
)

DAYS = ("2026-03-02", "2026-03-02", "2026-03-29", "2026-10-25", "2026-07-01")
CLOCKS = ("00:30:00", "01:00:00", "01:30:00", "02:00:00", "02:30:00", "08:00:00", "12:00:00", "16:00:00", "20:00:00")
CODES = ("duty",) * 6 + ("overtime", "court", "leave", "break", "sick", None, " ")
ZONES = (None,) * 9 + ("America/New_York", "Australia/Lord_Howe", "UTC", "GMT", "GMT", "Etc/GMT", "EST", " ")
LONG_BEFORE = "2026-01-01T00:00:00Z"
MINUTE = 60_000_000
SECOND = 1_000_000
IDS = ("device_id", "officer_id", "shift_id", "place_id")
VALID = ("true", "T", "yes", "y", "1", "a", "Valid", "", " ", None)
NOT_VALID = ("false", "0", "V", "n", "NULL", " true", "1.0")


@dataclass(frozen=True)
class Setting:
    """What the small worlds of one world have in common: the policy, the declarations and `as_of`."""

    policy: dict[str, dict[str, Any]]
    inputs: dict[str, dict[str, Any]]
    as_of: str

    def declared(self, table: str) -> dict[str, Any]:
        """What the job declares for a table."""
        return self.inputs.get(table, {})

    def seconds(self, key: str) -> int:
        """Seconds of the policy's rules for legs, as microseconds."""
        return round(float(self.policy["legs"][key]) * SECOND)


def policies(rng: Random) -> dict[str, dict[str, Any]]:
    """A policy with values that matter."""
    return policy_of(
        {
            "policy": {"timezone": rng.choice(["Europe/London"] * 7 + ["America/New_York"])},
            "duty": {"late_edit_tolerance_s": rng.choice([0, 0, 600])},
            "accuracy": {
                "max_m": rng.choice([100.0, 100.0, 40.0]),
                "factor": rng.choice([2.0, 2.0, 0.0, 1.0]),
                "when_missing": rng.choice(["mask", "mask", 30.0, 150.0]),
                "zero": rng.choice(["imprecise", "missing"]),
            },
            "places": {
                "buffer_m": rng.choice([200.0, 200.0, 0.0]),
                "require_home": rng.choice([True, True, False]),
                "max_km": rng.choice([40000.0, 500, 500.0, 20.0]),
            },
            "legs": {
                "rule": rng.choice(["anchored", "anchored", "anchored", "off"]),
                "hold_s": rng.choice([0, 0, 0, 900, 1800, 3600]),
                "max_gap_s": rng.choice([300, 1200, 1200, 7200, 100000000, 100000000]),
                "pass_by_s": rng.choice([0, 300, 900]),
                "max_site_km2": rng.choice([5.0, 5, 5.0, 0.05]),
            },
            "release": {
                "time_step_s": rng.choice([60, 1, 7, 3600]),
                "decimals": rng.choice([4, 3, 6]),
            },
            "pseudonym": {"rotate": rng.choice(["week", "day", "month", "never"])},
        }
    )


def declarations(rng: Random) -> dict[str, dict[str, Any]]:
    """What a job declares: for some tables a time zone, seldom that lookalikes are different things."""
    ids = {"pings": ["device_id"], "assignments": ["device_id"], "roster": ["officer_id", "shift_id"]}
    made: dict[str, dict[str, Any]] = {}
    for table in ("pings", "assignments", "roster", "places"):
        how: dict[str, Any] = {}
        if rarely(rng, 4):
            how["time_zone"] = rng.choice(["Europe/London"] * 4 + ["America/New_York", "GMT", "UTC"])
        if rarely(rng, 10):
            columns = ids.get(table, ["officer_id"])
            how["distinct"] = rng.sample(columns, rng.randint(1, len(columns)))
        if how:
            made[table] = how
    return made


def instants(rng: Random, day: str) -> str:
    """An instant of the day or the day before, at one of `CLOCKS`, or a microsecond beside it."""
    when = f"{rng.choice([day, day, day, day_before(day)])}T{rng.choice(CLOCKS)}Z"
    return moved(when, rng.choice([0, 0, 0, -1, 1]))


def day_before(day: str) -> str:
    """The date before."""
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def recordings(rng: Random, day: str, as_of: str) -> str:
    """When a row was recorded: before, on the day, long after, or at `as_of`, a microsecond beside it, or after it."""
    choice = rng.randint(0, 9)
    if choice < 3:
        return rng.choice([LONG_BEFORE, "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"])
    if choice < 4:
        return "2026-11-01T00:00:00Z"
    if choice < 8:
        return instants(rng, day)
    return rng.choice([moved(as_of, rng.choice([-1, 0, 1])), as_of[:10], RECORDED_AFTER_ALL])


# The roster.


def long_shifts(rng: Random, day: str, officers: list[str]) -> list[Row]:
    """A long shift for nearly every officer."""
    shifts = [(shift_of(officer, "s"), officer) for officer in officers if not rarely(rng)]
    start, end = f"{day}T01:00:00", f"{day}T20:00:00"
    return [shift(start, end, shift_id=ident, officer=officer, recorded=LONG_BEFORE) for ident, officer in shifts]


def shift_of(officer: str, kind: str) -> str:
    """The id of a shift of an officer; those of lookalikes do not look alike."""
    return f"{kind}{['a', 'A', 'b', '7', '07'].index(officer)}"


def roster_rows(rng: Random, day: str, officers: list[str], setting: Setting) -> list[Row]:
    """Long shifts, and further versions and entries."""
    rows = long_shifts(rng, day, officers)
    further = leave_rows(rng, day, officers, setting) if rarely(rng, 2) else []
    further += [roster_row(rng, day, officers, setting) for _ in range(rng.randint(0, 1 if further else 3))]
    further += [{**roster_row(rng, day, officers, setting), "starts_at": "??"} for _ in range(1) if rarely(rng)]
    further += [rewritten(rng, rng.choice(rows), setting) for _ in range(1) if rows and rarely(rng, 8)]
    rows += [as_written(rng, row, setting) for row in further]
    if rows and rarely(rng):
        rows.append(deepcopy(rng.choice(rows)))
    return rows


def as_written(rng: Random, row: Row, setting: Setting) -> Row:
    """A roster row with its ids disguised, its times as dates or as wall times, or with values that cannot be read."""
    row = disguised(rng, row, "officer_id", one_in=7)
    row = row if not row["officer_id"] or row["officer_id"] in NOTHING else disguised(rng, row, "shift_id", one_in=10)
    row = dated(rng, row, ("starts_at", "ends_at"), one_in=10)
    row = dated(rng, row, ("recorded_at",), one_in=5)
    row = as_declared(rng, row, ("recorded_at",), setting.declared("roster"))
    row = spoil(rng, row, ("starts_at", "ends_at", "recorded_at", "status", "timezone"), one_in=40)
    return spoil(rng, row, ("shift_id", "officer_id"), value="", one_in=100)


def roster_row(rng: Random, day: str, officers: list[str], setting: Setting) -> Row:
    """One version of one shift; the end may be before the start."""
    officer = rng.choice(officers)
    clocks = rng.choices(CLOCKS, k=2)
    clocks = clocks if rarely(rng) else sorted(clocks)
    offset = rng.choice(["", "", "", "Z", "+01:00"])
    row = shift(
        f"{day}T{clocks[0]}{offset}",
        f"{day}T{clocks[1]}{offset}",
        rng.choice(CODES),
        shift_id=shift_of(officer, rng.choice(["t", "u", "s"])),
        officer=officer,
        status=rng.choice(["active"] * 5 + ["cancelled"]),
        recorded=recordings(rng, day, setting.as_of),
        zone=rng.choice(ZONES),
    )
    return without_times(row) if row["status"] == "cancelled" and rng.choice([True, False]) else row


def without_times(row: Row) -> Row:
    """The row without times, and without a code."""
    return {**row, "starts_at": None, "ends_at": None, "duty_code": None}


def leave_rows(rng: Random, day: str, officers: list[str], setting: Setting) -> list[Row]:
    """A kind of leave as `shift_id`: leaves of one or several officers, and later versions that undo them, or do not.

    Leaves may touch, overlap or lie apart, and the versions meet them in time or only touch them.
    """
    ends = sorted(rng.sample(CLOCKS[3:], rng.randint(2, 4)))
    spans = [*itertools.pairwise(ends), *([(ends[0], ends[-1])] if rarely(rng, 3) else [])]
    spans = rng.sample(spans, rng.randint(1, len(spans)))
    who = officers if rarely(rng, 2) else officers[:1]
    leaves = [leave(f"{day}T{start}Z", f"{day}T{end}Z", rng.choice(who)) for start, end in spans]
    number = rng.choice([0, 1, 1, 1, 2])
    later = [version_of(rng, rng.choice(leaves), f"{day}T{ends[-1]}Z", officers) for _ in range(number)]
    recorded, only_dates = "2026-02-01T00:00:00Z", rarely(rng, 4)
    for row in [*leaves, *later]:
        row["recorded_at"] = recorded[:10] if only_dates else recorded
        recorded = moved(recorded, rng.choice([0, 1, 1, 24 * 60 * MINUTE, 24 * 60 * MINUTE]))
    if later and rarely(rng, 4):
        later[-1]["recorded_at"] = recordings(rng, day, setting.as_of)
    return leaves + later


def leave(start: str, end: str, officer: str) -> Row:
    """One leave."""
    return shift(start, end, "leave", shift_id="AL", officer=officer)


def version_of(rng: Random, row: Row, end: str, officers: list[str]) -> Row:
    """A later version of a leave: cancelled with or without times, shorter, moved, a duty, or another officer's."""
    until = moved(row["starts_at"], rng.choice([0, 1, 60 * MINUTE]))
    ways = [
        *[without_times({**row, "status": "cancelled"})] * 4,
        {**row, "status": "cancelled"},
        {**row, "status": "cancelled", "ends_at": until},
        {**row, "ends_at": until},
        {**row, "starts_at": row["ends_at"], "ends_at": moved(end, MINUTE)},
        {**row, "duty_code": "duty"},
        {**row, "duty_code": "duty", "starts_at": moved(row["starts_at"], -60 * MINUTE), "ends_at": until},
    ]
    return {**rng.choice(ways), "officer_id": rng.choice([row["officer_id"]] * 4 + officers)}


def rewritten(rng: Random, row: Row, setting: Setting) -> Row:
    """A further version of a shift under a lookalike of its id, or with the same `recorded_at`."""
    status = rng.choice(["active", "cancelled"])
    other = {"shift_id": lookalike(rng, row["shift_id"])}
    return {**row, "status": status, "recorded_at": recordings(rng, row["starts_at"][:10], setting.as_of), **other}


# Assignments.


def assignment_rows(rng: Random, day: str, devices: list[str], officers: list[str], setting: Setting) -> list[Row]:
    """Devices that are assigned at all times, handed over, given back, or shared; some rows have a `recorded_at`."""
    rows = []
    all_are_hers = rarely(rng, 2)
    for device in devices:
        first, second = officers[0] if all_are_hers else rng.choice(officers), rng.choice(officers)
        start, end = instants(rng, day), f"{day}T{rng.choice(CLOCKS[4:-1])}Z"
        rows += rng.choice(
            [
                *[[assignment(device, first)]] * 5,
                *[[assignment(device, first, end=end)]] * 3,
                [assignment(device, first), assignment(device, other(first, officers))],
                [assignment(device, first), assignment(device, other(first, officers), *sorted([start, end]))],
                [assignment(device, first, end=end), assignment(device, second, end)],
                [assignment(device, first), assignment(device, second, *sorted([start, end]))],
                [assignment(device, first, *sorted([start, end]))],
                [],
            ]
        )
        if rows and rarely(rng, 5):
            rows.append({**assignment(lookalike(rng, device), second, *sorted([start, end]))})
    return [assignment_as_written(rng, row, day, setting) for row in rows]


def assignment_as_written(rng: Random, row: Row, day: str, setting: Setting) -> Row:
    """An assignment, perhaps with a `recorded_at`, and written in one of many ways."""
    if rarely(rng, 3):
        row = {**row, "recorded_at": recordings(rng, day, setting.as_of)}
    row = {**row, "device_id": same_id(rng, row["device_id"])} if rarely(rng, 8) else row
    row = disguised(rng, row, "officer_id", one_in=20)
    row = dated(rng, row, ("valid_from", "valid_to", "recorded_at"), one_in=5)
    row = {**row, "valid_to": rng.choice(NOTHING)} if not row["valid_to"] else row
    row = as_declared(rng, row, ("valid_from", "valid_to", "recorded_at"), setting.declared("assignments"))
    return spoil(rng, row, ("officer_id", "valid_from", "valid_to", "recorded_at"), one_in=60)


def other(officer: str, officers: list[str]) -> str:
    """Another officer."""
    return next((o for o in officers if o != officer), "b")


# Places and sites.


def place_rows(rng: Random, day: str, officers: list[str], setting: Setting) -> list[Row]:
    """Homes, some valid only for a part of the day, some drawn as polygons, and places for everyone."""
    rows = [row for officer in officers if not rarely(rng) for row in homes_of(rng, day, officer, setting)]
    rows += [strange_home(rng, officer, setting) for officer in officers if rarely(rng, 12)]
    rows += [place("other home", 60, officer, place_id="f", kind="family") for officer in officers if rarely(rng, 6)]
    rows = [place_as_written(rng, row, day, setting) if rarely(rng, 2) else row for row in rows]
    if rarely(rng, 2):
        start = rng.choice([None, None, instants(rng, day)])
        everyones = place("clinic", 50, None, place_id="c", kind="clinic", start=start)
        rows.append({**everyones, "officer_id": rng.choice(NOTHING)})
    return rows


def homes_of(rng: Random, day: str, officer: str, setting: Setting) -> list[Row]:
    """The homes of an officer: mostly one, where homes are."""
    if rarely(rng, 4):
        return away_for_a_while(rng, day, officer)
    return [strange_home(rng, officer, setting) if rarely(rng, 6) else home(rng, day, officer)]


def home(rng: Random, day: str, officer: str) -> Row:
    """A home where homes are, valid at all times or only then."""
    limits = sorted([instants(rng, day), instants(rng, day)])
    soon = moved(f"{day}T{rng.choice(CLOCKS[5:8])}Z", rng.choice([5, 10, 40]) * MINUTE)
    spans = [(limits[0], None), (None, limits[1]), (limits[0], limits[1]), (None, soon), (soon, None)]
    spans += [(None, day), (day, None), (None, day_before(day)), (day, day)]
    start, end = rng.choice([(None, None)] * 7 + spans)
    where = rng.choice(["home", "home", "other home"])
    geometry = rng.choice([None, None, square(*WHERE[where], 0.002)])
    row = place(where, rng.choice([100, 100, 100, 37.5, 0.5]), officer, place_id=officer, geometry=geometry)
    return {**beyond_180(rng, row), "valid_from": start, "valid_to": end}


def away_for_a_while(rng: Random, day: str, officer: str) -> list[Row]:
    """A home that is none for some minutes, and a place of the family at which the officer may be seen then."""
    after, until = rng.choice([(8, 18), (15, 35), (35, 65)])  # where the steps of a track last 5, 10 or 20 minutes
    start, end = moved(f"{day}T12:00:00Z", after * MINUTE), moved(f"{day}T12:00:00Z", until * MINUTE)
    home_until, home_from = place(officer=officer, end=start), place(officer=officer, start=end)
    return [home_until, home_from, place("other home", 60, officer, place_id="f", kind="family")]


def strange_home(rng: Random, officer: str, setting: Setting) -> Row:
    """One that lies where no home does: at (0, 0), far away, or with latitude and longitude exchanged."""
    (lon, lat), (west, north) = WHERE["other home"], WHERE["station"]
    far = setting.policy["places"]["max_km"] * 1000
    share = rng.choice([0.996, 1.004])
    null_island = near_edge({"lon": 0.0, "lat": 0.0}, 1100, 60, rng.choice([0.0, 0.5, share, share]))
    at_the_limit = near_edge({"lon": west, "lat": north}, far + 250, 0, share) if far <= 500_000 else (-5.0, 36.5)
    spot = rng.choice([null_island] * 3 + [at_the_limit] * 4 + [(-5.0, 36.5), (lat, lon), (lat, lon)])
    return place(spot, 100, officer, place_id=f"{officer}2")


def beyond_180(rng: Random, row: Row) -> Row:
    """The place, seldom with longitudes a turn further: the same place, or beyond what can be read."""
    if not rarely(rng, 8):
        return row
    turn = rng.choice([360, 360, 360, 720])
    if row["geometry"] is None:
        return {**row, "lon": row["lon"] + turn}
    ring = [[x + turn, y] for x, y in row["geometry"]["coordinates"][0]]
    return {**row, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def place_as_written(rng: Random, row: Row, day: str, setting: Setting) -> Row:
    """A personal place, perhaps with a `recorded_at`, and written in one of many ways."""
    if rarely(rng, 3):
        row = {**row, "recorded_at": recordings(rng, day, setting.as_of)}
    row = disguised(rng, row, "officer_id", one_in=6, may_be_missing=False)
    row = dated(rng, row, ("valid_from", "valid_to", "recorded_at"), one_in=4)
    row = {**row, "valid_to": rng.choice(NOTHING)} if not row["valid_to"] else row
    row = as_declared(rng, row, ("valid_from", "valid_to", "recorded_at"), setting.declared("places"))
    return spoil(rng, row, ("valid_from", "valid_to", "geometry", "radius_m", "recorded_at"), one_in=30)


def site_rows(rng: Random, places: list[Row], setting: Setting) -> list[Row]:
    """The station, perhaps others: drawn as a square, beside a home at the rim of the buffer, or as large as allowed."""
    station = rng.choice([site()] * 5 + [{"site_id": "s1", "geometry": square(-0.152, 51.519, 0.003)}])
    rows = rng.choice([[station], [station], [station, site("corner", 80, "s2")], []])
    largest = math.sqrt(setting.policy["legs"]["max_site_km2"] * 1e6 / math.pi)
    if rarely(rng, 3):
        rows = [*rows, site("court", largest + rng.choice([-0.01, 0.01]), "s4")]
    homes = [row for row in places if isinstance(row.get("radius_m"), (int, float)) and row["place_id"] != "c"]
    if homes and rarely(rng, 3):
        rows = [*rows, site_beside(rng, rng.choice(homes), setting)]
    return rows


def site_beside(rng: Random, row: Row, setting: Setting) -> Row:
    """A site as far from a home as the buffer is wide, a little more or less."""
    radius = min(150, math.sqrt(setting.policy["legs"]["max_site_km2"] * 1e6 / math.pi) / 2)
    buffer_m = setting.policy["places"]["buffer_m"] + rng.choice([-1.0, 1.0])
    reach = row["radius_m"] + buffer_m + radius
    lon, lat, _ = GEOD.fwd(row["lon"], row["lat"], rng.choice([0, 90, 137, 251]), reach)
    return site((lon, lat), radius, "s3")


def near_edge(row: Row, reach_m: float, azimuth: float, share: float) -> tuple[float, float]:
    """A point just inside or outside the reach of a circle."""
    if reach_m == 0 and share < 1:
        return row["lon"], row["lat"]
    lon, lat, _ = GEOD.fwd(row["lon"], row["lat"], azimuth, reach_m * share + (0.5 if share > 1 else 0.0))
    return lon, lat


# Pings.


def accuracies(policy: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    """Accuracies at and near the policy's limit, and values that are not accuracies."""
    limit = policy["accuracy"]["max_m"]
    return (10, 10, 10, 10, 10, 10, 5.5, limit, limit + 0.001, 0, 0, -1, None, float("nan"), float("inf"), 4000)


def spots(rng: Random, given_world: World, accuracy: Any) -> tuple[float, float]:
    """A position: a named one, one in a site, or one near the edge of a geofence or a site."""
    named = ["station"] * 6 + ["street"] * 4 + ["corner", "home", "clinic", "court", "other home"]
    sites = [r for r in given_world["tables"]["sites"] if r.get("radius_m")]
    if sites and rarely(rng, 3):
        chosen = rng.choice(sites)
        return chosen["lon"], chosen["lat"]
    policy = given_world["policy"]
    usable = accuracy if isinstance(accuracy, (int, float)) and 0 < accuracy <= policy["accuracy"]["max_m"] else None
    reach = policy["places"]["buffer_m"] + policy["accuracy"]["factor"] * (usable or policy["accuracy"]["max_m"])
    drawn = [r for r in given_world["tables"]["places"] if isinstance(r.get("radius_m"), (int, float))]
    circles = [(r, 0.0) for r in sites] + [(r, reach) for r in drawn if abs(r["lon"]) <= 180 and abs(r["lat"]) <= 90]
    if not circles or rng.randint(0, 3):
        return WHERE[rng.choice(named)]
    row, extra = rng.choice(circles)
    return near_edge(row, row["radius_m"] + extra, rng.choice([0, 90, 137, 251]), rng.choice([0.996, 1.004]))


def edges(given_world: World, day: str) -> list[int]:
    """Every instant of the day at which something changes in these tables."""
    points = {instant(f"{day}T{clock}Z") for clock in CLOCKS[4:-1]} | {instant(given_world["as_of"])}
    try:
        tables = read_tables(given_world)
    except Stop:
        return sorted(points)
    for each in tables.places:
        points |= {*each.times.narrow, *each.times.wide} - set(ALWAYS)
    points |= tables.turning_points()
    first, last = instant(f"{day_before(day)}T20:00:00Z"), instant(f"{day}T23:59:59Z")
    return sorted(at for at in points if first <= at <= last) or sorted(points)


def readable(value: Any) -> int | None:
    """The instant, or None."""
    try:
        return instant(value)
    except Unreadable:
        return None


def ping_rows(rng: Random, given_world: World, day: str, devices: list[str], setting: Setting) -> list[Row]:
    """Pings at the edges, a microsecond beside them, between them and as far from them as ends are held; some twice."""
    points, hold = edges(given_world, day), setting.seconds("hold_s")
    beside = [0, 0, 0, -1, 1, 30 * MINUTE, -17 * MINUTE, hold, hold - 1, -hold, -hold - 1]
    rows: list[Row] = []
    for _ in range(rng.randint(1, 9)):
        accuracy = rng.choice(accuracies(given_world["policy"]))
        where = WHERE["station"] if rarely(rng, 3) else spots(rng, given_world, accuracy)
        when = rng.choice(points) + rng.choice(beside)
        rows.append(a_ping(rng.choice([*devices * 6, "nobody's"]), when, where, accuracy))
        if rarely(rng, 8):
            rows.append({**rows[-1], "accuracy_m": rng.choice([10, 20, None])})
    return [ping_as_written(rng, row, setting) for row in rows]


def track_rows(rng: Random, day: str, devices: list[str], places: list[Row], setting: Setting) -> list[Row]:
    """A way from work and back for each device, often at the same time; where there is family, at noon and to them."""
    family = any(row["kind"] == "family" for row in places)
    start = instant(f"{day}T{'12:00:00' if family else rng.choice(CLOCKS[5:8])}Z")
    starts = {device: start + rng.choice([0, 0, 0, 5, 240]) * MINUTE * (not family) for device in devices}
    rows = []
    for device in devices:
        there = "other home" if family else rng.choice(["clinic"] * 3 + ["home", "street", "other home"])
        rows += track(rng, starts[device], device, there, setting)
    return [ping_as_written(rng, row, setting) if rarely(rng, 10) else row for row in rows]


def a_ping(device: str, when: int, where: tuple[float, float], accuracy: Any) -> Row:
    """One ping."""
    return {"device_id": device, "observed_at": stamp(when), "lon": where[0], "lat": where[1], "accuracy_m": accuracy}


def track(rng: Random, start: int, device: str, there: str, setting: Setting) -> list[Row]:
    """A way from work and back: silences that last as long as they may, and places that are passed as fast as allowed.

    It leads past a clinic, a home or a street, perhaps with a poor fix there. Each step is as long as a silence may be,
    or the way past the place takes as long as it may, but for a microsecond.
    """
    stops = ["station", "street", *[there] * rng.randint(1, 2), "street", "station"]
    steps = [step_of(rng, setting)] * (len(stops) - 1)
    passing = setting.seconds("pass_by_s")
    if passing and there != "other home" and rng.randint(0, 2):
        inner = len(stops) - 3
        steps[1 : 1 + inner] = [passing // inner] * inner
    steps[rng.choice([1, 1, rng.randrange(len(steps))])] += rng.choice([0, 1, 1, -1])
    times = [start + sum(steps[:number]) for number in range(len(stops))]
    poor = rng.choice([10, 10, 10, 4000, None])
    pairs = zip(times, stops, strict=True)
    return [a_ping(device, at, WHERE[where], poor if where == there else 10) for at, where in pairs]


def step_of(rng: Random, setting: Setting) -> int:
    """How long the steps of a track are: as long as a silence may be, half of it, or five minutes."""
    longest = setting.seconds("max_gap_s")
    return rng.choice([longest, longest, longest // 2]) if longest < 60 * MINUTE else 5 * MINUTE


def ping_as_written(rng: Random, row: Row, setting: Setting) -> Row:
    """A ping, perhaps with when it was received and whether it is valid, and written in one of many ways."""
    if rarely(rng, 10):
        row = {**row, "received_at": received(rng, row["observed_at"])}
    if rarely(rng, 10):
        row = {**row, "valid": rng.choice(VALID if rng.randint(0, 2) else NOT_VALID)}
    row = disguised(rng, row, "device_id", one_in=14)
    row = as_declared(rng, row, ("observed_at", "received_at"), setting.declared("pings"))
    row = dated(rng, row, ("observed_at",), one_in=60)
    return spoil(rng, row, ("device_id", "observed_at", "lon"), value="", one_in=50)


def received(rng: Random, observed: str) -> Any:
    """When a ping was received: as late before it was observed as may be, a microsecond more, or what says nothing."""
    sent = [
        moved(observed, late) for late in (0, 30 * MINUTE, -MINUTE, -MINUTE, -MINUTE - 1, -MINUTE - 1, -90 * MINUTE)
    ]
    return rng.choice([*sent, observed[:10], "soon", *NOTHING[:6]])


# Worlds.


def asked(rng: Random, day: str) -> str:
    """The `as_of`: mostly long afterwards, sometimes at the end of a shift or during it."""
    choice = rng.randint(0, 9)
    if choice < 7:
        return AFTERWARDS
    return moved(f"{day}T{rng.choice([*CLOCKS[6:], CLOCKS[-1]])}Z", rng.choice([-1, 0, 0, 1]))


def settings(rng: Random, day: str) -> Setting:
    """A policy, declarations and an `as_of`."""
    return Setting(policies(rng), declarations(rng), asked(rng, day))


def people(rng: Random) -> list[str]:
    """One or two officers, who may be lookalikes of each other."""
    return rng.choice([["a"], ["a"], ["a", "b"], ["a", "b"], ["a", "b"], ["a", "A"], ["7", "07"]])


def hardware(rng: Random) -> list[str]:
    """Up to three devices, which may be lookalikes of each other."""
    return rng.choice(
        [["x"], ["x", "y"], ["x", "y"], ["x", "y", "z"], ["x", "y", "z"], ["R7", "r7"], ["7", "7.0", "y"]]
    )


def small_world(rng: Random, setting: Setting, day: str) -> World:
    """A day with up to two officers and up to three devices; mostly only some of its tables are awkward."""
    officers, devices = people(rng), hardware(rng)
    awkward = rng.choice(["legs", "legs", "roster", "roster", "assignments", "places", "all"])
    plain = [assignment(device, rng.choice(officers)) for device in devices]
    homes = [place(officer=officer, place_id=officer) for officer in officers]
    everyones = place("clinic", 50, None, place_id="c", kind="clinic")
    places = [*homes, everyones] if awkward == "legs" else place_rows(rng, day, officers, setting)
    made = world(
        [],
        assignments=assignment_rows(rng, day, devices, officers, setting)
        if awkward in ("assignments", "all")
        else plain,
        roster=roster_rows(rng, day, officers, setting)
        if awkward in ("roster", "all")
        else long_shifts(rng, day, officers),
        places=places,
        sites=site_rows(rng, places, setting),
        as_of=setting.as_of,
        inputs=setting.inputs,
    )
    made["policy"] = setting.policy
    if rarely(rng, 150):
        made = rng.choice(STOPPERS)(made)
    made["tables"]["pings"] = ping_rows(rng, made, day, devices, setting)
    if awkward in ("legs", "places") or rarely(rng, 4):
        made["tables"]["pings"] += track_rows(rng, day, devices, places, setting)
    return made


def stopper(table: str, row: Row) -> Any:
    """A function that adds a row which stops the run, unless it was recorded after `as_of`."""
    return lambda made: {**made, "tables": {**made["tables"], table: [*made["tables"][table], row]}}


WITHOUT_OFFSET = "2026-03-02T09:00:00"
STOPPERS = (
    stopper("assignments", {**assignment(officer="a"), "device_id": None}),
    stopper("assignments", {**assignment(officer="a"), "device_id": "NULL"}),
    stopper("assignments", {**assignment(officer="a"), "device_id": None, "recorded_at": RECORDED_AFTER_ALL}),
    stopper("roster", shift(shift_id=None, officer=None, code="leave", recorded=RECORDED_AFTER_ALL)),
    stopper("places", {**place(radius_m=None, officer=None), "recorded_at": RECORDED_AFTER_ALL}),
    stopper("assignments", assignment("x", "a", WITHOUT_OFFSET)),
    stopper("roster", shift(code="leave", shift_id=None, officer=None)),
    stopper("roster", shift(shift_id=None, officer=None, status="cancelled")),
    stopper("roster", shift(code="leave", shift_id="alone", officer=None)),
    stopper("roster", {**shift(officer="a"), "recorded_at": WITHOUT_OFFSET}),
    stopper("places", place(radius_m=None, officer=None)),
    stopper("places", place((0.0, 0.001), officer="nan")),
    stopper("places", {**place(officer="a"), "valid_to": WITHOUT_OFFSET}),
)


def spoiled(table: str, **values: Any) -> Any:
    """A function that spoils every row of a table: none can be read then, or none meets another table."""
    return lambda made: changed(made, **{table: [{**row, **values} for row in made["tables"][table]]})


WHOLE = (
    spoiled("assignments", officer_id=None),
    spoiled("assignments", valid_from="soon"),
    spoiled("assignments", device_id="elsewhere"),
    spoiled("roster", status="yes"),
    spoiled("roster", recorded_at="??"),
    spoiled("pings", lat=None),
    spoiled("pings", observed_at="1772442930"),
    spoiled("pings", device_id="nobody's"),
)


def a_world(rng: Random, small: int = 10) -> World:
    """Several small worlds with officers of their own in one world: more edges for one run of the filter."""
    day = rng.choice(DAYS)
    setting = settings(rng, day)
    days = [day if setting.as_of != AFTERWARDS else rng.choice(DAYS) for _ in range(small)]
    made = side_by_side([small_world(rng, setting, each) for each in days])
    return rng.choice(WHOLE)(made) if rarely(rng, 40) else made


class Numbered(dict[str, Any]):
    """The world of a number, which is all that is shown of it: written out it has some thousand words."""

    def __init__(self, number: int) -> None:
        super().__init__(a_world(Random(number)))
        self.number = number

    def __repr__(self) -> str:
        """How to make it again."""
        return f"a_world(Random({self.number}))"

    def __deepcopy__(self, memo: dict[int, Any]) -> World:
        """A copy is shown in full, because it may have been changed."""
        return deepcopy(dict(self), memo)


def worlds() -> st.SearchStrategy[World]:
    """Worlds by number, which are more varied than worlds of shrinkable choices; `smallest` shrinks them."""
    return st.integers(0, 2**32 - 1).map(Numbered)


def smallest(given_world: World, fails: Callable[[World], bool], runs: int = 150) -> World:
    """The world without the rows that it does not need to fail, after at most `runs` attempts."""
    size = max(len(rows) for rows in given_world["tables"].values())
    while size and runs > 0:
        for table in given_world["tables"]:
            at = 0
            while at < len(given_world["tables"][table]) and runs > 0:
                rows = given_world["tables"][table]
                without = {**given_world, "tables": {**given_world["tables"], table: rows[:at] + rows[at + size :]}}
                runs -= 1
                given_world, at = (without, at) if fails(without) else (given_world, at + size)
        size //= 2
    return given_world


@st.composite
def good_days(draw: st.DrawFn) -> World:
    """A world in which much is released: a complete roster, good fixes, one officer with one or two devices."""
    day = draw(st.sampled_from(DAYS))
    devices = ["x", "y"][: draw(st.integers(1, 2))]
    clocks = draw(st.lists(st.integers(9 * 60, 15 * 60), min_size=2, max_size=8, unique=True))
    spots_ = st.sampled_from(["station", "station", "street", "court"])
    pings = [
        {
            "device_id": draw(st.sampled_from(devices)),
            "observed_at": f"{day}T{clock // 60:02d}:{clock % 60:02d}:00Z",
            **dict(zip(("lon", "lat"), WHERE["station" if clock == clocks[0] else draw(spots_)], strict=True)),
            "accuracy_m": draw(st.sampled_from([5, 10, 60])),
        }
        for clock in clocks
    ]
    made = world(
        pings,
        assignments=[assignment(device, "a") for device in devices],
        roster=[shift(f"{day}T08:00:00Z", f"{day}T16:00:00Z", officer="a", recorded=LONG_BEFORE)],
        places=[place(officer="a")],
        sites=[site(), site("court", 100, "s2")],
    )
    made["policy"] = policy_of({"release": {"time_step_s": draw(st.sampled_from([1, 60]))}})
    return made


def side_by_side(many: list[World]) -> World:
    """One world of many, with the policy, declarations and `as_of` of the first; each id holds the number of its world."""
    tables: dict[str, list[Row]] = {name: [] for name in many[0]["tables"]}
    for number, each in enumerate(many):
        for name, rows in each["tables"].items():
            tables[name] += [renamed(row, str(number)) for row in rows]
    return {**many[0], "tables": tables}


def renamed(row: Row, number: str) -> Row:
    """The row with the number of its world in each of its ids."""
    return {column: numbered(value, number) if column in IDS else value for column, value in row.items()}


def numbered(ident: Any, number: str) -> Any:
    """An id with a number behind its zeros in front, so that lookalikes stay lookalikes; what is none stays so."""
    if ident in NOTHING or str(ident).startswith(("[", "{")):
        return ident
    start = re.match(r"[\s\u200b\ufeff]*[0\uff10]*", str(ident))
    return f"{ident[: start.end()]}w{number}.{ident[start.end() :]}" if start else ident
