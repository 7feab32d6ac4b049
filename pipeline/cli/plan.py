"""The command `offduty plan`: which intervals are missing from the store, which are stale and why, without running."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from pathlib import Path

from offduty.cli.console import columns, print_answer, print_lines
from offduty.cli.run_output import because, why
from offduty.outputs.manifest import interval_document
from offduty.runs.plan import Planned
from offduty.runs.plan import plan as plan_intervals
from offduty.runs.would_change import WouldChange

INDENT = 22


def plan(
    job: Path,
    start: str | None,
    end: str | None,
    each: str | None,
    quick: bool,
    store: Path | str | None,
    as_json: bool,
) -> int:
    """Say what a run would have to do: what is missing, what is stale and why, what is current. Nothing is run."""
    found = plan_intervals(job, start=start, end=end, store=store, each=each is not None, reasons=not quick)
    states = Counter(planned.state for planned in found)
    if as_json:
        totals = {state: states[state] for state in ("current", "stale", "missing")}
        return print_answer(json.dumps({"intervals": [_document(planned) for planned in found], **totals}) + "\n")
    lines = [_line(planned) for planned in found]
    lines.append(", ".join(f"{states[state]} {state}" for state in ("current", "stale", "missing")))
    if states["stale"] or states["missing"]:
        lines.append(
            f"next: offduty run {job} with the same --from, --to and --each; current intervals are not run again"
        )
    width = columns()
    return print_lines(part for line in lines for part in _wrapped(line, width))


def _wrapped(line: str, width: int) -> list[str]:
    """A line in parts that are at most so many columns wide; dates, paths and ids are not broken."""
    indent = " " * min(INDENT, width // 4)
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _document(planned: Planned) -> dict[str, object]:
    answer: dict[str, object] = {"day": planned.day.label} if planned.day.date else {}
    answer |= {**interval_document(planned.day.interval), "state": planned.state}
    if planned.run_id:
        answer["run_id"] = planned.run_id
    if planned.within:
        answer["within"] = planned.within
    if planned.refused:
        answer["refused"] = "another policy"
    if planned.because:
        answer["because"] = [because(change) for change in planned.because]
    if planned.would is not None:
        moved = [{"was": was, "became": now, "rows": rows} for (was, now), rows in planned.would.moved.items()]
        answer["would"] = {"new_rows": planned.would.new_rows, "moved": moved}
    return answer


def _line(planned: Planned) -> str:
    return _state(planned) + ("; refused without --supersede-policy" if planned.refused else "")


def _state(planned: Planned) -> str:
    line = f"{planned.day.label}  {planned.state:<8}"
    if planned.within:
        return f"{line}  covered by the longer run {planned.within}"
    if not planned.because:
        return f"{line}  {planned.run_id}".rstrip()
    return f"{line}  {why(planned.because)}{_would(planned.would)}"


def _would(would: WouldChange | None) -> str:
    """Whether any reason would change, in words."""
    if would is None:
        return ""
    new = f"; {would.new_rows:,} new {'row' if would.new_rows == 1 else 'rows'}" if would.new_rows else ""
    if not would.rows_moved:
        return f"{new}; no {'other ' if new else ''}reason would change"
    return f"{new}; {would.rows_moved:,} {'reason' if would.rows_moved == 1 else 'reasons'} would change"
