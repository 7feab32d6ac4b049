"""A new key is signed by the old one and by itself, so that whoever trusts the old one can trust it."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

import pytest

from offduty import run
from offduty.admin.rotate import rotate
from offduty.config.key_files import load_signing_key
from offduty.core.errors import StorageError, StoreBusyError, UsageError
from offduty.store.local import open_store
from offduty.transparency.log import check_log, read_log
from offduty.transparency.signed_note import SigningKey, load_public_key, read_public_key
from tests.logs import kinds
from tests.world import AFTERWARDS, lay_out, world

OLD = bytes([1]) * 32
SOON = "2026-11-19T00:00:00Z"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed store with one run, to be copied."""
    made = lay_out(world(), tmp_path_factory.mktemp("made"), signing=OLD.hex())
    run(made, as_of=SOON)
    return made


@pytest.fixture
def job(made_once: Path, tmp_path: Path) -> Path:
    """A signed store with one run."""
    shutil.copytree(made_once.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / made_once.name


def store(job: Path) -> Path:
    return job.parent / "store"


def now_names(job: Path, key: str) -> None:
    """Name another key in the job, as the command says."""
    job.write_text(job.read_text().replace('signing = "signing.key"', f'signing = "{key}"'))


def test_both_keys_sign_the_change(job):
    """The manifest names the new key, its SHA-256 and the old key. Both signatures are true."""
    done = rotate(job, new=job.parent / "next.key")
    first, entry = read_log(store(job) / "log")
    assert (done.entry, entry.kind) == (1, "rotation")
    old = SigningKey(first.head.origin, OLD).public
    new = SigningKey(first.head.origin, load_signing_key(job.parent / "next.key")).public
    assert entry.head.note.signed_by([old, new]) == (old, new)
    assert len(entry.head.signatures) == 2
    assert done.key == new == read_public_key(entry.document["new_key"])
    assert entry.document["new_key_sha256"] == new.fingerprint
    assert entry.document["old_key"] == old.vkey
    assert entry.document["lost_old_key"] is False
    assert check_log([first, entry]).size == 2


def test_the_new_key_is_made_with_its_public_half(job):
    """For its owner only; its name is the origin of the log."""
    old_umask = os.umask(0)
    try:
        done = rotate(job, new=job.parent / "next.key")
    finally:
        os.umask(old_umask)
    assert [path.name for path in done.made] == ["next.key", "next.pub", "next.pem"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in done.made} == {0o600}
    assert load_public_key(job.parent / "next.pub") == done.key
    assert load_public_key(job.parent / "next.pem").raw == done.key.raw
    secret = (job.parent / "next.key").read_text().strip()
    assert not any(secret in path.read_text() for path in done.made[1:])
    assert secret.encode() not in (store(job) / "log" / "000000000001.entry").read_bytes()


def test_an_existing_key_is_used(job):
    """openssl may have made it."""
    (job.parent / "next.key").write_text("5a" * 32 + "\n")
    (job.parent / "next.key").chmod(0o600)
    done = rotate(job, new=job.parent / "next.key")
    assert done.key.raw == SigningKey("", b"\x5a" * 32).public.raw
    assert [path.name for path in done.made] == ["next.pub", "next.pem"]


def test_only_the_new_key_signs_from_then_on(job):
    """For a job that still names the old one, the message says what to do."""
    rotate(job, new=job.parent / "next.key")
    with pytest.raises(UsageError, match=r"it was changed in 000000000001\.entry\. Name the new key"):
        run(job, as_of=AFTERWARDS)
    now_names(job, "next.key")
    assert run(job, as_of=AFTERWARDS).published
    assert kinds(store(job)) == ["run", "rotation", "run"]
    last = read_log(store(job) / "log")[-1]
    assert last.head.note.signed_by([load_public_key(job.parent / "next.pub")])
    assert len(last.head.signatures) == 1


def test_one_change_after_another(job):
    """Each is signed by the one before."""
    rotate(job, new=job.parent / "second.key")
    now_names(job, "second.key")
    rotate(job, new=job.parent / "third.key")
    entries = read_log(store(job) / "log")
    second, third = (load_public_key(job.parent / f"{name}.pub") for name in ("second", "third"))
    assert entries[2].head.note.signed_by([second, third]) == (second, third)


def test_a_lost_key_is_recorded_as_lost(job):
    """The job's key is not read, and only the new one signs."""
    (job.parent / "signing.key").unlink()
    with pytest.raises(UsageError, match="cannot be read"):
        rotate(job, new=job.parent / "next.key")
    done = rotate(job, new=job.parent / "next.key", lost_old_key=True)
    entry = read_log(store(job) / "log")[done.entry]
    assert entry.head.note.signed_by([done.key]) == (done.key,)
    assert len(entry.head.signatures) == 1
    assert (entry.document["old_key"], entry.document["lost_old_key"]) == ("", True)
    now_names(job, "next.key")
    assert run(job, as_of=AFTERWARDS).published


def test_another_key_cannot_change_the_key_of_the_log(job):
    """Whoever wants to take the log over does not have its key."""
    (job.parent / "signing.key").write_text("5a" * 32)
    with pytest.raises(UsageError, match="not the key that this log is signed with"):
        rotate(job, new=job.parent / "next.key")
    assert kinds(store(job)) == ["run"]
    assert not (job.parent / "next.key").exists()


def test_a_key_that_has_signed_is_not_new(job):
    """Neither the present one nor an earlier one."""
    with pytest.raises(UsageError, match="has signed in this log already"):
        rotate(job, new=job.parent / "signing.key")
    rotate(job, new=job.parent / "next.key")
    now_names(job, "next.key")
    with pytest.raises(UsageError, match="has signed in this log already"):
        rotate(job, new=job.parent / "signing.key")
    assert kinds(store(job)) == ["run", "rotation"]


def test_a_log_that_is_not_signed_has_no_key_to_change(tmp_path):
    """It is signed as soon as the job names a key."""
    job = lay_out(world(), tmp_path)
    with pytest.raises(UsageError, match="no store yet"):
        rotate(job, new=tmp_path / "next.key")
    run(job, as_of=SOON)
    for lost in (False, True):
        with pytest.raises(UsageError, match="not signed, so there is no key to change"):
            rotate(job, new=tmp_path / "next.key", lost_old_key=lost)
    assert not (tmp_path / "next.key").exists()


def test_a_job_without_a_key_cannot_change_it(job):
    job.write_text(job.read_text().replace('signing = "signing.key"\n', ""))
    with pytest.raises(UsageError, match=r"^job\.toml: keys\.signing is missing"):
        rotate(job, new=job.parent / "next.key")


@pytest.mark.parametrize("new", ["next", "next.pub", "no folder/next.key"])
def test_an_invalid_file_name(job, new):
    with pytest.raises(UsageError, match="--new"):
        rotate(job, new=job.parent / new)
    assert kinds(store(job)) == ["run"]


@pytest.mark.parametrize("name", ["next.pub", "next.pem"])
def test_another_public_key_is_not_replaced(job, name):
    """It may be somebody's only copy."""
    (job.parent / name).write_text("precious")
    with pytest.raises(UsageError, match=f"{name}: this file has another public key"):
        rotate(job, new=job.parent / "next.key")
    assert (job.parent / name).read_text() == "precious"
    assert kinds(store(job)) == ["run"]
    assert not (job.parent / "next.key").exists()


def test_a_file_that_is_not_a_key_is_refused(job):
    (job.parent / "next.key").write_text("hello")
    (job.parent / "next.key").chmod(0o600)
    with pytest.raises(UsageError, match="not 64 hex digits"):
        rotate(job, new=job.parent / "next.key")


def test_an_interrupted_change_can_be_repeated(job, monkeypatch):
    """The key was made and the entry was not: the same command uses the same key."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", refuse)
        with pytest.raises(StorageError, match="Nothing was published"):
            rotate(job, new=job.parent / "next.key")
    secret = (job.parent / "next.key").read_text()
    assert rotate(job, new=job.parent / "next.key").made == ()
    assert (job.parent / "next.key").read_text() == secret
    assert kinds(store(job)) == ["run", "rotation"]


def test_one_at_a_time(job):
    """As with runs: exit code 5."""
    with open_store(store(job)), pytest.raises(StoreBusyError):
        rotate(job, new=job.parent / "next.key")


def test_a_log_that_began_unsigned_keeps_its_name(tmp_path):
    """And the new key's public half has that name."""
    unsigned = lay_out(world(), tmp_path / "a")
    run(unsigned, as_of=SOON, store=tmp_path / "store")
    signed = lay_out(world(), tmp_path / "b", signing=OLD.hex())
    run(signed, as_of=SOON, store=tmp_path / "store")
    done = rotate(signed, new=tmp_path / "next.key", store=tmp_path / "store")
    entries = read_log(tmp_path / "store" / "log")
    assert {entry.head.origin for entry in entries} == {done.key.name} == {f"offduty/{entries[0].document['run_id']}"}
