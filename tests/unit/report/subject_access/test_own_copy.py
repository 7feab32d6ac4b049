"""An officer's own copy: everything that was released of him or her, with the right entries, and of nobody else."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest

from offduty import run
from offduty.core.errors import UsageError
from offduty.pages.language import ENGLISH, language
from offduty.report.build import OwnCopy, ReportRequest, own_copy
from tests.oracle.reading import instant
from tests.unit.report.forces import DAY, NOW_US, Published, day_of, device, entry, force, officer, published
from tests.unit.report.pages import cells, read
from tests.world import assignment, lay_out, ping, stamp

ME = 3
MINUTE_US = 60_000_000


def copy_of(made: Published, who: str = officer(ME), said_in: str = "en", **how) -> OwnCopy:
    """The own copy, with the job given."""
    asked = ReportRequest(made.store, **{"inputs": made.job, **how})
    return own_copy(asked, who, language=language(said_in), now_us=NOW_US)


def lines(copy: OwnCopy) -> list[dict[str, str]]:
    """The CSV as rows."""
    return list(csv.DictReader(io.StringIO(copy.csv.decode(), newline="")))


def expected(made: Published, number: int, run: int) -> list[tuple[str, str, str]]:
    """What a run released of the pings of one officer's device: time, longitude and latitude, as released."""
    found = []
    for row, reason in zip(made.world["tables"]["pings"], made.reasons[run], strict=True):
        if reason == "on_duty" and row["device_id"] == device(number):
            us = instant(row["observed_at"]) // MINUTE_US * MINUTE_US
            found.append((stamp(us), repr(round(row["lon"], 4)), repr(round(row["lat"], 4))))
    return sorted(found)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Published:
    """Two days of twelve officers, with a run for each day."""
    made = published(tmp_path_factory.mktemp("force"))
    for n in range(2):
        made.run(day_of(n), day_of(n + 1))
    return made


@pytest.mark.parametrize("number", [0, ME, 11])
def test_every_released_position_is_listed(made: Published, number: int):
    """Row by row as the runs released them, and the page counts them."""
    copy = copy_of(made, officer(number))
    rows = sorted((row["observed_at"], row["lon"], row["lat"]) for row in lines(copy))
    assert rows == sorted(expected(made, number, 0) + expected(made, number, 1))
    assert len(rows) == copy.rows > 30
    page = read(copy.html)
    assert f"{copy.rows} of your positions are released." in page.all("header")[0].text


def test_pseudonyms_of_every_period_are_found(tmp_path: Path):
    """Here they change every day, and the copy has both days."""
    made = published(tmp_path, force(policy={"pseudonym": {"rotate": "day"}})).run()
    assert {row["observed_at"][:10] for row in lines(copy_of(made))} == {day_of(0), day_of(1)}


def test_each_position_has_its_entry(made: Published):
    """With times, record time and recorder exactly as in the roster; on the page in words."""
    for row in lines(copy_of(made)):
        day = row["observed_at"][:10]
        assert row["entry_shift_id"] == f"shift-{ME:02}-{day}"
        assert (row["entry_starts_at"], row["entry_ends_at"]) == (f"{day}T08:00", f"{day}T16:00")
        assert row["entry_recorded_at"] == "2026-02-01T00:00:00Z"
        assert row["entry_recorded_by"] == f"planner {ME % 3}"
    table = cells(read(copy_of(made).html).by_id("entries").parent.all("table")[0])
    assert [row[0] for row in table] == [f"shift-{ME:02}-{day_of(n)}" for n in range(2)]
    assert table[0][1:6] == [
        "2 March 2026, 08:00",
        "2 March 2026, 16:00",
        "duty",
        "1 February 2026, 00:00",
        f"planner {ME % 3}",
    ]
    assert sum(int(row[6]) for row in table) == copy_of(made).rows


