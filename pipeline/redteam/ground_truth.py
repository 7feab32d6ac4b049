"""Reads a published store for scoring: its release as an attacker sees it, and the truth about the same people.

`offduty synth` writes `pings`, `roster.csv` and `sites.geojson` beside the folder `truth`. Only the files of homes and
density are required; without the true tracks, the attacks that are scored by them are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.core.errors import InputError
from offduty.outputs.pseudonyms import period, pseudonym
from offduty.redteam.attacker_view import Flags, Floats, Ints, KnownDuties, PublicKnowledge, VisibleRows
from offduty.redteam.scenarios import RECORDED_M, DeviceStream, Scenario, ScenarioSetup
from offduty.redteam.truth_tables import read_corners, read_density, read_homes, read_shifts, read_tracks, wall
from offduty.synth.arrays import DAY_S
from offduty.synth.geography import HALF_HEIGHT_M, HALF_WIDTH_M, METRES_PER_LAT, METRES_PER_LON, ORIGIN_LAT, ORIGIN_LON
from offduty.transparency.log import read_log

Words: TypeAlias = npt.NDArray[np.str_]
BELLS = np.linspace(0.3, 1.4, 12)  # the widths of the bells that a town consists of, relative to its spread
TRACKS, SENT = ("officer_id", "state"), ("observed_at", "lon", "lat", "accuracy_m")
"""The columns that are read of the true tracks and of the pings."""
MOST_DAYS = 4_000
"""So many days after the first one nothing is read."""
AT_HOME = ("home", "other_home", "lunch_home")


@dataclass(frozen=True)
class TrueRows:
    """The truth about every readable input row of an officer: who carried the device, where it was reported, what the
    officer did, and the reason in the ledger.
    """

    who: Ints
    t_s: Floats
    x_m: Floats
    y_m: Floats
    accuracy_m: Floats
    state: Words
    reason: Words


@dataclass(frozen=True)
class ForceTruth:
    """A release, as `visible` rows, and the truth about it.

    `homes_m` is (officers, homes, 2), NaN where there are fewer. `roster` and `true_rows` are None where they were not
    given. Released times are truncated to `step_s`; rounding moved released positions by at most `round_m`. `fence_m`
    is how far from a home on record positions are hidden, which the policy says to everybody. Duty 0 is of the first
    day of the release or of the tracks, whose `weekday` is 0 for a Monday.
    """

    visible: VisibleRows
    homes_m: Floats
    density: Callable[[Floats, Floats], Floats]
    roster: KnownDuties | None
    sites_m: Floats
    true_rows: TrueRows | None
    every_s: float
    step_s: float = 60.0
    round_m: float = 8.0
    fence_m: float = RECORDED_M + 200.0
    weekday: int = 0

    def public(self, fence_m: float | None) -> PublicKnowledge:
        """What anybody may know of this force."""
        return PublicKnowledge(self.density, self.sites_m, True, fence_m, self.every_s)

    def degrees(self, row: int) -> tuple[float, float]:
        """The position of one row of the truth as it was sent, in degrees (lon, lat)."""
        assert self.true_rows is not None
        lon = round(float(self.true_rows.x_m[row]) / METRES_PER_LON + ORIGIN_LON, 7)
        return lon, round(float(self.true_rows.y_m[row]) / METRES_PER_LAT + ORIGIN_LAT, 7)

    def scenario(self) -> Scenario:
        """The stream before the filter, to apply other masks to it. Raises `InputError` without tracks or a roster."""
        if self.true_rows is None or self.roster is None:
            raise InputError("other masks need the true tracks and the roster", file="truth")
        rows, officers = self.true_rows, self.visible.officers
        duty = duty_of(rows.who, rows.t_s, self.roster)
        stream = DeviceStream(rows.who, duty, rows.t_s, rows.x_m, rows.y_m, rows.accuracy_m)
        setup = ScenarioSetup("force", officers, int(self.roster.duty.max()) + 1, int(self.every_s))
        return Scenario(setup, self.public(None), self.roster, self.homes_m[:, 0], stream)


def duty_of(who: Ints, t_s: Floats, roster: KnownDuties) -> Ints:
    """The number of the duty at these times, or of the day. A night shift belongs to the day on which it began."""
    days = int(roster.duty.max()) + 1
    day = (t_s // DAY_S).astype(np.int64).clip(0, days - 1)
    before = np.maximum(day - 1, 0)
    entry = who * days + before
    return np.where((t_s >= roster.start_s[entry]) & (t_s < roster.end_s[entry]), before, day)


def read_force(
    store: Path,
    truth: Path,
    key: bytes,
    roster: Path | None,
    sites: Path | None,
    *,
    run_id: str | None = None,
    tracks: bool = True,
) -> ForceTruth:
    """Read the newest run of a local store, or that with `run_id`, with whatever truth there is; `roster` and `sites`
    are what the attacker gets. Without `tracks` the true tracks are not read.

    Raises `InputError` where the store has no such run, nothing was released, the truth has no homes, or the key is not
    that of the run.
    """
    entries = [entry.document for entry in read_log(store / "log") if entry.document.get("kind") == "run"]
    runs = [document for document in entries if run_id in (None, document["run_id"])]
    if not runs:
        raise InputError("the store has no run; publish one with offduty run", file=store.name)
    manifest, run = runs[-1], store / "runs" / str(runs[-1]["run_id"])
    homes, officers = _homes(truth / "homes.csv")
    policy = manifest["policy"]
    zone = ZoneInfo(policy["policy"]["timezone"])
    files = sorted((run / "release").glob("date=*/*.parquet"))
    first = _first_day(truth, files)
    epoch = datetime(first.year, first.month, first.day, tzinfo=zone)
    visible = _release(files, _names(files, policy, key, officers), len(officers), first, epoch)
    known = None if roster is None else _roster(roster, set(policy["duty"]["on_codes"]), officers, first, epoch, zone)
    rows = _rows(run, truth, manifest, officers, epoch) if tracks else None
    every_s = _every_s(visible)
    step_s, round_m = float(policy["release"]["time_step_s"]), 80_000 / 10.0 ** int(policy["release"]["decimals"])
    fence_m = RECORDED_M + float(policy["places"]["buffer_m"])
    density = _density(truth / "density.csv")
    known_sites, weekday = _sites(sites), first.weekday()
    return ForceTruth(visible, homes, density, known, known_sites, rows, every_s, step_s, round_m, fence_m, weekday)


def _first_day(truth: Path, files: list[Path]) -> date:
    """The first day of the release and of the tracks. All times count from its midnight."""
    named = [path.parent.name.removeprefix("date=") for path in files] + [
        p.stem for p in (truth / "pings").glob("*.parquet")
    ]
    if not named:
        raise InputError("nothing was released: there is nothing to attack", file="release")
    return date.fromisoformat(min(named))


def metres(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Positions in degrees as metres from the centre of the synthetic county."""
    return (lon - ORIGIN_LON) * METRES_PER_LON, (lat - ORIGIN_LAT) * METRES_PER_LAT


