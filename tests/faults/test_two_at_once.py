"""One run at a time locks a store; entries are created and never replaced; the same question again adds none
(specification#exit-5, specification#already-there).
"""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

import offduty.ingest.duckdb_session
import offduty.runs.run
from offduty import run
from offduty.core.errors import StorageError, StoreBusyError
from offduty.store.local import open_store, publish
from offduty.transparency.log import entry_name
from tests.faults.stores import broken_promises, manifests, nameless, tree, two_days
from tests.world import AFTERWARDS, assignment, changed, lay_out, ping, shift, world


@contextmanager
def locked(store):
    """Lock the store as another run does."""
    store.mkdir(exist_ok=True)
    with (store / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_the_second_run_at_once_is_turned_away(tmp_path):
    """Exit code 5, and the work folder of the run that has locked the store is left alone; after that it succeeds."""
    job = lay_out(two_days(), tmp_path)
    store = tmp_path / "store"
    with locked(store):
        (store / "work").mkdir()
        (store / "work" / "spool").write_bytes(b"of the run that has locked the store")
        with pytest.raises(StoreBusyError) as error:
            run(job, as_of=AFTERWARDS)
        assert (store / "work" / "spool").read_bytes() == b"of the run that has locked the store"
    assert error.value.exit_code == 5
    assert run(job, as_of=AFTERWARDS).published
    assert nameless(store) == []
    assert broken_promises(store) == []


def test_the_command_line_says_so(tmp_path):
    """In a process of its own, with exit code 5 and one line."""
    job = lay_out(two_days(), tmp_path)
    with locked(tmp_path / "store"):
        command = [sys.executable, "-m", "offduty", "run", str(job), "--as-of", AFTERWARDS]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 5
    assert done.stderr == "offduty: another run is using the store; try again when it is done\n"
    assert not list((tmp_path / "store" / "log").glob("*"))


def test_a_lock_ends_with_its_process(tmp_path):
    """A killed run locks nothing: the lock file stays, the lock does not."""
    job = lay_out(two_days(), tmp_path)
    (tmp_path / "store").mkdir()
    holder = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.flock(f, 2);"
        " print('locked', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", holder, tmp_path / "store" / "lock"], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(StoreBusyError):
            run(job, as_of=AFTERWARDS)
        other.kill()
    assert run(job, as_of=AFTERWARDS).published


def test_an_entry_is_put_only_where_there_is_none(tmp_path, monkeypatch):
    """Another process wrote the entry meanwhile, without the lock: it is not replaced, and the run is not published."""
    job = lay_out(two_days(), tmp_path)
    store = tmp_path / "store"

    def late(opened, run_id, manifest):
        before = opened.entries()
        monkeypatch.setattr(type(opened), "entries", lambda _: before)
        (store / "log" / entry_name(0)).write_bytes(b"{}\n\nsomebody else's\n")
        return publish(opened, run_id, manifest)

    monkeypatch.setattr(offduty.runs.run, "publish", late)
    with pytest.raises(StorageError):
        run(job, as_of=AFTERWARDS)
    assert [path.name for path in (store / "log").iterdir()] == [entry_name(0)]
    assert (store / "log" / entry_name(0)).read_bytes() == b"{}\n\nsomebody else's\n"


def test_the_same_as_of_adds_no_entry(tmp_path):
    """Nor does it touch a file: not even the time of a change."""
    job = lay_out(two_days(), tmp_path)
    first = run(job, as_of=AFTERWARDS)
    store = tmp_path / "store"
    before, times = tree(store), {path: path.stat().st_mtime_ns for path in (store / "runs").rglob("*")}
    again = run(job, as_of=AFTERWARDS)
    assert (again.already, again.run_id, again.counts) == (True, first.run_id, first.counts)
    assert tree(store) == before
    assert {path: path.stat().st_mtime_ns for path in (store / "runs").rglob("*")} == times
    assert len(manifests(store)) == 1


