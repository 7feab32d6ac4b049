"""A store in an object store holds, byte for byte, what a store in a folder holds; publishing is a conditional put."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from offduty.core.errors import StoreBusyError, UsageError
from offduty.core.locations import read_address
from offduty.objectstore import open_bucket
from offduty.store.remote import RemoteStore
from tests.cli.command import answered, here
from tests.forked import forked
from tests.objectstore.clouds import BUCKET, SECRET, STORE, S3Server, error
from tests.world import AFTERWARDS, lay_out, ping, world, write_table

SEED = "ab" * 32
AS_OF = ("--as-of", AFTERWARDS)
OF_MARKS, OF_A_RUN = r"prefix=offduty%2Fwork%2F", r"prefix=offduty%2Fruns%2F\w{32}%2F"
"""Requests that list the marks, or what is there of one run."""


def job_of(folder: Path, **options) -> Path:
    """A signed job over the base world."""
    return lay_out(world(), folder, signing=SEED, **options)


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, the lock aside."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "lock"
    }


def stored(s3: S3Server) -> dict[str, bytes]:
    """Every object of the store but the one that conditions were tried on, which is empty."""
    found = s3.contents("offduty")
    assert found.pop("work/condition") == b""
    return found


def left_behind(tmp_path: Path) -> list[Path]:
    """Files in the private folder for what is fetched; locks are empty."""
    return [p for p in (tmp_path / "tmp").rglob("*") if p.is_file() and p.stat().st_size]


def test_a_store_there_is_the_store_here_byte_for_byte(s3, tmp_path):
    """Entry, release, ledger and quarantine of the same two runs; nothing else lies there, and nothing is left here."""
    job = job_of(tmp_path / "world")
    for store in (str(tmp_path / "local"), STORE):
        assert answered(here("run", job, *AS_OF, "--store", store, "--json"))["published"]
        assert answered(here("run", job, *AS_OF, "--store", store, "--from", "2026-03-02", "--json"))["published"]
    assert stored(s3) == files(tmp_path / "local")
    assert left_behind(tmp_path) == []


def test_the_same_run_again_is_already_there(s3, tmp_path):
    """And says where it lies; the second time nothing is put but what conditions are tried on."""
    job = job_of(tmp_path / "world")
    first = answered(here("run", job, *AS_OF, "--store", STORE, "--json"))
    assert first["path"] == f"{STORE}/runs/{first['run_id']}"
    before = s3.contents()
    s3.front.seen.clear()
    again = answered(here("run", job, *AS_OF, "--store", STORE, "--json"))
    assert (again["already"], again["run_id"], again["path"]) == (True, first["run_id"], first["path"])
    assert s3.contents() == before
    assert {path for method, path in s3.front.seen if method == "PUT"} == {f"/{BUCKET}/offduty/work/condition"}


def on(s3: S3Server, method: str, part: str, act, *, after: bool = False) -> list[str]:
    """Do something once, when the first request of a kind comes that asks for this: before the server does, or after.

    What it returns is the answer in the server's stead. The list holds the path when it has come to that.
    """
    come: list[str] = []

    def watch(request):
        asked = f"{request['PATH_INFO']}?{request['QUERY_STRING']}"
        if request["REQUEST_METHOD"] == method and re.search(part, asked) and not come:
            come.append(request["PATH_INFO"])
            return act()
        return None

    setattr(s3.front, "after" if after else "before", watch)
    return come


def elsewhere(tmp_path: Path, *arguments: object):
    """The command on another machine, as far as private folders and locks go."""
    other = tmp_path / "elsewhere"
    other.mkdir(exist_ok=True)
    return forked(*arguments, env={"TMPDIR": str(other)})


def is_whole(s3: S3Server, tmp_path: Path, *, runs: int) -> bool:
    """Whether verify finds nothing wrong, and no file is there but those of so many runs."""
    verdict = json.loads(here("verify", STORE, "--json").stdout)
    assert not verdict["failed"], verdict
    names = {key.split("/")[2] for key in s3.keys("offduty/runs/")}
    return len(names) == runs and not [key for key in s3.keys("offduty/work/") if not key.endswith("condition")]


def test_the_slower_of_two_runs_publishes_nothing(s3, tmp_path):
    """Another run puts its entry just before: exit 5, nothing of this one stays, and run again it comes after it."""
    job = job_of(tmp_path / "world")
    ran: list[int] = []

    def quicker():
        ran.append(elsewhere(tmp_path, "run", job, *AS_OF, "--store", STORE, "--from", "2026-03-02").returncode)

    on(s3, "PUT", "/log/", quicker)
    done = here("run", job, *AS_OF, "--store", STORE)
    assert (ran, done.returncode) == ([0], 5)
    assert "another run published first" in done.stderr
    assert is_whole(s3, tmp_path, runs=1)
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["published"]
    assert is_whole(s3, tmp_path, runs=2)


def test_the_same_run_twice_at_once_is_one_run(s3, tmp_path):
    """Both send the same bytes: either is told that they are published, and neither takes the other's files away."""
    job = job_of(tmp_path / "world")
    ran: list[int] = []
    on(s3, "PUT", "/log/", lambda: ran.append(elsewhere(tmp_path, "run", job, *AS_OF, "--store", STORE).returncode))
    assert here("run", job, *AS_OF, "--store", STORE).returncode == 0
    assert ran == [0]
    assert is_whole(s3, tmp_path, runs=1)
    assert len(s3.keys("offduty/log/")) == 1


