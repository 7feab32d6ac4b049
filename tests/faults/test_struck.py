"""Under strace: killed, out of space or broken at a system call that touches the store, whatever it is (SPEC 8).

Here a share of the calls; `make faults` strikes at all of them. strace must be there: without it these tests fail.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.commands import Command, commands
from tests.faults.striking import Outcome, a_share, calls_of, struck_by
from tests.faults.whole import converged, documents, wrong_with


@pytest.fixture(scope="module")
def all_commands(tmp_path_factory: pytest.TempPathFactory) -> list[Command]:
    """The commands, and the stores before and after each."""
    return commands(tmp_path_factory.mktemp("commands"))


@pytest.fixture(scope="module")
def outcomes(all_commands: list[Command], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Outcome]]:
    """What came of each blow, by command."""
    found = {}
    for command in all_commands:
        folder = tmp_path_factory.mktemp("struck")
        calls = calls_of(command, folder)
        found[command.name] = struck_by(command, calls, a_share(calls), folder)
    return found


COMMANDS = ("a run into no store", "a run after one that was killed", "an expiry")
TEXT = "a run that reads text"


@pytest.mark.parametrize("name", [*COMMANDS, TEXT])
def test_nothing_is_broken_and_the_retry_ends_where_it_should(outcomes, name):
    """The fault came; the store holds what it held; the exit says what happened; the same command again ends byte for
    byte where an undisturbed one does.
    """
    assert [str(outcome) for outcome in outcomes[name] if outcome.fault_found] == []
    assert name == TEXT or sum(outcome.missed for outcome in outcomes[name]) <= len(outcomes[name]) // 50


@pytest.mark.parametrize("name", COMMANDS)
def test_what_publishing_rests_on_was_struck(outcomes, name):
    """Each fault at the link, at flushes and writes, at the rename of a run and its mark's removal, or that of what
    expires.
    """
    struck = Counter((outcome.blow.call.name, outcome.blow.fault) for outcome in outcomes[name])
    calls = ("link", "fsync", "write", "openat", "mkdir", "unlink", *(["rename"] if name != "an expiry" else []))
    for call in calls:
        assert min(struck[call, fault] for fault in ("KILL", "ENOSPC", "EIO")) > 0, call
    assert len(outcomes[name]) > 60


def test_the_copy_of_a_text_was_struck(outcomes):
    """What is set aside in the store while it runs: a disk that fails there is no fault of the input."""
    told = [outcome.told for outcome in outcomes[TEXT] if outcome.told["struck"]]
    assert Counter(each["code"] for each in told)[6] > 2


@pytest.mark.parametrize("name", COMMANDS)
def test_both_ends_were_seen(outcomes, name):
    """Some blows came before the entry was there, some after; and some commands went well all the same."""
    assert {outcome.told["published"] for outcome in outcomes[name]} == {True, False}
    assert {outcome.told["code"] for outcome in outcomes[name]} == {-9, 0, 6}


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
def test_a_broken_store_would_be_seen(all_commands, tmp_path, broken):
    """The look that is taken after each blow can find fault."""
    command = all_commands[1]
    store = tmp_path / "store"
    shutil.copytree(command.wanted, store)
    assert wrong_with(store, command.base, command.wanted) == []
    broken(store)
    assert wrong_with(store, command.base, command.wanted) != []
    assert not converged(store, command.wanted)


def test_what_was_never_published_is_not_missed(all_commands):
    """A killed run's leavings may be there, or not."""
    command = all_commands[1]
    assert wrong_with(command.base, command.base, command.wanted) == []
    assert not converged(command.base, command.wanted)
    assert len(documents(command.base)) == 1


def test_without_strace_nothing_is_passed_over(monkeypatch, tmp_path):
    """It says what is missing, and fails."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match="apt-get install strace"):
        commands(tmp_path)
