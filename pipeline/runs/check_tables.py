"""Makes one table of findings for each input of a check: in words, with row numbers for a terminal, and as JSON.

What is counted under ten is "fewer than 10" wherever others may read it (specification#small-counts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow.compute as pc

from offduty.core.ids import clean_id, exact_key, lookalike_key
from offduty.core.instants import local_date
from offduty.core.reasons import QuarantineReason
from offduty.core.refusal import Refusal
from offduty.ingest.named_devices import named_devices
from offduty.outputs.manifest import FEW, RunFindings
from offduty.pages.elements import joined
from offduty.pages.language import ENGLISH, Language, in_english
from offduty.runs.decided import Decided
from offduty.runs.notes import TELLING, around_duty, by_choice, is_shifted, is_slow, longest_gap, usual_gap
from offduty.runs.reference_spans import reference_span

ROWS_NAMED = 10


@dataclass(frozen=True)
class CheckedFinding:
    """What was found: a message of the catalogue below `check_found` (``said``) with its values, or English ``words``
    about the values of a column or what is wrong with a row; with a ``count``, so many of it.
    """

    said: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    count: int | None = None
    words: str = ""

    def in_words(self, language: Language = ENGLISH, *, exact: bool = False) -> str:
        """The words; unless ``exact``, a count under ten is not told. Markup where the language is not English."""
        if self.words:
            words = in_english(self.words, language)
            if self.count is None:
                return words
            number = self._number(language, exact)
            return f"{number}: {words}" if language is ENGLISH else joined(number, ": ", words)
        if self.count is None:
            return language.say(f"check_found.{self.said}", **self.values)
        alone = exact and self.count == 1
        return language.say(
            f"check_found.{self.said}.{'one' if alone else 'other'}", count=self._number(language, exact)
        )

    def _number(self, language: Language, exact: bool) -> str:
        few = not exact and isinstance(shown(self.count or 0), str)
        return language.count(None) if few else language.number(self.count or 0)


NONE = CheckedFinding("none")


@dataclass(frozen=True)
class CheckedLine:
    """One line of a table: its name, which has a label in the catalogue below `check_label`, and what was found.

    A line without a name belongs to the one before it. ``exact`` is for the terminal, ``quiet`` for everybody else: it
    has no count under ten. ``rows`` are the first rows of what was found, by the name of their file, for the terminal
    alone. A ``warning`` asks for a look.
    """

    name: str
    found: CheckedFinding
    rows: tuple[str, ...] = ()
    warning: bool = False

    @property
    def label(self) -> str:
        """The label in English; empty where the line has none."""
        return ENGLISH.say(f"check_label.{self.name}") if self.name else ""

    @property
    def exact(self) -> str:
        """What was found, in English, with its count."""
        return self.found.in_words(exact=True)

    @property
    def quiet(self) -> str:
        """What was found, in English, without a count under ten."""
        return self.found.in_words()


@dataclass(frozen=True)
class CheckedTable:
    """What was found of one input; ``document`` is the same as JSON, without row numbers and small counts."""

    name: str
    files: int
    lines: tuple[CheckedLine, ...]
    document: dict[str, Any] = field(default_factory=dict)


def shown(count: int) -> int | str:
    """A count as JSON: one from 1 to 9 is not told."""
    return f"fewer than {FEW}" if 0 < count < FEW else count


def checked_tables(found: Decided, findings: RunFindings) -> Iterator[CheckedTable]:
    """The tables of all inputs, in the order of the manifest; an input that the job does not name is left out."""
    for name, fill in _FILL.items():
        files = [source for source in found.sources if source.table == name]
        if files:
            table = _TableBuilder(name, found, findings)
            fill(table)
            yield CheckedTable(name, len(files), tuple(table.lines), {"files": len(files), **table.document})


class _TableBuilder:
    """Collects the lines of one table, and the same as JSON."""

    def __init__(self, name: str, found: Decided, findings: RunFindings) -> None:
        self.name = name
        self.found = found
        self.findings = findings
        self.lines: list[CheckedLine] = []
        self.document: dict[str, Any] = {}
        self._names = {source.number: source.name for source in found.sources}
        numbers = [source.number for source in found.sources if source.table == name]
        self.rows = sum(findings.rows_by_file.get(number, 0) for number in numbers)

    @property
    def counted(self) -> Mapping[str, int]:
        """What was counted of this table, by what it is."""
        return self.findings.counted.get(self.name, {})

    def text(self, name: str, found: CheckedFinding, *, warning: bool = False) -> None:
        """A line that everybody may read."""
        self.lines.append(CheckedLine(name, found, warning=warning))

    def number(self, name: str, count: int) -> None:
        """A line with a number that everybody may read, however small."""
        self.text(name, CheckedFinding("number", {"count": count}))

    def names(self, name: str, names: Iterable[str]) -> None:
        """A line with names of columns or codes; it says none where there is none."""
        listed = ", ".join(names)
        self.text(name, CheckedFinding("names", {"names": listed}) if listed else NONE)

    def count(self, key: str, name: str, count: int, said: str, rows: Iterable[tuple[int, int]] = ()) -> None:
        """A count of something, as the catalogue says it, with its rows (file and row)."""
        self.document[key] = shown(count)
        if not count:
            self.text(name, NONE)
            return
        self.lines.append(CheckedLine(name, CheckedFinding(said, count=count), self.named(rows), warning=True))

    def by_reason(self, key: str, name: str, found: Sequence[tuple[str, str, int, Iterable[tuple[int, int]]]]) -> None:
        """Counts by reason: the reason as JSON has it and in words, how many, and their rows."""
        self.document[key] = {word: shown(count) for word, _, count, _ in found if count}
        some = [each for each in found if each[2]]
        for number, (_, why, count, rows) in enumerate(some):
            head = name if not number else ""
            self.lines.append(CheckedLine(head, CheckedFinding(words=why, count=count), self.named(rows), warning=True))
        if not some:
            self.text(name, NONE)

    def named(self, rows: Iterable[tuple[int, int]]) -> tuple[str, ...]:
        """The first rows in words: one text for each file."""
        chosen = sorted(rows)[: ROWS_NAMED + 1]
        named = chosen[:ROWS_NAMED]
        by_file = [(number, [row for _, row in group]) for number, group in groupby(named, key=lambda each: each[0])]
        texts = [
            f"{self._names[number]} row{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
            for number, numbers in by_file
        ]
        return (*texts[:-1], f"{texts[-1]}, …") if len(chosen) > len(named) else tuple(texts)


def _size(table: _TableBuilder, span: tuple[int, int] | None) -> None:
    """How many rows there are, and from which day to which they reach, in the policy's zone."""
    zone = table.found.asked.policy.policy.timezone
    table.document["rows"] = table.rows
    table.number("rows", table.rows)
    if span is None:
        table.text("time_span", NONE)
        return
    first, last = (local_date(us, zone).isoformat() for us in span)
    table.document |= {"from": first, "to": last}
    table.text("time_span", CheckedFinding("span", {"first": first, "last": last}))


