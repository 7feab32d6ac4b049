"""Says in one line each what a run hid, refused or passed over: what meets nothing hides nothing, and is said.

The lines are made from the manifest, so an answer that was already there says the same. They have row numbers of
assignments, rosters and pings, and of places and sites only counts (specification#silence).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from offduty.core.reasons import QuarantineReason, Reason
from offduty.core.times import WITHOUT_SUMMER_TIME

MOST_ROWS = 5
COUNTED = {
    ("roster", "unmet"): "rows are of officers whom no assignment names: they meet nobody",
    ("places", "lookalike"): "places are of an id that looks like an officer's: they protect that officer, and are no"
    " home on record",
    ("pings", "lookalike"): "pings are of a device_id that looks like an assigned one, and is none",
    ("places", "far"): "places lie farther from every site than places.max_km: they protect where they lie, and are no"
    " home on record",
    ("places", "unmet"): "places are of officers whom no assignment names: they protect nobody",
    ("sites", "too_large"): "sites are larger than legs.max_site_km2: they do not count",
    ("sites", "beside"): "sites lie within places.buffer_m of somebody's place: they do not count for that officer",
}

TELLING = {
    "grows": "only ever grows with an officer's time, as an odometer does: it tells how long a hidden way was",
    "free_text": "is free text: it may name persons and places",
}


def notes_of(document: Mapping[str, Any]) -> list[str]:
    """The lines for a manifest; empty for a run about which there is nothing to say."""
    return [
        *_released_nothing(document),
        *_quarantined(document),
        *_rows(document, "refused", "not readable, hiding more until corrected"),
        *_rows(document, "reported", "read with doubt"),
        *counted_in(document),
        *_all_year(document),
        *_not_there(document),
        *_ignored(document),
        *_telling(document),
    ]


def _released_nothing(document: Mapping[str, Any]) -> Iterator[str]:
    counts = {word: count for word, count in document["counts"].items() if count}
    if not counts:
        yield "nothing was released: no ping lies in the interval"
    elif not counts.get(Reason.ON_DUTY.word):
        commonest = ", ".join(f"{word} ({count:,})" for word, count in Counter(counts).most_common(3))
        yield f"nothing was released; the commonest reasons: {commonest}"


def _quarantined(document: Mapping[str, Any]) -> Iterator[str]:
    for reason in QuarantineReason:
        count = document["quarantined"].get(reason.word, 0)
        if count:
            yield f"{_many(count, 'row')} of pings quarantined, {reason.word}: {reason.because}"


def _rows(document: Mapping[str, Any], key: str, what: str) -> Iterator[str]:
    """One line for each table and reason, with the first rows of each file."""
    names = {entry["file"]: entry["name"] for entry in document["inputs"]}
    entries = sorted(document.get(key, ()), key=lambda row: (row["table"], row["why"], row["file"], row["row"]))
    for (table, why), group in groupby(entries, key=lambda row: (row["table"], row["why"])):
        rows = list(group)
        some = ", ".join(f"{names[row['file']]} row {row['row']}" for row in rows[:MOST_ROWS])
        more = f" and {len(rows) - MOST_ROWS:,} more" if len(rows) > MOST_ROWS else ""
        yield f"{table}: {_many(len(rows), 'row')} {what} ({why}): {some}{more}"


def counted_in(document: Mapping[str, Any]) -> Iterator[str]:
    """What was found of rows that are only counted, one line for each table and finding."""
    for table, found in document.get("reported_counts", {}).items():
        for what, count in found.items():
            yield f"{table}: {count} {COUNTED[table, what]}"


def _all_year(document: Mapping[str, Any]) -> Iterator[str]:
    for table, declared in document.get("declarations", {}).items():
        if declared.get("time_zone") in WITHOUT_SUMMER_TIME:
            yield f"{table}: the declared time zone knows no summer time: it is read so, and also as the policy's zone"


def _not_there(document: Mapping[str, Any]) -> Iterator[str]:
    for table, count in document.get("recorded_after_as_of", {}).items():
        yield f"{table}: {_many(count, 'row')} recorded after as_of: not there for this run"
    if document.get("after_as_of"):
        yield f"{_many(document['after_as_of'], 'ping')} after as_of: not decided; a later run decides them"


def _ignored(document: Mapping[str, Any]) -> Iterator[str]:
    for table, columns in document["columns_ignored"].items():
        yield f"{table}: columns that are not used: {', '.join(columns)}"


def _telling(document: Mapping[str, Any]) -> Iterator[str]:
    for name, what in document.get("telling_columns", {}).items():
        yield f"release.extra_columns: the column {name!r} {TELLING[what]}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
