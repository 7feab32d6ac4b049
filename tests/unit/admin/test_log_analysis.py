"""An analysis of a store is in the log before it is answered: without an id or a result, and by terms that were agreed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from offduty.admin.log_analysis import about_officer, keyed_sha256, role_of
from offduty.cli.roster_audit import EDITS, PAGE, SUMMARY, TABLES
from offduty.config.key_files import fingerprint
from offduty.core.errors import UsageError
from offduty.transparency.log import read_log
from offduty.verify.auditor import Auditor, verify
from offduty.verify.manifest_schema import faults_of
from tests.cli.command import here
from tests.logs import a_run, add
from tests.unit.analyses.test_roster_summary import POLICY, TERMS, csv, late_shifts

HIDDEN = "it hides from the officer that it was made, or names an officer where it is about none"
ASKED = ("roster-audit", "store", "--roster", "roster.csv", "--policy", "policy.toml", "--because", "yearly review")
OWN = ASKED[:-2]
"""What an officer's own section is asked with."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with a run, a roster, and a policy that names the audit."""
    (tmp_path / "roster.csv").write_text(csv(late_shifts(12, 30)))
    (tmp_path / "policy.toml").write_text(POLICY + TERMS)
    for part in ("log", "runs", "runs/a"):
        (tmp_path / "store" / part).mkdir(parents=True, mode=0o700)
    (tmp_path / "store").chmod(0o700)
    add(tmp_path / "store/log", a_run("a"))
    return tmp_path


def logged(folder: Path) -> list[dict]:
    """The analyses in the log."""
    return [entry.document for entry in read_log(folder / "store/log") if entry.kind == "analysis"]


def test_what_was_asked_is_in_the_log_and_nothing_of_the_answer(folder):
    """Its hashes are those of the very bytes; the auditor finds that it was agreed on."""
    done = here(*ASKED, "-o", ".", cwd=folder)
    assert done.returncode == 0, done.stderr
    (entry,) = logged(folder)
    assert (entry["analysis"], entry["answer"], entry["role"]) == ("roster-audit", "aggregate", "the reader")
    assert entry["because"] == "yearly review"
    assert [part["name"] for part in entry["outputs"]] == sorted([SUMMARY, EDITS, PAGE, *TABLES])
    assert [part["bytes"] for part in entry["outputs"]] == [
        (folder / part["name"]).stat().st_size for part in entry["outputs"]
    ]
    assert list(faults_of(entry)) == []
    checks = {check.number: check for check in verify(folder / "store", Auditor(policy=folder / "policy.toml")).checks}
    assert checks["8.1"].status.value == "PASS"
    assert checks["8.1"].count.value == 1


def test_an_own_section_is_named_by_no_hash_where_there_is_no_key(folder):
    """An empty section has the same hash for everybody: it would be a result. And the id is nowhere."""
    done = here(*OWN, "--officer", "o3", cwd=folder)
    assert done.returncode == 0, done.stderr
    (entry,) = logged(folder)
    assert (entry["answer"], entry["outputs"], entry["keyed_sha256"], entry["role"]) == ("own_copy", [], "", "")
    assert "o3" not in json.dumps(entry)
    assert list(faults_of(entry)) == []


KEY = bytes(range(32))
OF_KEY = ("--key", "pseudonym.key")


@pytest.fixture
def with_key(folder: Path) -> Path:
    """The same with a run that used a pseudonym key, which is there."""
    for name, key in (("pseudonym.key", KEY), ("other.key", bytes(32))):
        (folder / name).write_text(key.hex())
        (folder / name).chmod(0o600)
    add(folder / "store/log", a_run("b", keys={"pseudonym": fingerprint(KEY)}))
    (folder / "store/runs/b").mkdir()
    return folder


def test_an_own_section_is_named_by_a_hash_with_the_key(with_key):
    """Of the id and the very bytes, as with the questions that need the key; the id as it is compared."""
    for copies, officer in enumerate(("o3", " o3\u200b")):
        done = here(*OWN, *OF_KEY, "--officer", officer, "-o", ".", "--force", cwd=with_key)
        assert done.returncode == 0, done.stderr
        assert "The log of this store has no single case about you." in done.stdout
        assert done.stdout.count("Your own copy of roster-audit was made on") == copies
    asked = (with_key / "asked-about-you.csv").read_text().splitlines()
    assert asked[0] == "made_at,question,kind,who_asked,because"
    assert [line.partition(",")[2] for line in asked[1:]] == ["roster-audit,own copy,,"]
    section = (with_key / "own-section.csv").read_bytes()
    for entry in logged(with_key):
        assert entry["keyed_sha256"] == keyed_sha256(KEY, "o3", {"own-section.csv": section})
        assert (entry["answer"], entry["outputs"]) == ("own_copy", [])
        assert entry["about"] == about_officer(KEY, "o3", entry["recorded_at"], "roster-audit")
        hidden = {**entry, "about": ""}
        assert [fault.partition(": ")[2] for fault in faults_of(hidden)] == [HIDDEN]
        assert entry["pseudonym"] == fingerprint(KEY)
        assert list(faults_of(entry)) == []


