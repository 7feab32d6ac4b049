"""Exit codes, `--json`, and what the command says (SPEC 10)."""

from __future__ import annotations

import json
import os

import pytest

from tests.cli.command import answered, contents, entries, here, published_nothing
from tests.world import AFTERWARDS, assignment, lay_out, ping, shift, world

AS_OF = ("--as-of", AFTERWARDS)
KEYS = {"run_id", "path", "counts", "quarantined", "refused", "warnings", "seconds"}


def rewritten(job, old: str, new: str, name: str = "policy.toml") -> None:
    """Replace text in a file beside the job; the text must be there."""
    path = job.with_name(name)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_a_run_answers_in_one_json_object(tmp_path):
    """And nothing else on standard output; no progress where nobody watches."""
    job = lay_out(world([ping("09:00"), ping("05:00"), ping("nonsense")]), tmp_path)
    done = here("run", job, *AS_OF, "--json")
    said = answered(done)
    assert set(said) >= KEYS
    assert said["published"] is True
    assert {k: v for k, v in said["counts"].items() if v} == {"on_duty": 1, "off_duty": 1}
    assert said["quarantined"] == 1
    assert (tmp_path / "store" / "runs" / said["run_id"] / "release").is_dir()
    assert [path.name for path in entries(tmp_path)] == ["000000000000.entry"]
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr


def test_without_json_people_read_standard_error(tmp_path):
    """Standard output stays empty for pipes."""
    done = here("run", lay_out(world(), tmp_path), *AS_OF)
    assert done.returncode == 0
    assert done.stderr.strip()


def test_what_was_hidden_refused_or_passed_over_is_said_in_one_line_each(tmp_path):
    """On standard error, with `--json` too; the object counts the refused rows. An answer that was there says it too."""
    held = [{**assignment(), "note": "x"}, assignment("d2", None)]
    given = world([ping("05:00"), ping("nonsense")], assignments=held, roster=[shift(), shift(status="planned")])
    job = lay_out(given, tmp_path)
    for already in (False, True):
        done = here("run", job, *AS_OF, "--json")
        said = answered(done)
        assert ("already" in said) is already
        notes = [line.removeprefix("note: ") for line in done.stderr.splitlines() if line.startswith("note: ")]
        assert said["refused"] == 3, "the assignment, and two versions of a shift that contradict each other"
        assert notes[0] == "nothing was released; the commonest reasons: off_duty (1)"
        assert notes[1].startswith("nothing is released, and most positions are off duty: ")
        assert notes[2].startswith("1 row of pings quarantined, bad_time: ")
        assert any(
            note.startswith("assignments: 1 row not readable") and "assignments.csv row 1" in note for note in notes
        )
        assert any(note.startswith("roster: ") and "roster.csv row 1" in note for note in notes)
        assert "assignments: columns that are not used: note" in notes


def test_an_as_of_may_neither_lie_in_the_future_nor_forget(tmp_path):
    """Exit 2; the same early question may be asked again, and an earlier one about another time is asked at will."""
    job = lay_out(world(), tmp_path)
    future = here("run", job, "--as-of", "2100-01-01")
    assert (future.returncode, "(--as-of) is in the future" in future.stderr) == (2, True)
    early = ["run", job, "--from", "2026-03-02", "--to", "2026-03-03", "--as-of", "2026-03-03", "--json"]
    assert answered(here(*early))["published"] is True
    assert answered(here("run", job, *AS_OF, "--json"))["published"] is True
    assert answered(here(*early))["already"] is True
    before = here("run", job, "--from", "2026-03-02", "--as-of", "2026-03-04")
    assert before.returncode == 2
    assert "--as-of is before that of a run in the store" in before.stderr
    assert len(entries(tmp_path)) == 2


def test_the_same_run_again_changes_nothing(tmp_path):
    """Exit 0, `already`, and every byte of the store as it was."""
    job = lay_out(world(), tmp_path)
    first = answered(here("run", job, *AS_OF, "--json"))
    before = contents(tmp_path / "store")
    again = answered(here("run", job, *AS_OF, "--json"))
    assert again["already"] is True
    assert again["run_id"] == first["run_id"]
    assert contents(tmp_path / "store") == before


