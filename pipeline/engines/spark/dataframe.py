"""Decides pings that are a table of Spark: one reason for each row, and the release columns of the rows that are
released.

Works on Spark 3.5 and 4, and over Spark Connect: it uses only `mapInArrow` and `repartition`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from offduty.arrays.arrow import string_array
from offduty.arrays.dictionary import without_empty_rows
from offduty.config.contracts import contract
from offduty.config.declarations import TableDeclaration
from offduty.config.policy import Policy
from offduty.core.errors import UsageError
from offduty.core.instants import FOREVER_US, NEVER_US, instant, to_us
from offduty.core.interval import Interval
from offduty.core.reasons import Reason
from offduty.decision.reference import columns_as_text, settle_reference
from offduty.duty.timeline import Timeline
from offduty.engines.spark.broadcast import broadcast_of
from offduty.engines.spark.table_tasks import judge_rows, result_schema, settle_officers
from offduty.engines.spark.wire import MESSAGES_DDL, pack_table
from offduty.outputs.pseudonyms import period, pseudonym
from offduty.outputs.release import SCHEMA

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

KEYS = ("file", "row")
NEEDED = ("device_id", "observed_at", "lon", "lat")
OPTIONAL = ("accuracy_m", "received_at", "valid")
TABLES = ("assignments", "roster", "places", "sites")
_TYPES = {
    pa.string(): "string",
    pa.float64(): "double",
    pa.binary(): "binary",
    pa.timestamp("us", "UTC"): "timestamp",
}


def decide(
    spark: SparkSession,
    pings: DataFrame,
    reference: Mapping[str, Any],
    policy: Policy,
    as_of: datetime | str,
    *,
    keys: Sequence[str] = KEYS,
    pseudonym_key: bytes | None = None,
    declared: Mapping[str, TableDeclaration] | None = None,
) -> DataFrame:
    """One row for each row of ``pings``: its ``keys``, its ``reason``, and the columns of a release, which are NULL
    where the ping is hidden.

    ``pings`` has ``device_id``, ``observed_at``, ``lon``, ``lat``, perhaps ``accuracy_m``, and the columns ``keys``,
    which together identify a row; of pings that are equal in everything else the first by ``keys`` is released. It has
    all pings of its officers, because the reason of one may depend on the others of its duty window
    (specification#context). ``reference`` maps ``assignments``, ``roster``, ``places`` and ``sites`` to Arrow tables or
    Spark tables; one that is missing is empty. The reason of a row that cannot be read as a ping is ``quarantine:`` and
    the reason for its quarantine.

    ``declared`` says how the tables are written. A ping after ``as_of`` has no reason (NULL): it is not there yet.

    Without ``pseudonym_key`` there is no column ``officer``. The key never leaves the driver. Raises `UsageError` where
    a column is missing, and `OwnerlessRowError` for a reference row that stops a run
    (specification#row-without-owner). When the result is computed, a task that fails raises Spark's own error, without
    any value.
    """
    keys = tuple(keys)
    _check(pings, keys)
    as_of_us = _as_of_us(as_of)
    tables = {name: _as_text(name, reference.get(name)) for name in TABLES}
    known = dict(declared or {})
    timeline = settle_reference(tables, policy, as_of_us, known).reference.timeline
    names = None if pseudonym_key is None else _pseudonyms(timeline, policy, pseudonym_key)
    broadcast = broadcast_of(tables, policy, as_of_us, Interval(NEVER_US, FOREVER_US), known)
    wanted = [*keys, *(name for name in (*NEEDED, *OPTIONAL) if name in pings.columns)]
    messages = pings.select(*wanted).mapInArrow(judge_rows(broadcast, keys), MESSAGES_DDL)
    partitions = int(spark.conf.get("spark.sql.shuffle.partitions") or 200)
    # With a number, adaptive execution may not change the partitions while the query runs.
    by_officer = messages.repartition(partitions, "bucket")
    return by_officer.mapInArrow(settle_officers(broadcast, keys, names), _result_type(pings, keys, names is not None))


def released(decided: DataFrame) -> DataFrame:
    """What analysts get of the result of `decide`: the released rows, without keys and reasons."""
    columns = [name for name in decided.columns if name in SCHEMA.names]
    return decided.where(decided["reason"] == Reason.ON_DUTY.word).select(*columns)


def ledger(decided: DataFrame) -> DataFrame:
    """What auditors get of the result of `decide`: the keys and the reason of every row, and no other column."""
    return decided.drop(*SCHEMA.names)


def _check(pings: DataFrame, keys: tuple[str, ...]) -> None:
    missing = [name for name in (*keys, *NEEDED) if name not in pings.columns]
    if missing or not keys:
        raise UsageError(f"the table of pings lacks a column: {', '.join(missing) or 'keys to name its rows by'}")
    taken = sorted({*NEEDED, *OPTIONAL, "reason", *SCHEMA.names} & set(keys))
    if taken:
        raise UsageError(f"a key may not be called {', '.join(taken)}: the result has a column of that name")


def _as_of_us(as_of: datetime | str) -> int:
    if isinstance(as_of, datetime):
        return to_us(as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC))
    us = instant(as_of)
    if us is None:
        raise UsageError(f"as_of is not an instant (such as 2026-03-02T08:00:00Z): {as_of!r}")
    return us


def _as_text(name: str, table: Any) -> pa.Table:
    """The rows of a reference table as text, numbered, without empty rows. A Spark table is collected on the driver;
    None has no rows.
    """
    if table is None:
        table = pa.table({contract(name).names[0]: string_array([])})
    collected = table if isinstance(table, pa.Table) else _collected(name, table)
    return without_empty_rows(columns_as_text(name, collected))


def _collected(name: str, table: DataFrame) -> pa.Table:
    """The columns of the contract as text. Timestamps get an offset: without one they would be read as wall times."""
    from pyspark.sql import functions, types

    picked = []
    for column in (column for column in contract(name).names if column in table.columns):
        kind, text = table.schema[column].dataType, table[column]
        if isinstance(kind, types.TimestampType):
            zulu = functions.to_utc_timestamp(text, functions.expr("current_timezone()"))
            text = functions.date_format(zulu, "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'")
        elif isinstance(kind, types.BinaryType):
            text = functions.hex(text)
        picked.append(text.cast("string").alias(column))
    selected = table.select(*picked)
    rows = selected.collect()
    return pa.table({column: string_array([row[column] for row in rows]) for column in selected.columns})


def _pseudonyms(timeline: Timeline, policy: Policy, key: bytes) -> bytes:
    """The pseudonym of each duty window's officer in its period, by the window's number, packed for the tasks."""
    windows, officers = timeline.windows, list(timeline.officers)
    days = windows.dates(policy.policy.timezone).tolist()
    during = {day: period(date.fromordinal(day), policy.pseudonym.rotate) for day in set(days)}
    pairs = list(zip(windows.officer.tolist(), (during[day] for day in days), strict=True))
    made = {pair: pseudonym(key, policy.policy.purpose, pair[1], officers[pair[0]]) for pair in set(pairs)}
    return pack_table(pa.table({"officer": string_array([made[pair] for pair in pairs])}))


def _result_type(pings: DataFrame, keys: tuple[str, ...], named: bool) -> StructType:
    """The columns of the result as Spark declares them. Each may be NULL."""
    from pyspark.sql import types

    wanted = types.StructType()
    for key in keys:
        wanted = wanted.add(key, pings.schema[key].dataType, True)
    for field in result_schema(named):
        wanted = wanted.add(field.name, _TYPES[field.type], True)
    return wanted
