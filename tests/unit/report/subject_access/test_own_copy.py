"""An officer's own copy: all that was released of him or her, under the right entries, and nothing of anybody else."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest

from offduty.core.errors import UsageError
from offduty.report.build import OwnCopy, ReportRequest, own_copy
from tests.oracle.reading import instant
from tests.unit.report.forces import DAY, NOW_US, Published, day_of, device, entry, force, officer, published
from tests.unit.report.pages import cells, read
from tests.world import holds, lay_out, ping, stamp

ME = 3
MINUTE_US = 60_000_000


def copy_of(made: Published, who: str = officer(ME), **how) -> OwnCopy:
    """The copy, with the job at hand."""
    return own_copy(ReportRequest(made.store, **{"inputs": made.job, **how}), who, now_us=NOW_US)


def lines(copy: OwnCopy) -> list[dict[str, str]]:
    """The CSV as rows."""
    return list(csv.DictReader(io.StringIO(copy.csv.decode(), newline="")))


def expected(made: Published, number: int, run: int) -> list[tuple[str, str, str]]:
    """What the filter released of the pings of one officer's device: time, longitude, latitude, as they are released."""
    found = []
    for row, reason in zip(made.world["tables"]["pings"], made.reasons[run], strict=True):
        if reason == "on_duty" and row["device_id"] == device(number):
            us = instant(row["observed_at"]) // MINUTE_US * MINUTE_US
            found.append((stamp(us), repr(round(row["lon"], 4)), repr(round(row["lat"], 4))))
    return sorted(found)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Published:
    """Two days of twelve officers, run day by day, over the end of an ISO week."""
    made = published(tmp_path_factory.mktemp("force"))
    for n in range(2):
        made.run(day_of(n), day_of(n + 1))
    return made


@pytest.mark.parametrize("number", [0, ME, 11])
def test_every_released_position_is_listed(made: Published, number: int):
    """Row by row as the filter released them, and the page counts them."""
    copy = copy_of(made, officer(number))
    rows = sorted((row["observed_at"], row["lon"], row["lat"]) for row in lines(copy))
    assert rows == sorted(expected(made, number, 0) + expected(made, number, 1))
    assert len(rows) == copy.rows > 30
    page = read(copy.html)
    assert f"{copy.rows} of your positions are released." in page.all("header")[0].text


def test_pseudonyms_of_every_period_are_found(tmp_path: Path):
    """They change from day to day here, and the copy has both days."""
    made = published(tmp_path, force(policy={"pseudonym": {"rotate": "day"}})).run()
    assert {row["observed_at"][:10] for row in lines(copy_of(made))} == {day_of(0), day_of(1)}


def test_each_position_stands_under_its_entry(made: Published):
    """With the times, the record time and the recorder as the roster has them."""
    for row in lines(copy_of(made)):
        day = row["observed_at"][:10]
        assert row["entry_shift_id"] == f"shift-{ME:02}-{day}"
        assert (row["entry_starts_at"], row["entry_ends_at"]) == (f"{day}T08:00", f"{day}T16:00")
        assert row["entry_recorded_at"] == "2026-02-01T00:00:00Z"
        assert row["entry_recorded_by"] == f"planner {ME % 3}"
    table = cells(read(copy_of(made).html).by_id("entries").parent.all("table")[0])
    assert [row[0] for row in table] == [f"shift-{ME:02}-{day_of(n)}" for n in range(2)]
    assert sum(int(row[6]) for row in table) == copy_of(made).rows


def test_the_entry_is_the_one_that_the_run_knew(tmp_path: Path):
    """Of two versions the one that was on record at the run's as_of; another recorder later changes nothing of that
    run.
    """
    versions = [entry(ME, DAY), entry(ME, DAY, recorded_at="2026-03-20T00:00:00Z", recorded_by="somebody else")]
    others = [entry(n, DAY) for n in range(12) if n != ME]
    made = published(tmp_path, force(days=1, roster=versions + others))
    made.run(as_of="2026-03-10").run(as_of="2026-03-25")
    by_run = {row["superseded"]: row["entry_recorded_by"] for row in lines(copy_of(made))}
    assert by_run == {"yes": f"planner {ME % 3}", "no": "somebody else"}