def test_a_scheduler_may_retry_without_as_of(tmp_path):
    """No window open, nothing recorded since: already there. A changed input is another run; the first is not altered."""
    given = world(
        [ping("2020-03-02T09:00:00Z")],
        assignments=[assignment(start="2020-01-01")],
        roster=[shift("2020-03-02T08:00", "2020-03-02T16:00", recorded="2020-02-01")],
    )
    job = lay_out(given, tmp_path)
    first = answered(here("run", job, "--json"))
    again = answered(here("run", job, "--json"))
    assert again["already"] is True
    assert again["run_id"] == first["run_id"]
    before = contents(tmp_path / "store" / "runs" / first["run_id"])
    with (tmp_path / "roster.csv").open("a") as file:
        file.write("r9,o1,2020-03-02T08:00,2020-03-02T16:00,,duty,active,2020-02-01\r\n")
    other = answered(here("run", job, "--json"))
    assert other["run_id"] != first["run_id"]
    assert len(entries(tmp_path)) == 2
    assert contents(tmp_path / "store" / "runs" / first["run_id"]) == before


def test_another_as_of_is_another_run(tmp_path):
    """The later one supersedes the earlier; both stand."""
    job = lay_out(world(), tmp_path)
    first = answered(here("run", job, "--as-of", "2026-03-02T12:00:00Z", "--json"))
    second = answered(here("run", job, *AS_OF, "--json"))
    assert first["run_id"] != second["run_id"]
    assert {p.name for p in (tmp_path / "store" / "runs").iterdir()} == {first["run_id"], second["run_id"]}


def test_from_and_to_take_dates_of_the_policys_zone(tmp_path):
    """In summer London's midnight is 23:00 UTC; from is inclusive, to exclusive."""
    pings = [
        ping(f"2026-07-0{d}T{clock}Z")
        for d, clock in ((1, "22:59:59"), (1, "23:00:00"), (2, "22:59:59"), (2, "23:00:00"))
    ]
    job = lay_out(world(pings), tmp_path)
    said = answered(here("run", job, "--from", "2026-07-02", "--to", "2026-07-03", *AS_OF, "--json"))
    assert sum(said["counts"].values()) == 2


def test_a_store_may_be_named(tmp_path):
    """`--store` wins over the job."""
    job = lay_out(world(), tmp_path / "job")
    answered(here("run", job, *AS_OF, "--store", tmp_path / "elsewhere", "--json"))
    assert (tmp_path / "elsewhere" / "log" / "000000000000.entry").exists()
    assert not (tmp_path / "job" / "store").exists()


def test_outputs_are_readable_by_their_owner_only(tmp_path):
    """Whatever the umask was."""
    job = lay_out(world([ping("09:00"), ping("x")]), tmp_path)
    old = os.umask(0o000)
    try:
        answered(here("run", job, *AS_OF, "--json"))
    finally:
        os.umask(old)
    loose = [path for path in (tmp_path / "store").rglob("*") if path.stat().st_mode & 0o077]
    assert loose == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("buffer_m = 200.0", "bufer_m = 200.0", ["policy.toml", "bufer_m", "buffer_m"]),
        ("buffer_m = 200.0", "buffer_m = -1.0", ["policy.toml", "buffer_m"]),
        ("buffer_m = 200.0", 'buffer_m = "far"', ["policy.toml", "buffer_m"]),
        ("buffer_m = 200.0", "buffer_m = nan", ["policy.toml", "buffer_m"]),
        ("max_m = 100.0", "max_m = inf", ["policy.toml", "max_m"]),
        ("[places]", "[palces]", ["policy.toml", "palces", "places"]),
        ('rule = "anchored"', 'rule = "anchord"', ["policy.toml", "rule", "anchored"]),
        ('timezone = "Europe/London"', 'timezone = "Europe/Londn"', ["policy.toml", "timezone"]),
        ('rotate = "week"', 'rotate = "yearly"', ["policy.toml", "rotate"]),
        ("decimals = 4", "decimals = true", ["policy.toml", "decimals"]),
        ("[duty]", "[duty", ["policy.toml"]),
        ("late_edit_tolerance_s = 0", "late_edit_tolerance_s = -5", ["policy.toml", "late_edit_tolerance_s"]),
        ("time_step_s = 60", "time_step_s = 0", ["policy.toml", "time_step_s"]),
    ],
)
def test_a_policy_that_cannot_be_understood(tmp_path, old, new, words):
    """Exit 2, and the message names file, key and what is near."""
    job = lay_out(world(), tmp_path)
    rewritten(job, old, new)
    done = here("run", job, *AS_OF, "--json")
    assert done.returncode == 2, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr
    assert published_nothing(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('roster = "roster.csv"', 'rota = "roster.csv"', ["job.toml", "rota"]),
        ('pings = "pings"', "pings = 7", ["job.toml", "pings"]),
        ('sites = "sites.csv"\n', "", ["sites"]),
        ('policy = "policy.toml"', 'policy = "no.toml"', ["no.toml"]),
        ('pseudonym = "pseudonym.key"', 'pseudonym = "no.key"', ["no.key"]),
    ],
)
def test_a_job_that_cannot_be_understood(tmp_path, old, new, words):
    """Exit 2; sites may be left out only where the rule of legs is off."""
    job = lay_out(world(), tmp_path)
    rewritten(job, old, new, "job.toml")
    done = here("run", job, *AS_OF, "--json")
    assert done.returncode == 2, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert published_nothing(tmp_path)


