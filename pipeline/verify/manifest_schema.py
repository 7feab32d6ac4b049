"""What a manifest must look like before anybody relies on it: its keys, the kinds of its values, names that lead
nowhere else.

An auditor reads manifests that somebody may have written to mislead, or to break whoever reads them (SPEC 8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

LONGEST_NAME = 1_000  # characters
OUTPUT = r"(?:(?:ledger|quarantine)|release/date=[0-9]{4}-[0-9]{2}-[0-9]{2})/part-[0-9]{5}\.parquet"
REASONS = (
    "unassigned",
    "shared",
    "off_duty",
    "late_edit",
    "window_open",
    "imprecise",
    "no_home",
    "protected_place",
    "home_leg",
    "duplicate",
    "on_duty",
)
QUARANTINED = ("no_device", "bad_time", "future_time", "bad_position")
TABLE_NAMES = ("pings", "assignments", "roster", "places", "sites")
VERSIONED = ("offduty", "duckdb", "pyarrow", "shapely", "tzdata", "python", "geos", "proj")
RUNS = ("run", "heartbeat")
"""The kinds of entries that stand for a run."""
Test = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _sentence(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 1_000 and value.isprintable()


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 62


def _flag(value: Any) -> bool:
    return type(value) is bool


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _measure(value: Any) -> bool:
    """A measured number, as text: digits, perhaps a point, and not beyond the Earth."""
    return isinstance(value, str) and re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,40})?", value) is not None


def _instant(value: Any) -> bool:
    """An instant in the one spelling that manifests have: no fraction where there is none, else six digits."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{6})?Z", value):
        return False
    try:
        return datetime.fromisoformat(value).isoformat().replace("+00:00", "Z") == value
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
    """A relative name that leads nowhere else, and can be shown."""
    if not isinstance(value, str) or len(value) > LONGEST_NAME or not value.isprintable() or "\\" in value:
        return False
    return not {"", ".", ".."} & set(value.split("/"))


def _output(value: Any) -> bool:
    """The name of an output: its part, of a release its day, and a number; nothing that anybody could choose."""
    return isinstance(value, str) and re.fullmatch(OUTPUT, value) is not None


def _version(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z.+-]{1,40}", value) is not None


def _phrase(value: Any) -> bool:
    """A reason in plain words: short, printable, no figure of more than four digits."""
    return (
        isinstance(value, str)
        and re.fullmatch(r"[ -~×±°–’]{1,300}", value) is not None
        and not re.search("[0-9]{5}", value)
    )


def _only(test: Test, *keys: str) -> Test:
    """A mapping with some of these keys and no others."""
    return lambda value: isinstance(value, dict) and set(value) <= set(keys) and all(map(test, value.values()))


def _each(test: Test) -> Test:
    return lambda value: isinstance(value, dict) and all(map(test, value.values()))


def _list_of(keys: Mapping[str, Test]) -> Test:
    return lambda value: isinstance(value, list) and all(not list(_wrong(one, keys)) for one in value)


def _with(keys: Mapping[str, Test]) -> Test:
    return lambda value: not list(_wrong(value, keys))


_legs = _with({"rule": _one_of("anchored", "off"), "hold_s": _within(0, 100 * 365 * 86_400)})
POLICY: dict[str, Test] = {
    "policy": _with({"name": _text, "purpose": _text, "timezone": _text}),
    "duty": _with({"on_codes": _texts, "late_edit_tolerance_s": _count}),
    "accuracy": _with({"max_m": _measure, "factor": _measure, "when_missing": lambda v: v == "mask" or _measure(v)}),
    "places": _with({"buffer_m": _measure, "require_home": _flag}),
    "legs": lambda v: _legs({"hold_s": 0, **v}) if isinstance(v, dict) else False,  # older versions knew no hold
    "release": _with(
        {"time_step_s": _within(1, 100 * 365 * 86_400), "decimals": _within(0, 9), "extra_columns": _texts}
    ),
    "pseudonym": _with({"rotate": _one_of("day", "week", "month", "never")}),
}
TABLES = _one_of(*TABLE_NAMES)
RUN: dict[str, Test] = {
    "kind": _one_of(*RUNS),
    "run_id": _hex(32),
    "question": _hex(32),
    "as_of": _instant,
    "interval": _with({"from": _instant_or_none, "to": _instant_or_none}),
    "policy": _with(POLICY),
    "policy_sha256": _hex(64),
    "keys": _only(_hex(32), "pseudonym", "signing"),
    "inputs": _list_of(
        {"file": _count, "table": TABLES, "name": _name, "sha256": _hex(64), "bytes": _count, "rows": _count}
    ),
    "outputs": _list_of({"name": _output, "sha256": _hex(64), "bytes": _count, "rows": _count}),
    "counts": _with(dict.fromkeys(REASONS, _count)),
    "quarantined": _with(dict.fromkeys(QUARANTINED, _count)),
    "columns_ignored": _only(_texts, *TABLE_NAMES),
    "columns_read_as_utc": _only(_texts, *TABLE_NAMES),
    "refused": _list_of({"table": TABLES, "file": _count, "row": _count, "why": _phrase}),
    "open_windows": _count,
    "last_recorded_at": _instant_or_none,
    "versions": _with(dict.fromkeys(VERSIONED, _version)),
}
"""Every key of a run's manifest, and what its value must be; no key may be missing, and none be there besides."""
EXPIRY: dict[str, Test] = {
    "kind": _one_of("expiry"),
    "recorded_at": _instant,
    "before": _day,
    "why": _sentence,
    "versions": _only(_version, *VERSIONED),
    "files": _list_of({"run_id": _hex(32), "name": _output, "sha256": _hex(64), "bytes": _count}),
}
ROTATION: dict[str, Test] = {
    "kind": _one_of("rotation"),
    "recorded_at": _instant,
    "old_key": _text,
    "new_key": _text,
    "new_key_sha256": _hex(64),
    "lost_old_key": _flag,
    "versions": _only(_version, *VERSIONED),
}
SHAPES = {**dict.fromkeys(RUNS, RUN), "expiry": EXPIRY, "rotation": ROTATION}


def faults_of(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a manifest, in words; of a kind that is not known nothing is said."""
    if _holds_float(document):
        yield "holds a fraction: numbers are whole, or text"
    kind = document.get("kind")
    if not isinstance(kind, str):
        yield "does not say of what kind it is"
    elif kind in SHAPES:
        wrong = list(_wrong(document, SHAPES[kind])) or (list(_contradictions(document)) if kind in RUNS else [])
        yield from (f"holds no manifest of its kind: {what}" for what in wrong)


def _contradictions(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong between the parts of a run's manifest, each of which is what it must be."""
    names = [output["name"] for output in document["outputs"]]
    if names != sorted(set(names)):
        yield "outputs are out of order, or one stands twice"
    if [source["file"] for source in document["inputs"]] != list(range(len(document["inputs"]))):
        yield "inputs are not numbered one by one"
    wanted = set(TABLE_NAMES) - ({"sites"} if document["policy"]["legs"]["rule"] == "off" else set())
    if wanted - {source["table"] for source in document["inputs"]}:
        yield "a table has no input at all"
    refused = [(row["table"], row["file"], row["row"], row["why"]) for row in document["refused"]]
    if len(set(refused)) < len(refused):
        yield "a refused row stands twice"
    begin, end = document["interval"]["from"], document["interval"]["to"]
    if begin and end and datetime.fromisoformat(begin) >= datetime.fromisoformat(end):
        yield "its interval ends before it begins"


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
