"""Old files are deleted after the log names them, and not before; all other files stay complete."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from offduty import run
from offduty.admin.expire import expire
from offduty.core.durable_files import flush
from offduty.core.errors import StorageError, StoreBusyError, UsageError
from offduty.store import retention
from offduty.store.local import open_store
from offduty.transparency.log import check_log, read_log
from offduty.transparency.signed_note import SigningKey
from tests.logs import kinds
from tests.world import lay_out, ping, shift, world

SEED = bytes(range(32))
AS_OF = "2026-03-20T00:00:00Z"
DAYS = ["2026-03-02", "2026-03-03", "2026-03-04"]


def three_days() -> dict:
    """A released ping and a row for the quarantine on each of three days."""
    pings = [ping(f"{day}T09:00:00Z") for day in DAYS] + [ping(f"{day}T10:00:00Z", (0.0, 0.0)) for day in DAYS]
    roster = [shift(f"{day}T08:00", f"{day}T16:00", shift_id=f"r{day}") for day in DAYS]
    return world(pings, roster=roster)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a job, and a signed store with a run for each day and one over all of time."""
    folder = tmp_path_factory.mktemp("made")
    job = lay_out(three_days(), folder, signing=SEED.hex())
    for start, end in zip(DAYS, [*DAYS[1:], "2026-03-05"], strict=True):
        run(job, start=start, end=end, as_of=AS_OF)
    run(job, as_of=AS_OF)
    return folder