def test_on_one_machine_the_second_run_is_told_at_once(s3, tmp_path):
    """A lock holds there: exit 5 before anything is read."""
    from offduty.objectstore.private_folders import alone

    with alone(hashlib.sha256(STORE.encode()).hexdigest()[:32], "the store"):
        done = here("run", job_of(tmp_path / "world"), *AS_OF, "--store", STORE)
    assert done.returncode == 5
    assert s3.front.seen == []


def killed_at(s3: S3Server, tmp_path: Path, job: Path, method: str, part: str, *more: str) -> None:
    """Start a run in a process, and kill it when its request comes in."""
    command = [sys.executable, "-m", "offduty", "run", str(job), *AS_OF, "--store", STORE, *more]
    process: list[subprocess.Popen] = []
    come = on(s3, method, part, lambda: process[0].kill() or error("500 Gone", "InternalError"))
    process.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert process[0].wait(timeout=60) == -9
    assert come


@pytest.mark.parametrize("when", ["/work/000000000000.", "/log/"])
def test_a_run_that_is_killed_is_not_there_and_can_be_run_again(s3, tmp_path, when):
    """Killed before its files or before its entry: readers see nothing of it, the same run publishes it whole,
    and what it had fetched to this machine is wiped by the next command."""
    job = job_of(tmp_path / "world")
    killed_at(s3, tmp_path, job, "PUT", when)
    assert s3.keys("offduty/log/") == []
    assert here("verify", STORE).returncode == 2
    assert left_behind(tmp_path) == []
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["published"]
    assert here("run", job, *AS_OF, "--store", tmp_path / "local").returncode == 0
    assert stored(s3) == files(tmp_path / "local")


def test_what_a_killed_run_sent_goes_when_another_has_published(s3, tmp_path):
    """From then on it can never be published: its files go with that run. Its mark stays, for it might only have been halted;
    readers hear nothing of it, and it goes when the same run is published after all."""
    job = job_of(tmp_path / "world")
    killed_at(s3, tmp_path, job, "PUT", "/log/")
    lost = {key.split("/")[2] for key in s3.keys("offduty/runs/")}
    done = answered(here("run", job, *AS_OF, "--store", STORE, "--from", "2026-03-02", "--json"))
    assert {key.split("/")[2] for key in s3.keys("offduty/runs/")} == {done["run_id"]} != lost
    assert here("run", job, *AS_OF, "--store", STORE, "--from", "2026-03-01").returncode == 0
    assert [key.split(".")[1] for key in s3.keys("offduty/work/0")] == [*lost]
    assert "a run is at work, or was killed" not in here("verify", STORE).stdout
    assert here("run", job, *AS_OF, "--store", STORE).returncode == 0
    assert is_whole(s3, tmp_path, runs=3)


