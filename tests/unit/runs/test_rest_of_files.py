"""What a run counts, and whether it stops, does not depend on how many row groups make a piece: so not on the memory."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from offduty import InputError, run
from offduty.engines.decider import Limits
from offduty.outputs import manifest
from offduty.runs import decided
from offduty.runs.check import check
from tests.oracle.reading import Unreadable, instant
from tests.properties.worlds import a_world
from tests.world import AFTERWARDS, OFFSET, Row, World, at, lay_out, manifest_of, ping, stamp, world

DAY = {"start": "2026-03-03", "end": "2026-03-04"}
FAR = 1_000.0
"""No place on Earth."""


def before(clock: str, device: str = "d1", **changes: Any) -> Row:
    """A ping of the day before, when nobody is on duty at night."""
    return {**ping(clock, device=device), "observed_at": at(clock, "2026-03-02"), **changes}


def on_the_day(clock: str, device: str = "d1", **changes: Any) -> Row:
    """A ping of the day that is asked for."""
    return {**ping(clock, device=device), "observed_at": at(clock, "2026-03-03"), **changes}


def job_of(folder: Path, *files: list[Row], limit: float | None = None, given: World | None = None) -> Path:
    """A job with these files of pings, of which each row is a row group of its own, and what it expects."""
    rows = [row for rows in files for row in rows]
    made = world(rows) if given is None else {**given, "tables": {**given["tables"], "pings": rows}}
    job = lay_out(made, folder, form="parquet")
    whole = folder / "pings" / "part-0.parquet"
    table = pq.read_table(whole)
    whole.unlink()
    first = 0
    for number, rows in enumerate(files):
        path = folder / "pings" / f"file-{number}.parquet"
        pq.write_table(table.slice(first, len(rows)), path, row_group_size=1)
        first += len(rows)
    if limit is not None:
        job.write_text(f"{job.read_text()}\n[expect]\nmax_unmatched_share = {limit}\n")
    return job


def asked_twice(job: Path, monkeypatch: pytest.MonkeyPatch, **asked: str) -> Any:
    """The manifest of a run, or the words with which it stops: the same with one row group in a piece and with all of
    them; and what a check of it counts. (The time span is that of the rows that were read.)
    """
    answers = []
    for number, rows in enumerate((1, 1 << 20)):
        monkeypatch.setattr(decided, "limits_of", lambda resources, rows=rows: Limits(2, 1 << 30, 1 << 30, rows))
        try:
            published = run(job, as_of=AFTERWARDS, store=job.parent / f"store {number}", **asked)  # type: ignore[arg-type]
            words: Any = manifest_of(published.path)  # type: ignore[arg-type]
        except InputError as error:
            words = str(error)
        pings = check(job, as_of=AFTERWARDS, **asked).tables[0]  # type: ignore[arg-type]
        answers.append((words, [line for line in pings.lines if line.name != "time_span"]))
    assert answers[0] == answers[1]
    return answers[0][0]


def test_the_manifest_counts_the_rows_of_the_interval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of devices that nobody was ever assigned, and of lookalikes; one without an instant is of every interval."""
    timeless = [on_the_day("06:00", device, observed_at=None) for device in ["D1"] * 13 + ["d9"] * 14]
    outside = [before("01:00", device) for device in ["D1"] * 20 + ["d9"] * 20]
    inside = [on_the_day("03:00", device) for device in ["D1"] * 12 + ["d9"] * 11 + ["d1"]]
    job = job_of(tmp_path, [*outside, *inside, *timeless])
    of_the_day, of_all = asked_twice(job, monkeypatch, **DAY), asked_twice(job, monkeypatch)
    assert of_the_day["reported_counts"]["pings"] == {"lookalike": "25", "unassigned": "11"}
    assert of_all["reported_counts"]["pings"] == {"lookalike": "45", "unassigned": "31"}


