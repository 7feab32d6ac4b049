"""Says how many processors this process may use."""

from __future__ import annotations

import os


def processors() -> int:
    """How many processors this process may use; where the system does not say it (macOS), how many there are.

    >>> processors() >= 1
    True
    """
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def this_process() -> int:
    """The number of this process: a fork has another one, by which what belongs to its parent is told apart."""
    return os.getpid()
