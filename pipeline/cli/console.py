"""What every command prints: answers on standard output, lines for people on standard error, and a line of progress.

Nothing here raises where a stream is full, closed, or read by nobody any more: what a command did has been done, and
only whoever asks for an answer on standard output learns by the exit code that it did not arrive.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

import click

from offduty.core.errors import StorageError, why

WIDTH = 80  # columns, where the width of the terminal is not known
NARROWEST = 40  # columns
QUIET_S = 2
"""No progress is shown so early: most commands have ended by then."""
BETWEEN_S = 0.1
MEASURED_S = 0.5
"""A rate over less time than this says nothing."""


def say(text: str) -> None:
    """One line for people, on standard error. Where that cannot be written, nobody reads it, and nothing fails."""
    _written(sys.stderr, printable(text) + "\n")


def print_answer(text: str | bytes, *, stands: str = "nothing was changed") -> int:
    """Print what was asked for on standard output, and return 0.

    Where it cannot be written, or not all of it, say so on standard error, with ``stands``, what is so all the same;
    and return the exit code for that (specification#outcome-stands).
    """
    error = _written(sys.stdout, text)
    if error is None:
        return 0
    say(f"offduty: {not_printed(error)}; {stands}")
    return StorageError.exit_code


def print_lines(lines: Iterable[str], *, stands: str = "nothing was changed") -> int:
    """`print_answer` for lines of text for people."""
    parts = (line if isinstance(line, Coloured) else printable(line) for line in lines)
    return print_answer("".join(f"{part}\n" for part in parts), stands=stands)


def not_printed(error: OSError) -> str:
    """Why standard output does not have the answer, in words."""
    reason = {errno.EBADF: "it is closed", errno.EPIPE: "nobody reads it any more"}.get(error.errno or 0, why(error))
    return f"standard output cannot be written: {reason}"


def drop_answer() -> None:
    """Send nowhere what waits for standard output, after it could not be written."""
    _give_up(sys.stdout)


def hold_closed_streams() -> None:
    """Open `/dev/null` in the place of each standard stream that is closed.

    The next file that the process opens would get its number, and what a library prints there would be written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest number that is free, which is this one


def printable(text: str) -> str:
    """A text for a terminal: what it could take for a command is replaced."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "�" for letter in text)


def on_terminal() -> bool:
    """Whether standard output is a terminal, and neither a file nor a pipe."""
    return os.isatty(1)


def columns() -> int:
    """How wide lines for people are: as the terminal is, or 80 columns."""
    if not on_terminal():
        return WIDTH
    return max(NARROWEST, shutil.get_terminal_size((WIDTH, 24)).columns)


class Coloured(str):
    """A line that may have colours, and is printable but for them."""

    __slots__ = ()


def coloured(text: str, colour: str, rest: str = "") -> Coloured:
    """A line that begins with a text in a colour; ``rest`` is not in it.

    Only a terminal that has colours gets them, and not where somebody asked for none (https://no-color.org).
    """
    wanted = on_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
    begin = click.style(printable(text), fg=colour, bold=True) if wanted else printable(text)
    return Coloured(begin + printable(rest))


def _written(stream: TextIO | None, text: str | bytes) -> OSError | None:
    """Write a text and hand it to the system; the error where that fails, after which nothing more is tried."""
    if stream is None:  # Python gives a stream that was closed at the start no object
        return OSError(errno.EBADF, os.strerror(errno.EBADF))
    try:
        if isinstance(text, bytes):
            stream.flush()
            stream.buffer.write(text)
        else:
            stream.write(_encodable(text, stream.encoding))
        stream.flush()
    except OSError as error:
        _give_up(stream)
        return error
    except ValueError:  # somebody closed the stream within this process
        return OSError(errno.EBADF, os.strerror(errno.EBADF))
    return None


def _encodable(text: str, encoding: str | None) -> str:
    """The text, in which letters that the stream does not have are replaced: no answer fails for one of them."""
    return text.encode(encoding or "utf-8", "backslashreplace").decode(encoding or "utf-8")


def _give_up(stream: TextIO | None) -> None:
    """Send what waits in a stream nowhere: Python would try it again when it ends, and fail again."""
    if stream is None:
        return
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()


class Progress:
    """One line on a terminal once a command takes more than two seconds; nothing when standard error is piped.

    ``unit`` is what the stages count: then the line says how many of them a second. Without it there is only the share.
    """

    def __init__(self, unit: str = "") -> None:
        self._unit = unit
        self._began = time.monotonic()
        self._shown = False
        self._last = 0.0
        self._stage = ""
        self._stage_began, self._done_before, self._done = 0.0, 0, 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self._stage or done < self._done:  # it begins, or begins again: the next day, the next run
            self._stage, self._stage_began, self._done_before = stage, now, done
        self._done = done
        if now - self._began < QUIET_S or now - self._last < BETWEEN_S or not _is_terminal(sys.stderr):
            return
        self._last, self._shown = now, True
        share = f" {100 * done // total} %" if total else ""
        _written(sys.stderr, f"\r\033[K{stage}{share}{self._rate(now)}")

    def clear(self) -> None:
        """Remove the line."""
        if self._shown:
            _written(sys.stderr, "\r\033[K")

    def _rate(self, now: float) -> str:
        """How many a second, since the stage began; nothing so early that it would be a guess."""
        took = now - self._stage_began
        since = self._done - self._done_before
        return f", {since / took:,.0f} {self._unit}/s" if self._unit and since and took >= MEASURED_S else ""


def _is_terminal(stream: TextIO | None) -> bool:
    with suppress(OSError, ValueError):
        return stream is not None and stream.isatty()
    return False
