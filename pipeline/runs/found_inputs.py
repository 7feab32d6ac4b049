"""Chooses which of the files that a job names are read: all of the reference tables, and of the pings those that can
hold rows of an interval and its context.

Rules: specification#files-read, specification#context. A file that does not say its time is read by every run.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from offduty.core.interval import Interval
from offduty.ingest.file_times import EVERY_TIME, FileTimes
from offduty.ingest.source_file import Source
from offduty.ingest.sources import Fingerprint, Fingerprints


@dataclass(frozen=True)
class FoundInputs:
    """All files that a job names, in the order of the manifest, and for each the time in which it can hold rows that
    matter: that of reference tables is `EVERY_TIME`.
    """

    sources: tuple[Source, ...]
    times: tuple[Interval, ...]

    @classmethod
    def of(cls, sources: list[Source], known: FileTimes, zone: str) -> FoundInputs:
        """Look at the names and the footers of the files of pings; ``zone`` is the policy's. Raises what
        `FileTimes.of` raises.
        """
        pings = [source for source in sources if source.table == "pings"]
        times = dict(zip((source.number for source in pings), known.of(pings, zone), strict=True))
        return cls(tuple(sources), tuple(times.get(source.number, EVERY_TIME) for source in sources))

    def over(self, time: Interval) -> list[Source]:
        """The files to read where rows of a time are needed, numbered as in the manifest of such a run."""
        read = [source for source, own in zip(self.sources, self.times, strict=True) if _reaches(own, time)]
        return [replace(source, number=number) for number, source in enumerate(read)]

    def left_out(self, time: Interval) -> int:
        """How many files of pings are not read where rows of a time are needed."""
        return sum(not _reaches(own, time) for own in self.times)

    def reaches(self, source: Source, time: Interval) -> bool:
        """Whether one of the files, whatever it is called and numbered, can hold rows of a time that matter."""
        return _reaches(self._own[source.table, source.path], time)

    @cached_property
    def _own(self) -> dict[tuple[str, Path], Interval]:
        pairs = zip(self.sources, self.times, strict=True)
        return {(source.table, source.path): own for source, own in pairs}


def _reaches(own: Interval, time: Interval) -> bool:
    return time.unbounded or own.overlap(time) is not None


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
