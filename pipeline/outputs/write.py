"""Writes what a run gives out (release, ledger, quarantine) and proves that it adds up before anybody sees it (SPEC 7,
8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from offduty.config.policy import Policy
from offduty.core.durable_files import flush
from offduty.core.errors import PrivacyError
from offduty.core.instants import NEVER_US, local_date
from offduty.core.interval import Interval
from offduty.core.reasons import Reason
from offduty.decision.decide import Reasons, Reference
from offduty.ingest.duckdb_session import DuckDBSession
from offduty.ingest.ping_files import PingFile
from offduty.outputs import ledger, release
from offduty.outputs.extra_columns import extra_columns, extra_schema
from offduty.outputs.manifest import OutputFile
from offduty.outputs.outcome import Outcome, local_day
from offduty.outputs.pseudonyms import period, pseudonym
from offduty.outputs.quarantine import write_quarantine


def write_outputs(
    folder: Path,
    outcome: Outcome,
    files: list[PingFile],
    reference: Reference,
    engine: DuckDBSession,
    key: bytes,
    threads: int,
    interval: Interval,
) -> tuple[OutputFile, ...]:
    """Write all files of a run into ``folder``, each flushed to the disk, and say what was written."""
    for part in ("release", "ledger", "quarantine"):
        (folder / part).mkdir(parents=True)
    with ThreadPoolExecutor(threads) as pool:
        finish = partial(_finish, folder)
        written = [
            pool.submit(
                finish,
                folder / "ledger" / f"part-{number:05}.parquet",
                partial(ledger.write_ledger_part, reasons=outcome.reasons, files=files, first=first, last=last),
            )
            for number, (first, last) in enumerate(ledger.ledger_spans(len(outcome.reasons)))
        ]
        written += _write_release(folder / "release", outcome, files, reference, key, pool, finish, interval)
        quarantined = finish(
            folder / "quarantine" / "part-00000.parquet",
            lambda path: write_quarantine(path, engine, files, outcome.faults),
        )
        return (quarantined, *(future.result() for future in written))


def _write_release(
    folder: Path,
    outcome: Outcome,
    files: list[PingFile],
    reference: Reference,
    key: bytes,
    pool: ThreadPoolExecutor,
    finish: Callable[[Path, Callable[[Path], int]], OutputFile],
    interval: Interval,
) -> list[Future[OutputFile]]:
    policy = reference.policy
    written: list[Future[OutputFile]] = []
    extra = None
    if policy.release.extra_columns:
        extra = partial(extra_columns, files, extra_schema(files, tuple(policy.release.extra_columns)))
    for ordinal in outcome.released.keys():
        released = outcome.released.take(ordinal)
        names = _names(released, reference, ordinal, key)
        place = release.folder_of(folder, local_day(ordinal))
        place.mkdir()
        for number, part in enumerate(release.parts_of(released, names)):
            write = partial(release.write_part, released=part, names=names, policy=policy, extra=extra)
            written.append(pool.submit(finish, place / f"part-{number:05}.parquet", write))
    if not written:
        place = release.folder_of(folder, _first_day(interval, reference))
        place.mkdir()
        nothing = partial(
            release.write_part, released=release.NOTHING, names=release.ReleaseNames({}, []), policy=policy, extra=extra
        )
        written.append(pool.submit(finish, place / "part-00000.parquet", nothing))
    return written


def _names(released: release.ReleasedPings, reference: Reference, ordinal: int, key: bytes) -> release.ReleaseNames:
    policy = reference.policy
    during = period(local_day(ordinal), policy.pseudonym.rotate)
    ids = list(reference.timeline.officers)
    present = np.flatnonzero(np.bincount(released.officer)).tolist()
    return release.ReleaseNames(
        {code: pseudonym(key, policy.policy.purpose, during, ids[code]) for code in present}, reference.timeline.codes
    )


def _first_day(interval: Interval, reference: Reference) -> date:
    """The day under which an empty release stands: where the interval begins, or else that of ``as_of``."""
    us = reference.as_of_us if interval.from_us == NEVER_US else interval.from_us
    return local_date(us, reference.policy.policy.timezone)


def _finish(folder: Path, path: Path, write: Callable[[Path], int]) -> OutputFile:
    """Write one file, flush it, and take its fingerprint."""
    rows = write(path)
    flush(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return OutputFile(path.relative_to(folder).as_posix(), digest, path.stat().st_size, rows)


def count_reasons(reasons: Reasons) -> dict[Reason, int]:
    """How many rows have each reason."""
    counts = np.zeros(256, np.int64)
    for start in range(0, len(reasons), 1 << 22):
        counts += np.bincount(reasons[start : start + (1 << 22)], minlength=256)
    return {reason: int(counts[reason]) for reason in Reason}


def check_outputs(
    folder: Path, outputs: tuple[OutputFile, ...], outcome: Outcome, counts: dict[Reason, int], policy: Policy
) -> None:
    """Prove from the files as they lie that nothing was lost and nothing else got out; raises `PrivacyError`.

    1. Every row of the interval is in the ledger or the quarantine. 2. As many positions are released as the ledger says
    on_duty. 3. Released files have the columns that are allowed, and no others.
    """
    rows = dict.fromkeys(("release", "ledger", "quarantine"), 0)
    allowed = [*release.SCHEMA.names, *policy.release.extra_columns]
    for output in outputs:
        part = output.name.partition("/")[0]
        metadata = pq.read_metadata(folder / output.name)
        rows[part] += metadata.num_rows
        if part == "release" and [metadata.schema.column(i).name for i in range(metadata.num_columns)] != allowed:
            raise PrivacyError("the release has other columns than those allowed; nothing was published. Report this")
    if rows["ledger"] + rows["quarantine"] != outcome.rows or sum(counts.values()) != rows["ledger"]:
        raise PrivacyError("rows were lost between input and ledger; nothing was published. Report this")
    if rows["release"] != counts[Reason.ON_DUTY]:
        raise PrivacyError("the release and the ledger disagree; nothing was published. Report this")
