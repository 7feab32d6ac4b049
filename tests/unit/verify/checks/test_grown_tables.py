"""Whoever has only the later files can check an earlier run: what a table has grown by is no finding, and what was
changed in it is one, where its rows say when they were recorded.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from offduty import run
from offduty.verify.auditor import Auditor, Check, Status, verify
from tests.grown import append
from tests.tamper.base import SEED
from tests.tamper.forge import Forged
from tests.world import World, assignment, changed, lay_out, ping, place, shift, site, world, write_table

DAY, NEXT = "2026-03-02", "2026-03-03"
THEN = "2026-03-03T06:00:00Z"
SINCE = "2026-03-04T00:00:00Z"


def first_night(*, recorded: bool = False) -> World:
    """A world whose assignments and places say when they were recorded, or do not."""
    dated: dict[str, Any] = {"recorded_at": "2026-01-01T00:00:00Z"} if recorded else {}
    return world(
        [ping("08:30"), ping("12:00", "street"), ping("15:30"), ping("09:00", device="d2")],
        assignments=[{**assignment(), **dated}, {**assignment("d2", "o2"), **dated}],
        roster=[shift(), shift(shift_id="r2", officer="o2"), shift("soon", "later", shift_id="bad", officer="o9")],
        places=[{**place(), **dated}, {**place("other home", officer="o2", place_id="h2"), **dated}],
        sites=[site()],
    )


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a job whose first day was run the next morning, to be copied."""
    folder = tmp_path_factory.mktemp("published")
    run(lay_out(first_night(), folder, signing=SEED.hex()), start=DAY, end=NEXT, as_of=THEN)
    return folder


@pytest.fixture
def published(published_once: Path, tmp_path: Path) -> Path:
    """The folder of a job whose first day was run the next morning."""
    shutil.copytree(published_once, tmp_path, dirs_exist_ok=True)
    return tmp_path


def checks(folder: Path) -> dict[str, Check]:
    """All checks, by number, with the inputs that are there now."""
    given = Auditor(inputs=folder / "job.toml", reference=folder / "job.toml")
    return {check.number: check for check in verify(folder / "store", given).checks}


def statuses(found: dict[str, Check], *numbers: str) -> set[Status]:
    """How these checks ended."""
    return {found[number].status for number in numbers}


LOOKED_AT = ("4.1", "4.2", "5.1", "5.2", "5.3", "5.4")


def test_with_the_same_files_everything_is_looked_at(published):
    """Nothing is said of growing."""
    found = checks(published)
    assert statuses(found, *LOOKED_AT) == {Status.PASS}
    assert "grown" not in str(found["4.1"].why)


def test_with_the_later_files_alone_everything_is_looked_at(published):
    """The roster has next week and a late row about the day itself; the run did not know them."""
    append(
        published / "roster.csv",
        shift(f"{NEXT}T08:00", f"{NEXT}T16:00", shift_id="next", recorded=SINCE),
        shift("09:00", "12:00", "leave", shift_id="late", recorded=SINCE),
        shift("soon", "later", shift_id="worse", officer="o9", recorded=SINCE),
    )
    found = checks(published)
    assert statuses(found, *LOOKED_AT) == {Status.PASS}
    words = "roster has grown since (new rows: 3), none of those that the run knew has changed"
    assert words in str(found["4.1"].why)


def test_the_order_of_rows_and_the_division_into_files_do_not_matter(published):
    """A folder in place of one file, newest rows first."""
    rows = [*first_night()["tables"]["roster"], shift(shift_id="new", recorded=SINCE)]
    (published / "roster.csv").unlink()
    for number, row in enumerate(reversed(rows)):
        write_table(published / "roster" / f"week-{number}.csv", "roster", [row])
    job = published / "job.toml"
    job.write_text(job.read_text().replace("roster.csv", "roster"))
    found = checks(published)
    assert statuses(found, *LOOKED_AT) == {Status.PASS}
    assert "roster has grown since (new rows: 1)" in str(found["4.1"].why)


