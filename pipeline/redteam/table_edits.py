"""Attack 20: reference tables without record times, edited between two runs (threat-model#attack-20).

Who: E, who can edit assignments, places and sites and ask for another run, and is an analyst or knows one. What is
counted are rows that the later run releases and the earlier one hid, how many of them are near the victim's home, and
whether check 6.1 of `verify` counts each of them.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.core.count_words import number_of
from offduty.redteam import force_worlds
from offduty.redteam.ground_truth import metres
from offduty.redteam.results import ResultRow, counted
from offduty.redteam.run_filter import RULES_OF_VERSION_1
from offduty.redteam.truth_tables import read_table
from offduty.runs.run import run
from offduty.synth.places import circle
from offduty.transparency.log import read_log
from offduty.verify.checks.monotonicity import check_monotonicity
from offduty.verify.entries import read_audited_log

OFFICERS, DAYS, EVERY_S, SEED = 24, 2, 120, 5
HABITS = replace(force_worlds.QUIET, home_for_lunch=1.0, off_when_resting=0.0)
EARLY, LATE = "2026-05-01", "2026-06-30"
EDITED, ALWAYS = "2026-06-01T00:00:00Z", "2020-01-01T00:00:00Z"
NEAR_M, APART_M = 300.0, 2_500.0
SITE_M, TOWN_M = 250.0, 6_000.0
POLICIES: dict[str, dict[str, object]] = {
    "rules of version 1": {**RULES_OF_VERSION_1, "max_site_km2": 510_100_000},
    "what init proposes": {},
}
ALL = tuple(POLICIES)


@dataclass(frozen=True)
class EditPlan:
    """Whom an edit is about: a victim who is at home, the colleague on whose duty it is blamed, and the home."""

    victim: str
    colleague: str
    device: str
    lon: float
    lat: float


@dataclass(frozen=True)
class TableEdit:
    """One edit: what it does to a folder, in words, and whether a record time of a row is what should stop it."""

    name: str
    apply: Callable[[Path, EditPlan], None]
    by_record_time: bool = False


def trial(folder: Path, policies: tuple[str, ...] = ALL) -> Iterator[ResultRow]:
    """Each edit by each policy, with tables that have no record times, and the first also with those that have."""
    force_worlds.make_force(folder, OFFICERS, DAYS, SEED, HABITS, EVERY_S)
    rests, works = (plan_of(folder, at_work) for at_work in (False, True))
    for policy in policies:
        changes = POLICIES[policy]
        for edit in EDITS:
            plan = rests if edit.by_record_time else works
            for timed in (False, True) if edit.by_record_time else (False,):
                yield _edited(folder, edit, plan, policy, changes, timed)


def plan_of(folder: Path, at_work: bool) -> EditPlan:
    """The first officer, by number, who is on duty on the second day and eats at home (`at_work`), or who rests all
    day; and the first who works on that day and lives far from there.
    """
    true = pq.read_table(sorted((folder / "truth" / "pings").glob("*.parquet"))[-1])
    who = true["officer_id"].cast(pa.string()).to_numpy(zero_copy_only=False).astype("U16")
    state = true["state"].cast(pa.string()).to_numpy(zero_copy_only=False).astype("U12")
    homes = {
        row["officer_id"]: (float(row["lon"]), float(row["lat"])) for row in read_table(folder / "truth" / "homes.csv")
    }
    states = {name: set(state[who == name].tolist()) for name in sorted(homes)}
    working = [name for name in sorted(homes) if "beat" in states[name]]
    if at_work:
        victim = next(name for name in working if "lunch_home" in states[name])
    else:
        victim = next(name for name in sorted(homes) if states[name] and states[name] <= {"home", "off"})
    colleague = next(name for name in working if name != victim and _apart_m(homes[name], homes[victim]) > APART_M)
    devices = {row["officer_id"]: row["device_id"] for row in read_table(folder / "assignments.csv")}
    return EditPlan(victim, colleague, devices[victim], *homes[victim])


def _apart_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    (x_m, y_m), (x2_m, y2_m) = (metres(np.float64(lon), np.float64(lat)) for lon, lat in (one, other))  # type: ignore[arg-type]
    return float(np.hypot(x_m - x2_m, y_m - y2_m))


def _edited(
    folder: Path, edit: TableEdit, plan: EditPlan, policy: str, changes: dict[str, object], timed: bool
) -> ResultRow:
    """Run, edit, run again, and compare."""
    work = folder.with_name("edited")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(folder, work, ignore=shutil.ignore_patterns("truth"))
    text = force_worlds.changed((work / "policy.toml").read_text(), changes)
    (work / "policy.toml").write_text(text)
    if timed:
        _rewrite(work / "assignments.csv", lambda row: {**row, "recorded_at": ALWAYS})
    run(work / "job.toml", as_of=EARLY)
    edit.apply(work, plan)
    run(work / "job.toml", as_of=LATE)
    near, shown = _compare(folder, work, plan)
    counted_by_verify = _counted_by_verify(work / "store")
    known = shown == counted_by_verify
    words = (
        f"{number_of(shown, 'row was', 'rows were')} hidden before, {near} of them within {NEAR_M:.0f} m of the"
        f" victim's home; verify counts {counted_by_verify}"
    )
    mask = policy + (", with record times" if timed else "")
    blank = ResultRow(f"20 {edit.name}", "edited tables", mask, OFFICERS, DAYS, EVERY_S, SEED)
    line = "0 rows" if timed else "each counted in verify"
    wrong = shown if timed else int(not known)
    return counted(blank, wrong, words, line, policy != "rules of version 1")


def _compare(folder: Path, work: Path, plan: EditPlan) -> tuple[int, int]:
    """How many rows only the later run released: near the victim's home, and in all."""
    runs = [
        str(entry.document["run_id"])
        for entry in read_log(work / "store" / "log")
        if entry.document.get("kind") == "run"
    ]
    released = [_released(work / "store" / "runs" / name / "ledger") for name in runs]
    more = released[-1] - released[0]
    x_m, y_m = metres(np.float64(plan.lon), np.float64(plan.lat))  # type: ignore[arg-type]
    near = 0
    for number, path in enumerate(sorted((folder / "pings").glob("*.parquet"))):
        table = pq.read_table(path, columns=["lon", "lat"])
        rows = np.array(sorted(row for file, row in more if file == number), np.int64)
        at_x, at_y = metres(*(table[name].to_numpy()[rows] for name in ("lon", "lat")))
        near += int((np.hypot(at_x - x_m, at_y - y_m) <= NEAR_M).sum())
    return near, len(more)


