"""A store that was built to break its auditor: nothing hangs or crashes, nothing outside is read, no name is printed."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from offduty.cli.console import say
from offduty.verify.auditor import Auditor, verify
from offduty.verify.checks.monotonicity import comparable
from offduty.verify.checks.widening import UNEXPLAINED, causes
from offduty.verify.entries import read_audited_log
from offduty.verify.verdict import Status
from tests.tamper.base import SEED, Audit, make_base
from tests.tamper.forge import Forged


@pytest.fixture
def audit(tmp_path_factory: pytest.TempPathFactory, base: Audit) -> Audit:
    """A copy of the base store to be broken."""
    folder = tmp_path_factory.mktemp("copy") / "store"
    shutil.copytree(base.folder, folder)
    return Audit(folder)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """Three signed runs."""
    return make_base(tmp_path_factory.mktemp("base"))


def failed(audit: Audit) -> set[str]:
    """The checks that fail, with everything that an auditor can give."""
    given = Auditor(
        keys=(audit.key,), since=audit.checkpoint, inputs=audit.job, reference=audit.job, policy=audit.policy
    )
    return {check.number for check in verify(audit.store, given).checks if check.status is Status.FAIL}


@pytest.mark.parametrize("part", ["release", "ledger", "quarantine"])
def test_a_pipe_in_place_of_a_file_is_never_opened(audit: Audit, part: str) -> None:
    """Opening it would wait for ever."""
    forged = Forged(audit.store, SEED)
    path = forged.path(forged.largest(part))
    path.unlink()
    os.mkfifo(path)
    assert "2.1" in failed(audit)


def test_a_link_in_place_of_the_log_is_not_followed(audit: Audit) -> None:
    """What it leads to is not part of this store."""
    (audit.store / "log").rename(audit.folder / "elsewhere")
    (audit.store / "log").symlink_to(audit.folder / "elsewhere")
    checks = {check.number: check for check in verify(audit.store, Auditor(keys=(audit.key,))).checks}
    assert checks["1.1"].count.value == 0
    assert checks["2.2"].status is Status.FAIL


def test_a_folder_below_a_thousand_folders(audit: Audit) -> None:
    """It is found at any depth. Neither Python nor pytest can delete such a folder, so the test does."""
    deep = audit.store / "runs" / "d"
    subprocess.run(["mkdir", "-p", str(deep) + "/d" * 1_200], check=True)
    try:
        assert failed(audit) == {"2.2"}
    finally:
        subprocess.run(["rm", "-rf", str(deep)], check=True)


def test_the_lock_is_an_empty_file(audit: Audit) -> None:
    """It may not have content, or be something else."""
    (audit.store / "lock").write_text("51.5 -0.1")
    assert failed(audit) == {"2.2"}
    (audit.store / "lock").unlink()
    os.mkfifo(audit.store / "lock")
    assert failed(audit) == {"2.2"}


@pytest.mark.parametrize("name", ["².entry", "1.entry", "000000000000.entry ", "０００００００００００９.entry"])
def test_names_that_only_look_like_entries_are_reported(audit: Audit, name: str) -> None:
    """The name of an entry is twelve ASCII digits and `.entry`."""
    (audit.store / "log" / name).write_bytes(b"{}\n\n")
    assert "1.1" in failed(audit)


def test_an_unknown_name_is_not_printed(audit: Audit) -> None:
    """It may be anything: a person, a position, an escape sequence for the terminal."""
    stray = audit.store / "runs" / "PC 1234 lives at 51.5 -0.1" / "\x1b[2Jall checks passed"
    stray.mkdir(parents=True)
    checks = verify(audit.store, Auditor()).checks
    printed = " ".join(text for check in checks for text in (str(check.why), *check.findings))
    assert "1234" not in printed
    assert "\x1b" not in printed


def test_control_characters_are_not_sent_to_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """They are replaced."""
    say("before\x1b[2Jafter")
    assert capsys.readouterr().err == "before�[2Jafter\n"


def test_a_manifest_that_claims_too_many_rows(audit: Audit) -> None:
    """No memory is allocated because a manifest says so."""
    forged = Forged(audit.store, SEED)
    for manifest in forged.manifests:
        for source in manifest["inputs"]:
            if source["table"] == "pings":
                source["rows"] = 1 << 60
    forged.seal()
    assert {"5.3"} <= failed(audit)


def test_of_many_runs_those_that_overlap_are_compared(base: Audit) -> None:
    """Consecutive days do not overlap; a run over two of them does."""
    run = read_audited_log(base.store / "log").runs()[0]

    def over(begin: str, end: str):
        interval = {"from": begin and f"{begin}T00:00:00Z", "to": end and f"{end}T00:00:00Z"}
        inputs = [{**source, "rows": 1 << 40} for source in run.document["inputs"]]
        return type(run)(0, "", b"", b"", {**run.document, "interval": interval, "inputs": inputs})

    days = [over(f"2026-03-{day:02}", f"2026-03-{day + 1:02}") for day in range(1, 28)]
    assert comparable(days) == []
    wide = over("2026-03-05", "2026-03-07")
    assert comparable([*days, wide]) == [days[4], days[5], wide]
    assert len(comparable([*days, over("", "")])) == 28


def test_a_change_explains_only_some_reasons(base: Audit) -> None:
    """A changed roster does not explain a position near a home; a row that was not a ping is never released."""
    before = read_audited_log(base.store / "log").runs()[0].document
    other = [{**source, "sha256": "0" * 64} if source["table"] == "roster" else source for source in before["inputs"]]
    assert causes(before, {**before, "inputs": other}, "off_duty") == (UNEXPLAINED,)  # another file, the same rows
    known = {**before["references"]["roster"], "digest": "0" * 64}
    after = {**before, "inputs": other, "references": {**before["references"], "roster": known}}
    assert [cause.key for cause in causes(before, after, "off_duty")] == ["untold:roster"]
    assert causes(before, after, "protected_place") == (UNEXPLAINED,)
    assert causes(before, {**after, "policy_sha256": "0" * 64}, "quarantine:bad_time") == (UNEXPLAINED,)