def test_of_several_entries_the_first_by_shift_grants(tmp_path: Path):
    """Two shifts overlap: until the first ends it grants, and then the other does."""
    mine = [
        {**entry(ME, DAY), "shift_id": "a", "ends_at": f"{DAY}T12:00"},
        {**entry(ME, DAY), "shift_id": "b", "starts_at": f"{DAY}T09:00"},
    ]
    made = published(tmp_path, force(days=1, roster=mine)).run()
    found = {(row["observed_at"] < f"{DAY}T12:00", row["entry_shift_id"]) for row in lines(copy_of(made))}
    assert found == {(True, "a"), (False, "b")}


def test_where_a_step_is_too_coarse_both_entries_are_named(tmp_path: Path):
    """Released times are cut to whole hours, and the shifts change at half past: nobody can tell which it was."""
    mine = [
        {**entry(ME, DAY), "shift_id": "a", "ends_at": f"{DAY}T12:30"},
        {**entry(ME, DAY), "shift_id": "b", "starts_at": f"{DAY}T12:30"},
    ]
    made = published(tmp_path, force(days=1, roster=mine, policy={"release": {"time_step_s": 3600}})).run()
    by_time = {row["observed_at"]: row["entry_shift_id"] for row in lines(copy_of(made))}
    assert by_time[f"{DAY}T11:00:00Z"] == "a"
    assert by_time[f"{DAY}T12:00:00Z"] == "a or b"
    assert by_time[f"{DAY}T13:00:00Z"] == "b"


def test_a_position_taken_within_the_first_minute_has_its_entry(tmp_path: Path):
    """The shift begins thirty seconds past: the released time, cut to the minute, lies before it."""
    mine = [{**entry(ME, DAY), "starts_at": f"{DAY}T08:10:30", "shift_id": "begins late"}]
    pings = [ping(f"{DAY}T08:10:40Z", device=device(ME)), ping(f"{DAY}T12:00:00Z", device=device(ME))]
    made = published(tmp_path, force(days=1, roster=mine, pings=pings)).run()
    assert [(row["observed_at"], row["entry_shift_id"]) for row in lines(copy_of(made))] == [
        (f"{DAY}T08:10:00Z", "begins late"),
        (f"{DAY}T12:00:00Z", "begins late"),
    ]


def test_superseded_runs_are_in_it_and_said_to_be(tmp_path: Path):
    """What they released was released. The headline counts what is current, once."""
    made = published(tmp_path).run().run(DAY, day_of(1), as_of="2026-04-02")
    rows = lines(copy_of(made))
    assert Counter(row["superseded"] for row in rows) == {
        "no": len(expected(made, ME, 0)),
        "yes": len(expected(made, ME, 1)),
    }
    header = read(copy_of(made).html).all("header")[0].text
    assert f"{len(expected(made, ME, 0))} of your positions are released." in header
    assert f"had released {len(expected(made, ME, 1))}" in header


def test_a_time_can_be_asked_for(made: Published):
    """From inclusive, to exclusive, in the middle of a run."""
    rows = lines(copy_of(made, start=f"{DAY}T10:00:00Z", end=f"{DAY}T12:00:00Z"))
    assert rows
    assert all(f"{DAY}T10:00:00Z" <= row["observed_at"] < f"{DAY}T12:00:00Z" for row in rows)


def test_what_was_hidden_is_counted_by_reason(made: Published):
    """Of the officer's own device, exactly: this page is the officer's."""
    found = {
        row[0].split(" ")[0]: int(row[1])
        for row in cells(read(copy_of(made).html).by_id("hidden").parent.all("table")[0])
    }
    mine: Counter[str] = Counter()
    for run in range(2):
        for row, reason in zip(made.world["tables"]["pings"], made.reasons[run], strict=True):
            if reason and row["device_id"] == device(ME):
                mine[reason] += 1
    assert found["Released"] == mine["on_duty"]
    assert found["Off"] == mine["off_duty"]
    assert sum(found.values()) == sum(mine.values())