def test_the_entry_is_the_version_that_the_run_knew(tmp_path: Path):
    """Of two versions, the one that was on record at the run's ``as_of``."""
    versions = [entry(ME, DAY), entry(ME, DAY, recorded_at="2026-03-20T00:00:00Z", recorded_by="somebody else")]
    others = [entry(n, DAY) for n in range(12) if n != ME]
    made = published(tmp_path, force(days=1, roster=versions + others))
    made.run(as_of="2026-03-10").run(as_of="2026-03-25")
    by_run = {row["superseded"]: row["entry_recorded_by"] for row in lines(copy_of(made))}
    assert by_run == {"yes": f"planner {ME % 3}", "no": "somebody else"}


def test_a_record_time_without_an_offset_is_in_the_declared_zone(tmp_path: Path):
    """The roster says 09:00 by the clock of Berlin: the table says the instant, the page the clock of the policy."""
    mine = [entry(ME, DAY, recorded_at="2026-02-20T09:00")]
    world = force(days=1, roster=mine, policy={"policy": {"timezone": "Europe/Berlin"}})
    world["inputs"] = {"roster": {"time_zone": "Europe/Berlin"}}
    run(lay_out(world, tmp_path), as_of="2026-04-01")
    copy = copy_of(Published(world, tmp_path))
    assert {row["entry_recorded_at"] for row in lines(copy)} == {"2026-02-20T08:00:00Z"}
    table = cells(read(copy.html).by_id("entries").parent.all("table")[0])
    assert [row[4] for row in table] == ["20 February 2026, 09:00"]


def test_of_several_entries_the_first_by_shift_grants(tmp_path: Path):
    """Two shifts overlap: the first one by its id grants until it ends, then the other."""
    mine = [
        {**entry(ME, DAY), "shift_id": "a", "ends_at": f"{DAY}T12:00"},
        {**entry(ME, DAY), "shift_id": "b", "starts_at": f"{DAY}T09:00"},
    ]
    made = published(tmp_path, force(days=1, roster=mine)).run()
    found = {(row["observed_at"] < f"{DAY}T12:00", row["entry_shift_id"]) for row in lines(copy_of(made))}
    assert found == {(True, "a"), (False, "b")}


def test_where_a_step_is_too_coarse_both_entries_are_named(tmp_path: Path):
    """Released times are whole hours, and the shifts change at half past: it may be either."""
    mine = [
        {**entry(ME, DAY), "shift_id": "a", "ends_at": f"{DAY}T12:30"},
        {**entry(ME, DAY), "shift_id": "b", "starts_at": f"{DAY}T12:30"},
    ]
    made = published(tmp_path, force(days=1, roster=mine, policy={"release": {"time_step_s": 3600}})).run()
    by_time = {row["observed_at"]: row["entry_shift_id"] for row in lines(copy_of(made))}
    assert by_time[f"{DAY}T11:00:00Z"] == "a"
    assert by_time[f"{DAY}T12:00:00Z"] == "a or b"
    assert by_time[f"{DAY}T13:00:00Z"] == "b"


def test_a_position_in_the_first_minute_has_its_entry(tmp_path: Path):
    """The shift begins at half a minute, so the released time, truncated to the minute, is before it."""
    mine = [{**entry(ME, DAY), "starts_at": f"{DAY}T08:10:30", "shift_id": "begins late"}]
    pings = [ping(f"{DAY}T08:10:40Z", device=device(ME)), ping(f"{DAY}T12:00:00Z", device=device(ME))]
    made = published(tmp_path, force(days=1, roster=mine, pings=pings)).run()
    assert [(row["observed_at"], row["entry_shift_id"]) for row in lines(copy_of(made))] == [
        (f"{DAY}T08:10:00Z", "begins late"),
        (f"{DAY}T12:00:00Z", "begins late"),
    ]


def test_superseded_runs_are_in_it_and_marked(tmp_path: Path):
    """What they released was released. The headline counts only the runs that are current."""
    made = published(tmp_path).run().run(DAY, day_of(1), as_of="2026-04-02")
    rows = lines(copy_of(made))
    assert Counter(row["superseded"] for row in rows) == {
        "no": len(expected(made, ME, 0)),
        "yes": len(expected(made, ME, 1)),
    }
    header = read(copy_of(made).html).all("header")[0].text
    assert f"{len(expected(made, ME, 0))} of your positions are released." in header
    assert f"had released {len(expected(made, ME, 1))}" in header


