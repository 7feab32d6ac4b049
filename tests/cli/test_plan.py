"""`offduty plan`: what is missing, what is stale and why, what is current; held to what a run then does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from offduty import run
from offduty.core.errors import InputError, StorageError
from offduty.runs.compare import compare
from offduty.runs.plan import CURRENT, MISSING, STALE, plan
from offduty.runs.would_change import WouldChange
from tests.cli.command import answered, contents, here
from tests.made_before import ran
from tests.world import KEY, lay_out, ping, shift, world, write_table

DAY, NEXT, LAST = "2026-03-02", "2026-03-03", "2026-03-04"


def published(folder: Path, form: str = "csv") -> Path:
    """A job whose first day was run."""
    job = lay_out(world([ping("09:00"), ping(f"{NEXT}T09:00:00Z")]), folder, form=form)
    ran(job, start=DAY, end=NEXT)
    return job


def append(path: Path, row: str) -> None:
    """A further row at the end of a file."""
    with path.open("a") as file:
        file.write(row + "\r\n")


def rewrite(path: Path, old: str, new: str) -> None:
    """Another word in a file."""
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


CHANGES = {
    "a row more in the roster": (
        lambda at: append(at / "roster.csv", f"r2,o1,{DAY}T18:00,{DAY}T20:00,,duty,active,2026-02-01"),
        [("roster", "changed", "roster.csv")],
    ),
    "another home": (
        lambda at: append(at / "places.csv", "h2,o1,home,,-0.2,51.5,100,,"),
        [("places", "changed", "places.csv")],
    ),
    "another assignment": (
        lambda at: append(at / "assignments.csv", "d2,o1,2026-01-01,"),
        [("assignments", "changed", "assignments.csv")],
    ),
    "another site": (lambda at: append(at / "sites.csv", "s2,,-0.2,51.5,100"), [("sites", "changed", "sites.csv")]),
    "a late file": (
        lambda at: write_table(at / "pings" / "late.csv", "pings", [ping("10:00")]),
        [("pings", "new", "pings/late.csv")],
    ),
    "pings appended": (
        lambda at: append(at / "pings" / "part-0.csv", f"d1,{DAY}T10:00:00Z,0,51,5"),
        [("pings", "changed", "pings/part-0.csv")],
    ),
    "a file renamed": (
        lambda at: (at / "pings" / "part-0.csv").rename(at / "pings" / "b.csv"),
        [("pings", "new", "pings/b.csv"), ("pings", "gone", "pings/part-0.csv")],
    ),
    "another buffer": (
        lambda at: rewrite(at / "policy.toml", "buffer_m = 200.0", "buffer_m = 300"),
        [("policy", "changed", "places.buffer_m")],
    ),
    "another key": (lambda at: (at / "pseudonym.key").write_text(KEY[::-1]), [("keys", "changed", "pseudonym")]),
}
NO_CHANGE = {
    "nothing": lambda at: None,
    "the same policy in other words": lambda at: rewrite(at / "policy.toml", "buffer_m = 200.0", "buffer_m = 200"),
    "a file written again": lambda at: (at / "roster.csv").write_bytes((at / "roster.csv").read_bytes()),
}


def test_what_was_never_run_is_missing(tmp_path):
    """Also where there is no store yet; and planning makes none."""
    job = lay_out(world(), tmp_path)
    assert [planned.state for planned in plan(job, start=DAY, end=LAST, each=True)] == [MISSING, MISSING]
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_what_has_changed_is_named_and_a_run_would_be_done_again(tmp_path, change):
    """Table, file and how; or the policy's key. `run` agrees that the old answer does not hold, and then it is current."""
    job = published(tmp_path)
    make, expected = CHANGES[change]
    make(tmp_path)
    (found,) = plan(job, start=DAY, end=NEXT)
    assert found.state == STALE
    assert [(c.what, c.how, c.name) for c in found.because] == expected
    assert run(job, start=DAY, end=NEXT, supersede_policy=True).already is False
    assert [planned.state for planned in plan(job, start=DAY, end=NEXT)] == [CURRENT]


@pytest.mark.parametrize("change", sorted(NO_CHANGE))
def test_what_has_not_changed_is_current_and_a_run_is_already_there(tmp_path, change):
    """The content counts, not when a file was written."""
    job = published(tmp_path)
    NO_CHANGE[change](tmp_path)
    assert [planned.state for planned in plan(job, start=DAY, end=NEXT)] == [CURRENT]
    assert run(job, start=DAY, end=NEXT).already is True


