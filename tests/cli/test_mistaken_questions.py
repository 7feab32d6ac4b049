"""Typical mistakes of those who ask: each is named, and none is answered with a silence that looks like an answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import here
from tests.unit.analyses.registers import interest
from tests.world import AFTERWARDS, lay_out, ping, shift, site, world

TERMS = {"purpose": "advice", "recipients": ["standards"], "keep_days": 90}
NAMES = ("presence", "site_days", "interests", "roster_audit")
STORE = ("store", "--policy", "policy.toml", "--key", "pseudonym.key")
RECORDS = ("--policy", "policy.toml", "--register", "register.csv", "--roster", "roster.csv")
QUESTIONS = {
    "presence": ("presence", *STORE, "--roster", "roster.csv", "--sites", "sites.csv"),
    "site-days": ("site-days", *STORE, "--roster", "roster.csv", "--sites", "sites.csv", "--period", "2026-03"),
    "interests": ("interests", "store", *STORE[3:], *RECORDS),
    "interests, records alone": ("interests", *RECORDS),
    "roster-audit": ("roster-audit", "--policy", "policy.toml", "--roster", "roster.csv"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen officers of whom one is seen, and every question agreed on."""
    made = tmp_path_factory.mktemp("mistaken")
    days = "2026-03-02T08:00", "2026-03-02T16:00"
    force = [shift(*days, shift_id=f"s{number}", officer=f"o{number}") for number in range(1, 13)]
    given = world([ping("2026-03-02T09:00:00Z")], roster=force, sites=[site()])
    given["policy"] |= {f"analyses.{name}": TERMS for name in NAMES}
    job = lay_out(given, made)
    done = here("run", job, "--as-of", AFTERWARDS)
    assert done.returncode == 0, done.stderr
    row = interest("i1", "o1")
    (made / "register.csv").write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    return made


def asked(folder: Path, name: str, table: str = "", content: str = "", *more: str):
    """A question; perhaps with a table of this content in place of its own."""
    question = [*QUESTIONS[name], *more]
    if table:
        suffix = ".geojson" if content.startswith("{") else ".csv"
        (folder / f"other{suffix}").write_text(content)
        question[question.index(table) + 1] = f"other{suffix}"
    return here(*question, cwd=folder)


def head(folder: Path, name: str) -> str:
    """The header of a table."""
    return (folder / name).read_text().splitlines()[0] + "\n"


@pytest.mark.parametrize(
    ("name", "table"),
    [
        *((name, "--roster") for name in QUESTIONS),
        *((name, "--sites") for name in ("presence", "site-days")),
        *((name, "--register") for name in ("interests", "interests, records alone")),
    ],
)
def test_of_a_table_without_rows_nothing_is_said(folder, name, table):
    """The wrong file, or an export that failed: nobody would have been anywhere, and nothing would have been found."""
    done = asked(folder, name, table, head(folder, f"{table[2:]}.csv"))
    assert (done.returncode, done.stdout) == (3, "")
    assert f"{table[2:]} has no rows" in done.stderr


@pytest.mark.parametrize("name", ["presence", "interests", "interests, records alone"])
@pytest.mark.parametrize("end", ["2026-03-01", "2026-03-02"])
def test_days_the_wrong_way_round_are_refused(folder, name, end):
    """And a day before itself: the end is the first day that is not asked about."""
    done = asked(folder, name, "", "", "--from", "2026-03-02", "--to", end)
    assert (done.returncode, "--from must be before --to" in done.stderr) == (2, True)


