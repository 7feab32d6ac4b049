"""What a run may use, and who watches it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offduty.core.processors import processors

if TYPE_CHECKING:
    from offduty.engines.decider import Decider

Watch = Callable[[str, int, int], None]
"""Is called as a run goes on: with the stage, how much of it is done, and how much there is (0 where that is not
known).
"""


def nobody(stage: str, done: int, total: int) -> None:
    """A `Watch` that does nothing."""


class Clock:
    """Calls the watcher at the beginning of each stage and as it goes on, and measures how long each stage took."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage."""
        began = time.monotonic()
        self._watch(name, 0, 0)
        yield
        self.stages[name] = round(time.monotonic() - began, 3)

    def progress(self, name: str, rows: int) -> Callable[[int], None]:
        """What an engine calls with each number of rows that it has read, of so many."""
        done = 0

        def advanced(more: int) -> None:
            nonlocal done
            done += more
            self._watch(name, done, rows)

        return advanced


@dataclass(frozen=True)
class Resources:
    """What a run may use: threads, memory, an engine; and the clock that measures its stages.

    Without a ``decider`` the engine is the local one. Where it may not ``spill``, nothing is written to disk under a
    name, and what does not fit into the memory of the database stops the run.
    """

    threads: int
    memory_mb: int
    decider: Decider | None
    clock: Clock
    spill: bool = True

    @classmethod
    def of(
        cls, threads: int | None, memory_mb: int, decider: Decider | None, watch: Watch, *, spill: bool = True
    ) -> Resources:
        """The resources of a command; without ``threads`` one for each core that the process may use."""
        return cls(threads or processors(), memory_mb, decider, Clock(watch), spill)
