"""An interrupt that a library lost still stops a command."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager

import pytest

from offduty.cli.write_file import put
from offduty.core import interrupts
from offduty.store.local import append, open_store
from offduty.verify import auditor


@pytest.fixture(autouse=True)
def _as_a_terminal_starts_it():
    """Whoever ran the tests, or a test before, may have told the process to ignore these signals."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@contextmanager
def a_lost_interrupt():
    """A command that was told to stop, where a library went on as if nothing had happened."""
    with interrupts.watched():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        yield
    with interrupts.watched():  # the next test is another command
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_remembered_after_its_interrupt_was_lost(number):
    """And the handlers of the process are as before at the end."""
    before = signal.getsignal(number)
    with interrupts.watched():
        interrupts.check()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
    assert signal.getsignal(number) is before


def test_a_new_command_has_not_been_interrupted():
    """A process may run several commands, in tests."""
    with interrupts.watched(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    with interrupts.watched():
        assert not interrupts.came()
        interrupts.check()


def test_a_signal_to_be_ignored_stays_ignored():
    """A shell tells the jobs that it runs in the background to ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.watched():
            os.kill(os.getpid(), signal.SIGINT)
            assert not interrupts.came()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_no_entry_is_added_after_a_lost_interrupt(tmp_path):
    """It could not be taken back, and the exit code would say that nothing was published."""
    with open_store(tmp_path / "store") as store, a_lost_interrupt():
        with pytest.raises(KeyboardInterrupt):
            append(store, b'{"kind":"trial run","run_id":"00"}', [])
        assert list((tmp_path / "store" / "log").iterdir()) == []


@pytest.mark.parametrize("force", [True, False])
def test_no_file_is_placed_after_a_lost_interrupt(tmp_path, force):
    """Neither the page nor what was written of it."""
    with a_lost_interrupt(), pytest.raises(KeyboardInterrupt):
        put(tmp_path / "page", b"a part", force)
    assert list(tmp_path.iterdir()) == []


def test_what_a_library_makes_of_an_interrupt_is_no_finding():
    """Neither an error nor a verdict that a check came to after it."""

    def broken():
        raise ValueError("the rows end in their midst")

    with a_lost_interrupt():
        for step in (broken, list):
            with pytest.raises(KeyboardInterrupt):
                auditor._guarded("5.1", step)
    assert auditor._guarded("5.1", broken)[0].number == "5.1"
