"""Only files of pings that can hold rows of the interval and its context are opened, hashed and named."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty import run
from offduty.core.errors import InputError, UsageError
from offduty.ingest import ping_files, sources
from offduty.runs.plan import CURRENT, STALE, plan
from tests.world import AFTERWARDS, assignment, lay_out, manifest_of, ping, place, shift, world, write_table

DAYS = [f"2026-03-{day:02}" for day in range(2, 8)]
NIGHT = {"start": DAYS[2], "end": DAYS[3], "as_of": AFTERWARDS}
"""The night of these tests: of two officers, one works by day, and the other over both of its ends."""
BY_NAME = {"pings": {"file_date": "%Y-%m-%d"}}


def shifts() -> list[dict[str, Any]]:
    """o1 works 08:00-16:00 each day; o2 from 22:00 to 06:00."""
    by_day = [shift(f"{day}T08:00", f"{day}T16:00", shift_id=f"d{day}") for day in DAYS]
    nights = pairwise(DAYS)
    return by_day + [shift(f"{day}T22:00", f"{after}T06:00", shift_id=f"n{day}", officer="o2") for day, after in nights]


def positions(day: str) -> list[dict[str, Any]]:
    """A day's positions: of o1 at work, of o2 in the night."""
    of_o1 = [ping(f"{day}T{clock}:00Z") for clock in ("09:00", "12:00", "15:00")]
    of_o2 = [ping(f"{day}T{clock}:00Z", device="d2") for clock in ("00:30", "05:00", "22:30", "23:30")]
    return of_o2[:2] + of_o1 + of_o2[2:]


def folder_of(folder: Path, form: str = "parquet", days: list[str] = DAYS, **inputs: Any) -> Path:
    """A job with one file of positions for each day."""
    given = world([], roster=shifts(), assignments=[assignment(), assignment("d2", "o2")])
    given["tables"]["places"] = [place(), place("other home", officer="o2", place_id="h2")]
    job = lay_out({**given, "inputs": inputs}, folder, files=0)
    for day in days:
        write_table(folder / "pings" / f"{day}.{form}", "pings", positions(day))
    return job


def read_by(document: dict[str, Any]) -> list[str]:
    """The files of pings that a run named, by their days."""
    return [Path(each["name"]).stem for each in document["inputs"] if each["table"] == "pings"]


@pytest.mark.parametrize(("form", "inputs"), [("parquet", {}), ("csv", BY_NAME), ("parquet", BY_NAME)])
def test_a_night_reads_its_day_and_the_days_of_the_duties_across_its_ends(tmp_path, form, inputs):
    """The other days' files are not opened: they could not even be read. The manifest counts them."""
    job = folder_of(tmp_path, form, **inputs)
    if inputs:  # by the name alone nothing of a file is looked at
        (tmp_path / "pings" / f"{DAYS[0]}.{form}").write_bytes(b"damaged")
    document = manifest_of(run(job, **NIGHT).path)
    assert read_by(document) == DAYS[1:4]
    assert [each["file"] for each in document["inputs"]] == list(range(7))
    assert document["files_left_out"] == 3
    assert document["context_days"] == {"from": f"{DAYS[1]}T00:00:00Z", "to": f"{DAYS[4]}T00:00:00Z"}


def test_a_folder_of_many_nights_gives_what_the_night_alone_gives(tmp_path):
    """Reasons and release are the same, byte for byte, as with only the files that count; and so is the run id."""
    many, few = folder_of(tmp_path / "many"), folder_of(tmp_path / "few", days=DAYS[1:4])
    results = [run(job, **NIGHT) for job in (many, few)]
    assert results[0].run_id == results[1].run_id
    for part in ("release", "ledger", "quarantine"):
        files = [{p.relative_to(r.path): p.read_bytes() for p in (r.path / part).rglob("*.parquet")} for r in results]
        assert files[0] == files[1]


def test_files_that_are_left_out_are_not_hashed(tmp_path, monkeypatch):
    """Nor are they read: what is opened of them is the footer."""
    job, hashed = folder_of(tmp_path), []
    honest = sources.fingerprint
    monkeypatch.setattr(sources, "fingerprint", lambda source: hashed.append(source.path.stem) or honest(source))
    run(job, **NIGHT)
    assert sorted(name for name in hashed if name in DAYS) == DAYS[1:4]


