"""An answer in the log is made again by a second implementation, and a changed one is found (A5)."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from offduty.admin.log_analysis import keyed_sha256
from offduty.analyses.roster_audit import roster_audit
from offduty.analyses.roster_files import roster_of_job
from offduty.config.key_files import load_pseudonym_key
from offduty.config.policy import Policy
from offduty.core.canonical_json import canonical_json
from offduty.core.instants import instant
from offduty.transparency.log import entry_bytes, entry_name, read_log
from offduty.verify.checks.analyses_again import check_made_again
from offduty.verify.entries import read_audited_log
from offduty.verify.evidence import Evidence
from offduty.verify.verdict import Check, Status
from tests.cli.command import here
from tests.unit.analyses.registers import FIRST, interest
from tests.world import AFTERWARDS, assignment, filtered, ping, place, shift, site, square, world

TERMS = {"purpose": "planning", "recipients": ["duty planning"], "keep_days": 90}
OFFICERS = 24
DAYS = [f"2026-03-{day:02}" for day in range(2, 30) if (day - 2) % 7 < 5]
ASKED = ("--policy", "policy.toml", "--roster", "roster.csv", "--sites", "sites.csv", "--key", "pseudonym.key")
PERIOD = ("--period", "2026-03-02/2026-03-29")
RECORDS = (*ASKED[:4], "--key", "pseudonym.key", "--register", "register.csv")
QUESTIONS: dict[str, tuple[str, ...]] = {
    "presence": ("presence", "store", *ASKED),
    "some days": ("presence", "store", *ASKED, "--from", "2026-03-09", "--to", "2026-03-16"),
    "own copy": ("presence", "store", *ASKED, "--officer", "o3"),
    "single case": ("presence", "store", *ASKED, "--officer", "o4", "--because", "a complaint"),
    "days on site": ("site-days", "store", *ASKED, *PERIOD),
    "interests": ("interests", "store", *RECORDS),
    "interests, own copy": ("interests", "store", *RECORDS, "--officer", "o3"),
    "interests, some days": ("interests", "store", *RECORDS, "--from", "2026-03-09", "--to", "2026-03-16"),
    "interests, not assessed": ("interests", "store", *RECORDS, "--officer", "o5", "--to", "2026-03-20"),
    "interests, single case": ("interests", "store", *RECORDS, "--officer", "o4", "--because", "a complaint"),
    "days, single case": ("site-days", "store", *ASKED, *PERIOD, "--officer", "o4", "--because", "a complaint"),
    "days, own copy": ("site-days", "store", *ASKED, *PERIOD, "--officer", "o3", "--codes", "duty", "--codes", "court"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A force of two dozen, four weeks of duty, some of it recorded afterwards, and two sites; every question asked."""
    made = tmp_path_factory.mktemp("asked")
    tables = {"pings": [], "assignments": [], "roster": [], "places": []}
    for number in range(OFFICERS):
        officer, device = f"o{number}", f"d{number}"
        tables["assignments"].append(assignment(device, officer))
        tables["places"].append(place(officer=officer, place_id=f"h{number}"))
        for at, day in enumerate(DAYS):
            late = {"recorded": f"{day}T12:00:00Z"} if (number + at) % 11 == 0 else {}
            times = f"{day}T08:00:00", f"{day}T16:00:00"
            code = "court" if (number + at) % 13 == 0 else "duty"
            tables["roster"].append(shift(*times, code, shift_id=f"{officer}-{day}", officer=officer, **late))
            if (number * 7 + at * 3) % 10 < 7:
                where = "station" if number % 2 else "court"
                clocks = [f"{hour:02}:{minute:02}" for hour in (9, 10) for minute in range(0, 60, 10)]
                tables["pings"] += [ping(f"{day}T{clock}:00Z", where, device=device) for clock in clocks]
    corner = {"site_id": "court, hall", "geometry": square(-0.161, 51.499, 0.002)}
    rules = {
        "analyses.presence": TERMS,
        "analyses.site_days": {**TERMS, "target_percent": 40},
        "analyses.interests": TERMS,
    }
    case = world(**tables, sites=[site(), corner])
    case["policy"] |= rules
    case["policy"]["legs"] |= {"hold_s": 900, "max_gap_s": 3600}
    result = filtered(case, made)
    assert not result.stopped
    (made / "register.csv").write_text(register())
    for question in QUESTIONS.values():
        done = here(*question, cwd=made)
        assert done.returncode == 0, done.stderr
    return made


