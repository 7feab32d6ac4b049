"""Keeps memory, which holds positions, out of core dumps (specification#silence, threat-model#attack-14)."""

from __future__ import annotations

import ctypes
import resource
import sys

PR_SET_DUMPABLE = 4  # prctl(2)


def leave_none() -> None:
    """Make this process leave no core dump when it crashes, and let nobody but root read its memory.

    Processes that it starts are not affected.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if sys.platform == "linux":  # a system that pipes dumps to a program of its own does not ask the limit
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