@pytest.mark.parametrize(
    ("of_the_day_before", "of_the_day", "stops"),
    [
        ([before("01:00")], [on_the_day("02:00", "d9")], ""),
        ([before("01:00", "d8")], [on_the_day("02:00", "d9")], "anybody was ever assigned"),
        ([before("01:00", "d9")], [on_the_day("02:00")], ""),
        ([before("01:00")], [on_the_day("02:00", lon=FAR)], ""),
        ([before("01:00", lon=FAR)], [on_the_day("02:00", lon=FAR)], "not one ping has a position"),
        ([before("01:00", lon=FAR)], [on_the_day("02:00")], ""),
    ],
    ids=[
        "met on the day before",
        "met never",
        "met on the day",
        "placed on the day before",
        "placed never",
        "placed on the day",
    ],
)
def test_a_run_stops_by_the_whole_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_the_day_before: list[Row], of_the_day: list[Row], stops: str
) -> None:
    """Rows outside of the interval were read, too (specification#nothing-read)."""
    found = asked_twice(job_of(tmp_path, [*of_the_day_before, *of_the_day]), monkeypatch, **DAY)
    assert stops in found if stops else found["kind"] == "run"


def test_a_file_without_a_row_that_can_be_used_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows of the days before and after have no device, and the third one no instant."""
    after = before("01:00", device_id=None, observed_at=at("01:00", "2026-03-05"))
    useless = [before("01:00", device_id=None), on_the_day("02:00", observed_at=None), after]
    job = job_of(tmp_path, [before("03:00"), on_the_day("03:00")], useless)
    assert "it has rows, and not one with a device and an instant" in asked_twice(job, monkeypatch, **DAY)


def test_a_day_between_the_pings_is_a_heartbeat_only_if_some_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file can hold rows of the day, and has none."""
    after = {"observed_at": at("01:00", "2026-03-05")}
    met, unmet = (
        job_of(tmp_path / device, [before("01:00", device, **after), before("02:00", device)])
        for device in ("d1", "d9")
    )
    assert asked_twice(met, monkeypatch, **DAY)["kind"] == "heartbeat"
    assert "anybody was ever assigned" in asked_twice(unmet, monkeypatch, **DAY)


@pytest.mark.parametrize(
    ("outside", "inside", "limit", "share"),
    [
        (["d9"] * 3, ["d1"], 0.5, "75 %"),
        (["d1"] * 3, ["d9"], 0.24, "25 %"),
        (["d1"] * 3, ["d9"], 0.25, ""),
        (["d9"] * 3, ["d1"], 0.75, ""),
    ],
)
def test_the_share_that_meets_nothing_is_that_of_whole_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outside: list[str], inside: list[str], limit: float, share: str
) -> None:
    """`max_unmatched_share` is of the pings of all files read."""
    rows = [before("01:00", device) for device in outside] + [on_the_day("02:00", device) for device in inside]
    found = asked_twice(job_of(tmp_path, rows, limit=limit), monkeypatch, **DAY)
    said = f"{share} of the positions are of devices that nobody was ever assigned"
    assert said in found if share else found["kind"] == "run"


@pytest.mark.parametrize("number", range(6))
def test_nothing_of_a_manifest_depends_on_the_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Of worlds full of spoiled cells, over the middle of their time, in two files in order of time. Their instants are
    timestamps, so that the statistics say of most row groups that they need not be read; and counts are exact.
    """
    monkeypatch.setattr(manifest, "few", str)
    made = a_world(Random(number))
    pings = sorted((row for row in made["tables"]["pings"] if _is_instant(row)), key=_when)
    times = [us for us in map(_when, pings) if us >= 0]
    job = job_of(tmp_path, pings[::2], pings[1::2], given=made)
    middle = {"start": stamp(times[len(times) // 4]), "end": stamp(times[3 * len(times) // 4] + 1)}
    assert asked_twice(job, monkeypatch, **middle)


def _is_instant(row: Row) -> bool:
    return row["observed_at"] is None or (_when(row) >= 0 and OFFSET.search(row["observed_at"]) is not None)


def _when(row: Row) -> int:
    """The ping's instant; before all others where there is none."""
    try:
        return instant(row["observed_at"])
    except Unreadable:
        return -1
