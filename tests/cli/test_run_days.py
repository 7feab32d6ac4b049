"""A range of days run one by one: `offduty run --each day` (docs/how-to/scheduling.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from offduty import run
from offduty.core.calendar_days import days_of
from offduty.core.errors import BeforeFirstPingError, InputError, UsageError
from offduty.core.instants import FOREVER_US, instant, iso_text
from offduty.core.interval import Interval
from offduty.engines.decider import Limits
from offduty.ingest import sources
from offduty.runs import decided
from offduty.runs.backfill import Backfill
from offduty.runs.request import Request
from tests.cli.command import answered, contents, entries, here
from tests.world import AFTERWARDS, assignment, lay_out, ping, shift, world, write_table

DAYS = ["2026-03-02", "2026-03-03", "2026-03-04"]
RANGE = ("--from", "2026-03-02", "--to", "2026-03-05", "--each", "day")


def three_days() -> dict:
    """Three days of work; each has its shift, three pings on duty and one at night."""
    pings = [ping(f"{day}T{clock}:00Z") for day in DAYS for clock in ("03:00", "09:00", "12:00", "15:00")]
    roster = [shift(f"{day}T08:00", f"{day}T16:00", shift_id=day) for day in DAYS]
    return world(pings, roster=roster)


def interval(start: str, end: str) -> Interval:
    """Between two instants."""
    return Interval(instant(start), instant(end))


def add_shift(folder: Path, day: str, code: str = "leave", recorded: str = "2026-06-01") -> None:
    """A correction: a further row at the end of the roster."""
    with (folder / "roster.csv").open("a") as file:
        file.write(f"late,o1,{day}T11:00,{day}T13:00,,{code},active,{recorded}\r\n")


def test_a_note_that_says_the_same_of_each_day_is_printed_once(tmp_path: Path):
    """Also where only its figures differ; what is new on a day is printed there, and the JSON has all notes."""
    given = three_days()
    given["tables"]["pings"] += [
        {**ping(f"{day}T{8 + minute // 60:02}:{minute % 60:02}:00Z"), "accuracy_m": 10}
        for at, day in enumerate(DAYS)
        for minute in range(30, 300, 5 + at)
    ]
    given["tables"]["pings"].append(ping(f"{DAYS[1]}T10:00:00Z", (0.0, 0.0)))
    job = lay_out(given, tmp_path)
    done = here("run", job, *RANGE, "--as-of", AFTERWARDS, "--json")
    assert done.returncode == 0, done.stderr
    notes = [line.strip() for line in done.stderr.splitlines() if line.strip().startswith("note: ")]
    assert sum("rows without a record time" in note for note in notes) == 1
    assert sum("between two positions on duty" in note for note in notes) == 1
    assert sum("quarantined, bad_position" in note for note in notes) == 1
    assert done.stderr.count("a note that says the same of several days") == 1
    warnings = [warning for day in json.loads(done.stdout)["days"] for warning in day["warnings"]]
    assert sum("rows without a record time" in warning for warning in warnings) == 3


@pytest.mark.parametrize(
    ("zone", "start", "end", "hours"),
    [
        ("Europe/London", "2026-03-28", "2026-03-31", [24, 23, 24]),
        ("Europe/London", "2026-10-24", "2026-10-27", [24, 25, 24]),
        ("UTC", "2026-03-28", "2026-03-30", [24, 24]),
        ("Australia/Lord_Howe", "2026-10-03", "2026-10-06", [24, 23.5, 24]),
        ("Pacific/Apia", "2011-12-29", "2012-01-01", [24, 24]),  # there was no 30 December
        ("America/Havana", "2026-03-07", "2026-03-09", [24, 23]),  # midnight itself was skipped
    ],
)
def test_days_are_those_of_the_zone(zone, start, end, hours):
    """They lie end to end and last as long as the clocks say."""
    from datetime import date

    from offduty.core.instants import midnight

    whole = Interval(midnight(date.fromisoformat(start), zone), midnight(date.fromisoformat(end), zone))
    days = days_of(whole, zone)
    assert [(day.interval.to_us - day.interval.from_us) / 3.6e9 for day in days] == hours
    assert [day.interval.from_us for day in days[1:]] == [day.interval.to_us for day in days[:-1]]
    assert (days[0].interval.from_us, days[-1].interval.to_us) == (whole.from_us, whole.to_us)


def test_the_first_and_the_last_day_may_be_parts():
    """A range that begins at noon has half a day first; it is cut at midnights all the same."""
    days = days_of(interval("2026-03-02T12:00:00Z", "2026-03-04T06:00:00Z"), "Europe/London")
    assert [(str(day.date), iso_text(day.interval.from_us)) for day in days] == [
        ("2026-03-02", "2026-03-02T12:00:00Z"),
        ("2026-03-03", "2026-03-03T00:00:00Z"),
        ("2026-03-04", "2026-03-04T00:00:00Z"),
    ]
    assert iso_text(days[-1].interval.to_us) == "2026-03-04T06:00:00Z"


@pytest.mark.parametrize("ends", [(instant("2026-03-02"), FOREVER_US), (instant("1700-01-01"), instant("2026-01-01"))])
def test_a_range_must_have_two_ends_not_too_far_apart(ends):
    """An open range has no last day."""
    with pytest.raises(UsageError):
        days_of(Interval(*ends), "UTC")


def without_notes(printed: str) -> list[str]:
    """The lines of what was printed, without the notes below each day."""
    return [line for line in printed.splitlines() if not line.strip().startswith("note: ")]


def test_one_run_and_one_line_a_day(tmp_path):
    """Published in order, told in order; the JSON has the days with the keys of a single run."""
    done = here("run", lay_out(three_days(), tmp_path), *RANGE, "--json")
    said = answered(done)
    assert [day["day"] for day in said["days"]] == DAYS
    assert all(
        day["published"] and day["counts"]["on_duty"] == 3 and day["counts"]["off_duty"] == 1 for day in said["days"]
    )
    assert [line.split()[0] for line in without_notes(done.stderr)[:3]] == DAYS
    logged = [json.loads(path.read_bytes().partition(b"\n\n")[0]) for path in entries(tmp_path)]
    assert [entry["interval"]["from"] for entry in logged] == [f"{day}T00:00:00Z" for day in DAYS]
    assert len({entry["as_of"] for entry in logged}) == 1


def test_days_give_what_a_shell_loop_gives(tmp_path):
    """The same run ids, and every byte the same but the log's times; the next time all is already there."""
    job, other = lay_out(three_days(), tmp_path / "a"), lay_out(three_days(), tmp_path / "b")
    said = answered(here("run", job, *RANGE, "--as-of", AFTERWARDS, "--json"))
    for day, following in zip(DAYS, [*DAYS[1:], "2026-03-05"], strict=True):
        run(other, start=day, end=following, as_of=AFTERWARDS)
    assert contents(tmp_path / "a" / "store") == contents(tmp_path / "b" / "store")
    again = answered(here("run", job, *RANGE, "--as-of", AFTERWARDS, "--json"))
    assert [day["run_id"] for day in again["days"]] == [day["run_id"] for day in said["days"]]
    assert all(day["already"] for day in again["days"])


