"""Writes single values of a reference table in one canonical way, so that equal rows have equal digests.

Every value becomes a piece of JSON. What can be read is written by what it says and not by how it is spelled; what
cannot be read is the text as it stands (specification#canonical-row). Nothing here asks in which zone a wall time is
meant: time zones change, and a row does not change with them.
"""

from __future__ import annotations

import json
import re
from typing import Any

from offduty.core.ids import clean_id, stripped
from offduty.core.instants import DAY_FORM, written_instant
from offduty.core.times import is_missing_time

NULL = "null"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LARGEST = 1.7976931348623157e308


def id_value(text: str) -> str:
    """An id without the white space around it; one that is missing is null.

    >>> id_value(" R7 "), id_value("NULL"), id_value('["R7"]')
    ('"R7"', 'null', '"[\\\\"R7\\\\"]"')
    """
    bare = stripped(text)
    if clean_id(text) is None and bare[:1] not in ("[", "{"):
        return NULL
    return text_value(bare)


def time_value(text: str) -> str:
    """A time: an instant as microseconds since 1970, a wall time as these in brackets, a bare date as its text.

    >>> time_value("2026-03-02T09:00+01:00"), time_value("2026-03-02 08:00"), time_value("2026-03-02")
    ('1772438400000000', '[1772438400000000]', '"2026-03-02"')
    >>> time_value("NULL"), time_value("soon")
    ('null', '"soon"')
    """
    if is_missing_time(text):
        return NULL
    found = None if DAY_FORM.fullmatch(text) else written_instant(text)
    if found is None:
        return text_value(text)
    us, has_offset = found
    return str(us) if has_offset else f"[{us}]"


def number_value(text: str) -> str:
    """A number as the shortest text that reads back as the same double; one that cannot be read is a question mark.

    >>> number_value(" 0.10 "), number_value("1e2"), number_value("-0"), number_value("1_0")
    ('0.1', '100.0', '0.0', '"?"')
    """
    bare = stripped(text)
    if not bare:
        return NULL
    value = float(bare) if _NUMBER.fullmatch(bare) else None
    return '"?"' if value is None or abs(value) > _LARGEST else repr(value + 0.0)


def text_value(text: str) -> str:
    """Any other text as it stands; white space alone is null, and a JSON list or object is written without spaces.

    >>> text_value("duty "), text_value(" "), text_value('{"b": 1, "a": 2}')
    ('"duty "', 'null', '"{\\\\"a\\\\":2,\\\\"b\\\\":1}"')
    """
    if not stripped(text):
        return NULL
    return json.dumps(_plain_json(text) if text[:1] in ("[", "{") else text)


def _plain_json(text: str) -> str:
    try:
        return json.dumps(json.loads(text, object_pairs_hook=_first_counts), sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError):
        return text


def _first_counts(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))
