"""A trial records a ledger and nothing else: no byte of a release is written, and it counts as nobody's run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from offduty import run
from offduty.cli import cli
from offduty.config.key_files import fingerprint
from offduty.core.errors import UsageError
from offduty.runs import trial as trials
from offduty.runs.current import current_releases
from offduty.runs.plan import MISSING, plan
from offduty.runs.trial import ForgottenPings, trial
from offduty.store.local import open_store
from offduty.synth.toy_keys import TOY_KEY
from offduty.transparency.log import read_log
from offduty.verify.auditor import Auditor, verify
from offduty.verify.checks.trials import TOY_FINGERPRINT
from offduty.verify.verdict import Status
from tests.cli.command import contents, here
from tests.world import AFTERWARDS, DAY, lay_out, ping, policy_of, toml, world

SPOTS = [("08:30", "station"), ("09:00", "street"), ("12:00", "home"), ("15:30", "station"), ("nonsense", "station")]
NEXT_DAY = "2026-03-03"


def laid_out(folder: Path, key: str = TOY_KEY) -> Path:
    """A job of one officer's day with a toy key, and a policy to try beside it."""
    job = lay_out(world([ping(clock, where) for clock, where in SPOTS]), folder, form="parquet", key=key)
    (folder / "new.toml").write_text(toml(policy_of({"legs": {"rule": "off"}, "accuracy": {"max_m": 50.0}})))
    return job


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A made-up force, as its key says."""
    return laid_out(tmp_path)


def tried(job: Path, **more: object) -> trials.TrialResult:
    """The policy beside the job, tried out."""
    return trial(job, policy=job.parent / "new.toml", as_of=AFTERWARDS, **more)


def test_a_trial_leaves_a_ledger_and_an_entry_and_nothing_else(job: Path):
    """In the log it is of its own kind; its ledger is that of a run under this policy, byte for byte."""
    result = tried(job)
    folder = job.parent / "store" / "runs" / result.trial_id
    (name,) = contents(folder)
    assert name == "ledger/part-00000.parquet"
    (entry,) = read_log(job.parent / "store" / "log")
    assert (entry.kind, entry.is_run, entry.names_files) == ("trial", False, True)
    (job.parent / "policy.toml").write_text((job.parent / "new.toml").read_text())
    later = run(job, as_of=AFTERWARDS, store=job.parent / "other")
    assert (later.counts, later.quarantined) == (result.counts, result.quarantined)
    assert (Path(str(later.path)) / name).read_bytes() == (folder / name).read_bytes()
    assert later.run_id != result.trial_id


def test_the_same_trial_again_changes_nothing(job: Path):
    first, before = tried(job), contents(job.parent / "store")
    again = tried(job)
    assert (first.already, again.already) == (False, True)
    assert replace(again, already=False, seconds=0.0) == replace(first, seconds=0.0)
    assert contents(job.parent / "store") == before


def test_a_trial_is_nobodys_run(job: Path):
    """It is no release, makes nothing current and nothing stale, and stands in no run's way."""
    tried(job, start=DAY, end=NEXT_DAY)
    store = job.parent / "store"
    assert not (store / "current.json").exists()
    assert current_releases(read_log(store / "log")).parts == ()
    assert [each.state for each in plan(job, start=DAY, end=NEXT_DAY)] == [MISSING]
    result = run(job, start=DAY, end=NEXT_DAY, as_of=AFTERWARDS)
    assert (result.published, result.supersedes, result.withdrawn) == (True, "", ())
    before = contents(store)
    assert trial(job, policy=job.parent / "policy.toml", start=DAY, end=NEXT_DAY).already is False
    assert run(job, start=DAY, end=NEXT_DAY).already
    with open_store(store) as opened:
        assert len(opened.logged) == 3
    assert {name: sha for name, sha in contents(store).items() if name in before and name != "current.json"} == {
        name: sha for name, sha in before.items() if name != "current.json"
    }


