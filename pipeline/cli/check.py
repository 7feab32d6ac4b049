"""The command `offduty check`: looks at a job before it is run, and prints one table for each input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from offduty.cli.check_page import check_page
from offduty.cli.check_text import check_text
from offduty.cli.console import Progress, columns, on_terminal, print_answer, print_lines, say
from offduty.cli.options import megabytes
from offduty.cli.write_file import check_free
from offduty.core.durable_files import create
from offduty.core.errors import StorageError, UsageError, why
from offduty.pages.language import language as find_language
from offduty.runs.check import Checked
from offduty.runs.check import check as check_job
from offduty.runs.notes import notes_of


def check(
    job: Path,
    start: str | None,
    end: str | None,
    as_of: str | None,
    threads: int | None,
    memory: str,
    as_json: bool,
    language: str,
    output: Path | None,
) -> int:
    """Read everything as a run would, publish nothing, and say what is there, what meets what, and what would be
    released. Exit 3 where a run would stop.
    """
    memory_mb = megabytes(memory)
    said_in = find_language(language)
    if output is not None:
        check_free(output, force=False, replaceable=False)
    progress = Progress("pings")
    checked = check_job(job, start=start, end=end, as_of=as_of, threads=threads, memory_mb=memory_mb, watch=progress)
    progress.clear()
    if as_json:
        printed = print_answer(json.dumps(document(checked)) + "\n")
    else:
        printed = print_lines(check_text(checked, terminal=on_terminal(), width=columns(), job=str(job)))
    if output is not None:
        _write(output, check_page(checked, said_in))
        say(f"made {output}; open it in any browser")
    if checked.stops is not None:
        raise checked.stops
    return printed


def document(checked: Checked) -> dict[str, Any]:
    """The check as one JSON object: no row numbers, and no counts under ten but those of the run's own answer."""
    return {
        "publishes": checked.stops is None,
        "stops": "" if checked.stops is None else str(checked.stops),
        "counts": checked.counts,
        "quarantined": checked.quarantined,
        "refused": checked.refused,
        "warnings": notes_of(checked.document, quiet=True),
        "tables": {table.name: table.document for table in checked.tables},
        "next": list(checked.next),
        "seconds": checked.seconds,
    }


def _write(path: Path, content: bytes) -> None:
    """Write a new file for its owner only; nothing else is ever written under a name."""
    try:
        create(path, content)
    except FileExistsError:
        raise UsageError("a file of that name is there; name another with -o", file=path.name) from None
    except OSError as error:
        raise StorageError(f"the page cannot be written: {why(error)}", file=path.name) from None
