"""Writes the tables of a world in forms that a job declares: the same facts in other words, columns, files and bytes."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from offduty.config.job import Job
from tests.oracle.reading import NUMBER, Unreadable, blank, date_and_time, no_time, number
from tests.world import COLUMNS, Row, World, cell, lay_out, wkt

TIMES = frozenset({"observed_at", "received_at", "valid_from", "valid_to", "recorded_at", "starts_at", "ends_at"})
NUMBERS = frozenset({"lon", "lat", "accuracy_m", "radius_m"})
WORDS = frozenset({"duty_code", "status", "kind", "valid", "timezone"})
PRIVATE = frozenset({"device_id", "officer_id", "recorded_by", "lon", "lat", "geometry"})
ENCODINGS = ("utf-8", "utf-8", "utf-16", "utf-16-le", "utf-32", "cp1252", "iso8859-15")
DATES = ("%d/%m/%Y", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d%m%y", "%d-%b-%Y", "%A %d %B %Y", "%%%y, %d %m")
CLOCKS = ("%H:%M:%S.%f", "%H.%M.%S,%f", "%I:%M:%S.%f %p", "%H%M%S%f")
EXCEL_EPOCH = datetime(1899, 12, 30)
UNIX_EPOCH = datetime(1970, 1, 1)
Column = list[Any]


@dataclass
class Table:
    """A table on its way to another form: its columns in order, and what the job must declare about it."""

    names: list[str]
    columns: dict[str, Column]
    how: dict[str, Any] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows it has."""
        return max(map(len, self.columns.values()), default=0)

    def rows(self) -> list[Row]:
        """The rows, one by one."""
        return [dict(zip(self.columns, cells, strict=True)) for cells in zip(*self.columns.values(), strict=True)]


def lay_out_declared(rng: Random, given: World, folder: Path) -> Job:
    """Write a world as a job whose tables are all written, and declared, in ways drawn at random."""
    lay_out(given, folder)
    inputs = {name: written(rng, given, name, folder) for name in COLUMNS}
    document = {
        "policy": "policy.toml",
        "inputs": inputs,
        "keys": {"pseudonym": "pseudonym.key"},
        "output": {"store": "store"},
    }
    return Job.from_dict(document, folder / "job.toml")


def written(rng: Random, given: World, name: str, folder: Path) -> dict[str, Any]:
    """Write one table, and return what the job says about it."""
    rows = given["tables"][name]
    names = COLUMNS[name] + sorted({column for row in rows for column in row} - set(COLUMNS[name]))
    columns = {column: [wkt(row.get(column)) for row in rows] for column in names}
    table = Table(names, columns, dict((given.get("inputs") or {}).get(name, {})))
    form = rng.choice(["csv", "csv", "ndjson", "parquet"])
    with_constants(rng, table)
    with_words(rng, table)
    with_times(rng, table)
    with_units(rng, table)
    if form != "parquet":
        with_commas(rng, table)
    with_names(rng, table, form)
    path = written_file(rng, table, form, folder / "declared" / name)
    return {"path": str(path.relative_to(folder)), **table.how}


def with_constants(rng: Random, table: Table) -> None:
    """Leave out columns that have one value in all rows: the job declares it."""
    for name, values in list(table.columns.items()):
        others = [other for other in table.columns if other != name]
        stays = all(any(not blank(table.columns[other][at]) for other in others) for at in range(len(values)))
        one = len({repr(value) for value in values}) == 1 and isinstance(values[0], str | int | float)
        if one and stays and name not in PRIVATE and rng.random() < 0.5:
            table.how.setdefault("constants", {})[name] = cell(values[0])
            del table.columns[name]


def with_words(rng: Random, table: Table) -> None:
    """Write some words otherwise."""
    for name in WORDS & set(table.columns):
        values = table.columns[name]
        words = sorted({value for value in values if isinstance(value, str) and rng.random() < 0.6})
        if words:
            codes = {word: f"w{at}{word.strip().upper()[:1]}" for at, word in enumerate(words)}
            table.columns[name] = [codes.get(value, value) for value in values]
            table.how.setdefault("values", {})[name] = {word: [code] for word, code in codes.items()}


