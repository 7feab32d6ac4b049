"""Remembers that a signal asked this process to stop, so that a command stops even where a library loses the interrupt.

Python raises `KeyboardInterrupt` in whatever the main thread is doing. A library that calls Python at that moment may
go on as if nothing had happened, or raise an error of its own, which would then be told as a fault of a file.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_came = _is_watched = False


@contextmanager
def watched() -> Iterator[None]:
    """Ctrl-C and TERM, which schedulers send, are remembered, and raise `KeyboardInterrupt` in the main thread, which
    must be the one that calls this. A signal that the process was told to ignore stays ignored.
    """
    global _came, _is_watched
    _came, _is_watched = False, True

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        global _came
        _came = True
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield
    finally:
        _is_watched = False
        for number, handler in before.items():
            signal.signal(number, handler)


def came() -> bool:
    """Whether a signal came since `watched` last began."""
    return _came


def check() -> None:
    """Raise `KeyboardInterrupt` if a signal came and `watched` still lasts: before what cannot be undone, and before an
    error is believed.
    """
    if _is_watched and _came:
        raise KeyboardInterrupt
