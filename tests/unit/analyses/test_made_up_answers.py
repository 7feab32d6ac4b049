"""`offduty compare --inputs` counts what two releases of a made-up force confirm, and refuses any other force."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from offduty import Policy, run
from offduty.analyses.presence import presence
from offduty.analyses.roster_files import roster_of_job, sites_of_job
from offduty.analyses.site_days import site_days
from offduty.cli.made_up_force import made_up_table
from offduty.config.key_files import load_pseudonym_key
from offduty.core.instants import instant
from offduty.runs.read_decided import read_decided
from offduty.runs.trial import trial
from offduty.synth.toy_keys import TOY_KEY
from offduty.verify.checks.analyses_again import check_made_again
from offduty.verify.entries import read_audited_log
from offduty.verify.evidence import Evidence
from offduty.verify.verdict import Check, Status
from tests.cli.command import here
from tests.world import AFTERWARDS, lay_out, ping, shift, toml, world

DAYS = [f"2026-03-{day:02}" for day in range(2, 31) if day % 7 in (2, 3, 4)]
TERMS = {"purpose": "planning", "recipients": ["duty planning"], "keep_days": 90}
NEW = {"accuracy": {"max_m": 10.0}}


def two_runs(folder: Path, key: str = TOY_KEY, days: list[str] = DAYS) -> tuple[Path, Path, Path]:
    """A job, its run, and that of the same job under another policy into another store. Each day an officer is at the
    station in the morning, on every second one by positions that the other policy takes for imprecise.
    """
    pings = [
        ping(f"{day}T09:{minute:02}:00Z", "station", 20.0 if at % 2 else 5.0)
        for at, day in enumerate(days)
        for minute in range(0, 50, 5)
    ]
    roster = [shift(f"{day}T08:00:00", f"{day}T16:00:00", shift_id=f"s{day}") for day in days]
    case = world(pings, roster=roster)
    job = lay_out(case, folder, key=key)
    changed = {name: {**values, **NEW.get(name, {})} for name, values in case["policy"].items()}
    (folder / "new.toml").write_text(toml(changed))
    (folder / "new-job.toml").write_text(job.read_text().replace("policy.toml", "new.toml"))
    one = run(job, as_of=AFTERWARDS)
    other = run(folder / "new-job.toml", as_of=AFTERWARDS, store=folder / "other")
    return job, Path(str(one.path)), Path(str(other.path))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Four weeks."""
    return two_runs(tmp_path_factory.mktemp("made_up"))


