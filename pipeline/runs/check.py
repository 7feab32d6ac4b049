"""Looks at a job before it is run: what is there, what meets what, and what a run would release (specification#check).

Nothing is published, the store is not looked at, and no file gets a name: a check may be asked as often as one likes.
"""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from offduty.config.declarations import declarations_document
from offduty.config.job import Job
from offduty.core.canonical_json import canonical_json
from offduty.core.errors import InputError, StorageError
from offduty.core.reasons import Reason
from offduty.engines.local import LOCAL
from offduty.ingest.duckdb_session import ReadablePath
from offduty.outputs.extra_column_warnings import telling_columns
from offduty.outputs.manifest import RunFindings, findings_document
from offduty.outputs.write import OutputInputs, count_reasons, release_files
from offduty.runs.check_tables import CheckedTable, checked_tables
from offduty.runs.decided import Decided, decided
from offduty.runs.expect import check_expected
from offduty.runs.find_inputs import find_inputs
from offduty.runs.findings import WrittenOutputs, findings_of
from offduty.runs.next_steps import NextStep, next_steps
from offduty.runs.request import Request
from offduty.runs.resources import Resources, Watch, nobody


@dataclass(frozen=True)
class Checked:
    """What a check found.

    ``counts`` has every reason, ``quarantined`` and ``refused`` are rows: those of the run that follows. ``stops`` is
    the error with which that run would stop; None where it would publish. ``document`` is the part of a manifest that
    `offduty.runs.notes.notes_of` makes its lines from: they are those of the run. ``steps`` are what to do, and
    ``next`` says them in English.
    """

    tables: tuple[CheckedTable, ...]
    counts: dict[str, int]
    quarantined: int
    refused: int
    document: dict[str, Any]
    stops: InputError | None
    steps: tuple[NextStep, ...]
    seconds: float

    @property
    def next(self) -> tuple[str, ...]:
        """What to do, in English."""
        return tuple(step.in_words() for step in self.steps)


def check(
    job: Path | str | Job,
    *,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    as_of: datetime | str | None = None,
    threads: int | None = None,
    memory_mb: int = 2_000,
    watch: Watch = nobody,
) -> Checked:
    """Look at a job as a run over [``start``, ``end``) as of an instant would; see `offduty.runs.run.run`.

    Raises what a run raises before it decides: `UsageError` for the job, the policy or a key, `InputError` for an input
    that cannot be read.
    """
    began = time.monotonic()
    asked = Request.of(job, start, end, as_of, None)
    with looked_at(asked, Resources.of(threads, memory_mb, LOCAL, watch, spill=False), lists_unassigned=True) as found:
        return _checked(found, began)


@contextmanager
def looked_at(asked: Request, resources: Resources, *, lists_unassigned: bool = False) -> Iterator[Decided]:
    """A request that is decided in a private folder, in which no file gets a name; nothing is published."""
    _open_as_many_files_as_allowed()
    with asked.copies, TemporaryDirectory(prefix="offduty-", dir=temporary_folder()) as folder:
        work = Path(folder)
        with decided(asked, find_inputs(asked, work), work, resources, lists_unassigned=lists_unassigned) as found:
            yield found


def temporary_folder() -> Path:
    """The folder for temporary files, which is looked for without trying it out: `tempfile.gettempdir` writes a file.

    Raises `StorageError` where there is none that may be written.
    """
    named = (os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    for folder in (*filter(None, named), "/tmp", "/var/tmp"):  # noqa: S108 (a private folder is made in it)
        if Path(folder).is_dir() and os.access(folder, os.W_OK | os.X_OK):
            return Path(folder).absolute()
    raise StorageError("there is no folder for temporary files that may be written: name one in TMPDIR")


def _open_as_many_files_as_allowed() -> None:
    """Copies of text files have no name, so all of them must stay open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _checked(found: Decided, began: float) -> Checked:
    asked = found.asked
    counts = count_reasons(found.outcome.reasons)
    findings = findings_of(found, WrittenOutputs((), counts, _telling(found)))
    document = json.loads(canonical_json(document_of(found, findings)))
    stops = _stop(found)
    tables = tuple(checked_tables(found, findings))
    return Checked(
        tables=tables,
        counts={reason.word: counts[reason] for reason in Reason},
        quarantined=len(found.outcome.quarantined.row),
        refused=len(found.settled.refused),
        document=document,
        stops=stops,
        steps=next_steps(document, asked, stopped=stops is not None, hides_sites=_hides_sites(tables)),
        seconds=round(time.monotonic() - began, 3),
    )


def _hides_sites(tables: Iterable[CheckedTable]) -> bool:
    return any(table.document.get("wholly_hidden") or table.document.get("partly_hidden") for table in tables)


def document_of(found: Decided, findings: RunFindings) -> dict[str, Any]:
    """What a manifest would say of what was found, and what `notes_of` needs besides."""
    return {
        **findings_document(findings),
        "inputs": [{"file": source.number, "name": source.name} for source in found.sources],
        "declarations": declarations_document(found.asked.job.inputs.declared),
        "policy": found.asked.policy.as_document(),
    }


def _stop(found: Decided) -> InputError | None:
    """The error with which a run would stop now; None where it would go on."""
    try:
        check_expected(found)
    except InputError as error:
        return error
    return None


def _telling(found: Decided) -> dict[str, str]:
    """The extra columns that tell more than their values, as a run finds them in its release: each file of it is
    written into a file without a name, and looked at.
    """
    asked, names = found.asked, found.asked.policy.release.extra_columns
    if not names:
        return {}
    inputs = OutputInputs(found.outcome, found.files, found.inputs.reference, asked.interval, asked.key, found.instead)
    return telling_columns(_nameless_release(inputs, found.inputs.work), names)


def _nameless_release(inputs: OutputInputs, work: Path) -> Iterator[Path]:
    for _, write in release_files(inputs):
        copy = ReadablePath.in_folder(work, "release", nameless=True)
        write(Path(copy.path))
        yield Path(copy.path)
        if copy.file is not None:
            copy.file.close()