def test_readers_pass_over_a_run_that_is_being_sent(s3, tmp_path):
    """A store with one run, and another that is killed before its entry: verify finds one run, whole, and says that
    work is on.
    """
    job = job_of(tmp_path / "world")
    assert here("run", job, *AS_OF, "--store", STORE).returncode == 0
    killed_at(s3, tmp_path, job, "PUT", "/log/", "--from", "2026-03-02")
    assert len({key.split("/")[2] for key in s3.keys("offduty/runs/")}) == 2
    done = here("verify", STORE)
    assert done.returncode == 0, done.stderr
    assert "a run is at work, or was killed" in " ".join(done.stdout.split())


def test_a_log_that_has_lost_its_end_stops_every_run(s3, tmp_path):
    """As in a folder: the files stay, and nothing is put beside them."""
    job = job_of(tmp_path / "world")
    assert here("run", job, *AS_OF, "--store", STORE).returncode == 0
    s3.delete("offduty/log/000000000000.entry")
    before = s3.contents()
    done = here("run", job, *AS_OF, "--store", STORE, "--from", "2026-03-02")
    assert done.returncode == 6
    assert "the log has lost its end" in done.stderr
    assert s3.contents() == before


def test_an_object_store_that_keeps_no_conditions_is_refused(s3, tmp_path):
    """Exit 2, and the entries that are there are not touched."""
    job = job_of(tmp_path / "world")
    assert here("run", job, *AS_OF, "--store", STORE).returncode == 0
    before = s3.contents("offduty/log")
    s3.front.before = lambda request: request.pop("HTTP_IF_NONE_MATCH", None) and None
    done = here("run", job, *AS_OF, "--store", STORE, "--from", "2026-03-02")
    assert done.returncode == 2
    assert "a store cannot be there" in done.stderr
    assert s3.contents("offduty/log") == before


def test_one_that_refuses_a_put_once_is_not_taken_for_such(s3, tmp_path):
    """Several machines try conditions on the same object: two puts that meet are refused, and the next one finds nothing there."""
    come = on(s3, "PUT", "/condition", lambda: error("409 Conflict", "ConditionalRequestConflict"))
    done = here("run", job_of(tmp_path / "world"), *AS_OF, "--store", STORE)
    assert done.returncode == 0, done.stderr
    assert come


@pytest.mark.parametrize(
    ("command", "trouble"),
    [
        *(("run", trouble) for trouble in ("refused", "no bucket", "no credentials", "no server")),
        ("plan", "no server"),
        ("verify", "no credentials"),
        ("checkpoint", "refused"),
        ("expire", "no bucket"),
    ],
)
def test_a_store_that_cannot_be_reached(s3, tmp_path, monkeypatch, command, trouble):
    """Exit 6 in words of our own: no secret, no key, no address, nothing that the server says; nothing is left here."""
    job = job_of(tmp_path / "world")
    store = STORE
    if trouble == "refused":
        s3.front.before = lambda request: error("403 Forbidden", "AccessDenied")
    if trouble == "no bucket":
        store = "s3://no-such-bucket/offduty"
    if trouble == "no credentials":
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    if trouble == "no server":
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    arguments = {
        "run": (job, "--store", store),
        "plan": (job, "--store", store),
        "verify": (store,),
        "checkpoint": (store,),
        "expire": (job, "--store", store, "--before", "2026-03-02"),
    }
    done = here(command, *arguments[command])
    assert done.returncode == 6, done.stderr
    assert "the store cannot be reached" in done.stderr
    assert not [word for word in (SECRET, "key-of", "127.0.0.1", "bucket/", "Traceback") if word in done.stderr]
    assert left_behind(tmp_path) == []