def test_a_release_that_a_newer_run_replaced_is_not_called_lost(tmp_path: Path):
    """A correction withdraws the older release: that is the ordinary course, and is said so. One that is gone for
    another reason is said apart.
    """
    made = published(tmp_path, force(days=1, policy={"release": {"keep_superseded": False}})).run()
    made.run(as_of="2026-04-02")
    text = read(copy_of(made).html).by_id("runs").parent.text
    assert "1 older run was replaced by a newer run, and its release was withdrawn" in text
    assert "deleted after" not in text
    for path in (tmp_path / "store" / "runs").rglob("release/*/*.parquet"):
        path.unlink()
    text = read(copy_of(made).html).by_id("runs").parent.text
    assert "1 older run was replaced by a newer run" in text
    assert "The release of 1 run was deleted after its time, or is not in this copy of the store" in text


def test_a_time_can_be_requested(made: Published):
    """Start inclusive, end exclusive, in the middle of a run."""
    rows = lines(copy_of(made, start=f"{DAY}T10:00:00Z", end=f"{DAY}T12:00:00Z"))
    assert rows
    assert all(f"{DAY}T10:00:00Z" <= row["observed_at"] < f"{DAY}T12:00:00Z" for row in rows)


def test_what_was_hidden_is_counted_by_reason(made: Published):
    """Exactly, for the officer's own device: this page is for the officer only."""
    found = {
        row[0].split(" ")[0]: int(row[1])
        for row in cells(read(copy_of(made).html).by_id("outcomes").parent.all("table")[0])
    }
    mine: Counter[str] = Counter()
    for number in range(2):
        for row, reason in zip(made.world["tables"]["pings"], made.reasons[number], strict=True):
            if reason and row["device_id"] == device(ME):
                mine[reason] += 1
    assert found["Released"] == mine["on_duty"]
    assert found["Off"] == mine["off_duty"]
    assert sum(found.values()) == sum(mine.values())


def test_what_belongs_to_others_is_not_counted(tmp_path: Path):
    """The device is reassigned at noon: each officer has one half; a shared device counts for nobody."""
    assigned = [
        assignment(device(ME), officer(ME), end=f"{DAY}T12:00:00Z"),
        assignment(device(ME), officer(4), start=f"{DAY}T12:00:00Z"),
        assignment(device(ME), officer(5), start=f"{DAY}T18:00:00Z"),
    ]
    made = published(tmp_path, force(days=1, assignments=assigned)).run()
    morning = sum(
        row["device_id"] == device(ME) and row["observed_at"] < f"{DAY}T12" for row in made.world["tables"]["pings"]
    )
    for who, count in ((ME, morning), (4, 6 * 3), (5, 0)):
        tables = read(copy_of(made, officer(who)).html).by_id("outcomes").parent.all("table")
        assert sum(int(row[1]) for table in tables for row in cells(table)) == count


def test_nothing_of_anybody_else_is_in_it(made: Published):
    """No id, shift or device of another officer; and not even the officer's own device, which analysts do not get."""
    copy = copy_of(made)
    for text in (copy.html.decode(), copy.csv.decode()):
        for number in range(12):
            assert device(number) not in text
            if number != ME:
                assert officer(number) not in text
                assert f"shift-{number:02}" not in text
    assert officer(ME) not in copy.csv.decode()


def test_the_page_says_that_it_is_private(made: Published):
    """Like the report, it has no script and loads nothing."""
    page = read(copy_of(made).html)
    assert "Private." in page.all("header")[0].text
    assert page.all("script") == page.all("img") == page.all("link") == []


def test_hostile_text_in_the_roster_stays_text(tmp_path: Path):
    """A script is printed as text, and a spreadsheet runs no formula."""
    mine = [entry(ME, DAY, recorded_by="<script>alert(1)</script>", shift_id="=HYPERLINK(1)")]
    made = published(tmp_path, force(days=1, roster=mine)).run()
    copy = copy_of(made)
    page = read(copy.html)
    assert page.all("script") == []
    assert "<script>alert(1)</script>" in page.by_id("entries").parent.text
    assert {row["entry_shift_id"] for row in lines(copy)} == {"'=HYPERLINK(1)"}