def _released(ledger: Path) -> set[tuple[int, int]]:
    """The rows that a ledger says were released: the place of their file among those of pings, and their number."""
    table = pq.read_table(ledger)
    chosen = table.filter(pc.equal(table["reason"].cast(pa.string()), "on_duty"))
    first = int(pc.min(table["file"]).as_py()) if len(table) else 0
    return {
        (file - first, row) for file, row in zip(chosen["file"].to_pylist(), chosen["row"].to_pylist(), strict=True)
    }


def _counted_by_verify(store: Path) -> int:
    """How many rows check 6.1 counts that a later run released and an earlier one hid."""
    check = check_monotonicity(store, read_audited_log(store / "log").runs())
    return sum(figure.count.value for figure in check.figures)


def _rewrite(path: Path, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """Every row of a CSV file through a function; the columns are those of the first result."""
    rows = [change(row) for row in read_table(path)]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def _add_site(work: Path, plan: EditPlan, radius_m: float) -> None:
    path = work / "sites.geojson"
    sites = json.loads(path.read_text())
    drawn = {"type": "Feature", **circle(0.0, 0.0, radius_m)}
    drawn["geometry"]["coordinates"] = [plan.lon, plan.lat]
    drawn["properties"]["site_id"] = "annexe"
    sites["features"].append(drawn)
    path.write_text(json.dumps(sites))


def _retell(work: Path, plan: EditPlan) -> None:
    """The victim's device was the colleague's all along, and there is a workplace round the victim's home."""

    def change(row: dict[str, str]) -> dict[str, str]:
        if row["device_id"] != plan.device:
            return row
        timed = {"recorded_at": EDITED} if "recorded_at" in row else {}
        return {**row, "officer_id": plan.colleague, **timed}

    _rewrite(work / "assignments.csv", change)
    _add_site(work, plan, SITE_M)


def _move_home(work: Path, plan: EditPlan) -> None:
    """The victim lives half a degree farther north than they do."""
    path = work / "places.geojson"
    places = json.loads(path.read_text())
    for feature in places["features"]:
        if feature["properties"].get("officer_id") == plan.victim and feature["properties"]["kind"] == "home":
            feature["geometry"] = {"type": "Point", "coordinates": [plan.lon, plan.lat + 0.5]}
            feature["properties"]["radius_m"] = 40.0
    path.write_text(json.dumps(places))


EDITS = (
    TableEdit("device re-told", _retell, by_record_time=True),
    TableEdit("home moved", _move_home),
    TableEdit("site round the home", lambda work, plan: _add_site(work, plan, SITE_M)),
    TableEdit("site over the town", lambda work, plan: _add_site(work, plan, TOWN_M)),
)