def test_a_server_that_goes_in_the_middle(s3, tmp_path):
    """Nothing is published; when it is back the same run is, and what was sent before is not twice there."""
    job = job_of(tmp_path / "world")
    gone: list[bool] = []

    def going(request):
        gone.append("/ledger/" in request["PATH_INFO"] and request["REQUEST_METHOD"] == "PUT")
        return error("500 Gone", "InternalError") if any(gone) else None

    s3.front.before = going
    done = here("run", job, *AS_OF, "--store", STORE)
    assert done.returncode == 6
    s3.front.before = lambda request: None
    assert s3.keys("offduty/log/") == []
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["published"]
    assert is_whole(s3, tmp_path, runs=1)


def test_an_answer_that_is_lost_is_asked_for_again(s3, tmp_path):
    """The entry is put, and the answer to that is an error: the run reads it back, and knows that it was published."""
    job = job_of(tmp_path / "world")
    lost = lose_answer(s3)
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["published"]
    assert lost
    assert is_whole(s3, tmp_path, runs=1)


def test_where_nobody_can_tell_whether_the_entry_is_there_the_files_stay(s3, tmp_path):
    """The answer is lost, and then the server: exit 6, which says so; run again it answers that it is there."""
    job = job_of(tmp_path / "world")
    lose_answer(s3, and_server=True)
    done = here("run", job, *AS_OF, "--store", STORE)
    assert done.returncode == 6
    assert "not known whether the entry was published" in done.stderr
    s3.empty_front()
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["already"]
    assert json.loads(here("verify", STORE, "--json").stdout)["failed"] is False


def lose_answer(s3: S3Server, *, and_server: bool = False) -> list[bool]:
    """Have the first entry be put, and an error be answered; and to all that comes after it, too."""
    lost: list[bool] = []

    def losing(request):
        if lost and and_server:
            return error("500 Gone", "InternalError")
        if request["REQUEST_METHOD"] == "PUT" and "/log/" in request["PATH_INFO"] and not lost:
            lost.append(True)
            for _ in s3.front.app(request, lambda *_: None):
                pass
            return error("500 Gone", "InternalError")
        return None

    s3.front.before = losing
    return lost


def test_files_that_vanish_before_the_entry_are_put_again(s3, tmp_path):
    """Somebody's late broom sweeps them away while the entry is put: they are looked at once more, and are whole."""
    job = job_of(tmp_path / "world")
    on(s3, "PUT", "/log/", lambda: [s3.delete(key) for key in s3.keys("offduty/runs/")] and None)
    assert here("run", job, *AS_OF, "--store", STORE).returncode == 0
    assert is_whole(s3, tmp_path, runs=1)


def test_a_late_file_supersedes_and_is_compared(s3, tmp_path):
    """The older run's ledger is fetched for it."""
    job = job_of(tmp_path / "world")
    assert here("run", job, "--store", STORE, "--from", "2026-03-02", "--to", "2026-03-03").returncode == 0
    write_table(tmp_path / "world" / "pings" / "late.csv", "pings", [ping("13:00")])
    done = here("run", job, "--store", STORE, "--from", "2026-03-02", "--to", "2026-03-03", "--json")
    told = answered(done)["supersedes"]
    assert (told["new_rows"], told["rows_with_another_reason"]) == (1, 0)
    assert is_whole(s3, tmp_path, runs=2)


