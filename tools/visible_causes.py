"""Says what of a made-up force's truth made an answer so: why work was not seen, and what was at a site without work.

The truth of a position is beside it: who carried the device, what they did, and where they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from offduty.analyses.presence import CONFIRMED
from offduty.core.reasons import Reason
from offduty.geofence.sites import settle_sites
from offduty.synth.geography import METRES_PER_LAT, METRES_PER_LON
from tools.visible_force import VisibleForce

AT_WORK = ("station", "court", "training")
"""The true states of somebody who is at a site."""
NO_HOME = "no home is on record"
EVERYBODYS = "the station is within reach of a place that is protected for everyone"
OWN = "the station is within reach of a place of the officer"
NOT_VISITED = "no site was visited in time that could have been seen"
NOT_ON_RECORD = "the device was on record for nobody, or for two"
ANOTHER_REASON = "another reason"
MINUTE_US = 60_000_000


def with_hidden(force: VisibleForce, table: pd.DataFrame) -> pd.DataFrame:
    """The rows with ``hidden_by``: `EVERYBODYS` or `OWN` where a protected place is so near the officer's station that
    positions at it may be hidden, else empty.

    So near is the buffer and the largest disc that a position may have. Every released stretch begins at a site, so of
    somebody whose only site is hidden nothing may ever be seen.
    """
    rules = force.policy
    reach_m = rules.places.buffer_m + rules.accuracy.factor * rules.accuracy.max_m
    stations = {str(site["site_id"]): shapely.centroid(area) for site, area in _areas(force.folder / "sites.geojson")}
    officers = pd.read_csv(force.folder / "truth" / "officers.csv", dtype=str)
    station_of = dict(zip(officers["officer_id"], officers["station_id"], strict=True))
    everybodys, own = set(), set()
    for place, area in _areas(force.folder / "places.geojson"):
        whose = place.get("officer_id")
        near = {name for name, middle in stations.items() if shapely.distance(area, middle) <= reach_m}
        mine = {who for who, station in station_of.items() if station in near}
        if whose is None:
            everybodys |= mine
        else:
            own |= mine & {whose}
    cause = dict.fromkeys(own, OWN) | dict.fromkeys(everybodys, EVERYBODYS)
    return table.assign(hidden_by=table["officer"].map(cause).fillna(""))


def with_unseen(force: VisibleForce, windows: pd.DataFrame) -> pd.DataFrame:
    """The windows with ``unseen``: why work in them was not seen, though the station can be; empty where it was."""
    hold_us = force.policy.legs.hold_s * 1_000_000
    every = _pings(force, reasons=True)
    pings = dict(iter(every.groupby("officer_id")))
    unseen = windows["state"] != CONFIRMED
    columns = (windows[name][unseen] for name in ("officer", "from_us", "to_us"))
    found = [_unseen(pings.get(who), a + hold_us, b - hold_us) for who, a, b in zip(*columns, strict=True)]
    return windows.assign(unseen=pd.Series(found, index=windows.index[unseen], dtype=object)).fillna({"unseen": ""})


def _unseen(pings: pd.DataFrame | None, from_us: int, to_us: int) -> str:
    if pings is None:
        return NOT_VISITED
    mine = pings[pings["at_us"].between(from_us, to_us, inclusive="left")]
    nobodys = mine["reason"].isin([Reason.UNASSIGNED.word, Reason.SHARED.word])
    if 2 * int(nobodys.sum()) > len(mine):
        return NOT_ON_RECORD
    visits = mine["at_us"][mine["state"].isin(AT_WORK)].nunique()
    return NOT_VISITED if visits < 2 else ANOTHER_REASON


def with_visits(force: VisibleForce, windows: pd.DataFrame) -> pd.DataFrame:
    """The windows with ``at_site``: whether it is confirmed, and a device of the officer was truly at a site in it."""
    seen = windows["state"] == CONFIRMED
    visits = np.zeros(len(windows), np.bool_)
    if seen.any():
        pings = _pings(force, reasons=False)
        pings = pings[pings["officer_id"].isin(windows["officer"][seen])]
        there = settle_sites(force.sites, force.policy.legs.max_site_km2)
        pings = pings[there.inside(pings["true_lon"].to_numpy(), pings["true_lat"].to_numpy())]
        columns = (windows[name][seen] for name in ("officer", "from_us", "to_us"))
        visits[seen.to_numpy()] = [
            bool(((pings["officer_id"] == who) & pings["at_us"].between(a, b, inclusive="left")).any())
            for who, a, b in zip(*columns, strict=True)
        ]
    return windows.assign(at_site=visits)


def minutes_at_work(force: VisibleForce) -> pd.DataFrame:
    """For each ``officer`` and local ``day`` (since 1970) how many ``minutes`` they truly worked at a site, and for how
    many they were truly ``inside`` one, whatever they did there.
    """
    pings = _pings(force, reasons=False)
    areas = settle_sites(force.sites, force.policy.legs.max_site_km2)
    pings["works"] = pings["state"].isin(AT_WORK)
    pings["inside"] = areas.inside(pings["true_lon"].to_numpy(), pings["true_lat"].to_numpy())
    there = pings[pings["works"] | pings["inside"]]
    local = pd.DatetimeIndex(there["at_us"].to_numpy().astype("datetime64[us]")).tz_localize("UTC")
    days = local.tz_convert(force.policy.policy.timezone).tz_localize(None).to_numpy().astype("datetime64[D]")
    step = (there["at_us"] // (force.every_s * 1_000_000)).to_numpy()
    keys = {"officer": there["officer_id"].to_numpy(), "day": days.astype(np.int64), "step": step}
    flags = {name: there[name].to_numpy() for name in ("works", "inside")}
    steps = pd.DataFrame({**keys, **flags}).groupby(["officer", "day", "step"], as_index=False).max()
    counts = steps.groupby(["officer", "day"], as_index=False).agg(minutes=("works", "sum"), inside=("inside", "sum"))
    every = force.every_s / 60
    return counts.assign(minutes=counts["minutes"] * every, inside=counts["inside"] * every)


def _areas(path: Path) -> Iterator[tuple[dict[str, Any], Any]]:
    """The properties of each feature, and its area in metres."""
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        metres = shapely.transform(shape, lambda at: at * [METRES_PER_LON, METRES_PER_LAT])
        yield feature["properties"], shapely.buffer(metres, float(feature["properties"].get("radius_m", 0)))


def _pings(force: VisibleForce, *, reasons: bool) -> pd.DataFrame:
    """Every row with its truth: ``officer_id``, ``state``, ``true_lon``, ``true_lat``, ``at_us``; maybe ``reason``."""
    parts = []
    for number, path in enumerate(sorted((force.folder / "pings").glob("*.parquet"))):
        truth = pq.read_table(force.folder / "truth" / "pings" / path.name).to_pandas()
        at = pq.read_table(path, columns=["observed_at"])["observed_at"].cast(pa.timestamp("us", "UTC"))
        at_us = at.cast(pa.int64()).to_pandas().fillna(0).astype(np.int64)
        parts.append(truth.assign(at_us=at_us, file=number, row=np.arange(len(truth))))
    pings: pd.DataFrame = pd.concat(parts, ignore_index=True)
    if not reasons:
        return pings
    ledgers = sorted((force.folder / "store" / "runs").glob("*/ledger/*.parquet"))
    ledger = pd.concat([pq.read_table(path).to_pandas() for path in ledgers])
    decided: pd.DataFrame = pings.merge(ledger, on=["file", "row"], how="left")
    return decided
