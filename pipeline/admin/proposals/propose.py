"""Proposes how a job declares a table, from what was found in its files: each line with its reason, to be confirmed.

Rule: specification#declarations. Nothing is guessed in silence: what the values do not prove stays an open question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from offduty.admin.proposals.column_lines import column_lines, word_lines
from offduty.admin.proposals.job_lines import JobLine, section_text, toml_text
from offduty.admin.proposals.match import Matches, match
from offduty.admin.proposals.number_lines import number_faults, number_lines
from offduty.admin.proposals.sample import FileFormat, TableSample
from offduty.admin.proposals.time_lines import time_faults, time_lines, times_by_column, zone_lines


@dataclass(frozen=True)
class ProposalContext:
    """What is known beside the files: the time zone that the command was given, and the policy's duty codes."""

    time_zone: str | None
    on_codes: Sequence[str]


@dataclass(frozen=True)
class TableProposal:
    """How a job may declare a table: the lines of its section, and what no declaration can mend (``faults``).

    ``matches`` is None where the files cannot be read.
    """

    sample: TableSample
    lines: Sequence[JobLine]
    faults: Sequence[str]
    matches: Matches | None = None

    @property
    def questions(self) -> int:
        """How much of the section waits for a person before a run can be right."""
        return sum(line.state == "open" for line in self.lines) + len(self.faults)

    @property
    def section(self) -> str:
        """The section of the job as TOML."""
        sample = self.sample
        faults = [f"OPEN, and in the files themselves, which no declaration mends: {fault}." for fault in self.faults]
        head = [f"{looked_at(sample)}.", *faults]
        return section_text(sample.table, head, sample.path, self.lines)


def propose(sample: TableSample, given: ProposalContext) -> TableProposal:
    """The declarations for a table, from a sample of its files."""
    if not sample.columns or sample.headless:
        return TableProposal(sample, list(_format_lines(sample.file_format)), _faults(sample))
    matches = match(sample)
    times = times_by_column(sample, matches)
    lines = [
        *_format_lines(sample.file_format),
        *_file_date_lines(sample, matches),
        *zone_lines(sample, matches, times, given.time_zone),
        *column_lines(sample, matches),
        *time_lines(times),
        *number_lines(sample, matches),
        *word_lines(sample, matches, given.on_codes, given.time_zone),
    ]
    return TableProposal(
        sample,
        lines,
        [*_faults(sample), *time_faults(sample, matches, times), *number_faults(sample, matches)],
        matches,
    )


def _faults(sample: TableSample) -> list[str]:
    headless = ["the first line of a file seems to hold values and no names of columns"] if sample.headless else []
    return [*sample.faults, *headless]


def looked_at(sample: TableSample) -> str:
    """How much of a table's files was looked at, in words."""
    files = "1 file" if sample.files == 1 else f"{sample.files} files"
    some = "" if sample.looked_at == sample.files else f", of which {sample.looked_at} were looked at"
    rows = "1 row" if sample.rows == 1 else f"{sample.rows:,} rows"
    return f"{files}{some}; {'' if sample.whole else 'the first '}{rows}"


def _format_lines(file_format: FileFormat) -> Iterator[JobLine]:
    for key in ("format", "compression", "encoding", "delimiter", "skip_rows"):
        value = getattr(file_format, key)
        if value:
            yield JobLine(key, (str(value) if key == "skip_rows" else toml_text(value),), file_format.why[key])


def _file_date_lines(sample: TableSample, matches: Matches) -> Iterator[JobLine]:
    """The date in the names of the files, where the files themselves do not say when their rows were."""
    name = matches.named.get("observed_at")
    if sample.file_date and (name is None or sample.columns[name].typed != "instant"):
        yield JobLine("file_date", (toml_text(sample.file_date),), _FILE_DATE, "choice")


_FILE_DATE = (
    "if every row of a file is of the day in its name: then a run opens the files that it needs, and a new file makes"
    " no older day stale; a file with a row of another day stops the run"
)
