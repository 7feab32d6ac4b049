"""Makes worlds for tests: the tables of a small force, written to a folder, filtered, and read back by row.

A world is a dict in the form of a conformance case, perhaps with `inputs`, the declarations of its tables. `world()` is the base day: device d1 is assigned to officer o1, who
works 08:00-16:00 on Monday 2 March 2026 in London, from a station, with a known home.
"""

from __future__ import annotations

import csv
import json
import os
import re
import struct
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from offduty import run
from offduty.core.errors import InputError
from offduty.runs.run import RunResult
from tests.oracle.reading import Unreadable, instant, number

World = dict[str, Any]
Row = dict[str, Any]

DAY = "2026-03-02"
KEY = "00112233445566778899aabbccddeeff" * 2
AFTERWARDS = "2026-11-20T00:00:00Z"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

WHERE: dict[str, tuple[float, float]] = {
    "station": (-0.15, 51.52),
    "street": (-0.13, 51.51),
    "corner": (-0.14, 51.515),
    "home": (-0.10, 51.50),
    "clinic": (-0.13, 51.53),
    "court": (-0.16, 51.50),
    "other home": (-0.20, 51.50),
}
# The rules of version 2 are switched off, as in the conformance cases: a test switches on what it is about.
POLICY: dict[str, dict[str, Any]] = {
    "policy": {"name": "tests", "purpose": "conformance", "timezone": "Europe/London"},
    "duty": {"on_codes": ["duty", "overtime", "court", "training"], "late_edit_tolerance_s": 0},
    "accuracy": {"max_m": 100.0, "factor": 2.0, "when_missing": "mask", "zero": "imprecise"},
    "places": {"buffer_m": 200.0, "require_home": True, "max_km": 40000.0},
    "legs": {"rule": "anchored", "max_gap_s": 100000000, "pass_by_s": 0, "hold_s": 0, "max_site_km2": 5.0},
    "release": {"time_step_s": 60, "decimals": 4, "extra_columns": [], "keep_superseded": True},
    "pseudonym": {"rotate": "week"},
}
COLUMNS = {
    "pings": ["device_id", "observed_at", "lon", "lat", "accuracy_m"],
    "assignments": ["device_id", "officer_id", "valid_from", "valid_to"],
    "roster": ["shift_id", "officer_id", "starts_at", "ends_at", "timezone", "duty_code", "status", "recorded_at"],
    "places": ["place_id", "officer_id", "kind", "geometry", "lon", "lat", "radius_m", "valid_from", "valid_to"],
    "sites": ["site_id", "geometry", "lon", "lat", "radius_m"],
}
OFFSET = re.compile(r":.*(Z|[+-][0-9:]+)$")
NUMBERS = {"lon", "lat", "accuracy_m", "radius_m"}
RELEASED = ["officer", "observed_at", "lon", "lat", "accuracy_m", "duty_code", "geometry"]


# Making worlds.


def at(clock: str, day: str = DAY) -> str:
    """`09:00` as an instant of the base day; another text stays as it is."""
    return f"{day}T{clock if clock.count(':') == 2 else clock + ':00'}Z" if re.match(r"\d\d:\d\d", clock) else clock


def wall(clock: str, day: str = DAY) -> str:
    """`09:00` as a wall time of the base day; another text stays as it is."""
    return at(clock, day).removesuffix("Z") if re.match(r"\d\d:\d\d", clock) else clock


