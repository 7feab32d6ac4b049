"""On duty and away from home in pandas and geopandas: `python -m benchmarks.rivals.pandas_geopandas WORLD OUT`."""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd

from benchmarks.rivals import AWAY_M, COLUMNS, ON_CODES

METRIC = "EPSG:27700"


def duty(roster_csv: Path) -> pd.DataFrame:
    """The latest version of each shift that grants duty; overlapping shifts of one officer are merged."""
    roster = pd.read_csv(roster_csv).sort_values("recorded_at").drop_duplicates("shift_id", keep="last")
    on = roster[(roster.status == "active") & roster.duty_code.isin(ON_CODES)].copy()
    for column in ("starts_at", "ends_at"):
        local = pd.to_datetime(on[column]).dt
        on[column] = local.tz_localize("Europe/London", ambiguous="NaT", nonexistent="shift_forward").dt.tz_convert(
            "UTC"
        )
    on = on.dropna(subset=["starts_at", "ends_at"]).sort_values(["officer_id", "starts_at"])
    latest_end = on.groupby("officer_id").ends_at.cummax().groupby(on.officer_id).shift()
    number = (~(on.starts_at <= latest_end)).cumsum().rename("number")
    merged = on.groupby(["officer_id", number]).agg(starts_at=("starts_at", "min"), ends_at=("ends_at", "max"))
    return merged.reset_index("officer_id")


def assigned_on_duty(assignments_csv: Path, shifts: pd.DataFrame) -> pd.DataFrame:
    """From when to when each device was assigned to an officer on duty."""
    assigned = pd.read_csv(assignments_csv)
    valid_from, valid_to = (pd.to_datetime(assigned[column], utc=True) for column in ("valid_from", "valid_to"))
    assigned = assigned.assign(valid_from=valid_from, valid_to=valid_to.fillna(pd.Timestamp("2200-01-01", tz="UTC")))
    spans = assigned.merge(shifts, on="officer_id")
    spans["since"] = spans[["valid_from", "starts_at"]].max(axis=1)
    spans["until"] = spans[["valid_to", "ends_at"]].min(axis=1)
    return spans.loc[spans.since < spans.until, ["device_id", "officer_id", "since", "until"]]


def homes(places_geojson: Path) -> gpd.GeoSeries:
    """The homes of each officer as one geometry in metres."""
    places = gpd.read_file(places_geojson)
    own = places[places.kind == "home"].to_crs(METRIC)
    drawn = own.buffer(own.radius_m.fillna(0)) if "radius_m" in own else own.geometry
    return own.set_geometry(drawn).dissolve(by="officer_id").geometry


def main(world: Path, out: Path) -> None:
    """Join, select what is on duty, measure the distance from home, write."""
    spans = assigned_on_duty(world / "assignments.csv", duty(world / "roster.csv"))
    home = homes(world / "places.geojson")
    pings = pd.read_parquet(world / "pings")
    pings = pings[pings.lon.between(-180, 180) & pings.lat.between(-90, 90)]
    on = pings.merge(spans, on="device_id")
    del pings
    on = on[(on.observed_at >= on.since) & (on.observed_at < on.until) & on.officer_id.isin(home.index)]
    points = gpd.GeoSeries(gpd.points_from_xy(on.lon, on.lat), crs="EPSG:4326").to_crs(METRIC)
    away = points.distance(home.loc[on.officer_id].reset_index(drop=True), align=False) > AWAY_M
    on.loc[away.to_numpy(), list(COLUMNS)].to_parquet(out, compression="zstd", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
