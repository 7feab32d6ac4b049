"""Writes the sample's tables as other programs would, each with the declaration that says so.

The reading of what is written here is the filter's and the second implementation's work; nothing of theirs is used.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.oracle.reading import instant
from tests.paths import ROOT

SAMPLE = ROOT / "sample_data"
Rows = list[dict[str, Any]]
CODES = {"duty": "D", "court": "Gericht", "training": "T'r\"aining"}


@dataclass(frozen=True)
class Form:
    """A way of writing: the files of all tables, by name, and the declaration of each table (with its path)."""

    name: str
    files: dict[str, bytes]
    inputs: dict[str, dict[str, Any]]


def sample_tables() -> dict[str, Rows]:
    """The sample's tables as rows of text; pings in the order of their files, geometry as a GeoJSON object."""
    tables: dict[str, Rows] = {"pings": []}
    for path in sorted((SAMPLE / "pings").iterdir()):
        for row in pq.read_table(path).to_pylist():
            at = row["observed_at"]
            tables["pings"].append(
                {**row, "observed_at": None if at is None else at.isoformat(timespec="microseconds")}
            )
    for table in ("assignments", "roster"):
        with (SAMPLE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            tables[table] = list(csv.DictReader(file))
    for table in ("places", "sites"):
        features = json.loads((SAMPLE / f"{table}.geojson").read_text())["features"]
        tables[table] = [{**feature["properties"], "geometry": feature["geometry"]} for feature in features]
    return tables


def by_contract(tables: dict[str, Rows]) -> Form:
    """As the contract has it; nothing is declared."""
    files = {
        "pings.csv": _csv(
            [{name: "" if value is None else value for name, value in row.items()} for row in tables["pings"]], ","
        ).encode(),
        "assignments.csv": (SAMPLE / "assignments.csv").read_bytes(),
        "roster.csv": (SAMPLE / "roster.csv").read_bytes(),
        **_places(tables),
    }
    inputs = {table: {"path": f"{table}.csv"} for table in ("pings", "assignments", "roster")}
    return Form("contract", files, {**inputs, **PLAIN_PLACES})


def german(tables: dict[str, Rows]) -> Form:
    """Semicolons, decimal commas, title lines, DD.MM.YYYY, in Windows-1252, packed by gzip in two members."""
    pings = {"device_id": "Gerät", "observed_at": "Zeit", "lon": "Länge", "lat": "Breite", "accuracy_m": "Genauigkeit"}
    roster = {
        "officer_id": "Personalnr",
        "starts_at": "Von",
        "ends_at": "Bis",
        "duty_code": "Art",
        "recorded_at": "Stand",
    }
    holds = {"officer_id": "Personalnr", "valid_from": "Ab", "valid_to": "Ausgabe bis"}
    times = {"pings": ["observed_at"], "roster": ["starts_at", "ends_at", "recorded_at"], "assignments": [*holds][1:]}
    files, inputs = {}, {}
    for table, names in {"pings": pings, "roster": roster, "assignments": holds}.items():
        rows = [
            {
                names.get(name, name): _german_time(value) if name in times[table] else _german(name, value)
                for name, value in row.items()
            }
            for row in tables[table]
        ]
        text = _csv(rows, ";").encode("cp1252")
        middle = len(text) // 2
        files[f"{table}.csv.gz"] = gzip.compress(b"Ausgabe;\n\n" + text[:middle]) + gzip.compress(text[middle:])
        inputs[table] = {
            "path": f"{table}.csv.gz",
            "delimiter": ";",
            "decimal": ",",
            "skip_rows": 2,
            "encoding": "cp1252",
            "columns": names,
            "times": dict.fromkeys(times[table], "%d.%m.%Y %H:%M:%S.%f%z"),
        }
    inputs["roster"]["times"] = {
        "recorded_at": "%d.%m.%Y %H:%M:%S.%f%z",
        **dict.fromkeys(["starts_at", "ends_at"], WALL),
    }
    inputs["roster"]["values"] = {"duty_code": {ours: [written] for ours, written in CODES.items()}}
    return Form("german", {**files, **_places(tables)}, {**inputs, **PLAIN_PLACES})


WALL = "%d.%m.%Y %H:%M:%S"
PLAIN_PLACES = {"places": {"path": "places.geojson"}, "sites": {"path": "sites.geojson"}}


def _german(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in ("lon", "lat", "accuracy_m"):
        return f"{Decimal(repr(value)):f}".replace(".", ",") if value == value else "nan"  # NaN differs from itself
    return CODES.get(value, str(value)) if name == "duty_code" else str(value)


def _german_time(value: str | None) -> str:
    if not value:
        return ""
    if value[-1] != "Z" and "+" not in value[10:]:
        return datetime.fromisoformat(value).strftime(WALL)
    return _moment(value).strftime("%d.%m.%Y %H:%M:%S.%f+0000")


def _moment(value: str) -> datetime:
    us = instant(value)
    return datetime.fromisoformat("1970-01-01T00:00:00") + (datetime.resolution * us)


def epoch(tables: dict[str, Rows]) -> Form:
    """UTF-16 with tabs; milliseconds and seconds since 1970 with decimals, degrees as whole numbers of 1e-7."""
    rows = [
        {**row, "observed_at": _unix(row["observed_at"], 3), "lon": _e7(row["lon"]), "lat": _e7(row["lat"])}
        for row in tables["pings"]
    ]
    holds = [
        {"device_id": row["device_id"], "von": row["officer_id"], **_seconds(row, ("valid_from", "valid_to"))}
        for row in tables["assignments"]
    ]
    inputs = {
        "pings": {
            "path": "pings.txt",
            "format": "csv",
            "encoding": "utf-16",
            "delimiter": "\t",
            "times": {"observed_at": "unix_ms"},
            "units": {"lon": "1e-7", "lat": "0.0000001", "accuracy_m": "m"},
        },
        "assignments": {
            "path": "held.csv",
            "columns": {"officer_id": "von"},
            "times": {"valid_from": "unix_s", "valid_to": "unix_s"},
        },
        "roster": {"path": "roster.csv"},
        **PLAIN_PLACES,
    }
    files = {
        "pings.txt": _csv(rows, "\t").encode("utf-16"),
        "held.csv": _csv(holds, ",").encode(),
        "roster.csv": (SAMPLE / "roster.csv").read_bytes(),
        **_places(tables),
    }
    return Form("epoch", files, inputs)


def _seconds(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: _unix(row[name], 0) for name in names}


def _unix(value: str | None, digits: int) -> str:
    """An instant as a number of units since 1970, of which ten to the power of ``digits`` are a second."""
    if not value:
        return ""
    return f"{Decimal(instant(value)).scaleb(digits - 6):f}"


def _e7(value: float | None) -> str:
    return "" if value is None else "nan" if value != value else f"{Decimal(repr(value)).scaleb(7).normalize():f}"


def lines(tables: dict[str, Rows]) -> Form:
    """JSON lines packed by zstd, in two frames; one constant, days since 1899 for the roster, places under other names."""
    pings = [
        {"unit": row["device_id"], "ms": _ms(row), **_left(row, "device_id", "observed_at")} for row in tables["pings"]
    ]
    roster = [
        {**row, "starts_at": _excel(row["starts_at"]), "ends_at": _excel(row["ends_at"])} for row in tables["roster"]
    ]
    places = [{"GEOM": json.dumps(row["geometry"]), **_left(row, "geometry")} for row in tables["places"]]
    halves = [_ndjson(pings[: len(pings) // 2]), _ndjson(pings[len(pings) // 2 :])]
    packed = b"".join(pa.compress(half, codec="zstd", asbytes=True) for half in halves)
    files = {
        "pings.ndjson.zst": packed,
        "roster.ndjson": _ndjson(roster),
        "places.ndjson": _ndjson(places),
        "assignments.csv": (SAMPLE / "assignments.csv").read_bytes(),
        "sites.bin": gzip.compress(_geojson(tables["sites"])),
    }
    inputs = {
        "pings": {
            "path": "pings.ndjson.zst",
            "columns": {"device_id": "unit", "observed_at": "ms"},
            "times": {"observed_at": "unix_ms"},
        },
        "roster": {"path": "roster.ndjson", "times": {"starts_at": "excel", "ends_at": "excel"}},
        "places": {"path": "places.ndjson", "columns": {"geometry": "GEOM"}},
        "assignments": {"path": "assignments.csv"},
        "sites": {"path": "sites.bin", "format": "geojson", "compression": "gzip"},
    }
    return Form("lines", files, inputs)


def _ms(row: dict[str, Any]) -> Any:
    """Milliseconds since 1970 as a JSON number, so that it has no fraction of a microsecond."""
    written = _unix(row["observed_at"], 3)
    return None if not written else json.loads(written)


def _excel(value: str) -> str:
    """Days since 1899-12-30 with as many digits as a spreadsheet gives."""
    if not value:
        return ""
    days = (datetime.fromisoformat(value) - datetime.fromisoformat("1899-12-30")) / (
        datetime.resolution * 86_400_000_000
    )
    return repr(days)


def _left(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names and value == value}


def columnar(tables: dict[str, Rows]) -> Form:
    """Parquet with other names and whole numbers, and a roster in Parquet with words and a constant zone."""
    pings = tables["pings"]
    ms = [Decimal(_unix(row["observed_at"], 3)) if row["observed_at"] else None for row in pings]
    at = [None if each is None else int(each) for each in ms]
    assert at == ms, "the sample's instants are whole milliseconds"
    table = pa.table(
        {
            "unit": [row["device_id"] for row in pings],
            "at": at,
            "x": [None if row["lon"] is None or row["lon"] != row["lon"] else round(row["lon"] * 1e7) for row in pings],
            "lat": [row["lat"] for row in pings],
            "accuracy_m": [row["accuracy_m"] for row in pings],
            **{name: [row[name] for row in pings] for name in pings[0] if name not in KNOWN_PINGS},
        }
    )
    roster = [{**row, "duty_code": CODES.get(row["duty_code"], row["duty_code"])} for row in tables["roster"]]
    words = pa.table({name: [row[name] or None for row in roster] for name in roster[0] if name != "timezone"})
    files = {
        "pings.parquet": _parquet(table),
        "roster.parquet": _parquet(words),
        "assignments.csv": (SAMPLE / "assignments.csv").read_bytes(),
        **_places(tables),
    }
    inputs = {
        "pings": {
            "path": "pings.parquet",
            "columns": {"device_id": "unit", "observed_at": "at", "lon": "x"},
            "times": {"observed_at": "unix_ms"},
            "units": {"lon": "1e-7"},
        },
        "roster": {
            "path": "roster.parquet",
            "constants": {"timezone": "Europe/London"},
            "values": {"duty_code": {ours: [written] for ours, written in CODES.items()}},
        },
        "assignments": {"path": "assignments.csv"},
        **PLAIN_PLACES,
    }
    return Form("columnar", files, inputs)


KNOWN_PINGS = {"device_id", "observed_at", "lon", "lat", "accuracy_m"}


def _places(tables: dict[str, Rows]) -> dict[str, bytes]:
    return {f"{table}.geojson": _geojson(tables[table]) for table in ("places", "sites")}


def _geojson(rows: Rows) -> bytes:
    features = [{"type": "Feature", "properties": _left(row, "geometry"), "geometry": row["geometry"]} for row in rows]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _ndjson(rows: Rows) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _csv(rows: Rows, delimiter: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def lay_out(form: Form, folder: Path) -> Path:
    """Write the files of a form, with the sample's policy and a key, into a folder; returns the job file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in form.files.items():
        (folder / name).write_bytes(content)
    (folder / "policy.toml").write_bytes((SAMPLE / "policy.toml").read_bytes())
    (folder / "pseudonym.key").write_text("00112233445566778899aabbccddeeff" * 2 + "\n")
    (folder / "pseudonym.key").chmod(0o600)
    tables = "\n".join(f"[inputs.{table}]\n{toml_section(how)}" for table, how in form.inputs.items())
    job = folder / "job.toml"
    job.write_text(
        f'policy = "policy.toml"\n\n{tables}\n[keys]\npseudonym = "pseudonym.key"\n\n[output]\nstore = "store"\n',
        encoding="utf-8",
    )
    return job


def toml_section(section: dict[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in section.items())


def _value(value: Any) -> str:
    """A value of TOML; a dict is an inline table."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_value(each)}" for key, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
