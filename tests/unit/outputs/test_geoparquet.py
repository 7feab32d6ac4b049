"""The tools of analysts can open the release, also when nothing was released."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import geopandas as gpd
import polars as pl
import pyarrow.parquet as pq
import pytest

from offduty import run
from tests.world import assignment, lay_out, ping, place, shift, site, world

COLUMNS = ["officer", "observed_at", "lon", "lat", "accuracy_m", "duty_code", "geometry"]


def _released(folder: Path, pings: list[dict[str, object]]) -> Path:
    given = world(pings, assignments=[assignment()], roster=[shift()], places=[place()], sites=[site()])
    job = lay_out(given, folder)
    result = run(job, as_of=given["as_of"])
    (file,) = (result.path / "release").rglob("*.parquet")
    return file


@pytest.fixture(params=[["08:00", "09:00"], []], ids=["two rows", "empty"])
def released(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, int]:
    """A release file and its number of rows."""
    hidden = [ping("20:00")]
    return _released(tmp_path, [*(ping(clock) for clock in request.param), *hidden]), len(request.param)


def test_the_tools_of_analysts_read_it(released: tuple[Path, int]) -> None:
    """geopandas with points, polars, DuckDB and pyarrow with the columns of specification#release-columns."""
    file, rows = released
    frame = gpd.read_parquet(file)
    assert list(frame.columns) == COLUMNS
    assert len(frame) == rows
    assert (frame.geometry.x == frame["lon"]).all()
    assert pl.read_parquet(file).columns == COLUMNS
    assert duckdb.sql(f"SELECT count(*), count(geometry) FROM '{file}'").fetchall() == [(rows, rows)]
    assert pq.read_table(file).column_names == COLUMNS


def test_the_metadata_is_geoparquet(released: tuple[Path, int]) -> None:
    """Version 1.1.0, WKB points in the default reference system, and nothing else in the footer."""
    metadata = pq.read_metadata(released[0]).metadata
    assert set(metadata) == {b"geo"}
    assert json.loads(metadata[b"geo"]) == {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
