"""What an open store begins with: nothing published is ever removed, a log without its end is not gone on with."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from offduty import run
from offduty.core.errors import StorageError
from offduty.store import local
from offduty.store.local import MARK, open_store
from offduty.transparency.log import entry_name, read_log
from tests.world import AFTERWARDS, lay_out, world

SOON, LATER = "2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z"


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job with two runs in its store."""
    made = lay_out(world(), tmp_path)
    for as_of in (SOON, LATER):
        run(made, as_of=as_of)
    return made


def run_ids(job: Path) -> list[str]:
    """The folders of runs."""
    return sorted(path.name for path in (job.parent / "store" / "runs").iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the lock."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "lock"}


def last_entry_lost(log: Path) -> None:
    (log / entry_name(1)).unlink()


def all_entries_lost(log: Path) -> None:
    for path in log.iterdir():
        path.unlink()


def not_mounted(log: Path) -> None:
    shutil.rmtree(log)


@pytest.mark.parametrize("lose", [last_entry_lost, all_entries_lost, not_mounted], ids=lambda f: f.__name__)
def test_published_runs_outlive_a_log_that_lost_its_end(job, lose):
    """Exit 6, what it may be, and what to do; not one file of a run is gone, and no entry is written."""
    place = job.parent / "store"
    lose(place / "log")
    before = contents(place)
    with pytest.raises(StorageError, match="the log has lost its end, or is not where it was") as error:
        run(job, as_of=AFTERWARDS)
    assert error.value.exit_code == 6
    assert error.value.file in run_ids(job)
    assert contents(place) == before


def test_putting_the_log_back_is_all_there_is_to_do(job):
    """And so is, where there is no copy, moving the run away."""
    place = job.parent / "store"
    entry = place / "log" / entry_name(1)
    kept = entry.read_bytes()
    entry.unlink()
    with pytest.raises(StorageError) as error:
        run(job, as_of=AFTERWARDS)
    entry.write_bytes(kept)
    assert run(job, as_of=LATER).already
    entry.unlink()
    (place / "runs" / error.value.file).rename(job.parent / "kept aside")
    assert run(job, as_of=LATER).published


def test_a_log_that_gained_an_entry_elsewhere_clears_nothing(job):
    """A mark of a run that the log names is only a mark."""
    place = job.parent / "store"
    named = run_ids(job)
    (place / "work").mkdir()
    (place / "work" / MARK).write_text(f"{named[0]} 1\n")
    run(job, as_of=AFTERWARDS)
    assert set(named) <= set(run_ids(job))
    assert not (place / "work").exists()


@pytest.mark.parametrize(
    "mark", ["", "0" * 10, f"{'0' * 32}", f"../{'0' * 29} 2", f"{'0' * 32} two", f"{'1' * 32} 2", f"{'0' * 32} 3"]
)
def test_a_mark_counts_only_when_it_is_whole_and_of_this_log(job, mark):
    """Of another run, half written, leading out, or from when the log was longer: then the folder is somebody's, and
    stays.
    """
    place = job.parent / "store"
    shutil.copytree(place / "runs" / run_ids(job)[0], place / "runs" / ("0" * 32))
    (place / "work").mkdir()
    (place / "work" / MARK).write_text(mark)
    with pytest.raises(StorageError, match="no entry of the log names this run"):
        run(job, as_of=AFTERWARDS)
    assert "0" * 32 in run_ids(job)


def test_a_marked_run_is_cleared(job):
    """It was put in its place and died before its entry was linked."""
    place = job.parent / "store"
    shutil.copytree(place / "runs" / run_ids(job)[0], place / "runs" / ("0" * 32))
    (place / "work").mkdir()
    (place / "work" / MARK).write_text(f"{'0' * 32} 2\n")
    assert run(job, as_of=AFTERWARDS).published
    assert "0" * 32 not in run_ids(job)


def test_what_is_no_run_is_left_alone(job):
    """Folders of the file system, or of a file manager, are neither runs nor ours."""
    (job.parent / "store" / "runs" / "lost+found").mkdir()
    (job.parent / "store" / "runs" / ".DS_Store").write_text("")
    assert run(job, as_of=AFTERWARDS).published
    assert {"lost+found", ".DS_Store"} <= set(run_ids(job))


def refused(*_: object) -> None:
    """A disk's answer."""
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_run_that_failed_after_it_was_put_in_its_place_is_taken_back(job, monkeypatch):
    """The entry could not be linked: nothing of the run stays, and the message is true."""
    before = contents(job.parent / "store")
    with monkeypatch.context() as patch:
        patch.setattr(os, "link", refused)
        with pytest.raises(StorageError, match="Nothing was published"):
            run(job, as_of=AFTERWARDS)
    assert contents(job.parent / "store") == before
    assert run(job, as_of=AFTERWARDS).published


def test_what_cannot_be_taken_back_at_once_is_by_the_next_run(job, monkeypatch):
    """The disk refuses the removal, too: the mark stays, and the next run heeds it."""
    before = run_ids(job)
    remove = shutil.rmtree

    def refuse(path: Path, **options: bool) -> None:
        return refused() if path.parent.name == "runs" else remove(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", refused)
        patch.setattr(local.shutil, "rmtree", refuse)
        with pytest.raises(StorageError, match="Nothing was published"):
            run(job, as_of=AFTERWARDS)
    assert len(run_ids(job)) == len(before) + 1
    assert (job.parent / "store" / "work" / MARK).exists()
    assert run(job, as_of="2026-12-01T00:00:00Z").published
    assert len(run_ids(job)) == len(before) + 1
    assert set(before) <= set(run_ids(job))


def test_a_link_that_the_disk_does_not_confirm_is_not_denied(job, monkeypatch):
    """The run exists: nobody is told that nothing was published. Exit 6, which entry, and the retry finds it."""
    flush = local.flush

    def refuse(path: Path) -> None:
        return refused() if path.name == "log" and (path / entry_name(2)).exists() else flush(path)

    with monkeypatch.context() as patch:
        patch.setattr(local, "flush", refuse)
        with pytest.raises(StorageError) as error:
            run(job, as_of=AFTERWARDS)
    assert error.value.exit_code == 6
    assert str(error.value).startswith("000000000002.entry: the entry was published, but the disk did not confirm")
    assert "input/output error" in str(error.value)
    assert "othing was published" not in str(error.value)
    entries = read_log(job.parent / "store" / "log")
    assert entries[2].document["run_id"] in run_ids(job)
    assert run(job, as_of=AFTERWARDS).already


def test_an_answer_waits_for_the_disk_that_did_not_confirm(job, monkeypatch):
    """`already there` is not said of an entry before the log is on the disk."""
    flushed = []
    flush = local.flush
    monkeypatch.setattr(local, "flush", lambda path: flushed.append(path.name) or flush(path))
    assert run(job, as_of=LATER).already
    assert "log" in flushed


def test_a_log_that_was_changed_is_not_gone_on_with(job):
    """No run signs or extends a log whose last head is not that of its manifests."""
    path = job.parent / "store" / "log" / entry_name(0)
    path.write_bytes(path.read_bytes().replace(b'"open_windows":0', b'"open_windows":1'))
    with pytest.raises(StorageError, match=r"^000000000000\.entry: its checkpoint is not that of the manifests"):
        run(job, as_of=AFTERWARDS)
    assert len(read_log(job.parent / "store" / "log")) == 2


def test_a_new_store_is_on_the_disk_before_it_holds_anything(tmp_path, monkeypatch):
    """The names of its folders, and its own."""
    flushed = []
    flush = local.flush
    monkeypatch.setattr(local, "flush", lambda path: flushed.append(path) or flush(path))
    with open_store(tmp_path / "store"):
        assert {tmp_path / "store", tmp_path} <= set(flushed)
