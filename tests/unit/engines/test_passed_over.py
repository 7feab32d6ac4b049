"""Rows beside an interval that a run does not need are passed over, and nothing of its record changes by that."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from offduty import InputError, run
from offduty.engines.decider import DecisionInputs, Limits
from offduty.ingest import ping_files, read_pieces
from offduty.runs import decided
from tests.paths import ROOT
from tests.world import AFTERWARDS, Row, at, lay_out, manifest_of, ping, shift, world

DAYS = ("2026-03-28", "2026-03-29", "2026-03-30")
NIGHT = [shift("20:00", None, shift_id="night") | {"ends_at": "2026-03-03T06:00:00"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample, with keys."""
    copy = tmp_path / "a job"
    shutil.copytree(ROOT / "sample_data", copy, ignore=shutil.ignore_patterns("truth"))
    for name in ("pseudonym.key", "signing.key"):
        (copy / name).write_text("5a" * 32)
        (copy / name).chmod(0o600)
    return copy


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows of each batch were passed over, while a test runs."""
    counts: list[int] = []
    right = read_pieces._ReadRows.of.__func__  # type: ignore[attr-defined]

    def counted(cls: Any, *given: Any) -> Any:
        read = right(cls, *given)
        counts.append(0 if read.passed is None else len(read.passed.device))
        return read

    monkeypatch.setattr(read_pieces._ReadRows, "of", classmethod(counted))
    return counts


def documents(job: Path, store: Path) -> list[dict[str, Any]]:
    """The manifests of a run for each day."""
    ends = zip(DAYS, [*DAYS[1:], "2026-03-31"], strict=True)
    return [
        manifest_of(run(job, start=start, end=end, as_of="2026-04-15", store=store).path)  # type: ignore[arg-type]
        for start, end in ends
    ]


def all_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on a run passes over nothing."""
    monkeypatch.setattr(DecisionInputs, "needed", None)


@pytest.mark.parametrize("rows", [1, 5_000, 1 << 20])
def test_nothing_of_the_record_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, passed: list[int], rows: int
) -> None:
    """Hashes of all outputs, counts, ids, with any size of pieces and row groups that have few needed rows."""
    for file in (folder / "pings").glob("*.parquet"):
        pq.write_table(pq.read_table(file), file, row_group_size=997)
    monkeypatch.setattr(decided, "limits_of", lambda resources: Limits(2, 1 << 30, 1 << 30, rows))
    before = documents(folder / "job.toml", folder / "passed over")
    assert sum(passed) > 1_000
    all_needed(monkeypatch)
    assert documents(folder / "job.toml", folder / "whole") == before


def test_a_large_row_group_is_passed_over_in_parts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, passed: list[int]
) -> None:
    """It is read with all columns, because that is done part by part."""
    monkeypatch.setattr(read_pieces, "LARGEST_GROUP_ROWS", 100)
    before = documents(folder / "job.toml", folder / "passed over")
    assert sum(passed) > 1_000
    all_needed(monkeypatch)
    assert documents(folder / "job.toml", folder / "whole") == before


def published(folder: Path, rows: list[Row]) -> dict[str, int]:
    """The counts of a run over the second of two days."""
    job = lay_out(world(rows, roster=NIGHT), folder, form="parquet")
    return run(job, start="2026-03-03", end="2026-03-04", as_of=AFTERWARDS).counts


FAR = (1_000.0, 51.5)
"""No place on Earth."""
EVENING, NIGHTLY = ping("12:00"), {**ping("12:00"), "observed_at": at("02:00", "2026-03-03")}
MANY = [{**ping("10:00"), "observed_at": at(f"10:{minute:02}")} for minute in range(5)]


def test_positions_are_looked_for_in_what_was_passed_over(tmp_path: Path, passed: list[int]) -> None:
    """No row that is needed has one that can be read; only where no other row has one either is nothing published."""
    unplaced = {**NIGHTLY, "lon": FAR[0]}
    assert sum(published(tmp_path / "one", [*MANY, unplaced]).values()) == 0
    assert sum(passed) == len(MANY)
    with pytest.raises(InputError, match="not one ping has a position"):
        published(tmp_path / "other", [*({**row, "lon": FAR[0]} for row in MANY), unplaced])


def test_what_was_passed_over_meets_assignments(tmp_path: Path, passed: list[int]) -> None:
    """The only row of the interval is of a device that nobody held; those before it are of one that somebody held."""
    stranger = {**NIGHTLY, "device_id": "d9"}
    assert published(tmp_path / "one", [*MANY, stranger])["unassigned"] == 1
    assert sum(passed) == len(MANY)
    with pytest.raises(InputError, match="anybody was ever assigned"):
        published(tmp_path / "other", [*({**row, "device_id": "d8"} for row in MANY), stranger])


def test_the_evening_of_a_night_is_not_passed_over(tmp_path: Path, passed: list[int]) -> None:
    """Without it nobody would have been at the station, and the night would be the way home."""
    evening = [ping(clock) for clock in ("21:00", "21:30")]
    night = {**NIGHTLY, "lon": ping("21:00", "street")["lon"], "lat": ping("21:00", "street")["lat"]}
    morning = {**night, **{key: ping("21:00")[key] for key in ("lon", "lat")}}
    morning["observed_at"] = at("05:00", "2026-03-03")
    counts = published(tmp_path, [*MANY, *evening, night, morning])
    assert (counts["on_duty"], counts["home_leg"]) == (2, 0)
    assert sum(passed) == len(MANY)


def test_statistics_are_held_against_what_was_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passed: list[int]
) -> None:
    """They say that no row is from before ten, and one that is passed over is: so they may be wrong about other rows of
    the file, too, which were left out because of them.
    """
    early = {**MANY[0], "observed_at": at("06:00")}
    assert sum(published(tmp_path / "one", [*MANY, early, NIGHTLY]).values()) == 1
    right = ping_files.group_span
    monkeypatch.setattr(
        ping_files, "group_span", lambda *given: (right(*given)[0] + 4 * 3_600_000_000, *right(*given)[1:])
    )
    with pytest.raises(InputError, match="statistics"):
        published(tmp_path / "other", [*MANY, early, NIGHTLY])
    assert sum(passed) == 2 * (len(MANY) + 1)


@pytest.mark.parametrize("column", ["lon", "accuracy_m"])
def test_rows_that_are_passed_over_must_be_readable_all_the_same(folder: Path, tmp_path: Path, column: str):
    """A damaged file of the day before stops the run: published over it, verify would find that it cannot be read."""
    file = folder / "pings" / f"{DAYS[0]}.parquet"
    pq.write_table(pq.read_table(file), file, row_group_size=100)  # of most groups no row is needed
    group = pq.read_metadata(file).row_group(60)
    chunks = {chunk.path_in_schema: chunk for chunk in map(group.column, range(group.num_columns))}
    begins = chunks[column].dictionary_page_offset or chunks[column].data_page_offset
    content = bytearray(file.read_bytes())
    content[begins : begins + 40] = b"\xff" * 40
    file.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        run(folder / "job.toml", start=DAYS[1], end=DAYS[2], as_of="2026-04-15", store=tmp_path / "store")
