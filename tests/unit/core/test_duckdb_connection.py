"""What DuckDB raises is told as what it means; each error here was seen, or is made by DuckDB itself."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import pytest

from offduty.core import published
from offduty.core.duckdb_connection import DuckDBConnection, QueryError, disk_refused
from offduty.core.errors import StorageError
from tests.faults.duckdb_places import MADE_OF_AN_INTERRUPT

OLDER = ("INTERRUPT Error: Interrupted!", "Invalid Input Error: KeyboardInterrupt: <EMPTY>")
INTERRUPTS = {**MADE_OF_AN_INTERRUPT, **{words: lambda words=words: RuntimeError(words) for words in OLDER}}
FULL = 'IO Error: Could not write file "/work/x": No space left on device'


class Raising:
    """In place of a connection of DuckDB: whatever it is asked, it raises this error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def asked(*_: Any, **__: Any) -> None:
            raise self._error

        return asked


def showing(con: DuckDBConnection) -> None:
    with con.showing(table=pa.table({"a": [1]})):
        pass


ASKED = {
    "execute": lambda con: con.execute("SELECT 1"),
    "ask": lambda con: con.ask("SELECT 1"),
    "showing": showing,
    "cursor": lambda con: con.cursor(),
    "close": lambda con: con.close(),
}


@pytest.mark.parametrize("error", INTERRUPTS.values(), ids=INTERRUPTS)
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_an_interrupt_is_one_whatever_is_asked(asked, error):
    """And what DuckDB said of it is not shown beside it."""
    with pytest.raises(KeyboardInterrupt) as raised:
        asked(DuckDBConnection(Raising(error())))
    assert raised.value.__suppress_context__


def test_an_interrupt_while_a_database_is_opened_is_one(monkeypatch):
    """That takes a few milliseconds."""

    def connect(**_: Any) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(duckdb, "connect", connect)
    with pytest.raises(KeyboardInterrupt):
        DuckDBConnection.open()


def test_an_interrupt_in_a_stream_of_arrow_is_one():
    """DuckDB reads the ledgers of a run so: the reader is a function of Python. It makes the error itself."""

    def batches():
        yield pa.record_batch({"a": [1]})
        raise KeyboardInterrupt

    stream = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), batches())
    with pytest.raises(KeyboardInterrupt), DuckDBConnection.open() as con, con.showing(rows=stream):
        con.ask("SELECT sum(a) FROM rows")


def test_an_interrupted_query_is_one():
    """As another thread interrupts it. DuckDB makes the error itself; the query asks for it, so no clock counts."""

    class Asked:
        """A stream that interrupts the query which reads it."""

        def __init__(self, con: DuckDBConnection) -> None:
            self.con = con

        def batches(self):
            self.con.con.interrupt()
            for _ in range(1_000):
                yield pa.record_batch({"a": [1]})

    with DuckDBConnection.open(threads=1) as con:
        stream = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), Asked(con).batches())
        with pytest.raises(KeyboardInterrupt), con.showing(rows=stream):
            con.ask("SELECT sum(a) FROM rows")
        assert con.ask("SELECT 1 AS one")["one"].to_pylist() == [1]


def test_an_error_of_a_stream_that_quotes_the_word_is_no_interrupt():
    """It is what a file has in it."""

    def batches():
        yield pa.record_batch({"a": [1]})
        raise ValueError("failed: KeyboardInterrupt: \nKeyboardInterrupt")

    stream = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), batches())
    with pytest.raises(QueryError), DuckDBConnection.open() as con, con.showing(rows=stream):
        con.ask("SELECT sum(a) FROM rows")


def test_too_little_memory_says_what_to_allow():
    """DuckDB makes the error itself."""
    with (
        DuckDBConnection.open(threads=1, memory_limit="10MB", temp_directory="") as con,
        pytest.raises(StorageError) as raised,
    ):
        con.execute("CREATE TABLE x AS SELECT range, hash(range) FROM range(5_000_000)")
    assert str(raised.value) == "the memory that may be used is too little; allow more with --memory, then run again"


def test_what_does_not_fit_into_memory_is_in_no_file_that_nobody_asked_for(tmp_path, monkeypatch):
    """DuckDB's own folder would be where the command was started, open to others, with the ids of people."""
    monkeypatch.chdir(tmp_path)
    with DuckDBConnection.open(threads=1, memory_limit="60MB") as con:
        with pytest.raises(StorageError):
            con.ask("SELECT count(*) FROM (SELECT DISTINCT md5(range::VARCHAR) FROM range(3_000_000))")
        assert list(tmp_path.iterdir()) == []


