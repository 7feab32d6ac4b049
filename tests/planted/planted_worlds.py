"""The worlds on which planted bugs are looked for: small, full of edges, the same every time, and written out as jobs.

The first are the examples of `tests/spec/test_version_2.py`, side by side where they are asked in the same way. Some
were made by hand for an edge that chance seldom meets; the others are numbered worlds of `tests/properties/worlds.py`,
in turn as one CSV file, as two Parquet files read one row group after the other, and cut by an interval.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq

from tests import oracle
from tests.oracle.earth import GEOD
from tests.oracle.reading import Unreadable, instant
from tests.planted.written_otherwise import lay_out_otherwise
from tests.properties.worlds import a_world, side_by_side
from tests.spec.test_version_2 import EXAMPLES, STOPS
from tests.world import WHERE, Row, World, assignment, lay_out, ping, place, shift, site, stamp, world

SEEDED = 16
NIGHT = "2026-03-03T"


@dataclass(frozen=True)
class Setting:
    """A world, and how it is laid out and read: in how many files of which form, and by how many rows at a time.

    ``rows_at_once`` is None where all is read and held at once; else so many rows make a row group, each is read by
    itself, and windows are settled as soon as they are whole and ``held`` pings wait. ``stops`` says that nothing may
    be published about it.
    """

    name: str
    world: World
    form: str = "csv"
    files: int = 1
    rows_at_once: int | None = None
    held: int = 8
    stops: bool = False


def all_settings() -> list[Setting]:
    """All of them: the examples of version 2, those made by hand, and those by number."""
    by_hand = [Setting(make.__name__, **_options(make())) for make in BY_HAND]
    stops = [Setting(f"stops: {example.title}", example.world, stops=True) for example in STOPS]
    return [*_version_2(), *stops, *by_hand, *_seeded()]


def _version_2() -> list[Setting]:
    """The examples that have policy, `as_of` and declarations in common, side by side in one world."""
    alike: dict[str, list[World]] = {}
    for example in EXAMPLES:
        asked = {key: value for key, value in example.world.items() if key != "tables"}
        alike.setdefault(json.dumps(asked, sort_keys=True), []).append(example.world)
    return [Setting(f"version 2, part {part}", side_by_side(some)) for part, some in enumerate(alike.values(), 1)]


def _options(made: World | tuple[World, dict[str, Any]]) -> dict[str, Any]:
    given, how = made if isinstance(made, tuple) else (made, {})
    return {"world": given, **how}


# By hand.


def at_the_turn_of_the_year() -> World:
    """Monday 30 December 2024 is of the first week of 2025."""
    day = "2024-12-30T"
    return world(
        [ping(f"{day}09:00:00Z"), ping(f"{day}12:00:00Z", "street"), ping(f"{day}15:00:00Z")],
        assignments=[assignment(start="2024-01-01")],
        roster=[shift(f"{day}08:00:00", f"{day}16:00:00", recorded="2024-12-01T00:00:00Z")],
    )


def a_night_shift() -> World:
    """From one local day into the next, under pseudonyms that change with the day."""
    clocks = ["22:30", "23:30", f"{NIGHT}01:00:00Z", f"{NIGHT}05:30:00Z"]
    return world(
        [ping(clock) for clock in clocks],
        roster=[shift("22:00", f"{NIGHT}06:00:00")],
        policy={"pseudonym": {"rotate": "day"}},
    )


def a_night_in_files_of_days() -> tuple[World, dict[str, Any]]:
    """The second day alone is asked about, and its duty began on the first; a third file is of another week."""
    evening, night, far = ["22:30", "23:30"], [f"{NIGHT}01:00:00Z", f"{NIGHT}05:30:00Z"], ["09:00", "10:00"]
    clocks = [clock for hour in range(2) for clock in (evening[hour], night[hour], f"2026-03-10T{far[hour]}:00Z")]
    given = world(
        [ping(clock) for clock in clocks],
        roster=[shift("22:00", f"{NIGHT}06:00:00")],
        interval=["2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"],
    )
    return given, {"form": "parquet", "files": 3}


def a_night_that_was_cut_short() -> World:
    """The day alone is asked about; leave ends the night after it, and so the time that the day's run has to know."""
    clocks = ["20:30", "22:30", f"{NIGHT}01:00:00Z"]
    return world(
        [ping(clock) for clock in clocks],
        roster=[
            shift("20:00", f"{NIGHT}06:00:00"),
            shift(f"{NIGHT}03:00:00", f"{NIGHT}04:00:00", "leave", shift_id="leave"),
        ],
        interval=["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"],
    )