def test_reference_rows_are_named_by_the_number_in_the_manifest(tmp_path):
    """The numbers of the reference tables' files depend on how many files of pings are read."""
    job = folder_of(tmp_path)
    write_table(tmp_path / "roster.csv", "roster", [*shifts(), shift("nonsense", shift_id="bad")])
    document = manifest_of(run(job, **NIGHT).path)
    numbers = {each["table"]: each["file"] for each in document["inputs"]}
    assert [(row["table"], row["file"]) for row in document["refused"]] == [("roster", numbers["roster"])]
    rows = {each["table"]: each["rows"] for each in document["inputs"]}
    assert (rows["assignments"], rows["roster"], rows["places"]) == (2, 12, 2)


def write_times(path: Path, times: pa.Array, **options: Any) -> None:
    """One file of pings of d1 at the station with these times."""
    count = len(times)
    path.parent.mkdir(exist_ok=True)
    columns = {
        "device_id": ["d1"] * count,
        "lon": [-0.15] * count,
        "lat": [51.52] * count,
        "accuracy_m": [10.0] * count,
    }
    pq.write_table(pa.table({"observed_at": times, **columns}), path, **options)


FIRST = 1_772_409_600  # 2026-03-02T00:00:00Z, far from the night
ZULU = pa.timestamp("us", tz="UTC")
WALL = {"pings": {"time_zone": "Europe/London"}}


@pytest.mark.parametrize(
    ("times", "options", "inputs"),
    [
        (pa.array([FIRST * 10**6], ZULU), {"write_statistics": False}, {}),
        (pa.array([FIRST * 10**6], ZULU), {"write_statistics": ["device_id"]}, {}),
        (pa.array([FIRST * 10**6], pa.timestamp("us")), {}, WALL),
        (pa.array([FIRST], pa.int64()), {}, {"pings": {"file_date": "unix_s"}}),
        (pa.array([FIRST * 10**9], pa.timestamp("ns", tz="UTC")), {"use_deprecated_int96_timestamps": True}, WALL),
        (pa.array(["2026-03-02T00:00:00Z"]), {}, {}),
    ],
    ids=["no statistics", "none of the instants", "wall times", "declared", "int96", "text"],
)
def test_a_file_that_does_not_say_its_time_is_read(tmp_path, times, options, inputs):
    """Hiding never depends on a file that is left out: where a footer leaves a doubt, the file is read."""
    job = folder_of(tmp_path, days=[], **inputs)
    job.write_text(job.read_text().replace('file_date = "unix_s"', 'times = {observed_at = "unix_s"}'))
    write_times(tmp_path / "pings" / "doubtful.parquet", times, **options)
    write_times(tmp_path / "pings" / "certain.parquet", times, **options)
    document = manifest_of(run(job, **NIGHT).path)
    assert (read_by(document), document["files_left_out"]) == (["certain", "doubtful"], 0)


def test_a_file_without_an_instant_stops_the_run_whatever_its_interval(tmp_path):
    """No interval is without it, so it cannot be left out."""
    job = folder_of(tmp_path)
    write_times(tmp_path / "pings" / "none.parquet", pa.array([None, None], ZULU))
    with pytest.raises(InputError, match=r"none\.parquet: it has rows, and not one with a device and an instant"):
        run(job, **NIGHT)