def _ignored(table: _TableBuilder) -> None:
    names = sorted(table.findings.ignored.get(table.name, ()))
    table.document["columns_ignored"] = names
    table.names("not_used", names)


def _refused(table: _TableBuilder, key: str, name: str, rows: Iterable[Refusal]) -> None:
    """Rows of a reference table by what is wrong with them."""
    mine = sorted((row for row in rows if row.table == table.name), key=lambda row: (row.why, row.file, row.row))
    by_why = [(why, list(group)) for why, group in groupby(mine, key=lambda row: row.why)]
    table.by_reason(key, name, [(why, why, len(some), [(row.file, row.row) for row in some]) for why, some in by_why])


def _knowledge(table: _TableBuilder) -> None:
    """Whether rows have a record time, and how many were recorded after ``as_of``."""
    timeless = table.name in table.findings.timeless
    table.document["without_record_times"] = timeless
    table.text("timeless", CheckedFinding("timeless") if timeless else NONE)
    count = table.findings.unknown_yet.get(table.name, 0)
    table.count("recorded_after_as_of", "after_as_of", count, "recorded_later")


def _pings(table: _TableBuilder) -> None:
    read = table.found.outcome.read
    _size(table, read.span if read.span[0] <= read.span[1] else None)
    quarantined = table.found.outcome.quarantined
    faults = [
        (
            reason.word,
            f"{reason.word}, {reason.because}",
            table.findings.quarantined[reason.word],
            _ping_rows(table.found, np.sort(quarantined.row[quarantined.reason == reason])[: ROWS_NAMED + 1].tolist()),
        )
        for reason in QuarantineReason
    ]
    table.by_reason("unreadable", "unreadable", faults)
    _ignored(table)
    table.count("lookalikes", "lookalikes", table.counted.get("lookalike", 0), "like_devices")
    unassigned = table.counted.get("unassigned", 0)
    table.count("never_assigned", "never_assigned", unassigned, "never_assigned")
    if unassigned:
        table.count("devices_never_assigned", "", len(read.unassigned), "devices")
    table.count("after_as_of", "after_as_of", table.findings.after_as_of, "not_decided")
    for column, what in table.findings.telling.items():
        table.text("extra", CheckedFinding(words=f"{column} {TELLING[what]}"), warning=True)
    table.document["telling_columns"] = dict(table.findings.telling)
    _timing(table)