def test_it_stops_at_the_first_day_that_fails_and_goes_on_there(tmp_path):
    """The exit code is the day's; the days before it stand, and are not done again."""
    job = lay_out(three_days(), tmp_path)
    answered(here("run", job, "--from", DAYS[0], "--to", DAYS[1], "--each", "day", "--json"))
    before = contents(tmp_path / "store")
    whole = (tmp_path / "roster.csv").read_bytes()
    (tmp_path / "roster.csv").write_bytes(whole + b",,2026-03-03T08:00,,,leave,active,2026-02-01\r\n")
    done = here("run", job, "--from", DAYS[1], "--to", "2026-03-05", "--each", "day", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout) == {
        "days": [],
        "passed_over": [],
        "failed": {"day": DAYS[1], "from": f"{DAYS[1]}T00:00:00Z", "to": f"{DAYS[2]}T00:00:00Z", "exit": 3},
    }
    assert f"{DAYS[1]}  failed; 0 of 2 days are done. The same command continues from here" in done.stderr
    alone = here("run", job, "--from", DAYS[1], "--to", DAYS[2], "--each", "day")
    assert f"{DAYS[1]}  failed; 0 of 1 day is done. The same command continues from here" in alone.stderr
    assert "roster.csv" in done.stderr
    assert contents(tmp_path / "store") == before
    (tmp_path / "roster.csv").write_bytes(whole)
    said = answered(here("run", job, *RANGE, "--json"))
    assert ["already" in day for day in said["days"]] == [True, False, False]


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (KeyError("CANARY"), 1)])
def test_a_day_that_is_interrupted_or_fails_as_nobody_foresaw(tmp_path, monkeypatch, error, code):
    """The JSON has the code that the command ends with, and no word of an exception that is not ours."""
    import offduty.runs.backfill

    job = lay_out(three_days(), tmp_path)
    answered(here("run", job, "--from", DAYS[0], "--to", DAYS[1], "--json"))
    honest, calls = offduty.runs.backfill.answer, []

    def fail_on_the_second(asked, **options):
        calls.append(asked)
        if len(calls) == 2:
            raise error
        return honest(asked, **options)

    monkeypatch.setattr(offduty.runs.backfill, "answer", fail_on_the_second)
    done = here("run", job, *RANGE, "--json")
    assert done.returncode == code
    said = json.loads(done.stdout)
    assert (len(said["days"]), said["failed"]["day"], said["failed"]["exit"]) == (1, DAYS[1], code)
    assert "CANARY" not in done.stdout + done.stderr