def test_a_superseded_release_is_withdrawn_there_too(s3, tmp_path):
    """Entry by entry and object by object what it is here; where the deletion is refused, the next run finishes it."""
    given = world(policy={"release": {"keep_superseded": False}})
    job = lay_out(given, tmp_path / "world", signing=SEED)
    for as_of, store in itertools.product(("2026-11-19", "2026-11-20"), (str(tmp_path / "local"), STORE)):
        assert here("run", job, "--as-of", as_of, "--store", store).returncode == 0
    assert stored(s3) == files(tmp_path / "local")
    assert sum("/release/" in key for key in s3.keys("offduty/runs/")) == 1
    s3.front.before = lambda request: (
        error("403 Forbidden", "AccessDenied")
        if request["REQUEST_METHOD"] == "DELETE" and "/release/" in request["PATH_INFO"]
        else None
    )
    done = here("run", job, "--as-of", "2026-11-21", "--store", STORE)
    assert (done.returncode, "the run was published, but the release that it supersedes" in done.stderr) == (6, True)
    s3.empty_front()
    assert here("run", job, "--as-of", "2026-11-21", "--store", STORE).returncode == 0
    assert sum("/release/" in key for key in s3.keys("offduty/runs/")) == 1
    assert here("verify", STORE).returncode == 0


def test_an_expiry_deletes_objects_and_one_cut_short_is_finished(s3, tmp_path):
    """The log says it first; what was not deleted then goes with the next command that opens the store."""
    job = job_of(tmp_path / "world")
    assert here("run", job, *AS_OF, "--store", STORE, "--to", "2026-03-03").returncode == 0
    s3.front.before = lambda request: (
        error("403 Forbidden", "AccessDenied") if request["REQUEST_METHOD"] == "DELETE" else None
    )
    done = here("expire", job, "--before", "2026-03-10", "--store", STORE)
    assert done.returncode == 6
    assert "the log has the expiry, but not all of its files are deleted" in done.stderr
    assert [key for key in s3.keys("offduty/runs/") if "/release/" in key]
    s3.empty_front()
    again = here("expire", job, "--before", "2026-03-10", "--store", STORE)
    assert "is left to delete" in again.stderr
    assert {key.split("/")[3] for key in s3.keys("offduty/runs/")} == {"ledger"}
    assert here("verify", STORE).returncode == 0


@pytest.mark.parametrize(
    "store",
    [
        "s3://",
        "s3:///offduty",
        "s3://me:pw-in-store@force/x",
        "s3://force/x?X-Amz-Signature=pw-in-store",
        "s3://force/a//b",
        "s3://force/../b",
        "s3://force/*",
        "s3://force",
        "s3a://force/x",
        "abfs://c@a/x",
        " s3://force/x",
        "https://a.example/c?sig=pw-in-store",
    ],
)
def test_an_address_that_is_none(s3, tmp_path, store):
    """Exit 2; what may be a secret in it is not repeated."""
    done = here("run", job_of(tmp_path / "world"), "--store", store)
    assert done.returncode == 2
    assert "pw-in-store" not in done.stderr
    assert s3.front.seen == []


def test_a_name_that_leads_out_of_the_store_is_not_followed(s3, tmp_path):
    """Whoever can write into the bucket cannot write on the auditor's disk."""
    job = job_of(tmp_path / "world")
    assert here("run", job, *AS_OF, "--store", STORE).returncode == 0
    s3.put("offduty/runs/../../../escaped", b"x")
    done = here("verify", STORE)
    assert done.returncode == 6
    assert "a name that no file can have" in done.stderr
    assert not list(tmp_path.rglob("escaped"))


def test_without_the_extra_it_says_what_to_install(s3, tmp_path, monkeypatch):
    """Exit 2."""
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    done = here("run", job_of(tmp_path / "world"), "--store", STORE)
    assert done.returncode == 2
    assert "pip install 'offduty[s3]'" in done.stderr


def test_private_folders_are_nobody_elses(s3, tmp_path):
    """A folder that others may enter, or a link, is not used."""
    home = tmp_path / "tmp" / f"offduty-{os.getuid()}"
    home.mkdir(mode=0o700)
    home.chmod(0o755)
    done = here("verify", STORE)
    assert done.returncode == 6
    assert "open to others" in done.stderr
    home.rmdir()
    home.symlink_to(tmp_path)
    assert here("verify", STORE).returncode == 6


