"""What Arrow reads of a plain CSV of a reference table is what the statement reads of it; any other CSV is left to it."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from offduty.config.declarations import TableDeclaration
from offduty.core.errors import InputError
from offduty.ingest import reference_files
from offduty.ingest.duckdb_session import DuckDBSession, open_engine
from offduty.ingest.plain_tables import plain_table
from offduty.ingest.reference_files import ReferenceTable, read_reference
from offduty.ingest.source_file import Source

HEADER = "shift_id,officer_id,starts_at,ends_at,timezone,duty_code,status,recorded_at,recorded_by"
ROW = "s1,o1,2026-03-02T08:00:00,2026-03-02T16:00:00,,duty,active,2026-02-01T00:00:00Z,planning"
VALUES = ["", "", "s1", "o1", " o1", "o1 ", "2026-03-02T08:00:00", "NULL", "ö\u00a0", "\u200b", "1,5", "a;b", "é" * 9]


def _source(path: Path, declared: TableDeclaration | None = None) -> Source:
    return Source(0, "roster", path.name, path, "csv", declared=declared or TableDeclaration())


def _read(path: Path, work: Path) -> ReferenceTable:
    source = _source(path)
    with open_engine([source], work, 1, 400) as engine:
        return read_reference(engine, "roster", [source], by_dictionary=True)


def _told(engine: DuckDBSession, source: Source) -> Any:
    """All that is read of a file, or the words of the refusal."""
    try:
        found = read_reference(engine, "roster", [source], by_dictionary=True)
    except InputError as error:
        return str(error)
    return found.rows.to_pydict(), found.counts, found.ignored, found.lacks_offset


def _is_taken(path: Path, declared: TableDeclaration | None = None) -> bool:
    names = path.read_bytes().decode("utf-8-sig").splitlines()[0].split(",")
    return plain_table(path, _source(path, declared), names) is not None


def _odd_csv(rng: random.Random) -> bytes:
    """Some rows: most as they should be, others with odd values, too few or too many of them, or odd ends."""
    lines = [HEADER]
    for _ in range(rng.choice([0, 1, 5, 40])):
        values = ROW.split(",")
        if rng.random() < 0.3:
            values[rng.randrange(len(values))] = rng.choice(VALUES)
        if rng.random() < 0.02:
            values = rng.choice([values[:-1], [*values, ""], [""] * len(values), ['"x"', *values[1:]], []])
        lines.append(",".join(values))
    end = rng.choice(["\n"] * 9 + ["\r\n", "\r"])
    text = end.join(lines) + rng.choice(["", end, end, end, end + end])
    return (rng.choice(["", "", "", "\ufeff"]) + text).encode() + rng.choice([b""] * 20 + [b"\xff", b"\0"])


def test_arrow_reads_what_the_statement_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = []
    for seed in range(80):
        path = tmp_path / f"roster{seed}.csv"
        path.write_bytes(_odd_csv(random.Random(seed)))
        sources.append(replace(_source(path), number=seed))

    with open_engine(sources, tmp_path, 1, 400) as engine:
        found = [_told(engine, source) for source in sources]
        monkeypatch.setattr(reference_files, "plain_table", lambda *_: None)
        by_statement = [_told(engine, source) for source in sources]

    assert found == by_statement


def test_a_plain_csv_is_read_by_arrow_with_each_time_once(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("\n".join([HEADER, ROW, ROW, ""]))

    found = _read(path, tmp_path)

    assert pa.types.is_dictionary(found.rows.schema.field("starts_at").type)
    assert found.rows["shift_id"].to_pylist() == ["s1", "s1"]


@pytest.mark.parametrize(
    "text",
    [
        f'{HEADER}\n"s1"{ROW[2:]}\n',
        f"{HEADER}\r\n{ROW}\r\n",
        f"{HEADER}\n{ROW}\0\n",
        f"{HEADER}\n\n{ROW}\n",
        f"{HEADER}\n{ROW},\n",
        f"{HEADER}\n{ROW[:-9]}\n",
        f"{HEADER}\n,,,,,,,,\n{ROW}\n",
        f"{HEADER}\n \u00a0{ROW}\n\u200b,,,,,,,,\n",
    ],
    ids=["quoted", "CR", "NUL", "empty line", "more values", "fewer values", "blank", "white"],
)
def test_any_other_csv_is_left_to_the_statement(text: str, tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode())

    assert not _is_taken(path)


def test_a_csv_that_is_declared_otherwise_is_left_to_the_statement(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(f"{HEADER}\n{ROW}\n")

    assert _is_taken(path, TableDeclaration(time_zone="Europe/London"))
    assert not _is_taken(path, TableDeclaration(values={"duty_code": {"duty": ("D",)}}))
    assert not _is_taken(path, TableDeclaration(constants={"status": "active"}))


def test_files_of_which_one_is_plain_are_one_table(tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    paths[0].write_text(f"{HEADER}\n{ROW}\n")
    paths[1].write_text(f'{HEADER}\n"s2"{ROW[2:]}\n')
    sources = [
        Source(number, "roster", path.name, path, "csv", declared=TableDeclaration())
        for number, path in enumerate(paths)
    ]

    with open_engine(sources, tmp_path, 1, 400) as engine:
        found = read_reference(engine, "roster", sources, by_dictionary=True)

    assert found.rows["shift_id"].to_pylist() == ["s1", "s2"]
    assert found.rows["status"].to_pylist() == ["active", "active"]