def test_each_input_is_hashed_once(tmp_path, monkeypatch):
    """Not once a day; but one that changes meanwhile is read again, and the days after it rest on what it says now."""
    job = lay_out(three_days(), tmp_path, files=2)
    read = []
    honest = sources.fingerprint
    monkeypatch.setattr(sources, "fingerprint", lambda source: read.append(source.name) or honest(source))
    work = Backfill(Request.of(job, DAYS[0], "2026-03-05", None, None))
    days = [day.interval for day in work.days()]
    first, second = work.run(days[0]), work.run(days[1])
    assert len(read) == len(set(read)) == 6
    add_shift(tmp_path, DAYS[2])
    third = work.run(days[2])
    assert read[6:] == ["roster.csv"]
    assert [done.counts["on_duty"] for done in (first, second, third)] == [3, 3, 2]


def test_a_day_that_a_corrected_roster_changed_says_so(tmp_path):
    """Leave that was written down afterwards takes noon away on its day; the others are already there."""
    job = lay_out(three_days(), tmp_path)
    first = answered(here("run", job, *RANGE, "--json"))
    add_shift(tmp_path, DAYS[1])
    done = here("run", job, *RANGE, "--json")
    said = answered(done)
    assert [day.get("already", False) for day in said["days"]] == [True, False, True]
    assert [said["days"][i]["run_id"] == first["days"][i]["run_id"] for i in range(3)] == [True, False, True]
    superseded = said["days"][1]["supersedes"]
    assert superseded["run_id"] == first["days"][1]["run_id"]
    assert superseded["because"] == [{"what": "roster", "how": "changed", "name": "roster.csv"}]
    assert superseded["moved"] == [{"was": "on_duty", "became": "off_duty", "rows": 1}]
    assert "roster.csv has changed; 1 row with a different reason" in without_notes(done.stderr)[1]


def test_a_late_file_supersedes_and_says_how_many_rows_are_new(tmp_path):
    """Rows of files that the older run had are compared one by one: none has another reason."""
    job = lay_out(three_days(), tmp_path)
    run(job, start=DAYS[0], end=DAYS[1])
    late = [ping(f"{DAYS[0]}T10:00:00Z"), ping(f"{DAYS[0]}T04:00:00Z"), ping(f"{DAYS[1]}T10:00:00Z")]
    write_table(tmp_path / "pings" / "a-late.csv", "pings", late)
    said = answered(here("run", job, "--from", DAYS[0], "--to", DAYS[1], "--json"))
    assert said["counts"]["on_duty"] == 4
    assert said["supersedes"]["new_rows"] == 2
    assert said["supersedes"]["moved"] == []
    assert said["supersedes"]["because"] == [{"what": "pings", "how": "new", "name": "pings/a-late.csv"}]


