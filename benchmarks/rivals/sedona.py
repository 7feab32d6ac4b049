"""On duty and away from home in SedonaDB's SQL: `python -m benchmarks.rivals.sedona WORLD OUT`."""

from __future__ import annotations

import sys
from pathlib import Path

import sedonadb

from benchmarks.rivals import AWAY_M, COLUMNS, ON_CODES

# The latest version of each shift that grants duty; overlapping shifts of one officer are merged.
DUTY = f"""
WITH latest AS (
    SELECT *, row_number() OVER (PARTITION BY shift_id ORDER BY recorded_at DESC) AS version FROM roster
),
granted AS (
    SELECT officer_id, starts_at::timestamp AT TIME ZONE 'Europe/London' AT TIME ZONE 'UTC' AS starts_at,
           ends_at::timestamp AT TIME ZONE 'Europe/London' AT TIME ZONE 'UTC' AS ends_at
    FROM latest WHERE version = 1 AND status = 'active' AND duty_code IN {ON_CODES}
),
before AS (
    SELECT *, max(ends_at) OVER (
        PARTITION BY officer_id ORDER BY starts_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_end
    FROM granted
),
numbered AS (
    SELECT *, sum(CASE WHEN starts_at <= latest_end THEN 0 ELSE 1 END) OVER (
        PARTITION BY officer_id ORDER BY starts_at ROWS UNBOUNDED PRECEDING) AS number
    FROM before
)
SELECT officer_id, min(starts_at) AS starts_at, max(ends_at) AS ends_at FROM numbered GROUP BY officer_id, number
"""

# From when to when each device was assigned to an officer on duty.
SPANS = """
SELECT device_id, officer_id, greatest(valid_from::timestamp AT TIME ZONE 'UTC', starts_at) AS since,
       least(valid_to::timestamp AT TIME ZONE 'UTC', ends_at) AS until
FROM assignments JOIN duty USING (officer_id)
"""

HOMES = """
SELECT officer_id, ST_Union_Agg(ST_Buffer(ST_Transform(wkb_geometry, 'EPSG:27700'), coalesce(radius_m, 0))) AS home
FROM places WHERE kind = 'home' GROUP BY officer_id
"""

ON_DUTY = """
SELECT officer_id, observed_at, lon, lat, accuracy_m
FROM pings JOIN spans USING (device_id)
WHERE observed_at >= since AND observed_at < until AND lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90
"""

AWAY = f"""
SELECT {", ".join(COLUMNS)} FROM on_duty JOIN homes USING (officer_id)
WHERE NOT ST_DWithin(ST_Transform(ST_Point(lon, lat, 4326), 'EPSG:27700'), home, {AWAY_M})
"""


def main(world: Path, out: Path) -> None:
    """Prepare the small tables, then join, filter and write in one query."""
    sd = sedonadb.connect()
    sd.read.csv(world / "roster.csv").to_view("roster")
    sd.read.csv(world / "assignments.csv").to_view("assignments")
    sd.read_pyogrio(world / "places.geojson").to_view("places")
    sd.read_parquet(sorted((world / "pings").glob("*.parquet"))).to_view("pings")
    for name, query in (("duty", DUTY), ("spans", SPANS), ("homes", HOMES)):
        sd.sql(query).to_memtable().to_view(name)
    sd.sql(ON_DUTY).to_view("on_duty")
    sd.sql(AWAY).to_parquet(out, compression="zstd(3)")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
