"""Gives memory that is free within the process back to the system."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


@contextmanager
def one_allocator() -> Iterator[None]:
    """Arrow takes its memory from the C library meanwhile, like everything else; afterwards as before.

    Arrow's own allocator (mimalloc in Arrow 26) keeps what a thread has freed for that thread: with many short tables
    it held three times what was used. It is a little faster, so it stays where there is memory enough.
    """
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)
