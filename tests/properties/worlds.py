"""Makes worlds for Hypothesis: a few officers on an awkward day, with pings at every edge of the tables."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.oracle.decide import read_tables
from tests.oracle.earth import GEOD
from tests.oracle.reading import Stop, Unreadable, instant
from tests.world import (
    AFTERWARDS,
    WHERE,
    Row,
    World,
    assignment,
    moved,
    place,
    policy_of,
    shift,
    site,
    square,
    stamp,
    world,
)

DAYS = ("2026-03-02", "2026-03-02", "2026-03-29", "2026-10-25")
CLOCKS = ("00:30:00", "01:00:00", "01:30:00", "02:00:00", "02:30:00", "08:00:00", "12:00:00", "16:00:00", "20:00:00")
CODES = ("duty",) * 6 + ("overtime", "court", "leave", "break", "sick", None)
ZONES = (None,) * 8 + ("America/New_York", "Australia/Lord_Howe", "UTC")
LONG_BEFORE = "2026-01-01T00:00:00Z"
MINUTE = 60_000_000
IDS = ("device_id", "officer_id", "shift_id", "place_id")


def rarely(rng: Random, one_in: int = 12) -> bool:
    """True in one of so many cases."""
    return rng.randint(0, one_in - 1) == one_in - 1


def spoil(rng: Random, row: Row, columns: tuple[str, ...], value: str = "??", one_in: int = 25) -> Row:
    """The row, in one of so many cases with one value that cannot be read or is missing."""
    if not rarely(rng, one_in):
        return row
    return {**row, rng.choice(columns): rng.choice([value, None])}


def second_generator(rng: Random) -> Random:
    """A second generator, for choices that were added later: without it the numbered worlds would all change."""
    return Random(str(rng.getstate()))


def policies(rng: Random) -> dict[str, dict[str, Any]]:
    """A policy with values that matter."""
    return policy_of(
        {
            "duty": {"late_edit_tolerance_s": rng.choice([0, 0, 600])},
            "accuracy": {
                "max_m": rng.choice([100.0, 100.0, 40.0]),
                "factor": rng.choice([2.0, 2.0, 0.0, 1.0]),
                "when_missing": rng.choice(["mask", "mask", 30.0, 150.0]),
            },
            "places": {"buffer_m": rng.choice([200.0, 200.0, 0.0]), "require_home": rng.choice([True, False])},
            "legs": {
                "rule": rng.choice(["anchored", "anchored", "anchored", "off"]),
                "hold_s": second_generator(rng).choice([0, 0, 0, 0, 0, 1800, 3600]),
            },
            "release": {
                "time_step_s": rng.choice([60, 1, 7, 3600]),
                "decimals": rng.choice([4, 3, 6]),
            },
            "pseudonym": {"rotate": rng.choice(["week", "day", "month", "never"])},
        }
    )


def instants(rng: Random, day: str) -> str:
    """An instant of the day or the day before, at one of `CLOCKS`, or a microsecond beside it."""
    when = f"{rng.choice([day, day, day, day_before(day)])}T{rng.choice(CLOCKS)}Z"
    return moved(when, rng.choice([0, 0, 0, -1, 1]))


def day_before(day: str) -> str:
    """The date before."""
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def roster_rows(rng: Random, day: str, officers: list[str]) -> list[Row]:
    """A long shift for nearly every officer, and further versions and entries."""
    rows = [
        shift(f"{day}T01:00:00", f"{day}T20:00:00", shift_id=f"s{o}", officer=o, recorded=LONG_BEFORE)
        for o in officers
        if not rarely(rng)
    ]
    for _ in range(rng.randint(0, 4)):
        rows.append(roster_row(rng, day, officers))
    if rows and rarely(rng):
        rows.append(deepcopy(rng.choice(rows)))
    return rows


def recordings(rng: Random, day: str) -> str:
    """When an entry was recorded: before, on the day, or long after."""
    choice = rng.randint(0, 3)
    return LONG_BEFORE if choice == 0 else "2026-12-01T00:00:00Z" if choice == 3 else instants(rng, day)


def roster_row(rng: Random, day: str, officers: list[str]) -> Row:
    """One version of one shift; the end may be before the start, and values may be unreadable."""
    officer = rng.choice(officers)
    clocks = rng.choices(CLOCKS, k=2)
    clocks = clocks if rarely(rng) else sorted(clocks)
    offset = rng.choice(["", "", "", "Z", "+01:00"])
    row = shift(
        f"{day}T{clocks[0]}{offset}",
        f"{day}T{clocks[1]}{offset}",
        rng.choice(CODES),
        shift_id=rng.choice([f"t{officer}", f"u{officer}", f"s{officer}"]),
        officer=officer,
        status=rng.choice(["active"] * 5 + ["cancelled"]),
        recorded=recordings(rng, day),
        zone=rng.choice(ZONES),
    )
    if row["status"] == "cancelled" and rng.choice([True, False]):
        row = {**row, "starts_at": None, "ends_at": None, "duty_code": None}
    row = spoil(rng, row, ("starts_at", "ends_at", "recorded_at", "status", "timezone"))
    return spoil(rng, row, ("shift_id", "officer_id"), value="", one_in=60)


def assignment_rows(rng: Random, day: str, devices: list[str], officers: list[str]) -> list[Row]:
    """Devices that are assigned at all times, handed over, given back, or shared."""
    rows = []
    for device in devices:
        first, second = rng.choice(officers), rng.choice(officers)
        start, end = instants(rng, day), instants(rng, day)
        rows += rng.choice(
            [
                *[[assignment(device, first)]] * 5,
                [assignment(device, first), assignment(device, other(first))],
                [assignment(device, first), assignment(device, other(first), *sorted([start, end]))],
                [assignment(device, first, end=end), assignment(device, second, end)],
                [assignment(device, first), assignment(device, second, *sorted([start, end]))],
                [assignment(device, first, *sorted([start, end]))],
                [],
            ]
        )
    return [spoil(rng, row, ("officer_id", "valid_from", "valid_to"), one_in=40) for row in rows]


def other(officer: str) -> str:
    """The other officer."""
    return "b" if officer == "a" else "a"


def place_rows(rng: Random, day: str, officers: list[str]) -> list[Row]:
    """Homes, some valid only for a part of the day, some drawn as polygons, and places for everyone."""
    rows = []
    for officer in officers:
        limits = sorted([instants(rng, day), instants(rng, day)])
        always, then, until = (None, None), (limits[0], None), (None, limits[1])
        start, end = rng.choice([always, always, always, always, then, until, tuple(limits)])
        where = rng.choice(["home", "home", "other home"])
        geometry = rng.choice([None, None, square(*WHERE[where], 0.002)])
        row = place(where, rng.choice([100, 0, 37.5]), officer, place_id=officer, geometry=geometry)
        rows += [] if rarely(rng) else [{**row, "valid_from": start, "valid_to": end}]
    if rng.randint(0, 3) == 3:
        rows.append(place("clinic", 50, None, place_id="c", kind="clinic", start=instants(rng, day)))
    owned = [
        spoil(rng, r, ("valid_from", "valid_to", "geometry", "radius_m"), one_in=40) for r in rows if r["officer_id"]
    ]
    return owned + [row for row in rows if not row["officer_id"]]


def near_edge(row: Row, reach_m: float, azimuth: float, share: float) -> tuple[float, float]:
    """A point just inside or outside the reach of a circle."""
    if reach_m == 0 and share < 1:
        return row["lon"], row["lat"]
    lon, lat, _ = GEOD.fwd(row["lon"], row["lat"], azimuth, reach_m * share + (0.5 if share > 1 else 0.0))
    return lon, lat


def accuracies(policy: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    """Accuracies at and near the policy's limit, and values that are not accuracies."""
    limit = policy["accuracy"]["max_m"]
    return (10, 10, 10, 10, 10, 10, 5.5, limit, limit + 0.001, 0, -1, None, float("nan"), float("inf"), 4000)