def test_sites_may_be_left_out_where_legs_are_off(tmp_path):
    """By name only."""
    job = lay_out(world(policy={"legs": {"rule": "off"}}), tmp_path)
    rewritten(job, 'sites = "sites.csv"\n', "", "job.toml")
    assert answered(here("run", job, *AS_OF, "--json"))["counts"]["on_duty"] == 3


@pytest.mark.parametrize("key", ["", "00112233", "zz" * 32, "00" * 31])
def test_a_key_that_is_none(tmp_path, key):
    """64 hex digits; the message does not hold the key."""
    job = lay_out(world(), tmp_path, key=key)
    done = here("run", job, *AS_OF, "--json")
    assert done.returncode == 2, done.stderr
    assert not key or key not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "JOB", "--frm", "2026-01-01"],
        ["run", "JOB", "--from", "yesterday"],
        ["run", "JOB", "--from", "2026-07-02T08:00:00"],
        ["run", "JOB", "--to", "2026-07-02 08:00"],
        ["run", "JOB", "--as-of", "2026-07-02T08:00"],
        ["run", "JOB", "--from", "2026-W27-4"],
        ["run", "JOB", "--from", "2026-03-03", "--to", "2026-03-02"],
        ["run", "JOB", "--as-of", "2026-13-01"],
        ["run", "no-such-job.toml"],
        ["rnu", "JOB"],
    ],
    ids=" ".join,
)
def test_usage(tmp_path, arguments):
    """Exit 2 and no traceback."""
    job = lay_out(world(), tmp_path)
    done = here(*(str(job) if a == "JOB" else a for a in arguments))
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert published_nothing(tmp_path)


def test_input_that_stops_the_run(tmp_path):
    """Exit 3, file and row named, nothing published, no JSON object that looks like an answer."""
    job = lay_out(world(roster=[shift(), shift(shift_id=None, officer=None, code="leave")]), tmp_path)
    done = here("run", job, *AS_OF, "--json")
    assert done.returncode == 3, done.stderr
    assert "roster.csv" in done.stderr
    assert "1" in done.stderr
    assert published_nothing(tmp_path)
    assert done.stdout == "" or "run_id" not in json.loads(done.stdout)


def test_a_job_file_may_be_named_from_anywhere(tmp_path):
    """Paths are relative to the job file, in a folder with a space."""
    folder = tmp_path / "a folder"
    lay_out(world(), folder)
    answered(here("run", "a folder/job.toml", *AS_OF, "--json", cwd=tmp_path))
    assert (folder / "store" / "log").is_dir()


def test_init_makes_a_job_that_can_be_filled(tmp_path):
    """Keys for their owner only; running `init` twice takes nothing away."""
    done = here("init", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    made = contents(tmp_path / "new")
    assert {"job.toml", "policy.toml", "pseudonym.key"} <= set(made)
    assert (tmp_path / "new" / "pseudonym.key").stat().st_mode & 0o077 == 0
    here("init", tmp_path / "new")
    assert contents(tmp_path / "new") == made
