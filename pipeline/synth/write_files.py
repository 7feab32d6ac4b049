"""Writes a world to a folder: the inputs of a job, and beside them the truth, which the job does not name."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from offduty.core.errors import UsageError
from offduty.synth.arrays import DAY_S
from offduty.synth.devices import ALWAYS_S
from offduty.synth.geography import COUNTRYSIDE_WEIGHT, TOWNS
from offduty.synth.habit_files import date_of, dated_devices, habit_inputs, habit_truths
from offduty.synth.itinerary import State
from offduty.synth.officer_ids import instant, officer_id
from offduty.synth.people import DAY_TEAM, NEVER, RESPONSE_TEAMS
from offduty.synth.ping_stream import chunks, pings_batch, truth_batch
from offduty.synth.places import collection, lon_lat, place_features, site_features
from offduty.synth.roster import roster_tables
from offduty.synth.trajectories import WorldSetting

ROW_GROUP_ROWS = 122_880
LONG_AGO = "2020-01-01T00:00:00Z"

JOB = """\
# Where things lie; paths are relative to this file. Make each key with: openssl rand -hex 32 > pseudonym.key
policy = "policy.toml"

[inputs]
pings = "pings/*.parquet"
assignments = "assignments.csv"
roster = "roster.csv"
places = "places.geojson"
sites = "sites.geojson"

[keys]
pseudonym = "pseudonym.key"
signing = "signing.key"

[output]
store = "store"
"""

POLICY = """\
[policy]
name = "synthetic presence"
purpose = "presence on duty"
timezone = "Europe/London"

[duty]
on_codes = ["duty", "overtime", "court", "training"]
late_edit_tolerance_s = 0

[accuracy]
max_m = 100
factor = 2.0
when_missing = "mask"
zero = "imprecise"

[places]
buffer_m = 200
require_home = true
max_km = 500

[legs]
rule = "anchored"
max_gap_s = 300
pass_by_s = 300
hold_s = 900
max_site_km2 = 5

[release]
time_step_s = 60
decimals = 4
extra_columns = []
keep_superseded = false
keep_days = 0

[pseudonym]
rotate = "week"
"""


def write_world(folder: Path, setting: WorldSetting, with_truth: bool, threads: int) -> None:
    """Write everything except keys, and replace files of the same names. Raises `UsageError` where pings or truth of
    another world would remain.
    """
    _refuse_leftovers(folder, setting, with_truth)
    (folder / "pings").mkdir(parents=True, exist_ok=True)
    if with_truth:
        (folder / "truth" / "pings").mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(1) as background:
        small = background.submit(write_tables, folder, setting, with_truth)
        _write_pings(folder, setting, with_truth, threads)
        small.result()


def write_tables(folder: Path, setting: WorldSetting, with_truth: bool) -> None:
    """Write all files except those of pings, into a folder that exists."""
    _write_text(folder / "job.toml", [JOB])
    _write_text(folder / "policy.toml", [POLICY])
    _write_text(folder / "places.geojson", collection(place_features(setting)))
    _write_text(folder / "sites.geojson", collection(site_features(setting.land, setting.world.seed)))
    header = ("device_id", "officer_id", "valid_from", "valid_to")
    _write_rows(folder / "assignments.csv", header, _assignments(setting))
    _write_roster(folder, setting, with_truth)
    for name, (columns, rows) in habit_inputs(setting).items():
        _write_rows(folder / name, tuple(columns.split()), rows)
    if with_truth:
        _write_truth(folder / "truth", setting)


def _refuse_leftovers(folder: Path, setting: WorldSetting, with_truth: bool) -> None:
    """The job would read files of another world's days, too; so the folder must not have any."""
    days = {f"{setting.world.day(day).isoformat()}.parquet" for day in range(setting.world.days)}
    for part, ours in (("pings", days), ("truth/pings", days if with_truth else set())):
        found = {path.name for path in (folder / part).glob("*.parquet")}
        if found - ours:
            raise UsageError(f"{part} has files of another world: empty it, or name another folder", file=folder.name)


def _write_text(path: Path, pieces: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)


