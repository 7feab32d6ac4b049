"""Under strace: the process is killed, the disk is full or broken at any system call that touches the store
(specification#atomic-publish).

Here at a share of the calls, and the command is repeated once for all stores that differ only in their work folder;
`make faults` does it at all calls, and repeats the command each time. Without strace these tests fail.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.faults.commands import Command, commands
from tests.faults.strace import Helper
from tests.faults.striking import Outcome, a_share, calls_of, struck_by
from tests.faults.whole import WORK, converged, documents, wrong_with


@pytest.fixture(scope="module")
def helpers() -> Iterator[Sequence[Helper]]:
    """Two processes that strike at once."""
    with Helper() as one, Helper() as other:
        yield one, other


@pytest.fixture(scope="module")
def all_commands(helpers: Sequence[Helper], tmp_path_factory: pytest.TempPathFactory) -> list[Command]:
    """The commands, and the stores before and after each."""
    return commands(tmp_path_factory.mktemp("commands"), helpers[0])


class Outcomes(dict[str, list[Outcome]]):
    """The result of each injection, by command: of a command when somebody first asks for it."""

    def __init__(self, helpers: Sequence[Helper], commands: list[Command], folders: pytest.TempPathFactory) -> None:
        super().__init__()
        self.helpers, self.folders = helpers, folders
        self.commands = {command.name: command for command in commands}

    def __missing__(self, name: str) -> list[Outcome]:
        command, folder = self.commands[name], self.folders.mktemp("struck")
        calls = calls_of(command, folder, self.helpers[0])
        self[name] = struck_by(command, calls, a_share(calls), folder, self.helpers, unread=WORK)
        return self[name]


@pytest.fixture(scope="module")
def outcomes(
    helpers: Sequence[Helper], all_commands: list[Command], tmp_path_factory: pytest.TempPathFactory
) -> Outcomes:
    """One for all tests here."""
    return Outcomes(helpers, all_commands, tmp_path_factory)


COMMANDS = ("a run into no store", "a run after one that was killed", "an expiry")
TEXT = "a run that reads text"


@pytest.mark.parametrize("name", [*COMMANDS, TEXT])
def test_nothing_is_broken_and_the_retry_ends_where_it_should(outcomes, name):
    """The fault came; the store has what it had; the exit code is right; and the same command again ends with the right
    store, byte for byte.
    """
    assert [str(outcome) for outcome in outcomes[name] if outcome.fault_found] == []
    assert name == TEXT or sum(outcome.missed for outcome in outcomes[name]) <= len(outcomes[name]) // 25


@pytest.mark.parametrize("name", COMMANDS)
def test_what_publishing_rests_on_was_struck(outcomes, name):
    """Each fault at the link, at flushes and writes, at the rename of a run, and at the deletion of its mark or of expired
    files.
    """
    struck = Counter((outcome.injection.call.name, outcome.injection.fault) for outcome in outcomes[name])
    calls = ("link", "fsync", "write", "openat", "mkdir", "unlink", *(["rename"] if name != "an expiry" else []))
    for call in calls:
        assert min(struck[call, fault] for fault in ("KILL", "ENOSPC", "EIO")) > 0, call
    assert len(outcomes[name]) > 40


@pytest.mark.parametrize("name", [TEXT])
def test_the_copy_of_a_text_was_struck(outcomes, name):
    """The temporary copy in the store: a disk that fails there is not an error of the input."""
    reports = [outcome.report for outcome in outcomes[name] if outcome.report["struck"]]
    assert Counter(each["code"] for each in reports)[6] > 2


@pytest.mark.parametrize("name", COMMANDS)
def test_both_ends_were_seen(outcomes, name):
    """Some injections came before the entry existed, some after; and some commands succeeded all the same."""
    assert {outcome.report["published"] for outcome in outcomes[name]} == {True, False}
    assert {outcome.report["code"] for outcome in outcomes[name]} == {-9, 0, 6}


def torn_entry(store: Path) -> None:
    """Half of the newest entry."""
    entry = max((store / "log").iterdir())
    entry.write_bytes(entry.read_bytes()[:200])


def lost_output(store: Path) -> None:
    """A ledger that is not there."""
    shutil.rmtree(next((store / "runs").glob("*/ledger")))


def gap(store: Path) -> None:
    """The first entry under a later number."""
    (store / "log" / "000000000000.entry").rename(store / "log" / "000000000009.entry")


def other_bytes(store: Path) -> None:
    """One byte more in a released file."""
    with next((store / "runs").glob("*/release/*/*.parquet")).open("ab") as file:
        file.write(b"x")


@pytest.mark.parametrize("broken", [torn_entry, lost_output, gap, other_bytes])
def test_a_broken_store_would_be_found(all_commands, tmp_path, broken):
    """The check after each injection can fail."""
    command = all_commands[1]
    store = tmp_path / "store"
    shutil.copytree(command.wanted, store)
    assert wrong_with(store, command.base, command.wanted) == []
    broken(store)
    assert wrong_with(store, command.base, command.wanted) != []
    assert not converged(store, command.wanted)


def test_files_that_were_never_published_may_be_missing(all_commands):
    """What a killed run left may be there or not."""
    command = all_commands[1]
    assert wrong_with(command.base, command.base, command.wanted) == []
    assert not converged(command.base, command.wanted)
    assert len(documents(command.base)) == 1


def test_without_strace_the_trials_fail(helpers, monkeypatch, tmp_path):
    """The message says what is missing."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match="apt-get install strace"):
        commands(tmp_path, helpers[0])