def _homes(path: Path) -> tuple[Floats, dict[str, int]]:
    rows = read_homes(path)
    officers = {name: number for number, name in enumerate(sorted({row["officer_id"] for row in rows}))}
    found = np.full((len(officers), 4, 2), np.nan)
    count = np.zeros(len(officers), np.int64)
    for row in rows:
        number = officers[row["officer_id"]]
        if count[number] < 4:
            found[number, count[number]] = metres(np.float64(row["lon"]), np.float64(row["lat"]))  # type: ignore[arg-type]
            count[number] += 1
    return found, officers


def _density(path: Path) -> Callable[[Floats, Floats], Floats]:
    """The density of homes (of all homes, per square metre): bells of several widths for each town, and an even density
    for the countryside.
    """
    every = read_density(path)
    towns = [row for row in every if row["lon"]]
    whole = sum(float(row["weight"]) for row in every)
    even = (whole - sum(float(row["weight"]) for row in towns)) / whole / (4 * HALF_WIDTH_M * HALF_HEIGHT_M)

    def density(x_m: Floats, y_m: Floats) -> Floats:
        total = np.full(np.broadcast(x_m, y_m).shape, even)
        for row in towns:
            at_x, at_y = metres(np.float64(row["lon"]), np.float64(row["lat"]))  # type: ignore[arg-type]
            away = (x_m - at_x) ** 2 + (y_m - at_y) ** 2
            for width in float(row["spread_m"]) * BELLS:
                bell = np.exp(-away / (2 * width**2)) / (2 * np.pi * width**2)
                total = total + float(row["weight"]) / whole / len(BELLS) * bell
        return total

    return density


