"""Reference tables that a run keeps, sealed for an auditor: with them a run is decided again, whatever became of the
tables. Rules: specification#kept-references.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest

from offduty import run
from offduty.admin.expire import expire
from offduty.core.errors import UsageError
from offduty.report.build import ReportRequest, report
from offduty.verify.auditor import Auditor, Check, Status, verify
from tests.cli.command import entries, here
from tests.tamper.forge import Forged
from tests.world import AFTERWARDS, lay_out, ping, site, world

TABLES = ("assignments", "roster", "places", "sites")
SEED = "5a" * 32
NOTHING = Auditor()


class Kept:
    """A job that keeps its tables, what became of it, and the auditor's identity."""

    def __init__(self, folder: Path) -> None:
        identity = pyrage.x25519.Identity.generate()
        self.folder, self.recipient = folder, str(identity.to_public())
        self.job = lay_out(world([ping("09:00"), ping("x")], sites=[site()]), folder, signing=SEED)
        self.identity = folder / "auditor.txt"
        self.identity.write_text(f"# the auditor's\n{identity}\n")
        self.keep(self.recipient)

    def keep(self, recipient: str) -> None:
        """Write into the job for whom tables are kept."""
        text = self.job.read_text().partition("keep_references")[0]
        self.job.write_text(f'{text.rstrip()}\nkeep_references = "{recipient}"\n')

    @property
    def store(self) -> Path:
        """The store."""
        return self.folder / "store"

    def sealed(self) -> list[Path]:
        """The sealed files of all runs."""
        return sorted((self.store / "runs").glob("*/references/*"))

    def manifest(self) -> dict:
        """The newest entry."""
        return json.loads(entries(self.folder)[-1].read_bytes().partition(b"\n\n")[0])

    def checks(self, given: Auditor = NOTHING, **more: Path) -> dict[str, Check]:
        """The checks of the store, with what the auditor has."""
        return {check.number: check for check in verify(self.store, replace(given, **more)).checks}


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """One run, which kept its tables."""
    made = Kept(tmp_path)
    run(made.job, as_of=AFTERWARDS)
    return made


def test_each_table_is_sealed_as_it_was_read(kept):
    """For the recipient, for its owner only, with the hash of what lies there in the log; and nothing of it is plain."""
    identity = pyrage.x25519.Identity.from_str(kept.identity.read_text().split()[-1])
    sealed = kept.manifest()["sealed"]
    assert sealed["recipient"] == kept.recipient
    inputs = {given["file"]: given for given in kept.manifest()["inputs"]}
    assert [inputs[file["file"]]["table"] for file in sealed["files"]] == list(TABLES)
    for file, path in zip(sealed["files"], kept.sealed(), strict=True):
        assert path.relative_to(path.parents[1]).as_posix() == file["name"]
        opened = pyrage.decrypt(path.read_bytes(), [identity])
        assert opened == (kept.folder / inputs[file["file"]]["name"]).read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert opened not in path.read_bytes()
    assert stat.S_IMODE(kept.sealed()[0].parent.stat().st_mode) == 0o700


def test_the_rest_is_the_same_with_and_without(tmp_path):
    """Run id, release, ledger and quarantine do not depend on it; and the same question is there already."""
    with_it, without = Kept(tmp_path / "with"), Kept(tmp_path / "without")
    without.job.write_text(without.job.read_text().partition("keep_references")[0])
    results = [run(each.job, as_of=AFTERWARDS) for each in (with_it, without)]
    assert results[0].run_id == results[1].run_id
    files = [
        {path.relative_to(each.store): path.read_bytes() for path in (each.store / "runs").rglob("*.parquet")}
        for each in (with_it, without)
    ]
    assert files[0] == files[1]
    assert "sealed" not in without.manifest()
    before = [path.read_bytes() for path in with_it.sealed()]
    assert run(with_it.job, as_of=AFTERWARDS).already
    assert [path.read_bytes() for path in with_it.sealed()] == before


def test_years_later_the_run_is_decided_again(kept, tmp_path_factory, monkeypatch):
    """Every table is another one, or gone: without the identity nothing can be decided again, with it everything. What
    was opened for it is not left behind.
    """
    spool = tmp_path_factory.mktemp("spool")
    monkeypatch.setenv("TMPDIR", str(spool))
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    for table in TABLES:
        (kept.folder / f"{table}.csv").unlink()
    given = Auditor(inputs=kept.job, reference=kept.job)
    needing = ("4.1", "4.2", "5.1", "5.2", "5.3", "5.4")
    without = kept.checks(given)
    assert {number for number in needing if without[number].status is Status.NOT_DONE} == set(needing)
    assert (without["2.3"].status, without["2.3"].count.value) == (Status.PASS, 4)
    with_it = kept.checks(given, identity=kept.identity)
    assert {with_it[number].status for number in (*needing, "2.3")} == {Status.PASS}
    done = here("verify", kept.store, "--inputs", kept.job, "--references-identity", kept.identity)
    assert done.returncode == 0, done.stdout
    assert "and what is in it is what the run read" in " ".join(done.stdout.split())
    assert not list(spool.rglob("references*"))


