"""Check 8.2 makes a roster audit of the log again, from roster and recorders, and finds a figure that was changed."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from offduty.analyses.error_cards import COUNTING, DECIDING, rules_sha256
from offduty.core.canonical_json import canonical_json
from offduty.transparency.log import entry_bytes, entry_name, read_log
from offduty.verify.checks.analyses import check_analyses
from offduty.verify.checks.analyses_again import check_made_again
from offduty.verify.checks.answer_rules import rules_here
from offduty.verify.entries import read_audited_log
from offduty.verify.evidence import Evidence
from offduty.verify.verdict import Check, Status
from tests.cli.command import here
from tests.unit.analyses.registers import FIRST
from tests.world import assignment, filtered, ping, place, shift, site, world

OFFICERS = 24
TERMS = {"purpose": "records", "recipients": ["standards"], "keep_days": 90, "pay_cut_off_day": 20}
AUDIT = ("roster-audit", "store", "--policy", "policy.toml", "--as-of", "2026-05-01")
OF_FILES = (*AUDIT, "--roster", "roster.csv")
TABLES = {
    "roster-edits.csv",
    *(f"roster-audit-{name}.csv" for name in ("signals", "lead-times", "weeks", "recorders", "people")),
}


def roster_rows() -> list[dict[str, Any]]:
    """Of everybody planned shifts, a night, a rest that a desk grants over, a shift that was cut, and one of their own."""
    rows: list[dict[str, Any]] = []
    for number in range(OFFICERS):
        for at in range(14):
            day = FIRST + timedelta(days=at)
            name, late = f"s{number}-{at}", f"{day + timedelta(days=2)}T12:00:00Z"
            writers = {"officer": f"o{number}", "shift_id": name}
            times = f"{day}T22:00:00", f"{day + timedelta(days=1)}T06:00:00"
            plan = shift(*times, **writers)
            rows.append({**plan, "recorded_by": "planning", "approved_by": ""})
            if at % 4 == 1:  # cut, an hour at its end
                rows.append({**plan, "ends_at": f"{day + timedelta(days=1)}T05:00:00", "recorded_at": late})
            if at % 4 == 2:
                rest = shift(f"{day}T08:00:00", f"{day}T16:00:00", "rest", shift_id=f"r{name}", officer=f"o{number}")
                grant = shift(
                    f"{day}T08:00:00", f"{day}T16:00:00", shift_id=f"g{name}", officer=f"o{number}", recorded=late
                )
                own = {"recorded_by": f"login-{number}"} if at == 2 else {"recorded_by": f"desk-{number % 3}"}
                rows += [rest, {**grant, **own}, {**rest, "status": "cancelled", "recorded_at": late}]
            if at == 3:
                rows[-1] |= {"approved_by": f"login-{number}"}
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A force of two dozen with a run, and roster audits of it: with and without recorders, and an own copy."""
    made = tmp_path_factory.mktemp("audited")
    force = range(OFFICERS)
    case = world(
        pings=[ping(f"{FIRST}T23:00:00Z", device=f"d{number}") for number in force],
        assignments=[assignment(f"d{number}", f"o{number}") for number in force],
        places=[place(officer=f"o{number}", place_id=f"h{number}") for number in force],
        roster=[{"recorded_by": "", "approved_by": "", **row} for row in roster_rows()],
        sites=[site()],
    )
    case["policy"] |= {"analyses.roster_audit": TERMS}
    assert not filtered(case, made).stopped
    logins = [[f"login-{number}", f"o{number}", "u1", "officer"] for number in force]
    desks = [[f"desk-{number}", "", "u1", "clerk"] for number in range(3)]
    write(made / "people.csv", [["recorded_by", "officer_id", "unit", "role"], *logins, *desks])
    for more in ((), ("--people", "people.csv"), ("--people", "people.csv", "--officer", "o3")):
        asked(made, *OF_FILES, *more)
    return made


def write(path: Path, rows: list[list[str]], delimiter: str = ",") -> None:
    """A table of text."""
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