def test_an_unknown_officer_is_an_error(made: Published):
    """The error does not repeat the id."""
    with pytest.raises(UsageError, match="no table of the job names the officer") as caught:
        copy_of(made, "planted-officer-99")
    assert "99" not in str(caught.value)
    with pytest.raises(UsageError, match="--inputs"):
        copy_of(made, inputs=None)


def test_runs_with_another_key_are_reported(made: Published, tmp_path: Path):
    """Their pseudonyms cannot be found with this key, which does not mean that nothing was released."""
    other = lay_out(made.world, tmp_path, key="ab" * 32)
    copy = copy_of(made, inputs=other)
    assert copy.rows == 0
    assert "2 of these runs used another key" in read(copy.html).by_id("runs").parent.text


def test_an_officer_without_released_positions(tmp_path: Path):
    """Gets a page too."""
    made = published(tmp_path, force(days=1, roster=[entry(0, DAY)])).run()
    copy = copy_of(made)
    assert copy.rows == 0
    assert "No position of yours is released" in read(copy.html).by_id("entries").parent.text


def test_extra_columns_are_in_it(tmp_path: Path):
    """The officer may know everything that analysts got about a position: on the page, and in the CSV."""
    world = force(days=1, policy={"release": {"extra_columns": ["speed"]}})
    for at, row in enumerate(world["tables"]["pings"]):
        row["speed"] = str(at)
    run(lay_out(world, tmp_path), as_of="2026-04-01")
    copy = copy_of(Published(world, tmp_path))
    rows = lines(copy)
    assert len({row["speed"] for row in rows}) == len(rows) > 10
    (table,) = read(copy.html).by_id("released").parent.all("table")
    column = [head.text for head in table.all("thead")[0].all("th")].index("“speed”")
    assert [row[column] for row in cells(table)] == [row["speed"] for row in rows]


def test_the_first_screen_answers_both_questions(made: Published):
    """When, how often, by which rules with their figures; what it rests on; who has it, and where to complain."""
    (header,) = read(copy_of(made).html).all("header")
    followed, trust = (one.text for one in header.all("section", "answer"))
    assert "on 2 days, from 2 March 2026 to 3 March 2026" in followed
    hidden = Counter(
        reason
        for number in range(2)
        for row, reason in zip(made.world["tables"]["pings"], made.reasons[number], strict=True)
        if reason and row["device_id"] == device(ME) and reason != "on_duty"
    )
    assert f"{hidden.total()} positions of your devices stayed hidden. {hidden['off_duty']} of them" in followed
    assert "Never within 200 m of your home" in followed.replace("\u00a0", " ")
    assert "This page has not verified the store" in trust
    assert "offduty verify" in trust
    assert [one.text for one in header.all("dt")] == [
        "Officer",
        "Purpose",
        "Given to",
        "Kept",
        "Complain to",
        "Times",
        "Made on",
    ]


def test_the_picture_has_a_dot_for_each_place_and_nothing_else(made: Published):
    """Two places, where the officer was on duty; there is a scale and an arrow, and no coordinate."""
    part = read(copy_of(made).html).by_id("picture").parent
    (picture,) = part.all("svg", "map")
    (dots,) = picture.all("path", "dots")
    places = {(row["lon"], row["lat"]) for row in lines(copy_of(made))}
    assert len(dots.attributes["d"].split("M")) - 1 == len(places) == 2
    assert [one.text for one in picture.all("text")] == ["500 m", "N"]
    assert "2 different places" in part.text


def test_an_own_copy_in_german_has_no_english_sentence(made: Published):
    """It says that it is a draft, and has the same rows and figures."""
    html = copy_of(made, said_in="de").html
    text = read(html).all("body")[0].text
    assert read(html).all("html")[0].attributes["lang"] == "de"
    assert "Diese Übersetzung hat noch niemand geprüft" in text
    english = [
        said for said in ENGLISH.messages.values() if said.count(" ") > 3 and "{" not in said and "*" not in said
    ]
    assert [said for said in english if said in text] == []
    assert f"{copy_of(made).rows} Ihrer Positionen sind freigegeben." in text
    assert copy_of(made, said_in="de").csv == copy_of(made).csv
