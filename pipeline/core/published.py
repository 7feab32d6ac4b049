"""Remembers which entries this process added to a log, so that the last word of a command is true.

Whatever fails after an entry was added, the entry stands (specification#outcome-stands): no message may then say that
nothing was published. A process is one command, so this is the only thing that is kept between calls, and nothing is
decided by it.
"""

from __future__ import annotations

_entries: list[str] = []


def forget() -> None:
    """Begin a command: nothing was published by it."""
    _entries.clear()


def note(entry: str) -> None:
    """An entry of this name stands in a log."""
    _entries.append(entry)


def count() -> int:
    """How many entries the command added."""
    return len(_entries)


def what_stands() -> str:
    """What the command published, in words.

    >>> forget(); what_stands()
    'nothing was published'
    >>> note("000000000003.entry"); what_stands()
    'what it published before stands (000000000003.entry of the log)'
    >>> forget()
    """
    if not _entries:
        return "nothing was published"
    others = f" and {len(_entries) - 1} more" if len(_entries) > 1 else ""
    return f"what it published before stands ({_entries[-1]}{others} of the log)"


def but_before() -> str:
    """The end of a message of what failed, for callers that may publish nothing anyway: nothing, or what stands.

    >>> forget(); but_before()
    ''
    >>> note("000000000003.entry"); but_before()
    '. All the same, what it published before stands (000000000003.entry of the log)'
    >>> forget()
    """
    return f". All the same, {what_stands()}" if _entries else ""
