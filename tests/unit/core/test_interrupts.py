"""An interrupt that a library lost still stops a command."""

from __future__ import annotations

import os
import signal

import pytest

from offduty.core import interrupts


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