def test_a_period_the_wrong_way_round_is_refused(folder):
    """It is not said to be too short."""
    question = [*QUESTIONS["site-days"][:-1], "2026-03-31/2026-03-01"]
    done = here(*question, cwd=folder)
    assert (done.returncode, "ends before it begins" in done.stderr) == (2, True)


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_officer_whom_no_table_names_is_refused(folder, name):
    """Also where no store or no key is given. A letter in the wrong case would give an empty section, which looks like
    that of somebody about whom there is nothing.
    """
    for officer, code in (("O1", 2), ("o1", 0)):
        done = asked(folder, name, "", "", "--officer", officer)
        assert (done.returncode, "look how the id is written" in done.stderr) == (code, code == 2), done.stderr
        assert officer not in done.stderr
        assert bool(done.stdout) is not bool(code)


@pytest.mark.parametrize("name", ["presence", "site-days"])
def test_sites_that_count_for_nobody_are_said(folder, name):
    """All of them: nothing was answered. Some: how many, and where their rows are named."""
    broken = (
        '{"type": "Feature", "properties": {"site_id": "s9"}, "geometry": {"type": "Point", "coordinates": ["a", 1]}}'
    )
    good = json.dumps(
        {
            "type": "Feature",
            "properties": {"site_id": "s1", "radius_m": 50},
            "geometry": {"type": "Point", "coordinates": [-0.1, 51.5]},
        }
    )
    for features, code, said in ((broken, 3, "not one of the sites counts"), (f"{broken}, {good}", 0, "1 of 2 sites")):
        done = asked(folder, name, "--sites", f'{{"type": "FeatureCollection", "features": [{features}]}}')
        assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_a_roster_of_others_and_a_time_without_duty_are_asked_about(folder):
    """Both give an answer without a figure, as too few people do."""
    text = (folder / "roster.csv").read_text()
    for table, why in (
        (
            text.replace(",o1", ",guard-1").replace(",o", ",guard-").replace("guard-fficer_id", "officer_id"),
            "is it the roster of the runs of this store?",
        ),
        (text.replace("2026-03-02", "2027-03-02"), "has no duty in this time"),
    ):
        more = () if ",guard-" in table else ("--from", "2026-01-01", "--to", "2026-12-31")
        done = asked(folder, "presence", "--roster", table, *more)
        assert (done.returncode, why in done.stderr) == (0, True), done.stderr


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_time_before_all_records_is_said(folder, name):
    """Of every question in the same words; at the instant of the first record nothing is said any more."""
    said = "no row of the roster was recorded by the time of the question (--as-of)"
    for as_of, early in (("2026-01-31T23:59:59Z", True), ("2026-02-01T00:00:00Z", False)):
        done = asked(folder, name, "", "", "--as-of", as_of)
        assert (done.returncode, said in done.stderr) == (0, early), done.stderr


@pytest.mark.parametrize("name", [name for name, words in QUESTIONS.items() if "store" in words])
def test_a_time_before_all_that_was_decided_is_said(folder, name):
    """Of duty that no run had decided it is not known what can be seen; in the first instant of a run it is."""
    job = folder / "job.toml"
    if not (folder / "day").exists():
        done = here(
            "run", job, "--store", folder / "day", "--as-of", AFTERWARDS, "--from", "2026-03-02", "--to", "2026-03-03"
        )
        assert done.returncode == 0, done.stderr
    said = "--as-of) is before all time that runs decided"
    for as_of, early in (("2026-03-02T00:00:00Z", True), ("2026-03-02T00:00:01Z", False)):
        words = [{"store": "day"}.get(word, word) for word in QUESTIONS[name]]
        done = here(*words, "--as-of", as_of, cwd=folder)
        assert (done.returncode, said in done.stderr) == (0, early), done.stderr


@pytest.mark.parametrize("name", ["interests", "interests, records alone"])
def test_a_time_before_the_register_is_said(folder, name):
    """Nobody had declared anything by then, so there is no finding."""
    said = "no row of the register was recorded by the time of the question (--as-of)"
    first = interest("i1", "o1")["recorded_at"]
    for as_of, early in (("2025-06-01", True), (first, False)):
        done = asked(folder, name, "", "", "--as-of", as_of)
        assert (done.returncode, said in done.stderr) == (0, early), done.stderr