@pytest.mark.parametrize("alive", [False, True])
def test_files_of_another_making_are_not_written_over(s3, tmp_path, alive):
    """An attempt at the same run left a file with other bytes, and its mark: while it may live, exit 5 and its file
    stays; when it cannot, or is taken away, files first, the run is published with its own.
    """
    job = job_of(tmp_path / "world")
    killed_at(s3, tmp_path, job, "PUT", "/log/")
    (mark,) = (key for key in s3.keys("offduty/work/") if not key.endswith("condition"))
    ledger = next(key for key in s3.keys("offduty/runs/") if "/ledger/" in key)
    s3.put(ledger, b"x" * len(s3.get(ledger)))
    if not alive:
        longer = mark.replace("000000000000", "000000000001")  # of a log that was longer: it explains nothing
        s3.delete(mark)
        s3.put(longer, b"")
        assert "the log has lost its end" in here("run", job, *AS_OF, "--store", STORE).stderr
        s3.delete(longer)
        s3.put(mark, b"")
        assert here("run", job, *AS_OF, "--store", STORE, "--to", "2026-03-03").returncode == 0
        assert s3.keys("offduty/runs/").count(ledger) == 0
    done = here("run", job, *AS_OF, "--store", STORE)
    if alive:
        assert done.returncode == 5
        assert "another process is uploading the same run" in done.stderr
        assert s3.get(ledger) == b"x" * len(s3.get(ledger))
        for key in [*s3.keys("offduty/runs/"), mark]:
            s3.delete(key)
        assert here("run", job, *AS_OF, "--store", STORE).returncode == 0
    else:
        assert done.returncode == 0, done.stderr
    assert json.loads(here("verify", STORE, "--json").stdout)["failed"] is False


def test_what_does_not_work_there_says_so(s3, tmp_path):
    """A stream, an attack without its key, keys and policies in a bucket, and an address that was made a path: exit 2,
    nothing asked.
    """
    from offduty.config.job import Job
    from offduty.runs.follow import _FollowedJob

    job = job_of(tmp_path / "world")
    with pytest.raises(UsageError, match="a stream can neither read"):
        _FollowedJob.of(job, STORE, 0, None)
    with pytest.raises(UsageError, match="must be passed as text, not as a path"):
        Job.load(job).with_store(Path(STORE))
    done = here("attack", STORE, "--truth", tmp_path)
    assert (done.returncode, "--key" in done.stderr) == (2, True)
    job.write_text(job.read_text().replace('"policy.toml"', f'"{STORE}/policy.toml"'))
    assert here("run", job, "--store", STORE).returncode == 2
    assert s3.front.seen == []


def test_several_machines_at_once(s3, tmp_path):
    """Three runs start together, two of them the same: each ends with 0 or 5, at least one with 0; the store is whole,
    and names what was published; run again, all are there.
    """
    job = job_of(tmp_path / "world")
    asked = [("--from", "2026-03-01"), ("--from", "2026-03-02"), ("--from", "2026-03-02")]
    started = []
    for number, interval in enumerate(asked):
        (tmp_path / f"machine-{number}").mkdir()
        command = [sys.executable, "-m", "offduty", "run", str(job), *AS_OF, "--store", STORE, *interval]
        env = {**os.environ, "TMPDIR": str(tmp_path / f"machine-{number}")}
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env))
    said = [process.communicate(timeout=60)[1] for process in started]
    codes = [process.returncode for process in started]
    assert set(codes) <= {0, 5}, said
    assert 0 in codes
    assert json.loads(here("verify", STORE, "--json").stdout)["failed"] is False
    for interval in asked:
        assert here("run", job, *AS_OF, "--store", STORE, *interval).returncode == 0
    assert len({key.split("/")[2] for key in s3.keys("offduty/runs/")}) == 2
    assert json.loads(here("verify", STORE, "--json").stdout)["failed"] is False


