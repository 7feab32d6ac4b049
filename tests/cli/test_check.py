"""`offduty check`: what it prints, to whom, its exit codes, and that it writes nothing but the page that was asked for.

Rules: specification#check, specification#small-counts, specification#silence.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.command import answered, contents, here, on_terminal
from tests.cli.test_silence import needles, planted, sightings
from tests.faults.strace import lines_of
from tests.forked import forked
from tests.world import AFTERWARDS, assignment, lay_out, ping, place, shift, site, world

AS_OF = ("--as-of", AFTERWARDS)
TABLES = ["pings", "assignments", "roster", "places", "sites"]
NAMED_ROW = re.compile(r"\brows? \d")


def odd_job(folder: Path, **options: object) -> Path:
    """A job in which each table has something odd in one row, a home beside a site, and places that hide two sites."""
    given_world = world(
        [ping("09:00"), ping("10:00", device="d9"), ping("nonsense"), {**ping("11:00"), "speed": 3}],
        assignments=[assignment(), assignment("d2", None)],
        roster=[shift(), shift(shift_id="r2", status="planned"), shift(officer="o9", shift_id="r9")],
        places=[
            place(),
            place("other home", -5),
            place("court", officer="o9"),
            place((2.35, 48.85)),
            place("clinic", 100, None, kind="clinic"),
        ],
        sites=[
            site(),
            site((-0.1003, 51.5003), 20),
            site("court", -1),
            site("clinic"),
            site((-0.1265, 51.53)),
        ],
        policy={"places": {"max_km": 100.0}},
    )
    return lay_out(given_world, folder, **options)


def test_one_table_for_each_input_and_what_to_do_next(tmp_path):
    """On standard output, at most 80 columns wide; nothing on standard error where nobody watches."""
    done = here("check", odd_job(tmp_path), *AS_OF)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    heads = [line.partition(" (")[0] for line in lines if line and not line.startswith((" ", "!"))]
    assert heads == [*TABLES, "what a run would do", "what to do next"]
    assert max(map(len, lines)) <= 80
    assert not NAMED_ROW.search(done.stdout)
    assert "columns not used  speed" in done.stdout
    assert not (tmp_path / "store").exists()


def test_on_a_terminal_the_rows_are_named(tmp_path):
    """Also those of places that met no officer, of far places, of sites beside homes, and of sites that places for
    everyone hide; counts are exact.
    """
    done = on_terminal("check", odd_job(tmp_path), *AS_OF)
    assert (done.returncode, done.stderr) == (0, "")
    named = re.findall(r"\S+ row \d+", done.stdout)
    assert named == [
        "pings/part-0.csv row 2",
        "assignments.csv row 1",
        "roster.csv row 1",
        "places.csv row 1",
        "places.csv row 2",
        "places.csv row 3",
        "sites.csv row 2",
        "sites.csv row 1",
        "sites.csv row 3",
        "sites.csv row 4",
    ]
    assert "fewer than 10" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_json_has_no_row_numbers_and_no_small_counts_but_those_of_the_run(tmp_path):
    """One object and nothing else; its counts are those of the run's own answer, and its warnings the run's lines
    without their rows.
    """
    job = odd_job(tmp_path)
    found = answered(here("check", job, *AS_OF, "--json"))
    ran = answered(here("run", job, *AS_OF, "--json"))
    for key in ("counts", "quarantined", "refused"):
        assert found[key] == ran[key]
    assert (found["publishes"], found["stops"]) == (True, "")
    assert not NAMED_ROW.search(json.dumps(found))
    assert [quiet(line) for line in ran["warnings"]] == found["warnings"]
    assert list(found["tables"]) == TABLES
    inside = [
        value for table in found["tables"].values() for key, value in table.items() if key not in ("rows", "files")
    ]
    assert not [value for value in numbers(inside) if 0 < value < 10]
    for what in ("beside", "wholly_hidden", "partly_hidden"):
        assert found["tables"]["sites"][what] == "fewer than 10"
    assert isinstance(found["seconds"], float)


def quiet(line: str) -> str:
    """A line of a run as a check may write it: without rows, and with no small count (all counts are small here)."""
    without_rows = re.sub(r": \S+ row \d+.*$", "", line)
    many = re.sub(r"^((?:\w+: )?)\d+ (\w+?)s?\b", r"\1fewer than 10 \2s", without_rows)
    return re.sub(r"\(\d+\)", "(fewer than 10)", many)


def numbers(value: object) -> list[int]:
    """Every whole number in a JSON value; true and false are none."""
    if isinstance(value, dict | list):
        return [n for part in (value.values() if isinstance(value, dict) else value) for n in numbers(part)]
    return [value] if isinstance(value, int) and not isinstance(value, bool) else []


class Text(HTMLParser):
    """The text of a page without its style, and the tags that would load or run something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.active, self._style = "", [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self._style = tag == "style"
        self.active += [tag] if tag in ("script", "img", "iframe", "link") else []

    def handle_endtag(self, tag):
        self._style = False

    def handle_data(self, data):
        self.text += "" if self._style else data


def test_the_page_has_no_row_numbers_and_no_small_counts(tmp_path):
    """It is for its owner only, runs nothing, and replaces no file."""
    page = tmp_path / "page.html"
    job = odd_job(tmp_path)
    done = here("check", job, *AS_OF, "-o", page)
    assert done.returncode == 0
    assert page.stat().st_mode & 0o777 == 0o600
    found = Text(page.read_text(encoding="utf-8"))
    assert found.active == []
    assert not NAMED_ROW.search(found.text)
    assert "fewer than 10" in found.text
    assert "Pings" in found.text
    assert "What to do next" in found.text
    assert not re.search(r"\b[1-9](?: \w+)?:? (?:row|officer|site|place|device)s?\b", found.text)
    before = page.read_bytes()
    again = here("check", job, *AS_OF, "-o", page)
    assert (again.returncode, page.read_bytes()) == (2, before)
    assert here("check", job, *AS_OF, "-o", tmp_path / "none" / "page.html").returncode == 2


def test_the_page_in_german_has_the_same_figures(tmp_path):
    """Labels, counts and next steps are German; what is wrong with a row is marked as English."""
    page = tmp_path / "page.html"
    done = here("check", odd_job(tmp_path), *AS_OF, "--language", "de", "-o", page)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    german = re.sub(r'<span lang="en-GB">.*?</span>', "", text)
    for words in (
        "Was ein Lauf vorfinden würde",
        "Dienstplan",
        "weniger als 10 Personen",
        "ohne Gerät",
        "offduty run",
    ):
        assert words in german
    for words in ("fewer", "officer", " with ", " rows", "Look"):
        assert words not in german
    assert not NAMED_ROW.search(text)


@pytest.mark.parametrize("how", [[], ["--json"], ["-o", "page.html"]], ids=["plain", "json", "page"])
def test_no_canary_is_printed_or_left(tmp_path, how):
    """Hidden rows stay in the inputs."""
    job = lay_out(planted(), tmp_path / "job")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = forked("check", job, *AS_OF, *how, env={"TMPDIR": str(temporary)}, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = tmp_path / "page.html"
    haystacks = {"stdout": done.stdout.encode(), "stderr": done.stderr.encode()}
    haystacks |= {"page": page.read_bytes()} if page.exists() else {}
    assert page.exists() is ("-o" in how)
    assert sightings(haystacks) == []
    assert list(temporary.rglob("*")) == []


def test_no_canary_is_on_the_terminal(tmp_path):
    """Rows are named by their numbers."""
    done = on_terminal("check", lay_out(planted(), tmp_path), *AS_OF)
    assert NAMED_ROW.search(done.stdout)
    assert sightings({"stdout": done.stdout.encode(), "stderr": done.stderr.encode()}) == []
    assert needles()


def test_what_stops_a_run_stops_a_check_with_the_same_message(tmp_path):
    """Exit code 3. Where the tables could be read they are printed nevertheless, and the JSON has the message."""
    nobodys = lay_out(world([ping("09:00", device="x")]), tmp_path / "a")
    ran, looked = here("run", nobodys, *AS_OF), here("check", nobodys, *AS_OF)
    assert (ran.returncode, looked.returncode) == (3, 3)
    assert looked.stderr == ran.stderr
    assert "never assigned" in looked.stdout
    found = here("check", nobodys, *AS_OF, "--json")
    assert found.returncode == 3
    assert json.loads(found.stdout)["publishes"] is False
    assert f"offduty: {json.loads(found.stdout)['stops']}\n" == ran.stderr
    unreadable = lay_out(world(), tmp_path / "b")
    (tmp_path / "b" / "roster.csv").write_text("nothing\n")
    ran, looked = here("run", unreadable, *AS_OF), here("check", unreadable, *AS_OF)
    assert (ran.returncode, looked.returncode, looked.stdout) == (3, 3, "")
    assert looked.stderr == ran.stderr
    assert not (tmp_path / "b" / "store" / "log" / "000000000000.entry").exists()


def test_a_wrong_command_job_policy_or_key_is_exit_2(tmp_path):
    """As for a run."""
    job = lay_out(world(), tmp_path)
    assert here("check", job, "--as-of", "2100-01-01").returncode == 2
    assert here("check", job, "--from", "nonsense").returncode == 2
    assert here("check", job, "--memory", "1MB").returncode == 2
    assert here("check", tmp_path / "none.toml").returncode == 2
    (tmp_path / "pseudonym.key").write_text("short")
    assert here("check", job, *AS_OF).returncode == 2


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_and_memory_change_nothing(tmp_path, threads):
    """Not a figure."""
    job = odd_job(tmp_path)
    found = answered(here("check", job, *AS_OF, "--json", "--threads", threads, "--memory", "300MB"))
    usual = answered(here("check", job, *AS_OF, "--json"))
    assert {**found, "seconds": 0} == {**usual, "seconds": 0}


def test_an_interval_is_checked_as_it_is_run(tmp_path):
    """From inclusive, to exclusive."""
    job = lay_out(world([ping("09:00"), ping("12:00"), ping("15:00"), ping("2026-03-03T09:00:00Z")]), tmp_path)
    asked = ("--from", "2026-03-02T12:00:00Z", "--to", "2026-03-03", *AS_OF)
    found, ran = (answered(here(command, job, *asked, "--json")) for command in ("check", "run"))
    assert found["counts"] == ran["counts"]
    assert found["counts"]["on_duty"] == 2


def test_the_store_is_not_looked_at(tmp_path):
    """It may be locked, broken, or at an address that does not exist."""
    job = lay_out(world(), tmp_path)
    job.write_text(job.read_text().replace('store = "store"', 'store = "s3://no-such-bucket/store"'))
    assert here("check", job, *AS_OF).returncode == 0


WRITING = re.compile(r"\b(O_WRONLY|O_RDWR|O_CREAT)\b")
OTHERS = ("/dev/", "/proc/", "/sys/")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_no_file_gets_a_name_but_the_page(tmp_path, form):
    """Under strace: every file that is made or written is without a name, in the private folder, or the page; the
    folder of the store is not touched, and no file of the job is changed.
    """
    assert shutil.which("strace"), "strace is not installed, and this test needs it: apt-get install strace"
    extras = {"release": {"extra_columns": ["km"]}}
    pings = [{**ping("09:00"), "km": 1}, {**ping("12:00"), "km": 2}, {**ping("x"), "km": 3}]
    job = lay_out(world(pings, policy=extras), tmp_path / "job", form=form)
    before = contents(tmp_path / "job")
    temporary, notes, page = tmp_path / "temporary", tmp_path / "notes", tmp_path / "page.html"
    temporary.mkdir()
    calls = "trace=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,mknod,mknodat,truncate"
    command = [sys.executable, "-m", "offduty", "check", job, *AS_OF, "-o", page]
    done = subprocess.run(
        ["strace", "-f", "-y", "-o", notes, "-e", calls, *map(str, command)],
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    called = [line for line in lines_of(notes) if re.match(r"^\d+ +\w+\(", line)]
    made = [line for line in called if WRITING.search(line) or not re.match(r"^\d+ +open", line)]
    made = [line for line in made if " = -1 " not in line and not any(f'"{place_}' in line for place_ in OTHERS)]
    nameless = [line for line in made if "O_TMPFILE" in line]
    folders = [line for line in made if re.match(r"^\d+ +mkdir", line)]
    pages = [line for line in made if str(page) in line]
    assert made
    assert set(made) == {*nameless, *folders, *pages}
    assert all(f'"{temporary}/offduty-' in line for line in (*nameless, *folders))
    assert len(folders) == 1
    assert len(pages) == 1
    assert bool(nameless) is True
    assert not any(f"{job.parent}/store" in line for line in lines_of(notes))
    assert contents(tmp_path / "job") == before
    assert list(temporary.iterdir()) == []


def test_the_next_command_can_be_typed_where_the_check_was(tmp_path):
    """The job lies in another folder than the one in which people stand: its path is the one that they gave."""
    lay_out(world(), tmp_path / "work")
    done = here("check", "work/job.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    words = " ".join(done.stdout.partition("what to do next")[2].split())
    assert "offduty run work/job.toml, with the same" in words