def test_without_as_of_it_knows_what_the_newest_run_knew(job: Path):
    """So that the two can be compared."""
    run(job, as_of="2026-11-19T00:00:00Z")
    trial(job, policy=job.parent / "new.toml")
    first, second = (entry.document for entry in read_log(job.parent / "store" / "log"))
    assert second["as_of"] == first["as_of"] == "2026-11-19T00:00:00Z"


def test_a_trial_of_real_positions_of_few_people_is_refused_and_leaves_nothing(tmp_path: Path):
    job = laid_out(tmp_path, key="5a" * 32)
    with pytest.raises(UsageError, match="at least 100 officers and 28 days"):
        tried(job)
    assert read_log(tmp_path / "store" / "log") == []
    assert list((tmp_path / "store" / "runs").iterdir()) == []


@pytest.mark.parametrize(("officers", "days"), [(2, 1), (1, 2)])
def test_both_limits_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, officers: int, days: int):
    """One officer on one day would have a released position."""
    monkeypatch.setattr(trials, "LEAST_OFFICERS", officers)
    monkeypatch.setattr(trials, "LEAST_DAYS", days)
    with pytest.raises(UsageError, match="made-up force"):
        tried(laid_out(tmp_path, key="5a" * 32))


def test_verify_decides_a_trial_again_and_finds_nothing_wrong(job: Path):
    """With its inputs: log, files, contents, counts, and every reason."""
    run(job, as_of=AFTERWARDS)
    result = tried(job)
    found = {check.number: check for check in verify(job.parent / "store", Auditor(inputs=job)).checks}
    assert [check.findings for check in found.values() if check.status is Status.FAIL] == []
    assert [found[number].status for number in ("1.1", "1.4", "2.1", "2.2", "3.1", "3.5", "4.3", "5.1", "7.5")] == [
        Status.PASS
    ] * 9
    assert found["5.1"].count.value == 10  # five rows of either
    alone = verify(job.parent / "store", Auditor(inputs=job), run=result.trial_id)
    assert not alone.failed
    assert {check.number: check.count.value for check in alone.checks}["5.1"] == 5


def edited(job: Path, **changes: object) -> dict[str, Status]:
    """What verify says where the entry of a trial is another one, in a log that was written again."""
    (entry,) = read_log(job.parent / "store" / "log")
    document = json.loads(entry.manifest) | changes
    from offduty.core.canonical_json import canonical_json
    from offduty.transparency.log import entry_bytes

    path = job.parent / "store" / "log" / "000000000000.entry"
    path.write_bytes(entry_bytes(canonical_json(document), []))
    return {check.number: check.status for check in verify(job.parent / "store", Auditor(inputs=job)).checks}


def test_verify_finds_a_trial_that_says_it_was_about_many(job: Path):
    tried(job)
    assert edited(job, about="many")["7.5"] is Status.FAIL


def test_verify_finds_real_positions_that_were_tried_as_if_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trials, "LEAST_OFFICERS", 1)
    monkeypatch.setattr(trials, "LEAST_DAYS", 1)
    job = laid_out(tmp_path, key="5a" * 32)
    assert tried(job).about == "many"
    assert edited(job, about="made_up")["7.5"] is Status.FAIL


def test_verify_finds_a_trial_that_names_a_release(job: Path):
    """Its manifest cannot: that is not valid. And a file that lies there is one that no entry names."""
    result = tried(job)
    run(job, as_of=AFTERWARDS, store=job.parent / "other")
    (released,) = (job.parent / "other").rglob("release/*/*.parquet")
    name = "release/date=2026-03-02/part-00000.parquet"
    place = job.parent / "store" / "runs" / result.trial_id / name
    place.parent.mkdir(parents=True)
    place.write_bytes(released.read_bytes())
    assert {c.number: c.status for c in verify(job.parent / "store").checks}["2.2"] is Status.FAIL
    (entry,) = read_log(job.parent / "store" / "log")
    outputs = [*entry.document["outputs"], {"name": name, "sha256": "0" * 64, "bytes": 1, "rows": 1}]
    assert edited(job, outputs=outputs)["1.1"] is Status.FAIL


