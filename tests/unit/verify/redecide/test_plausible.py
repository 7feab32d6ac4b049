"""Without the pings: each released row is possible by the reference tables, or is named with the reason why not."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.core.errors import InputError
from offduty.verify.redecide import RunCase, check_possible
from offduty.verify.redecide.plausibility.plausible import NO_HOME, NOBODY, NOT_ON_DUTY, TOO_NEAR, TOO_POOR, UNLIKE
from tests.second_implementation import case_of
from tests.world import assignment, filtered, ping, place, shift, site, world, write_table

RELEASE = "release/date=2026-03-02/part-00000.parquet"
PINGS = [
    ping("08:30"),
    ping("09:00:10", "street"),
    ping("12:00", "corner", 20),
    ping("12:30"),
    ping("13:00", "street"),
    ping("13:30"),
    ping("14:00", "home"),
    ping("08:30", "court", device="d2"),
    ping("10:00", "court", device="d2"),
]
ROSTER = [shift(), shift("08:00", "11:00", "court", shift_id="r2", officer="o2")]
PLACES = [place(), place("other home", officer="o2", place_id="h2")]
SITES = [site(), site("court", site_id="s2")]
Row = dict[str, Any]


def a_world(**changes: Any):
    """A day of two officers, with some tables or rules changed."""
    tables = {"roster": ROSTER, "places": PLACES, "sites": SITES, "assignments": [assignment(), assignment("d2", "o2")]}
    return world(changes.pop("pings", PINGS), **{**tables, **changes})


def a_case(folder: Path, **changes: Any) -> RunCase:
    """A run of that day, as an auditor without the pings has it."""
    result = filtered(a_world(**changes), folder)
    assert result.path is not None
    case = case_of(result.path, folder)
    shutil.rmtree(folder / "pings")
    return replace(case, inputs=tuple(source for source in case.inputs if source.table != "pings"))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> RunCase:
    """A run in which every row is possible."""
    made = a_case(tmp_path_factory.mktemp("good"))
    found = check_possible(made)
    assert (found.rows, found.impossible.count, found.unanchored.count, found.ends) == (8, 0, 0, 4)
    return made


def row_at(case: RunCase, clock: str, code: str = "duty") -> int:
    """The place in the release of the row with this time."""
    rows = pq.ParquetFile(case.run / RELEASE).read().to_pylist()
    return next(n for n, r in enumerate(rows) if r["duty_code"] == code and f"{r['observed_at']:%H:%M}" == clock)


def asked(case: RunCase, folder: Path, row: int, change: Callable[[Row, list[Row]], Any]):
    """What is found when one released row is changed; the geometry follows the position."""
    run = folder / "run"
    shutil.copytree(case.run, run)
    table = pq.ParquetFile(run / RELEASE).read()
    rows = table.to_pylist()
    rows[row].update(change(rows[row], rows))
    if len(rows[row]["geometry"]) == 21:
        rows[row]["geometry"] = wkb(rows[row])
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), run / RELEASE)
    return check_possible(replace(case, run=run))


def wkb(row: Row) -> bytes:
    """The point of a row."""
    return struct.pack("<BIdd", 1, 1, row["lon"], row["lat"])


IMPOSSIBLE = {
    "near its officer's home": (lambda r, rows: {"lon": -0.1, "lat": 51.502}, TOO_NEAR),
    "off duty": (lambda r, rows: {"observed_at": r["observed_at"] + timedelta(hours=8)}, NOT_ON_DUTY),
    "a minute after the shift": (
        lambda r, rows: {"observed_at": r["observed_at"].replace(hour=16, minute=0)},
        NOT_ON_DUTY,
    ),
    "another duty's code": (lambda r, rows: {"duty_code": "court"}, NOT_ON_DUTY),
    "a code that is not duty": (lambda r, rows: {"duty_code": "leave"}, UNLIKE),
    "an unknown pseudonym": (lambda r, rows: {"officer": "00112233aabbccdd"}, NOBODY),
    "an officer who was at home by then": (
        lambda r, rows: {"officer": next(x["officer"] for x in rows if x["duty_code"] == "court")},
        NOT_ON_DUTY,
    ),
    "an accuracy above the limit": (lambda r, rows: {"accuracy_m": 300.0}, TOO_POOR),
    "a position that is not rounded": (lambda r, rows: {"lon": r["lon"] + 1e-6}, UNLIKE),
    "another geometry": (lambda r, rows: {"geometry": b"nonsense"}, UNLIKE),
}


@pytest.mark.parametrize(("change", "why"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_row(case, tmp_path, change, why):
    """It is named by file and row, with the reason."""
    where = row_at(case, "12:00")
    found = asked(case, tmp_path, where, change)
    assert found.impossible.first == ((RELEASE, where),)
    assert found.why == {why: 1}


def test_another_day(case, tmp_path):
    """A valid pseudonym in the folder of a date on which its officer had no duty."""
    run = tmp_path / "run"
    shutil.copytree(case.run, run)
    (run / "release/date=2026-03-02").rename(run / "release/date=2026-03-04")
    outputs = [{**o, "name": o["name"].replace("03-02", "03-04")} for o in case.manifest["outputs"]]
    found = check_possible(replace(case, run=run, manifest={**case.manifest, "outputs": outputs}))
    assert found.impossible.count == 8
    assert set(found.why) == {NOT_ON_DUTY}


def with_places(case: RunCase, folder: Path, rows: list[Row]) -> RunCase:
    """The same run, with other places."""
    write_table(folder / "places.csv", "places", rows)
    inputs = [replace(s, path=folder / "places.csv") if s.table == "places" else s for s in case.inputs]
    return replace(case, inputs=tuple(inputs))


def test_no_home_on_record(case, tmp_path):
    """The home is valid from noon on: rows released before are impossible."""
    home, other = PLACES
    found = check_possible(with_places(case, tmp_path, [{**home, "valid_from": "2026-03-02T12:00:00Z"}, other]))
    assert set(found.why) == {NO_HOME}
    assert [row for _, row in found.impossible.first] == sorted(row_at(case, t) for t in ("08:30", "09:00"))


@pytest.mark.parametrize(("start", "possible"), [("09:00:00", False), ("09:00:30", True), ("09:01:00", True)])
def test_a_place_that_starts_within_the_time_step(case, tmp_path, start, possible):
    """The ping of a row of 09:00 may be from before the place was valid, unless that was from the first instant on."""
    there = place((-0.13, 51.51), 50, "o1", place_id="x", kind="school", start=start, end="09:30")
    found = check_possible(with_places(case, tmp_path, [*PLACES, there]))
    assert found.impossible.count == (0 if possible else 1)


def test_a_place_that_ends_within_the_time_step(case, tmp_path):
    """The ping may be from after that; a place for everyone counts too."""
    there = place((-0.13, 51.51), 50, None, place_id="x", kind="school", end="09:00:59.999999")
    assert check_possible(with_places(case, tmp_path, [*PLACES, there])).impossible.count == 0
    there = {**there, "valid_to": "2026-03-02T09:01:00Z"}
    assert check_possible(with_places(case, tmp_path, [*PLACES, there])).impossible.count == 1


def test_an_unreadable_place_covers_the_earth(case, tmp_path):
    """No row of its officer is possible."""
    found = check_possible(with_places(case, tmp_path, [*PLACES, place(radius_m=None, place_id="x")]))
    assert found.impossible.count == 6
    assert set(found.why) == {TOO_NEAR}


def test_what_a_rounded_position_may_come_from(tmp_path):
    """A rounding cell across the reach of a place has points outside; a cell within the reach has none."""
    reach_deg = (100 + 200) / 111_250
    spots = [(-0.1, round(51.5 + reach_deg * share, 4)) for share in (1.0, 0.96)]
    case = a_case(
        tmp_path / "w", pings=[ping("09:00", "station"), ping("10:00", "station")], policy={"accuracy": {"factor": 0.0}}
    )
    for number, ((lon, lat), count) in enumerate(zip(spots, (0, 1), strict=True)):
        found = asked(case, tmp_path / str(number), 0, lambda r, rows, at=(lon, lat): {"lon": at[0], "lat": at[1]})
        assert found.impossible.count == count


def test_the_first_row_of_a_stretch_is_at_work(case, tmp_path):
    """Moved to the street it is possible alone, but only a hidden duplicate at work explains it."""
    where = row_at(case, "08:30")
    found = asked(case, tmp_path, where, lambda r, rows: {"lon": -0.13, "lat": 51.51})
    assert found.impossible.count == 0
    assert found.unanchored.first == ((RELEASE, where),)


def test_a_stretch_cut_by_the_interval_need_not_start_at_work(tmp_path):
    """Rows before the interval are not in the release; the end of the stretch is checked."""
    pings = [ping("08:30"), ping("09:00", "street"), ping("10:00", "street"), ping("11:00")]
    case = a_case(tmp_path, pings=pings, interval=["2026-03-02T08:45:00Z", "2026-03-03T00:00:00Z"])
    found = check_possible(case)
    assert (found.rows, found.impossible.count, found.unanchored.count, found.ends) == (3, 0, 0, 1)


def test_a_hidden_duplicate_may_be_the_anchor(tmp_path):
    """Two fixes of one instant, the better one outside the site: it is released, and the one at work is its duplicate."""
    pings = [ping("09:00", "station", 20), ping("09:00", "street", 10), ping("10:00")]
    found = check_possible(a_case(tmp_path, pings=pings))
    assert (found.impossible.count, found.unanchored.count) == (0, 1)


def test_two_devices_of_one_officer(tmp_path):
    """Their rows have one pseudonym; the first and the last row of both together are at work."""
    pings = [
        ping("08:30"),
        ping("08:40", "street", device="d3"),
        ping("08:35", device="d3"),
        ping("09:00", device="d3"),
        ping("09:30"),
    ]
    found = check_possible(
        a_case(tmp_path, pings=pings, assignments=[assignment(), assignment("d3", "o1"), assignment("d2", "o2")])
    )
    assert (found.rows, found.impossible.count, found.unanchored.count, found.ends) == (5, 0, 0, 2)


def test_legs_off_by_name(tmp_path):
    """Starts and ends are not checked."""
    found = check_possible(a_case(tmp_path, pings=[ping("09:00", "street")], policy={"legs": {"rule": "off"}}))
    assert (found.rows, found.impossible.count, found.ends) == (1, 0, 0)


def test_it_needs_the_key(case):
    """Without it the officers of the rows are unknown."""
    with pytest.raises(InputError):
        check_possible(replace(case, key=None))


def test_expired_files_are_named(case, tmp_path):
    """Their rows are not checked."""
    run = tmp_path / "run"
    shutil.copytree(case.run, run)
    shutil.rmtree(run / "release")
    found = check_possible(replace(case, run=run, expired=frozenset({RELEASE})))
    assert (found.rows, found.not_checked, found.ends) == (0, (RELEASE,), 0)
