"""The format of a file: by its ending, by two of them, or as the job declares (specification#declared-format)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from offduty.config.declarations import TableDeclaration
from offduty.config.job_paths import JobInputs, JobPath
from offduty.core.errors import InputError
from offduty.ingest.duckdb_session import open_engine
from offduty.ingest.sources import find_sources
from offduty.ingest.text_files import open_text


def found(folder: Path, name: str, table: str = "roster", **declared: object):
    """The one file of a table."""
    (folder / name).write_bytes(b"x")
    (folder / "other.csv").write_bytes(b"x")
    paths = {each: JobPath("other.csv", folder) for each in ("pings", "assignments", "roster", "places")}
    inputs = JobInputs(
        **paths | {table: JobPath(name, folder)}, sites=None, declared={table: TableDeclaration(**declared)}
    )
    (source,) = [source for source in find_sources(inputs) if source.table == table]
    return source


@pytest.mark.parametrize(
    ("name", "table", "declared", "kind", "compression"),
    [
        ("a.csv", "roster", {}, "csv", ""),
        ("a.CSV.GZ", "roster", {}, "csv", "gzip"),
        ("a.ndjson.zst", "pings", {}, "ndjson", "zstd"),
        ("a.parquet.gz", "pings", {}, "parquet", "gzip"),
        ("a.geojson.gz", "places", {}, "geojson", "gzip"),
        ("a.txt", "roster", {"format": "csv"}, "csv", ""),
        ("a.json", "places", {"format": "ndjson"}, "ndjson", ""),
        ("a.gz", "roster", {"format": "csv"}, "csv", "gzip"),
        ("a.csv", "roster", {"compression": "zstd"}, "csv", "zstd"),
        ("a.csv.gz", "roster", {"compression": "none"}, "csv", ""),
    ],
)
def test_the_format_of_a_file(tmp_path, name, table, declared, kind, compression):
    """The ending behind which the packing stands decides, in any case of letters, unless the job says otherwise."""
    source = found(tmp_path, name, table, **declared)
    assert (source.kind, source.compression, source.is_plain) == (kind, compression, not compression)


@pytest.mark.parametrize("name", ["a.txt", "a.gz", "a.txt.gz", "a.json"])
def test_another_ending_stops_the_run(tmp_path, name):
    """A roster is no GeoJSON. The message says what to declare."""
    with pytest.raises(InputError, match=r"must end in one of \.parquet.* or declare inputs\.roster\.format") as error:
        found(tmp_path, name)
    assert error.value.file == name


@pytest.mark.parametrize(
    ("name", "declared", "key"),
    [
        ("a.ndjson", {"delimiter": ";"}, "delimiter"),
        ("a.parquet", {"skip_rows": 1}, "skip_rows"),
        ("a.parquet", {"decimal": ","}, "decimal"),
        ("a.parquet", {"encoding": "utf-16"}, "encoding"),
    ],
)
def test_a_key_that_means_nothing_for_the_format_stops_the_run(tmp_path, name, declared, key):
    """Nothing that is declared is passed over in silence."""
    with pytest.raises(InputError, match=f"for which inputs.roster.{key} means nothing"):
        found(tmp_path, name, **declared)


def test_what_is_not_packed_is_read_whatever_its_ending(tmp_path):
    """DuckDB and Arrow would unpack it by its name."""
    header, row = "device_id,observed_at,lon,lat", "d1,2026-03-02T09:00:00Z,1,2"
    source = found(tmp_path, "a.csv.gz", "pings", compression="none")
    source.path.write_text(f"{header}\n{row}\n")
    (tmp_path / "work").mkdir()
    with open_engine([source], tmp_path / "work", 1, 400) as engine:
        open_text(engine, source)
        assert engine.con.ask("SELECT device_id FROM input_text").to_pylist() == [{"device_id": "d1"}]


def test_lines_of_json_may_begin_with_a_byte_order_mark(tmp_path):
    """As text from Windows does."""
    row = {"device_id": "d1", "observed_at": "2026-03-02T09:00:00Z", "lon": 1, "lat": 2}
    source = found(tmp_path, "a.ndjson", "pings")
    source.path.write_text(json.dumps(row) + "\n", encoding="utf-8-sig")
    (tmp_path / "work").mkdir()
    with open_engine([source], tmp_path / "work", 1, 400) as engine:
        open_text(engine, source)
        assert engine.con.ask("SELECT device_id FROM input_text").to_pylist() == [{"device_id": "d1"}]