def test_rows_without_an_instant_belong_to_the_runs_that_read_their_file(tmp_path):
    """They are no reason to read it: they hide nothing. A file of nothing else is read (above)."""
    job = folder_of(tmp_path, days=[])
    third = (FIRST + 2 * 86_400 + 9 * 3_600) * 10**6
    write_times(tmp_path / "pings" / "far.parquet", pa.array([FIRST * 10**6, None], ZULU), row_group_size=1)
    write_times(tmp_path / "pings" / "near.parquet", pa.array([None, third, None], ZULU), row_group_size=1)
    document = manifest_of(run(job, **NIGHT).path)
    assert (read_by(document), document["quarantined"]["bad_time"]) == (["near"], 2)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_every_unit_of_timestamps_with_a_zone_says_its_time(tmp_path, unit):
    """At the ends of the context, to the last fraction: 06:00 of the day after is outside, a fraction before is not."""
    job = folder_of(tmp_path, days=[])
    many = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    end = (FIRST + 3 * 86_400 + 6 * 3_600) * many
    start = (FIRST + 86_400 + 22 * 3_600) * many
    kind = pa.timestamp(unit, tz="Europe/London")
    for name, value in {"before": start - 1, "first": start, "last": end - 1, "after": end}.items():
        write_times(tmp_path / "pings" / f"{name}.parquet", pa.array([value], kind))
    assert read_by(manifest_of(run(job, **NIGHT).path)) == ["first", "last"]


@pytest.mark.parametrize(("form", "inputs"), [("parquet", {}), ("csv", BY_NAME)])
def test_a_late_file_makes_exactly_the_intervals_stale_that_it_reaches(tmp_path, form, inputs):
    """A file of one more hour of a night reaches the two days on which that duty lies, and no other."""
    job = folder_of(tmp_path, form, **inputs)
    for day, after in pairwise(DAYS):
        run(job, start=day, end=after)
    assert {each.state for each in plan(job, start=DAYS[0], end=DAYS[-1], each=True)} == {CURRENT}
    write_table(
        tmp_path / "pings" / f"late {DAYS[2]}.{form}", "pings", [ping(f"{DAYS[2]}T23:00:00Z", "home", device="d2")]
    )
    found = plan(job, start=DAYS[0], end=DAYS[-1], each=True)
    assert [each.state for each in found] == [CURRENT, CURRENT if form == "parquet" else STALE, STALE, STALE, CURRENT]
    assert not run(job, start=DAYS[3], end=DAYS[4]).already
    assert run(job, start=DAYS[4], end=DAYS[5]).already


def test_the_same_question_is_already_there_without_a_ping_or_a_table_read(tmp_path, monkeypatch):
    """What the manifest says of the context is enough to know that the files are the same."""
    job = folder_of(tmp_path)
    first = run(job, start=DAYS[2], end=DAYS[3])
    write_table(tmp_path / "pings" / "far.parquet", "pings", positions("2026-03-20"))
    monkeypatch.setattr(ping_files, "open_ping_files", None)
    monkeypatch.setattr("offduty.runs.decided.read_reference", None)
    again = run(job, start=DAYS[2], end=DAYS[3])
    assert (again.already, again.run_id) == (True, first.run_id)


def test_a_night_without_a_file_is_a_heartbeat(tmp_path):
    """No file can hold a row of it: there is nothing to decide, and the manifest says how many files there were."""
    job = folder_of(tmp_path)
    document = manifest_of(run(job, start="2026-04-01", end="2026-04-02").path)
    assert (document["kind"], read_by(document), document["files_left_out"]) == ("heartbeat", [], 6)


@pytest.mark.parametrize("form", ["parquet", "csv", "ndjson"])
def test_a_row_of_another_day_than_the_name_says_stops_the_run(tmp_path, form):
    """Otherwise a file that is left out by its name could hold what hides a position."""
    job = folder_of(tmp_path, form, **BY_NAME)
    stray = [*positions(DAYS[2]), ping(f"{DAYS[3]}T00:00:00Z", device="d2")]
    write_table(tmp_path / "pings" / f"{DAYS[2]}.{form}", "pings", stray)
    with pytest.raises(InputError, match=r"2026-03-04\.\w+.*another day than the date in its name"):
        run(job, **NIGHT)
    assert not list((tmp_path / "store" / "log").iterdir())


def test_the_day_in_a_name_is_one_of_the_declared_zone(tmp_path):
    """In summer 23:30 of the day before, in UTC, belongs to the day in London; and does not where days are of UTC."""
    job = folder_of(tmp_path, days=[], pings={"file_date": "%Y%m%d"})
    write_table(tmp_path / "pings" / "20260701.csv", "pings", [ping("2026-06-30T23:30:00Z")])
    asked = {"start": "2026-07-01", "end": "2026-07-02", "as_of": AFTERWARDS}
    assert manifest_of(run(job, **asked).path)["counts"]["off_duty"] == 1
    job.write_text(job.read_text().replace('file_date = "%Y%m%d"', 'file_date = "%Y%m%d"\ntime_zone = "UTC"'))
    with pytest.raises(InputError, match="another day"):
        run(job, **asked)


