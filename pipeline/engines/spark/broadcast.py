"""The brief: what a task must know to decide, settled once in each process; and how a task fails without saying a
value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from offduty.config.policy import Policy
from offduty.core.errors import EngineError, InputError, OffdutyError, StorageError, UsageError
from offduty.core.interval import Interval
from offduty.core.versions import versions
from offduty.decision.decide import Reference
from offduty.decision.reference import private_engine, reading_of, settle_reference
from offduty.engines.local import DecisionInputs, Limits
from offduty.engines.spark.wire import pack_table, unpack_table

Task = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
MARK = "offduty task failed: "
_TOLD = re.compile(re.escape(MARK) + r"(\{.*\})")
_KINDS = {kind.__name__: kind for kind in (InputError, StorageError, UsageError)}


@dataclass(frozen=True)
class Broadcast:
    """Reference tables as Arrow bytes, the rules, the time in question, and the versions that the driver runs on.

    It travels in the closure of the tasks. No key is in it: pseudonyms are made by the driver.
    """

    tables: tuple[tuple[str, bytes], ...]
    policy: Policy
    as_of_us: int
    interval: Interval
    versions: tuple[tuple[str, str], ...]


def brief_of(tables: Mapping[str, pa.Table], policy: Policy, as_of_us: int, interval: Interval) -> Broadcast:
    """The brief for some reference tables, as `settle_reference` wants them."""
    packed = tuple((name, pack_table(table)) for name, table in tables.items())
    return Broadcast(packed, policy, as_of_us, interval, tuple(versions().items()))


@lru_cache(maxsize=1)
def settled(brief: Broadcast) -> Reference:
    """The reference as this process has settled it: by the same code, from the same tables, so with the same numbering.

    Raises `UsageError` where this process runs on other versions than the driver: bytes would differ, and the manifest
    lie.
    """
    here = dict(versions())
    other = sorted(name for name, version in brief.versions if here.get(name) != version)
    if other:
        raise UsageError(
            f"the executors do not run on the driver's versions ({', '.join(other)}); install the same ones on all machines"
        )
    tables = {name: unpack_table(packed) for name, packed in brief.tables}
    return settle_reference(tables, brief.policy, brief.as_of_us).reference


@lru_cache(maxsize=2)
def stream_of(brief: Broadcast, buckets: int) -> DecisionInputs:
    """What the deciding code wants to know, in this process."""
    reference = settled(brief)
    limits = Limits(threads=1, waiting_bytes=1 << 40, released_bytes=1 << 40, piece_rows=1, buckets=buckets)
    return DecisionInputs(reading_of(reference), reference, brief.interval, private_engine(), Path(), limits)


class TaskFailedError(Exception):
    """A task's failure as it may stand in a log: the kind of the error and its place in the code, and no value."""


def sealed(work: Task) -> Task:
    """The same work, whose failures say no value: Spark copies what a task raises into the logs of driver and
    executors.
    """

    def task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from work(batches)
        except Exception as error:
            told = _told(error)
        else:
            return
        raise TaskFailedError(MARK + told)

    return task


def _told(error: Exception) -> str:
    """What may be told of an error, as JSON. The messages of our own errors hold no values (SPEC 9); all others may."""
    if isinstance(error, OffdutyError) and type(error).__name__ in _KINDS:
        return json.dumps({"kind": type(error).__name__, "what": error.what, "file": error.file, "row": error.row})
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "?" if trace is None else f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    return json.dumps({"kind": type(error).__name__, "place": place})


def failure(error: Exception) -> OffdutyError:
    """What a failed job of Spark means for the run: the error that a task told of, or that the cluster did not hold."""
    found = _TOLD.search(str(error))
    if found is None:
        return EngineError(
            f"Spark could not finish its work ({type(error).__name__}); nothing was published. Look into the logs of the"
            " cluster, then run again"
        )
    told = json.loads(found.group(1))
    if told["kind"] in _KINDS:
        return _KINDS[told["kind"]](told["what"], file=told["file"], row=told["row"])
    return OffdutyError(
        f"unexpected failure in a task ({told['kind']} in {told['place']}); nothing was published. Report this"
    )
