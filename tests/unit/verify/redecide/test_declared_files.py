"""Files as a job declares them, opened by the second implementation: packed, encoded, and with lines to skip."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from offduty.core.errors import InputError
from offduty.verify.redecide.declarations import Declaration, read_declaration
from offduty.verify.redecide.ingest.input_streams import compression_of, format_of, text_of
from offduty.verify.redecide.ingest.reference_reader import read_table
from offduty.verify.redecide.model import InputFile


def packed(text: bytes) -> bytes:
    """As gzip packs it, without the time: names of tests are made of it."""
    return gzip.compress(text, mtime=0)


TEXT = "site_id,lon,lat,radius_m\ns1,-0.15,51.52,150\nß2,-0.16,51.53,160\n"
ROWS = [("s1", "-0.15", "51.52", "150"), ("ß2", "-0.16", "51.53", "160")]
SKIPPABLE = struct.pack("<II", 0x184D2A50, 5) + b"hello"


def zstd(data: bytes) -> bytes:
    """One frame."""
    return pa.Codec("zstd").compress(data, asbytes=True)


def site_file(path: Path, data: bytes) -> InputFile:
    """A file of sites with these bytes."""
    path.write_bytes(data)
    return InputFile(0, "sites", path.name, path)


def rows_of(source: InputFile, **how: Any) -> list[tuple[Any, ...]]:
    """The rows of a table of sites, by the columns of `TEXT`."""
    rows, count = read_table(source, read_declaration("sites", how))
    assert count == len(rows)
    return [tuple(row.values[name] for name in ("site_id", "lon", "lat", "radius_m")) for row in rows]


@pytest.mark.parametrize(
    ("name", "how", "expected"),
    [
        ("a.csv", {}, ("csv", None)),
        ("a.CSV.GZ", {}, ("csv", "gzip")),
        ("a.ndjson.zst", {}, ("ndjson", "zstd")),
        ("a.jsonl", {}, ("ndjson", None)),
        ("a.parquet", {}, ("parquet", None)),
        ("a.b.geoparquet.gz", {}, ("parquet", "gzip")),
        ("a.geojson.gz", {}, ("geojson", "gzip")),
        ("a.json", {}, ("geojson", None)),
        ("a.txt", {"format": "csv"}, ("csv", None)),
        ("a.csv", {"format": "ndjson"}, ("ndjson", None)),
        ("a.gz", {"format": "ndjson"}, ("ndjson", "gzip")),
        ("a.csv.gz", {"compression": "none"}, ("csv", None)),
        ("a.csv.gz", {"compression": "zstd"}, ("csv", "zstd")),
        ("a.csv", {"compression": "gzip"}, ("csv", "gzip")),
        ("gz", {}, ("csv", "gzip")),
        ("selected from a database/roster", {}, ("csv", None)),
    ],
)
def test_the_ending_decides_where_nothing_is_declared(name, how, expected):
    """Of a packed file the ending before `.gz` or `.zst` is that of the format."""
    source, declared = InputFile(0, "sites", name, Path(name)), read_declaration("sites", how)
    assert (format_of(source, declared), compression_of(source, declared)) == expected


@pytest.mark.parametrize(
    ("name", "data", "how"),
    [
        ("sites.csv", TEXT.encode(), {}),
        ("sites.csv", b"\xef\xbb\xbf" + TEXT.encode(), {}),
        ("sites.csv", TEXT.replace("\n", "\r\n").encode(), {}),
        ("sites.csv", TEXT.encode("utf-16"), {"encoding": "utf-16"}),
        ("sites.csv", b"\xfe\xff" + TEXT.encode("utf-16-be"), {"encoding": "utf-16"}),
        ("sites.csv", b"\xff\xfe" + TEXT.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        ("sites.csv", TEXT.encode("cp1252"), {"encoding": "cp1252"}),
        ("sites.csv", TEXT.replace(",", ";").encode(), {"delimiter": ";"}),
        ("sites.csv", TEXT.replace(",", "\t").encode(), {"delimiter": "\t"}),
        ("sites.csv", b'"a title, and\n\n' + TEXT.encode(), {"skip_rows": 2}),
        ("sites.csv", b"a title\rmore\r\n" + TEXT.encode(), {"skip_rows": 2}),
        ("sites.csv", ("a title ß\n" + TEXT).encode("utf-16"), {"skip_rows": 1, "encoding": "utf-16"}),
        ("sites.csv.gz", packed(TEXT.encode()), {}),
        ("sites.csv.gz", packed(TEXT[:30].encode()) + packed(TEXT[30:].encode()), {}),
        ("sites.csv.gz", packed(TEXT.encode("utf-16")), {"encoding": "utf-16"}),
        ("sites.csv.gz", TEXT.encode(), {"compression": "none"}),
        ("sites.csv", packed(TEXT.encode()), {"compression": "gzip"}),
        ("sites.csv.zst", zstd(TEXT.encode()), {}),
        ("sites.csv.zst", zstd(TEXT[:30].encode()) + SKIPPABLE + zstd(b"") + zstd(TEXT[30:].encode()), {}),
        ("sites.dat", zstd(TEXT.encode()), {"compression": "zstd", "format": "csv"}),
    ],
)
def test_the_same_text_however_it_is_packed_and_encoded(tmp_path, name, data, how):
    """A byte order mark is no part of it, and all members of gzip and all frames of zstd are."""
    assert rows_of(site_file(tmp_path / name, data), **how) == ROWS


@pytest.mark.parametrize(
    ("name", "data", "how"),
    [
        ("sites.csv", TEXT.encode("cp1252"), {}),
        ("sites.csv", TEXT.encode("utf-16"), {}),
        ("sites.csv", TEXT.encode("utf-16")[:-1], {"encoding": "utf-16"}),
        ("sites.csv", TEXT.encode() + b"\x81", {"encoding": "cp1252"}),
        ("sites.csv", TEXT.encode(), {"encoding": "ascii"}),
        ("sites.csv", TEXT.encode(), {"skip_rows": 3}),
        ("sites.csv", TEXT.encode(), {"skip_rows": 4}),
        ("sites.csv.gz", TEXT.encode(), {}),
        ("sites.csv.gz", packed(TEXT.encode())[:-1], {}),
        ("sites.csv.gz", packed(TEXT.encode()) + b"more", {}),
        ("sites.csv.zst", packed(TEXT.encode()), {}),
        ("sites.csv.zst", zstd(TEXT.encode())[:-2], {}),
        ("sites.csv.zst", zstd(TEXT.encode()) + b"morethanthat", {}),
        ("sites.csv", packed(TEXT.encode()), {}),
        ("sites.csv", b"", {}),
    ],
)
def test_a_file_that_is_not_as_declared_stops(tmp_path, name, data, how):
    """Text in another encoding, a damaged or cut packed file, or a header that is none of sites."""
    with pytest.raises(InputError):
        rows_of(site_file(tmp_path / name, data), **how)


def test_another_delimiter_than_declared(tmp_path):
    """Then the header is one long name, and no column is found: of sites none is required."""
    rows, count = read_table(
        site_file(tmp_path / "sites.csv", TEXT.encode()), read_declaration("sites", {"delimiter": ";"})
    )
    assert (count, [row.values for row in rows]) == (2, [{}, {}])


@pytest.mark.parametrize("form", ["ndjson", "geojson", "parquet"])
@pytest.mark.parametrize("pack", [packed, zstd], ids=["gz", "zst"])
def test_every_format_may_be_packed(tmp_path, form, pack):
    """Also Parquet, which is then read in memory."""
    table = pa.table({"site_id": ["s1"], "lon": [-0.15], "lat": [51.52], "radius_m": [150.0]})
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(table, sink)
    feature = '{"type":"Feature","properties":{"site_id":"s1","radius_m":150.0},"geometry":{"type":"Point","coordinates":[-0.15,51.52]}}'
    data = {
        "ndjson": b'\n{"site_id":"s1","lon":-0.15,"lat":51.52,"radius_m":150.0}\r\n \n',
        "geojson": f'{{"type":"FeatureCollection","features":[{feature}]}}'.encode(),
        "parquet": sink.getvalue().to_pybytes(),
    }[form]
    ending = "gz" if pack is packed else "zst"
    rows, count = read_table(site_file(tmp_path / f"sites.{form}.{ending}", pack(data)))
    assert count == 1
    assert (rows[0].values["site_id"], rows[0].values["radius_m"]) == ("s1", "150.0")
    assert read_table(site_file(tmp_path / "sites.dat", data), Declaration(format=form))[1] == 1


def test_ndjson_and_geojson_in_another_encoding(tmp_path):
    """JSON is text like any other."""
    line = '{"site_id":"ß2","lon":-0.15,"lat":51.52,"radius_m":150}\n'
    source = site_file(tmp_path / "sites.ndjson", line.encode("utf-16"))
    assert rows_of(source, encoding="utf-16") == [("ß2", "-0.15", "51.52", "150")]
    with pytest.raises(InputError):
        rows_of(source)
    feature = '{"type":"Feature","properties":{"site_id":"ß2","lon":1,"lat":2,"radius_m":3}}'
    source = site_file(tmp_path / "sites.json", feature.encode("cp1252"))
    assert rows_of(source, encoding="cp1252") == [("ß2", "1", "2", "3")]


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        ("ndjson", '{"site_id":"a","lon":1,"lat":2,"radius_m":3,"lon":4}\n'),
        ("json", '{"type":"Feature","properties":{"lon":1,"lat":2,"radius_m":3,"lon":4}}'),
        ("json", '{"type":"Feature","properties":{"radius_m":3},"geometry":{"type":"Point","type":"Point"}}'),
    ],
)
def test_a_name_that_is_twice_in_json_cannot_be_read(tmp_path, ending, text):
    """As for the filter; inside a value of NDJSON the first value counts."""
    with pytest.raises(InputError):
        rows_of(site_file(tmp_path / f"sites.{ending}", text.encode()))
    line = '{"site_id":"a","lon":1,"lat":2,"radius_m":3,"note":{"b":1,"b":2}}\n'
    assert rows_of(site_file(tmp_path / "sites.ndjson", line.encode())) == [("a", "1", "2", "3")]


def test_a_long_text_in_pieces(tmp_path):
    """Characters of several bytes at every place, packed in many members."""
    text = "".join(f"ß{'x' * (n % 7)}€\n" for n in range(60_000))
    data = text.encode("utf-16")
    source = site_file(tmp_path / "a.gz", b"".join(packed(data[at : at + 9_999]) for at in range(0, len(data), 9_999)))
    with text_of(source, Declaration(encoding="utf-16")) as found:
        assert found.read() == text
