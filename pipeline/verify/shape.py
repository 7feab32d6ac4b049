"""What a manifest must look like before anybody relies on it: its keys, the kinds of its values, names that lead nowhere else.

An auditor reads manifests that somebody may have written to mislead, or to break whoever reads them (SPEC 8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

RUNS = ("run", "heartbeat")
"""The kinds of entries that stand for a run."""
Test = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 62


def _flag(value: Any) -> bool:
    return type(value) is bool


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _measure(value: Any) -> bool:
    """A measured number, as text: digits, perhaps a point, and not beyond the Earth."""
    return isinstance(value, str) and re.fullmatch(r"\d{1,8}(\.\d{1,40})?", value) is not None


def _instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and value.endswith("Z") and datetime.fromisoformat(value).utcoffset() is not None
    except ValueError:
        return False


def _day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _instant_or_none(value: Any) -> bool:
    return value == "" or _instant(value)


def _hex(digits: int) -> Test:
    return lambda value: isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{digits}}}", value) is not None


def _one_of(*words: str) -> Test:
    return lambda value: value in words


def _within(least: int, most: int) -> Test:
    return lambda value: _count(value) and least <= value <= most


def _name(value: Any) -> bool:
    """A relative name that leads nowhere else."""
    if not isinstance(value, str) or not value or value.startswith("/") or "\\" in value or "\0" in value:
        return False
    return not {"", ".", ".."} & set(value.split("/"))


def _each(test: Test) -> Test:
    return lambda value: isinstance(value, dict) and all(map(test, value.values()))


def _list_of(keys: Mapping[str, Test]) -> Test:
    return lambda value: isinstance(value, list) and all(not list(_wrong(one, keys)) for one in value)


def _with(keys: Mapping[str, Test]) -> Test:
    return lambda value: not list(_wrong(value, keys))


POLICY: dict[str, Test] = {
    "policy": _with({"name": _text, "purpose": _text, "timezone": _text}),
    "duty": _with({"on_codes": _texts, "late_edit_tolerance_s": _count}),
    "accuracy": _with({"max_m": _measure, "factor": _measure, "when_missing": lambda v: v == "mask" or _measure(v)}),
    "places": _with({"buffer_m": _measure, "require_home": _flag}),
    "legs": _with({"rule": _one_of("anchored", "off")}),
    "release": _with(
        {"time_step_s": _within(1, 100 * 365 * 86_400), "decimals": _within(0, 9), "extra_columns": _texts}
    ),
    "pseudonym": _with({"rotate": _one_of("day", "week", "month", "never")}),
}
TABLES = _one_of("pings", "assignments", "roster", "places", "sites")
RUN: dict[str, Test] = {
    "kind": _one_of(*RUNS), "run_id": _hex(32), "question": _hex(32), "as_of": _instant,
    "interval": _with({"from": _instant_or_none, "to": _instant_or_none}),
    "policy": _with(POLICY), "policy_sha256": _hex(64), "keys": _each(_hex(32)),
    "inputs": _list_of(
        {"file": _count, "table": TABLES, "name": _name, "sha256": _hex(64), "bytes": _count, "rows": _count}
    ),
    "outputs": _list_of({"name": _name, "sha256": _hex(64), "bytes": _count, "rows": _count}),
    "counts": _each(_count), "quarantined": _each(_count), "columns_ignored": _each(_texts),
    "columns_read_as_utc": _each(_texts),
    "refused": _list_of({"table": TABLES, "file": _count, "row": _count, "why": _text}),
    "open_windows": _count, "last_recorded_at": _instant_or_none, "versions": _each(_text),
}  # fmt: skip
"""Every key of a run's manifest, and what its value must be; no key may be missing, and none be there besides."""
EXPIRY: dict[str, Test] = {
    "kind": _one_of("expiry"), "recorded_at": _instant, "before": _day, "why": _text, "versions": _each(_text),
    "files": _list_of({"run_id": _hex(32), "name": _name, "sha256": _hex(64), "bytes": _count}),
}  # fmt: skip
ROTATION: dict[str, Test] = {
    "kind": _one_of("rotation"), "recorded_at": _instant, "old_key": _text, "new_key": _text, "new_key_sha256": _hex(64),
    "lost_old_key": _flag, "versions": _each(_text),
}  # fmt: skip
SHAPES = {**dict.fromkeys(RUNS, RUN), "expiry": EXPIRY, "rotation": ROTATION}


def faults_of(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a manifest, in words; of a kind that is not known nothing is said."""
    if _holds_float(document):
        yield "holds a fraction: numbers are whole, or text"
    kind = document.get("kind")
    if not isinstance(kind, str):
        yield "does not say of what kind it is"
    elif kind in SHAPES:
        yield from (f"holds no manifest of its kind: {what}" for what in _wrong(document, SHAPES[kind]))


def _wrong(document: Any, keys: Mapping[str, Test]) -> Iterator[str]:
    if not isinstance(document, dict) or set(document) != set(keys):
        yield "a key is missing, or one is too many"
        return
    for key, test in keys.items():
        if not test(document[key]):
            yield f"{key} is not what it must be"


def _holds_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_float, value.values()))
    return any(map(_holds_float, value)) if isinstance(value, list) else isinstance(value, float)