@pytest.fixture
def job(made: Path, tmp_path: Path) -> Path:
    """The job in a copy of that folder."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "job.toml"


def store(job: Path) -> Path:
    return job.parent / "store"


def files(job: Path, *parts: str) -> list[str]:
    """The files of all runs, by run (in the order of the log) and name."""
    names = [entry.document["run_id"] for entry in read_log(store(job) / "log") if entry.is_run]
    found = [
        f"{number} {path.relative_to(store(job) / 'runs' / name).as_posix()}"
        for number, name in enumerate(names)
        for path in (store(job) / "runs" / name).rglob("*")
        if path.is_file()
    ]
    return sorted(name for name in found if not parts or name.split()[1].startswith(parts))


def test_older_files_are_deleted_and_nothing_else(job):
    """Released files by their local date; quarantines whose whole interval had ended; ledgers and the log stay."""
    ledgers, before = files(job, "ledger"), files(job)
    done = expire(job, before="2026-03-04")
    gone = [
        "0 quarantine/part-00000.parquet",
        "0 release/date=2026-03-02/part-00000.parquet",
        "1 quarantine/part-00000.parquet",
        "1 release/date=2026-03-03/part-00000.parquet",
        "3 release/date=2026-03-02/part-00000.parquet",
        "3 release/date=2026-03-03/part-00000.parquet",
    ]
    assert sorted(set(before) - set(files(job))) == gone
    assert set(files(job)) <= set(before)
    assert files(job, "ledger") == ledgers
    assert len(done.files) == len(gone)
    assert done.entry == 4


def test_the_entry_names_each_file_as_its_run_did(job):
    """Run, name, SHA-256 and bytes. It is signed like any other entry, and the log leads up to it."""
    before = {path: path.read_bytes() for path in (store(job) / "runs").rglob("*.parquet")}
    expire(job, before="2026-03-04", why="kept for two days")
    entries = read_log(store(job) / "log")
    document = entries[-1].document
    assert (entries[-1].kind, document["before"], document["why"]) == ("expiry", "2026-03-04", "kept for two days")
    key = SigningKey(entries[0].head.origin, SEED).public
    assert entries[-1].head.note.signed_by([key]) == (key,)
    assert check_log(entries).size == 5
    gone = {path: content for path, content in before.items() if not path.exists()}
    named = {(each["run_id"], each["name"]): (each["sha256"], each["bytes"]) for each in document["files"]}
    assert named == {
        (
            path.relative_to(store(job) / "runs").parts[0],
            path.relative_to(store(job) / "runs" / path.relative_to(store(job) / "runs").parts[0]).as_posix(),
        ): (hashlib.sha256(content).hexdigest(), len(content))
        for path, content in gone.items()
    }


def test_an_interval_ends_where_its_zone_says():
    """Intervals are half-open: one that ends at the first instant of the date ended before it, one that ends a
    microsecond later did not.
    """
    summer = {"policy": {"policy": {"timezone": "Europe/London"}}, "as_of": "2026-11-20T00:00:00Z"}
    for to, over in (
        ("2026-06-30T23:00:00Z", True),
        ("2026-06-30T23:00:00.000001Z", False),
        ("2026-06-30T22:59:59Z", True),
    ):
        document = {**summer, "interval": {"from": "", "to": to}}
        assert retention._has_ended(document, date(2026, 7, 1)) == over, to


def test_a_run_without_an_end_is_as_old_as_its_as_of():
    """Its `as_of` must be before the date."""
    for as_of, over in (("2026-06-30T22:59:59.999999Z", True), ("2026-06-30T23:00:00Z", False)):
        document = {
            "policy": {"policy": {"timezone": "Europe/London"}},
            "as_of": as_of,
            "interval": {"from": "", "to": ""},
        }
        assert retention._has_ended(document, date(2026, 7, 1)) == over, as_of


@pytest.mark.parametrize(
    "document",
    [
        {"policy": {"policy": {"timezone": "Europe/Nowhere"}}, "as_of": AS_OF, "interval": {"from": "", "to": ""}},
        {"policy": {"policy": {"timezone": "UTC"}}, "as_of": "then", "interval": {"from": "", "to": ""}},
    ],
)
def test_a_run_whose_age_is_unknown_stays(document):
    """A zone or an `as_of` that cannot be understood is never taken for an old one."""
    assert not retention._has_ended(document, date(2026, 7, 1))


@pytest.mark.parametrize(
    "rest", ["part-00000.parquet", "date=never/part-00000.parquet", "when=2026-03-02/part-00000.parquet"]
)
def test_a_released_file_without_a_date_stays(rest):
    assert retention._day(rest) is None


def test_where_nothing_is_due_nothing_is_written(job):
    """Before anything is old enough, and after it was deleted: no entry, and no file is changed."""
    before = files(job)
    assert expire(job, before="2026-03-02").entry is None
    assert (files(job), kinds(store(job))) == (before, ["run"] * 4)
    first = expire(job, before="2026-03-04")
    again = expire(job, before="2026-03-04")
    assert (first.entry, again.entry, again.files) == (4, None, ())
    assert kinds(store(job)) == ["run"] * 4 + ["expiry"]


def test_a_later_date_deletes_only_the_rest(job):
    """No file is named twice."""
    first = expire(job, before="2026-03-03")
    second = expire(job, before="2026-03-05")
    assert not set(first.files) & set(second.files)
    assert files(job, "release") == []
    assert files(job, "quarantine") == ["3 quarantine/part-00000.parquet"]  # over all of time, as of the 20th
    assert [file.name for file in expire(job, before="2026-03-21").files] == ["quarantine/part-00000.parquet"]


def test_an_expired_run_still_answers(job):
    """With `already there`, its counts, and how many of its files have expired."""
    before = run(job, start=DAYS[0], end=DAYS[1], as_of=AS_OF)
    expire(job, before="2026-03-10")
    again = run(job, start=DAYS[0], end=DAYS[1], as_of=AS_OF)
    assert (again.already, again.run_id, again.counts) == (True, before.run_id, before.counts)
    assert (before.expired, again.expired) == (0, 2)


def test_a_new_run_over_an_old_interval_can_expire_again(job):
    """It is another run, with files of its own."""
    expire(job, before="2026-03-10")
    assert run(job, start=DAYS[0], end=DAYS[1], as_of="2026-03-21T00:00:00Z").published
    assert len(expire(job, before="2026-03-10").files) == 2


def test_the_log_names_a_file_before_it_is_deleted(job, monkeypatch):
    """At the first deletion the entry exists, and is flushed."""
    flushed: list[Path] = []
    unlink = Path.unlink

    def checked(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".parquet":
            assert kinds(store(job))[-1] == "expiry"
            assert flushed[-1] == store(job) / "log"
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr("offduty.store.local.flush", lambda path: flushed.append(path) or flush(path))
    monkeypatch.setattr(Path, "unlink", checked)
    assert len(expire(job, before="2026-03-04").files) == 6


def test_without_an_entry_no_file_is_deleted(job, monkeypatch):
    """The disk refuses the entry."""
    before = files(job)
    with monkeypatch.context() as patch:
        patch.setattr(os, "link", refused)
        with pytest.raises(StorageError, match="Nothing was published"):
            expire(job, before="2026-03-04")
    assert files(job) == before
    assert kinds(store(job)) == ["run"] * 4


def refused(*_: object, **__: object) -> None:
    """The answer of a disk that fails."""
    raise OSError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize("again", ["expire", "run", "another run"])
def test_an_interrupted_deletion_is_completed(job, monkeypatch, again):
    """The message says that the entry exists and not all files are deleted. The next command on the store goes on."""
    removed: list[Path] = []
    unlink = Path.unlink

    def once(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".parquet" and removed:
            refused()
        removed.append(path)
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", once)
        with pytest.raises(
            StorageError, match=r"^000000000004\.entry: the log has the expiry, but not all of its files are deleted"
        ):
            expire(job, before="2026-03-04")
    half = files(job)
    assert kinds(store(job))[-1] == "expiry"
    {
        "expire": lambda: expire(job, before="2026-03-04"),
        "run": lambda: run(job, as_of=AS_OF),
        "another run": lambda: run(job, as_of="2026-03-22T00:00:00Z"),
    }[again]()
    old = [name for name in half if name[0] in "0123" and name not in files(job)]
    assert len(old) == 5
    assert kinds(store(job)).count("expiry") == 1


def test_a_file_that_returns_from_a_backup_is_deleted_again(job):
    """The log says that it has expired."""
    path = next((store(job) / "runs").rglob("date=2026-03-02/*.parquet"))
    content = path.read_bytes()
    expire(job, before="2026-03-04")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    assert run(job, as_of=AS_OF).already
    assert not path.exists()


def test_a_file_that_is_missing_already_is_named_too(job):
    """Somebody deleted it by hand; now the log says that it has expired."""
    for path in (store(job) / "runs").rglob("date=2026-03-02/*.parquet"):
        path.unlink()
    names = [file.name for file in expire(job, before="2026-03-04").files]
    assert names.count("release/date=2026-03-02/part-00000.parquet") == 2


def test_nothing_outside_a_run_is_deleted(job, tmp_path):
    """A folder of the run is a link to another place: exit code 6, and what is there stays."""
    folder = next((store(job) / "runs").rglob("date=2026-03-02"))
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    with pytest.raises(StorageError, match="a link to another place"):
        expire(job, before="2026-03-04")
    assert [path.name for path in elsewhere.iterdir()] == ["part-00000.parquet"]
    assert kinds(store(job)) == ["run"] * 4


def test_a_link_in_the_place_of_a_file_is_deleted_and_not_its_target(job, tmp_path):
    path = next((store(job) / "runs").rglob("date=2026-03-02/*.parquet"))
    path.rename(tmp_path / "elsewhere.parquet")
    path.symlink_to(tmp_path / "elsewhere.parquet")
    expire(job, before="2026-03-04")
    assert not path.is_symlink()
    assert (tmp_path / "elsewhere.parquet").exists()


def test_files_of_an_unsigned_log_can_expire(tmp_path):
    """The entry is unsigned, as all are."""
    job = lay_out(three_days(), tmp_path)
    run(job, start=DAYS[0], end=DAYS[1], as_of=AS_OF)
    assert expire(job, before="2026-03-10").entry == 1
    assert not read_log(store(job) / "log")[1].is_signed


def test_nothing_expires_in_a_signed_log_without_its_key(job):
    """No other entry is written without it either."""
    other = lay_out(three_days(), job.parent / "other", signing=bytes(32).hex())
    before = files(job)
    with pytest.raises(UsageError, match="not the key"):
        expire(other, before="2026-03-04", store=store(job))
    assert files(job) == before


@pytest.mark.parametrize("before", ["yesterday", "2026-02-30", "2026-W10-1", "20260302", "2026-03-02T00:00:00Z", ""])
def test_an_invalid_date(job, before):
    with pytest.raises(UsageError, match="--before is not a date"):
        expire(job, before=before)


def test_a_date_in_the_future(job):
    """What is released tomorrow is not old; a day that has begun somewhere is none of the future."""
    today = datetime.now(UTC).date()
    with pytest.raises(UsageError, match="--before is in the future"):
        expire(job, before=today + timedelta(days=2))
    assert kinds(store(job)) == ["run"] * 4
    assert expire(job, before=today).entry == 4


@pytest.mark.parametrize("why", ["two\nlines", "a\ttab", "\x1b[31m", "x" * 201])
def test_a_reason_that_does_not_fit_in_a_line(job, why):
    """The message says that it stays in the log and must not name a person."""
    with pytest.raises(UsageError, match="name no person"):
        expire(job, before="2026-03-04", why=why)
    assert kinds(store(job)) == ["run"] * 4


def test_there_must_be_a_store(tmp_path):
    """It is not made."""
    job = lay_out(three_days(), tmp_path)
    with pytest.raises(UsageError, match="no store yet"):
        expire(job, before="2026-03-04")
    assert not (tmp_path / "store").exists()


def test_one_at_a_time(job):
    """As with runs: exit code 5."""
    with open_store(store(job)), pytest.raises(StoreBusyError):
        expire(job, before="2026-03-04")