def across_the_antimeridian() -> World:
    """A home of some kilometres on either side of 180 degrees, drawn as one ring that begins in the east."""
    west, east = 179.98, -179.98
    ring = [[east, -17.02], [east, -16.98], [west, -16.98], [west, -17.02], [east, -17.02]]
    work = (179.5, -17.0)
    return world(
        [
            ping("09:00", work),
            ping("10:00", (-179.99, -17.0)),
            ping("11:00", (179.99, -17.0)),
            ping("12:00", work),
            ping("13:00", (0.0, -17.0)),
            ping("14:00", work),
        ],
        places=[place(geometry={"type": "Polygon", "coordinates": [ring]})],
        sites=[site(work)],
    )


def in_the_hole_of_a_place() -> World:
    """A ring of fields about a house, with the house left out by whoever drew it."""
    lon, lat = WHERE["home"]
    outer, hole = (_box(lon, lat, size) for size in (0.03, 0.02))
    return world(
        [ping("09:00"), ping("12:00", "home"), ping("15:00")],
        places=[place(geometry={"type": "Polygon", "coordinates": [outer, hole]})],
    )


def a_ring_that_crosses_itself() -> World:
    """The home is in a face between two loops that wind against each other: a repair by structure leaves it out."""
    lon, lat = WHERE["home"]
    corners = [(6, 6), (1, 3), (2, 3), (4, 6), (6, 0), (1, 4), (1, 2), (4, 1), (6, 6)]
    ring = [[lon + 0.03 * (x - 3.5), lat + 0.03 * (y - 3.2)] for x, y in corners]
    work = (lon - 0.2, lat)
    return world(
        [ping("09:00", work), ping("12:00", "home"), ping("15:00", work)],
        places=[place(geometry={"type": "Polygon", "coordinates": [ring]})],
        sites=[site(work)],
    )


def on_the_edge_of_a_site() -> World:
    """The first fix at work is exactly on the edge: that is not inside."""
    lon, lat = -0.15, 51.5
    edge = {"type": "Polygon", "coordinates": [[[lon, lat], [-0.14, lat], [-0.14, 51.53], [lon, 51.53], [lon, lat]]]}
    inside = (-0.145, 51.52)
    return world(
        [
            ping("09:00", (lon, 51.515)),
            ping("10:00", "street"),
            ping("11:00", inside),
            ping("12:00", "street"),
            ping("13:00", inside),
            ping("14:00", "street"),
            ping("15:00", (-0.14, 51.52)),
        ],
        sites=[{"site_id": "s1", "geometry": edge}],
    )


def round_about_a_home() -> World:
    """A hand's breadth to some metres inside and outside what a fence reaches, in every direction."""
    home = place()
    pings = [ping("08:05")]
    for number, azimuth in enumerate(range(0, 360, 24)):
        for minute, share in enumerate((0.55, 0.8, 0.9995, 1.0005, 1.05)):
            lon, lat, _ = GEOD.fwd(home["lon"], home["lat"], azimuth, 320 * share)
            clock = f"{9 + number // 3:02}:{number % 3 * 20 + minute * 2:02}"
            pings += [ping(clock, (lon, lat)), ping(f"{clock}:30"), ping(f"{clock}:50")]
    return world(pings, policy={"legs": {"rule": "off"}})


def beside_a_home_drawn_as_a_polygon() -> World:
    """Inside, on the edge, within the buffer, and outside of it."""
    lon, lat = WHERE["home"]
    spots = [(lon, lat), (lon + 0.002, lat), (lon + 0.003, lat), (lon, lat + 0.0035), (lon + 0.02, lat)]
    pings = [p for hour, spot in enumerate(spots, 9) for p in (ping(f"{hour:02}:00", spot), ping(f"{hour:02}:30"))]
    geometry = {"type": "Polygon", "coordinates": [_box(lon, lat, 0.002)]}
    return world([ping("08:30"), *pings], places=[place(geometry=geometry)])