def blind_hits(homes_m: Floats, towns: Path, density: Callable[[Floats, Floats], Floats]) -> float:
    """The share of homes that the best blind guess hits within 200 m: the greatest density of a town's centre, over a
    disc of 200 m (threat-model#blind-guess).
    """
    best = 0.0
    for row in read_density(towns):
        if row["lon"]:
            at_x, at_y = metres(np.float64(row["lon"]), np.float64(row["lat"]))  # type: ignore[arg-type]
            side = np.linspace(-200, 200, 41)
            x_m, y_m = at_x + side[:, None], at_y + side[None, :]
            inside = np.hypot(side[:, None], side[None, :]) <= 200
            best = max(best, float(density(x_m, y_m)[inside].mean() * np.pi * 200**2))
    return best


def _names(files: list[Path], policy: dict[str, Any], key: bytes, officers: dict[str, int]) -> dict[str, int]:
    """The officer's number for each pseudonym. Pseudonyms of different periods are joined, which gives the attacker
    more than the default policy does.
    """
    days = {date.fromisoformat(path.parent.name.removeprefix("date=")) for path in files}
    periods = {period(day, policy["pseudonym"]["rotate"]) for day in days}
    purpose = policy["policy"]["purpose"]
    return {pseudonym(key, purpose, name, officer): number for name in periods for officer, number in officers.items()}


def _release(files: list[Path], names: dict[str, int], officers: int, first: date, epoch: datetime) -> VisibleRows:
    parts: list[tuple[Any, ...]] = []
    start_us = int(epoch.timestamp() * 1e6)
    for file in files:
        table = pq.ParquetFile(file).read(columns=["officer", "observed_at", "lon", "lat", "accuracy_m"])
        coded = table["officer"].combine_chunks().dictionary_encode()
        if any(name not in names for name in coded.dictionary.to_pylist()):
            raise InputError(
                "has pseudonyms that this key does not give for the officers of homes.csv; give the key of the run",
                file=file.name,
            )
        known = np.array([names[name] for name in coded.dictionary.to_pylist()], np.int64)
        who = known[coded.indices.to_numpy()] if len(known) else np.zeros(0, np.int64)
        day = (date.fromisoformat(file.parent.name.removeprefix("date=")) - first).days
        t_s = (table["observed_at"].cast(pa.int64()).to_numpy() - start_us) / 1e6
        x_m, y_m = metres(table["lon"].to_numpy(), table["lat"].to_numpy())
        parts.append((who, np.full(len(who), day, np.int64), t_s, x_m, y_m, table["accuracy_m"].to_numpy()))
    columns: list[Any] = [np.concatenate([part[k] for part in parts]) for k in range(6)]
    return VisibleRows.in_order(*[*columns, officers])


def _every_s(visible: VisibleRows) -> float:
    """The median time between two rows of a duty; 60 s where there are none."""
    steps = np.diff(visible.t_s)[(np.diff(visible.who) == 0) & (np.diff(visible.duty) == 0)]
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else 60.0


