"""What happens when a store is opened: nothing published is removed, and a log without its end is not continued."""

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

SOON, LATER = "2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job with two runs in its store, to be copied."""
    made = lay_out(world(), tmp_path_factory.mktemp("made"))
    for as_of in (SOON, LATER):
        run(made, as_of=as_of)
    return made


@pytest.fixture
def job(made_once: Path, tmp_path: Path) -> Path:
    """A job with two runs in its store."""
    shutil.copytree(made_once.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / made_once.name


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
def test_published_runs_stay_where_the_log_lost_its_end(job, lose):
    """Exit code 6, the possible causes, and what to do. No file of a run is deleted, and no entry is written."""
    store = job.parent / "store"
    lose(store / "log")
    before = contents(store)
    with pytest.raises(StorageError, match="the log has lost its end, or is missing") as error:
        run(job, as_of=AFTERWARDS)
    assert error.value.exit_code == 6
    assert error.value.file in run_ids(job)
    assert contents(store) == before


def test_restoring_the_log_is_enough(job):
    """Where there is no copy, it is enough to move the run away."""
    store = job.parent / "store"
    entry = store / "log" / entry_name(1)
    content = entry.read_bytes()
    entry.unlink()
    with pytest.raises(StorageError) as error:
        run(job, as_of=AFTERWARDS)
    entry.write_bytes(content)
    assert run(job, as_of=LATER).already
    entry.unlink()
    (store / "runs" / error.value.file).rename(job.parent / "moved away")
    assert run(job, as_of=LATER).published


def test_a_mark_of_a_published_run_removes_nothing(job):
    """The log names that run."""
    store = job.parent / "store"
    named = run_ids(job)
    (store / "work").mkdir()
    (store / "work" / MARK).write_text(f"{named[0]} 1\n")
    run(job, as_of=AFTERWARDS)
    assert set(named) <= set(run_ids(job))
    assert not (store / "work").exists()


@pytest.mark.parametrize(
    "mark", ["", "0" * 10, f"{'0' * 32}", f"../{'0' * 29} 2", f"{'0' * 32} two", f"{'1' * 32} 2", f"{'0' * 32} 3"]
)
def test_an_invalid_mark_removes_nothing(job, mark):
    """It is of another run, half written, leads out of the store, or is from when the log was longer: the folder
    stays.
    """
    store = job.parent / "store"
    shutil.copytree(store / "runs" / run_ids(job)[0], store / "runs" / ("0" * 32))
    (store / "work").mkdir()
    (store / "work" / MARK).write_text(mark)
    with pytest.raises(StorageError, match="no entry of the log names this run"):
        run(job, as_of=AFTERWARDS)
    assert "0" * 32 in run_ids(job)


def test_a_marked_run_is_removed(job):
    """It was moved to ``runs``, and the process died before its entry was linked."""
    store = job.parent / "store"
    shutil.copytree(store / "runs" / run_ids(job)[0], store / "runs" / ("0" * 32))
    (store / "work").mkdir()
    (store / "work" / MARK).write_text(f"{'0' * 32} 2\n")
    assert run(job, as_of=AFTERWARDS).published
    assert "0" * 32 not in run_ids(job)


def test_other_files_are_left_alone(job):
    """Folders of the file system, or files of a file manager, are not runs."""
    (job.parent / "store" / "runs" / "lost+found").mkdir()
    (job.parent / "store" / "runs" / ".DS_Store").write_text("")
    assert run(job, as_of=AFTERWARDS).published
    assert {"lost+found", ".DS_Store"} <= set(run_ids(job))


def refused(*_: object) -> None:
    """The answer of a disk that fails."""
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_run_that_fails_before_its_entry_is_removed(job, monkeypatch):
    """The entry could not be linked: nothing of the run stays, and the message is true."""
    before = contents(job.parent / "store")
    with monkeypatch.context() as patch:
        patch.setattr(os, "link", refused)
        with pytest.raises(StorageError, match="Nothing was published"):
            run(job, as_of=AFTERWARDS)
    assert contents(job.parent / "store") == before
    assert run(job, as_of=AFTERWARDS).published


def test_what_cannot_be_removed_at_once_is_removed_by_the_next_run(job, monkeypatch):
    """The disk refuses the removal too: the mark stays, and the next run uses it."""
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
    assert run(job, as_of="2026-11-21T00:00:00Z").published
    assert len(run_ids(job)) == len(before) + 1
    assert set(before) <= set(run_ids(job))


def test_an_entry_that_the_disk_does_not_confirm_is_reported(job, monkeypatch):
    """The run exists, so the message must not say that nothing was published. Exit code 6 and the entry; a retry finds
    it.
    """
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


def test_the_log_is_flushed_before_an_answer(job, monkeypatch):
    """`already there` is true only of an entry that is on the disk."""
    flushed = []
    flush = local.flush
    monkeypatch.setattr(local, "flush", lambda path: flushed.append(path.name) or flush(path))
    assert run(job, as_of=LATER).already
    assert "log" in flushed


def test_a_log_that_was_changed_is_not_continued(job):
    """No run signs or extends a log whose last head is not that of its manifests."""
    path = job.parent / "store" / "log" / entry_name(0)
    path.write_bytes(path.read_bytes().replace(b'"open_windows":0', b'"open_windows":1'))
    with pytest.raises(StorageError, match=r"^000000000000\.entry: its checkpoint is not that of the manifests"):
        run(job, as_of=AFTERWARDS)
    assert len(read_log(job.parent / "store" / "log")) == 2


def test_a_new_store_is_flushed_before_it_is_used(tmp_path, monkeypatch):
    """The names of its folders, and its own name."""
    flushed = []
    flush = local.flush
    monkeypatch.setattr(local, "flush", lambda path: flushed.append(path) or flush(path))
    with open_store(tmp_path / "store"):
        assert {tmp_path / "store", tmp_path} <= set(flushed)
