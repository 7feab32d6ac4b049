"""What an engine is: decides every ping of an interval from `DecisionInputs`, whether in one process or on a cluster.

All engines give the same outcome for the same question (specification#independence).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from offduty.arrays.spill import Spill
from offduty.config.declarations import TableDeclaration
from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.interval import Interval
from offduty.decision.around_duty import DutyHours
from offduty.decision.decide import Reference
from offduty.decision.join import PingJoin
from offduty.decision.needed import NeededTime
from offduty.decision.pings import PingReading
from offduty.duty.timeline import context_of
from offduty.ingest.ping_files import Piece, PingFile
from offduty.outputs.outcome import Outcome
from offduty.outputs.released_pings import ReleasedPings

BUCKETS = 16
MANY_ROWS = 1 << 25
LITTLE_BYTES = 64 << 20


@dataclass(frozen=True)
class Limits:
    """How much memory, how many threads, and how many rows at once the deciding may use. No limit changes an outcome.

    ``waiting_bytes`` is for undecided pings and ``released_bytes`` for released ones: beyond that they are spilled to
    the run's private folder. ``piece_rows`` is how many rows are read together. ``buckets`` is how many groups the
    officers are divided into, and ``settled_rows`` how many pings of a group are settled at once: those of a larger one
    are settled in parts of time. With many pings there are more groups, up to ``most_buckets`` (`for_rows`).
    """

    threads: int
    waiting_bytes: int
    released_bytes: int
    piece_rows: int
    buckets: int = BUCKETS
    settled_rows: int = 1 << 20
    most_buckets: int = BUCKETS

    def for_rows(self, rows: int) -> Limits:
        """The limits for so many rows, of which fewer than half wait to be decided: nearly every group is small enough
        to be settled at once.

        Of very many rows less may wait: each has a byte of its own for its reason, and the reference tables of so large
        a force are large, too.
        """
        wanted = min(rows // (2 * self.settled_rows), self.most_buckets)
        limits = replace(self, buckets=max(self.buckets, wanted))
        if rows < MANY_ROWS:
            return limits
        waiting = max(min(self.waiting_bytes, LITTLE_BYTES), self.waiting_bytes - 2 * rows)
        return replace(limits, waiting_bytes=waiting, piece_rows=min(self.piece_rows, MANY_ROWS >> 6))


@dataclass(frozen=True)
class DecisionInputs:
    """What one decision is based on, and what it may use.

    ``reading`` and ``reference`` are the settled reference tables, ``tables`` the same tables as text, for an engine
    that settles them again in another process. ``engine`` is the run's database, ``work`` its private folder. ``stage``
    measures the time of a part of the work. ``declared`` says how the tables are written. ``released`` is where
    released pings go; without it they are stored, in memory or in files without a name. ``decoded`` gives
    columns of a piece, which may have been decoded before; an engine of several processes reads them itself.
    """

    reading: PingReading
    reference: Reference
    interval: Interval
    engine: DuckDBConnection
    work: Path
    limits: Limits
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    stage: Callable[[str], AbstractContextManager[None]] = lambda name: nullcontext()
    declared: Mapping[str, TableDeclaration] = field(default_factory=dict)
    released: Spill[ReleasedPings] | None = None
    decoded: Callable[[Piece], Iterable[pa.Table]] | None = None

    @property
    def decided(self) -> Interval:
        """The time whose pings are decided and recorded: the interval up to ``as_of`` (specification#after-as-of)."""
        return Interval(self.interval.from_us, min(self.interval.to_us, self.reference.as_of_us + 1))

    @property
    def context(self) -> Interval:
        """The time that must be read in order to decide the interval; see `context_of`."""
        return context_of(self.interval, self.reference.timeline.windows)

    @cached_property
    def hours(self) -> DutyHours:
        """The hours around duty, in which pings are counted."""
        return DutyHours.of(self.reference.timeline)

    @cached_property
    def join(self) -> PingJoin:
        """What pings are joined with."""
        return PingJoin(self.reading, self.reference.timeline, self.decided, self.hours, self.interval)

    @cached_property
    def needed(self) -> NeededTime | None:
        """The time in which pings are needed; None where all that are read are: where all of time is decided, and where
        the devices that nobody was ever assigned are listed.
        """
        if self.interval.unbounded or self.reading.lists_unassigned is not None:
            return None
        return NeededTime.of(self.interval, self.reference.timeline)

    @property
    def known(self) -> Interval:
        """The part of the context up to ``as_of``: later pings are not there."""
        return Interval(self.context.from_us, min(self.context.to_us, self.reference.as_of_us + 1))


class Decider(Protocol):
    """An engine, ready to be called once per run."""

    @property
    def in_one_process(self) -> bool:
        """Whether no other process reads what this one writes to the run's private folder. If so, files there need no
        name, and nothing of them is left when the process dies.
        """

    def __call__(
        self, inputs: DecisionInputs, files: list[PingFile], pieces: list[Piece], advanced: Callable[[int], None]
    ) -> Outcome:
        """Decide every ping of the interval in ``files``, which are divided into ``pieces`` in order of their first
        instant.

        ``advanced`` is called with the number of rows read since its last call. Raises `InputError` for a file that
        cannot be read, and what the engine itself raises when it fails.
        """