def test_verify_finds_a_reason_of_a_trial_that_was_changed(job: Path):
    """Its counts are changed with it, so that only the second implementation can tell."""
    result = tried(job)
    path = job.parent / "store" / "runs" / result.trial_id / "ledger" / "part-00000.parquet"
    reasons = pq.read_table(path)["reason"].to_pylist()
    assert reasons.count("on_duty") == 3
    counts = {**result.counts, "on_duty": 2, "imprecise": result.counts["imprecise"] + 1}
    assert edited(job, counts=counts)["5.3"] is Status.FAIL


def test_what_would_be_released_is_forgotten_at_once(job: Path, monkeypatch: pytest.MonkeyPatch):
    """No part of a release is made, and nothing that would be one is stored."""

    def refused(*given: object, **named: object) -> None:
        raise AssertionError("a release was written")

    monkeypatch.setattr("offduty.outputs.release.write_part", refused)
    monkeypatch.setattr("offduty.arrays.spill.Spill._spill_all", refused)
    assert tried(job, memory_mb=300).counts["on_duty"] == 3
    kept = ForgottenPings(Path())
    assert (kept.keys(), kept.officers, kept.days) == ([], set(), set())


TRACED = """
import sys
from pathlib import Path
import offduty
from offduty.runs.trial import trial
folder = Path(sys.argv[1])
trial(folder / "job.toml", policy=folder / "new.toml", as_of=sys.argv[2])
(folder / "between").touch()
offduty.run(folder / "job.toml", as_of=sys.argv[2])
"""
OPENED = re.compile(r'open(?:at)?\((?:[^,"]*, )?"([^"]*)", ([A-Z_|]+)')


def test_traced_no_file_is_opened_for_writing_but_the_ledger_and_the_log(job: Path):
    """By the system's own account, from the beginning of the process on; the run that follows shows what it would say
    of a release.
    """
    notes = job.parent / "notes"
    trace = ["strace", "-f", "-qq", "-o", str(notes), "-e", "trace=open,openat,creat,memfd_create"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [*trace, sys.executable, "-c", TRACED, str(job.parent), AFTERWARDS]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    of_trial, of_run = notes.read_text(errors="replace").split("/between", 1)
    assert "memfd_create" not in of_trial
    written = [set(writing(part, job.parent)) for part in (of_trial, of_run)]
    assert written[0] == {"store/lock", "store/work/unpublished", "store/work/run/ledger", "store/work/entry"}
    assert "store/work/run/release" in written[1]


def writing(trace: str, folder: Path) -> list[str]:
    """The files that were opened for writing, without numbers; what is no part of the folder by its whole name."""
    found = []
    for name, flags in OPENED.findall(trace):
        if {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TMPFILE"} & set(flags.split("|")) and name != "/dev/null":
            inside = name.removeprefix(f"{folder}/")
            inside = re.sub(r"^store/work/\d{12}\.entry$", "store/work/entry", inside)
            found.append(re.sub(r"/(date=.*|part-\d{5}\.parquet)$", "", inside))
    return found


def test_the_auditor_knows_the_key_of_made_up_forces():
    """It shares no code with the filter, so it has the fingerprint written down."""
    assert fingerprint(bytes.fromhex(TOY_KEY)) == TOY_FINGERPRINT


def test_from_the_command_line(job: Path):
    """In JSON and in words; and what does not go together is refused."""
    asked = ("run", "job.toml", "--trial", "--policy", "new.toml", "--as-of", AFTERWARDS)
    answer = json.loads(here(*asked, "--json", cwd=job.parent).stdout)
    assert (answer["recorded"], answer["about"], answer["counts"]["on_duty"]) == (True, "made_up", 3)
    said = here(*asked, cwd=job.parent)
    assert (said.returncode, said.stdout) == (0, "")
    assert "already tried" in said.stderr
    assert "3 would be released" in said.stderr
    for wrong in (
        ("--trial",),
        ("--policy", "new.toml"),
        (*asked[2:5], "--each", "day"),
        (*asked[2:5], "--engine", "spark"),
    ):
        assert here("run", "job.toml", *wrong, cwd=job.parent).returncode == 2, wrong
    assert "run" in cli.commands