def test_a_row_without_a_readable_record_time_may_be_new(published):
    """Nobody knows when it was recorded, and all that the run knew is there."""
    append(published / "roster.csv", shift(shift_id="new", recorded="yesterday"))
    found = checks(published)
    assert statuses(found, "4.1") == {Status.PASS}


ALTERED = {
    "a time": ("T16:00", "T17:00"),
    "a code": (",duty,", ",leave,"),
    "when it was recorded": ("2026-02-01", "2026-01-31"),
    "the officer": (",o2,", ",o3,"),
}


@pytest.mark.parametrize("what", sorted(ALTERED))
def test_a_known_row_of_the_roster_that_was_changed_is_a_finding(published, what):
    """It names the table, and how many rows there were and are."""
    path = published / "roster.csv"
    old, new = ALTERED[what]
    path.write_text(path.read_text().replace(old, new, 1))
    found = checks(published)["4.1"]
    assert found.status is Status.FAIL
    assert found.findings == (
        "entry 0: roster: of the 3 rows that the run knew, some were changed or removed since, or others were dated"
        " back: the files have 3 rows recorded by then, and they are not the same",
    )


def test_a_known_row_of_the_roster_that_was_removed_is_a_finding(published):
    """Also where as many others were added."""
    path = published / "roster.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if ",o2," not in line))
    append(path, shift(shift_id="new", recorded=SINCE))
    found = checks(published)["4.1"]
    assert found.status is Status.FAIL
    assert "of the 3 rows that the run knew" in found.findings[0]
    assert "the files have 2 rows recorded by then" in found.findings[0]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("assignments", assignment("d9", "o9")),
        ("places", place("court", officer="o9", place_id="new")),
        ("sites", site("court", site_id="new")),
    ],
)
def test_a_table_without_record_times_is_only_not_the_version_that_was_read(published, table, row):
    """Whether a row was changed or added cannot be told: NOT DONE, and so is what needs the table."""
    append(published / f"{table}.csv", row)
    found = checks(published)
    assert statuses(found, *LOOKED_AT) == {Status.NOT_DONE}
    assert f"entry 0: {table} is not the version that was read" in str(found["4.1"].why)
    assert not any(check.status is Status.FAIL for check in found.values())


@pytest.mark.parametrize("table", ["assignments", "places"])
def test_a_table_whose_rows_all_say_when_they_were_recorded_grows_as_a_roster_does(tmp_path, table):
    """And is altered as one."""
    job = lay_out(first_night(recorded=True), tmp_path)
    run(job, start=DAY, end=NEXT, as_of=THEN)
    rows = {"assignments": assignment("d9", "o9"), "places": place("court", officer="o9", place_id="new")}
    append(tmp_path / f"{table}.csv", {**rows[table], "recorded_at": SINCE})
    found = checks(tmp_path)
    assert statuses(found, *LOOKED_AT) == {Status.PASS}
    assert f"{table} has grown since (new rows: 1)" in str(found["4.1"].why)
    path = tmp_path / f"{table}.csv"
    path.write_text(path.read_text().replace("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", 1))
    found = checks(tmp_path)
    assert statuses(found, "4.1") == {Status.FAIL}
    assert f"entry 0: {table}: of the 2 rows that the run knew" in found["4.1"].findings[0]


def test_without_the_key_nobody_can_tell(published):
    """The digests are keyed; what is not the same file is then not looked at, and is no finding."""
    append(published / "roster.csv", shift(shift_id="next", recorded=SINCE))
    (published / "pseudonym.key").unlink()
    found = checks(published)
    assert statuses(found, "4.1", "5.1") == {Status.NOT_DONE}
    assert "whether the table has only grown cannot be told without the key" in str(found["4.1"].why)


def test_a_later_table_that_cannot_be_read_is_not_looked_at(published):
    """A column is gone: no words about its rows."""
    path = published / "roster.csv"
    path.write_text(path.read_text().replace("duty_code", "code"))
    found = checks(published)["4.1"]
    assert found.status is Status.NOT_DONE
    assert "the later files of roster cannot be read" in str(found.why)


