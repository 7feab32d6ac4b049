"""Writes the SQL that turns a written value into the contract's, as the job declares it; the macros are in
``declared.sql``.

Rules: specification#declarations, specification#declared-time-forms.
"""

from __future__ import annotations

import re
from decimal import Decimal

from offduty.config.contracts import Column, contract
from offduty.config.declarations import EXCEL, METRES_OF, POINT, UNIX_MS, UNIX_S, TableDeclaration
from offduty.config.strptime import has_offset, has_time_of_day, must_have_two_digits, parts_of
from offduty.ingest.quoting import literal

_NAMES = {
    "b": "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec",
    "B": "January|February|March|April|May|June|July|August|September|October|November|December",
    "a": "Mon|Tue|Wed|Thu|Fri|Sat|Sun",
    "A": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday",
    "p": "AM|PM",
}
_NUMERIC_TIMES = (UNIX_S, UNIX_MS, EXCEL)


def contract_value(declared: TableDeclaration, table: str, name: str, raw: str) -> str:
    """SQL for a value of the contract's column ``name``; ``raw`` is SQL for the text that is written.

    A constant has no text that is written.
    """
    if name in declared.constants:
        return literal(declared.constants[name])
    column, form = contract(table).column(name), declared.times.get(name)
    value = _word(declared, name, raw)
    if table != "pings" and name in declared.units:  # numbers of reference rows may have spaces around them
        value = f"word_from_text({value})"
    if declared.decimal != POINT and (column.type in ("degrees", "metres") or form in _NUMERIC_TIMES):
        value = f"with_point({value})"
    if form is not None:
        return _time(form, value)
    return _number(declared, column, value)


def _word(declared: TableDeclaration, name: str, raw: str) -> str:
    words = declared.values.get(name)
    if not words:
        return raw
    cases = " ".join(f"WHEN {literal(written)} THEN {literal(ours)}" for written, ours in words.items())
    return f"(CASE {raw} {cases} ELSE {raw} END)"


def _number(declared: TableDeclaration, column: Column, value: str) -> str:
    unit = declared.units.get(column.name)
    if unit is None:
        return value
    sign, digits, exponent = Decimal(METRES_OF.get(unit, unit)).normalize().as_tuple()
    if (sign, digits) == (0, (1,)):
        return f"with_point_moved({value}, {int(exponent)})"
    return f"times_factor({value}, {float(METRES_OF.get(unit, unit))!r}::DOUBLE)"


def _time(form: str, value: str) -> str:
    if form == EXCEL:
        return f"time_from_excel({value})"
    if form in (UNIX_S, UNIX_MS):
        return f"time_from_unix({value}, {1 if form == UNIX_S else 1000})"
    return _formatted_time(form, value)


def _formatted_time(form: str, value: str) -> str:
    """SQL for a text by a strptime format. DuckDB (2.0) is lenient with spaces and digits: a pattern comes first."""
    parts = parts_of(form)
    pattern = "".join(_pattern(parts, at) for at in range(len(parts)))
    cut = _fraction_cut(parts)
    text = value if cut is None else f"regexp_replace({value}, {literal(cut)}, '\\1\\2')"
    text = f"regexp_replace({text}, 'Z$', '+00:00')" if has_offset(form) else text
    written = "%Y-%m-%d" + ("T%H:%M:%S.%f" if has_time_of_day(form) else "") + ("Z" if has_offset(form) else "")
    clock = f"try_strptime({text}, {literal(form)})"
    clock = f"make_timestamp(epoch_us({clock}))" if has_offset(form) else clock
    return (
        f"(CASE WHEN is_missing({value}) THEN {value} WHEN regexp_full_match({value}, {literal(pattern)})"
        f" THEN coalesce(strftime({clock}, '{written}'), not_as_declared({value})) ELSE not_as_declared({value}) END)"
    )


def _pattern(parts: list[tuple[str, str]], at: int, fraction: str = r"\d{1,9}") -> str:
    """The regular expression of one part of a format."""
    letter, character = parts[at]
    if not letter:
        return re.escape(character)
    if letter in _NAMES:
        return f"(?i:{_NAMES[letter]})"
    numbers = {"Y": r"\d{4}", "y": r"\d\d", "f": fraction, "z": r"(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)"}
    return numbers.get(letter, r"\d\d" if must_have_two_digits(parts, at) else r"\d\d?")


def _fraction_cut(parts: list[tuple[str, str]]) -> str | None:
    """A regular expression whose two groups are all but the seventh and later digits of a fraction; None without one.

    DuckDB (2.0) reads no more than six.
    """
    fractions = [at for at, (letter, _) in enumerate(parts) if letter == "f"]
    if not fractions:
        return None
    before = "".join(_pattern(parts, at) for at in range(fractions[0]))
    after = "".join(_pattern(parts, at) for at in range(fractions[0] + 1, len(parts)))
    return rf"^({before}\d{{1,6}})\d{{0,3}}({after})$"