def test_a_run_whose_files_are_swept_by_the_quicker_one_is_told_so(s3, tmp_path):
    """Its place in the log is taken while it sends, and its files go for those of a dead attempt: exit 5, no failure of storage."""
    job = job_of(tmp_path / "world")
    ran: list[int] = []

    def quicker():
        ran.append(elsewhere(tmp_path, "run", job, *AS_OF, "--store", STORE, "--from", "2026-03-02").returncode)

    on(s3, "PUT", "/ledger/", lambda: on(s3, "GET", OF_A_RUN, quicker), after=True)  # all is put, and not yet looked at
    done = here("run", job, *AS_OF, "--store", STORE)
    assert (ran, done.returncode) == ([0], 5), done.stderr
    assert "another run published meanwhile" in done.stderr
    assert is_whole(s3, tmp_path, runs=1)
    assert here("run", job, *AS_OF, "--store", STORE).returncode == 0
    assert is_whole(s3, tmp_path, runs=2)


def test_so_is_one_that_compares_what_an_earlier_attempt_left(s3, tmp_path):
    """The same while it reads a file that it would keep: the object is gone, and the object store is not."""
    job = job_of(tmp_path / "world")
    killed_at(s3, tmp_path, job, "PUT", "/log/")
    ran: list[int] = []

    def quicker():
        ran.append(elsewhere(tmp_path, "run", job, *AS_OF, "--store", STORE, "--from", "2026-03-02").returncode)

    on(s3, "GET", "/ledger/", quicker)
    done = here("run", job, *AS_OF, "--store", STORE)
    assert (ran, done.returncode) == ([0], 5), done.stderr
    assert here("run", job, *AS_OF, "--store", STORE).returncode == 0
    assert is_whole(s3, tmp_path, runs=2)


@pytest.mark.parametrize("when", ["it compares", "it has put them"])
def test_files_that_another_attempt_takes_away_are_put_again(s3, tmp_path, when):
    """One at the same run ends, and sweeps what both share; nobody has published, so this one goes on."""
    job = job_of(tmp_path / "world")

    def sweep():
        for key in s3.keys("offduty/runs/"):
            s3.delete(key)

    if when == "it compares":
        killed_at(s3, tmp_path, job, "PUT", "/log/")
        come = on(s3, "GET", "/ledger/", sweep)
    else:
        come = on(s3, "PUT", "/ledger/", lambda: on(s3, "GET", OF_A_RUN, sweep), after=True)
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["published"]
    assert come
    assert is_whole(s3, tmp_path, runs=1)


def test_an_object_store_that_loses_what_was_put_has_failed(s3, tmp_path):
    """Nobody else is there, and a file is missing each time that it is looked for: exit 6, and nothing is published."""
    job = job_of(tmp_path / "world")
    s3.front.after = lambda request: (
        s3.delete(request["PATH_INFO"].removeprefix(f"/{BUCKET}/"))
        if request["REQUEST_METHOD"] == "PUT" and "/ledger/" in request["PATH_INFO"]
        else None
    )
    done = here("run", job, *AS_OF, "--store", STORE)
    assert (done.returncode, "not all files that were uploaded are there" in done.stderr) == (6, True), done.stderr
    s3.empty_front()
    assert stored(s3) == {}


def test_attempts_that_end_at_once_do_not_leave_their_files_to_each_other(s3, tmp_path):
    """Two at the same run give up together: one of them takes the files away, and the next run is not told of a lost log."""

    address = read_address(STORE, "it")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "part").write_bytes(b"of both")
    one, other = ExitStack(), ExitStack()
    for attempt in (one, other):
        attempt.enter_context(RemoteStore(address, open_bucket(address)).uploaded(tmp_path / "run", "a" * 32, ()))

    def give_up(attempt: ExitStack) -> None:
        with pytest.raises(StoreBusyError), attempt:
            raise StoreBusyError("another run published first")

    come = on(s3, "DELETE", "/work/", lambda: give_up(other))  # one has looked who stays, and takes its own mark away
    give_up(one)
    assert come
    assert s3.keys("offduty/") == []