def register() -> str:
    """Of everybody an interest that is declared for hours on duty, and for some a review that is due."""
    first = FIRST - timedelta(days=60)
    rows = [
        interest(
            f"i{number}",
            f"o{number}",
            pattern="mon 09:00-11:00;wed 10:00-12:00;fri 18:00-02:00",
            review_by=first.isoformat() if number % 2 else "",
            valid_from="02/03/2026" if number == 5 else FIRST.isoformat(),
        )
        for number in range(OFFICERS)
    ]
    return pd.DataFrame(rows).to_csv(index=False)


def made_again(store: Path, job: Path, log: Path | None = None) -> Check:
    """Check 8.2 alone, with the tables of a job; perhaps by another log."""
    return check_made_again(
        store, read_audited_log(log or store / "log"), Evidence.by(job, job.parent / "register.csv"), None
    )


def test_every_answer_is_made_again(folder):
    """Tables by their hashes, and sections of one officer by the keyed hash; something is in them."""
    check = made_again(folder / "store", folder / "job.toml")
    asked = sum(entry.kind == "analysis" for entry in read_log(folder / "store/log"))  # other tests ask, too
    assert (check.status, check.count.value, check.findings) == (Status.PASS, asked, ())
    assert asked >= len(QUESTIONS)
    weeks = json.loads(here(*QUESTIONS["presence"], "--json", cwd=folder).stdout)["weeks"]
    assert sum(row["windows"] for row in weeks) > 300
    sites = json.loads(here(*QUESTIONS["presence"], "--json", cwd=folder).stdout)["sites_by_hour"]
    assert {row["site"] for row in sites} == {"s1", "court, hall"}
    rules = json.loads(here(*QUESTIONS["interests"], "--json", cwd=folder).stdout)["rules"]
    assert (rules[0]["rule"], rules[0]["findings"] > 100, rules[0]["cleared"] > 50) == ("I1", True, True)
    units = json.loads(here(*QUESTIONS["days on site"], "--json", cwd=folder).stdout)["units"]
    assert units[0]["target"] == "shown"