def spots(rng: Random, given_world: World, accuracy: Any) -> tuple[float, float]:
    """A position: a named one, or one near the edge of a geofence or a site."""
    named = ["station"] * 6 + ["street"] * 4 + ["corner", "home", "clinic", "court", "other home"]
    circles = [(r, 0.0) for r in given_world["tables"]["sites"] if r.get("radius_m")]
    policy = given_world["policy"]
    usable = accuracy if isinstance(accuracy, (int, float)) and 0 < accuracy <= policy["accuracy"]["max_m"] else None
    reach = policy["places"]["buffer_m"] + policy["accuracy"]["factor"] * (usable or policy["accuracy"]["max_m"])
    circles += [(r, reach) for r in given_world["tables"]["places"] if isinstance(r.get("radius_m"), (int, float))]
    if not circles or rng.randint(0, 3):
        return WHERE[rng.choice(named)]
    row, extra = rng.choice(circles)
    share = rng.choice([0.996, 1.004])
    return near_edge(row, row["radius_m"] + extra, rng.choice([0, 90, 137, 251]), share)


def edges(given_world: World, day: str) -> list[int]:
    """Every instant at which something changes in these tables."""
    points = {instant(f"{day}T{clock}Z") for clock in CLOCKS[4:-1]} | {instant(given_world["as_of"])}
    for row in given_world["tables"]["places"]:
        points |= {at for at in (readable(row["valid_from"]), readable(row["valid_to"])) if at is not None}
    try:
        tables = read_tables(given_world)
    except Stop:
        return sorted(points)
    points |= tables.roster.turning_points(0) | tables.roster.turning_points(tables.tolerance)
    for device in tables.custody.assignments:
        points |= tables.custody.turning_points(device)
    first, last = instant(f"{day_before(day)}T20:00:00Z"), instant(f"{day}T23:59:59Z")
    return sorted(at for at in points if first <= at <= last)


