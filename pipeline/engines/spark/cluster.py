"""The engine behind ``offduty run --engine spark``: tasks judge pieces of the pings and settle officers.

What is shuffled is the pings that wait for the rest of their window, and one byte for each row. The outcome is that of
the local engine, so the same code writes the outputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Ints
from offduty.arrays.spill import Spill
from offduty.core.errors import PrivacyError, StorageError
from offduty.decision.gaps import GapCounts
from offduty.decision.pings import QuarantinedRows, Reasons
from offduty.engines.decider import DecisionInputs
from offduty.engines.every_row import check_joined
from offduty.engines.local import pieces_wanted
from offduty.engines.spark.broadcast import broadcast_of, failure
from offduty.engines.spark.file_tasks import (
    DECIDED,
    FAULTS,
    GAPS,
    RELEASED,
    SETTLED,
    TWINS,
    WRITTEN_DDL,
    counts_of,
    gaps_of,
    judge_pieces,
    settle_officers,
)
from offduty.engines.spark.session import find_spark, open_session
from offduty.engines.spark.wire import MESSAGES_DDL, WireMessage, messages_in, unpack, unpack_arrays
from offduty.ingest.ping_files import Piece, PingFile
from offduty.outputs.outcome import NOT_RECORDED, Outcome, PingCounts
from offduty.outputs.released_pings import ReleasedPings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS_PER_PARTITION = 1 << 20
BUCKETS_PER_PARTITION = 4
MOST_BUCKETS = 1 << 11  # each piece sends a message for each bucket: with more, the messages would be small
MESSAGES_PER_BATCH = 64


@dataclass(frozen=True)
class SparkEngine:
    """Decides on the cluster at ``master``; see `Decider`. None is the session that is open, or else this machine.

    Raises `UsageError` at once where Spark or Java is missing.
    """

    master: str | None
    in_one_process = False

    def __post_init__(self) -> None:
        find_spark()

    def __call__(
        self, inputs: DecisionInputs, files: list[PingFile], pieces: list[Piece], advanced: Callable[[int], None]
    ) -> Outcome:
        """Decide every ping of the interval, as `Decider` says.

        Raises `EngineError` where the cluster fails, and `StorageError` where its machines do not share the store's
        file system.
        """
        wanted = pieces_wanted(pieces, inputs.context)
        folder = inputs.work.resolve() / f"spark-{uuid4().hex}"
        folder.mkdir(mode=0o700)
        with ExitStack() as until_done:
            with inputs.stage("session"):
                session = until_done.enter_context(open_session(self.master, folder, inputs.limits.threads))
            with inputs.stage("tasks"):
                written = _decided(session, inputs, wanted, folder) if wanted else []
        with inputs.stage("gather"):
            outcome = _gathered(inputs, sum(file.rows for file in files), wanted, folder, written)
            check_joined(outcome.reasons, files, outcome.read)
        advanced(sum(piece.rows for piece in wanted))
        return outcome


def _decided(session: SparkSession, inputs: DecisionInputs, wanted: list[Piece], folder: Path) -> list[tuple[str, int]]:
    """Have the tasks decide; the names and sizes of the files that they wrote. Each task's file is in it once, however
    often the task was tried.
    """
    rows = sum(piece.rows for piece in wanted)
    partitions = max(session.sparkContext.defaultParallelism, math.ceil(rows / ROWS_PER_PARTITION))
    partitions = min(partitions, MOST_BUCKETS // BUCKETS_PER_PARTITION)
    buckets = partitions * BUCKETS_PER_PARTITION
    reference = inputs.reference
    broadcast = broadcast_of(inputs.tables, reference.policy, reference.as_of_us, inputs.interval, inputs.declared)
    numbers = session.range(0, len(wanted), 1, len(wanted))
    messages = numbers.mapInArrow(judge_pieces(broadcast, wanted, buckets), MESSAGES_DDL)
    by_officer = messages.repartition(partitions, "bucket")
    written = by_officer.mapInArrow(settle_officers(broadcast, folder), WRITTEN_DDL)
    setting = "spark.sql.execution.arrow.maxRecordsPerBatch"
    before = session.conf.get(setting)
    session.conf.set(setting, str(MESSAGES_PER_BATCH))
    try:
        return [(row["name"], row["bytes"]) for row in written.collect()]
    except Exception as error:
        raise failure(error) from None
    finally:
        _restore(session, setting, before)


def _restore(session: SparkSession, setting: str, before: str | None) -> None:
    """Restore the setting of a borrowed session. A session that has ended needs no setting."""
    try:
        session.conf.set(setting, before or "10000")
    except Exception:
        return


@dataclass
class _Gathered:
    """What the tasks wrote, put together, and the counts that must agree."""

    reasons: Reasons
    released: Spill[ReleasedPings]
    faults: list[QuarantinedRows] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    buckets: list[int] = field(default_factory=list)
    rows: int = 0
    candidates: int = 0
    settled: int = 0
    file_of: dict[int, int] = field(default_factory=dict)
    read: list[PingCounts] = field(default_factory=list)
    twins: list[Ints] = field(default_factory=list)
    gaps: list[GapCounts] = field(default_factory=list)

    def add_judged(self, message: WireMessage) -> None:
        """The reasons of a piece, or its quarantined rows."""
        columns, numbers = unpack(message.payload)
        if message.kind == FAULTS:
            self.faults.append(QuarantinedRows(columns["row"], columns["reason"], columns["observed_us"]))
            return
        self.firsts.append(message.key)
        self.reasons[message.key : message.key + len(columns["reason"])] = columns["reason"]
        self.rows += numbers["rows"]
        self.candidates += numbers["candidates"]
        self.read.append(counts_of(numbers, self.file_of[message.key]))

    def add_settled(self, message: WireMessage) -> None:
        """The reasons of a bucket of officers, what is released of a day, equal pings, or what was counted of gaps."""
        if message.kind == RELEASED:
            self.released.add(message.key, unpack_arrays(ReleasedPings, message.payload))
            return
        if message.kind == TWINS:
            self.twins.append(unpack(message.payload)[0]["row"])
            return
        if message.kind == GAPS:
            self.gaps.append(gaps_of(message.payload))
            return
        columns, numbers = unpack(message.payload)
        self.buckets.append(message.bucket)
        self.reasons[columns["row"]] = columns["reason"]
        self.settled += numbers["candidates"]

    def is_complete(self, wanted: list[Piece]) -> bool:
        """Whether each piece and each bucket came once, and every candidate was settled."""
        pieces = sorted(self.firsts) == sorted(piece.first_row for piece in wanted)
        return pieces and len(self.buckets) == len(set(self.buckets)) and self.settled == self.candidates


def _gathered(
    inputs: DecisionInputs, rows: int, wanted: list[Piece], folder: Path, written: list[tuple[str, int]]
) -> Outcome:
    """Put together what the tasks wrote: what was judged first, then what was settled after that.

    Raises `PrivacyError` where a row is missing or came twice.
    """
    released = Spill(ReleasedPings, inputs.work, inputs.limits.released_bytes)
    file_of = {piece.first_row: piece.file.first_row for piece in wanted}
    found = _Gathered(np.full(rows, NOT_RECORDED, np.uint8), released, file_of=file_of)
    for message in _messages(folder, written, (DECIDED, FAULTS)):
        found.add_judged(message)
    for message in _messages(folder, written, (SETTLED, RELEASED, TWINS, GAPS)):
        found.add_settled(message)
    if not found.is_complete(wanted):
        raise PrivacyError("rows were lost between driver and tasks; nothing was published. Report this")
    faults, counts = QuarantinedRows.together(found.faults), PingCounts.together(found.read)
    return Outcome(found.reasons, found.released, faults, found.rows, counts, found.twins, found.gaps)


def _messages(folder: Path, written: list[tuple[str, int]], kinds: tuple[int, ...]) -> Iterator[WireMessage]:
    """The messages of some kinds in the files that the tasks wrote."""
    for name, size in written:
        for batch in _batches(folder / name, size):
            if batch.column(1)[0].as_py() in kinds:
                yield from messages_in(batch)


def _batches(path: Path, size: int) -> Iterator[Any]:
    """The batches of a file. Raises `StorageError` where it is not there with the size that its task reported."""
    try:
        if path.stat().st_size != size:
            raise OSError
        with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as reader:
            yield from reader
    except (OSError, pa.ArrowException):
        raise StorageError(
            "a task's results are not where the driver sees them: store and inputs must be on a file system that all"
            " machines of the cluster share, at the same path"
        ) from None