def test_pings_do_not_grow(published):
    """A file of pings with a further row is another file, as ever."""
    with (published / "pings" / "part-0.csv").open("a") as file:
        file.write(f"d1,{DAY}T10:00:00Z,0.1,51,5\r\n")
    found = checks(published)["4.1"]
    assert found.status is Status.FAIL
    assert "part-0.csv has other bytes than the run read" in found.findings[0]


LIES = {"known": 4, "doubtful": 1, "digest": "0" * 64, "touching": "0" * 64}


@pytest.mark.parametrize("table", ["assignments", "roster", "places", "sites"])
@pytest.mark.parametrize("what", sorted(LIES))
def test_what_an_entry_says_of_its_tables_must_be_so(published, table, what):
    """Each number and each digest of each table, where the files are those that were read."""
    forged = Forged(published / "store", SEED)
    forged.manifests[0]["references"][table][what] = LIES[what]
    forged.rename()
    forged.seal()
    found = checks(published)
    assert statuses(found, "1.4") == {Status.PASS}
    assert found["5.3"].status is Status.FAIL
    assert found["5.3"].findings == (
        f"entry 0: what it says of {table} is not so: how many rows it knew, or their digests",
    )


def test_a_sample_looks_at_the_digests_too(published):
    """They depend on which devices the pings name, so the devices of all rows are read."""
    from offduty.verify.checks.soundness import Effort
    from offduty.verify.redecide import Sample

    def sampled() -> Check:
        given, effort = Auditor(inputs=published / "job.toml"), Effort(Sample(2, "seed"))
        return {c.number: c for c in verify(published / "store", given, effort=effort).checks}["5.3"]

    assert sampled().status is Status.PASS
    forged = Forged(published / "store", SEED)
    forged.manifests[0]["references"]["roster"]["touching"] = "0" * 64
    forged.rename()
    forged.seal()
    assert sampled().status is Status.FAIL


def without_digests(folder: Path) -> None:
    """Make the entry one that was written before there were digests: its id is made of the hashes of all files."""
    forged = Forged(folder / "store", SEED)
    del forged.manifests[0]["references"]
    forged.rename()
    forged.seal()


def test_an_entry_without_digests_is_verified_by_its_files(published):
    """As before: the same files pass, a file that has grown is a finding."""
    without_digests(published)
    assert statuses(checks(published), "1.4", *LOOKED_AT) == {Status.PASS}
    shutil.copytree(published, published / "copy")
    append(published / "roster.csv", shift(shift_id="next", recorded=SINCE))
    found = checks(published)["4.1"]
    assert found.status is Status.FAIL
    assert "roster.csv has other bytes than the run read" in found.findings[0]


def test_an_entry_without_digests_is_run_again(published):
    """It is no answer to a question about the rows that touch it."""
    without_digests(published)
    assert not run(published / "job.toml", start=DAY, end=NEXT).already


def test_two_runs_say_once_by_how_much_a_table_has_grown(published):
    """Since the first of them."""
    for night in (1, 2):
        append(published / "roster.csv", shift(shift_id=f"n{night}", recorded=f"2026-03-0{night + 3}T00:00:00Z"))
        if night == 1:
            run(published / "job.toml", start=NEXT, end="2026-03-04", as_of="2026-03-04T12:00:00Z")
    found = checks(published)
    assert statuses(found, "4.1") == {Status.PASS}
    words = "roster has grown since (new rows: up to 2), none of those that the runs knew has changed"
    assert str(found["4.1"].why).count("grown") == 1
    assert words in str(found["4.1"].why)


def test_the_row_that_was_taken_away_before_it_was_known_is_no_finding(tmp_path):
    """A row recorded after the run was never part of it."""
    given = first_night()
    future = shift(shift_id="future", recorded=SINCE)
    job = lay_out(changed(given, roster=[*given["tables"]["roster"], future]), tmp_path)
    run(job, start=DAY, end=NEXT, as_of=THEN)
    lay_out(given, tmp_path)
    found = checks(tmp_path)
    assert statuses(found, "4.1") == {Status.PASS}
    assert "roster has grown since (new rows: 0)" in str(found["4.1"].why)