def test_an_own_section_without_a_key_has_the_files_it_had(with_key):
    """Nobody is told who asked: without the key that is not known."""
    done = here(*OWN, "--officer", "o3", "-o", ".", cwd=with_key)
    assert done.returncode == 0, done.stderr
    assert "asked about you" not in done.stdout
    assert not (with_key / "asked-about-you.csv").exists()
    assert "made own-section.csv and own-section.html: they are private" in done.stderr


def test_a_recorder_who_is_there_twice_is_nobody(with_key):
    """To both hands: a section of such a one could not be made again."""
    (with_key / "people.csv").write_text("recorded_by,officer_id,unit,role\na,boss,,\nb,one,,\n b ,other,,\n,none,,\n")
    codes = {
        officer: here(*OWN, *OF_KEY, "--people", "people.csv", "--officer", officer, cwd=with_key).returncode
        for officer in ("boss", "one", "other", "none")
    }
    assert codes == {"boss": 0, "one": 2, "other": 2, "none": 2}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ((*OWN, *OF_KEY), "name the store and --officer"),
        ((OWN[0], *OWN[2:], *OF_KEY, "--officer", "o3"), "name the store and --officer"),
        ((*OWN, "--key", "other.key", "--officer", "o3"), "not the pseudonym key of any run"),
        ((*OWN, "--key", "nowhere.key", "--officer", "o3"), "cannot be read"),
        ((*OWN, *OF_KEY, "--officer", "o99"), "names that officer"),
        ((*OWN, *OF_KEY, "--officer", "NULL"), "--officer is empty"),
    ],
)
def test_a_hash_that_nobody_could_make_again_is_not_logged(with_key, asked, says):
    """An id of nobody, another key, or no answer about one officer: exit 2, and no answer."""
    done = here(*asked, cwd=with_key)
    assert (done.returncode, done.stdout, logged(with_key)) == (2, "", [])
    assert re.search(says, done.stderr)


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (("--role", "the chief"), "--role who asks"),
        (("--because", "x" * 201), "--because must be one line"),
        (("--because", ""), "--because is empty"),
        (("--because", " \u00a0"), "--because is empty"),
        (("--officer", "o3"), "--because with --officer would be a single case, and an audit has none"),
        (("--policy", "other.toml"), "not agreed on"),
    ],
)
def test_what_may_not_be_asked_is_not_logged_and_not_answered(folder, option, says):
    """Exit code 2; nothing on standard output."""
    (folder / "other.toml").write_text(POLICY)
    done = here(*ASKED, *option, cwd=folder)
    assert (done.returncode, done.stdout, logged(folder)) == (2, "", [])
    assert says in done.stderr


def test_an_own_section_is_asked_for_by_nobody_else(folder):
    """A recipient who asks for it would be in no entry."""
    done = here(*OWN, "--officer", "o3", "--role", "the reader", cwd=folder)
    assert (done.returncode, done.stdout, logged(folder)) == (2, "", [])
    assert "an own copy is the officer's" in done.stderr


def test_without_an_entry_there_is_no_answer(folder):
    """A signed log needs the key; and a store must be there."""
    add(folder / "store/log", a_run("b"), bytes(32))
    (folder / "store/runs/b").mkdir()
    done = here(*ASKED, "-o", ".", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--signing" in done.stderr
    assert not (folder / "roster-audit.json").exists()
    assert here(*ASKED[:1], "nowhere", *ASKED[2:], cwd=folder).returncode == 2
    alone = here(*ASKED[:1], *ASKED[2:], cwd=folder)
    assert (alone.returncode, "name the store" in alone.stderr) == (2, True)


def test_an_auditor_is_told_who_asked_what_was_not_agreed_on(folder):
    """By the policy that was agreed in truth."""
    assert here(*ASKED, cwd=folder).returncode == 0
    for text, finding in (
        (POLICY + TERMS.replace("the reader", "the union"), "no run of the log has its policy"),
        (POLICY, "no run of the log has its policy"),
    ):
        (folder / "policy.toml").write_text(text)
        found = verify(folder / "store", Auditor(policy=folder / "policy.toml")).checks
        check = next(check for check in found if check.number == "8.1")
        assert finding in str(check.why)


def test_the_role_is_one_of_those_that_were_agreed_on():
    """The only one, where there is one."""
    assert role_of(None, ("a",)) == "a"
    assert role_of("b", ("a", "b")) == "b"
    with pytest.raises(UsageError, match="--role"):
        role_of(None, ("a", "b"))


def test_a_keyed_hash_depends_on_key_officer_and_every_file():
    """So that two officers with the same answer have two."""
    files = {"a.csv": b"1", "b.csv": b"2"}
    found = {
        keyed_sha256(key, officer, content)
        for key, officer, content in (
            (b"k", "o1", files),
            (b"k", "o2", files),
            (b"l", "o1", files),
            (b"k", "o1", {"a.csv": b"12", "b.csv": b""}),
        )
    }
    assert len(found) == 4
