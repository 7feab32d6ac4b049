"""Runs the filter on a compact world, from files to a published release, and reads what an analyst sees of it."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict, Unpack

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.outputs.pseudonyms import pseudonym
from offduty.redteam.attacker_view import Ints, VisibleRows
from offduty.redteam.attacks.adaptive import NO_SILENCE_S
from offduty.redteam.scenarios import RECORDED_M, Scenario
from offduty.runs.run import run
from offduty.synth.geography import METRES_PER_LAT, METRES_PER_LON, ORIGIN_LAT, ORIGIN_LON, degrees

KEY = bytes(range(32))  # the world is made up: its pseudonyms protect nobody, and must be the same in each run
PURPOSE = "red team"
FIRST_DAY = date(2024, 1, 1)
EPOCH_US = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
SITE_M = 120.0
POLICY = """\
[policy]
name = "red team"
purpose = "{purpose}"
timezone = "UTC"

[duty]
on_codes = ["duty"]

[places]
buffer_m = {buffer_m}

[legs]
rule = "{legs}"
max_gap_s = {max_gap_s}
pass_by_s = {pass_by_s}
hold_s = {hold_s}

[release]
decimals = {decimals}

[pseudonym]
rotate = "never"
"""
JOB = """\
policy = "policy.toml"

[inputs]
pings = "pings.parquet"
assignments = "assignments.csv"
roster = "roster.csv"
places = "places.geojson"
sites = "sites.geojson"

[keys]
pseudonym = "pseudonym.key"

[output]
store = "store"
"""
ROSTER_HEADER = ["shift_id", "officer_id", "starts_at", "ends_at", "duty_code", "status", "recorded_at"]


class PolicyChanges(TypedDict, total=False):
    """What a variant of a policy changes."""

    legs: str
    max_gap_s: int
    pass_by_s: int
    hold_s: int
    buffer_m: int
    decimals: int


RULES_OF_VERSION_1: PolicyChanges = {"max_gap_s": NO_SILENCE_S, "pass_by_s": 0, "hold_s": 0}
"""The rules that version 2 added, or switched on, are off: the attacks are calibrated on what is left."""
DEFAULT_RULES: PolicyChanges = {"max_gap_s": 300, "pass_by_s": 0, "hold_s": 900}
"""The default policy of version 2."""


def policy_text(**changes: Unpack[PolicyChanges]) -> str:
    """The policy of version 1 with changes, as TOML. Its pseudonyms never rotate, which gives the attacker more than
    the default does.
    """
    values: PolicyChanges = {"legs": "anchored", "buffer_m": 200, "decimals": 4, **RULES_OF_VERSION_1, **changes}
    return POLICY.format(purpose=PURPOSE, **values)


def filter_scenario(scenario: Scenario, folder: Path, policy: str) -> VisibleRows:
    """Write the world as a job into a new folder, run it, and read its release. `policy` is the text of a policy."""
    folder.mkdir(parents=True)
    _write(scenario, folder, policy)
    result = run(folder / "job.toml", as_of="2025-12-31")
    return read_release(Path(str(result.path)) / "release", officer_numbers(scenario.setup.officers))


def officer_numbers(officers: int) -> dict[str, int]:
    """The number of each pseudonym's officer, for scoring; an attacker sees the numbers only."""
    return {pseudonym(KEY, PURPOSE, "", f"o{number}"): number for number in range(officers)}


def read_release(release: Path, numbers: dict[str, int]) -> VisibleRows:
    """The released rows; `duty` counts days from `FIRST_DAY`. No rows where nothing was released."""
    parts = []
    for file in sorted(release.glob("date=*/*.parquet")):
        table = pq.ParquetFile(file).read(columns=["officer", "observed_at", "lon", "lat", "accuracy_m"])
        day = (date.fromisoformat(file.parent.name.removeprefix("date=")) - FIRST_DAY).days
        parts.append(_columns(table, day, numbers))
    if not parts:
        nothing = np.zeros(0)
        return VisibleRows(
            np.zeros(0, np.int64), np.zeros(0, np.int64), nothing, nothing, nothing, nothing, len(numbers)
        )
    columns: list[Any] = [np.concatenate([part[k] for part in parts]) for k in range(6)]
    return VisibleRows.in_order(*[*columns, len(numbers)])