def with_times(rng: Random, table: Table) -> None:
    """Write columns of times otherwise, where all of a column are instants, wall times, or dates."""
    for name in TIMES & set(table.columns):
        kinds = {kind_of(value) for value in table.columns[name]} - {"nothing", "unreadable"}
        if len(kinds) == 1 and rng.random() < 0.7:
            form = time_form(rng, kinds.pop(), table.columns[name])
            table.columns[name] = [time_in(form, value) for value in table.columns[name]]
            table.how.setdefault("times", {})[name] = form


def kind_of(value: Any) -> str:
    """What is written of a time."""
    if no_time(value):
        return "nothing"
    try:
        moment, is_date = date_and_time(str(value))
    except Unreadable:
        return "unreadable"
    in_range = 1970 <= moment.year < 2068
    return ("date" if is_date else "instant" if moment.tzinfo else "wall") if in_range else "far"


def time_form(rng: Random, kind: str, values: Column) -> str:
    """A form in which nothing of such times is lost."""
    if kind == "date":
        return rng.choice(DATES)
    glue = rng.choice([" ", "T", " at ", ", "])
    whole = [(date_and_time(str(value))[0]).microsecond % 1000 == 0 for value in values if kind_of(value) == kind]
    numbers = {"wall": ["excel"] if all(whole) else [], "instant": ["unix_s", "unix_ms"]}.get(kind, [])
    if kind == "far":
        return "%Y-%m-%d %H:%M:%S.%f"  # nothing else of the world is: they are unreadable there, and so they are here
    text = rng.choice(DATES) + glue + rng.choice(CLOCKS) + ("%z" if kind == "instant" else "")
    return rng.choice([text, text, *numbers])


def time_in(form: str, value: Any) -> Any:
    """A time in another form; what is nothing stays that, and what cannot be read becomes something else that cannot."""
    if no_time(value):
        return value
    if kind_of(value) in ("unreadable", "far"):
        return value if kind_of(value) == "unreadable" else "??"
    moment, _ = date_and_time(str(value))
    if form in ("unix_s", "unix_ms"):
        return format(Decimal(micros_of(moment)) / (1_000_000 if form == "unix_s" else 1_000), "f")
    if form == "excel":
        return format(Decimal(round((moment - EXCEL_EPOCH) / timedelta(milliseconds=1))) / 86_400_000, "f")
    return moment.strftime(form)


