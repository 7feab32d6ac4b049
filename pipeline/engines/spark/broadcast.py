"""What is broadcast to the tasks, and settled once in each process; and how a task fails without showing a value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from offduty.config.declarations import TableDeclaration
from offduty.config.policy import Policy
from offduty.core.errors import EngineError, InputError, OffdutyError, StorageError, UsageError
from offduty.core.interval import Interval
from offduty.core.versions import versions
from offduty.decision.decide import Reference
from offduty.decision.reference import private_engine, reading_of, settle_reference
from offduty.engines.decider import DecisionInputs, Limits
from offduty.engines.spark.wire import pack_table, unpack_table

Task = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
"""A function for Spark's `mapInArrow`."""
MARK = "offduty task failed: "
_REPORT = re.compile(re.escape(MARK) + r"(\{.*\})")
_KINDS = {kind.__name__: kind for kind in (InputError, StorageError, UsageError)}


@dataclass(frozen=True)
class Broadcast:
    """Reference tables as Arrow bytes, the policy, ``as_of``, the interval, the versions that the driver runs on, and
    what is declared of the tables.

    It is sent to the executors in the closure of the tasks. It has no key: pseudonyms are made by the driver.
    """

    tables: tuple[tuple[str, bytes], ...]
    policy: Policy
    as_of_us: int
    interval: Interval
    versions: tuple[tuple[str, str], ...]
    declared: tuple[tuple[str, TableDeclaration], ...]

    def __hash__(self) -> int:
        """Without policy and declarations, which have mappings; two that differ in these alone are still unequal."""
        return hash((self.tables, self.as_of_us, self.interval, self.versions))


def broadcast_of(
    tables: Mapping[str, pa.Table],
    policy: Policy,
    as_of_us: int,
    interval: Interval,
    declared: Mapping[str, TableDeclaration],
) -> Broadcast:
    """The broadcast for reference tables as text, such as `settle_reference` takes them."""
    packed = tuple((name, pack_table(table)) for name, table in tables.items())
    return Broadcast(packed, policy, as_of_us, interval, tuple(versions().items()), tuple(declared.items()))


@lru_cache(maxsize=1)
def settled(broadcast: Broadcast) -> Reference:
    """The reference as this process has settled it: with the same code, from the same tables, so with the same
    numbers for officers, devices and windows as the driver's.

    Raises `UsageError` where this process runs on other versions than the driver: the output could differ, and the
    versions in the manifest would be wrong.
    """
    here = dict(versions())
    other = sorted(name for name, version in broadcast.versions if here.get(name) != version)
    if other:
        raise UsageError(
            f"the executors do not run on the driver's versions ({', '.join(other)}); install the same ones on all"
            " machines"
        )
    tables = {name: unpack_table(packed) for name, packed in broadcast.tables}
    return settle_reference(tables, broadcast.policy, broadcast.as_of_us, dict(broadcast.declared)).reference


@lru_cache(maxsize=2)
def inputs_of(broadcast: Broadcast, buckets: int) -> DecisionInputs:
    """The inputs of a decision in this process, with limits that never spill; raises what `settled` raises."""
    reference = settled(broadcast)
    limits = Limits(threads=1, waiting_bytes=1 << 40, released_bytes=1 << 40, piece_rows=1, buckets=buckets)
    return DecisionInputs(reading_of(reference), reference, broadcast.interval, private_engine(), Path(), limits)


class TaskFailedError(Exception):
    """A task's failure as it may be logged: the kind of the error and its place in the code, and no value."""


def sealed(work: Task) -> Task:
    """The same work, whose failures show no value. Spark copies what a task raises into the logs of driver and
    executors (specification#silence).
    """

    def task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from work(batches)
        except Exception as error:
            report = _report(error)
        else:
            return
        raise TaskFailedError(MARK + report)

    return task


def _report(error: Exception) -> str:
    """What may be logged of an error, as JSON. Messages of `OffdutyError` have no values; any other message may."""
    if isinstance(error, OffdutyError) and type(error).__name__ in _KINDS:
        return json.dumps({"kind": type(error).__name__, "what": error.what, "file": error.file, "row": error.row})
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "?" if trace is None else f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    return json.dumps({"kind": type(error).__name__, "place": place})


def failure(error: Exception) -> OffdutyError:
    """The error to raise for a failed Spark job: the one that a task reported, or `EngineError` where the cluster
    itself failed.
    """
    found = _REPORT.search(str(error))
    if found is None:
        return EngineError(
            f"Spark could not finish its work ({type(error).__name__}); nothing was published. Look into the logs of"
            " the cluster, then run again"
        )
    report = json.loads(found.group(1))
    if report["kind"] in _KINDS:
        return _KINDS[report["kind"]](report["what"], file=report["file"], row=report["row"])
    return OffdutyError(
        f"unexpected failure in a task ({report['kind']} in {report['place']}); nothing was published. Report this"
    )