def past(**tables):
    """A day long gone, recorded long before today: no window is open now."""
    given = world(
        [ping("2020-03-02T09:00:00Z")],
        assignments=[assignment(start="2020-01-01")],
        roster=[shift("2020-03-02T08:00", "2020-03-02T16:00", recorded="2020-02-01T00:00:00Z")],
    )
    return changed(given, **tables)


def test_now_adds_no_entry_where_nothing_was_open(tmp_path):
    """Without `--as-of`, twice: the second finds the first."""
    job = lay_out(past(), tmp_path)
    first = run(job)
    assert (first.published, first.counts["on_duty"]) == (True, 1)
    assert (run(job).already, run(job).run_id) == (True, first.run_id)
    assert len(manifests(tmp_path / "store")) == 1


FUTURE = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 86_400))
STARTED = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 86_400))


def test_now_asks_again_where_a_window_was_open(tmp_path):
    """What was not settled then may be now: each run without `--as-of` is another one."""
    still = shift(STARTED, FUTURE, shift_id="open", recorded="2020-02-01T00:00:00Z")
    job = lay_out(past(roster=[*past()["tables"]["roster"], still]), tmp_path)
    first, second = run(job), run(job)
    assert second.published
    assert second.run_id != first.run_id
    assert len(manifests(tmp_path / "store")) == 2


def test_a_row_that_is_not_known_yet_is_no_reason_to_ask_again(tmp_path):
    """Once it is known it is one, if it could touch the run."""
    later = shift("2020-03-03T08:00", "2020-03-03T16:00", shift_id="later", recorded=FUTURE + "Z", officer="o9")
    job = lay_out(past(roster=[*past()["tables"]["roster"], later]), tmp_path)
    first, second = run(job), run(job)
    assert (second.already, second.run_id) == (True, first.run_id)


def test_a_newer_run_over_the_interval_hides_the_older_from_now(tmp_path):
    """The newest counts: after a run with other pings, the first question is asked anew."""
    job = lay_out(past(), tmp_path / "a")
    other = lay_out(past(pings=[ping("2020-03-02T10:00:00Z")]), tmp_path / "b")
    store = tmp_path / "store"
    runs = [run(job, store=store), run(other, store=store), run(job, store=store)]
    assert [result.published for result in runs] == [True, True, True]
    assert len({result.run_id for result in runs}) == 3


@pytest.mark.parametrize("nameless_", [True, False], ids=["nameless", "named"])
def test_a_runs_folder_is_private_and_so_is_all_it_writes(tmp_path, monkeypatch, nameless_):
    """While it runs: 0700 and 0600, whatever the umask of whoever started it; that is as it was afterwards.

    Its temporary files have no name, or, where other processes have to read them, are private too.
    """
    job = lay_out(two_days(), tmp_path, form="ndjson")
    modes = {}

    def look_at(opened, run_id, manifest):
        for path in (opened.root, *opened.root.rglob("*")):
            modes[path.relative_to(tmp_path).as_posix()] = stat.S_IMODE(path.stat().st_mode), path.is_dir()
        return publish(opened, run_id, manifest)

    monkeypatch.setattr(offduty.runs.run, "publish", look_at)
    if not nameless_:
        monkeypatch.setattr(offduty.ingest.duckdb_session, "OPEN_FILES", tmp_path / "not there")
    before = os.umask(0o002)
    try:
        run(job, as_of=AFTERWARDS)
        assert os.umask(0o002) == 0o002
    finally:
        os.umask(before)
    assert [name for name in modes if name.startswith("store/work/pings")] == (
        [] if nameless_ else ["store/work/pings-0.parquet"]
    )
    assert "store/work/run/release/date=2026-03-02/part-00000.parquet" in modes
    assert {mode for mode, folder in modes.values() if folder} == {0o700}
    assert {mode for mode, folder in modes.values() if not folder} == {0o600}


def test_the_umask_is_restored_when_the_store_is_locked(tmp_path):
    """Also where a run is turned away."""
    before = os.umask(0o027)
    try:
        with open_store(tmp_path / "store"), pytest.raises(StoreBusyError), open_store(tmp_path / "store"):
            pass
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
