"""Proposes the lines of a job that say which column is which, and what stands where no column does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from offduty.admin.proposals.job_lines import JobLine, quoted, toml_list, toml_text
from offduty.admin.proposals.match import Matches
from offduty.admin.proposals.sample import TableSample
from offduty.admin.proposals.shapes import common_shape, shown_shape
from offduty.admin.proposals.spellings import is_name
from offduty.admin.proposals.words import (
    duty_lines,
    kind_lines,
    missing_constant,
    status_lines,
    words_of,
    zone_lines,
)
from offduty.config.contracts import contract

MOST_NAMES = 20


def column_lines(sample: TableSample, matches: Matches) -> Iterator[JobLine]:
    """Lines for columns that the files call otherwise, and for those that match nothing."""
    for column in contract(sample.table).names:
        name = matches.named.get(column)
        if name is not None and name != column:
            yield _named_line(sample, matches, column, name)
    for column in matches.missing:
        yield _missing_line(sample, matches, column)
    if sample.table == "places" and "officer_id" not in matches.named:
        yield _ownerless_line(sample, matches)
    for column, names in matches.unfit.items():
        why = f"{quoted(names[0])} is called like {column}, and its values look otherwise: is it that, or ignored?"
        yield JobLine(f"columns.{column}", tuple(map(toml_text, names)), why, "open")
    ignored = sorted({name for names in matches.unfit.values() for name in names})
    if ignored:
        why = "columns that only look like columns of the contract; a run stops until each is declared or ignored"
        yield JobLine("ignore", (toml_list(ignored),), why, "open")


def _named_line(sample: TableSample, matches: Matches, column: str, name: str) -> JobLine:
    others = matches.others.get(column, ())
    also = f"; or is it {_listed(sample.table, others)}?" if others else ""
    values = sample.columns[name]
    shape = f"the values look like {common_shape(values.written)}" if values.written else "nothing is written in it"
    why = f"a usual name of it; {shape}{also}"
    return JobLine(f"columns.{column}", (toml_text(name),), why)


def _missing_line(sample: TableSample, matches: Matches, column: str) -> JobLine:
    free = _free(sample, matches)
    constant = missing_constant(sample.table, column)
    if constant is None:
        why = f"no column of the files looks like {column}, which is required{free}"
        return JobLine(f"columns.{column}", ('"?"',), f"{why}{_advice(column)}", "open")
    value, when = constant
    why = f"no column of the files looks like {column}: {when}. Or name its column: columns.{column} = …{free}"
    return JobLine(f"constants.{column}", (toml_text(value),), why, "open")


def _ownerless_line(sample: TableSample, matches: Matches) -> JobLine:
    free = _free(sample, matches)
    why = (
        "whose home is it? No column of the files looks like officer_id. Without it every place is one for everyone,"
        f" nobody has a home on record, and all positions stay hidden{free}. Leave the line out only where no place of"
        " these files is anybody's own"
    )
    return JobLine("columns.officer_id", ('"?"',), why, "open")


def _free(sample: TableSample, matches: Matches) -> str:
    """The names that match nothing, where there are any."""
    return f"; free are {_listed(sample.table, matches.free)}" if matches.free else ""


def _advice(column: str) -> str:
    """What else to know about a column that is missing."""
    return {
        "recorded_at": ". Without it nobody can show that a shift was not entered later: ask for an export that has it",
        "shift_id": ". It has to be the same in all versions of one shift: the number of the row is none",
        "geometry": ". A place is an area (geometry), or a point with a radius (lon, lat, radius_m)",
    }.get(column, "")


def _listed(table: str, names: Sequence[str]) -> str:
    shown = [shown_name(table, name) for name in names[:MOST_NAMES]]
    return ", ".join(shown) + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")


def shown_name(table: str, name: str) -> str:
    """A column's name for people; its shape where it may be a value."""
    return quoted(name if name in contract(table).names or is_name(name) else shown_shape(name))


def word_lines(sample: TableSample, matches: Matches, on_codes: Sequence[str], zone: str | None) -> Iterator[JobLine]:
    """Lines for words of status, duty code, kind and time zone that are not those of the contract or the policy.

    ``zone`` is the one that the command was given.
    """
    officer = matches.named.get("officer_id")
    officers = None if officer is None else sample.columns[officer]
    for column in ("status", "duty_code", "kind", "timezone"):
        name = matches.named.get(column)
        if name is None:
            continue
        words = words_of(sample.columns[name], officers)
        lines: Iterable[JobLine] = {
            "status": status_lines(words, name),
            "duty_code": duty_lines(words, name, on_codes),
            "kind": kind_lines(words, name),
            "timezone": zone_lines(words, name, zone),
        }[column]
        yield from lines
