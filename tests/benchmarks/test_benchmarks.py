"""The simple programs of the benchmark give the same answer on a small world."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.measure import Measured, SideError, measure, median_run

RIVALS = {"pandas_geopandas": "geopandas", "polars_shapely": "polars", "sedona": "sedonadb"}

ASSIGNMENTS = """\
device_id,officer_id,valid_from,valid_to
radio,ann,2020-01-01T00:00:00Z,
phone,bob,2020-01-01T00:00:00Z,2026-07-01T09:00:00Z
phone,cid,2026-07-01T09:00:00Z,
"""
# Ann's shifts overlap and are merged; a later version made Bob's shorter; Cid is on leave.
ROSTER = """\
shift_id,officer_id,starts_at,ends_at,timezone,duty_code,status,recorded_at,recorded_by
a1,ann,2026-07-01T08:00:00,2026-07-01T10:00:00,Europe/London,duty,active,2026-06-01T00:00:00Z,desk
a2,ann,2026-07-01T09:00:00,2026-07-01T12:00:00,Europe/London,overtime,active,2026-06-01T00:00:00Z,desk
b1,bob,2026-07-01T08:00:00,2026-07-01T12:00:00,Europe/London,duty,active,2026-06-01T00:00:00Z,desk
b1,bob,2026-07-01T08:00:00,2026-07-01T09:30:00,Europe/London,duty,active,2026-06-02T00:00:00Z,desk
c1,cid,2026-07-01T08:00:00,2026-07-01T18:00:00,Europe/London,leave,active,2026-06-01T00:00:00Z,desk
"""
PLACES = """\
{"type": "FeatureCollection", "features": [
{"type": "Feature", "properties": {"place_id": "p1", "officer_id": "ann", "kind": "home", "radius_m": 50.0},
 "geometry": {"type": "Point", "coordinates": [-1.2, 51.7]}},
{"type": "Feature", "properties": {"place_id": "p2", "officer_id": "bob", "kind": "home"},
 "geometry": {"type": "Polygon",
  "coordinates": [[[-1.3, 51.8], [-1.299, 51.8], [-1.299, 51.801], [-1.3, 51.801], [-1.3, 51.8]]]}},
{"type": "Feature", "properties": {"place_id": "p3", "officer_id": "cid", "kind": "school", "radius_m": 50.0},
 "geometry": {"type": "Point", "coordinates": [-1.4, 51.7]}}
]}
"""


def at(hour: int, minute: int) -> datetime:
    """A time of the day, by the clock in London."""
    return datetime(2026, 7, 1, hour - 1, minute, tzinfo=UTC)


# Metres east of (-1.2, 51.7) are degrees / 69,150; 350 m are the radius and the distance together.
PINGS = [
    ("radio", at(7, 59), -1.10, 51.7, "before her shift"),
    ("radio", at(8, 0), -1.10, 51.7, "released"),
    ("radio", at(9, 30), -1.10, 51.7, "released"),
    ("radio", at(11, 59), -1.10, 51.7, "released"),
    ("radio", at(12, 0), -1.10, 51.7, "after her shift"),
    ("radio", at(9, 0), -1.2 + 345 / 69_150, 51.7, "345 m from the centre of her home"),
    ("radio", at(9, 1), -1.2 + 355 / 69_150, 51.7, "released"),
    ("phone", at(8, 30), -1.20, 51.7, "released"),
    ("phone", at(9, 15), -1.20, 51.7, "released"),
    ("phone", at(9, 45), -1.20, 51.7, "after his shift"),
    ("phone", at(8, 31), -1.2995, 51.8 - 290 / 111_260, "290 m from his home"),
    ("phone", at(8, 32), -1.2995, 51.8 - 310 / 111_260, "released"),
    ("phone", at(11, 0), -1.20, 51.7, "on leave"),
    ("spare", at(9, 0), -1.20, 51.7, "assigned to nobody"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world in a folder."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "pings").mkdir()
    device, observed, lon, lat, _ = zip(*PINGS, strict=True)
    times = pa.array(observed, pa.timestamp("us", tz="UTC"))
    columns = {"device_id": device, "observed_at": times, "lon": lon, "lat": lat, "accuracy_m": [5.0] * len(PINGS)}
    pq.write_table(pa.table(columns), folder / "pings" / "day.parquet")
    for name, text in (("assignments.csv", ASSIGNMENTS), ("roster.csv", ROSTER), ("places.geojson", PLACES)):
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("rival", RIVALS)
def test_every_rival_releases_the_same_positions(rival: str, world: Path, tmp_path: Path) -> None:
    importlib.import_module(f"benchmarks.rivals.{rival}").main(world, tmp_path / "released.parquet")
    released = pq.read_table(tmp_path / "released.parquet").to_pylist()
    found = sorted((row["observed_at"].astimezone(UTC), row["lon"], row["lat"]) for row in released)
    assert found == sorted(ping[1:4] for ping in PINGS if ping[4] == "released")
    assert {row["officer_id"] for row in released} == {"ann", "bob"}


def test_medians_are_of_each_number_and_stages_of_one_run() -> None:
    runs = [Measured(wall, 4 - wall, 100 * wall, {"stages": {"read": wall}}) for wall in (3.0, 1.0, 2.0)]
    assert median_run(runs) == Measured(2.0, 2.0, 200.0, {"stages": {"read": 2.0}})


def test_a_failing_program_stops_the_benchmark() -> None:
    with pytest.raises(SideError, match="ended with 3"):
        measure(["-c", "import sys; sys.exit(3)"])
