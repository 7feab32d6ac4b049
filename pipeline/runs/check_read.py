"""Checks that a run read something: a file without one usable row, or pings that nobody's device sent, stop it.

Rules: specification#bad-ping-file, specification#nothing-read.
"""

from __future__ import annotations

import re

from offduty.core.errors import InputError
from offduty.core.shapes import shape_of
from offduty.ingest.columns import ColumnsError, for_each
from offduty.ingest.duckdb_session import DuckDBSession
from offduty.ingest.ping_files import PingFile, first_texts
from offduty.outputs.outcome import PingCounts


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
    shapes = "; ".join(f"{name} looks like {look_of(text)}" for name, text in first_texts(file, engine).items())
    raise ColumnsError(
        f"it has rows, and not one with a device and an instant that can be read ({shapes})", file=file.source.name
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