def stamp(micros: int) -> str:
    """Microseconds since 1970 as the text of an instant."""
    return (EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def moved(when: str, micros: int) -> str:
    """An instant some microseconds later (or earlier)."""
    return stamp(instant(when) + micros)


def ping(clock: str, where: str | tuple[float, float] = "station", accuracy: Any = 10, device: str = "d1") -> Row:
    """One ping."""
    lon, lat = WHERE[where] if isinstance(where, str) else where
    return {"device_id": device, "observed_at": at(clock), "lon": lon, "lat": lat, "accuracy_m": accuracy}


def assignment(
    device: str = "d1", officer: str | None = "o1", start: str = "2026-01-01", end: str | None = None
) -> Row:
    """One assignment."""
    return {"device_id": device, "officer_id": officer, "valid_from": at(start), "valid_to": end and at(end)}


def shift(
    starts: str | None = "08:00",
    ends: str | None = "16:00",
    code: str | None = "duty",
    *,
    shift_id: str | None = "r1",
    officer: str | None = "o1",
    status: str | None = "active",
    recorded: str | None = "2026-02-01T00:00:00Z",
    zone: str | None = None,
) -> Row:
    """One roster row; times of day are wall times of the base day."""
    return {
        "shift_id": shift_id,
        "officer_id": officer,
        "starts_at": starts and wall(starts),
        "ends_at": ends and wall(ends),
        "timezone": zone,
        "duty_code": code,
        "status": status,
        "recorded_at": recorded and at(recorded),
    }


def place(
    where: str | tuple[float, float] = "home",
    radius_m: float | None = 100,
    officer: str | None = "o1",
    *,
    place_id: str = "h1",
    kind: str = "home",
    start: str | None = None,
    end: str | None = None,
    geometry: Any = None,
) -> Row:
    """One protected place: a circle, or a geometry."""
    lon, lat = WHERE[where] if isinstance(where, str) else where
    row = {"place_id": place_id, "officer_id": officer, "kind": kind, "geometry": geometry}
    circle = {"lon": lon, "lat": lat, "radius_m": radius_m} if geometry is None else {}
    return {**row, **circle, "valid_from": start and at(start), "valid_to": end and at(end)}


def site(where: str | tuple[float, float] = "station", radius_m: float = 150, site_id: str = "s1") -> Row:
    """One workplace."""
    lon, lat = WHERE[where] if isinstance(where, str) else where
    return {"site_id": site_id, "lon": lon, "lat": lat, "radius_m": radius_m}


def square(lon: float, lat: float, size: float) -> dict[str, Any]:
    """A square polygon by its south-west corner, sides in degrees."""
    east, north = lon + size, lat + size
    return {"type": "Polygon", "coordinates": [[[lon, lat], [east, lat], [east, north], [lon, north], [lon, lat]]]}


def policy_of(changes: dict[str, dict[str, Any]] | None) -> dict[str, dict[str, Any]]:
    """The base policy with some values changed."""
    return {name: {**values, **(changes or {}).get(name, {})} for name, values in POLICY.items()}


def world(
    pings: Iterable[Row] | None = None,
    *,
    assignments: Iterable[Row] | None = None,
    roster: Iterable[Row] | None = None,
    places: Iterable[Row] | None = None,
    sites: Iterable[Row] | None = None,
    policy: dict[str, dict[str, Any]] | None = None,
    as_of: str = AFTERWARDS,
    interval: list[str] | None = None,
    inputs: dict[str, dict[str, Any]] | None = None,
) -> World:
    """The base day, with other tables where they are given."""
    given = {"pings": pings, "assignments": assignments, "roster": roster, "places": places, "sites": sites}
    base = {
        "pings": [ping("08:30"), ping("12:00", "street"), ping("15:30")],
        "assignments": [assignment()],
        "roster": [shift()],
        "places": [place()],
        "sites": [site()],
    }
    tables = {name: deepcopy(base[name] if rows is None else list(rows)) for name, rows in given.items()}
    made = {"tables": tables, "policy": policy_of(policy), "as_of": as_of, "interval": interval}
    return made if inputs is None else {**made, "inputs": inputs}


def changed(before: World, **tables: list[Row]) -> World:
    """A copy of the world with some tables replaced."""
    return {**deepcopy(before), "tables": {**deepcopy(before["tables"]), **deepcopy(tables)}}


# Writing them to a folder.


def lay_out(
    world: World, folder: Path, *, form: str = "csv", files: int = 1, key: str = KEY, signing: str | None = None
) -> Path:
    """Write a world as a job (inputs, policy, keys), and return the path of the job file.

    The pings are distributed over `files` files in turn. With `signing`, 64 hex digits, the log is signed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in world["tables"].items():
        if table != "pings":
            write_table(folder / f"{table}.csv", table, rows)
    for part in range(files):
        write_table(folder / "pings" / f"part-{part}.{form}", "pings", world["tables"]["pings"][part::files])
    (folder / "policy.toml").write_text(toml(world["policy"]))
    (folder / "pseudonym.key").write_text(key + "\n")
    os.chmod(folder / "pseudonym.key", 0o600)
    paths = {table: f"{table}.csv" for table in COLUMNS} | {"pings": "pings"}
    declared = {table: how for table, how in (world.get("inputs") or {}).items() if how}
    inputs = {table: path for table, path in paths.items() if table not in declared}
    declarations = {f"inputs.{table}": {"path": paths[table], **how} for table, how in declared.items()}
    keys = {"pseudonym": "pseudonym.key"}
    if signing is not None:
        (folder / "signing.key").write_text(signing + "\n")
        os.chmod(folder / "signing.key", 0o600)
        keys["signing"] = "signing.key"
    job = {"inputs": inputs, **declarations, "keys": keys, "output": {"store": "store"}}
    (folder / "job.toml").write_text('policy = "policy.toml"\n\n' + toml(job))
    return folder / "job.toml"


def toml(sections: dict[str, dict[str, Any]]) -> str:
    """Sections of plain values as TOML."""
    lines = (
        [f"[{name}]", *(f"{k} = {json.dumps(v)}" for k, v in values.items()), ""] for name, values in sections.items()
    )
    return "\n".join(line for section in lines for line in section)


def write_table(path: Path, table: str, rows: list[Row]) -> None:
    """Write one table as CSV, NDJSON or Parquet, by the ending of the file name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = COLUMNS[table] + sorted({c for row in rows for c in row} - set(COLUMNS[table]))
    {".csv": write_csv, ".ndjson": write_ndjson, ".parquet": write_parquet}[path.suffix](path, columns, rows)


def write_csv(path: Path, columns: list[str], rows: list[Row]) -> None:
    """Write CSV: NULL as an empty field, geometry as WKT."""
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(columns)
        out.writerows([cell(row.get(column)) for column in columns] for row in rows)


def write_ndjson(path: Path, columns: list[str], rows: list[Row]) -> None:
    """Write one JSON object a line; geometry as WKT."""
    lines = (json.dumps({c: wkt(row.get(c)) if c == "geometry" else row.get(c) for c in columns}) for row in rows)
    path.write_text("".join(line + "\n" for line in lines))


def write_parquet(path: Path, columns: list[str], rows: list[Row]) -> None:
    """Write Parquet: instants as timestamps where all can be read, numbers as doubles, the rest as text."""
    arrays = {column: typed(column, [row.get(column) for row in rows]) for column in columns}
    pq.write_table(pa.table(arrays), path)


def typed(column: str, values: list[Any]) -> pa.Array:
    """One column in its own type."""
    if column in NUMBERS:
        return pa.array([number(value) for value in values], pa.float64(), from_pandas=False)
    if column == "observed_at" and all(v in (None, "") or OFFSET.search(str(v)) for v in values):
        try:
            return pa.array([None if v in (None, "") else instant(v) for v in values], pa.timestamp("us", "UTC"))
        except Unreadable:
            pass
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def cell(value: Any) -> str:
    """A value as a field of CSV."""
    return (
        ""
        if value is None
        else wkt(value)
        if isinstance(value, dict)
        else value
        if isinstance(value, str)
        else repr(value)
    )


def wkt(geometry: Any) -> Any:
    """A GeoJSON geometry as WKT; text and None stay as they are."""
    if not isinstance(geometry, dict):
        return geometry
    kind = geometry["type"].upper()
    polygons = geometry["coordinates"] if kind == "MULTIPOLYGON" else [geometry["coordinates"]]
    drawn = [
        "(" + ", ".join("(" + ", ".join(f"{p[0]!r} {p[1]!r}" for p in ring) + ")" for ring in rings) + ")"
        for rings in polygons
    ]
    return f"{kind} ({', '.join(drawn)})" if kind == "MULTIPOLYGON" else f"{kind} {drawn[0]}"


# Running the filter, and reading its outputs.


@dataclass(frozen=True)
class Filtered:
    """The result of the filter for a world: `stopped`, or the reasons by row of the pings and the released rows; and the
    folder of the run, and that of the job.
    """

    stopped: bool
    reasons: list[str | None]
    release: list[list[Any]]
    path: Path | None = None
    result: Any = None
    folder: Path | None = None

    def reason(self) -> str | None:
        """The reason of the first ping."""
        return self.reasons[0]


def filtered(
    world: World,
    folder: Path,
    *,
    form: str = "csv",
    files: int = 1,
    by: Callable[..., RunResult] = run,
    **options: Any,
) -> Filtered:
    """Run the filter in this process; `options` go to `offduty.run` (threads, memory, start, end, as_of, store).

    It runs by another function where the test is not about the run; see `tests.made_before`.
    """
    job = lay_out(world, folder, form=form, files=files)
    start, end = world["interval"] or (None, None)
    try:
        result = by(job, **{"start": start, "end": end, "as_of": world["as_of"], **options})
    except InputError:
        return Filtered(True, [], [], folder=folder)
    return replace(read_back(result.path, len(world["tables"]["pings"]), files, result), folder=folder)


def read_back(path: Path, count: int, files: int = 1, result: Any = None) -> Filtered:
    """The reasons by row of the world, from the ledger and the quarantine, and the released rows."""
    reasons: list[str | None] = [None] * count
    numbers = file_numbers(path, files)
    for part, prefix in (("ledger", ""), ("quarantine", "quarantine:")):
        for row in rows_of(path / part):
            index = row["row"] * files + numbers[row["file"]]
            assert reasons[index] is None, f"row {index} is recorded twice"
            reasons[index] = prefix + row["reason"]
    return Filtered(False, reasons, read_release(path / "release"), path, result)


def rows_of(folder: Path) -> list[Row]:
    """All rows of the Parquet files of a folder, without partition columns."""
    return [row for file in sorted(folder.rglob("*.parquet")) for row in pq.ParquetFile(file).read().to_pylist()]


def file_numbers(path: Path, files: int) -> dict[int, int]:
    """The number of each part of the pings, by its file number in the manifest."""
    found = {}
    for number_, entry in enumerate(manifest_of(path)["inputs"]):
        match = re.search(r"part-(\d+)\.\w+$", entry.get("name", entry.get("path", "")))
        if match:
            found[entry.get("file", entry.get("number", number_))] = int(match[1])
    assert len(found) == files, "the manifest does not name every file of pings"
    return found


def manifest_of(path: Path) -> dict[str, Any]:
    """The manifest of a run, from the log of its store."""
    for entry in sorted((path.parent.parent / "log").glob("*.entry"), reverse=True):
        manifest = json.loads(entry.read_text().split("\n\n", 1)[0])
        if manifest.get("run_id") == path.name:
            return manifest
    raise AssertionError("no log entry names the run")


def read_release(folder: Path) -> list[list[Any]]:
    """The released rows `[date, officer, observed_at, lon, lat, accuracy_m, duty_code]`, sorted.

    Columns and geometry are checked.
    """
    out = []
    for file in sorted(folder.rglob("*.parquet")):
        for row in pq.ParquetFile(file).read().to_pylist():
            assert list(row) == RELEASED
            assert row["geometry"] == struct.pack("<BIdd", 1, 1, row["lon"], row["lat"])
            when = row["observed_at"].isoformat().replace("+00:00", "Z")
            day = file.parent.name.removeprefix("date=")
            out.append([day, row["officer"], when, row["lon"], row["lat"], row["accuracy_m"], row["duty_code"]])
    return sorted(out)
