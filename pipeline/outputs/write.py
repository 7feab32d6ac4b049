"""Writes the outputs of a run (release, ledger, quarantine), and checks them before they are published.

Rules: specification#section-7, specification#section-8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.config.policy import Policy
from offduty.core.durable_files import flush
from offduty.core.errors import PrivacyError
from offduty.core.instants import NEVER_US, local_date
from offduty.core.interval import Interval
from offduty.core.reasons import Reason
from offduty.decision.decide import Reference
from offduty.decision.pings import Reasons
from offduty.ingest.duckdb_session import DuckDBSession
from offduty.ingest.ping_files import PingFile
from offduty.outputs import ledger, release
from offduty.outputs.extra_columns import extra_columns, extra_schema
from offduty.outputs.manifest import OutputFile
from offduty.outputs.outcome import Outcome, local_day, values_counted
from offduty.outputs.pseudonyms import period, pseudonym
from offduty.outputs.quarantine import write_quarantine
from offduty.outputs.released_pings import StoredRows


@dataclass(frozen=True)
class OutputInputs:
    """What the release, the ledger and the quarantine of one run are written from.

    ``files`` are all files of pings of the run, ``interval`` is the interval that was asked for, and ``key`` is the
    pseudonym key, which is never shown (specification#keys-secret). ``instead`` has the rows that are released in place
    of others that equal them in all but the extra columns.
    """

    outcome: Outcome
    files: list[PingFile]
    reference: Reference
    interval: Interval
    key: bytes = field(repr=False)
    instead: Mapping[int, int] = field(default_factory=dict)


def write_outputs(folder: Path, inputs: OutputInputs, engine: DuckDBSession, threads: int) -> tuple[OutputFile, ...]:
    """Write all files of a run into ``folder`` and flush each to the disk; returns what was written.

    The bytes do not depend on ``threads`` (specification#same-bytes). ``engine`` reads quarantined rows again. Raises
    `InputError` or `StorageError` where an input or a copy of it cannot be read again.
    """
    for part in ("release", "ledger", "quarantine"):
        (folder / part).mkdir(parents=True)
    with ThreadPoolExecutor(threads) as pool:
        writer = _FileWriter(folder, pool, threads)
        # The release takes longest: it begins as soon as it is divided into files, and the ledger fills what is left.
        parts = _ledger_parts(inputs, writer)
        parts_of_ledger = [writer.submit(*part) for part in parts[:threads]]
        released = _write_release(inputs, writer)
        parts_of_ledger += [writer.submit(*part) for part in parts[threads:]]
        quarantine = writer.write(
            folder / "quarantine" / "part-00000.parquet",
            lambda path: write_quarantine(path, engine, inputs.files, inputs.outcome.quarantined),
        )
        return (quarantine, *(future.result() for future in (*parts_of_ledger, *released)))


def write_ledger_alone(folder: Path, inputs: OutputInputs, threads: int) -> tuple[OutputFile, ...]:
    """Write what a trial leaves, which is the ledger of a run and nothing else; raises `PrivacyError` where it does not
    have every row of the interval that is a ping (specification#trial).
    """
    (folder / "ledger").mkdir(parents=True)
    with ThreadPoolExecutor(threads) as pool:
        writer = _FileWriter(folder, pool, threads)
        futures = [writer.submit(*part) for part in _ledger_parts(inputs, writer)]
        outputs = tuple(future.result() for future in futures)
    if sum(output.rows for output in outputs) + len(inputs.outcome.quarantined.row) != inputs.outcome.rows:
        raise PrivacyError("rows were lost between input and ledger; nothing was published. Report this")
    return outputs


@dataclass(frozen=True)
class _FileWriter:
    """Writes files below the run's ``folder``, one after the other or in the threads of ``pool``; of the release no
    more than ``ahead`` are in memory.
    """

    folder: Path
    pool: ThreadPoolExecutor
    ahead: int

    def write(self, path: Path, write: Callable[[Path], int]) -> OutputFile:
        """Write one file with ``write``, which returns its number of rows; flush it and take its fingerprint."""
        rows = write(path)
        flush(path)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return OutputFile(path.relative_to(self.folder).as_posix(), digest, path.stat().st_size, rows)

    def submit(self, path: Path, write: Callable[[Path], int]) -> Future[OutputFile]:
        """`write`, in another thread."""
        return self.pool.submit(self.write, path, write)


def _ledger_parts(inputs: OutputInputs, writer: _FileWriter) -> list[tuple[Path, Callable[[Path], int]]]:
    """The files of the ledger, each with the function that writes it and returns its number of rows."""
    reasons = inputs.outcome.reasons
    return [
        (
            writer.folder / "ledger" / f"part-{number:05}.parquet",
            partial(ledger.write_ledger_part, reasons=reasons, files=inputs.files, first=first, last=last),
        )
        for number, (first, last) in enumerate(ledger.ledger_spans(len(reasons)))
    ]


def _write_release(inputs: OutputInputs, writer: _FileWriter) -> list[Future[OutputFile]]:
    root = writer.folder / "release"
    futures = []
    for name, write in release_files(inputs):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        futures.append(writer.submit(path, write))
        if len(futures) >= writer.ahead:  # the rows of a file are in memory, packed, until it is written
            futures[-writer.ahead].result()
    return futures


def release_files(inputs: OutputInputs) -> Iterator[tuple[Path, Callable[[Path], int]]]:
    """The files of each local day, or one file without rows where nothing is released: their names within the release,
    and a function that writes each to a path and returns its number of rows. The released pings are taken out of the
    outcome.
    """
    policy, released = inputs.reference.policy, inputs.outcome.released
    extra = None
    if policy.release.extra_columns:
        extra = _extras(inputs, tuple(policy.release.extra_columns))
    ordinals = released.keys()
    for ordinal in ordinals:
        rows = StoredRows(released, ordinal)
        names = _names(rows, inputs, ordinal)
        day = release.folder_of(Path(), local_day(ordinal))
        for number, part in enumerate(release.parts_of(rows, names)):
            write = partial(release.write_part, released=part, names=names, policy=policy, extra=extra)
            yield day / f"part-{number:05}.parquet", write
    if not ordinals:
        day = release.folder_of(Path(), _first_day(inputs))
        write = partial(
            release.write_part,
            released=StoredRows.of(release.NO_PINGS),
            names=release.ReleaseNames({}, []),
            policy=policy,
            extra=extra,
        )
        yield day / "part-00000.parquet", write


def _extras(inputs: OutputInputs, names: tuple[str, ...]) -> release.ExtraColumns:
    """The extra columns of released rows; of several equal pings those of the one that is released."""
    schema = extra_schema(inputs.files, names)

    def read(rows: npt.NDArray[np.signedinteger[Any]]) -> pa.Table:
        if inputs.instead:
            rows = np.array([inputs.instead.get(row, row) for row in rows.tolist()], np.int64)
        return extra_columns(inputs.files, schema, rows)

    return read


def _names(rows: StoredRows, inputs: OutputInputs, ordinal: int) -> release.ReleaseNames:
    """The pseudonyms of the officers who are in one day's pings, and all duty codes."""
    policy, timeline = inputs.reference.policy, inputs.reference.timeline
    during = period(local_day(ordinal), policy.pseudonym.rotate)
    officers = list(timeline.officers)
    present = np.flatnonzero(release.counted(rows.officers(release.ROWS_PER_GROUP))).tolist()
    pseudonyms = {code: pseudonym(inputs.key, policy.policy.purpose, during, officers[code]) for code in present}
    return release.ReleaseNames(pseudonyms, timeline.codes)


def _first_day(inputs: OutputInputs) -> date:
    """The day of a release without rows: that on which the interval starts, or that of ``as_of`` if it has no start."""
    start_us = inputs.interval.from_us
    us = inputs.reference.as_of_us if start_us == NEVER_US else start_us
    return local_date(us, inputs.reference.policy.policy.timezone)


def count_reasons(reasons: Reasons) -> dict[Reason, int]:
    """The number of rows with each reason; rows that are `NOT_RECORDED` are not counted."""
    counts = values_counted(reasons)
    return {reason: int(counts[reason]) for reason in Reason}


def check_outputs(
    folder: Path, outputs: tuple[OutputFile, ...], outcome: Outcome, counts: dict[Reason, int], policy: Policy
) -> None:
    """Check the written files before they are published; raises `PrivacyError` (specification#exit-4).

    1. Every row of the interval is in the ledger or the quarantine (specification#every-row-once). 2. As many rows are
    released as the ledger has with the reason `on_duty`. 3. The release has the columns that are allowed, and no others
    (specification#release-columns).
    """
    rows = dict.fromkeys(("release", "ledger", "quarantine"), 0)
    columns: list[list[str]] = []
    for output in outputs:
        part = output.name.partition("/")[0]
        metadata = pq.read_metadata(folder / output.name)
        rows[part] += metadata.num_rows
        if part == "release":
            columns.append([metadata.schema.column(i).name for i in range(metadata.num_columns)])
    if rows["ledger"] + rows["quarantine"] != outcome.rows or sum(counts.values()) != rows["ledger"]:
        raise PrivacyError("rows were lost between input and ledger; nothing was published. Report this")
    check_release(rows["release"], columns, counts, policy)


def check_release(rows: int, columns: Iterable[list[str]], counts: Mapping[Reason, int], policy: Policy) -> None:
    """Raise `PrivacyError` where some part of a release has other ``columns`` than those allowed, or all of them other
    than the released ``rows`` (specification#exit-4).
    """
    allowed = [*release.SCHEMA.names, *policy.release.extra_columns]
    if any(names != allowed for names in columns):
        raise PrivacyError("the release has other columns than those allowed; nothing was published. Report this")
    if rows != counts[Reason.ON_DUTY]:
        raise PrivacyError("the release and the ledger disagree; nothing was published. Report this")