def test_late_pings_change_other_reasons_by_the_rules_and_that_is_said(tmp_path):
    """A late fix at home makes the way there a leg: two that were released are hidden now, each told by its reasons."""
    given = world([ping("08:30"), ping("12:00", "street"), ping("15:30")])
    job = lay_out(given, tmp_path)
    run(job, start=DAYS[0], end=DAYS[1])
    write_table(tmp_path / "pings" / "a-late.csv", "pings", [ping("14:00", "home")])
    done = here("run", job, "--from", DAYS[0], "--to", DAYS[1])
    assert done.returncode == 0
    assert "1 row new; 1 row with a different reason" in done.stderr
    said = answered(here("run", job, "--from", DAYS[0], "--to", DAYS[1], "--json"))
    assert said["already"] is True
    assert (said["counts"]["home_leg"], said["counts"]["protected_place"]) == (1, 1)


def test_twin_files_and_bad_rows_are_compared_too(tmp_path):
    """Two files of the same content keep apart; a row in quarantine stays in quarantine."""
    job = lay_out(world([ping("09:00"), ping("nonsense"), ping("10:00")], assignments=[assignment()]), tmp_path)
    pings = tmp_path / "pings" / "part-0.csv"
    (tmp_path / "pings" / "part-1.csv").write_bytes(pings.read_bytes())
    first = run(job, start=DAYS[0], end=DAYS[1])
    add_shift(tmp_path, DAYS[0])
    said = answered(here("run", job, "--from", DAYS[0], "--to", DAYS[1], "--json"))
    assert said["supersedes"]["run_id"] == first.run_id
    assert (said["supersedes"]["new_rows"], said["supersedes"]["moved"]) == (0, [])


EARLY = ("--from", "2026-02-27", "--to", "2026-03-05", "--each", "day")


def expecting(job: Path, expect: str = "min_pings = 1") -> Path:
    """The same job, which expects pings, as `offduty init` writes it."""
    job.write_text(job.read_text() + f"\n[expect]\n{expect}\n")
    return job


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_days_before_the_first_ping_of_a_new_feed_are_passed_over_with_a_word(tmp_path, form):
    """The nightly job of a feed that began three days ago looks back seven: it runs, tonight and tomorrow night."""
    job = expecting(lay_out(three_days(), tmp_path, form=form, files=3))
    for already in (False, True):
        done = here("run", job, *EARLY, "--json")
        said = answered(done)
        assert [day["day"] for day in said["days"]] == DAYS
        assert [day.get("already", False) for day in said["days"]] == [already] * 3
        assert [day["day"] for day in said["passed_over"]] == ["2026-02-27", "2026-02-28", "2026-03-01"]
        words = without_notes(done.stderr)
        assert words[0] == "2026-02-27  passed over      no pings before the end of this day: the feed begins later"
        assert words[-1].endswith("; 3 passed over before the first ping")
    assert len(entries(tmp_path)) == 3


def test_a_day_without_pings_after_pings_began_still_stops(tmp_path):
    """In the middle of the window, and at its beginning where the files have pings from before it, read or left out."""
    given = three_days()
    given["tables"]["pings"] = [row for row in given["tables"]["pings"] if DAYS[1] not in row["observed_at"]]
    for form in ("csv", "parquet"):
        job = expecting(lay_out(given, tmp_path / form, form=form))
        done = here("run", job, *EARLY, "--json")
        assert (done.returncode, json.loads(done.stdout)["failed"]["day"]) == (3, DAYS[1])
        assert [day["day"] for day in json.loads(done.stdout)["days"]] == DAYS[:1]
    apart = expecting(lay_out(given, tmp_path / "apart", form="parquet", files=8))  # one ping in each file
    done = here("run", apart, "--from", DAYS[1], "--to", "2026-03-05", "--each", "day", "--json")
    assert (done.returncode, json.loads(done.stdout)["passed_over"]) == (3, [])