@pytest.mark.parametrize("name", ["pings.csv", "2026-02-30.csv", "2026-03-02_2026-03-03.csv", "12026-03-02.csv"])
def test_a_name_without_exactly_one_date_stops_the_run(tmp_path, name):
    """A file whose day is not known could be left out wrongly, or be taken for another day's."""
    job = folder_of(tmp_path, "csv", **BY_NAME)
    write_table(tmp_path / "pings" / name, "pings", positions(DAYS[2]))
    with pytest.raises(InputError, match="not exactly one date"):
        run(job, **NIGHT)


def test_a_date_may_stand_in_the_name_of_a_folder(tmp_path):
    """As writers of tables have it; the file's own name counts first."""
    job = folder_of(tmp_path, days=[], **BY_NAME)
    for day in DAYS:
        write_table(tmp_path / "pings" / f"date={day}" / "part-0.csv", "pings", positions(day))
    assert manifest_of(run(job, **NIGHT).path)["files_left_out"] == 3


def test_a_choice_that_the_tables_do_not_bear_out_stops_the_run(tmp_path, monkeypatch):
    """The tables cannot be read when files are chosen, and can a moment later: the files of the context are missing."""

    def unreadable(*_: Any, **__: Any) -> None:
        raise InputError("the file cannot be read")

    job = folder_of(tmp_path)
    monkeypatch.setattr("offduty.runs.decided.read_reference", unreadable)
    with pytest.raises(InputError, match="the reference tables changed while they were read"):
        run(job, **NIGHT)
    assert not list((tmp_path / "store" / "log").iterdir())


@pytest.mark.parametrize("form", ["%Y-%m", "%d", "%Y-%m-%d %H", "%Y%Y%m%d", "%Y/%m/%d", "today", ""])
def test_a_form_that_is_not_one_whole_date_is_refused(tmp_path, form):
    """A file of a month or of an hour says another time than a day."""
    job = folder_of(tmp_path, pings={"file_date": form})
    with pytest.raises(UsageError, match=r"inputs\.pings\.file_date"):
        run(job, **NIGHT)


def test_only_files_of_pings_have_a_date_in_their_names(tmp_path):
    """All files of the other tables are read: a row of them may concern any time."""
    job = folder_of(tmp_path, roster={"file_date": "%Y-%m-%d"})
    with pytest.raises(UsageError, match=r"inputs\.roster\.file_date: it is for pings"):
        run(job, **NIGHT)


def test_the_date_of_a_folder_above_the_input_is_no_date_of_its_files(tmp_path):
    """A snapshot or a backup has any date; a file without one stops the run there as it does elsewhere."""
    folder = tmp_path / "snap-2026-03-04"
    job = folder_of(folder, **BY_NAME)
    (folder / "pings" / f"{DAYS[1]}.parquet").rename(folder / "pings" / "late.parquet")
    with pytest.raises(InputError, match="its name has not exactly one date"):
        run(job, **NIGHT)


def test_a_plan_counts_no_row_of_a_file_that_the_run_would_not_read(tmp_path):
    """A row without an instant belongs to the runs that read its file, and not to those of other days."""
    job = folder_of(tmp_path)
    file = tmp_path / "pings" / f"{DAYS[5]}.parquet"
    rows = pq.read_table(file)
    times = [*rows["observed_at"].to_pylist()[:-1], None]
    pq.write_table(rows.set_column(1, "observed_at", pa.array(times, rows.schema[1].type)), file)
    for day, after in pairwise(DAYS):
        run(job, start=day, end=after)
    write_table(tmp_path / "pings" / "late.parquet", "pings", [ping(f"{DAYS[1]}T12:30:00Z")])
    found = plan(job, start=DAYS[0], end=DAYS[-1], each=True)
    assert [each.would and each.would.new_rows for each in found] == [None, 1, None, None, None]
