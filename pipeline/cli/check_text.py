"""Lays the tables of a check out for a terminal: at most 80 columns, and row numbers only where nobody else reads."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace

from offduty.cli.console import WIDTH, coloured
from offduty.core.errors import COUNTED_FROM_0
from offduty.core.reasons import Reason
from offduty.runs.check import Checked
from offduty.runs.check_tables import CheckedTable, shown
from offduty.runs.expect import share_in_words

LABEL = 20


def check_text(checked: Checked, *, terminal: bool, width: int = WIDTH, job: str = "") -> Iterator[str]:
    """The lines of a check, at most so many columns wide. Only on a ``terminal`` do they have row numbers, and counts
    under ten. ``job`` is the job as it was typed, so that the next command can be typed, too.
    """
    for table in checked.tables:
        yield from _table(table, terminal, width)
        yield ""
    if terminal and any(line.rows for table in checked.tables for line in table.lines):
        yield from textwrap.wrap(COUNTED_FROM_0, width)
        yield ""
    yield "what a run would do"
    for label, words in outcome_rows(checked, exact=terminal):
        yield from _row(label, words, width)
    yield ""
    yield "what to do next"
    for number, step in enumerate(checked.steps, start=1):
        words = replace(step, job=job or step.job).in_words()
        head = f"  {number}. "
        yield from textwrap.wrap(words, width, initial_indent=head, subsequent_indent="     ", break_on_hyphens=False)


def outcomes(checked: Checked) -> Iterator[tuple[str, int]]:
    """What would be released and what hides the rest, most first: the ledger's word, and how many."""
    yield Reason.ON_DUTY.word, checked.counts[Reason.ON_DUTY.word]
    hidden = {word: count for word, count in checked.counts.items() if count and word != Reason.ON_DUTY.word}
    hidden |= {"quarantined": checked.quarantined} if checked.quarantined else {}
    yield from sorted(hidden.items(), key=lambda each: -each[1])


def outcome_rows(checked: Checked, *, exact: bool) -> Iterator[tuple[str, str]]:
    """The same for a terminal: a word and how many, with the share of all rows."""
    total = sum(checked.counts.values()) + checked.quarantined
    for word, count in outcomes(checked):
        yield "released" if word == Reason.ON_DUTY.word else word, _share(count, total, exact)


def _share(count: int, total: int, exact: bool) -> str:
    number = count if exact else shown(count)
    if isinstance(number, str):
        return number
    return f"{number:,}" + (f" ({share_in_words(count, total)})" if total else "")


def _table(table: CheckedTable, terminal: bool, width: int) -> Iterator[str]:
    yield f"{table.name} ({table.files} file{'' if table.files == 1 else 's'})"
    for line in table.lines:
        words = line.exact if terminal else line.quiet
        yield from _row(line.label, words, width, warning=line.warning)
        for rows in line.rows if terminal else ():
            yield from _row("", rows, width)


def _row(label: str, words: str, width: int, *, warning: bool = False) -> list[str]:
    """A label and its words below each other; a mark in the margin asks for a look."""
    head = f"{'!' if warning else ' '} {label:<{LABEL - 2}}"
    first, *rest = textwrap.wrap(words, width, initial_indent=head, subsequent_indent=" " * LABEL) or [head]
    return [coloured(first, "yellow") if warning else first, *rest]