def test_what_was_anothers_is_not_counted(tmp_path: Path):
    """The device changes hands at noon: each has the own half; while two held it, it is nobody's alone."""
    held = [
        holds(device(ME), officer(ME), end=f"{DAY}T12:00:00Z"),
        holds(device(ME), officer(4), start=f"{DAY}T12:00:00Z"),
        holds(device(ME), officer(5), start=f"{DAY}T18:00:00Z"),
    ]
    made = published(tmp_path, force(days=1, assignments=held)).run()
    morning = sum(
        row["device_id"] == device(ME) and row["observed_at"] < f"{DAY}T12" for row in made.world["tables"]["pings"]
    )
    for who, count in ((ME, morning), (4, 6 * 3), (5, 0)):
        tables = read(copy_of(made, officer(who)).html).by_id("hidden").parent.all("table")
        assert sum(int(row[1]) for table in tables for row in cells(table)) == count


def test_nothing_of_anybody_else_is_in_it(made: Published):
    """No other's id, device, shift or pseudonym, and no device of one's own: what analysts have has none."""
    copy = copy_of(made)
    for text in (copy.html.decode(), copy.csv.decode()):
        for number in range(12):
            assert device(number) not in text
            if number != ME:
                assert officer(number) not in text
                assert f"shift-{number:02}" not in text
    assert officer(ME) not in copy.csv.decode()


def test_the_page_is_said_to_be_private(made: Published):
    """And it is a page like the other: no script, nothing from outside."""
    page = read(copy_of(made).html)
    assert "Private." in page.all("header")[0].text
    assert page.all("script") == page.all("img") == page.all("link") == []


def test_hostile_text_in_the_roster_stays_text(tmp_path: Path):
    """A recorder who is a script is a name; one who is a formula is none in a spreadsheet."""
    mine = [entry(ME, DAY, recorded_by="<script>alert(1)</script>", shift_id="=HYPERLINK(1)")]
    made = published(tmp_path, force(days=1, roster=mine)).run()
    copy = copy_of(made)
    page = read(copy.html)
    assert page.all("script") == []
    assert "<script>alert(1)</script>" in page.by_id("entries").parent.text
    assert {row["entry_shift_id"] for row in lines(copy)} == {"'=HYPERLINK(1)"}


def test_nobody_is_found_by_a_slip_of_the_hand(made: Published):
    """An id that no table has is an error, and the error does not repeat it."""
    with pytest.raises(UsageError, match="no table of the job names the officer") as caught:
        copy_of(made, "planted-officer-99")
    assert "99" not in str(caught.value)
    with pytest.raises(UsageError, match="--inputs"):
        copy_of(made, inputs=None)


def test_runs_under_another_key_are_said_not_to_be_known(made: Published, tmp_path: Path):
    """The pseudonyms cannot be found with this key: that is not the same as nothing released."""
    other = lay_out(made.world, tmp_path, key="ab" * 32)
    copy = copy_of(made, inputs=other)
    assert copy.rows == 0
    assert "2 of these runs were made with another key" in read(copy.html).by_id("runs").parent.text


def test_an_officer_of_whom_nothing_is_released(tmp_path: Path):
    """A page all the same."""
    made = published(tmp_path, force(days=1, roster=[entry(0, DAY)])).run()
    copy = copy_of(made)
    assert copy.rows == 0
    assert "No position of yours is released" in read(copy.html).by_id("entries").parent.text


def test_extra_columns_are_copied_too(tmp_path: Path):
    """What else analysts were given of a position is the officer's to know."""
    world = force(days=1, policy={"release": {"extra_columns": ["speed"]}})
    for at, row in enumerate(world["tables"]["pings"]):
        row["speed"] = str(at)
    from offduty import run

    run(lay_out(world, tmp_path), as_of="2026-04-01")
    rows = lines(copy_of(Published(world, tmp_path)))
    assert len({row["speed"] for row in rows}) == len(rows) > 10