def test_another_version_is_named(tmp_path, monkeypatch):
    """A day that an older version decided is stale, by its version alone."""
    import offduty.outputs.manifest

    job = published(tmp_path)
    honest = offduty.core.versions.version
    monkeypatch.setattr(offduty.outputs.manifest, "version", lambda name: "9.9" if name == "offduty" else honest(name))
    (found,) = plan(job, start=DAY, end=NEXT)
    assert [(c.what, c.how) for c in found.because] == [("version", "changed")]


def test_windows_that_were_open_and_entries_recorded_since(tmp_path):
    """Asked at noon, the shift had not ended, and an entry of the evening was not known, and a ping was still
    to come: the day must be run again.
    """
    given = world(roster=[shift(), shift("18:00", "20:00", shift_id="r2", recorded="2026-03-02T17:00:00Z")])
    job = lay_out(given, tmp_path)
    run(job, start=DAY, end=NEXT, as_of="2026-03-02T12:00:00Z")
    (found,) = plan(job, start=DAY, end=NEXT)
    assert [(c.what, c.how) for c in found.because] == [
        ("roster", "known"),
        ("open_windows", "1"),
        ("after_as_of", "1"),
    ]
    assert run(job, start=DAY, end=NEXT).already is False
    assert [planned.state for planned in plan(job, start=DAY, end=NEXT)] == [CURRENT]


def test_a_missing_day_within_a_longer_run_is_told_apart(tmp_path):
    """A week that was run at once holds its days; they are no runs of their own."""
    job = lay_out(world(), tmp_path)
    week = run(job, start=DAY, end="2026-03-09")
    found = plan(job, start=DAY, end="2026-03-10", each=True)
    assert [planned.within for planned in found] == [week.run_id] * 7 + [""]


@pytest.mark.parametrize(("form", "states"), [("parquet", [STALE, CURRENT]), ("csv", [STALE, STALE])])
def test_a_late_file_makes_the_days_stale_that_it_can_reach(tmp_path, form, states):
    """By the statistics of Parquet; text does not say, so it may reach every day."""
    job = lay_out(world([ping("09:00"), ping(f"{NEXT}T09:00:00Z")]), tmp_path)
    for day, following in ((DAY, NEXT), (NEXT, LAST)):
        run(job, start=day, end=following)
    write_table(tmp_path / "pings" / f"late.{form}", "pings", [ping("10:00"), ping("11:00")])
    found = plan(job, start=DAY, end=LAST, each=True)
    assert [planned.state for planned in found] == states


@pytest.mark.parametrize(("others", "state"), [([ping("2026-03-09T10:00:00Z")], CURRENT), ([], STALE)])
def test_a_late_row_without_an_instant_is_no_reason_to_read_its_file(tmp_path, others, state):
    """It belongs to the runs that read its file; where no row has an instant, to all."""
    job = published(tmp_path)
    write_table(
        tmp_path / "pings" / "late.parquet",
        "pings",
        [*others, {**ping("11:00"), "observed_at": None}],
    )
    (found,) = plan(job, start=DAY, end=NEXT)
    assert found.state == state


def test_a_file_that_holds_other_days_now_is_no_longer_read(tmp_path):
    """It was written again with the rows of another week: the day has lost them."""
    job = published(tmp_path, "parquet")
    write_table(tmp_path / "pings" / "part-0.parquet", "pings", [ping("2026-03-20T09:00:00Z")])
    (found,) = plan(job, start=DAY, end=NEXT)
    assert [change.words for change in found.because] == [
        "pings/part-0.parquet is gone, or can hold no row for it any more"
    ]


def test_it_says_whether_any_reason_would_change(tmp_path):
    """It decides a stale day and compares: a run does then what was said. A row that changes nothing is said, too."""
    job = published(tmp_path)
    append(tmp_path / "roster.csv", f"r2,o1,{DAY}T18:00,{DAY}T20:00,,duty,active,2026-02-01")
    (first,) = plan(job, start=DAY, end=NEXT)
    assert first.would == WouldChange(0, {})
    assert "no reason would change" in here("plan", job, "--from", DAY, "--to", NEXT).stdout.replace("\n", " ")
    append(tmp_path / "roster.csv", f"r3,o1,{DAY}T08:00,{DAY}T16:00,,sick,active,2026-02-01")
    write_table(tmp_path / "pings" / "late.csv", "pings", [ping("10:00"), ping("11:00")])
    before = contents(tmp_path / "store")
    (found,) = plan(job, start=DAY, end=NEXT)
    assert found.would is not None
    assert (found.would.new_rows, set(found.would.moved)) == (2, {("on_duty", "off_duty")})
    assert plan(job, start=DAY, end=NEXT, reasons=False)[0].would is None
    assert contents(tmp_path / "store") == before
    newer = run(job, start=DAY, end=NEXT)
    done = compare(newer.path.parent.parent, first.run_id, newer.run_id)
    assert found.would == WouldChange(done.new_rows, done.moved)
    assert plan(job, start=DAY, end=NEXT)[0].would is None