def micros_of(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    offset = moment.utcoffset() or timedelta()
    return (moment.replace(tzinfo=None) - offset - UNIX_EPOCH) // timedelta(microseconds=1)


def with_units(rng: Random, table: Table) -> None:
    """Write numbers with the decimal point elsewhere; lengths also in kilometres."""
    for name in sorted(NUMBERS & set(table.columns)):
        if rng.random() < 0.4:
            unit, places = rng.choice([("1e-7", 7), ("0.01", 2), ("100", -2), ("1", 0)])
            if name.endswith("_m") and rng.random() < 0.3:
                unit, places = "km", -3
            table.columns[name] = [moved(value, places) for value in table.columns[name]]
            table.how.setdefault("units", {})[name] = unit


def moved(value: Any, places: int) -> Any:
    """A number with its decimal point moved to the right; anything else as it is."""
    if is_number(value):
        return format(Decimal(str(value).strip()).scaleb(places), "f")
    return value


def is_number(value: Any) -> bool:
    """Whether a value is a number, or text that is one."""
    return not isinstance(value, bool) and value is not None and NUMBER.fullmatch(str(value).strip()) is not None


def with_commas(rng: Random, table: Table) -> None:
    """Write numbers with a decimal comma."""
    forms = table.how.get("times", {})
    names = [name for name in table.columns if name in NUMBERS or "%" not in forms.get(name, "%")]
    cells = [value for name in names for value in table.columns[name] if value is not None]
    if rng.random() < 0.5 and not any(
        "," in str(value) or (not is_number(value) and not blank(value) and "." in str(value)) for value in cells
    ):
        table.how["decimal"] = ","
        for name in names:
            table.columns[name] = [
                str(value).replace(".", ",") if is_number(value) else value for value in table.columns[name]
            ]


def with_names(rng: Random, table: Table, form: str) -> None:
    """Give columns other names, in another order, and put a false one under the contract's own name."""
    renamed: dict[str, Column] = {}
    names = list(table.columns)
    rng.shuffle(names)
    for at, name in enumerate(names):
        new = rng.choice([name, f"Spalte {at}", f"col_{at}", f"\u00e4 {at}"])
        renamed[new] = table.columns[name]
        if new != name:
            table.how.setdefault("columns", {})[name] = new
            if rng.random() < 0.2 and table.count:
                renamed[name] = [None if blank(value) else "false" for value in table.columns[name]]
    table.columns = renamed


def written_file(rng: Random, table: Table, form: str, folder: Path) -> Path:
    """Write the table in a format, perhaps packed, under a name that may say nothing; declare what it does not say."""
    folder.mkdir(parents=True)
    data = {"csv": as_csv, "ndjson": as_ndjson, "parquet": as_parquet}[form](rng, table)
    packing = rng.choice(["", "", ".gz", ".zst"])
    if packing == ".gz":
        cut = rng.randint(0, len(data))
        data = gzip.compress(data[:cut]) + gzip.compress(data[cut:])
    elif packing == ".zst":
        cut = rng.randint(0, len(data))
        data = b"".join(pa.Codec("zstd").compress(part, asbytes=True) for part in (data[:cut], data[cut:]))
    name = f"part-0.{form}{packing}"
    if rng.random() < 0.2:
        name = "part-0.dat"
        table.how |= {"format": form} | ({"compression": {".gz": "gzip", ".zst": "zstd"}[packing]} if packing else {})
    path = folder / name
    path.write_bytes(data)
    return path


def as_csv(rng: Random, table: Table) -> bytes:
    """CSV with any delimiter, encoding, and lines before the header."""
    delimiter = rng.choice([",", ";", "\t", "|"])
    out = io.StringIO()
    lines = csv.writer(out, delimiter=delimiter, lineterminator=rng.choice(["\n", "\r\n"]))
    titles = rng.choice([0, 0, 1, 3])
    for _ in range(titles):
        out.write(rng.choice(["Export\n", '"a title\r\n', "\n", ";;,,\n"]))
    lines.writerow(table.columns)
    lines.writerows([cell(value) for value in row.values()] for row in table.rows())
    declared = {"delimiter": delimiter, "skip_rows": titles, "encoding": encoding_of(rng, out.getvalue())}
    table.how |= {key: value for key, value in declared.items() if value not in (",", 0, "utf-8")}
    return out.getvalue().encode(declared["encoding"])


def encoding_of(rng: Random, text: str) -> str:
    """An encoding that has all letters of a text."""
    encoding = rng.choice(ENCODINGS)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "utf-8"
    return encoding


def as_ndjson(rng: Random, table: Table) -> bytes:
    """One object a line, numbers as numbers where these may have a point."""
    how, numbers = table.how, rng.random() < 0.5
    ours = {new: name for name, new in how.get("columns", {}).items()}

    def value_of(column: str, value: Any) -> Any:
        name = ours.get(column, column)
        as_number = numbers and how.get("decimal") != "," and name in how.get("units", {}) and is_number(value)
        return json.loads(value) if as_number and value[:1] not in "+." and not value.startswith("00") else value

    text = "".join(
        json.dumps({column: value_of(column, value) for column, value in row.items()}, ensure_ascii=False) + "\n"
        for row in table.rows()
    )
    encoding = encoding_of(rng, text)
    if encoding != "utf-8":
        how["encoding"] = encoding
    return text.encode(encoding)


def as_parquet(rng: Random, table: Table) -> bytes:
    """Parquet with numbers as doubles, of places and sites where none is text; and everything else as text."""
    ours = {new: name for name, new in table.how.get("columns", {}).items()}
    arrays = {}
    for name, values in table.columns.items():
        is_numbers = ours.get(name, name) in NUMBERS
        if is_numbers and ("observed_at" in table.names or not any(isinstance(value, str) for value in values)):
            arrays[name] = pa.array([number(value) for value in values], pa.float64(), from_pandas=False)
        else:
            arrays[name] = pa.array([None if value is None else cell(value) for value in values], pa.string())
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays), sink, row_group_size=rng.choice([2, 1000]))
    return sink.getvalue().to_pybytes()
