"""An answer in the log is made again by a second implementation, and a changed one is found (A5)."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from offduty.core.canonical_json import canonical_json
from offduty.transparency.log import entry_bytes, entry_name, read_log
from offduty.verify.checks.analyses_again import check_made_again
from offduty.verify.entries import read_audited_log
from offduty.verify.evidence import Evidence
from offduty.verify.verdict import Check, Status
from tests.cli.command import here
from tests.unit.analyses.registers import FIRST, interest
from tests.world import assignment, filtered, ping, place, shift, site, square, world

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
    "interests, single case": ("interests", "store", *RECORDS, "--officer", "o4", "--because", "a complaint"),
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
    assert (check.status, check.count.value, check.findings) == (Status.PASS, len(QUESTIONS), ())
    weeks = json.loads(here(*QUESTIONS["presence"], "--json", cwd=folder).stdout)["weeks"]
    assert sum(row["windows"] for row in weeks) > 300
    sites = json.loads(here(*QUESTIONS["presence"], "--json", cwd=folder).stdout)["sites_by_hour"]
    assert {row["site"] for row in sites} == {"s1", "court, hall"}
    rules = json.loads(here(*QUESTIONS["interests"], "--json", cwd=folder).stdout)["rules"]
    assert (rules[0]["rule"], rules[0]["findings"] > 100, rules[0]["cleared"] > 50) == ("I1", True, True)
    units = json.loads(here(*QUESTIONS["days on site"], "--json", cwd=folder).stdout)["units"]
    assert units[0]["target"] == "shown"


def test_the_next_own_copy_says_that_a_single_case_was_made(folder):
    """When, for whom and why; nobody else's does."""
    mine = here("presence", "store", *ASKED, "--officer", "o4", cwd=folder).stdout
    assert "presence, for duty planning: a complaint" in mine
    assert "Nobody asked about you" in here("presence", "store", *ASKED, "--officer", "o5", cwd=folder).stdout


def test_a_single_case_is_the_section_of_the_own_copy(folder, tmp_path):
    """Byte for byte."""
    for name, more in (("own", ()), ("single", ("--because", "a complaint"))):
        (tmp_path / name).mkdir()
        asked = ("presence", "store", *ASKED, "--officer", "o4", *more, "-o", str(tmp_path / name))
        assert here(*asked, cwd=folder).returncode == 0
    own, single = ((tmp_path / name / "own-section.csv").read_bytes() for name in ("own", "single"))
    assert own == single
    pages = [(tmp_path / name / "own-section.html").read_text() for name in ("own", "single")]
    assert ["Who asked about you" in page for page in pages] == [True, False]
    assert (tmp_path / "own" / "asked-about-you.csv").read_text().count("a complaint") >= 1


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


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_an_answer_that_was_changed_is_found(folder, tmp_path, number):
    """By whoever can write the log anew."""
    entries = read_log(folder / "store/log")
    asked = [entry for entry in entries if entry.kind == "analysis"][number]
    document = dict(asked.document)
    if document["outputs"]:
        wrong = hashlib.sha256(b"another table").hexdigest()
        kept = [output for output in document["outputs"] if output["name"].endswith(".csv")]
        document["outputs"] = [{**kept[0], "sha256": wrong}, *kept[1:]]
    else:
        document["keyed_sha256"] = "0" * 64
    runs = [entry.manifest for entry in entries if entry.is_run]
    for place_, manifest in enumerate([*runs, canonical_json(document)]):
        (tmp_path / entry_name(place_)).write_bytes(entry_bytes(manifest, read_log(tmp_path)))
    check = made_again(folder / "store", folder / "job.toml", tmp_path)
    assert (check.status, check.found) == (Status.FAIL, 1)