def rows_that_are_no_pings() -> tuple[World, dict[str, Any]]:
    """One of each kind, in two files and in the interval or without an instant; and good ones among them."""
    bad = [
        {**ping("09:10"), "device_id": None},
        {**ping("09:20"), "observed_at": None},
        {**ping("09:20"), "observed_at": None},
        ping("09:30", (0.0, 0.0)),
        ping("09:31", (0.0, 0.0)),
        ping("09:40", (-0.15, 95.0)),
        ping("09:50", (math.nan, 51.52)),
        ping("2027-01-01T09:00:00Z"),
        ping("2027-01-01T10:00:00Z"),
        ping("10:00", accuracy=math.nan),
        ping("10:10", accuracy=None),
        ping("10:15", (185.0, 51.52)),
    ]
    good = [ping(f"{hour:02}:05") for hour in range(9, 15)]
    given = world([*good, *bad, *good[:1], ping("14:30")], interval=["2026-03-02T08:00:00Z", "2026-03-02T14:05:00Z"])
    return given, {"files": 2}


def both_ends_of_an_interval() -> World:
    """The anchors of the first and the last stretch lie outside the interval; and a ping is on either end of it."""
    clocks = [
        ("08:30", "station"),
        ("09:00", "street"),
        ("10:00", "station"),
        ("11:00", "home"),
        ("12:00", "street"),
        ("13:00", "station"),
        ("13:30", "street"),
        ("14:00", "street"),
        ("15:00", "station"),
    ]
    return world(
        [ping(clock, where) for clock, where in clocks], interval=["2026-03-02T09:00:00Z", "2026-03-02T14:00:00Z"]
    )


def read_piece_by_piece() -> tuple[World, dict[str, Any]]:
    """Days on which the device says at one instant that it is at work and that it is at home, read a row at a time."""
    days = [f"2026-03-{day:02}" for day in range(2, 10)]
    rows = [ping(f"{day}T12:00:00Z", where) for day in days for where in ("station", "home")]
    roster = [shift(f"{day}T08:00:00", f"{day}T16:00:00", shift_id=day) for day in days]
    return world(rows, roster=roster), {"form": "parquet", "rows_at_once": 1, "held": 1}


def two_devices_piece_by_piece() -> tuple[World, dict[str, Any]]:
    """The radio is at home while the phone is at work; then the phone is handed back, and the radio goes on."""
    rows = [ping("09:00"), ping("09:00", "home", device="d2"), ping("13:00", device="d2"), ping("14:00", device="d2")]
    devices = [assignment(end="12:00"), assignment("d2")]
    return world(rows, assignments=devices), {"form": "parquet", "rows_at_once": 1, "held": 1}


def another_device_at_home() -> World:
    """A radio at work all day; the phone says that its officer was at home meanwhile."""
    rows = [
        ping("09:00"),
        ping("10:00", "street"),
        ping("11:00", "home", device="d2"),
        ping("12:00", "street"),
        ping("13:00"),
        ping("14:00", "street"),
        ping("15:00"),
    ]
    return world(rows, assignments=[assignment(), assignment("d2")])


def at_work_and_at_home_at_once() -> World:
    """The device says at one instant that it is at work and that it is at home; then it goes to work."""
    return world([ping("09:00"), ping("09:00", "home"), ping("10:00", "street"), ping("11:00")])


def written_with_offsets() -> World:
    """Instants of every table with an offset behind them."""
    return world(
        [ping("2026-03-02T10:00:00+01:00"), ping("12:00"), ping("2026-03-02T15:30:00-00:30")],
        assignments=[assignment(start="2026-03-02T09:30:00+01:00", end="2026-03-02T16:00:00+00:30")],
        roster=[shift(recorded="2026-03-02T10:30:00+02:00"), shift("17:00", "18:00", shift_id="r2")],
        places=[place(start="2026-03-02T10:30:00+02:00")],
    )


