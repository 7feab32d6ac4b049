"""The engine behind ``offduty run --engine spark``: tasks look at pieces and settle officers.

What is shuffled is what waits for the rest of its window, and one byte a row; what is broadcast is the brief. The
outcome is what `flow.decide_all` gives, so that all that is written is written by the same hands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pyarrow as pa

from offduty.arrays.spill import Spill
from offduty.core.errors import PrivacyError, StorageError
from offduty.decision.pings import QuarantinedRows
from offduty.duty.timeline import context_of
from offduty.engines.local import DecisionInputs, pieces_wanted
from offduty.engines.spark.broadcast import brief_of, failure
from offduty.engines.spark.file_tasks import DECIDED, FAULTS, RELEASED, SETTLED, WRITTEN_DDL, looking, settling
from offduty.engines.spark.session import find_spark, open_session
from offduty.engines.spark.wire import SENT_DDL, WireMessage, parcels_in, unpack, unpack_arrays
from offduty.ingest.ping_files import Piece, PingFile
from offduty.outputs.outcome import NOT_RECORDED, Outcome
from offduty.outputs.release import ReleasedPings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS_PER_PARTITION = 1 << 20
BUCKETS_PER_PARTITION = 4
MOST_BUCKETS = 1 << 11  # each piece has a parcel for each: more would make them small
PARCELS_PER_BATCH = 64
Decider = Callable[[DecisionInputs, list[PingFile], list[Piece], Callable[[int], None]], Outcome]


def cluster(master: str | None) -> Decider:
    """Decides on the cluster at ``master``; None is the session that is open, or else this machine.

    Raises `UsageError` at once where Spark or Java is missing.
    """
    find_spark()

    def decide_all(
        stream: DecisionInputs, files: list[PingFile], pieces: list[Piece], advanced: Callable[[int], None]
    ) -> Outcome:
        wanted = pieces_wanted(pieces, context_of(stream.interval, stream.reference.timeline.windows))
        place = stream.work.resolve() / f"spark-{uuid4().hex}"
        place.mkdir(mode=0o700)
        with ExitStack() as until_done:
            with stream.stage("session"):
                session = until_done.enter_context(open_session(master, place, stream.limits.threads))
            with stream.stage("tasks"):
                names = _decided(session, stream, wanted, place) if wanted else []
        with stream.stage("gather"):
            outcome = _gathered(stream, sum(file.rows for file in files), wanted, place, names)
        advanced(sum(piece.rows for piece in wanted))
        return outcome

    return decide_all


def _decided(session: SparkSession, stream: DecisionInputs, wanted: list[Piece], place: Path) -> list[tuple[str, int]]:
    """Let the tasks decide, and name the files that they wrote: each task's once, however often it was tried."""
    rows = sum(piece.rows for piece in wanted)
    partitions = max(session.sparkContext.defaultParallelism, math.ceil(rows / ROWS_PER_PARTITION))
    partitions = min(partitions, MOST_BUCKETS // BUCKETS_PER_PARTITION)
    buckets = partitions * BUCKETS_PER_PARTITION
    policy, as_of_us = stream.reference.policy, stream.reference.as_of_us
    brief = brief_of(stream.tables, policy, as_of_us, stream.interval)
    numbers = session.range(0, len(wanted), 1, len(wanted))
    sent = numbers.mapInArrow(looking(brief, wanted, buckets), SENT_DDL)
    written = sent.repartition(partitions, "bucket").mapInArrow(settling(brief, place), WRITTEN_DDL)
    setting = "spark.sql.execution.arrow.maxRecordsPerBatch"
    before = session.conf.get(setting)
    session.conf.set(setting, str(PARCELS_PER_BATCH))
    try:
        return [(row["name"], row["bytes"]) for row in written.collect()]
    except Exception as error:
        raise failure(error) from None
    finally:
        _restore(session, setting, before)


def _restore(session: SparkSession, setting: str, before: str | None) -> None:
    """Put a borrowed session's setting back; a session that is gone needs none."""
    try:
        session.conf.set(setting, before or "10000")
    except Exception:
        return


def _gathered(
    stream: DecisionInputs, rows: int, wanted: list[Piece], place: Path, names: list[tuple[str, int]]
) -> Outcome:
    """Lay together what the tasks wrote. Raises `PrivacyError` where a row is missing, or came twice."""
    reasons = np.full(rows, NOT_RECORDED, np.uint8)
    released = Spill(ReleasedPings, stream.work, stream.limits.released_bytes)
    firsts: list[int] = []
    settled: list[int] = []
    faults: list[QuarantinedRows] = []
    counts = {"rows": 0, "candidates": 0, "settled": 0}
    for sent in _sent(place, names, (DECIDED, FAULTS)):
        columns, numbers = unpack(sent.parcel)
        if sent.kind == FAULTS:
            faults.append(QuarantinedRows(columns["row"], columns["reason"], columns["observed_us"]))
            continue
        firsts.append(sent.key)
        reasons[sent.key : sent.key + len(columns["reason"])] = columns["reason"]
        counts["rows"] += numbers["rows"]
        counts["candidates"] += numbers["candidates"]
    for sent in _sent(place, names, (SETTLED, RELEASED)):
        if sent.kind == RELEASED:
            released.add(sent.key, unpack_arrays(ReleasedPings, sent.parcel))
            continue
        columns, numbers = unpack(sent.parcel)
        settled.append(sent.bucket)
        reasons[columns["row"]] = columns["reason"]
        counts["settled"] += numbers["candidates"]
    once = sorted(firsts) == sorted(piece.first_row for piece in wanted) and len(settled) == len(set(settled))
    if not once or counts["settled"] != counts["candidates"]:
        raise PrivacyError("rows were lost between driver and tasks; nothing was published. Report this")
    return Outcome(reasons, released, QuarantinedRows.together(faults), counts["rows"])


def _sent(place: Path, names: list[tuple[str, int]], kinds: tuple[int, ...]) -> Iterator[WireMessage]:
    """The parcels of some kinds in the files that the tasks wrote, which must lie here whole."""
    for name, size in names:
        for batch in _batches(place / name, size):
            if batch.column(1)[0].as_py() in kinds:
                yield from parcels_in(batch)


def _batches(path: Path, size: int) -> Iterator[Any]:
    try:
        if path.stat().st_size != size:
            raise OSError
        with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as reader:
            yield from reader
    except (OSError, pa.ArrowException):
        raise StorageError(
            "a task's results are not where the driver sees them: store and inputs must lie on a file system that all"
            " machines of the cluster share, at the same path"
        ) from None
