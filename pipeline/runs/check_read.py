"""Checks that a run read something: a file without one usable row, or pings that nobody's device sent, stop it.

Rules: specification#bad-ping-file, specification#nothing-read.
"""

from __future__ import annotations

import re

from offduty.core.errors import InputError
from offduty.core.instants import WITHOUT_SUMMER_TIME
from offduty.core.shapes import shape_of
from offduty.core.times import lacks_offset
from offduty.ingest.columns import ColumnsError, for_each
from offduty.ingest.duckdb_session import DuckDBSession
from offduty.ingest.ping_files import PingFile, first_texts
from offduty.outputs.outcome import PingCounts

_ALL_YEAR = {"EST": "Etc/GMT+5", "MST": "Etc/GMT+7", "HST": "Etc/GMT+10"}
"""Names of the same offsets that are meant by nobody for a zone with summer time; for GMT it is UTC."""


def check_read(files: list[PingFile], counts: PingCounts, engine: DuckDBSession) -> None:
    """Raise `InputError` where a file of pings has rows and not one with a device and an instant, and where pings were
    read and none of them meets an assignment (specification#nothing-read).
    """
    for_each(files, lambda file: _check_usable(file, counts, engine))
    if counts.pings and counts.pings == counts.misplaced:
        raise InputError(
            "not one ping has a position that can be read: lon and lat must be degrees, as decimal numbers. Nothing was"
            " published"
        )
    if counts.pings and not counts.met:
        raise InputError(
            "no ping is of a device that anybody was ever assigned: are the ids in pings and assignments the same ids?"
            " Nothing was published"
        )


def _check_usable(file: PingFile, counts: PingCounts, engine: DuckDBSession) -> None:
    rows, usable = counts.usable.get(file.first_row, (0, 0))
    if not file.rows or rows < file.rows or usable:
        return
    texts = first_texts(file, engine)
    shapes = "; ".join(f"{name} looks like {look_of(text)}" for name, text in texts.items())
    raise ColumnsError(
        f"it has rows, and not one with a device and an instant that can be read ({shapes})"
        f"{_two_readings(texts['observed_at'], file.source.declared.time_zone)}",
        file=file.source.name,
    )


def _two_readings(observed_at: str, zone: str | None) -> str:
    """That a wall time in the declared zone has two readings because of the zone; empty where that is not the reason
    (specification#gmt-all-year).
    """
    if zone not in WITHOUT_SUMMER_TIME or not lacks_offset(observed_at):
        return ""
    return (
        f'; inputs.pings.time_zone = "{zone}" may mean that offset all year or the zone of the policy, so that a time'
        f' in summer has two readings: declare "{_ALL_YEAR.get(zone or "", "UTC")}", or the policy\'s zone'
    )


def look_of(text: str) -> str:
    """What a value looks like, without the value: digits are 9, letters are x. Never the value itself
    (specification#silence).

    >>> look_of("02/03/2026 08:00"), look_of("1772438400"), look_of("")
    ('99/99/9999 99:99', 'whole numbers of 10 digits: seconds since 1970?', 'nothing')
    """
    if re.fullmatch(r"\d{9,10}|\d{13}|\d{16}|\d{19}", text):
        unit = {13: "milliseconds", 16: "microseconds", 19: "nanoseconds"}.get(len(text), "seconds")
        return f"whole numbers of {len(text)} digits: {unit} since 1970?"
    return shape_of(text[:40]) or "nothing"