def _write_rows(path: Path, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


def _assignments(setting: WorldSetting) -> Iterator[tuple[str, ...]]:
    world, ids = setting.world, setting.devices.ids
    dated = dated_devices(world, len(ids))
    for device, officer, since_s, until_s in setting.devices.assigned:
        written = date_of if dated[device] else instant
        valid_from = LONG_AGO if since_s is None else written(world, since_s)
        yield ids[device], officer_id(officer), valid_from, "" if until_s is None else written(world, until_s)


def _officer_ids(setting: WorldSetting) -> pa.Array:
    return pa.array([officer_id(number) for number in range(len(setting.people))])


def _write_roster(folder: Path, setting: WorldSetting, with_truth: bool) -> None:
    """Write the roster day by day, so that a long one needs no more memory than a short one."""
    options = pa.csv.WriteOptions(quoting_style="none", quoting_header="none")
    days = roster_tables(setting.world, setting.people, _officer_ids(setting))
    first, first_edits = next(days)
    with pa.csv.CSVWriter(folder / "roster.csv", first.schema, write_options=options) as roster:
        edits_to = folder / "truth" / "edits.csv" if with_truth else pa.BufferOutputStream()
        with pa.csv.CSVWriter(edits_to, first_edits.schema, write_options=options) as edits:
            for table, made in _with_first(first, first_edits, days):
                roster.write_table(table)
                if with_truth:
                    edits.write_table(made)


def _with_first(
    first: pa.Table, first_edits: pa.Table, others: Iterator[tuple[pa.Table, pa.Table]]
) -> Iterator[tuple[pa.Table, pa.Table]]:
    yield first, first_edits
    yield from others


def _write_truth(folder: Path, setting: WorldSetting) -> None:
    """Write the true homes, officers and carriers, the density of homes for blind guesses, and the streets."""
    towns = [(town.name, *lon_lat(town.x_m, town.y_m), town.weight, town.spread_m) for town in TOWNS]
    streets = setting.land.streets
    north = [("north", lon_lat(x_m, 0.0)[0]) for x_m in streets.x_m.tolist()]
    east = [("east", lon_lat(0.0, y_m)[1]) for y_m in streets.y_m.tolist()]
    tables: dict[str, tuple[str, Iterable[tuple[Any, ...]]]] = {
        "homes.csv": ("officer_id kind lon lat valid_from valid_to on_record", _homes(setting)),
        "officers.csv": ("officer_id station_id team starts_at_home lunch", _officers(setting)),
        "carriers.csv": ("device_id officer_id carried_from carried_to", _carriers(setting)),
        "density.csv": ("town lon lat weight spread_m", [*towns, ("countryside", "", "", COUNTRYSIDE_WEIGHT, "")]),
        "streets.csv": ("runs degrees", [*north, *east]),
    }
    for name, (header, rows) in {**tables, **habit_truths(setting)}.items():
        _write_rows(folder / name, tuple(header.split()), rows)


def _homes(setting: WorldSetting) -> Iterator[tuple[Any, ...]]:
    world, people = setting.world, setting.people
    for number, home in enumerate(people.home.tolist()):
        recorded, moves_on = bool(people.home_recorded[number]), int(people.moves_on[number])
        moved = "" if moves_on == NEVER else instant(world, moves_on * DAY_S + DAY_S // 2)
        yield officer_id(number), "home", *lon_lat(*home), "", moved, recorded
        if moved:
            yield officer_id(number), "home", *lon_lat(*people.new_home[number].tolist()), moved, "", recorded
        if (people.other_home[number] != people.home[number]).any():
            yield officer_id(number), "other_home", *lon_lat(*people.other_home[number].tolist()), "", "", recorded


def _officers(setting: WorldSetting) -> Iterator[tuple[Any, ...]]:
    people = setting.people
    names = {**{k: f"response-{k}" for k in range(RESPONSE_TEAMS)}, DAY_TEAM: "office"}
    for number in range(len(people)):
        team = names.get(int(people.team[number]), "neighbourhood")
        lunch = ("work", "home", "past_home")[int(people.lunch[number])]
        station = f"station-{int(people.station[number]):02d}"
        yield officer_id(number), station, team, bool(people.starts_at_home[number]), lunch


def _carriers(setting: WorldSetting) -> Iterator[tuple[str, ...]]:
    world, devices = setting.world, setting.devices
    for device, officer, since_s, until_s in devices.carried.tolist():
        if officer < world.officers:
            since = "" if since_s == -ALWAYS_S else instant(world, since_s)
            until = "" if until_s == ALWAYS_S else instant(world, until_s)
            yield devices.ids[device], officer_id(officer), since, until


class DayFile:
    """A Parquet file that is written batch by batch; its row groups have one size for any sizes of batches."""

    def __init__(self, path: Path, schema: pa.Schema, dictionary: list[str]) -> None:
        self._file = pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=dictionary, store_schema=False)
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; they are written when a row group is full."""
        self._waiting.append(batch)
        self._rows += len(batch)
        if self._rows >= ROW_GROUP_ROWS:
            table = pa.Table.from_batches(self._waiting)
            whole = self._rows - self._rows % ROW_GROUP_ROWS
            self._file.write_table(table.slice(0, whole), row_group_size=ROW_GROUP_ROWS)
            self._waiting, self._rows = table.slice(whole).to_batches(), self._rows - whole

    def close(self) -> None:
        """Write the remaining rows. A file without rows is a valid file, too."""
        if self._rows:
            self._file.write_table(pa.Table.from_batches(self._waiting), row_group_size=ROW_GROUP_ROWS)
        self._file.close()


def _write_pings(folder: Path, setting: WorldSetting, with_truth: bool, threads: int) -> None:
    """Write one file of pings for each UTC day, and one of truth with the same rows in the same order."""
    device_ids, officer_ids = pa.array(setting.devices.ids), _officer_ids(setting)
    states = pa.array([state.name.lower() for state in State])
    pings: DayFile | None = None
    truths: DayFile | None = None
    today = -1
    for chunk in chunks(setting, with_truth, threads):
        batch = pings_batch(chunk.rows, device_ids)
        truth = truth_batch(chunk.rows, officer_ids, states) if with_truth else None
        if chunk.day != today:
            _close(pings, truths)
            today, name = chunk.day, f"{setting.world.day(chunk.day).isoformat()}.parquet"
            pings = DayFile(folder / "pings" / name, batch.schema, ["device_id", "accuracy_m"])
            if truth is not None:
                truths = DayFile(folder / "truth" / "pings" / name, truth.schema, truth.schema.names)
        if pings is not None:
            pings.write(batch)
        if truths is not None and truth is not None:
            truths.write(truth)
    _close(pings, truths)


def _close(*files: DayFile | None) -> None:
    for file in files:
        if file is not None:
            file.close()
