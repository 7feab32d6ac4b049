"""Keeps the memory of a command out of core dumps: it holds positions (SPEC 9, THREATS 14)."""

from __future__ import annotations

import ctypes
import resource
import sys

PR_SET_DUMPABLE = 4  # prctl(2)


def leave_none() -> None:
    """From here on this process leaves no dump when it crashes, wherever the system would put it, and nobody but root
    may look into its memory. Processes that it starts decide for themselves.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if sys.platform == "linux":  # a system that pipes dumps to a program of its own does not ask the limit
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