def test_pings_in_row_groups_that_are_not_read_are_not_forgotten(tmp_path, monkeypatch):
    """A large file with rows from before and after an empty day: what lies before is left out, and yet the feed began.
    On a day before its first row it had not.
    """
    given = three_days()
    given["tables"]["pings"] = [row for row in given["tables"]["pings"] if DAYS[1] not in row["observed_at"]]
    job = expecting(lay_out(given, tmp_path, form="parquet"))
    (path,) = (tmp_path / "pings").iterdir()
    pq.write_table(pq.read_table(path, partitioning=None), path, row_group_size=1)
    small = Limits(threads=1, waiting_bytes=1 << 30, released_bytes=1 << 30, piece_rows=1)
    monkeypatch.setattr(decided, "limits_of", lambda resources: small)
    with pytest.raises(InputError) as stopped:
        run(job, start=DAYS[1], end=DAYS[2])
    assert not isinstance(stopped.value, BeforeFirstPingError)
    with pytest.raises(BeforeFirstPingError):
        run(job, start="2026-02-28", end="2026-03-01")


def test_pings_that_a_run_in_the_store_had_are_not_forgotten(tmp_path):
    """Files that were taken away since: the store knows that the feed had begun, and the empty day stops."""
    job = expecting(lay_out(three_days(), tmp_path))
    answered(here("run", job, "--from", DAYS[0], "--to", DAYS[1], "--json"))
    later = [row for row in three_days()["tables"]["pings"] if DAYS[2] in row["observed_at"]]
    write_table(tmp_path / "pings" / "part-0.csv", "pings", later)
    done = here("run", job, "--from", DAYS[1], "--to", "2026-03-05", "--each", "day", "--json")
    assert (done.returncode, json.loads(done.stdout)["passed_over"]) == (3, [])


@pytest.mark.parametrize(
    "row",
    [
        {**ping("2026-02-28T09:00:00Z"), "device_id": None},
        {**ping("2026-02-28T09:00:00Z"), "lon": 0, "lat": 0},
        ping("never"),
    ],
)
def test_a_row_that_cannot_be_read_is_no_silence(tmp_path, row):
    """Somebody sent something that day, or at a time that nobody knows: the day is not passed over."""
    given = three_days()
    given["tables"]["pings"] += [row]
    done = here("run", expecting(lay_out(given, tmp_path)), "--from", "2026-02-28", *EARLY[2:], "--json")
    assert (done.returncode, json.loads(done.stdout)["failed"]["day"]) == (3, "2026-02-28")


def test_a_day_before_the_first_ping_on_which_more_is_wrong_stops(tmp_path):
    """Reference rows that meet nothing are no matter of when the feed began."""
    job = expecting(lay_out(three_days(), tmp_path))
    stranger = [shift(f"{DAYS[0]}T08:00", f"{DAYS[0]}T16:00", shift_id=f"x{n}", officer=f"x{n}") for n in range(20)]
    write_table(tmp_path / "roster.csv", "roster", [*three_days()["tables"]["roster"], *stranger])
    job.write_text(job.read_text().replace("[expect]", "[expect]\nmax_unmatched_share = 0.1"))
    with pytest.raises(InputError) as stopped:
        run(job, start="2026-02-28", end="2026-03-01")
    assert not isinstance(stopped.value, BeforeFirstPingError)


def test_a_window_with_no_ping_at_all_is_no_success(tmp_path):
    """Every day lies before the first ping: nothing was published, and the exit code says so."""
    job = expecting(lay_out(three_days(), tmp_path))
    done = here("run", job, "--from", "2026-02-01", "--to", "2026-02-03", "--each", "day", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["days"] == []
    assert "no pings before the end of the last day" in done.stderr
    assert not entries(tmp_path)


def test_one_run_over_a_time_before_the_first_ping_stops_as_it_did(tmp_path):
    """Only days of a range are passed over: whoever asks for one interval wants it."""
    job = expecting(lay_out(three_days(), tmp_path))
    done = here("run", job, "--from", "2026-02-28", "--to", "2026-03-01")
    assert done.returncode == 3
    assert "expect.min_pings is 1" in done.stderr