def asked(folder: Path, *question: str) -> str:
    """Ask, and give what was answered."""
    done = here(*question, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def again(folder: Path, *, people: str | None = "people.csv", log: Path | None = None, job: str = "job.toml") -> Check:
    """Check 8.2 alone, with what an auditor has; perhaps by another log."""
    given = Evidence.by(folder / job, None, None if people is None else folder / people)
    return check_made_again(folder / "store", read_audited_log(log or folder / "store/log"), given, None)


def rewritten(folder: Path, to: Path, number: int, change: Callable[[dict[str, Any]], None]) -> Path:
    """The log by whoever can write it anew, with another entry of the analysis of this number, and no other one."""
    entries = read_log(folder / "store/log")
    document = [dict(entry.document) for entry in entries if entry.kind == "analysis"][number]
    change(document)
    to.mkdir()
    for place_, manifest in enumerate([*(e.manifest for e in entries if e.is_run), canonical_json(document)]):
        (to / entry_name(place_)).write_bytes(entry_bytes(manifest, read_log(to)))
    return to


def test_an_audit_is_made_again(folder):
    """With and without recorders; only of the own copy the log has no hash, and that is said."""
    check = again(folder)
    assert (check.status, check.count.value, check.findings) == (Status.NOT_DONE, 2, check.findings)
    assert "own section" in str(check.why)
    assert check.found == 0
    document = json.loads(asked(folder, *OF_FILES, "--people", "people.csv", "--json"))
    figures = {each["signal"]: each["figure"] for each in document["signals"]}
    assert {name for name, figure in figures.items() if figure} == {"R1", "R2", "R3", "R4", "R8"}
    assert document["lead_times"]
    assert len(document["weeks"]["R2"]) > 1


def test_verify_passes_and_fails_by_the_command(folder, tmp_path):
    """As an auditor calls it: --people beside --inputs."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    log = rewritten(folder, tmp_path / "one", 1, lambda document: None)
    shutil.rmtree(tmp_path / "store/log")
    shutil.move(log, tmp_path / "store/log")
    for more, status in (((), "NOT DONE"), (("--people", "people.csv"), "PASS")):
        document = json.loads(here("verify", "store", "--inputs", "job.toml", *more, "--json", cwd=tmp_path).stdout)
        assert next(check["status"] for check in document["checks"] if check["number"] == "8.2") == status
    done = here("verify", "store", "--inputs", "job.toml", "--people", "nowhere.csv", cwd=tmp_path)
    assert (done.returncode, "--people" in done.stderr) == (2, True)


OF_KEY = ("--people", "people.csv", "--key", "pseudonym.key", "--officer")


@pytest.fixture(scope="module")
def own_copies(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same force, of which own copies are in the log by hashes with the key: of an officer with edits, of one who
    recorded for others alone, and of one of whom nothing can be said.
    """
    made = tmp_path_factory.mktemp("own")
    shutil.copytree(folder, made, dirs_exist_ok=True)
    with (made / "people.csv").open("a") as file:
        file.write("desk-9,sergeant,u1,sergeant\n")
    with (made / "roster.csv").open("a") as file:
        heads = (folder / "roster.csv").read_text().splitlines()[0].split(",")
        late = {"shift_id": "x1", "officer_id": "o1", "starts_at": "2026-03-09T08:00", "ends_at": "2026-03-09T09:00"}
        told = {"duty_code": "duty", "status": "active", "recorded_at": "2026-03-20T00:00:00Z", "recorded_by": "desk-9"}
        odd = {**late, **told, "shift_id": "x2", "officer_id": "odd", "recorded_at": "2026-03-20"}
        csv.DictWriter(file, heads, restval="").writerows([{**late, **told}, odd])
    for officer in ("o3", "sergeant", "odd"):
        asked(made, *OF_FILES, *OF_KEY, officer)
    return made


@pytest.mark.parametrize(("number", "rows"), [(-3, 9), (-2, 2), (-1, 0)], ids=["edits", "recorder", "unreadable"])
def test_an_own_copy_is_made_again_by_its_hash_with_the_key(own_copies, tmp_path, number, rows):
    """And one that was changed is found: in the log there is another hash, signed anew."""
    (tmp_path / "out").mkdir()
    officer = ("o3", "sergeant", "odd")[number]
    in_no_log = ("roster-audit", *OF_FILES[2:], "--people", "people.csv")
    asked(own_copies, *in_no_log, "--officer", officer, "-o", str(tmp_path / "out"))
    assert (tmp_path / "out/own-section.csv").read_text().count("\n") - 1 >= rows
    check = again(own_copies, log=rewritten(own_copies, tmp_path / "log", number, lambda document: None))
    assert (check.status, check.count.value, check.findings) == (Status.PASS, 1, ())

    def change(document: dict[str, Any]) -> None:
        document["keyed_sha256"] = hashlib.sha256(b"another section").hexdigest()

    check = again(own_copies, log=rewritten(own_copies, tmp_path / "changed", number, change))
    assert (check.status, check.found) == (Status.FAIL, 1)
    assert "the roster gives no officer such an answer" in check.findings[0]
    assert check.told == ("what was said of somebody is not what the roster gives",)


def test_an_own_copy_as_of_another_instant_is_another(own_copies, tmp_path):
    """Its section had other edits then."""

    def change(document: dict[str, Any]) -> None:
        document["parameters"] = {"as_of": "2026-03-06T00:00:00Z"}

    check = again(own_copies, log=rewritten(own_copies, tmp_path / "log", -3, change))
    assert (check.status, check.found) == (Status.FAIL, 1)


def test_the_key_of_an_own_copy_is_that_of_a_run(own_copies, tmp_path):
    """Whoever can write the log anew could name another key, so that nobody could make the section again."""
    for key, findings in ((None, 0), ("0" * 32, 1)):

        def change(document: dict[str, Any], key: str | None = key) -> None:
            document["pseudonym"] = key or document["pseudonym"]

        log = read_audited_log(rewritten(own_copies, tmp_path / f"log{findings}", -3, change))
        check = check_analyses(log, None)
        assert (check.count.value, check.found) == (1, findings)
        assert all("its pseudonym key is that of no run before it" in finding for finding in check.findings)


def test_an_own_copy_without_the_key_is_not_done(own_copies, tmp_path):
    """And it is said how to look at it all the same; the table of recorders is asked for by its option."""
    log = rewritten(own_copies, tmp_path / "log", -3, lambda document: None)
    (own_copies / "without.toml").write_text((own_copies / "job.toml").read_text().replace("pseudonym.key", "none.key"))
    (own_copies / "other.toml").write_text((own_copies / "job.toml").read_text().replace("pseudonym.key", "other.key"))
    (own_copies / "other.key").write_text("22" * 32)
    (own_copies / "other.key").chmod(0o600)
    for job in ("without.toml", "other.toml"):
        check = again(own_copies, log=log, job=job)
        assert (check.status, check.found) == (Status.NOT_DONE, 0)
        assert "the pseudonym key is not there, or is another" in str(check.why)
        assert "make the section (offduty roster-audit --officer" in str(check.why)
    assert "--people" in str(again(own_copies, people=None, log=log).why)


def test_an_own_copy_of_a_part_of_the_roster_is_said_to_be_one(own_copies, tmp_path):
    """As of the answer for everybody."""
    shutil.copytree(own_copies, tmp_path, dirs_exist_ok=True)
    (tmp_path / "r").mkdir()
    for name in ("a", "b"):
        shutil.copy(own_copies / "roster.csv", tmp_path / f"r/{name}.csv")
    (tmp_path / "r/b.csv").write_text((own_copies / "roster.csv").read_text() + "\n")
    job = (own_copies / "job.toml").read_text().replace("roster.csv", "r/*.csv")
    (tmp_path / "parts.toml").write_text(job)
    asked(tmp_path, *AUDIT, "--roster", "r/a.csv", *OF_KEY, "o3")
    check = again(tmp_path, log=rewritten(tmp_path, tmp_path / "log", -1, lambda document: None), job="parts.toml")
    assert (check.status, "the answer did not read" in str(check.why)) == (Status.NOT_DONE, True)


OTHER_CODE = "0" * 64


def test_other_code_that_says_it_is_this_version_is_found(folder, tmp_path):
    """The tables are right; the code that made pages and figures is not that of the version which the entry names."""

    def change(document: dict[str, Any]) -> None:
        document["rules_sha256"] = OTHER_CODE

    check = again(folder, log=rewritten(folder, tmp_path / "log", 1, change))
    assert (check.status, check.found, check.count.value) == (Status.FAIL, 1, 1)
    assert f"its rules_sha256 ({OTHER_CODE[:12]}...) is not that of offduty" in check.findings[0]
    assert check.told == ("an answer was made by other code than it says",)


@pytest.mark.parametrize("version", ["0.1.9", "99.0.0"])
@pytest.mark.parametrize("right", [True, False])
def test_what_another_version_answered_is_never_a_fail_for_its_rules(folder, tmp_path, version, right):
    """It is counted; and where the rules here give something else, that is NOT DONE, and says with which version."""

    def change(document: dict[str, Any]) -> None:
        document["rules_sha256"], document["versions"] = OTHER_CODE, {"offduty": version}
        (output,) = (each for each in document["outputs"] if each["name"] == "roster-edits.csv")
        output["sha256"] = output["sha256"] if right else hashlib.sha256(b"by other rules").hexdigest()

    check = again(folder, log=rewritten(folder, tmp_path / "log", 1, change))
    assert (check.status, check.found) == (Status.PASS if right else Status.NOT_DONE, 0)
    assert [(figure.what, figure.count.value) for figure in check.figures] == [
        ("of them made by other versions of offduty, by other rules than those here", 1)
    ]
    assert (f"verify it with offduty {version}" in str(check.why)) is not right


def test_another_version_with_the_same_rules_is_held_to_them(folder, tmp_path):
    """A version that changed something else answers as this one does."""

    def change(document: dict[str, Any]) -> None:
        document["versions"] = {"offduty": "99.0.0"}
        (output,) = (each for each in document["outputs"] if each["name"] == "roster-edits.csv")
        output["sha256"] = hashlib.sha256(b"another list").hexdigest()

    check = again(folder, log=rewritten(folder, tmp_path / "log", 1, change))
    assert (check.status, check.found, check.figures) == (Status.FAIL, 1, ())


@pytest.mark.parametrize("analysis", [*DECIDING, *COUNTING])
def test_both_hands_know_the_same_rules(analysis):
    """Where this fails a module was added to those that decide: name it here, too."""
    assert rules_here(analysis) == rules_sha256(analysis)


@pytest.mark.parametrize("place", ["outputs", "tables"])
def test_another_size_is_found(folder, tmp_path, place):
    """Of a table of the answer, and of a file that it read; the hash beside it is right."""

    def change(document: dict[str, Any]) -> None:
        named = {"outputs": "roster-edits.csv", "tables": "roster"}[place]
        (one,) = (each for each in document[place] if named in (each.get("name"), each.get("table")))
        one["bytes"] += 1

    check = again(folder, log=rewritten(folder, tmp_path / "log", 1, change))
    assert (check.status, check.found) == (Status.FAIL, 1)
    assert re.search(
        r"(roster-edits.csv|a file of the table roster) has [0-9,]+ bytes, and the entry says", check.findings[0]
    )


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_with_one_other_figure_is_found(folder, tmp_path, name):
    """Changed and signed anew: that table is named, and no other one."""

    def change(document: dict[str, Any]) -> None:
        (output,) = (each for each in document["outputs"] if each["name"] == name)
        output["sha256"] = hashlib.sha256(b"one figure is another").hexdigest()

    check = again(folder, log=rewritten(folder, tmp_path / "log", 1, change))
    assert (check.status, check.found) == (Status.FAIL, 1)
    assert f"{name} is not what the roster gives" in check.findings[0]


def test_the_entry_names_every_table(folder):
    """Else nothing would be compared."""
    audits = [entry.document for entry in read_log(folder / "store/log") if entry.document.get("outputs")]
    names = [{output["name"] for output in audit["outputs"]} for audit in audits if audit["kind"] == "analysis"]
    assert names
    assert all(each == TABLES | {"roster-audit.json", "roster-audit.html"} for each in names)


@pytest.mark.parametrize("page", [True, False])
def test_an_audit_of_before_there_were_tables_is_not_passed_over(folder, tmp_path, page):
    """Nor is it wrong: an older version wrote the list of edits, and perhaps a page."""
    kept = {"roster-edits.csv", "roster-audit.json", *(["roster-audit.html"] if page else [])}

    def change(document: dict[str, Any]) -> None:
        document["outputs"] = [each for each in document["outputs"] if each["name"] in kept]

    log = rewritten(folder, tmp_path / "log", 1, change)
    assert not any(entry.faults for entry in read_audited_log(log).entries)
    check = again(folder, log=log)
    assert (check.status, check.found, check.count.value) == (Status.NOT_DONE, 0, 1)
    assert "it has no hash of roster-audit-lead-times.csv" in str(check.why)


@pytest.mark.parametrize("other", ["zz-list-of-names.csv", "roster-officers.csv", "presence.json"])
def test_a_file_that_no_audit_has_is_a_fault_of_the_entry(folder, tmp_path, other):
    """A list of names could be made with each audit, and would be nowhere agreed on."""

    def change(document: dict[str, Any]) -> None:
        outputs = [*document["outputs"], {"name": other, "sha256": "0" * 64, "bytes": 1}]
        document["outputs"] = sorted(outputs, key=lambda each: str(each["name"]))

    faults = read_audited_log(rewritten(folder, tmp_path / "log", 1, change)).entries[-1].faults
    assert len(faults) == 1
    assert "its outputs are not the files that such an answer has" in faults[0]


def test_a_file_that_every_audit_has_may_not_lack(folder, tmp_path):
    """Else nothing of it would be compared."""

    def change(document: dict[str, Any]) -> None:
        document["outputs"] = [each for each in document["outputs"] if each["name"] != "roster-edits.csv"]

    faults = read_audited_log(rewritten(folder, tmp_path / "log", 1, change)).entries[-1].faults
    assert len(faults) == 1
    assert "or is not there" in faults[0]


def test_an_audit_of_a_part_of_the_roster_is_said_to_be_one(folder, tmp_path):
    """What it answered is right; but of the files of the job it did not read one."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "r").mkdir()
    lines = (folder / "roster.csv").read_text().splitlines()
    for name, part in (("a", lines[1:400]), ("b", lines[400:])):
        (tmp_path / f"r/{name}.csv").write_text("\n".join([lines[0], *part]) + "\n")
    job = (folder / "job.toml").read_text().replace("roster.csv", "r/*.csv")
    (tmp_path / "parts.toml").write_text(job)
    for path, files in (("r/a.csv", 1), ("r/*.csv", 0)):
        asked(tmp_path, *AUDIT, "--roster", path)
        log = rewritten(tmp_path, tmp_path / f"log{files}", -1, lambda document: None)
        check = again(tmp_path, log=log, job="parts.toml")
        assert (check.found, check.count.value) == (0, 1)
        said = f"the job names and the answer did not read: {files}; were they there then?"
        wanted = (Status.NOT_DONE, True) if files else (Status.PASS, False)
        assert (check.status, said in str(check.why)) == wanted


def test_a_table_of_recorders_that_only_the_second_reader_cannot_read_is_not_done(folder, tmp_path):
    """An older version read a packed one, and the entry names it by its hash."""
    content = gzip.compress((folder / "people.csv").read_bytes())
    (folder / "people.csv.gz").write_bytes(content)

    def change(document: dict[str, Any]) -> None:
        table = {"table": "people", "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        document["tables"] = [*(each for each in document["tables"] if each["table"] != "people"), table]

    check = again(folder, people="people.csv.gz", log=rewritten(folder, tmp_path / "log", 1, change))
    assert (check.status, check.found, "is packed" in str(check.why)) == (Status.NOT_DONE, 0, True)


def test_what_the_auditor_did_not_give_is_named(folder, tmp_path):
    """The table of recorders, and which option takes it; another roster; another table of recorders."""
    log = rewritten(folder, tmp_path / "log", 1, lambda document: None)
    assert "--people" in str(again(folder, people=None, log=log).why)
    shutil.copy(folder / "people.csv", tmp_path / "people.csv")
    other = folder / "other.csv"
    other.write_text((folder / "people.csv").read_text() + "\n")
    check = again(folder, people="other.csv", log=log)
    assert (check.status, "--people" in str(check.why)) == (Status.NOT_DONE, True)
    check = check_made_again(folder / "store", read_audited_log(log), None, None)
    assert (check.status, "--inputs" in str(check.why)) == (Status.NOT_DONE, True)


def test_an_audit_as_of_another_instant_is_another(folder, tmp_path):
    """The figures of one month are not those of another."""

    def change(document: dict[str, Any]) -> None:
        document["parameters"] = {"as_of": "2026-03-06T00:00:00Z"}

    assert again(folder, log=rewritten(folder, tmp_path / "log", 1, change)).status is Status.FAIL


def test_a_roster_that_cannot_be_read_could_not_be_answered_from(folder, tmp_path):
    """A row that takes duty away and does not say from whom: the command stops, so the entry is made up."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "roster.csv").open("a") as file:
        file.write("".join(f"x{number},,2026-03-02,2026-03-03\n" for number in range(1)))
    content = (tmp_path / "roster.csv").read_bytes()

    def change(document: dict[str, Any]) -> None:
        table = {"table": "roster", "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        document["tables"] = [table, *(each for each in document["tables"] if each["table"] != "roster")]

    check = again(tmp_path, log=rewritten(folder, tmp_path / "another", 1, change))
    assert (check.status, check.found) == (Status.FAIL, 1)
    assert "cannot be read" in check.findings[0]


HR = {
    "shift_id": "Shift No",
    "officer_id": "Staff No",
    "starts_at": "Start",
    "ends_at": "End",
    "duty_code": "Type",
    "status": "State",
    "recorded_at": "Changed on",
    "recorded_by": "Changed by",
}
DECLARED = """
[inputs.roster]
path = "roster.csv"
delimiter = ";"
time_zone = "Europe/London"
columns = {columns}
times = {{ starts_at = "%d/%m/%Y %H:%M", ends_at = "%d/%m/%Y %H:%M", recorded_at = "%d/%m/%Y %H:%M" }}
values = {{ duty_code = {{ duty = ["D"], rest = ["RD"] }}, status = {{ active = ["A"], cancelled = ["X"] }} }}
"""
CODES = {"duty": "D", "rest": "RD", "active": "A", "cancelled": "X"}


def test_a_declared_roster_is_read_as_the_entry_says(folder, tmp_path):
    """Other columns, semicolons, days before months, words of its own, wall clocks; and approved_by as it is. An audit
    that read it in another way than all runs is not passed over.
    """
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("store"))
    with (folder / "roster.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    told = [[*(_by_hand(name, row[name]) for name in HR), row["approved_by"]] for row in rows]
    write(tmp_path / "roster.csv", [[*HR.values(), "approved_by"], *told], ";")
    job = (folder / "job.toml").read_text()
    lines = [line for line in job.splitlines() if not line.startswith("roster")]
    columns = "{ " + ", ".join(f'{name} = "{theirs}"' for name, theirs in HR.items()) + " }"
    (tmp_path / "job.toml").write_text("\n".join(lines) + DECLARED.format(columns=columns))
    asked(tmp_path, "run", "job.toml", "--as-of", "2026-05-01")
    of_job = (*AUDIT, "--inputs", "job.toml", "--people", "people.csv")
    assert json.loads(asked(tmp_path, *of_job, "--json")) == json.loads(
        asked(folder, *OF_FILES, "--people", "people.csv", "--json")
    )
    check = again(tmp_path)
    assert (check.status, check.count.value, check.findings) == (Status.PASS, 1, ())
    swapped = (tmp_path / "job.toml").read_text().replace('duty = ["D"], rest = ["RD"]', 'duty = ["RD"], rest = ["D"]')
    (tmp_path / "other.toml").write_text(swapped)
    asked(tmp_path, *AUDIT, "--inputs", "other.toml")
    check = again(tmp_path)
    assert (check.status, "in another way than all runs before it" in str(check.why)) == (Status.NOT_DONE, True)


def _by_hand(name: str, text: str) -> str:
    """A value as the HR program writes it; all of the times are in winter, when London has UTC."""
    if name in ("starts_at", "ends_at", "recorded_at") and text:
        day, clock = text[:10].split("-"), text[11:16]
        return f"{day[2]}/{day[1]}/{day[0]} {clock}"
    return CODES.get(text, text)