def test_a_sealed_file_that_is_replaced_is_found(kept):
    """By its hash; and where the operator has changed the log too, by whoever can open it."""
    first = kept.sealed()[1]
    other = pyrage.encrypt(b"another roster", [pyrage.x25519.Recipient.from_str(kept.recipient)])
    first.write_bytes(other)
    assert kept.checks()["2.3"].status is Status.FAIL
    forged = Forged(kept.store, bytes.fromhex(SEED))
    forged.reseal()
    forged.seal()
    assert kept.checks()["2.3"].status is Status.PASS
    opened = kept.checks(identity=kept.identity)["2.3"]
    assert (opened.status, opened.findings) == (
        Status.FAIL,
        (f"entry 0, references/{kept.sealed()[1].name}: what is sealed in it is not what the run read",),
    )


def test_one_that_is_sealed_for_somebody_else_is_said(kept):
    """With an identity that opens none of them."""
    kept.identity.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    found = kept.checks(identity=kept.identity)["2.3"]
    assert (found.status, found.found) == (Status.FAIL, 4)
    assert found.findings[0].endswith("it cannot be opened with this identity")


def test_a_copy_without_them_is_in_order(kept):
    """They are never copied unless somebody asks: that is said, and nothing is wrong."""
    for path in kept.sealed():
        path.unlink()
    checks = kept.checks(Auditor(inputs=kept.job), identity=kept.identity)
    assert {number for number, check in checks.items() if check.status is Status.FAIL} == set()
    assert str(checks["2.3"].why) == "entry 0: 4 sealed tables are not in this copy of the store"
    assert checks["5.1"].status is Status.PASS  # by the tables themselves, which are still there


def test_they_expire_with_the_first_output(kept):
    """In the same entry; one that is left is found, and a new run's are its own."""
    found = expire(kept.job, before="2026-03-03")
    names = sorted(file.name.partition("/")[0] for file in found.files)
    sealed = next(file.name for file in found.files if file.name.startswith("references/"))
    assert names == ["references"] * 4 + ["release"]
    assert kept.sealed() == []
    checks = kept.checks()
    assert {number for number, check in checks.items() if check.status is Status.FAIL} == set()
    assert checks["2.3"].status is Status.DOES_NOT_APPLY
    left = kept.store / "runs" / kept.manifest()["files"][0]["run_id"] / sealed
    left.write_bytes(b"still here")
    checks = kept.checks()
    assert checks["2.3"].status is Status.FAIL
    assert checks["2.3"].meaning.fail == "homes and rosters are still kept, sealed, which should have been deleted"


def test_every_report_says_so(kept):
    """Whose home it is may want to know that it is stored."""
    made = report(ReportRequest(kept.store))
    assert b"1 of the runs stored the tables that they read, with homes and rosters, sealed for an auditor" in made.html
    kept.job.write_text(kept.job.read_text().partition("keep_references")[0])
    run(kept.job, as_of="2026-11-21T00:00:00Z", end="2026-04-01")
    assert b"sealed for an auditor" not in report(ReportRequest(kept.store, run_id=kept.manifest()["run_id"])).html


def test_a_superseded_run_keeps_its_tables(kept):
    """Its release is withdrawn, but its ledger can still be checked: the tables are for that."""
    policy = kept.folder / "policy.toml"
    policy.write_text(policy.read_text().replace("keep_superseded = true", "keep_superseded = false"))
    run(kept.job, as_of="2026-11-21T00:00:00Z")
    assert len(kept.sealed()) == 8
    assert {check.number for check in kept.checks().values() if check.status is Status.FAIL} == set()


@pytest.mark.parametrize("recipient", ["age1", "ssh-ed25519 AAAA", "age1" + "q" * 58, ""])
def test_what_is_no_recipient_is_refused(tmp_path, recipient):
    """Exit 2, nothing published: a home sealed for nobody is lost, and one sealed for the wrong person is not."""
    made = Kept(tmp_path)
    made.keep(recipient)
    done = here("run", made.job, "--as-of", AFTERWARDS)
    assert done.returncode == 2, done.stderr
    assert "keep_references" in done.stderr
    assert entries(tmp_path) == []


def test_without_the_extra_it_says_which(kept, monkeypatch):
    """Exit 2, for `run` and for `verify`."""
    monkeypatch.setitem(sys.modules, "pyrage", None)
    done = here("run", kept.job, "--as-of", AFTERWARDS, "--to", "2026-04-01")
    assert (done.returncode, "pip install 'offduty[seal]'" in done.stderr) == (2, True)
    done = here("verify", kept.store, "--references-identity", kept.identity)
    assert (done.returncode, "pip install 'offduty[seal]'" in done.stderr) == (2, True)
    assert here("check", kept.job, "--as-of", AFTERWARDS).returncode == 0


def test_an_identity_file_without_an_identity(kept):
    """The public key, or nothing at all."""
    for text in (kept.recipient, "", "AGE-SECRET-KEY-1NONE"):
        kept.identity.write_text(text)
        with pytest.raises(UsageError, match="has no identity of age in it"):
            kept.checks(identity=kept.identity)


def test_no_more_are_held_open_than_may_be(kept, monkeypatch):
    """It says what to do instead."""
    monkeypatch.setattr("resource.getrlimit", lambda what: (12, 12))
    with pytest.raises(UsageError, match="choose a run with --run"):
        kept.checks(identity=kept.identity)
    assert len(os.listdir("/proc/self/fd")) < 1_000
