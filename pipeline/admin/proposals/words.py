"""Proposes which written words mean a value of the contract: the status, the duty code and the kind of a place.

A word is only named where at least ten rows of ten officers have it: a rare code may be one person's illness.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from offduty.admin.proposals.job_lines import JobLine, quoted, toml_key, toml_list
from offduty.admin.proposals.match import is_like_codes
from offduty.admin.proposals.sample import ColumnSample
from offduty.config.zones import zone_names
from offduty.core.ids import clean_id
from offduty.core.instants import WITHOUT_SUMMER_TIME

ENOUGH = 10
"""So many rows, and so many officers, must have a word for it to be named."""
ACTIVE = frozenset({"active", "confirmed", "published", "approved", "planned", "scheduled", "valid", "booked", "final"})
CANCELLED = frozenset({"cancelled", "canceled", "deleted", "withdrawn", "void", "removed", "revoked", "rejected"})


@dataclass(frozen=True)
class Words:
    """The words of a column: those that may be named, the commonest first, whether there are others, and all of them
    (which are not shown).
    """

    named: tuple[str, ...]
    others: bool
    every: frozenset[str]

    @property
    def listed(self) -> str:
        """The words in a message."""
        if not self.named:
            return f"no word stands in {ENOUGH} rows of {ENOUGH} officers, so none is named here"
        others = " and others" if self.others else ""
        return f"its words are {', '.join(map(quoted, self.named))}{others}"


def words_of(column: ColumnSample, officers: ColumnSample | None) -> Words:
    """The words of a column of codes. Where no column is known to have the officers, rows alone are counted.

    A word with four digits in a row may be an id, and is not named.
    """
    rows = Counter(column.written)
    people = _officers_by_word(column, officers or ColumnSample([None] * len(column.values)))
    named = [
        word
        for word, count in rows.most_common()
        if count >= ENOUGH and (officers is None or len(people[word]) >= ENOUGH) and not re.search(r"\d{4}", word)
    ]
    named = named if is_like_codes(column) else []
    return Words(tuple(named), len(named) < len(rows), frozenset(rows))


def _officers_by_word(column: ColumnSample, officers: ColumnSample) -> Mapping[str, set[str]]:
    people: dict[str, set[str]] = defaultdict(set)
    for word, written in zip(column.values, officers.values, strict=True):
        officer = clean_id(written)
        if word is not None and officer is not None:
            people[word].add(officer)
    return people


def status_lines(words: Words, name: str) -> list[JobLine]:
    """Proposals for words that mean ``active`` and ``cancelled``; none where only these two are written."""
    if words.every <= {"active", "cancelled"}:
        return []
    why = f"a row whose status is neither active nor cancelled cannot be read; of {quoted(name)} {words.listed}"
    shorter = "which words mean that a shift is cancelled; leave the line out where there is none"
    lines = {
        ours: _word_line("status", ours, [word for word in words.named if word.lower() in meant], reason)
        for ours, meant, reason in (("active", ACTIVE, why), ("cancelled", CANCELLED, shorter))
    }
    return [line for ours, line in lines.items() if ours not in words.every]


def duty_lines(words: Words, name: str, on_codes: Sequence[str]) -> list[JobLine]:
    """A proposal where not one word is a duty code of the policy; none where one is, or nothing is written."""
    if not words.every or words.every & set(on_codes):
        return []
    why = (
        f"none of the words of {quoted(name)} is one of the policy's duty.on_codes ({', '.join(on_codes)}), so nobody"
        f" would be on duty; {words.listed}. Say which mean duty here, or write them into the policy's on_codes; every"
        " other code takes duty away"
    )
    return [_word_line("duty_code", on_codes[0], [], why)]


def kind_lines(words: Words, name: str) -> list[JobLine]:
    """A proposal where no place is written to be a home; none where one is, or nothing is written."""
    if not words.every or "home" in words.every:
        return []
    homes = [word for word in words.named if re.search(r"\bhome", word.lower())]
    why = f"only home means a home, written exactly so; of {quoted(name)} {words.listed}"
    return [_word_line("kind", "home", homes, why)]


def zone_lines(words: Words, name: str, given: str | None) -> list[JobLine]:
    """A proposal where the zones of rows are no IANA names, or have no summer time; none for other zones."""
    if not words.every <= zone_names():
        why = f"a row whose timezone is no IANA name (BST, GMT Standard Time) cannot be read; of {quoted(name)} "
        return [_word_line("timezone", given or "?", [], why + words.listed)]
    winter = sorted(words.every & WITHOUT_SUMMER_TIME)
    if not winter:
        return []
    why = f"{', '.join(winter)} has no summer time; where people live by one, say which zone is meant"
    return [JobLine(f"values.timezone.{toml_key(given or '?')}", (toml_list(winter),), why, "choice")]


def _word_line(column: str, ours: str, proposed: Sequence[str], why: str) -> JobLine:
    return JobLine(f"values.{column}.{toml_key(ours)}", (toml_list(proposed or ["?"]),), why, "open")


def missing_constant(table: str, column: str) -> tuple[str, str] | None:
    """A value for a column that no file has, and when it may be declared; None where no constant can be proposed."""
    if column == "radius_m":
        circle = "a point needs a radius in metres"
        return ("50", circle) if table == "places" else ("?", f"{circle}, and inside it an officer counts as at work")
    return {
        "status": ("active", "only if every row counts, and a shift that was cancelled is not in the files"),
        "duty_code": ("duty", "only if every row is duty, and no leave or other absence is in the files"),
        "kind": ("home", "only if every place of the files is a home"),
    }.get(column)
