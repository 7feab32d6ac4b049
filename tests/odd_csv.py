"""Writes CSVs of pings as odd as people's and as odd as nobody's, and copies them, to compare two ways of reading.

``python -m tests.odd_csv TREE [--files 3000] [--seed 1]`` writes such files, has them copied by this working tree and by
another (a ``git worktree`` of an older commit, with this one's packages), and says where the copies differ: rows, types,
columns, or the words of a refusal. It ends with 1 where one does, and with 0 else. A unit test compares, with fewer
files, what Arrow reads with what the statement reads.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import pickle
import random
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any


def _words(text: str) -> list[str]:
    return text.split("|")


NUMBERS = _words(
    "|nan|NaN|inf|-inf|Infinity|1e5|1E5|+1|1.|.5|-.5|-|.| 1|1 |\t1|1\t|1e400|1e-400|0x10|1_000|NULL|N/A|abc|\uff11|1\u00a0|0"
    "|-0.0|0.0|180|-180|180.0000001|90|-90|90.00000000000001|1.7976931348623159e308|5e-324|007|1e|--1|9007199254740993"
    "|0.1234567890123456789012345678901234567890|-0|1,5|1\x0b|1 2| |nan(1)|1e+05|1d"
)
TIMES = _words(
    "|NULL|2026-03-23Z|2026-03-23|2026-03-23T10Z|2026-03-23T10:00Z|2026-03-23 10:00:00Z|2026-03-23T10:00:00.1Z"
    "|2026-03-23T10:00:00.1234567Z|2026-03-23T10:00:00.123456789Z|2026-03-23T10:00:00+01:00|2026-03-23T10:00:00+0100"
    "|2026-03-23T10:00:00+01|2026-03-23T10+01|2026-03-23T10+01:00|2026-03-23T10:00:00-00:00|2026-03-23T10:00:00+24:00"
    "|2026-03-23T10:00:00.5+05:30|2026-03-23T24:00:00Z|2026-03-23T23:59:60Z|2026-02-29T10:00:00Z|2024-02-29T10:00:00Z"
    "|1900-02-29T00:00:00Z|0000-01-01T00:00:00Z|0001-01-01T00:00:00Z|0001-01-01T00:00:00+01:00"
    "|9999-12-31T23:59:59.999999Z|9999-12-31T23:59:59-01:00|1582-10-10T00:00:00Z|2026-03-23t10:00:00z"
    "|2026-03-23T10:00:00|2026-03-29T01:30:00|2026-10-25 01:30|2026-07-06T09:00| 2026-03-23T10:00:00Z"
    "|2026-03-23T10:00:00Z |1700000000|yesterday|20260323T100000Z|2026-03-23T1000Z|2026-03-23T10:00:00 Z"
    "|2026-03-23T10:00:00.Z|2026-3-23T10:00:00Z|2026-03-23T10:00:00\u00a0Z|2026-03-23T10:0\u0660:00Z|2262-04-12T00:00:00Z"
)
IDS = _words(
    "| |NULL|null|None|none|nan|NaN|\\N|N/A|#N/A|<NA>|NA|n|N1|NaN1|nan |NULL |None\t|d 1| d1|d1 |[1]|{}|[|{x|\u00a0|\u00e91"
    "|d\u200b|\u200b|-|_x|x_|'a'|d1\u00a0|\ufeffd1|007|0|\U0001d5211|d\x001|d\x7f|d\x01|d;1"
)
VALID = _words("|true|TRUE|t|1|a|valid|VALID|v|0|false| true|yes|y| |\u00e9")
OTHER = _words("|x|y z| pad |\u00e9|\t|1|a longer text|NULL|-")
ODDNESS = (0, 0, 0.01, 0.02, 0.05, 0.3)


def write_odd_csv(folder: Path, name: str, rng: random.Random) -> dict[str, Any]:
    """Write one file of up to a hundred rows; returns what is declared of it, and its file name."""
    declared: dict[str, Any] = {}
    columns = _columns(rng)
    if rng.random() < 0.1:
        declared["columns"] = {"lon": "x", "device_id": "unit"}
    delimiter = rng.choice(",,,,;\t|")
    if delimiter != "," and rng.random() < 0.95:
        declared["delimiter"] = delimiter
    text = _text(rng, columns, declared.get("columns", {}), delimiter)
    content = _bytes(rng, text, declared)
    for key, value in (("decimal", ","), ("units", {"accuracy_m": "ft"}), ("constants", {"valid": "true"})):
        if rng.random() < 0.03:
            declared[key] = value
    is_packed = rng.random() < 0.15
    if is_packed:
        packed = gzip.compress(content, mtime=0)
        content = packed[: rng.choice([-5, *[len(packed)] * 20])]
    path = folder / f"{name}.csv{'.gz' if is_packed else ''}"
    path.write_bytes(content)
    extra: list[str] = [other for other in ("speed", "note") if other in columns and rng.random() < 0.5]
    extra += ["missing"] * (rng.random() < 0.02)
    return {"file": path.name, "declared": declared, "extra": extra, "threads": rng.choice([1, 2])}


def _columns(rng: random.Random) -> list[str]:
    columns = ["device_id", "observed_at", "lon", "lat"]
    columns += [name for name in ("accuracy_m", "received_at", "valid", "speed", "note") if rng.random() < 0.4]
    if rng.random() < 0.3:
        rng.shuffle(columns)
    if rng.random() < 0.03:
        columns.remove(rng.choice(columns))
    if rng.random() < 0.03:
        columns.append(rng.choice([*columns, "LON", "", '"q"', "row", "\u00e9"]))
    return columns


def _text(rng: random.Random, columns: list[str], renamed: dict[str, str], delimiter: str) -> str:
    form = _TimeForm(rng)
    oddness = rng.choice(ODDNESS)
    lines = [[renamed.get(name, name) for name in columns]]
    lines += [
        [_value(rng, name, form, oddness) for name in columns] for _ in range(rng.choice([0, 1, 2, 5, 20, 50, 100]))
    ]
    share = rng.choice([0, 0, 0, 0, 0.3, 1]) if rng.random() < 0.5 else 0
    lines = [[f'"{value}"' if rng.random() < share else value for value in line] for line in lines]
    text = [delimiter.join(line) for line in lines]
    if rng.random() < 0.05:
        _damage(rng, text, delimiter)
    end, other = rng.choice([("\n", "\r\n"), ("\n", "\r\n"), ("\r\n", "\n")])
    joined = end.join(text) + rng.choice([end, end, end, end, "", end * 2])
    return joined.replace(end, rng.choice([other, "\r"]), 1) if rng.random() < 0.03 else joined


class _TimeForm:
    """How the instants of a file are written."""

    def __init__(self, rng: random.Random) -> None:
        self.middle = rng.choice("TTT ")
        self.has_fraction = rng.random() < 0.5
        self.offset = rng.choice(["Z", "Z", "Z", "Z", "+00:00", ""])

    def value(self, rng: random.Random, day: str) -> str:
        fraction = f".{rng.randrange(10**6):06d}" if self.has_fraction else ""
        clock = f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}"
        return f"{day}{self.middle}{clock}{fraction}{self.offset}"


def _value(rng: random.Random, name: str, form: _TimeForm, oddness: float) -> str:
    is_odd = rng.random() < oddness
    if name == "device_id":
        return rng.choice(IDS) if is_odd else f"{rng.choice(['d', 'N', 'device-', '7'])}{rng.randrange(50)}"
    if name in ("observed_at", "received_at"):
        day = "2026-03-23" if name == "observed_at" or rng.random() < 0.1 else "2026-03-24"
        missing = name == "received_at" and rng.random() < 0.2
        return rng.choice(TIMES) if is_odd else "" if missing else form.value(rng, day)
    if name in ("lon", "lat", "accuracy_m"):
        missing = name == "accuracy_m" and rng.random() < 0.1
        return rng.choice(NUMBERS) if is_odd else "" if missing else f"{rng.uniform(-80, 80):.{rng.randrange(18)}f}"
    if name == "valid":
        return rng.choice(VALID) if is_odd else rng.choice(["true", "", "1"])
    return rng.choice(OTHER) if rng.random() < 0.3 else str(rng.randrange(100))


def _damage(rng: random.Random, lines: list[str], delimiter: str) -> None:
    """Make one line other than it should be."""
    at = rng.randrange(len(lines))
    line = lines[at]
    lines[at : at + 1] = rng.choice(
        [
            [line + delimiter],
            [line.rpartition(delimiter)[0]],
            [line, ""],
            ["", line],
            [line + "\r"],
            [line + '"'],
            [f'"{line}"'],
            [line.replace(delimiter, f'"{delimiter}"')],
            ['"' + line.replace(delimiter, f'"{delimiter}"') + '"'],
            [f'"a{delimiter}b"{delimiter}{line.partition(delimiter)[2]}'],
            [f'"a\nb"{delimiter}{line.partition(delimiter)[2]}'],
            [f'"a""b"{delimiter}{line.partition(delimiter)[2]}'],
            [f' "a" {delimiter}{line.partition(delimiter)[2]}'],
            [line, " "],
            [line.replace(delimiter, delimiter * 2, 1)],
            [line + "x" * 3000],
        ]
    )


def _bytes(rng: random.Random, text: str, declared: dict[str, Any]) -> bytes:
    content = text.encode()
    if rng.random() < 0.03:
        content = b"\xef\xbb\xbf" + content
    if rng.random() < 0.02:
        at = rng.randrange(len(content) + 1)
        content = content[:at] + bytes([rng.choice([0x80, 0xFF, 0, 0xC3, 0xED])]) + content[at:]
    if rng.random() < 0.05:
        content, declared["skip_rows"] = b"a title\n\n" + content, 2
    elif rng.random() < 0.03:
        content, declared["encoding"] = text.encode("cp1252", "ignore"), "cp1252"
    return content


def copies(folder: Path, file: dict[str, Any]) -> list[Any]:
    """What came of copying a file, without a declared time zone and with one: its rows and types, or a refusal."""
    import pyarrow.parquet as pq

    from offduty.config.declarations import TableDeclaration
    from offduty.core.errors import InputError
    from offduty.core.times import LocalTime
    from offduty.ingest.duckdb_session import open_engine
    from offduty.ingest.ping_copy import copy_text
    from offduty.ingest.source_file import Source

    path = folder / file["file"]
    declared = TableDeclaration(**file["declared"])
    source = Source(0, "pings", path.name, path, "csv", "gzip" if path.suffix == ".gz" else "", declared)
    found: list[Any] = []
    for zone in (None, "Europe/London"):
        with tempfile.TemporaryDirectory() as work, open_engine([source], Path(work), file["threads"], 400) as engine:
            try:
                copy = copy_text(engine, source, LocalTime(zone, "Europe/London"), tuple(file["extra"]))
            except InputError as error:
                found.append(["refused", str(error), error.file])
                continue
            table = pq.read_table(copy.path)
            types = table.schema.remove_metadata().to_string()
            found.append([repr(table.to_pylist()), types, list(copy.columns), list(copy.lacks_offset)])
    return found


SMALL = {
    "plain_files": {"BLOCK_BYTES": 300},
    "plain_csv": {"PART_BYTES": 80},
    "plain_copy": {"GROUP_ROWS": 8, "TOGETHER_ROWS": 16, "MANY_ROWS": 4, "FEW_ROWS": 1 << 30},
}
"""By module: so small that a file of a hundred rows has every kind of block, and is never given up."""


def _copy_all(folder: Path) -> None:
    """Copy every file with the package of the working directory, and write down what came of it on the output."""
    sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
    sys.path.insert(0, os.getcwd())
    for name, values in SMALL.items():
        with suppress(ModuleNotFoundError):  # in an older tree
            vars(import_module(f"offduty.ingest.{name}")).update(values)
    files = json.loads((folder / "files.json").read_text(encoding="utf-8"))
    pickle.dump([copies(folder, file) for file in files], sys.stdout.buffer)


def main() -> int:
    """Compare this working tree with another."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copy", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.copy:
        _copy_all(options.tree)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seeds = (random.Random(f"{options.seed}-{number}") for number in range(options.files))
        files = [write_odd_csv(folder, f"{number:05d}", rng) for number, rng in enumerate(seeds)]
        (folder / "files.json").write_text(json.dumps(files), encoding="utf-8")
        command = [sys.executable, str(Path(__file__).resolve()), str(folder), "--copy"]
        trees = (Path(__file__).resolve().parents[1], options.tree)
        running = [subprocess.Popen(command, cwd=tree, stdout=subprocess.PIPE) for tree in trees]
        ours, theirs = (pickle.loads(process.communicate()[0]) for process in running)
    other = [file for file, one, two in zip(files, ours, theirs, strict=True) if one != two]
    refused = sum(copy[0] == "refused" for both in ours for copy in both)
    print(f"{len(files):,} files, {refused:,} of {2 * len(files):,} copies refused, {len(other):,} files differ")
    for file in other[:20]:
        print(json.dumps(file))
    return 1 if other else 0


if __name__ == "__main__":
    raise SystemExit(main())