def readable(value: Any) -> int | None:
    """The instant, or None."""
    try:
        return instant(value)
    except Unreadable:
        return None


def ping_rows(rng: Random, given_world: World, day: str, devices: list[str]) -> list[Row]:
    """Pings at the edges, a microsecond beside them, and between them; some twice."""
    points = edges(given_world, day)
    rows: list[Row] = []
    for _ in range(rng.randint(2, 14)):
        when = rng.choice(points) + rng.choice([0, 0, -1, 1, 30 * MINUTE, -17 * MINUTE])
        accuracy = rng.choice(accuracies(given_world["policy"]))
        lon, lat = spots(rng, given_world, accuracy)
        device = rng.choice([*devices * 6, "nobody's"])
        row = {"device_id": device, "observed_at": stamp(when), "lon": lon, "lat": lat, "accuracy_m": accuracy}
        rows.append(spoil(rng, row, ("device_id", "observed_at", "lon"), value="", one_in=40))
        if rarely(rng, 8):
            rows.append({**rows[-1], "accuracy_m": rng.choice([10, 20, None])})
    return rows


def asked(rng: Random, day: str) -> str:
    """The `as_of`: mostly long afterwards, sometimes at the end of a shift or during it."""
    choice = rng.randint(0, 9)
    return AFTERWARDS if choice < 7 else instants(rng, day) if choice == 7 else moved(f"{day}T20:00:00Z", choice - 9)


def small_world(rng: Random, policy: dict[str, dict[str, Any]], as_of: str | None = None) -> World:
    """A day with up to two officers and up to three devices."""
    day = rng.choice(DAYS)
    officers, devices = ["a", "b"][: rng.randint(1, 2)], ["x", "y", "z"][: rng.randint(1, 3)]
    made = world(
        [],
        assignments=assignment_rows(rng, day, devices, officers),
        roster=roster_rows(rng, day, officers),
        places=place_rows(rng, day, officers),
        sites=rng.choice([[site()], [site()], [site(), site("corner", 80, "s2")], []]),
        as_of=as_of or asked(rng, day),
    )
    made["policy"] = policy
    if rarely(rng, 100):
        made = rng.choice(STOPPERS)(made)
    made["tables"]["pings"] = ping_rows(rng, made, day, devices)
    return made


def stopper(table: str, row: Row) -> Any:
    """A function that adds a row which would hide something and does not name whose."""
    return lambda made: {**made, "tables": {**made["tables"], table: [*made["tables"][table], row]}}


STOPPERS = (
    stopper("assignments", {**assignment(officer="a"), "device_id": None}),
    stopper("roster", shift(code="leave", shift_id=None, officer=None)),
    stopper("roster", shift(shift_id=None, officer=None, status="cancelled")),
    stopper("roster", shift(code="leave", shift_id="alone", officer=None)),
    stopper("places", place(radius_m=None, officer=None)),
)


def a_world(rng: Random, small: int = 10) -> World:
    """Several small worlds with officers of their own in one world: more edges for one run of the filter."""
    policy = policies(rng)
    first = small_world(rng, policy)
    more = [small_world(rng, policy, first["as_of"]) for _ in range(small - 1)]
    return side_by_side([first, *more])


def worlds() -> st.SearchStrategy[World]:
    """Worlds by number, which are more varied than worlds of shrinkable choices; `smallest` shrinks them."""
    return st.integers(0, 2**32 - 1).map(lambda number: a_world(Random(number)))


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
    """One world of many, with the policy and `as_of` of the first; each id is prefixed with the number of its world."""
    tables: dict[str, list[Row]] = {name: [] for name in many[0]["tables"]}
    for number, each in enumerate(many):
        for name, rows in each["tables"].items():
            tables[name] += [renamed(row, str(number)) for row in rows]
    return {**many[0], "tables": tables}


def renamed(row: Row, prefix: str) -> Row:
    """The row with a prefix before each of its ids."""
    return {column: prefix + value if column in IDS and value else value for column, value in row.items()}
