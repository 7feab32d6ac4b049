"""On duty and away from home in polars and shapely: `python -m benchmarks.rivals.polars_shapely WORLD OUT`."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable
from math import cos, radians
from pathlib import Path

import numpy as np
import polars as pl
import shapely
from shapely.geometry import shape

from benchmarks.rivals import AWAY_M, COLUMNS, ON_CODES


def duty(roster_csv: Path) -> pl.LazyFrame:
    """The latest version of each shift that grants duty; overlapping shifts of one officer are merged."""
    instants = [
        pl.col(column)
        .str.to_datetime(time_unit="us")
        .dt.replace_time_zone("Europe/London", ambiguous="null", non_existent="null")
        .dt.convert_time_zone("UTC")
        for column in ("starts_at", "ends_at")
    ]
    latest_end = pl.col("ends_at").cum_max().shift().over("officer_id", order_by="starts_at")
    return (
        pl.scan_csv(roster_csv, try_parse_dates=False)
        .sort("recorded_at")
        .unique("shift_id", keep="last")
        .filter(pl.col("status") == "active", pl.col("duty_code").is_in(ON_CODES))
        .with_columns(instants)
        .drop_nulls(["starts_at", "ends_at"])
        .sort("officer_id", "starts_at")
        .with_columns(number=(pl.col("starts_at") > latest_end).fill_null(True).cum_sum())
        .group_by("officer_id", "number")
        .agg(pl.col("starts_at").min(), pl.col("ends_at").max())
    )


def assigned_on_duty(assignments_csv: Path, shifts: pl.LazyFrame) -> pl.LazyFrame:
    """From when to when each device was assigned to an officer on duty."""
    assigned = pl.scan_csv(assignments_csv, infer_schema=False).with_columns(
        pl.col("valid_from", "valid_to").str.to_datetime("%+", time_unit="us", time_zone="UTC")
    )
    return (
        assigned.join(shifts, on="officer_id")
        .with_columns(
            since=pl.max_horizontal("valid_from", "starts_at"), until=pl.min_horizontal("valid_to", "ends_at")
        )
        .filter(pl.col("since") < pl.col("until"))
        .select("device_id", "officer_id", "since", "until")
    )


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres per degree of longitude and of latitude, on the WGS 84 ellipsoid."""
    p = radians(lat)
    return 111_412.84 * cos(p) - 93.5 * cos(3 * p), 111_132.92 - 559.82 * cos(2 * p) + 1.175 * cos(4 * p)


def homes(places_geojson: Path) -> tuple[pl.DataFrame, np.ndarray]:
    """The centre and the scale of each officer's homes, and the homes as one geometry in metres around that centre."""
    own = defaultdict(list)
    for feature in json.loads(places_geojson.read_text())["features"]:
        named = feature["properties"]
        if named["kind"] == "home":
            own[named["officer_id"]].append((shape(feature["geometry"]), named.get("radius_m") or 0.0))
    rows, local = [], []
    for officer, drawn in own.items():
        middle = drawn[0][0].centroid
        x_m, y_m = metres_per_degree(middle.y)
        rows.append((officer, middle.x, middle.y, x_m, y_m))
        scaled = [
            shapely.transform(geometry, _about(middle, x_m, y_m)).buffer(radius_m) for geometry, radius_m in drawn
        ]
        local.append(shapely.union_all(scaled))
    table = pl.DataFrame(rows, schema=["officer_id", "lon_0", "lat_0", "x_m", "y_m"], orient="row")
    return table.with_row_index("home"), np.array(local)


def _about(middle: shapely.Point, x_m: float, y_m: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda corners: (corners - (middle.x, middle.y)) * (x_m, y_m)


def main(world: Path, out: Path) -> None:
    """Join, select what is on duty, measure the distance from home, write."""
    home, drawn = homes(world / "places.geojson")
    on = (
        pl.scan_parquet(world / "pings/*.parquet")
        .filter(pl.col("lon").is_between(-180, 180), pl.col("lat").is_between(-90, 90))
        .join(assigned_on_duty(world / "assignments.csv", duty(world / "roster.csv")), on="device_id")
        .filter(pl.col("observed_at") >= pl.col("since"), pl.col("observed_at") < pl.col("until"))
        .join(home.lazy(), on="officer_id")
        .with_columns(
            east=(pl.col("lon") - pl.col("lon_0")) * pl.col("x_m"),
            north=(pl.col("lat") - pl.col("lat_0")) * pl.col("y_m"),
        )
        .select(*COLUMNS, "home", "east", "north")
        .collect(engine="streaming")
    )
    points = shapely.points(on["east"].to_numpy(), on["north"].to_numpy())
    near = shapely.dwithin(drawn[on["home"].to_numpy()], points, AWAY_M)
    on.select(COLUMNS).filter(~near).write_parquet(out, compression="zstd")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
