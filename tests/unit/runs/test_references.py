"""Which rows of the reference tables a run's question depends on, case by case; and the canonical text of rows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from offduty import run
from tests.grown import digests, known, touching
from tests.world import World, assignment, changed, lay_out, ping, place, shift, site, square, world, write_table

DAY, NEXT = "2026-03-02", "2026-03-03"
LATER = "2026-11-20T00:00:00Z"


def base() -> World:
    """Officer o1 with d1 sends positions; o2 with d2 sends none; o1 has a second device, d3, that is silent."""
    return world(
        assignments=[assignment(), assignment("d2", "o2"), assignment("d3", "o1")],
        roster=[
            shift(),
            shift(shift_id="other", officer="o2"),
            shift("08:00", "16:00", "leave", shift_id="kind"),
            shift(f"{NEXT}T08:00", f"{NEXT}T16:00", shift_id="next"),
        ],
        places=[place(), place("other home", officer="o2", place_id="h2")],
    )


def asked(given: World, folder: Path) -> dict[str, dict[str, Any]]:
    """What a run over the first day would say of the tables."""
    return digests(lay_out(given, folder), DAY, NEXT, LATER)


def more(table: str, *rows: dict[str, Any]) -> World:
    """The base with further rows in a table."""
    return changed(base(), **{table: [*base()["tables"][table], *rows]})


TOUCHES = {
    "a shift of the officer": ("roster", shift("18:00", "20:00", shift_id="new")),
    "a leave of a lookalike": ("roster", shift("09:00", "10:00", "leave", shift_id="new", officer="O1.0")),
    "a version of a shift of the day, that says another day": (
        "roster",
        shift(f"{NEXT}T08:00", f"{NEXT}T16:00", recorded="2026-03-02T20:00:00Z"),
    ),
    "a cancellation without times of a shift of the day": (
        "roster",
        shift(None, None, None, status="cancelled", recorded="2026-03-02T20:00:00Z"),
    ),
    "a version of a lookalike of a shift of the day": (
        "roster",
        shift(f"{NEXT}T08:00", f"{NEXT}T16:00", shift_id="R1", recorded="2026-03-02T20:00:00Z"),
    ),
    "another time of a kind of leave that somebody had on the day": (
        "roster",
        shift(f"{NEXT}T08:00", f"{NEXT}T16:00", "leave", shift_id="kind", officer="o7"),
    ),
    "a row that cannot be read, of whomever": ("roster", shift("soon", "later", shift_id="new", officer="o9")),
    "another holder of the device": ("assignments", assignment("d1", "o5", "2026-03-02T10:00:00Z")),
    "another holder of a lookalike of the device": ("assignments", assignment("D1", "o5")),
    "a further device of the officer": ("assignments", assignment("d9", "o1")),
    "another holder of the officer's other device": ("assignments", assignment("d3", "o5")),
    "an assignment that cannot be read": ("assignments", assignment("d8", None)),
    "a home of the officer": ("places", place("court", place_id="new")),
    "a place of a lookalike": ("places", place("court", officer=" O1", place_id="new")),
    "a place for everyone": ("places", place("clinic", officer=None, place_id="new", kind="clinic")),
    "a place of somebody else that cannot be read": ("places", place("court", -1, officer="o9", place_id="new")),
    "a site": ("sites", site("court", site_id="new")),
}
DOES_NOT_TOUCH = {
    "a shift of the officer on another day": ("roster", shift(f"{NEXT}T18:00", f"{NEXT}T20:00", shift_id="new")),
    "a shift that begins when the day ends": ("roster", shift(f"{NEXT}T00:00", f"{NEXT}T02:00", shift_id="new")),
    "a leave of the next day, by dates": ("roster", shift(NEXT, "2026-03-04", "leave", shift_id="new")),
    "a shift of somebody without positions": ("roster", shift("18:00", "20:00", shift_id="new", officer="o2")),
    "a night of somebody without positions, over the end of the day": (
        "roster",
        shift("20:00", f"{NEXT}T10:00", shift_id="new", officer="o2"),
    ),
    "a cancellation without times of another day's shift": (
        "roster",
        shift(None, None, None, shift_id="next", status="cancelled", recorded="2026-03-02T20:00:00Z"),
    ),
    "a version of another day's shift": (
        "roster",
        shift(f"{NEXT}T09:00", f"{NEXT}T16:00", shift_id="next", recorded="2026-03-02T20:00:00Z"),
    ),
    "a shift that is recorded after as_of": ("roster", shift(shift_id="new", recorded="2026-11-21T00:00:00Z")),
    "a row that cannot be read, and is recorded after as_of": (
        "roster",
        shift("soon", None, shift_id="new", recorded="2026-11-21T00:00:00Z"),
    ),
    "the device's holder of another day": ("assignments", assignment("d1", "o5", NEXT)),
    "a further device of somebody without positions": ("assignments", assignment("d9", "o2")),
    "a home of somebody without positions": ("places", place("court", officer="o2", place_id="new")),
    "a home of the officer on another day": ("places", place("court", place_id="new", start=NEXT)),
}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What a run over the first day would say of the base."""
    return asked(base(), tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the base and a store with its run over the first day, to be copied; and the id of the run."""
    folder = tmp_path_factory.mktemp("ran")
    return folder, run(lay_out(base(), folder), start=DAY, end=NEXT, as_of=LATER).run_id


@pytest.mark.parametrize("case", sorted(TOUCHES))
def test_a_row_that_could_touch_the_run_is_another_question(tmp_path, before, case):
    """Of the one table that has it, and of no other."""
    table, row = TOUCHES[case]
    after = asked(more(table, row), tmp_path)
    differing = {name for name in before if touching(before)[name] != touching(after)[name]}
    assert table in differing
    assert differing <= {table, "roster", "places"} or table == "assignments"
    assert before[table]["known"] + 1 == after[table]["known"]


@pytest.mark.parametrize("case", sorted(DOES_NOT_TOUCH))
def test_a_row_that_cannot_touch_the_run_is_none(tmp_path, before, case):
    """It is known, unless it was recorded later, and it is no reason to run again."""
    table, row = DOES_NOT_TOUCH[case]
    after = asked(more(table, row), tmp_path)
    assert touching(after) == touching(before)
    if "recorded after" in case:
        assert known(after) == known(before)
    else:
        assert known(after)[table] != known(before)[table]


@pytest.mark.parametrize("case", [case for case in sorted(DOES_NOT_TOUCH) if "recorded after" not in case])
def test_a_retry_is_already_there_where_a_table_grew_by_what_cannot_touch(tmp_path, ran, case):
    """Without --as-of, as a scheduler asks; and the same answer with the instant of the run. What is recorded after
    that instant is recorded by now.
    """
    table, row = DOES_NOT_TOUCH[case]
    folder, first = ran
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    job = lay_out(more(table, row), tmp_path)
    again = run(job, start=DAY, end=NEXT)
    assert (again.already, again.run_id) == (True, first)
    assert run(job, start=DAY, end=NEXT, as_of=LATER).run_id == first


def test_a_row_that_is_known_by_now_is_a_reason_to_run_again(tmp_path):
    """The same files: what was recorded after the run is there today."""
    given = more("roster", shift("09:00", "10:00", "leave", shift_id="new", recorded="2026-11-21T00:00:00Z"))
    job = lay_out(given, tmp_path)
    first = run(job, start=DAY, end=NEXT, as_of=LATER)
    again = run(job, start=DAY, end=NEXT)
    assert not again.already
    assert again.run_id != first.run_id


def test_what_was_recorded_by_a_date_is_another_row_once_that_is_certain(tmp_path):
    """On the day itself nobody knows whether it was recorded by noon; the next day it is known."""
    rows = [{**place("court", place_id="new"), "recorded_at": "2026-03-04"}]
    job = lay_out(more("places", *rows), tmp_path)
    noon, morrow = (digests(job, DAY, NEXT, as_of) for as_of in ("2026-03-04T12:00:00Z", "2026-03-05T12:00:00Z"))
    assert (noon["places"]["doubtful"], morrow["places"]["doubtful"]) == (1, 0)
    assert touching(noon)["places"] != touching(morrow)["places"]


def test_a_row_of_the_context_is_another_question(tmp_path):
    """A night of the officer goes on after the interval: what happens then may show the way home."""
    night = shift("20:00", f"{NEXT}T06:00", shift_id="night")
    duty = shift(f"{NEXT}T03:00", f"{NEXT}T04:00", "court", shift_id="new")
    before, after = asked(more("roster", night), tmp_path / "a"), asked(more("roster", night, duty), tmp_path / "b")
    assert touching(after)["roster"] != touching(before)["roster"]


def test_a_row_that_touches_only_the_context_is_another_question(tmp_path):
    """It ends the night where the context then ends: without it the night would be longer."""
    night = shift("20:00", f"{NEXT}T06:00", shift_id="night")
    leave = shift(f"{NEXT}T03:00", f"{NEXT}T04:00", "leave", shift_id="new")
    before, after = asked(more("roster", night), tmp_path / "a"), asked(more("roster", night, leave), tmp_path / "b")
    assert touching(after)["roster"] != touching(before)["roster"]


def test_another_key_is_another_digest(tmp_path):
    """Nobody without the key can try homes until one fits."""
    mine = asked(base(), tmp_path)
    (tmp_path / "pseudonym.key").write_text("ab" * 32 + "\n")
    other = digests(tmp_path / "job.toml", DAY, NEXT, LATER)
    assert not set(known(mine).values()) & set(known(other).values())


SPELLINGS = {
    "instants": ("assignments", [assignment(end="2026-04-01T00:00:00Z")], [assignment(end="2026-04-01 01:00:00.0+01:00")]),
    "ids": ("assignments", [assignment("d1", "o1")], [assignment(" d1", "\u00a0o1 ")]),
    "nothing": ("assignments", [assignment(end=None)], [assignment(end="NULL")]),
    "numbers": ("sites", [{"site_id": "s", "lon": 0.5, "lat": 51.0, "radius_m": 100.0}],
                [{"site_id": "s", "lon": "5e-1", "lat": "51", "radius_m": " 100.00"}]),
    "geometry": ("sites", [{"site_id": "s", "geometry": square(0.5, 51, 0.01)}],
                 [{"site_id": "s", "geometry": json.dumps(square(0.5, 51, 0.01))}]),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(SPELLINGS))
def test_a_row_is_what_it_says_and_not_how_it_is_spelled(tmp_path, what):
    """Another spelling of the same value is the same row."""
    table, one, other = SPELLINGS[what]
    first, second = (asked(changed(base(), **{table: rows}), tmp_path / n) for n, rows in (("a", one), ("b", other)))
    assert known(first)[table] == known(second)[table]


def test_a_table_is_the_same_in_every_format(tmp_path):
    """CSV, NDJSON and Parquet of the same rows."""
    given, found = base(), []
    job = lay_out(given, tmp_path)
    for form in ("csv", "ndjson", "parquet"):
        text = job.read_text()
        for table in ("assignments", "roster", "places", "sites"):
            write_table(tmp_path / f"{table}.{form}", table, given["tables"][table])
            text = text.replace(f"{table}.csv", f"{table}.{form}")
        (tmp_path / f"job-{form}.toml").write_text(text)
        found.append(digests(tmp_path / f"job-{form}.toml", DAY, NEXT, LATER))
    assert found[0] == found[1] == found[2]


def test_rows_may_be_divided_into_files(tmp_path):
    """A roster of one file a week has the digests of one file."""
    given = base()
    whole = asked(given, tmp_path / "a")
    job = lay_out(given, tmp_path / "b")
    (tmp_path / "b" / "roster.csv").unlink()
    for number, row in enumerate(reversed(given["tables"]["roster"])):
        write_table(tmp_path / "b" / "roster" / f"{number}.csv", "roster", [row])
    job.write_text(job.read_text().replace("roster.csv", "roster"))
    assert digests(job, DAY, NEXT, LATER) == whole


def test_pings_of_another_device_name_another_officer(tmp_path):
    """Once o2's device has sent a position, o2's rows are part of the question."""
    given = changed(base(), pings=[*base()["tables"]["pings"], ping("09:00", device="d2")])
    grown = changed(given, roster=[*given["tables"]["roster"], shift("18:00", "20:00", shift_id="new", officer="o2")])
    first, second = asked(given, tmp_path / "a"), asked(grown, tmp_path / "b")
    assert touching(first)["roster"] != touching(second)["roster"]
