"""Prepares the rows of places for the geofence: whose they are, and when they hold, read widely and narrowly.

A place protects whenever it may be valid. As a home on record it counts only where that is certain: within the narrow
reading of its validity, and if it was certainly recorded by ``as_of`` (specification#bare-dates,
specification#unknown-yet).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints, bools_to_arrow, string_array, to_arrow, to_ints
from offduty.core.id_columns import coded_ids
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.refusal import Refusal
from offduty.core.times import LocalTime, read_times

NO_RECORD_TIME = "recorded_at cannot be read: it protects, and is no home on record"


@dataclass(frozen=True)
class PlaceRows:
    """The rows that were there at ``as_of``, with columns for the geofence, how many were recorded later, and whether
    some have no record time; ``refused`` are the rows whose record time cannot be read.

    ``there`` is the place of each row in the table. ``unreadable`` says of each row that one of its times cannot be
    read, and ``doubtful`` that it may have been recorded after ``as_of``.
    """

    rows: pa.Table
    there: Ints
    unreadable: Bools
    doubtful: Bools
    unknown_yet: int
    timeless: bool = False
    refused: tuple[Refusal, ...] = ()


def place_rows(rows: pa.Table, local: LocalTime, as_of_us: int = FOREVER_US) -> PlaceRows:
    """The rows with ``officer_id`` as an id, and six more columns.

    ``valid_from_us``, ``valid_to_us`` (int64) are the widest validity, ``home_from_us`` and ``home_to_us`` the
    narrowest; a missing start or end is open. ``validity_read`` is False where the validity cannot be read, or ends
    before it starts; such a place is always valid (specification#bad-place). ``home_known`` is False where the row may
    have been recorded after ``as_of``.
    """
    begin, end, recorded = (read_times(rows[name], local) for name in ("valid_from", "valid_to", "recorded_at"))
    readable = (begin.read | begin.missing) & (end.read | end.missing) & ~end.before(begin)
    wide = np.where(begin.read, begin.early, NEVER_US), np.where(end.read, end.until, FOREVER_US)
    narrow = np.where(begin.read, begin.late, NEVER_US), np.where(end.read, end.early, FOREVER_US)
    known = recorded.missing | (recorded.read & (recorded.until <= as_of_us))
    officer = coded_ids(rows["officer_id"])
    ids = [officer.texts[code] if code >= 0 else None for code in officer.codes.tolist()]
    prepared = rows.set_column(rows.schema.get_field_index("officer_id"), "officer_id", string_array(ids))
    for name, values in zip(
        ("valid_from_us", "valid_to_us", "home_from_us", "home_to_us"), (*wide, *narrow), strict=True
    ):
        prepared = prepared.append_column(name, to_arrow(values.astype(np.int64), pa.int64()))
    prepared = prepared.append_column("validity_read", bools_to_arrow(readable))
    prepared = prepared.append_column("home_known", bools_to_arrow(known))
    there = np.flatnonzero(~(recorded.read & (recorded.early > as_of_us)))
    unreadable = np.flatnonzero(~recorded.read & ~recorded.missing).tolist()
    file, row = to_ints(rows["file"].cast(pa.int64()), -1), to_ints(rows["row"], -1)
    return PlaceRows(
        rows=prepared.take(to_arrow(there, pa.int64())),
        there=there,
        unreadable=(~readable | ~(recorded.read | recorded.missing))[there],
        doubtful=(recorded.read & (recorded.until > as_of_us))[there],
        unknown_yet=rows.num_rows - len(there),
        timeless=bool(recorded.missing.any()),
        refused=tuple(Refusal("places", int(file[i]), int(row[i]), NO_RECORD_TIME) for i in unreadable),
    )