def moving_house() -> World:
    """From one home to another at noon: pings at both, on the instant itself and a microsecond before it."""
    clocks, spots = ("11:59:59.999999", "12:00"), ("home", "other home")
    pings = [ping(clock, spot, device=f"by {spot}") for clock in clocks for spot in spots]
    homes = [place(end="12:00"), place("other home", place_id="h2", start="12:00")]
    devices = [assignment(f"by {spot}") for spot in spots]
    return world(pings, assignments=devices, places=homes, policy={"legs": {"rule": "off"}})


def held_back_at_both_ends() -> World:
    """A policy that hides the first and the last half hour: fixes at its edges, and at work within it."""
    clocks = ("08:00", "08:29:59.999999", "08:30", "12:00", "15:29:59.999999", "15:30", "15:59")
    return world([ping(clock, "station") for clock in clocks], policy={"legs": {"hold_s": 1800}})


def leave_in_the_repeated_hour() -> World:
    """Half an hour of leave, of which nobody knows in which of the two hours it was."""
    night = "2026-10-25T"
    clocks = ("00:10", "00:30", "01:10", "01:30", "02:10")
    roster = [
        shift(f"{night}00:00:00", f"{night}06:00:00"),
        shift(f"{night}01:15:00", f"{night}01:45:00", "leave", shift_id="l1"),
    ]
    return world([ping(f"{night}{clock}:00Z") for clock in clocks], roster=roster)


def of_unknown_validity() -> World:
    """A place of which nobody can read since when it is one."""
    rows = [ping("09:00"), ping("12:00", "other home"), ping("15:00")]
    return world(rows, places=[place(), place("other home", place_id="h2", start="soon")])


def unequal_codes() -> World:
    """Entries that follow each other and overlap, under other codes and other shifts."""
    roster = [
        shift("08:00", "12:00", "overtime", shift_id="b"),
        shift("12:00", "16:00", "court", shift_id="a"),
        shift("10:00", "14:00", "training", shift_id="c"),
    ]
    return world([ping("08:30"), ping("11:00", "street"), ping("13:00", "street"), ping("15:30")], roster=roster)


def for_another_purpose() -> World:
    """A purpose of its own, and a pseudonym for ever."""
    return world(policy={"policy": {"purpose": "something else"}, "pseudonym": {"rotate": "never"}})


def recorded_late_within_the_tolerance() -> World:
    """Entries recorded some minutes to hours after they began, with ten minutes allowed."""
    roster = [shift("08:00", "16:00", recorded="2026-03-02T09:00:00Z")]
    pings = [ping(clock) for clock in ("08:30", "08:49", "08:50", "08:51", "09:00", "12:00")]
    return world(pings, roster=roster, policy={"duty": {"late_edit_tolerance_s": 600}})


def written_otherwise() -> tuple[World, dict[str, Any]]:
    """Declared, see `lay_out_otherwise`: a leave under a word of its own, and a holder until nobody knows when."""
    tour = {"09:00": "station", "10:00": "street", "11:30": "street", "13:00": "corner", "15:00": "station"}
    pings = [ping(clock, where) for clock, where in tour.items()]
    others = [ping(clock, where, device="d2") for clock, where in tour.items()]
    roster = [
        shift("08:00", "16:00", shift_id="r1"),
        shift("11:00", "12:00", shift_id="r2", code="holiday"),
        shift("08:00", "16:00", shift_id="r3", officer="o2"),
    ]
    holders = [assignment(), assignment(device="d2", officer="o2"), assignment(device="d2", officer="o3", end="gone")]
    homes = [place(), place(officer="o2", place_id="h2")]
    made = world(pings=[*pings, *others], roster=roster, assignments=holders, places=homes)
    return made, {"form": "declared"}


def homes_unknown() -> World:
    """No home on record at first, none again at the end; poor fixes meanwhile."""
    home = place(start="10:00", end="14:00")
    pings = [
        ping(clock, accuracy=accuracy)
        for clock, accuracy in (
            ("09:00", 10),
            ("09:30", 500),
            ("10:00", 10),
            ("11:00", 100),
            ("12:00", 500),
            ("14:00", 10),
            ("14:30", None),
        )
    ]
    return world(pings, places=[home])


