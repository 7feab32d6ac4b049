"""The command `offduty explain`: says on the engineer's terminal why one row is released or hidden."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from offduty.cli.console import WIDTH, Progress, columns, on_terminal, print_lines
from offduty.cli.options import megabytes
from offduty.core.errors import UsageError
from offduty.core.reasons import Reason
from offduty.runs.explain import Proof, RowExplanation
from offduty.runs.explain import explain as explain_row

STATE = 13


def explain(
    job: Path,
    row: str,
    start: str | None,
    end: str | None,
    as_of: str | None,
    threads: int | None,
    memory: str,
) -> int:
    """Say which proof failed for one row; on a terminal alone, because a list of such answers could find a home."""
    if not on_terminal():
        raise UsageError("explain answers on a terminal only: its answers are for you, and not for a file or a pipe")
    memory_mb = megabytes(memory)
    progress = Progress("pings")
    found = explain_row(
        job, row, start=start, end=end, as_of=as_of, threads=threads, memory_mb=memory_mb, watch=progress
    )
    progress.clear()
    return print_lines(explanation_text(found, columns()))


def explanation_text(found: RowExplanation, width: int = WIDTH) -> Iterator[str]:
    """The reason in words, and all proofs in order; lines are at most so many columns wide."""
    state = "released" if found.reason == Reason.ON_DUTY.word else "hidden" if found.reason else "not decided"
    yield from textwrap.wrap(f"{state}{f', {found.reason}' if found.reason else ''}: {found.because}", width)
    for proof in found.proofs:
        yield from _lines(proof, "  ", width)


def _lines(proof: Proof, indent: str, width: int) -> Iterator[str]:
    head = f"{indent}{proof.state.value:<{STATE}}"
    yield from textwrap.wrap(proof.what, width, initial_indent=head, subsequent_indent=" " * len(head))
    for part in proof.parts:
        yield from _lines(part, indent + "    ", width)