@pytest.mark.parametrize("name", ["own copy", "single case", "days, own copy", "interests, own copy"])
def test_an_id_that_no_table_names_is_refused_and_in_no_log(folder, name):
    """Nobody could make its section again, and `verify` would call it wrong for ever."""
    before = len(read_log(folder / "store/log"))
    asked = [{"o3": "o 3", "o4": "o 4"}.get(word, word) for word in QUESTIONS[name]]
    done = here(*asked, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "that officer: look how the id is written" in done.stderr
    assert "o 3" not in done.stderr
    assert len(read_log(folder / "store/log")) == before


def test_the_next_own_copy_says_that_a_single_case_was_made(folder):
    """When, for whom and why; nobody else's does. It names earlier own copies, too: who has the dates must be known."""
    mine, again, other = (
        here("presence", "store", *ASKED, "--officer", officer, cwd=folder).stdout for officer in ("o4", "o4", "o5")
    )
    assert "presence, for duty planning: a complaint" in mine
    assert "no single case about you" in other
    assert "Your own copy of presence was made on" not in other
    (told,) = (line for line in set(again.splitlines()) - set(mine.splitlines()) if "own copy" in line)
    assert told.startswith("Your own copy of presence was made on ")
    assert told.endswith(
        "If it was not you who asked for an own copy, say so to your representatives or the data protection officer."
    )


@pytest.mark.parametrize("question", ["own copy", "days, own copy"])
def test_a_single_case_is_the_section_of_the_own_copy_and_has_no_date(folder, tmp_path, question):
    """Byte for byte. The dates are in the own copy alone: in no other file, and in no other line (A4, S4)."""
    command, *words = [{"o3": "o9"}.get(word, word) for word in QUESTIONS[question]]
    said, key = {}, load_pseudonym_key(folder / "pseudonym.key")
    for name, more in (("single", ("--because", "a complaint")), ("own", ())):
        (tmp_path / name).mkdir()
        done = here(command, *words, *more, "-o", str(tmp_path / name), cwd=folder)
        assert done.returncode == 0, done.stderr
        said[name] = done.stdout
        made = {path.name: path.read_bytes() for path in (tmp_path / name).glob("own-*.csv")}
        assert read_log(folder / "store/log")[-1].document["keyed_sha256"] == keyed_sha256(key, "o9", made)
    own, single = ((tmp_path / name / "own-section.csv").read_bytes() for name in ("own", "single"))
    assert own == single
    pages = [(tmp_path / name / "own-section.html").read_text() for name in ("own", "single")]
    assert ["Who asked about you" in page for page in pages] == [True, False]
    assert (tmp_path / "own" / "asked-about-you.csv").read_text().count("a complaint") >= 1
    assert sorted(path.name for path in (tmp_path / "single").iterdir()) == ["own-section.csv", "own-section.html"]
    days = re.findall(r"(?m)^(\d{4}-\d\d-\d\d)", (tmp_path / "own" / "own-dates.csv").read_text())
    inner = [day for day in days if day not in single.decode()]
    assert len(inner) > 10
    assert all(day in said["own"] and day in pages[0] for day in inner)
    assert not any(day in said["single"] or day in pages[1] for day in inner)


def test_a_case_that_differs_by_days_from_an_earlier_one_is_refused(folder):
    """The difference of two would tell these days. The same question may be asked again, about other days, too, and by
    others about other officers; own copies are free.
    """
    asked = ("presence", "store", *ASKED, "--officer", "o7", "--because", "a complaint")
    days = ("site-days", "store", *ASKED, "--officer", "o7", "--because", "a complaint")
    first = ("--from", "2026-03-02", "--to", "2026-03-16")
    for words in (
        (*asked, *first),
        (*asked, *first),
        (*asked, "--from", "2026-03-16", "--to", "2026-03-30"),
        (*asked[:-2], "--from", "2026-03-03"),
        (*days, *PERIOD),
        (*days, *PERIOD),
    ):
        assert here(*words, cwd=folder).returncode == 0, words
    before = len(read_log(folder / "store/log"))
    for words in (
        (*asked, "--from", "2026-03-02", "--to", "2026-03-17"),
        (*asked, "--from", "2026-03-03", "--to", "2026-03-16"),
        asked,
        (*days, *PERIOD, "--codes", "court"),
        (*days, "--period", "2026-03"),
    ):
        done = here(*words, cwd=folder)
        assert (done.returncode, done.stdout) == (2, ""), words
        assert "of two that overlap the difference tells single days. That case is about the days from" in done.stderr
        assert "o7" not in done.stderr
    assert len(read_log(folder / "store/log")) == before
    assert here(*(word.replace("o7", "o8") for word in asked), cwd=folder).returncode == 0


@pytest.mark.parametrize("question", [("presence",), ("site-days", *PERIOD)])
def test_the_same_question_after_another_night_or_of_another_roster_is_refused(folder, tmp_path, question):
    """The days are the same, and what is known of them is not: asked every night, *L of D* would be a diary. Of the same
    runs and tables, by what was known at the same time, the same bytes may be had again.
    """
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    command, *period = question
    asked = (command, "store", *ASKED, "--officer", "o10", "--because", "a complaint", *period)
    first = here(*asked, cwd=tmp_path)
    assert (first.returncode, here(*asked, cwd=tmp_path).stdout) == (0, first.stdout)
    roster, rows = tmp_path / "roster.csv", (tmp_path / "roster.csv").read_bytes().splitlines(keepends=True)
    roster.write_bytes(b"".join(row for row in rows if b"o10-2026-03-16" not in row))
    others = [here(*asked, cwd=tmp_path)]
    roster.write_bytes(b"".join(rows))
    others.append(here(*asked, "--as-of", "2026-03-20", cwd=tmp_path))
    night = ("run", "job.toml", "--from", "2026-03-20", "--to", "2026-03-21")
    assert here(*night, cwd=tmp_path).returncode == 0
    others.append(here(*asked, "--as-of", AFTERWARDS, cwd=tmp_path))
    for done in others:
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "by a roster that a run of the store read, and this is none" in others[0].stderr
    assert all("or not of the same runs, tables and policy" in done.stderr for done in others[1:])


def test_a_case_does_not_say_beside_its_answer_that_nothing_is_assessed(folder, tmp_path):
    """With a roster of one window and of nine officers who do not exist, the line would tell that window's state; and
    it was said before the entry of the log, so that a question that is refused left none. By such a roster, or by one
    of one shift that is cut into ten, there is no single case.
    """
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    head, *rows = (tmp_path / "roster.csv").read_text().splitlines()
    one = next(row for row in rows if "o11-2026-03-16" in row)
    nobody = [one.replace("o11", f"nobody{number}") for number in range(12)]
    own = one.replace("T08:00:00", "T02:00:00").replace("T16:00:00", "T03:00:00")
    (tmp_path / "roster.csv").write_text("\n".join([head, own, *nobody]) + "\n")
    for more in (("--because", "a complaint", "--role", "nobody"), ("--because", "a complaint"), ()):
        done = here("presence", "store", *ASKED, "--officer", "o11", *more, cwd=tmp_path)
        assert (done.returncode, "of no officer" in done.stderr) == (2 if more else 0, False)
    before = len(read_log(tmp_path / "store/log"))
    wrong = here("presence", "store", *ASKED, "--role", "nobody", cwd=tmp_path)
    assert (wrong.returncode, "of no officer" in wrong.stderr) == (2, False)
    assert len(read_log(tmp_path / "store/log")) == before
    assert "of no officer" in here("presence", "store", *ASKED, cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        (("duty", "court", "duty"), ""),
        (("court", "duty, and more"), "a code with a comma"),
        (tuple(f"code-{number:03}" for number in range(40)), "longer than"),
    ],
)
def test_codes_that_the_log_cannot_hold_are_refused(folder, tmp_path, codes, says):
    """Else `verify` would call the entry damaged, or the answer wrong, for ever. A code that is given twice is one."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    words = [word for code in codes for word in ("--codes", code)]
    before = len(read_log(tmp_path / "store/log"))
    done = here("site-days", "store", *ASKED, *PERIOD, "--officer", "o2", *words, cwd=tmp_path)
    assert (done.returncode, says in done.stderr) == (2 if says else 0, True)
    entries = read_log(tmp_path / "store/log")[before:]
    assert [entry.document["parameters"]["codes"] for entry in entries] == ([] if says else ["duty, court"])
    check = made_again(tmp_path / "store", tmp_path / "job.toml")
    assert (check.status, check.found) == (Status.PASS, 0)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--officer", "o4", "--because", ""), "--because is empty"),
        (("--officer", "o4", "--because", "  "), "--because is empty"),
        (("--because", ""), "--because is empty"),
        (("--officer", "o4", "--role", "duty planning"), "an own copy is the officer's"),
    ],
)
@pytest.mark.parametrize("name", ["presence", "days on site", "interests"])
def test_a_case_without_a_reason_is_no_own_copy(folder, name, more, says):
    """A script whose reason is not set would give somebody else the officer's own copy, and the officer would not be
    told; one of white space is an entry that `verify` calls a contradiction, for ever.
    """
    before = sorted((folder / "store/log").iterdir())
    done = here(*QUESTIONS[name], *more, cwd=folder)
    assert (done.returncode, done.stdout, sorted((folder / "store/log").iterdir())) == (2, "", before)
    assert says in done.stderr


@pytest.mark.parametrize("name", ["presence", "days on site", "interests"])
def test_an_answer_for_everybody_may_have_a_reason(folder, name):
    """It stands in the log, with who asked, and the answer is as without one (rule A5)."""
    plain, given = (here(*QUESTIONS[name], *more, cwd=folder) for more in ((), ("--because", "yearly review")))
    assert (given.returncode, given.stdout) == (0, plain.stdout), given.stderr
    without, entry = (each.document for each in read_log(folder / "store/log")[-2:])
    assert (entry["answer"], entry["role"], entry["because"]) == ("aggregate", "duty planning", "yearly review")
    assert {**entry, "because": "", "recorded_at": ""} == {**without, "recorded_at": ""}


def test_without_key_roster_or_release_it_is_not_done(folder, tmp_path):
    """And says which."""
    job = (folder / "job.toml").read_text()
    for old, new, why in (
        ("pseudonym.key", "nowhere.key", "the pseudonym key is not there"),
        ("roster.csv", "other.csv", "a table that it read is not among"),
    ):
        (folder / "other.csv").write_text((folder / "roster.csv").read_text() + "\n")
        (folder / "other.toml").write_text(job.replace(old, new))
        check = made_again(folder / "store", folder / "other.toml")
        assert (check.status, why in str(check.why)) == (Status.NOT_DONE, True)


def test_without_the_register_it_says_which_option_names_it(folder):
    store = folder / "store"
    check = check_made_again(store, read_audited_log(store / "log"), Evidence.by(folder / "job.toml"), None)
    assert check.status == Status.NOT_DONE
    assert "name it with --register" in str(check.why)
    assert "name it with --people" not in str(check.why)


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_an_answer_that_was_changed_is_found(folder, tmp_path, number):
    """By whoever can write the log anew."""
    entries = read_log(folder / "store/log")
    asked = [entry for entry in entries if entry.kind == "analysis"][number]
    document = dict(asked.document)
    if document["outputs"]:
        wrong = hashlib.sha256(b"another table").hexdigest()
        first, *others = document["outputs"]  # a table: they come before page and document
        document["outputs"] = [{**first, "sha256": wrong}, *others]
    else:
        document["keyed_sha256"] = "0" * 64
    runs = [entry.manifest for entry in entries if entry.is_run]
    for place_, manifest in enumerate([*runs, canonical_json(document)]):
        (tmp_path / entry_name(place_)).write_bytes(entry_bytes(manifest, read_log(tmp_path)))
    check = made_again(folder / "store", folder / "job.toml", tmp_path)
    assert (check.status, check.found) == (Status.FAIL, 1)


def in_parts(folder: Path, to: Path, job: str) -> None:
    """The same force with its roster in two files, and a job that names both."""
    shutil.copytree(folder, to, dirs_exist_ok=True)
    (to / "r").mkdir()
    lines = (folder / "roster.csv").read_text().splitlines()
    for name, part in (("a", lines[1:300]), ("b", lines[300:])):
        (to / f"r/{name}.csv").write_text("\n".join([lines[0], *part]) + "\n")
    (to / job).write_text((folder / "job.toml").read_text().replace("roster.csv", "r/*.csv"))


@pytest.mark.parametrize("name", ["presence", "days on site", "interests", "own copy"])
def test_an_answer_from_a_part_of_the_roster_is_said_to_be_one(folder, tmp_path, name):
    """By check 8.2, in the words that a roster audit has: what it answered is right, but of a part."""
    in_parts(folder, tmp_path, "parts.toml")
    runs = [entry.manifest for entry in read_log(folder / "store/log") if entry.is_run]
    for number, (path, files) in enumerate((("r/a.csv", 1), ("r/*.csv", 0))):
        question = [path if word == "roster.csv" else word for word in QUESTIONS[name]]
        assert here(*question, cwd=tmp_path).returncode == 0
        (log := tmp_path / f"log{number}").mkdir()
        asked = canonical_json(dict(read_log(tmp_path / "store/log")[-1].document))
        for place_, manifest in enumerate([*runs, asked]):
            (log / entry_name(place_)).write_bytes(entry_bytes(manifest, read_log(log)))
        check = made_again(tmp_path / "store", tmp_path / "parts.toml", log)
        assert (check.found, check.count.value) == (0, 1)
        said = f"the job names and the answer did not read: {files}; were they there then?"
        wanted = (Status.NOT_DONE, True) if files else (Status.PASS, False)
        assert (check.status, said in str(check.why)) == wanted


@pytest.mark.parametrize("name", ["presence", "days on site", "interests"])
def test_who_asks_about_a_part_of_the_roster_is_told_so(folder, tmp_path, name):
    """At once, on standard error, where the runs read more files of it."""
    in_parts(folder, tmp_path, "job.toml")
    shutil.rmtree(tmp_path / "store")
    assert here("run", "job.toml", "--as-of", AFTERWARDS, cwd=tmp_path).returncode == 0
    for path, told in (("r/a.csv", True), ("r", False)):
        done = here(*[path if word == "roster.csv" else word for word in QUESTIONS[name]], cwd=tmp_path)
        assert (done.returncode, "about a part of the roster" in done.stderr) == (0, told), done.stderr


HR = {
    "columns": {
        "shift_id": "Shift No",
        "officer_id": "Staff No",
        "starts_at": "Start",
        "ends_at": "End",
        "duty_code": "Shift type",
        "recorded_at": "Changed on",
    },
    "delimiter": ";",
    "time_zone": "Europe/London",
    "times": dict.fromkeys(("starts_at", "ends_at", "recorded_at"), "%d/%m/%Y %H:%M"),
    "values": {"duty_code": {"duty": ["EARLY"], "court": ["CT"]}},
    "constants": {"status": "active"},
}
SITES = {"delimiter": ";", "columns": {"site_id": "Name"}}
OF_JOB = ("--policy", "policy.toml", "--inputs", "job.toml")
DECLARED = {
    name: (  # without --key: that of the job
        (*question[:2], *OF_JOB, *question[2 + len(ASKED) :])
        if question[0] != "interests"
        else (*question[:2], *OF_JOB, *question[2 + len(RECORDS) - 2 :])
    )
    for name, question in QUESTIONS.items()
}


@pytest.fixture(scope="module")
def declared(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same force: its roster from an HR program, its sites with semicolons; declared, run, and asked the same."""
    made = tmp_path_factory.mktemp("declared")
    shutil.copytree(folder, made, dirs_exist_ok=True, ignore=shutil.ignore_patterns("store"))
    with (folder / "roster.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    code = {"duty": "EARLY", "court": "CT"}
    told = [
        [
            row["shift_id"],
            row["officer_id"],
            *(_by_hand(row[name]) for name in ("starts_at", "ends_at")),
            code[row["duty_code"]],
            _by_hand(row["recorded_at"]),
        ]
        for row in rows
    ]
    _write(made / "roster.csv", [list(HR["columns"].values()), *told])
    with (folder / "sites.csv").open(newline="") as file:
        header, *sites = csv.reader(file)
    _write(made / "sites.csv", [["Name" if name == "site_id" else name for name in header], *sites])
    job = tomllib.loads((folder / "job.toml").read_text())
    for table, how in (("roster", HR), ("sites", SITES)):
        job["inputs"][table] = {"path": f"{table}.csv", **how}
    (made / "job.toml").write_text(_toml(job))
    policy = (made / "policy.toml").read_text()
    (made / "audit.toml").write_text(policy + "\n[analyses.roster_audit]\n" + _lines(TERMS))
    done = here("run", "job.toml", "--as-of", AFTERWARDS, cwd=made)
    assert done.returncode == 0, done.stderr
    for question in DECLARED.values():
        done = here(*question, cwd=made)
        assert done.returncode == 0, done.stderr
    return made


def _by_hand(text: str) -> str:
    """A time as the HR program writes it; all of them are in winter, when London has UTC."""
    return datetime.fromisoformat(text).strftime("%d/%m/%Y %H:%M")


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)