def _roster(
    path: Path, codes: set[str], officers: dict[str, int], first: date, epoch: datetime, zone: ZoneInfo
) -> KnownDuties:
    """For each officer and day the earliest start and latest end of what the newest versions grant; NaN where nothing
    is granted.
    """
    newest: dict[str, dict[str, str]] = {}
    for row in sorted(read_shifts(path, zone), key=lambda row: row["recorded_at"]):
        newest[row["shift_id"]] = row
    known = [(row, wall(row["starts_at"], zone), wall(row["ends_at"], zone)) for row in newest.values()]
    shifts = [(row, begins, ends, (begins.date() - first).days) for row, begins, ends in known if begins and ends]
    days = max(day for _, _, _, day in shifts) + 1
    if not 0 < days < MOST_DAYS:
        raise InputError(
            "its last shift begins before the release, or years after it: name the roster of this time", file=path.name
        )
    start, end = np.full((len(officers), days), np.inf), np.full((len(officers), days), -np.inf)
    for row, begins, ends, day in shifts:
        who = officers.get(row["officer_id"])
        if who is not None and day >= 0 and row["status"] == "active" and row["duty_code"] in codes:
            start[who, day] = min(start[who, day], (begins - epoch).total_seconds())
            end[who, day] = max(end[who, day], (ends - epoch).total_seconds())
    nobody = ~np.isfinite(start)
    start[nobody] = end[nobody] = np.nan
    entry = np.arange(start.size)
    return KnownDuties(entry // days, entry % days, start.ravel(), end.ravel())


def _sites(path: Path | None) -> Floats:
    """The centres of the sites in metres, (sites, 2); empty where the attacker does not know them."""
    if path is None:
        return np.zeros((0, 2))
    middles = [metres(*np.array(corners, np.float64).mean(axis=0)) for corners in read_corners(path)]
    return np.array(middles, np.float64).reshape(-1, 2)


def _rows(
    run: Path, truth: Path, manifest: dict[str, Any], officers: dict[str, int], epoch: datetime
) -> TrueRows | None:
    """Input rows with their truth and their reasons, file by file; None where a file of either is missing."""
    ledger = pq.read_table(run / "ledger")
    parts = []
    for entry in manifest["inputs"]:
        name = Path(entry["name"]).name
        true, sent = truth / "pings" / name, truth.parent / "pings" / name
        if entry["table"] == "pings":
            if not (true.is_file() and sent.is_file()):
                return None
            pairs = read_tracks(true, TRACKS), read_tracks(sent, SENT)
            parts.append(_file_rows(*pairs, ledger, entry["file"], officers, epoch))
    return TrueRows(*(np.concatenate([part[k] for part in parts]) for k in range(7))) if parts else None


def _file_rows(
    true: pa.Table, sent: pa.Table, ledger: pa.Table, number: int, officers: dict[str, int], epoch: datetime
) -> tuple[Any, ...]:
    mine = ledger["file"].to_numpy() == number
    reason = np.full(sent.num_rows, "", dtype="U16")
    reason[ledger["row"].to_numpy()[mine]] = ledger["reason"].to_numpy(zero_copy_only=False)[mine].astype("U16")
    coded = true["officer_id"].combine_chunks()
    coded = coded if pa.types.is_dictionary(coded.type) else coded.dictionary_encode()
    known = np.array([*(officers.get(name, -1) for name in coded.dictionary.to_pylist()), -1], np.int64)
    who = known[coded.indices.fill_null(len(known) - 1).to_numpy()]
    t_s = sent["observed_at"].cast(pa.int64()).fill_null(-(2**60)).to_numpy() / 1e6 - epoch.timestamp()
    x_m, y_m = metres(sent["lon"].fill_null(np.nan).to_numpy(), sent["lat"].fill_null(np.nan).to_numpy())
    accuracy = sent["accuracy_m"].fill_null(np.nan).to_numpy()
    state = np.asarray(true["state"].cast(pa.string()).to_numpy(zero_copy_only=False), dtype="U12")
    usable: Flags = (who >= 0) & (np.abs(x_m) < 1e6) & (np.abs(y_m) < 1e6) & (t_s > -DAY_S) & (t_s < MOST_DAYS * DAY_S)
    return tuple(column[usable] for column in (who, t_s, x_m, y_m, accuracy, state, reason))