def a_poor_fix_indoors() -> World:
    """At home, and kilometres off, by fixes too poor to be released."""
    pings = [
        ping("09:00"),
        ping("10:00", "street"),
        ping("11:00", "home", 500),
        ping("12:00", "street"),
        ping("13:00"),
        ping("13:30", "street"),
        ping("14:00", "court", 9_000),
        ping("14:30", "street"),
        ping("15:00"),
    ]
    return world(pings)


def twice_at_once() -> World:
    """Fixes of one instant: better and worse, equal in all, and at two positions."""
    here = [
        ping("10:00", accuracy=30),
        ping("10:00", accuracy=5),
        ping("11:00"),
        ping("11:00"),
        ping("11:00", "street"),
        ping("12:00", (-0.1501, 51.5202)),
        ping("12:00", (-0.1502, 51.5203)),
    ]
    return world([ping("09:00"), *here, ping("15:00")])


def a_window_still_open() -> World:
    """Asked in the midst of a shift: good fixes and poor ones wait alike."""
    return world([ping("09:00"), ping("10:00", accuracy=500), ping("11:00")], as_of="2026-03-02T12:00:00Z")


BY_HAND: tuple[Callable[[], World | tuple[World, dict[str, Any]]], ...] = (
    at_the_turn_of_the_year,
    a_night_shift,
    a_night_in_files_of_days,
    a_night_that_was_cut_short,
    across_the_antimeridian,
    in_the_hole_of_a_place,
    a_ring_that_crosses_itself,
    on_the_edge_of_a_site,
    round_about_a_home,
    beside_a_home_drawn_as_a_polygon,
    rows_that_are_no_pings,
    both_ends_of_an_interval,
    read_piece_by_piece,
    two_devices_piece_by_piece,
    another_device_at_home,
    at_work_and_at_home_at_once,
    written_with_offsets,
    moving_house,
    held_back_at_both_ends,
    leave_in_the_repeated_hour,
    of_unknown_validity,
    unequal_codes,
    for_another_purpose,
    recorded_late_within_the_tolerance,
    written_otherwise,
    homes_unknown,
    a_poor_fix_indoors,
    twice_at_once,
    a_window_still_open,
)


def _box(lon: float, lat: float, half: float) -> list[list[float]]:
    """A ring about a point, so many degrees to each side."""
    corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
    return [[lon + x, lat + y] for x, y in corners]


# By number.


def _seeded() -> Iterator[Setting]:
    """Numbered worlds of ten small ones each, leaving out those that stop the run."""
    number, found = 0, 0
    while found < SEEDED:
        made = a_world(Random(number))
        number += 1
        try:
            oracle.answer(made)
        except oracle.Stop:
            continue
        yield _arranged(made, number - 1, found)
        found += 1


def _arranged(made: World, number: int, turn: int) -> Setting:
    made = made if turn % 3 else {**made, "interval": _middle(made)}
    if turn % 2 == 0:
        return Setting(f"number {number}", made)
    pings = sorted(made["tables"]["pings"], key=_when)
    tables = {**made["tables"], "pings": pings}
    return Setting(f"number {number}", {**made, "tables": tables}, "parquet", 2, 4)


def _middle(made: World) -> list[str]:
    """From a quarter of the pings to three quarters: both ends are instants of pings."""
    times = sorted(_when(row) for row in made["tables"]["pings"])
    known = [at for at in times if at >= 0]
    return [stamp(known[len(known) // 4]), stamp(known[3 * len(known) // 4])]


def _when(row: Row) -> int:
    """The ping's instant; before all others where there is none."""
    try:
        return instant(row["observed_at"])
    except Unreadable:
        return -1


# Written out.


def written(setting: Setting, folder: Path) -> None:
    """Lay the setting out as a job in a folder, with how it is to be run beside it."""
    if setting.form == "declared":
        lay_out_otherwise(setting.world, folder)
    else:
        lay_out(setting.world, folder, form=setting.form, files=setting.files)
    if setting.form == "parquet":
        for path in (folder / "pings").glob("*.parquet"):
            pq.write_table(pq.read_table(path), path, row_group_size=setting.rows_at_once)
    how = {
        "interval": setting.world["interval"],
        "as_of": setting.world["as_of"],
        "held": setting.held if setting.rows_at_once else None,
    }
    (folder / "how.json").write_text(json.dumps(how))
    (folder / "world.json").write_text(json.dumps(setting.world))