def _toml(job: dict[str, Any]) -> str:
    """A job whose tables may have sections of their own."""
    inputs = {name: where for name, where in job["inputs"].items() if isinstance(where, str)}
    sections = {f"inputs.{name}": where for name, where in job["inputs"].items() if not isinstance(where, str)}
    tables = {"inputs": inputs, **sections, "keys": job["keys"], "output": job["output"]}
    return 'policy = "policy.toml"\n' + "".join(f"\n[{name}]\n{_lines(values)}" for name, values in tables.items())


def _lines(values: dict[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    return json.dumps(value)


def test_a_declared_roster_gives_the_answers_of_the_same_roster_by_the_contract(folder, declared):
    """Other columns, semicolons, days before months, codes of its own: read by the job, for every question."""
    for name in ("presence", "some days", "days on site", "interests", "interests, some days"):
        plain, same = (
            json.loads(here(*asked[name], "--json", cwd=where).stdout) for asked, where in both(folder, declared)
        )
        assert plain == same
    for name in ("own copy", "days, own copy", "interests, own copy", "interests, not assessed"):
        plain, same = (here(*asked[name], cwd=where).stdout for asked, where in both(folder, declared))
        said, again = (text.partition("\nYour own copy of ")[0] for text in (plain, same))
        assert said.partition("\nAsked about you on ")[0] == again.partition("\nAsked about you on ")[0]
        assert "confirmed" in said or "finding" in said


def both(folder: Path, declared: Path) -> tuple[tuple[dict[str, tuple[str, ...]], Path], ...]:
    """The questions of plain files and those of a job, each with its folder."""
    return (QUESTIONS, folder), (DECLARED, declared)


def test_answers_from_a_declared_roster_are_made_again(declared):
    """The second implementation reads the tables as the entry says that they are written, with its own hands."""
    check = made_again(declared / "store", declared / "job.toml")
    assert (check.status, check.findings) == (Status.PASS, ())
    assert check.count.value >= len(DECLARED)
    asked = [entry.document for entry in read_log(declared / "store/log") if entry.kind == "analysis"]
    read = [{table["table"] for table in entry["tables"]} & {"roster", "sites"} for entry in asked]
    assert [set(entry["declarations"]) for entry in asked] == read
    done = here("verify", "store", "--inputs", "job.toml", cwd=declared)
    assert done.returncode == 0, done.stdout


def test_tables_that_are_read_in_another_way_than_by_the_runs_are_named(declared, tmp_path):
    """Who swaps two codes in the job changes what the same file says: 8.2 does not pass over it."""
    shutil.copytree(declared, tmp_path, dirs_exist_ok=True)
    job = (declared / "job.toml").read_text()
    (tmp_path / "other.toml").write_text(job.replace('court = ["CT"]', 'leave = ["CT"]'))
    done = here("presence", "store", "--policy", "policy.toml", "--inputs", "other.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    check = made_again(tmp_path / "store", tmp_path / "job.toml")
    assert (check.status, "in another way than the runs" in str(check.why)) == (Status.NOT_DONE, True)


def test_a_declared_table_that_is_read_as_a_plain_one_is_named(folder, tmp_path):
    """Nor over an answer that read the very file of the runs without their declaration: a leave was duty to it."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("store"))
    job = tomllib.loads((folder / "job.toml").read_text())
    job["inputs"]["roster"] = {"path": "roster.csv", "values": {"duty_code": {"leave": ["court"]}}}
    (tmp_path / "job.toml").write_text(_toml(job))
    for command in (("run", "job.toml", "--as-of", AFTERWARDS), QUESTIONS["presence"]):
        done = here(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    check = made_again(tmp_path / "store", tmp_path / "job.toml")
    assert (check.status, "in another way than the runs" in str(check.why)) == (Status.NOT_DONE, True)


def test_the_roster_audit_reads_a_declared_roster(folder, declared):
    """The same findings as of the roster by the contract, and the log says how it was read."""
    policy = ("--policy", str(declared / "audit.toml"))
    plain = json.loads(here("roster-audit", *policy, "--roster", "roster.csv", "--json", cwd=folder).stdout)
    same = here("roster-audit", "store", *policy, "--inputs", "job.toml", "--json", cwd=declared)
    assert same.returncode == 0, same.stderr
    assert json.loads(same.stdout) == plain
    roster = roster_of_job(declared / "job.toml")
    rules = Policy.load(declared / "audit.toml")
    options = {"as_of_us": instant(AFTERWARDS), "more": roster.approved, "declared": roster.declared}
    assert roster_audit(roster.rows, rules, **options).assessed == OFFICERS
    assert "roster" in read_log(declared / "store/log")[-1].document["declarations"]


def test_a_job_and_plain_files_do_not_go_together(declared):
    """Nor does nothing at all: what is missing is named, and the log says nothing."""
    before = len(read_log(declared / "store/log"))
    for more, why in (
        (("--inputs", "job.toml", "--roster", "roster.csv"), "leave --roster out"),
        (("--roster", "roster.csv"), "name the tables"),
        (("--roster", "roster.csv", "--sites", "sites.csv"), "--key"),
        (("--inputs", "nowhere.toml"), "nowhere.toml"),
    ):
        done = here("presence", "store", "--policy", "policy.toml", *more, cwd=declared)
        assert (done.returncode, why in done.stderr) == (2, True), done.stderr
    assert len(read_log(declared / "store/log")) == before


def test_record_times_without_an_offset_stop_instead_of_being_passed_over(declared):
    """The HR roster as a plain one: what is missing is said, and which declaration mends it."""
    (declared / "naive.csv").write_text(
        "shift_id,officer_id,starts_at,ends_at,duty_code,status,recorded_at\n"
        "s1,o1,2026-03-02T08:00,2026-03-02T16:00,duty,active,2026-02-01T00:00:00\n"
    )
    plain = ("--roster", "naive.csv", "--sites", "sites.csv", "--key", "pseudonym.key")
    done = here("presence", "store", "--policy", "policy.toml", *plain, cwd=declared)
    assert done.returncode == 3
    assert "inputs.roster.time_zone" in done.stderr


def test_of_a_job_only_roster_and_sites_are_opened(declared, tmp_path):
    """Positions, places, assignments, ledger and quarantine are deleted before anything is asked (A1)."""
    shutil.copytree(declared, tmp_path, dirs_exist_ok=True)
    before = here(*DECLARED["presence"], "--json", cwd=declared).stdout
    for pattern in ("pings", "places.csv", "assignments.csv", "store/runs/*/ledger", "store/runs/*/quarantine"):
        for path in tmp_path.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    done = here(*DECLARED["presence"], "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, before)