def test_where_no_memory_was_allowed_none_is_to_be_allowed():
    """A database without a limit takes what the machine has."""
    with pytest.raises(StorageError, match="memory of this machine is too little") as raised:
        DuckDBConnection(Raising(duckdb.OutOfMemoryException("Out of Memory Error: could not allocate"))).ask(
            "SELECT 1"
        )
    assert "--memory" not in str(raised.value)


@pytest.mark.parametrize("kind", [pa.ArrowMemoryError, MemoryError])
def test_too_little_memory_in_a_stream_is_that(kind):
    """DuckDB makes an error of it that is the same for all that a stream raises. Its own limit was not met."""

    def batches():
        yield pa.record_batch({"a": [1]})
        raise kind("malloc of size 64 failed")

    stream = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), batches())
    with (
        pytest.raises(StorageError, match="the memory of this machine is too little"),
        DuckDBConnection.open(memory_limit="100MB") as con,
        con.showing(rows=stream),
    ):
        con.ask("SELECT sum(a) FROM rows")


@pytest.mark.parametrize("kind", [pa.ArrowMemoryError, MemoryError])
def test_too_little_memory_for_an_answer_is_that(kind):
    """Arrow takes the answer; it is as if the machine had no more."""
    with pytest.raises(StorageError, match="the memory of this machine is too little"):
        DuckDBConnection(Raising(kind("malloc of size 64 failed"))).ask("SELECT 1")


def test_an_error_of_a_stream_that_quotes_the_words_is_no_lack_of_memory():
    """It is what a file has in it."""

    def batches():
        yield pa.record_batch({"a": [1]})
        raise ValueError("reading the stream registered as 'rows' failed: Out of memory: ")

    stream = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), batches())
    with pytest.raises(QueryError), DuckDBConnection.open() as con, con.showing(rows=stream):
        con.ask("SELECT sum(a) FROM rows")


@pytest.mark.parametrize(
    "words",
    [
        FULL,
        'IO Error: Async write failed for range [offset=0, size=27]: {"exception_type":"IO"}',
        'IO Error: Failed to create directory "/work/engine": Not a directory',
        'IO Error: Cannot open file "/work/engine/spill": Disk quota exceeded',
    ],
)
def test_a_disk_that_refuses_is_one(words):
    """Whatever was to be written."""
    with pytest.raises(StorageError) as raised:
        DuckDBConnection(Raising(duckdb.IOException(words))).execute("SELECT 1")
    assert str(raised.value) == str(disk_refused())


def test_of_a_disk_that_refuses_only_that_is_said_which_is_true_of_whoever_asks():
    """A question publishes nothing, and writes into no store; what a command published before stands."""
    published.forget()
    refused = "a temporary file cannot be written: the disk refused. Look whether it is full, then run again"
    assert str(disk_refused()) == refused
    published.note("000000000003.entry")
    stands = "what it published before stands (000000000003.entry of the log)"
    assert str(disk_refused()) == f"{refused}. All the same, {stands}"
    published.forget()


def test_a_full_disk_is_one(tmp_path):
    """DuckDB makes the error itself."""
    with pytest.raises(StorageError, match="the disk refused"), DuckDBConnection.open() as con:
        con.execute("COPY (SELECT 1) TO '/dev/full' (FORMAT parquet, USE_TMP_FILE false)")


def test_a_file_that_cannot_be_read_is_no_disk(tmp_path):
    """Also where its path has a word that DuckDB says of a disk."""
    with pytest.raises(QueryError), DuckDBConnection.open() as con:
        con.ask(f"FROM read_csv('{tmp_path}/write/rows.csv')")


def test_any_other_failure_stays_what_it_is():
    """It is a bug, and is to be seen."""
    with pytest.raises(RuntimeError, match="corrupt"):
        DuckDBConnection(Raising(RuntimeError("corrupt"))).execute("SELECT 1")


def test_what_is_shown_is_taken_away_again():
    """Also after a failure, which stays the one that it was."""
    with DuckDBConnection.open() as con:
        with pytest.raises(ValueError, match="mine"), con.showing(rows=pa.table({"a": [1]})):
            assert con.ask("SELECT a FROM rows").num_rows == 1
            raise ValueError("mine")
        with pytest.raises(QueryError):
            con.ask("SELECT a FROM rows")


@pytest.mark.parametrize("failing", ["unregister", "close"])
def test_what_fails_afterwards_does_not_hide_an_interrupt(failing, monkeypatch):
    """It would be told as a fault of the file that was read."""
    raised: list[str] = []

    class Closing(Raising):
        """A connection that does as it is told until it is to let go."""

        def __getattr__(self, name: str) -> Any:
            raised.append(name)
            return super().__getattr__(name) if name == failing else lambda *_: None

    closing = DuckDBConnection(Closing(duckdb.ConnectionException("busy")))
    with pytest.raises(KeyboardInterrupt), closing as con, con.showing(rows=1):
        raise KeyboardInterrupt
    assert failing in raised
