"""Chooses which of the files that a job names are read: all of the reference tables, and of the pings those that can
hold rows of an interval and its context.

Rules: specification#files-read, specification#context. A file that does not say its time is read by every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from offduty.core.interval import Interval
from offduty.ingest.file_times import EVERY_TIME
from offduty.ingest.source_file import Source
from offduty.ingest.sources import Fingerprint, Fingerprints


@dataclass(frozen=True)
class FoundInputs:
    """All files that a job names, in the order of the manifest. ``look`` looks in which time each of the files of pings
    among them can hold rows; it is called once, and not at all where rows of all time are needed. ``fetch`` is called
    with files of pings before they are read: it fetches those that are in an object store.
    """

    sources: tuple[Source, ...]
    look: Callable[[list[Source]], list[Interval]] = field(repr=False)
    fetch: Callable[[list[Source]], None] = field(default=lambda pings: None, repr=False)

    def over(self, time: Interval) -> list[Source]:
        """The files to read where rows of a time are needed, numbered as in the manifest of such a run. Raises what
        ``look`` and ``fetch`` raise.
        """
        read = [source for source in self.sources if self.reaches(source, time)]
        self.fetch([source for source in read if source.table == "pings"])
        return [replace(source, number=number) for number, source in enumerate(read)]

    def left_out(self, time: Interval) -> int:
        """How many files of pings are not read where rows of a time are needed."""
        return sum(not self.reaches(source, time) for source in self.sources)

    def left_out_before(self, time: Interval, end_us: int) -> bool:
        """Whether a file that is not read where rows of a time are needed can hold rows from before an instant."""
        own = (self._own[source.table, source.path] for source in self.sources if not self.reaches(source, time))
        return any(held.from_us < end_us for held in own)

    def reaches(self, source: Source, time: Interval) -> bool:
        """Whether one of the files, whatever it is called and numbered, can hold rows of a time that matter: of a
        reference table each can.
        """
        return time.unbounded or self._own[source.table, source.path].overlap(time) is not None

    @cached_property
    def _own(self) -> dict[tuple[str, Path], Interval]:
        pings = [source for source in self.sources if source.table == "pings"]
        times = dict(zip((source.number for source in pings), self.look(pings), strict=True))
        return {(source.table, source.path): times.get(source.number, EVERY_TIME) for source in self.sources}


@dataclass(frozen=True)
class Hashes:
    """The fingerprints of files, each taken in the background once it is asked for."""

    prints: Fingerprints
    background: Executor
    _taken: dict[Path, Future[Fingerprint]] = field(default_factory=dict, repr=False)

    def of(self, sources: Iterable[Source]) -> list[Future[Fingerprint]]:
        """The fingerprints of these files, in their order."""
        return [self._of(source) for source in sources]

    def _of(self, source: Source) -> Future[Fingerprint]:
        if source.path not in self._taken:
            self._taken[source.path] = self.background.submit(self.prints.of, source)
        return self._taken[source.path]