def asked(*words: str | Path) -> dict[str, Any]:
    """What compare says, as JSON."""
    done = here("compare", *words, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_windows_and_days_of_a_made_up_force_are_those_of_presence_and_site_days(made):
    """All of the mornings under the one, every second one under the other; as the two questions count them."""
    job, one, other = made
    found = asked(one, other, "--inputs", job)["made_up"]
    whole, half = len(DAYS), (len(DAYS) + 1) // 2
    assert found["one"] == {"windows": whole, "windows_confirmed": whole, "days": whole, "days_confirmed": whole}
    assert found["other"] == {"windows": whole, "windows_confirmed": half, "days": whole, "days_confirmed": half}
    for side, folder, name in (("one", one, "policy.toml"), ("other", other, "new.toml")):
        terms = {"presence": TERMS, "site_days": TERMS}
        rules = Policy.load(job.with_name(name)).model_dump(exclude_none=True) | {"analyses": terms}
        release = read_decided(folder.parents[1])
        tables = (release.frame, roster_of_job(job).rows, sites_of_job(job)[0], Policy.from_dict(rules))
        more = {"decided": release.decided, "as_of_us": instant(AFTERWARDS), "card": {}}
        more["key"] = load_pseudonym_key(job.with_name("pseudonym.key"))
        windows = presence(*tables, **more).windows["state"]
        days = site_days(*tables, codes=["duty"], start=date(2026, 3, 2), end=date(2026, 3, 31), **more).days["state"]
        assert found[side]["windows_confirmed"] == (windows == "confirmed").sum()
        assert found[side]["days_confirmed"] == (days == "confirmed").sum()


def test_it_is_said_in_words_and_the_log_has_it(made):
    """And how the lifts of the red team are found. A table has the same counts."""
    job, one, other = made
    (job.parent / "made").mkdir()
    said = here("compare", one, other, "--inputs", job, "-o", job.parent / "made").stdout
    assert f"duty windows confirmed: {len(DAYS)} of {len(DAYS)} under the one" in said
    assert "name its truth with --truth" in said
    assert "made_up" not in asked(one, other)
    table = (job.parent / "made" / "comparison-made-up.csv").read_text().splitlines()
    whole, half = len(DAYS), (len(DAYS) + 1) // 2
    assert table[0] == "side,windows,windows_confirmed,days,days_confirmed"
    assert table[1:] == [f"one,{whole},{whole},{whole},{whole}", f"other,{whole},{half},{whole},{half}"]


def test_another_hand_counts_the_same(made, tmp_path):
    """From both stores, roster and sites; of four weeks days on site, too, and of less none."""
    few = two_runs(tmp_path, days=DAYS[:4])
    for job, one, other in (made, few):
        asked(one, other, "--inputs", job)
        check = again(job, one, other)
        assert (check.status, check.findings) == (Status.PASS, ())
        assert check.count.value >= 1


@pytest.mark.parametrize("cell", ["windows", "windows_confirmed", "days", "days_confirmed"])
def test_another_hand_finds_a_count_that_is_wrong(made, tmp_path, cell, monkeypatch):
    """Whichever it is: what compare says is changed, and the entry has the hash of that."""
    job, one, other = made
    store = tmp_path / "other"
    shutil.copytree(other.parents[1], store)
    for entry in sorted((store / "log").glob("*.entry"))[1:]:
        entry.unlink()
    assert here("compare", one, store / "runs" / other.name, "--inputs", job).returncode == 0

    def wrong(found):
        return made_up_table({**found, "other": {**found["other"], cell: found["other"][cell] + 1}})

    assert again(job, one, store / "runs" / other.name).status is Status.PASS
    monkeypatch.setattr("offduty.cli.compare.made_up_table", wrong)
    assert here("compare", one, store / "runs" / other.name, "--inputs", job).returncode == 0
    check = again(job, one, store / "runs" / other.name)
    assert (check.status, check.found) == (Status.FAIL, 1)


def again(job: Path, one: Path, other: Path) -> Check:
    """Check 8.2 of the store of the other side."""
    store = other.parents[1]
    log = read_audited_log(store / "log")
    return check_made_again(store, log, Evidence.by(job), None, one.parents[1])


def test_of_less_than_four_weeks_nothing_is_said_about_days(tmp_path):
    """As of no real force."""
    job, one, other = two_runs(tmp_path, days=DAYS[:4])
    found = asked(one, other, "--inputs", job)["made_up"]
    assert (found["one"]["windows"], found["one"]["days"], found["other"]["days_confirmed"]) == (4, None, None)
    assert "not measured: less than four weeks" in here("compare", one, other, "--inputs", job).stdout


def test_of_real_people_a_trial_or_another_roster_it_is_refused(made, tmp_path):
    """Nothing is said, and nothing is logged."""
    job, one, other = made
    real, first, second = two_runs(tmp_path / "real", key="5a" * 32, days=DAYS[:2])
    shutil.copytree(job.parent, tmp_path / "copy")
    moved = tmp_path / "copy" / one.relative_to(job.parent)
    tried = Path(str(trial(tmp_path / "copy" / "job.toml", policy=tmp_path / "copy" / "new.toml").path))
    (tmp_path / "copy" / "later.csv").write_text((job.parent / "roster.csv").read_text() + "\n")
    later = tmp_path / "copy" / "later.toml"
    later.write_text(job.read_text().replace("roster.csv", "later.csv"))
    for words, why in (
        ((first, second, "--inputs", real), "made-up force alone"),
        ((moved, tried, "--inputs", tmp_path / "copy" / "job.toml"), "a trial has no release"),
        ((one, other, "--inputs", later), "another roster"),
    ):
        log = Path(words[1]).parents[1] / "log"
        before = len(list(log.iterdir()))
        done = here("compare", *words)
        assert (done.returncode, done.stdout, why in done.stderr) == (2, "", True), done.stderr
        assert len(list(log.iterdir())) == before