def test_a_mark_stays_for_files_that_come_late(s3, tmp_path):
    """A run is halted between its mark and its files, and another publishes: when the files come, a third is not told that the
    log has lost its end."""
    job = job_of(tmp_path / "world")
    ran: list[int] = []

    def another(*interval: str):
        ran.append(elsewhere(tmp_path, "run", job, *AS_OF, "--store", STORE, *interval).returncode)

    def quicker():
        another("--from", "2026-03-02")
        third = ("--from", "2026-03-01")
        on(s3, "PUT", "/ledger/", lambda: on(s3, "GET", OF_A_RUN, lambda: another(*third)), after=True)

    on(s3, "GET", OF_A_RUN, quicker)
    done = here("run", job, *AS_OF, "--store", STORE)
    assert (ran, done.returncode) == ([0, 0], 5), done.stderr
    assert is_whole(s3, tmp_path, runs=2)


def test_a_mark_that_comes_while_marks_are_looked_at_explains_its_files(s3, tmp_path):
    """One attempt gave up after its files were seen and before its mark was, and another at the same run has begun since."""
    job = job_of(tmp_path / "world")
    killed_at(s3, tmp_path, job, "PUT", "/log/")
    (mark,) = s3.keys("offduty/work/0")
    on(s3, "GET", OF_MARKS, lambda: s3.delete(mark))
    on(s3, "GET", OF_MARKS, lambda: s3.put(f"{mark[:-16]}{'0' * 16}", b""), after=True)
    done = here("run", job, *AS_OF, "--store", STORE, "--from", "2026-03-02")
    assert done.returncode == 0, done.stderr


def test_a_run_that_is_published_meanwhile_is_not_swept_for_its_old_mark(s3, tmp_path):
    """It was killed once, and published then; its marks are just going, the one of the attempt that lived first."""
    job = job_of(tmp_path / "world")
    assert here("run", job, *AS_OF, "--store", STORE).returncode == 0
    same = ("--from", "2026-03-02")
    killed_at(s3, tmp_path, job, "PUT", "/log/", *same)
    (mark,) = s3.keys("offduty/work/0")

    def publish():
        assert elsewhere(tmp_path, "run", job, *AS_OF, "--store", STORE, *same).returncode == 0
        s3.put(mark.replace("000000000001", "000000000000"), b"")

    come = on(s3, "GET", OF_MARKS, publish)
    assert here("run", job, *AS_OF, "--store", STORE, "--from", "2026-03-01").returncode == 5
    assert come
    assert is_whole(s3, tmp_path, runs=2)


def test_a_put_that_met_another_is_tried_again(s3, tmp_path):
    """S3 may refuse both of two puts that meet (409): that is neither a lost answer nor somebody else's entry."""
    job = job_of(tmp_path / "world")
    come = on(s3, "PUT", "/log/", lambda: error("409 Conflict", "ConditionalRequestConflict"))
    assert answered(here("run", job, *AS_OF, "--store", STORE, "--json"))["published"]
    assert come
    assert is_whole(s3, tmp_path, runs=1)


def test_an_object_with_bytes_is_not_passed_over_for_its_name(s3, tmp_path):
    """A key that ends as folders do may hold positions: neither a reader nor a writer takes a store with one."""
    job = job_of(tmp_path / "world")
    answered(here("run", job, *AS_OF, "--store", STORE, "--json"))
    s3.put(f"offduty/runs/{'a' * 32}/release/more.csv/", b"51.5,-0.1")
    for command in (("verify", STORE), ("run", job, "--store", STORE)):
        assert here(*command).returncode == 6, command


def test_a_temporary_folder_that_is_not_there_is_not_replaced_by_another(s3, tmp_path, monkeypatch):
    """Whoever chose a disk chose it for what lies there meanwhile."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "not mounted"))
    done = here("verify", STORE)
    assert (done.returncode, "TMPDIR names a folder that does not exist" in done.stderr) == (6, True)
