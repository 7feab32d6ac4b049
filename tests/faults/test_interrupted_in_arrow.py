"""What stops Arrow while it reads Parquet is told as what it is: an interrupt is one, too little memory is no fault of
the file, and a damaged file stays one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.core.errors import InputError, StorageError
from offduty.runs.check import check
from tests.cli.command import here
from tests.world import AFTERWARDS, COLUMNS, lay_out, ping, typed, world

READS = {
    "the metadata of pings": ("read_metadata", "pings/part-0.parquet"),
    "the times of pings as text": ("ParquetFile.iter_batches", "pings/part-0.parquet"),
    "pieces of pings": ("ParquetFile.read_row_groups", "pings/part-0.parquet"),
    "a reference table": ("ParquetFile.read", "places.parquet"),
}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pings and places in Parquet, with a time that is text."""
    folder = tmp_path_factory.mktemp("job")
    given = world([ping("09:00"), ping("nonsense")], inputs={"places": {"path": "places.parquet"}})
    rows = given["tables"]["places"]
    columns = {name: typed(name, [row.get(name) for row in rows]) for name in COLUMNS["places"]}
    pq.write_table(pa.table(columns), folder / "places.parquet")
    return lay_out(given, folder, form="parquet")


def failing(monkeypatch: pytest.MonkeyPatch, what: str, kind: type[Exception], *words: object) -> None:
    """This function of Arrow raises a new error of this kind whenever it is called: one that was raised before keeps
    the connections of that run.
    """

    def fail(*_: Any, **__: Any) -> None:
        raise kind(*words)

    monkeypatch.setattr(f"pyarrow.parquet.{what}", fail)


@pytest.mark.parametrize(("what", "file"), READS.values(), ids=READS)
def test_an_interrupt_of_arrow_is_one(job, monkeypatch, what, file):
    """Arrow takes a signal for itself where it may: then it stops with an error of its own."""
    failing(monkeypatch, what, pa.ArrowCancelled, "Operation cancelled", 2)
    with pytest.raises(KeyboardInterrupt):
        check(job, as_of=AFTERWARDS)
    done = here("check", job, "--as-of", AFTERWARDS)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (130, "offduty: interrupted; nothing was published")


@pytest.mark.parametrize("kind", [pa.ArrowMemoryError, MemoryError])
@pytest.mark.parametrize(("what", "file"), READS.values(), ids=READS)
def test_too_little_memory_is_no_damaged_file(job, monkeypatch, what, file, kind):
    """A machine or a container may give less than what is asked of it."""
    failing(monkeypatch, what, kind, "malloc of size 64 failed")
    with pytest.raises(StorageError, match="the memory of this machine is too little"):
        check(job, as_of=AFTERWARDS)


@pytest.mark.parametrize("kind", [pa.ArrowInvalid, OSError])
@pytest.mark.parametrize(("what", "file"), READS.values(), ids=READS)
def test_a_damaged_file_stays_one(job, monkeypatch, what, file, kind):
    """It is named, and nothing of it is quoted."""
    failing(monkeypatch, what, kind, "CANARY: KeyboardInterrupt")
    with pytest.raises(InputError, match=r"cannot be read as Parquet; it may be (damaged|cut short)") as caught:
        check(job, as_of=AFTERWARDS)
    assert caught.value.file == file
    assert "CANARY" not in str(caught.value)
