"""Says in which time a file of pings can hold rows, without reading one: by the date in its name, or by its Parquet
footer.

Only files that can hold rows of an interval and its context are read, hashed and named (specification#files-read).
Where a file does not say its time without doubt, it can hold rows of every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from offduty.config.file_date import file_date
from offduty.core.errors import InputError
from offduty.core.instants import FIRST_US, FOREVER_US, LAST_US, NEVER_US
from offduty.core.interval import Interval
from offduty.core.lazy_imports import when_used
from offduty.ingest.columns import for_each
from offduty.ingest.source_file import Source, state_of

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from offduty.core import times
    from offduty.decision import pings
else:
    pa = when_used("pyarrow")
    pq = when_used("pyarrow.parquet")
    times = when_used("offduty.core.times")
    pings = when_used("offduty.decision.pings")

EVERY_TIME = Interval(NEVER_US, FOREVER_US)
NO_TIME = Interval(FOREVER_US, NEVER_US)
_AT_ONCE = 4


class FileTimes:
    """The times of files of pings. Several runs share them: a footer is read again only when its file has changed."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Interval] = {}

    def of(self, sources: list[Source], zone: str) -> list[Interval]:
        """The time in which each file can hold rows, of files that `check_names` has checked; ``zone`` is the
        policy's.
        """
        shares = [sources[first::_AT_ONCE] for first in range(_AT_ONCE)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(lambda share: [self._of(source, zone) for source in share], shares))
        return [found[place % _AT_ONCE][place // _AT_ONCE] for place in range(len(sources))]

    @staticmethod
    def check_names(sources: list[Source], zone: str) -> None:
        """Raise `InputError`, with a line for each file, where the job declares a date and a name has none, or several;
        ``zone`` is the policy's.
        """
        named = [source for source in sources if source.declared.file_date]
        for_each(named, lambda source: day_of(source, zone))

    def _of(self, source: Source, zone: str) -> Interval:
        if source.declared.file_date:
            return day_of(source, zone) or EVERY_TIME
        if not says_its_time(source):
            return EVERY_TIME
        return self._cached(source, lambda: footer_time(source))

    def _cached(self, source: Source, read: Callable[[], Interval]) -> Interval:
        state = state_of(source)
        if state is None:
            return EVERY_TIME
        key = (source.path, state, source.declared.written_name("observed_at"))
        if key not in self._known:
            found = read()
            self._known[key] = found if state_of(source) == state else EVERY_TIME
        return self._known[key]


def day_of(source: Source, zone: str) -> Interval | None:
    """The local day of a file of pings, of which alone it may have rows; None where the job declares no date in names.

    Only the name counts that the file has below the job's folder or the input's: what lies above is no word about it.
    The day is one of the table's declared zone, else of the policy's, ``zone``. Raises `InputError` where the name has
    no date in the declared form, or several.
    """
    form = source.declared.file_date
    if source.table != "pings" or not form:
        return None
    day = file_date(source.found_as, form)
    if day is None:
        raise InputError(
            f"its name has not exactly one date as inputs.pings.file_date has it ({form}): rename the file, or name the"
            " files that have one with a pattern",
            file=source.name,
        )
    return _local_day(day, times.LocalTime(source.declared.time_zone, zone))


@lru_cache(maxsize=1 << 12)
def _local_day(day: date, local: times.LocalTime) -> Interval:
    """A bare date, read widely: where two zones may be meant, the days of both."""
    read = times.read_times(pa.chunked_array([pa.array([day.isoformat()])]), local)
    return Interval(int(read.early[0]), int(read.until[0]))


def says_its_time(source: Source) -> bool:
    """Whether the footer of a file is to be looked at, because its statistics are those of its instants: plain Parquet,
    whose instants stand in one column as timestamps, and whose name does not say the day.
    """
    declared = source.declared
    if declared.file_date:
        return False
    written_otherwise = any("observed_at" in part for part in (declared.times, declared.values, declared.constants))
    return source.kind == "parquet" and not source.compression and not written_otherwise


def footer_time(source: Source) -> Interval:
    """From the first instant of a Parquet file to behind the last, by its footer; `EVERY_TIME` where the footer does
    not say it, or no row has an instant, and `NO_TIME` where the file has no row.

    Rows without an instant are no reason to read a file: they hide nothing, and belong to the runs that read it.
    """
    try:
        metadata = pq.read_metadata(str(source.path))
        spans = list(_group_times(metadata, source.declared.written_name("observed_at")))
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return EVERY_TIME
    if not spans:
        return EVERY_TIME if metadata.num_rows else NO_TIME
    return Interval(min(low for low, _ in spans), max(high for _, high in spans) + 1)


def _group_times(metadata: pq.FileMetaData, name: str) -> Iterator[tuple[int, int]]:
    """The first and the last instant of each row group that has one. Raises `ValueError` where a group does not say it,
    and for wall times: they may have no reading, or several.
    """
    kind, place = _instants_in(metadata, name)
    if not pa.types.is_timestamp(kind) or kind.tz is None:
        raise ValueError("no instants")
    many, few = pings.UNITS_PER_US[kind.unit]
    for number in range(metadata.num_row_groups):  # a large file has hundreds, and a folder hundreds of files
        group = metadata.row_group(number)
        column = group.column(place)
        statistics = column.statistics
        if _says_its_span(column, statistics) and (low := statistics.min_raw * many // few) > NEVER_US:
            yield low, min(statistics.max_raw * many // few, FOREVER_US)
        elif not _is_without_instants(group, statistics):
            raise ValueError("no statistics")


def _is_without_instants(group: pq.RowGroupMetaData, statistics: pq.Statistics | None) -> bool:
    """Whether a row group says that every instant in it is NULL."""
    return statistics is not None and statistics.has_null_count and bool(statistics.null_count == group.num_rows)


def _says_its_span(column: pq.ColumnChunkMetaData, statistics: pq.Statistics | None) -> bool:
    """Whether a column of instants says the first and the last of a row group."""
    return (
        statistics is not None
        and statistics.has_min_max
        and column.physical_type == "INT64"
        and statistics.min_raw <= statistics.max_raw
    )


_FARTHEST_OFFSET_US = 26 * 3_600_000_000  # more than any zone is away from UTC


def group_span(metadata: pq.FileMetaData, group: int, name: str = "observed_at") -> tuple[int, int, bool]:
    """The first and the last instant of a row group by its statistics, and whether it may have rows without one.

    Where the statistics do not say: `NEVER_US`, `FOREVER_US` and True, so that the group is always read. ``name`` is
    the column of the instants. Raises `KeyError` or `ValueError` where the file does not have exactly one such column.
    """
    kind, place = _instants_in(metadata, name)
    return _span_in(metadata.row_group(group).column(place), kind)


def _instants_in(metadata: pq.FileMetaData, name: str) -> tuple[pa.DataType, int]:
    """The type of the column of instants, and its place among the leaves of the schema."""
    leaves = [metadata.schema.column(number).path for number in range(metadata.num_columns)]
    if leaves.count(name) > 1:
        raise ValueError("a doubled column")
    return metadata.schema.to_arrow_schema().field(name).type, leaves.index(name)


def _span_in(column: pq.ColumnChunkMetaData, kind: pa.DataType) -> tuple[int, int, bool]:
    statistics = column.statistics
    if not pa.types.is_timestamp(kind) or not _says_its_span(column, statistics):
        return NEVER_US, FOREVER_US, True
    many, few = pings.UNITS_PER_US[kind.unit]
    low, high = statistics.min_raw * many // few, statistics.max_raw * many // few
    if kind.tz is None:  # wall times: the instants are not farther from them than any zone is from UTC
        low, high = low - _FARTHEST_OFFSET_US, high + _FARTHEST_OFFSET_US
    readable = low >= FIRST_US and high <= LAST_US and kind.tz is not None
    timeless = not (readable and statistics.has_null_count and statistics.null_count == 0)
    return max(low, NEVER_US), min(high, FOREVER_US), timeless
