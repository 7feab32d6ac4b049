"""Runs of one command settle the reference tables once, and again where a file of them has changed meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offduty import InputError
from offduty.runs import decided
from offduty.runs.backfill import Backfill
from offduty.runs.remembered import Remembered
from offduty.runs.request import Request
from offduty.runs.run import run
from tests.grown import append
from tests.world import AFTERWARDS, assignment, at, lay_out, manifest_of, ping, shift, world

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
ROWS = [{**ping("09:00", device=device), "observed_at": at("09:00", day)} for day in DAYS for device in ("d1", "d2")]
SHIFTS = [shift(None, None, shift_id=day) | {"starts_at": f"{day}T08:00", "ends_at": f"{day}T16:00"} for day in DAYS]


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """Three days with a file each; nobody is assigned the second device."""
    return lay_out(world(ROWS, roster=SHIFTS), tmp_path, form="parquet")


def counting(name: str, right: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
    """The same function, which notes its name at each call."""

    def counted(*given: Any) -> Any:
        names.append(name)
        return right(*given)

    return counted


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was settled or looked for, while a test runs."""
    names: list[str] = []
    for name in ("settle_reference", "named_devices", "codes_of"):
        monkeypatch.setattr(decided, name, counting(name, getattr(decided, name), names))
    return names


def in_turn(job: Path, store: str) -> Backfill:
    """Days to run one after the other."""
    return Backfill(Request.of(job, DAYS[0], "2026-03-05", AFTERWARDS, job.parent / store), threads=1)


def alone(job: Path, store: str, number: int) -> dict[str, Any]:
    """The manifest of the run of one day that shares nothing with another."""
    day = in_turn(job, store).days()[number]
    ends = (f"{day.label}T00:00:00Z", f"{DAYS[number][:-1]}{int(DAYS[number][-1]) + 1}T00:00:00Z")
    return manifest_of(run(job, start=ends[0], end=ends[1], as_of=AFTERWARDS, store=job.parent / store).path)  # type: ignore[arg-type]


def test_the_tables_are_settled_once(job: Path, called: list[str]) -> None:
    """And nobody searches the file of pings for its devices: every day reads all of it. Each manifest is that of a run
    alone.
    """
    days = in_turn(job, "store")
    found = [manifest_of(days.run(day.interval).path) for day in days.days()]  # type: ignore[arg-type]
    assert sorted(called) == ["codes_of"] * 4 + ["settle_reference"]
    assert found == [alone(job, "alone", number) for number in range(3)]


def test_a_table_that_changed_is_settled_again(job: Path, called: list[str]) -> None:
    """Between two days somebody is assigned the second device: the second day knows it."""
    days = in_turn(job, "store")
    first, second, _ = days.days()
    assert days.run(first.interval).counts["unassigned"] == 1
    append(job.parent / "assignments.csv", assignment("d2", "o1"))
    found = days.run(second.interval)
    assert found.counts["unassigned"] == 0
    assert called.count("settle_reference") == 2
    assert manifest_of(found.path) == alone(job, "alone", 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["written", "put in its place"])
def test_a_table_of_the_same_size_has_changed(job: Path, how: str) -> None:
    """Between two days the table says, in as many letters, that somebody holds the second device instead: it was written
    anew, or another file of the same age was put in its place.
    """
    days, table = in_turn(job, "store"), job.parent / "assignments.csv"
    first, second, _ = days.days()
    before, stat = table.read_bytes(), table.stat()
    assert days.run(first.interval).counts["unassigned"] == 1
    if how == "written":
        table.write_bytes(before.replace(b"d1", b"d3"))
        os.utime(table, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))
    else:
        other = table.with_name("other")
        other.write_bytes(before.replace(b"d1", b"d3"))
        os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        other.replace(table)
    assert table.stat().st_size == stat.st_size
    with pytest.raises(InputError, match="anybody was ever assigned"):
        days.run(second.interval)


def test_pings_that_changed_are_searched_again(tmp_path: Path) -> None:
    """A file is known by its size, time of change and inode."""
    remembered, path = Remembered(), tmp_path / "pings.parquet"
    path.write_bytes(b"1")
    (source,) = [decided.Source(0, "pings", path.name, path, "parquet")]
    assert remembered.devices(source, lambda: frozenset({"d1"})) == {"d1"}
    assert remembered.devices(source, lambda: frozenset({"d2"})) == {"d1"}
    path.write_bytes(b"22")
    assert remembered.devices(source, lambda: frozenset({"d2"})) == {"d2"}
    remembered.forget_other_pings(())
    assert remembered.devices(source, lambda: frozenset({"d3"})) == {"d3"}


def test_a_file_that_changes_while_it_is_searched_is_not_remembered(tmp_path: Path) -> None:
    """Nobody knows which bytes were seen."""
    remembered, path = Remembered(), tmp_path / "pings.parquet"
    path.write_bytes(b"1")
    source = decided.Source(0, "pings", path.name, path, "parquet")

    def find() -> frozenset[str]:
        path.write_bytes(b"22")
        return frozenset({"d1"})

    assert remembered.devices(source, find) == {"d1"}
    assert remembered.devices(source, lambda: frozenset({"d2"})) == {"d2"}