def test_whether_a_reason_would_change_is_said_day_by_day(tmp_path):
    """A late file of the second day: of the first one nothing would change."""
    job = lay_out(world([ping("09:00"), ping(f"{NEXT}T09:00:00Z")]), tmp_path)
    for day, following in ((DAY, NEXT), (NEXT, LAST)):
        run(job, start=day, end=following)
    write_table(tmp_path / "pings" / "late.csv", "pings", [ping(f"{NEXT}T10:00:00Z")])
    said = answered(here("plan", job, "--from", DAY, "--to", LAST, "--each", "day", "--json"))
    assert [each["would"] for each in said["intervals"]] == [{"new_rows": n, "moved": []} for n in (0, 1)]
    quick = answered(here("plan", job, "--from", DAY, "--to", LAST, "--each", "day", "--json", "--quick"))
    assert [set(each) & {"would"} for each in quick["intervals"]] == [set(), set()]


def test_where_the_ledger_is_gone_nothing_is_said_of_reasons(tmp_path):
    """It is not guessed: without the older answers nobody can compare."""
    job = published(tmp_path)
    append(tmp_path / "roster.csv", f"r2,o1,{DAY}T18:00,{DAY}T20:00,,duty,active,2026-02-01")
    for file in (tmp_path / "store" / "runs").glob("*/ledger/*"):
        file.unlink()
    (found,) = plan(job, start=DAY, end=NEXT)
    assert (found.state, found.would) == (STALE, None)


def test_the_command_tells_it_in_lines_and_in_json(tmp_path):
    """One line a day for people; for machines one object; exit 0 whatever is found; the store is not touched.

    A row about the first day is no reason to run the second one again.
    """
    job = published(tmp_path, "parquet")
    run(job, start=NEXT, end=LAST)
    append(tmp_path / "roster.csv", f"r2,o1,{DAY}T18:00,{DAY}T20:00,,duty,active,2026-02-01")
    before = contents(tmp_path / "store")
    wanted = ("plan", job, "--from", DAY, "--to", "2026-03-05", "--each", "day")
    people = here(*wanted)
    assert (people.returncode, people.stderr) == (0, "")
    lines = re.sub(r"\n +", " ", people.stdout).splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [[DAY, "stale"], [NEXT, "current"], [LAST, "missing"]]
    assert "roster.csv has changed" in lines[0]
    assert lines[3] == "1 current, 1 stale, 1 missing"
    said = answered(here(*wanted, "--json"))
    assert (said["current"], said["stale"], said["missing"]) == (1, 1, 1)
    assert said["intervals"][0]["because"] == [{"what": "roster", "how": "changed", "name": "roster.csv"}]
    assert set(said["intervals"][2]) == {"day", "from", "to", "state"}
    assert contents(tmp_path / "store") == before


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((), "the beginning to the end"),
        (("--from", DAY), f"{DAY}T00:00:00Z to the end"),
        (("--to", DAY), f"the beginning to {DAY}T00:00:00Z"),
    ],
)
def test_an_end_that_was_not_asked_for_is_said_in_words(tmp_path, ends, said):
    job = lay_out(world([ping("09:00")]), tmp_path)
    assert here("plan", job, *ends).stdout.startswith(f"{said}  missing")


def test_planning_goes_on_beside_a_run(tmp_path):
    """It does not ask for the store's lock, nor wait for it."""
    from offduty.store.local import open_store

    job = published(tmp_path)
    with open_store(tmp_path / "store"):
        assert [planned.state for planned in plan(job, start=DAY, end=NEXT)] == [CURRENT]


def test_a_log_with_a_gap_and_inputs_that_are_gone(tmp_path):
    """What cannot be known is not guessed: exit 6 and exit 3."""
    job = published(tmp_path)
    run(job, start=NEXT, end=LAST)
    (tmp_path / "store" / "log" / "000000000000.entry").rename(tmp_path / "away")
    with pytest.raises(StorageError):
        plan(job, start=DAY, end=NEXT)
    shutil.rmtree(tmp_path / "pings")
    with pytest.raises(InputError):
        plan(job, start=DAY, end=NEXT)
    assert here("plan", job, "--json").returncode == 3
