"""Prints what was found in somebody's files, as lines of at most 80 columns: shapes of values, and no value.

Rule: specification#silence.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from offduty.admin.proposals.column_lines import shown_name
from offduty.admin.proposals.job_lines import JobLine
from offduty.admin.proposals.match import Matches
from offduty.admin.proposals.propose import TableProposal, looked_at
from offduty.admin.proposals.sample import TableSample
from offduty.admin.proposals.shapes import common_shape
from offduty.core.count_words import number_of

WIDTH = 80
NAME_WIDTH = 24
SHAPE_WIDTH = 30
MOST_COLUMNS = 40


def summary(proposals: Sequence[TableProposal], missing: Sequence[str], job: str) -> list[str]:
    """What was found in each table, what the job declares, what is open, and what to do next.

    ``missing`` are the tables that were not named, and ``job`` is the path of the job file.
    """
    lines = [line for proposal in proposals for line in (*_table(proposal), "")]
    lines.extend(wrapped(f"{table}: not named, and its line in the job is open", "") for table in missing)
    if missing:
        lines.append("")
    questions = sum(proposal.questions for proposal in proposals) + len(missing)
    confirmed = sum(line.state == "confirm" for proposal in proposals for line in proposal.lines)
    lines.append(f"In {job} {_count(confirmed, 'line')} to confirm and {_count(questions, 'question')} open.")
    lines.append("Next: read each line that says Confirm, OPEN or Perhaps, correct it or take")
    lines.append("the # away, agree on the policy beside it, then see what would happen:")
    lines.append(f"  offduty check {job}")
    return [part for line in lines for part in line.split("\n")]


def _count(number: int, what: str) -> str:
    return number_of(number, what) if number else f"no {what}s"


def _table(proposal: TableProposal) -> Iterator[str]:
    sample = proposal.sample
    yield wrapped(f"{sample.table}: {sample.path}", "  ")
    yield wrapped(f"{looked_at(sample)}", "  ", "  ")
    for fault in proposal.faults:
        yield wrapped(f"no declaration mends: {fault}", "    ", "  ")
    if proposal.matches is not None:
        yield from _columns(sample, proposal.matches)
    for title, state in (("to confirm", "confirm"), ("open", "open"), ("perhaps", "choice")):
        chosen = [line for line in proposal.lines if line.state == state and not _is_shown_above(line)]
        if chosen:
            yield f"  {title}:"
            yield from (_line(line) for line in chosen)


def _columns(sample: TableSample, matches: Matches) -> Iterator[str]:
    """The columns of the files, the shape of their values, and which column of the contract each is."""
    ours = {name: column for column, name in matches.named.items()}
    yield f"  {'column':<{NAME_WIDTH}} {'values look like':<{SHAPE_WIDTH}} is"
    names = list(sample.columns)
    for name in names[:MOST_COLUMNS]:
        shown = _cut(shown_name(sample.table, name).strip('"'), NAME_WIDTH)
        column = sample.columns[name]
        shape = column.typed if column.typed is not None else common_shape(column.written)
        yield f"  {shown:<{NAME_WIDTH}} {_cut(shape, SHAPE_WIDTH):<{SHAPE_WIDTH}} {ours.get(name, '-')}"
    if len(names) > MOST_COLUMNS:
        yield f"  and {number_of(len(names) - MOST_COLUMNS, 'more column')}"


def _is_shown_above(line: JobLine) -> bool:
    """Whether the table of columns has the line already."""
    return line.state == "confirm" and line.key.startswith("columns.")


def _line(line: JobLine) -> str:
    """A proposed line, without its reason where it is only to be confirmed: that stands in the job."""
    shown = " or ".join(text.removeprefix("# ") for text in line.written)
    return wrapped(shown if line.state == "confirm" else f"{shown}: {line.why}", "      ", "    ")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def wrapped(text: str, indent: str, first: str = "") -> str:
    """A text in lines of at most 80 columns, unless a word is longer: the first begins with ``first``, the others with
    ``indent``.
    """
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)