def _columns(table: pa.Table, day: int, numbers: dict[str, int]) -> tuple[np.ndarray, ...]:
    coded = table["officer"].combine_chunks().dictionary_encode()
    known = np.array([numbers[name] for name in coded.dictionary.to_pylist()], np.int64)
    who = known[coded.indices.to_numpy()] if len(known) else np.zeros(0, np.int64)
    t_s = (table["observed_at"].cast(pa.int64()).to_numpy() - EPOCH_US) / 1e6
    x_m = (table["lon"].to_numpy() - ORIGIN_LON) * METRES_PER_LON
    y_m = (table["lat"].to_numpy() - ORIGIN_LAT) * METRES_PER_LAT
    return who, np.full(len(who), day, np.int64), t_s, x_m, y_m, table["accuracy_m"].to_numpy()


def _write(scenario: Scenario, folder: Path, policy: str) -> None:
    """Write the files of the job."""
    (folder / "policy.toml").write_text(policy)
    (folder / "pseudonym.key").write_text(KEY.hex())
    (folder / "pseudonym.key").chmod(0o600)
    (folder / "job.toml").write_text(JOB)
    officers = range(scenario.setup.officers)
    assigned = [[f"d{n}", f"o{n}", "2020-01-01"] for n in officers]
    _csv(folder / "assignments.csv", ["device_id", "officer_id", "valid_from"], assigned)
    _csv(folder / "roster.csv", ROSTER_HEADER, _roster_rows(scenario))
    homes = [
        ({"place_id": f"h{n}", "officer_id": f"o{n}", "kind": "home"}, scenario.homes_m[n], RECORDED_M)
        for n in officers
    ]
    sites = [({"site_id": f"s{n}"}, point, SITE_M) for n, point in enumerate(scenario.public.sites_m)]
    _circles(folder / "places.geojson", homes)
    _circles(folder / "sites.geojson", sites)
    _write_pings(scenario, folder / "pings.parquet")


def _csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def _roster_rows(scenario: Scenario) -> list[list[str]]:
    days = [FIRST_DAY + timedelta(days=k) for k in range(scenario.setup.duties)]
    return [
        [f"o{who}-{k}", f"o{who}", f"{day}T08:00:00Z", f"{day}T18:00:00Z", "duty", "active", "2023-12-01T00:00:00Z"]
        for who in range(scenario.setup.officers)
        for k, day in enumerate(days)
    ]


def _circles(path: Path, drawn: list[tuple[dict[str, str], np.ndarray, float]]) -> None:
    features = []
    for properties, point, radius_m in drawn:
        lon, lat = degrees(np.array([point[0]]), np.array([point[1]]))
        geometry = {"type": "Point", "coordinates": [float(lon[0]), float(lat[0])]}
        features.append({"type": "Feature", "properties": {**properties, "radius_m": radius_m}, "geometry": geometry})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def _write_pings(scenario: Scenario, path: Path) -> None:
    """Write all pings in order of time, as they would arrive, and the order itself beside them for `reasons`."""
    pings = scenario.pings
    order = np.argsort(pings.t_s, kind="stable")
    np.save(path.with_name("order.npy"), order)
    lon, lat = degrees(pings.x_m[order], pings.y_m[order])
    device: Ints = pings.who[order]
    names = pa.array([f"d{number}" for number in range(scenario.setup.officers)])
    instants = (pings.t_s[order] * 1e6).astype(np.int64) + EPOCH_US
    table = pa.table(
        {
            "device_id": pa.DictionaryArray.from_arrays(pa.array(device.astype(np.int32)), names),
            "observed_at": pa.array(instants).cast(pa.timestamp("us", "UTC")),
            "lon": lon,
            "lat": lat,
            "accuracy_m": pings.accuracy_m[order],
        }
    )
    pq.write_table(table, path, compression="zstd", use_dictionary=["device_id", "accuracy_m"], row_group_size=122_880)


def reasons(folder: Path, count: int) -> np.ndarray:
    """The reason of every ping of a world that was run in this folder, in the order of `Scenario.pings`."""
    run_folder = next((folder / "store" / "runs").iterdir())
    ledger = pq.read_table(run_folder / "ledger")
    by_row = np.full(count, "", dtype="U16")
    by_row[ledger["row"].to_numpy()] = ledger["reason"].to_numpy(zero_copy_only=False).astype("U16")
    order = np.load(folder / "order.npy")
    mine = np.empty_like(by_row)
    mine[order] = by_row
    return mine
