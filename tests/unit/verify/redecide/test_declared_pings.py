"""Pings as a job declares them, read by the second implementation: by the column, in every format, packed or not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.ping_columns import DeviceLookup
from offduty.verify.redecide.ingest.ping_reader import ReadPiece, read_task, read_times, read_whose, tasks_of
from offduty.verify.redecide.ingest.quarantine_rows import fingerprint, same_text
from offduty.verify.redecide.model import InputFile
from offduty.verify.redecide.rules import Rules, read_rules
from offduty.verify.redecide.text_values import NO_TIME
from tests.second_implementation import policy_document
from tests.world import policy_of

EIGHT_US = 1_772_438_400_000_000
"""2026-03-02T08:00:00Z."""
DEVICES = DeviceLookup({"d1": 0, "d2": 1}, {}, 2)
VENDOR: dict[str, Any] = {
    "columns": {"device_id": "unit", "observed_at": "when", "lon": "x", "lat": "y", "accuracy_m": "how good"},
    "times": {"observed_at": "unix_ms"},
    "units": {"lon": "1e-7", "lat": "1e-7", "accuracy_m": "ft"},
    "values": {"valid": {"no": ["V"], "": ["-"]}},
}
ROWS: list[dict[str, Any]] = [
    {"unit": "d1", "when": 1772438400000, "x": -1500000, "y": 515200000, "how good": 10, "valid": "A"},
    {"unit": "d2", "when": 1772438400500, "x": -1300001, "y": 515100000, "how good": None, "valid": "V"},
    {"unit": None, "when": None, "x": None, "y": None, "how good": None, "valid": None},
    {"unit": "d3", "when": -1, "x": 5, "y": 5, "how good": 0, "valid": "-"},
]


def rules_of(declared: dict[str, Any], **policy: dict[str, Any]) -> Rules:
    """The rules of a run with a declaration of the pings."""
    return read_rules(
        {
            "policy": policy_document(policy_of(policy)),
            "interval": {"from": "", "to": ""},
            "as_of": "2026-11-20T00:00:00Z",
            "declarations": {"pings": as_recorded(declared)},
        }
    )


def as_recorded(how: dict[str, Any]) -> dict[str, Any]:
    """A declaration as a manifest has it: the contract's value by the written word."""
    words = {
        column: {word: ours for ours, several in values.items() for word in several}
        for column, values in how.get("values", {}).items()
    }
    return {**how, **({"values": words} if words else {})}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Rows in the format of the name, packed where it ends in .gz; Parquet in row groups of three."""
    names = list(rows[0])
    form = path.name.split(".")[1]
    if form == "csv":
        lines = [names, *(["" if row[name] is None else str(row[name]) for name in names] for row in rows)]
        data = "".join(";".join(line) + "\n" for line in lines).encode()
    elif form == "ndjson":
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    else:
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows), sink, row_group_size=3)
        data = sink.getvalue().to_pybytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def pieces_of(path: Path, rules: Rules) -> list[ReadPiece]:
    """What is read from a file."""
    tasks = tasks_of([InputFile(0, "pings", path.name, path)], rules)
    return [piece for task in tasks for piece in read_task(task, DEVICES, rules)]


def column(pieces: list[ReadPiece], name: str) -> list[Any]:
    """One column of all pieces; NaN as None."""
    values = np.concatenate([getattr(piece.piece, name) for piece in pieces]).tolist()
    return [None if value != value else value for value in values]


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet", "csv.gz", "ndjson.gz", "parquet.gz"])
def test_a_feed_as_a_vendor_writes_it(tmp_path, form):
    """The same pings from each format; positions are moved by their digits, and 10 feet are a product of doubles."""
    how = {**VENDOR, **({"delimiter": ";"} if form.startswith("csv") else {})}
    pieces = pieces_of(write(tmp_path / f"a.{form}", ROWS), rules_of(how))
    assert column(pieces, "row") == [0, 1, 2, 3]
    assert column(pieces, "device") == [0, 1, 2, 2]
    assert column(pieces, "named") == [True, True, False, True]
    assert column(pieces, "at_us") == [EIGHT_US, EIGHT_US + 500_000, NO_TIME, -1_000]
    assert column(pieces, "lon") == [-0.15, -0.1300001, None, 5e-7]
    assert column(pieces, "lat") == [51.52, 51.51, None, 5e-7]
    assert column(pieces, "accuracy_m") == [10 * 0.3048, None, None, 0.0]
    assert column(pieces, "no_fix") == [False, True, False, False]


@pytest.mark.parametrize("form", ["parquet", "parquet.gz"])
def test_instants_alone(tmp_path, form):
    """For a sample only the instants and the devices of Parquet are read, and only some rows."""
    rules = rules_of(VENDOR)
    path = write(tmp_path / f"a.{form}", ROWS)
    tasks = tasks_of([InputFile(0, "pings", path.name, path)], rules)
    assert [task.rows for task in tasks] == [3, 1]
    assert [at.tolist() for task in tasks for at in read_times(task, rules)] == [
        [EIGHT_US, EIGHT_US + 500_000, NO_TIME],
        [-1_000],
    ]
    whose = [part for task in tasks for part in read_whose(task, DEVICES, rules)]
    whole = [read.piece for task in tasks for read in read_task(task, DEVICES, rules)]
    for (device, at_us), piece in zip(whose, whole, strict=True):
        assert (device.tolist(), at_us.tolist()) == (piece.device.tolist(), piece.at_us.tolist())
    picked = [
        piece
        for task in tasks
        for piece in read_task(task, DEVICES, rules, lambda number, row: np.flatnonzero(row >= 2))
    ]
    assert column(picked, "row") == [2, 3]
    assert column(picked, "lon") == [None, 5e-7]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("-0,15", "51,52", "10,5"), (-0.15, 51.52, 10.5)),
        (("-0.15", "51,52", "10"), (None, 51.52, 10.0)),
        (("-1.000,5", "51,52", "x"), (None, 51.52, None)),
        ((" -0,15", "51,52", " "), (None, 51.52, 30.0)),
    ],
)
def test_a_decimal_comma(tmp_path, texts, expected):
    """A point is no part of a number; an accuracy that cannot be read is not a missing one, which the policy assumes."""
    lon, lat, accuracy = texts
    rows = [{"device_id": "d1", "observed_at": "1772438400,5", "lon": lon, "lat": lat, "accuracy_m": accuracy}]
    how = {"decimal": ",", "times": {"observed_at": "unix_s"}}
    rules = rules_of({**how, "delimiter": ";"}, accuracy={"when_missing": 30.0})
    pieces = pieces_of(write(tmp_path / "a.csv", rows), rules)
    assert [column(pieces, name)[0] for name in ("lon", "lat", "accuracy_m")] == list(expected)
    assert column(pieces, "at_us") == [EIGHT_US + 500_000]
    pieces = pieces_of(write(tmp_path / "a.ndjson", rows), rules_of(how, accuracy={"when_missing": 30.0}))
    assert [column(pieces, name)[0] for name in ("lon", "lat", "accuracy_m")] == list(expected)


def test_times_without_an_offset(tmp_path):
    """They mean what the zone of the table says, and nothing where they happened twice; a bare date is no instant."""
    rows = [
        {"device_id": "d1", "observed_at": text, "lon": 1, "lat": 2} for text in ("01/07/2026 9:00", "25/10/2026 1:30")
    ]
    how: dict[str, Any] = {"times": {"observed_at": "%d/%m/%Y %H:%M"}, "time_zone": "Europe/London", "delimiter": ";"}
    (at, twice) = column(pieces_of(write(tmp_path / "a.csv", rows), rules_of(how)), "at_us")
    assert at == 1_782_892_800_000_000
    assert twice == NO_TIME
    del how["time_zone"]
    with pytest.raises(InputError, match="no offset"):
        pieces_of(tmp_path / "a.csv", rules_of(how))
    rows = [{"device_id": "d1", "observed_at": "01/07/2026", "lon": 1, "lat": 2}]
    how["times"] = {"observed_at": "%d/%m/%Y"}
    assert column(pieces_of(write(tmp_path / "b.csv", rows), rules_of(how)), "at_us") == [NO_TIME]


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_constants(tmp_path, form):
    """They are those of every row, and no column of the file: a row without anything else is empty."""
    rows = [
        {"device_id": "d1", "observed_at": None, "lon": 1, "lat": 2},
        dict.fromkeys(("device_id", "observed_at", "lon", "lat")),
    ]
    how: dict[str, Any] = {"constants": {"accuracy_m": "7.5", "received_at": "2026-03-02T08:00:00Z", "valid": "no"}}
    how |= {"delimiter": ";"} if form == "csv" else {}
    path = write(tmp_path / f"a.{form}", rows)
    (piece,) = pieces_of(path, rules_of(how))
    assert column([piece], "accuracy_m") == [7.5, 7.5]
    assert column([piece], "no_fix") == [True, True]
    assert piece.written == 1
    with pytest.raises(InputError):
        pieces_of(path, rules_of({**how, "constants": {"observed_at": "2026-03-02T08:00:00Z"}}))


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_a_row_with_something_in_another_column_is_not_empty(tmp_path, form):
    """Whatever column of the file it is."""
    nothing: dict[str, Any] = dict.fromkeys(("device_id", "observed_at", "lon", "lat"))
    rows = [{**nothing, "note": None}, {**nothing, "note": " "}, {**nothing, "note": "x"}]
    (piece,) = pieces_of(write(tmp_path / f"a.{form}", rows), rules_of({"delimiter": ";"} if form == "csv" else {}))
    assert piece.written == 1


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_columns_that_stop(tmp_path, form):
    """A declared column that is missing, even an optional one, or a required one that is not under its other name."""
    rows = [{"device_id": "d1", "observed_at": "2026-03-02T08:00:00Z", "lon": 1, "lat": 2}]
    path = write(tmp_path / f"a.{form}", rows)
    delimiter = {"delimiter": ";"} if form == "csv" else {}
    assert column(pieces_of(path, rules_of(delimiter)), "at_us") == [EIGHT_US]
    for columns in ({"valid": "fix"}, {"lon": "x"}):
        with pytest.raises(InputError, match="a column is missing"):
            pieces_of(path, rules_of({**delimiter, "columns": columns}))


def test_the_contracts_own_name_is_an_extra_column_then(tmp_path):
    """What stands there is not looked at."""
    rows = [
        {
            "device_id": "d1",
            "observed_at": "2026-03-02T08:00:00Z",
            "lon": 500,
            "x": 1,
            "lat": 2,
            "valid": "no",
            "fix": "1",
        }
    ]
    how = {"columns": {"lon": "x", "valid": "fix"}}
    for form in ("ndjson", "parquet"):
        pieces = pieces_of(write(tmp_path / f"a.{form}", rows), rules_of(how))
        assert (column(pieces, "lon"), column(pieces, "no_fix")) == ([1.0], [False])


def test_quarantined_rows_are_as_read(tmp_path):
    """With the file's own names and the text as it was decoded, before anything that is declared about it."""
    rows = [{"unit": "dß", "when": "x", "x": "1,5", "y": None}]
    how = {
        "columns": {"device_id": "unit", "observed_at": "when", "lon": "x", "lat": "y"},
        "decimal": ",",
        "encoding": "utf-16",
    }
    path = write(tmp_path / "a.csv", rows)
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-16")
    (piece,) = pieces_of(path, rules_of({**how, "delimiter": ";"}))
    found = fingerprint(piece.text, 0)
    assert same_text('{"unit":"dß","when":"x","x":"1,5","y":null}', found)
    assert not same_text('{"unit":"dß","when":"x","x":"1.5","y":null}', found)
    assert not same_text('{"device_id":"dß","observed_at":"x","lon":"1,5","lat":null}', found)
    line = '{"unit": "dß", "when": "x", "x": "1,5", "y": null}'
    (tmp_path / "a.ndjson").write_text(f"{line}\r\n", encoding="utf-16", newline="")
    (piece,) = pieces_of(tmp_path / "a.ndjson", rules_of(how))
    assert same_text(line, fingerprint(piece.text, 0))