def _ping_rows(found: Decided, rows: Sequence[int]) -> list[tuple[int, int]]:
    """File and row of rows that are numbered across all files of pings."""
    firsts = [file.first_row for file in found.files]
    places = (np.searchsorted(firsts, rows, "right") - 1).tolist()
    return [(found.files[at].source.number, row - firsts[at]) for at, row in zip(places, rows, strict=True)]


def _timing(table: _TableBuilder) -> None:
    """How the positions lie in time, beside what the policy allows."""
    timing, max_gap_s = table.findings.timing, longest_gap(table.found.asked.policy.as_document())
    table.document["timing"] = dict(timing)
    usual = timing.get("usual_gap_s")
    if usual is None:
        table.text("between", CheckedFinding("too_few"))
    else:
        table.text("between", CheckedFinding(words=usual_gap(usual, max_gap_s)), warning=is_slow(usual, max_gap_s))
    if "silent_percent" in timing:
        table.text("longer_gaps", CheckedFinding("longer_gaps", {"percent": str(timing["silent_percent"])}))
    if "released_percent" in timing:
        choices = ", ".join(f"{choice} s: {share} %" for choice, share in by_choice(timing).items())
        table.text("max_gap", CheckedFinding(words=f"{choices} of positions off sites would be released"))
    around = timing.get("around_duty_percent")
    if around is not None:
        words = around_duty(around).removeprefix("around duty: ")
        table.text("around_duty", CheckedFinding(words=words), warning=is_shifted(around))


def _people_rows(table: _TableBuilder) -> None:
    """What is said first of a table whose rows are about officers."""
    _size(table, reference_span(table.found, table.name))
    _refused(table, "unreadable", "unreadable", table.findings.refused)
    _refused(table, "reported", "doubt", table.findings.reported)
    _ignored(table)


def _assignments(table: _TableBuilder) -> None:
    _people_rows(table)
    table.count("officers_without_home", "no_home", table.counted.get("no_home", 0), "no_home")
    table.count("officers_without_roster", "no_roster", table.counted.get("no_roster", 0), "no_roster")
    table.count("devices_without_pings", "no_pings", _devices_without_pings(table.found), "no_pings")
    _knowledge(table)


def _devices_without_pings(found: Decided) -> int:
    """How many devices of the assignments no row of the pings names, by itself or by a lookalike: whoever holds such a
    device is a holder of nothing, and another spelling of a device is among them (specification#narrow-and-wide).
    """
    key_of = exact_key if found.settled.reference.distinct_devices else lookalike_key
    named = {key_of(device) for device in named_devices(found.files, found.database.con)}
    held = {clean_id(text) for text in pc.unique(found.tables["assignments"].rows["device_id"]).to_pylist()}
    return sum(key_of(device) not in named for device in held if device is not None)


def _roster(table: _TableBuilder) -> None:
    _people_rows(table)
    table.count("officers_without_device", "no_device", table.counted.get("no_device", 0), "no_device")
    table.count("unmet", "unmet", table.counted.get("unmet", 0), "of_those")
    codes = table.findings.taking_codes
    table.document["taking_codes"] = list(codes)
    table.names("off_duty", codes)
    _knowledge(table)


def _places(table: _TableBuilder) -> None:
    rows = table.found.settled.rows.get(table.name, {})
    _size(table, reference_span(table.found, table.name))
    _refused(table, "unreadable", "unreadable", table.findings.refused)
    _ignored(table)
    table.count("lookalikes", "lookalikes", table.counted.get("lookalike", 0), "like_officers")
    for what, said in (("unmet", "no_officer"), ("far", "far")):
        table.count(what, what, len(rows.get(what, ())), said, rows.get(what, ()))
    _knowledge(table)


def _sites(table: _TableBuilder) -> None:
    rows = table.found.settled.rows.get(table.name, {})
    table.document["rows"] = table.rows
    table.number("rows", table.rows)
    _refused(table, "unreadable", "unreadable", table.findings.refused)
    _ignored(table)
    for what in ("too_large", "beside"):
        table.count(what, what, len(rows.get(what, ())), what, rows.get(what, ()))
    hidden = table.found.settled.hidden_sites(table.found.asked.interval)
    table.count("wholly_hidden", "wholly_hidden", len(hidden.wholly), "wholly_hidden", hidden.wholly)
    table.count("partly_hidden", "partly_hidden", len(hidden.partly), "partly_hidden", hidden.partly)


_FILL: dict[str, Callable[[_TableBuilder], None]] = {
    "pings": _pings,
    "assignments": _assignments,
    "roster": _roster,
    "places": _places,
    "sites": _sites,
}
"""What fills each table, in the order of the manifest."""
