"""What Arrow reads of a plain CSV of pings is what the statement reads of it, and only odd rows are asked of that."""

from __future__ import annotations

import gzip
import random
from importlib import import_module
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from offduty.config.declarations import TableDeclaration
from offduty.core.errors import StorageError
from offduty.core.times import LocalTime
from offduty.ingest import ping_copy, plain_copy
from offduty.ingest.columns import AS_READ
from offduty.ingest.duckdb_session import open_engine
from offduty.ingest.ping_copy import copy_text
from offduty.ingest.plain_csv import NotPlainError, PlainCsv
from offduty.ingest.plain_quotes import without_quotes
from offduty.ingest.source_file import Source
from tests.odd_csv import SMALL, copies, write_odd_csv

UNDECLARED = LocalTime(None, "Europe/London")
HEADER = "device_id,observed_at,lon,lat,accuracy_m"
GOOD = "d1,2026-03-02T09:00:00Z,-0.15,51.52,10"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows were asked of the statement, question by question."""
    counts: list[int] = []
    real = ping_copy._TextReading.ask

    def ask(statement, texts):
        counts.append(texts.num_rows)
        return real(statement, texts)

    monkeypatch.setattr(ping_copy._TextReading, "ask", ask)
    return counts


def copied(folder: Path, content: bytes, threads: int = 1, name: str = "pings.csv", **declared):
    """The copy of a file, as a table."""
    (folder / "work").mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    packed = "gzip" if path.suffix == ".gz" else ""
    source = Source(0, "pings", name, path, "csv", packed, TableDeclaration(**declared))
    with open_engine([source], folder / "work", threads, 400) as engine:
        copy = copy_text(engine, source, UNDECLARED, ())
        return pq.read_table(copy.path)


def whole_by_the_statement(*_):
    raise NotPlainError


def never(*_):
    raise AssertionError("the whole file was read by the statement")


@pytest.mark.parametrize("seed", range(10))
def test_odd_files_are_read_as_the_statement_reads_them(tmp_path, monkeypatch, seed):
    """Rows, types, columns, times without an offset, and the words of every refusal."""
    files = [write_odd_csv(tmp_path, str(number), random.Random(f"{seed}-{number}")) for number in range(3)]
    with monkeypatch.context() as small:
        for module, values in SMALL.items():
            for name, value in values.items():
                small.setattr(import_module(f"offduty.ingest.{module}"), name, value)
        found = [copies(tmp_path, file) for file in files]
    with monkeypatch.context() as whole:
        whole.setattr(ping_copy, "copy_plain", whole_by_the_statement)
        wanted = [copies(tmp_path, file) for file in files]
    assert found == wanted, files


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", ["pings.csv", "pings.csv.gz"])
def test_of_a_plain_file_the_odd_rows_alone_are_asked(tmp_path, monkeypatch, asked, end, threads, name):
    """In its order, in as many groups of rows as it takes, whatever number of threads reads it."""
    monkeypatch.setattr(ping_copy, "open_text", never)
    monkeypatch.setattr(plain_copy, "GROUP_ROWS", 1000)
    monkeypatch.setattr("offduty.ingest.plain_files.BLOCK_BYTES", 5000)
    lines = [GOOD.replace("d1", f"d{row}") for row in range(9_000)]
    odd = {0: "lon", 4_321: "lon", 4_322: "observed_at", 8_999: "device_id"}
    for row in odd:
        lines[row] = f"d{row},2026-03-02T09:00:00Z,0,0,10"
    lines[4_322] = "d4322,2026-03-02T09:00:00.1234567+0100,-0.15,51.52,10"
    lines[8_999] = " ,2026-03-02T09:00:00Z,-0.15,51.52,10"
    text = end.join([HEADER, *lines]).encode()
    table = copied(tmp_path, gzip.compress(text) if name.endswith(".gz") else text, threads, name)
    assert table["device_id"].to_pylist() == [line.partition(",")[0] for line in lines]
    assert [row for row, text in enumerate(table[AS_READ].to_pylist()) if text] == [0, 4_321, 8_999]
    assert table["observed_at"].null_count == 0
    assert table["observed_at"][4_322].as_py().isoformat() == "2026-03-02T08:00:00.123456+00:00"
    parts_asked = 5_000 // len(GOOD)  # 4,322 is no instant for Arrow, so its whole block is asked
    assert 4 <= sum(asked) <= 4 + 2 * parts_asked


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "end"])
def test_quotes_about_whole_values_are_no_reason_for_the_statement(tmp_path, monkeypatch, asked, end, last):
    """R, and many a database, write them about each text, or each value; a value of nothing is missing."""
    monkeypatch.setattr(ping_copy, "open_text", never)
    header = ",".join(f'"{name}"' for name in HEADER.split(","))
    lines = ['"d1","2026-03-02T09:00:00Z",-0.15,51.52,"10"', '"d2",2026-03-02T09:00:00Z,"-0.15","51.52",""', GOOD]
    text = end.join([header, *lines]) + (end if last else "")
    table = copied(tmp_path, text.encode())
    assert table["device_id"].to_pylist() == ["d1", "d2", "d1"]
    assert table["lon"].to_pylist() == [-0.15] * 3
    assert table["accuracy_m"].to_pylist() == [10, None, 10]
    assert (table[AS_READ].null_count, asked) == (3, [])


@pytest.mark.parametrize(
    "text",
    [
        f'{HEADER}\n"d,1",2026-03-02T09:00:00Z,-0.15,51.52,10\n',
        f'{HEADER}\n"d1,2026-03-02T09:00:00Z",-0.15,51.52,10\n',
        f'{HEADER}\n"d\n1",2026-03-02T09:00:00Z,-0.15,51.52,10\n',
        f'{HEADER}\n"d""1",2026-03-02T09:00:00Z,-0.15,51.52,10\n',
        f'{HEADER}\nd"1",2026-03-02T09:00:00Z,-0.15,51.52,10\n',
        f'{HEADER}\n"d1,2026-03-02T09:00:00Z,-0.15,51.52,10\n',
        f'{HEADER}\n"d1" ,2026-03-02T09:00:00Z,-0.15,51.52,10\n',
        f"{HEADER}\n\n{GOOD}\n",
        f"{HEADER}\r\n{GOOD}\n",
        f"{HEADER}\n\ufeff{GOOD}\n",
        f"{HEADER}\n{GOOD}\x00\n",
        f"{HEADER},LON\n{GOOD},1\n",
        f"{HEADER}\n",
        HEADER,
        "",
        f"{HEADER}\n{GOOD}{'x' * 4_000_000}\n",
    ],
    ids=[
        "a delimiter in quotes",
        "a delimiter in quotes, and a value too few",
        "an end of a line in quotes",
        "a quote in quotes",
        "quotes within a value",
        "a quote that does not end",
        "a space after quotes",
        "an empty line",
        "ends of two kinds",
        "a mark of UTF-8 within",
        "a zero byte",
        "a name twice",
        "a header alone",
        "a header without an end",
        "nothing",
        "a line of megabytes",
    ],
)
def test_what_is_not_plain_is_left_to_the_statement(tmp_path, text):
    """Quotes that hold something together or are never closed, empty lines, ends of two kinds, marks of encodings, a file without rows."""
    path = tmp_path / "pings.csv"
    path.write_bytes(text.encode())
    with pytest.raises(NotPlainError):
        plain_copy.copy_plain(Source(0, "pings", path.name, path, "csv"), str(tmp_path / "copy"), 1, (), never)


def test_quotes_hold_the_ends_of_lines_together():
    """Without them these would be two lines with as many values as the header has."""
    lines = b'd1,2026-03-02T09:00:00Z,-0.15,51.52,"10\nd2",2026-03-02T09:00:00Z,-0.15,51.52,10\n'
    assert without_quotes(lines, ",") is None
    assert without_quotes(lines.replace(b"\nd2", b""), ",") is not None


def test_a_file_of_which_every_row_is_odd_is_given_up(tmp_path, monkeypatch, asked):
    """The statement reads a whole file faster than row by row."""
    monkeypatch.setattr(plain_copy, "FEW_ROWS", 100)
    monkeypatch.setattr(plain_copy, "TOGETHER_ROWS", 200)
    monkeypatch.setattr("offduty.ingest.plain_files.BLOCK_BYTES", 1000)
    rows = copied(tmp_path, "\n".join([HEADER, *["d1,2026-03-02T09:00:00Z,0,0,10"] * 5_000]).encode()).num_rows
    assert rows == 5_000
    assert sum(asked) < 500


@pytest.mark.parametrize(
    ("change", "is_asked"),
    [
        (("d1", "Nan7"), True),
        (("d1", "NULL7"), False),
        (("d1", "n7"), True),
        (("d1", "é1"), True),
        (("-0.15,51.52", "0.0,-0"), True),
        (("-0.15,51.52", "0.0,1"), False),
        (("-0.15", "180.1"), True),
        (("51.52", "-90"), False),
        (("51.52", ""), True),
        ((",10", ","), False),
        ((",10", ",inf"), True),
        ((",10", ",1e400"), True),
        ((",10", ", 10"), True),
        (("09:00:00Z", "09Z"), True),
        (("09:00:00Z", "09:00Z"), False),
        (("09:00:00Z", "09:00:00+01:00"), False),
        (("09:00:00Z", "09:00:00+0100"), True),
        (("09:00:00Z", "09+01:00"), True),
        (("09:00:00Z", "09:00:00"), True),
    ],
    ids=str,
)
def test_arrow_answers_for_what_is_surely_a_ping_alone(change, is_asked):
    """Ids that may be a word for nothing, places out of range, and what Arrow reads and the contract does not."""
    csv = PlainCsv(
        tuple(HEADER.split(",")), ",", b"\n", {name: name for name in HEADER.split(",")} | {"valid": "valid"}
    )
    read = csv.read(f"{GOOD.replace(*change)}\n".encode())
    assert bool(len(read.asked)) == is_asked
    assert bool(read.lines) == is_asked


@pytest.mark.parametrize(
    ("received_at", "valid", "is_asked"),
    [
        ("", "", False),
        ("2026-03-02T08:59:00Z", "true", False),
        ("2026-03-02T08:58:59Z", "true", True),
        ("2026-03-02T09:00:01Z", "1", False),
        ("2026-03-02T09:00:01Z", "0", True),
        ("2026-03-02T09:00:01Z", "void", True),
    ],
)
def test_arrow_answers_for_a_fix_that_the_device_and_its_receipt_vouch_for(received_at, valid, is_asked):
    """A fix that came more than a minute before it was made, and one that the device calls none, are asked."""
    names = (*HEADER.split(","), "received_at", "valid")
    read = PlainCsv(names, ",", b"\n", {name: name for name in names}).read(f"{GOOD},{received_at},{valid}\n".encode())
    assert bool(len(read.asked)) == is_asked


def test_a_copy_that_the_disk_does_not_take_stops_the_run(tmp_path):
    """As an error of the disk, and not of the file."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no full disk to write to")
    path = tmp_path / "pings.csv"
    path.write_text(f"{HEADER}\n" + f"{GOOD}\n" * 50_000)
    with pytest.raises(StorageError, match="the disk refused"):
        plain_copy.copy_plain(Source(0, "pings", path.name, path, "csv"), str(full), 1, (), never)
