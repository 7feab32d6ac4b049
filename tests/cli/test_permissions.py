"""Who may read and change what a store consists of (specification#owner-only, specification#keys-secret)."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import contents, entries, here
from tests.world import AFTERWARDS, lay_out, ping, world

RUN = ("--as-of", AFTERWARDS)
NEXT = ("--from", "2026-03-02", "--to", "2026-03-03", "--as-of", AFTERWARDS)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job whose store has a run, to be copied."""
    made = lay_out(world([ping("09:00"), ping("x")]), tmp_path_factory.mktemp("made"), signing="5a" * 32)
    assert here("run", made, *RUN).returncode == 0
    return made


@pytest.fixture
def job(made_once: Path, tmp_path: Path) -> Path:
    """A job whose store has a run, in a folder with a space."""
    shutil.copytree(made_once.parent, tmp_path / "a job")
    return tmp_path / "a job" / made_once.name


def folder(job: Path, name: str) -> Path:
    """A folder of the store; of its one run where the name begins with `run`."""
    (run,) = (job.parent / "store" / "runs").iterdir()
    return {"store": run.parents[1], "log": run.parents[1] / "log", "runs": run.parent, "run": run}.get(
        name, run / name
    )


def mend(said: str) -> None:
    """Do what a message says."""
    command = said.partition("Take that from them: ")[2].partition("; if ")[0].strip()
    assert command.startswith("chmod "), said
    subprocess.run(["bash", "-c", command], check=True)


@pytest.mark.parametrize("key", ["pseudonym.key", "signing.key"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602])
def test_a_key_that_others_can_read_is_refused_until_it_is_mended(job, key, mode):
    """Exit 2, nothing published, and the message has the command that mends it."""
    (job.parent / key).chmod(mode)
    done = here("run", job, *NEXT)
    assert done.returncode == 2, done.stderr
    assert f"chmod 600 {shlex.quote(str(job.parent / key))}" in done.stderr
    assert len(entries(job.parent)) == 1
    mend(done.stderr)
    assert here("run", job, *NEXT).returncode == 0


def test_init_and_rotate_make_keys_for_their_owner_only(job):
    """So the next run takes them, whatever the umask was."""
    subprocess.run(["bash", "-c", "umask 000"], check=True)
    assert here("rotate", job, "--new", job.parent / "new.key").returncode == 0
    assert (job.parent / "new.key").stat().st_mode & 0o777 == 0o600


EVERY_FOLDER = [(name, "run") for name in ("store", "log", "runs", "run", "release", "ledger")]


@pytest.mark.parametrize(("name", "command"), [*EVERY_FOLDER, ("store", "expire"), ("ledger", "rotate")])
def test_a_store_that_everybody_can_change_is_refused_until_it_is_mended(job, name, command):
    """Exit 2, and no byte of it changes."""
    folder(job, name).chmod(0o702)
    before = contents(job.parent / "store")
    arguments = {
        "run": ("run", job, *NEXT),
        "expire": ("expire", job, "--before", "2026-03-03"),
        "rotate": ("rotate", job, "--new", job.parent / "new.key"),
    }[command]
    done = here(*arguments)
    assert done.returncode == 2, done.stderr
    assert "everybody can change one folder of the store" in done.stderr
    assert contents(job.parent / "store") == before
    mend(done.stderr)
    assert here(*arguments).returncode == 0


@pytest.mark.parametrize("name", ["log", "ledger", "quarantine"])
@pytest.mark.parametrize("mode", [0o704, 0o701, 0o755])
def test_what_only_its_readers_may_see_is_not_open_to_everybody(job, name, mode):
    """The log, a ledger, a quarantine."""
    folder(job, name).chmod(mode)
    done = here("run", job, *NEXT)
    assert (done.returncode, "everybody can enter one folder of the store" in done.stderr) == (2, True)
    mend(done.stderr)
    assert here("run", job, *NEXT).returncode == 0


def test_all_folders_of_several_are_mended_by_one_command(job):
    """As after a copy that lost its permissions."""
    for path in (job.parent / "store").rglob("*"):
        path.chmod(0o777 if path.is_dir() else 0o666)
    for _ in range(2):
        done = here("run", job, *NEXT)
        assert done.returncode == 2, done.stderr
        mend(done.stderr)
    assert here("run", job, *NEXT).returncode == 0


def test_a_release_may_be_opened_to_a_group_and_a_ledger_to_its_own(job):
    """Each folder has its own readers."""
    for name in ("store", "runs", "run"):
        folder(job, name).chmod(0o711)
    folder(job, "release").chmod(0o755)
    for name in ("log", "ledger", "quarantine"):
        folder(job, name).chmod(0o750)
    assert here("run", job, *NEXT).returncode == 0


def test_whoever_only_reads_is_not_refused(job):
    """An auditor's copy has the permissions that it has."""
    for path in [job.parent / "store", *(job.parent / "store").rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o666)
    for command in (("verify",), ("current",), ("checkpoint",), ("report", "--no-proof", "-o", "page.html")):
        done = here(command[0], job.parent / "store", *command[1:], cwd=job.parent)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("before", [None, 0o644, 0o600])
def test_lineage_in_a_file_is_for_its_owner(tmp_path, before):
    """It names jobs, files and folders; a file that was open to others is closed, which is said."""
    job, events = lay_out(world(), tmp_path), tmp_path / "events.json"
    if before is not None:
        events.write_text("")
        events.chmod(before)
    done = here("run", job, *RUN, "--lineage", events)
    assert done.returncode == 0, done.stderr
    assert events.stat().st_mode & 0o777 == 0o600
    assert len(events.read_text().splitlines()) == 2
    assert ("was open to others" in done.stderr) is (before == 0o644)
