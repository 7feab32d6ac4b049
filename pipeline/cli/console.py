"""What every command prints for people: lines on standard error, and one line of progress on a terminal."""

from __future__ import annotations

import os
import sys
import time

import click


def say(text: str) -> None:
    """One line for people; standard output is for machines."""
    click.echo(printable(text), err=True)


def printable(text: str) -> str:
    """A text for a terminal: what it could take for a command is replaced."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "�" for letter in text)


def on_terminal() -> bool:
    """Whether standard output is a terminal, and neither a file nor a pipe."""
    return os.isatty(1)


class Progress:
    """One line on a terminal once a run takes more than two seconds; nothing when standard error is piped."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown = False
        self._last = 0.0
        self._stage_began: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        began = self._stage_began.setdefault(stage, now)
        if not sys.stderr.isatty() or now - self._began < 2 or now - self._last < 0.1:
            return
        self._last, self._shown = now, True
        far = f" {100 * done // total} %, {done / max(now - began, 0.001):,.0f} pings/s" if total else ""
        click.echo(f"\r\033[K{stage}{far}", err=True, nl=False)

    def clear(self) -> None:
        """Remove the line."""
        if self._shown:
            click.echo("\r\033[K", err=True, nl=False)
