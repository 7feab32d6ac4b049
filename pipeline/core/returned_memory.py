"""Gives memory that is free within the process back to the system."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import TYPE_CHECKING

from offduty.core.lazy_imports import when_used

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = when_used("pyarrow")


def return_memory() -> None:
    """Give back what the C library and Arrow keep for later. Without glibc only Arrow does.

    What one stage of a run frees lies in pieces between what it keeps, and the next stage, in other threads and sizes,
    takes new memory beside it.
    """
    with suppress(AttributeError, OSError):  # no malloc_trim
        ctypes.CDLL(None).malloc_trim(0)
    pa.default_memory_pool().release_unused()
