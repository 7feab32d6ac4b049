"""Makes the release of tables that are in memory: `mask` for analysts, `reasons` for whoever looks after the filter.

The same reading, deciding and writing as in a run (`offduty.runs.run`); the tables are files of Parquet in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.config.check_job import check_job
from offduty.config.job import Job
from offduty.config.key_files import fingerprint, load_pseudonym_key, load_signing_key
from offduty.config.policy import Policy
from offduty.core.count_words import number_of
from offduty.core.errors import UsageError
from offduty.core.locations import is_object
from offduty.core.reasons import QuarantineReason, Reason
from offduty.decision.reference import reason_texts
from offduty.engines.local import LOCAL
from offduty.ingest.memory_files import MemoryFiles
from offduty.ingest.tables_in_memory import write_tables
from offduty.outputs.extra_column_warnings import telling_columns
from offduty.outputs.write import OutputInputs, check_release, count_reasons, release_files
from offduty.runs.check import document_of, temporary_folder
from offduty.runs.decided import Decided, decided
from offduty.runs.expect import check_expected
from offduty.runs.find_inputs import find_inputs
from offduty.runs.findings import WrittenOutputs, findings_of
from offduty.runs.notes import notes_of
from offduty.runs.picture import draw
from offduty.runs.read_release import as_geo
from offduty.runs.request import Request, asked_times
from offduty.runs.resources import Resources, nobody
from offduty.runs.run import RunResult, answer
from offduty.runs.table_files import check_new_folder, write_table_files
from offduty.transparency.log import read_store

KEY_BYTES = 32
NO_KEY = bytes(KEY_BYTES)
"""For reasons, which have no pseudonym in them."""
DECLARED = "declared"
"""What messages call the declarations; in a run it is the job file that has them."""
OF_FILES = ("format", "compression", "encoding", "delimiter", "decimal", "skip_rows")
"""What a section of a job says about files alone."""
REFUSED = pa.schema([pa.field("table", pa.string()), pa.field("row", pa.int64()), pa.field("why", pa.string())])


class ArrowStream(Protocol):
    """A table that can be read as Arrow: of pandas, GeoPandas, polars, Arrow, DuckDB, and others."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows as a stream of Arrow."""


@dataclass(frozen=True)
class Release:
    """What `mask` gives: the released rows, and what became of the others.

    ``arrow``, ``frame`` and ``geo`` are the same rows, sorted by ``officer`` and ``observed_at``: as a table of Arrow,
    a DataFrame of pandas, and a GeoDataFrame in longitude and latitude (for which geopandas must be installed). Their
    columns are those of a release (specification#release-columns), and ``geometry`` is WKB but in ``geo``. Only these
    are for analysts.

    ``counts`` has the number of rows with each reason. ``notes`` say in one line each what was hidden, refused or
    passed over. ``refused`` is for engineers: ``table``, ``row`` (counted from 0) and ``why`` for each row that could
    not be read. Both have small counts and single rows in them, which can be about one person: they are not to be
    published (specification#small-counts). ``run`` is the run in the log, None without one.

    >>> import pandas as pd, pyarrow as pa
    >>> rows = pa.table({"officer": ["a1"], "lon": [-1.08]})
    >>> Release(rows, {"off_duty": 3, "on_duty": 1}, pd.DataFrame())
    Release(counts={'off_duty': 3, 'on_duty': 1})
    """

    arrow: pa.Table = field(repr=False)
    counts: dict[str, int]
    refused: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    run: RunResult | None = field(default=None, repr=False)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The released rows as a DataFrame."""
        frame: pd.DataFrame = self.arrow.to_pandas()
        return frame

    @property
    def geo(self) -> pd.DataFrame:
        """The released rows as a GeoDataFrame. `UsageError` where geopandas is not installed."""
        return as_geo(self.frame)

    def svg(self, width_px: int = 900) -> str:
        """A picture of where the released rows are, as SVG: dots, a scale, no map below them. Without rows it says so.

        >>> import pandas as pd, pyarrow as pa
        >>> rows = pa.table({"officer": ["a1"], "lon": [-1.08], "lat": [51.67]})
        >>> Release(rows, {"on_duty": 1}, pd.DataFrame()).svg().count("<circle")
        1
        """
        return draw(self.frame["lon"].to_numpy(np.float64), self.frame["lat"].to_numpy(np.float64), width_px)


def mask(
    pings: ArrowStream,
    assignments: ArrowStream,
    roster: ArrowStream,
    homes: ArrowStream,
    sites: ArrowStream | None,
    policy: Policy | Mapping[str, Any] | Path | str,
    *,
    key: bytes | Path | str,
    as_of: datetime | str | None = None,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    declared: Mapping[str, Mapping[str, Any]] | None = None,
    log: Path | str | None = None,
    signing: Path | str | None = None,
    keep: Path | str | None = None,
    threads: int | None = None,
    memory_mb: int = 2_000,
) -> Release:
    """Release the positions that are proven to be duty, away from every protected place: coarse, and with pseudonyms.

    This is `offduty run` for tables in memory: row by row the release that the command writes of the same tables.

    What goes in
    ------------
    Each table is a DataFrame of pandas or polars, a GeoDataFrame, a relation of DuckDB, or whatever streams Arrow
    (``__arrow_c_stream__``). Columns that are not named here are ignored; those in brackets may be left out.

    ============  ==================================================================================================
    pings         device_id, observed_at (with a time zone), lon, lat [accuracy_m, received_at, valid]
    assignments   device_id, officer_id, valid_from [valid_to, recorded_at]: who had which device, from when to when
    roster        shift_id, officer_id, starts_at, ends_at, duty_code, status, recorded_at [timezone, recorded_by]:
                  every recorded version of every shift
    homes         the protected places: officer_id (empty: for everyone), kind ("home" for a home), and geometry, or
                  lon, lat and radius_m [place_id, valid_from, valid_to, recorded_at]
    sites         the workplaces: geometry, or lon, lat and radius_m [site_id]. None where the policy has
                  legs.rule = "off"
    ============  ==================================================================================================

    The pings must be all pings of their officers: what was before and after a position can hide it. Pings without
    ``accuracy_m`` are hidden, unless the policy says what to assume. A GeoDataFrame is converted to longitude and
    latitude (`to_crs`), and one that does not say its coordinate system is refused. Points of pings become ``lon`` and
    ``lat``. Named index levels are columns. Times need a time zone; ``starts_at`` and ``ends_at`` of a roster may be
    wall times, in its ``timezone`` or the policy's.

    policy
        `offduty.Policy`, or its file, or a mapping of its sections.
    key
        The pseudonym key: 32 secret bytes, or the name of a key file (`offduty init` makes one). Whoever has it can
        undo the pseudonyms; the same key and purpose give the same ones. Never write it into a notebook.
    as_of
        What was known then decides: an instant, or a date in the policy's zone. Without it, now.
    start, end
        The half-open interval to decide; without them it is open. Pings around it are needed all the same.
    declared
        How a table is written where it is not written as above: for each table a mapping, as the section of a job of
        its name has it (``offduty docs inputs``); the homes are ``places`` there.
    log, signing, keep
        See below.
    threads, memory_mb
        What it may use; they change no row.

    What comes out
    --------------
    A `Release`: ``frame``, ``geo`` or ``arrow`` for analysts; ``counts``, ``notes`` and ``refused`` for engineers. The
    columns are ``officer`` (a pseudonym), ``observed_at``, ``lon``, ``lat``, ``accuracy_m``, ``duty_code`` and
    ``geometry``, and the policy's extra columns. Without a released position there are no rows. A row that cannot be
    read is never released: a ping is set aside, and a row of another table hides more until it is corrected.

    What it does not do
    -------------------
    Without ``log`` nothing is kept: no ledger, no log, nothing for an auditor. It knows no earlier release, so two
    calls with other rules, rows or ``as_of`` over the same time together tell more than either of them; a run refuses
    that (specification#supersede-policy). ``log``, a store in a folder, makes the call a run: checked against the runs
    before it, and published there with ledger and manifest; ``signing`` is then the file of the key that signs the log.
    An auditor who decides again needs the tables, which are no files: ``keep`` is a new folder, for its owner only,
    into which they are written as the run read them, with a job: ``offduty verify STORE --inputs KEEP/job.toml``.

    What is raised
    --------------
    `InputError` names, in one message, everything that is wrong with the tables: missing columns, times without a zone,
    coordinate systems, and what is no table; it is also raised where nothing could be read or nothing meets.
    `UsageError` where the policy, the key or an instant cannot be understood, and `PrivacyError` where a check of the
    release fails. No message has a position, a person or a device in it.

    Example
    -------
    >>> import os, pandas as pd, offduty
    >>> day = "2026-03-02T"
    >>> clock = pd.date_range(day + "08:00", day + "16:00", freq="30min", tz="UTC")
    >>> pings = pd.DataFrame({"device_id": "d1", "observed_at": clock, "lon": -1.08, "lat": 51.70, "accuracy_m": 10.0})
    >>> pings.loc[[0, 2, 14, 16], "lon"] = [-1.00, -1.05, -1.05, -1.00]  # home, station, station, home
    >>> assignments = pd.DataFrame({"device_id": ["d1"], "officer_id": ["o1"], "valid_from": ["2026-01-01"]})
    >>> roster = pd.DataFrame({"shift_id": ["s1"], "officer_id": ["o1"], "starts_at": [day + "08:00"],
    ...     "ends_at": [day + "16:30"], "duty_code": ["duty"], "status": ["active"], "recorded_at": ["2026-02-01"]})
    >>> homes = pd.DataFrame({"officer_id": ["o1"], "kind": ["home"], "lon": [-1.0], "lat": [51.7], "radius_m": [50]})
    >>> sites = pd.DataFrame({"lon": [-1.05], "lat": [51.70], "radius_m": [150]})
    >>> policy = {"policy": {"name": "presence", "purpose": "presence on duty", "timezone": "Europe/London"},
    ...     "duty": {"on_codes": ["duty"]}, "legs": {"max_gap_s": 3600}}
    >>> release = offduty.mask(pings, assignments, roster, homes, sites, policy, key=os.urandom(32), as_of="2026-03-03")
    >>> len(pings), len(release.frame), release.counts["protected_place"]
    (17, 13, 2)
    >>> release.frame.columns.tolist()
    ['officer', 'observed_at', 'lon', 'lat', 'accuracy_m', 'duty_code', 'geometry']
    """
    rules = _policy(policy)
    if log is None and (signing is not None or keep is not None):
        raise UsageError("signing and keep are for a log: name the store in log, or leave them out")
    if keep is not None:
        check_new_folder(Path(keep))
    tables = {"pings": pings, "assignments": assignments, "roster": roster, "places": homes, "sites": sites}
    resources = Resources.of(threads, memory_mb, LOCAL, nobody, spill=False)
    with _asked(tables, rules, _key(key), (start, end, as_of), declared, log, signing) as (asked, files, work):
        if log is None:
            with decided(asked, find_inputs(asked, work), work, resources) as found:
                return _released(found, files, resources.threads)
        result = answer(asked, threads=threads, memory_mb=memory_mb)
        if keep is not None:
            write_table_files(Path(keep), asked)
    return _logged(result)


def reasons(
    pings: ArrowStream,
    assignments: ArrowStream,
    roster: ArrowStream,
    homes: ArrowStream,
    sites: ArrowStream | None,
    policy: Policy | Mapping[str, Any] | Path | str,
    *,
    as_of: datetime | str | None = None,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    declared: Mapping[str, Mapping[str, Any]] | None = None,
    threads: int | None = None,
    memory_mb: int = 2_000,
) -> pd.Series[str]:
    """The reason of each ping, in the order of the pings: for those who look after the filter, and NOT for analysts.

    A reason says of a hidden position why it is hidden: ``protected_place`` beside an exact position is a home. And the
    rows with ``on_duty`` are not a release: their positions are exact and their devices are named. Use `mask` for what
    you give away.

    The tables and all other parameters are those of `mask`, and so is what is raised. The result is a Series with one
    text for each row of the pings, numbered from 0: a word of `Reason`, or ``quarantine:`` and a word of
    `QuarantineReason` for a row that is not a ping. A ping outside of the interval or after ``as_of`` has none.

    >>> import offduty, pandas as pd
    >>> day = "2026-03-02T"
    >>> pings = pd.DataFrame({"device_id": "d1", "observed_at": [day + "07:00Z", day + "08:30Z"], "lon": [-1.0, -1.05],
    ...     "lat": 51.7, "accuracy_m": 10.0})
    >>> assignments = pd.DataFrame({"device_id": ["d1"], "officer_id": ["o1"], "valid_from": ["2026-01-01"]})
    >>> roster = pd.DataFrame({"shift_id": ["s1"], "officer_id": ["o1"], "starts_at": [day + "08:00"],
    ...     "ends_at": [day + "16:00"], "duty_code": ["duty"], "status": ["active"], "recorded_at": ["2026-02-01"]})
    >>> homes = pd.DataFrame({"officer_id": ["o1"], "kind": ["home"], "lon": [-1.0], "lat": [51.7], "radius_m": [50]})
    >>> policy = {"policy": {"name": "presence", "purpose": "presence on duty", "timezone": "Europe/London"},
    ...     "duty": {"on_codes": ["duty"]}, "legs": {"rule": "off"}}
    >>> offduty.reasons(pings, assignments, roster, homes, None, policy, as_of="2026-03-03").tolist()
    ['off_duty', 'on_duty']
    """
    tables = {"pings": pings, "assignments": assignments, "roster": roster, "places": homes, "sites": sites}
    resources = Resources.of(threads, memory_mb, LOCAL, nobody, spill=False)
    with (
        _asked(tables, _policy(policy), NO_KEY, (start, end, as_of), declared, None, None) as (asked, _, work),
        decided(asked, find_inputs(asked, work), work, resources) as found,
    ):
        check_expected(found)
        codes = found.outcome.reasons.copy()
        quarantined = found.outcome.quarantined
        codes[quarantined.row] = len(Reason) + quarantined.reason
        texts: pd.Series[str] = reason_texts(codes).to_pandas().rename("reason")
        return texts


@contextmanager
def _asked(
    tables: Mapping[str, ArrowStream | None],
    policy: Policy,
    key: bytes,
    times: tuple[datetime | str | None, datetime | str | None, datetime | str | None],
    declared: Mapping[str, Mapping[str, Any]] | None,
    log: Path | str | None,
    signing: Path | str | None,
) -> Iterator[tuple[Request, MemoryFiles, Path]]:
    """The request, the files in memory that it reads, and a private folder."""
    if log is not None and is_object(str(log)):
        raise UsageError("log is an address in an object store: name a folder, or run a job")
    interval, as_of_us = asked_times(policy, *times)
    with TemporaryDirectory(prefix="offduty-", dir=temporary_folder()) as folder, MemoryFiles(Path(folder)) as files:
        job = _job(tables, declared or {}, Path(folder), log)
        check_job(job, policy)
        ending = "" if log is None else ".parquet"
        extra = tuple(policy.release.extra_columns)
        sources = write_tables(tables, job.inputs.declared, extra, files, ending)
        seed = None if signing is None else load_signing_key(Path(signing))
        keys = {"pseudonym": fingerprint(key)} | ({} if seed is None else {"signing": fingerprint(seed)})
        asked = Request(job, policy, key, keys, interval, as_of_us, times[2] is not None, seed=seed, in_memory=sources)
        yield asked, files, Path(folder)


def _job(
    tables: Mapping[str, ArrowStream | None],
    declared: Mapping[str, Mapping[str, Any]],
    folder: Path,
    log: Path | str | None,
) -> Job:
    """A job without files: its declarations, and the store. `UsageError` for a declaration that means nothing here."""
    wrong = [f"{table}.{key}" for table, how in declared.items() for key in how if key in OF_FILES]
    if wrong:
        raise UsageError(f"declared: {', '.join(wrong)} is about files, and means nothing for a table in memory")
    named = {table: {"path": table} for table, rows in tables.items() if rows is not None or table != "sites"}
    inputs = {table: {**named.get(table, {}), **how} for table, how in {**named, **declared}.items()}
    store = Path(log).absolute() if log is not None else folder / "store"
    document = {
        "policy": "policy",
        "inputs": inputs,
        "keys": {"pseudonym": "key"},
        "output": {"store": str(store)},
    }
    return Job.from_dict(document, folder / DECLARED)


def _policy(policy: Policy | Mapping[str, Any] | Path | str) -> Policy:
    if isinstance(policy, Policy):
        return policy
    return Policy.from_dict(policy, "policy") if isinstance(policy, Mapping) else Policy.load(policy)


def _key(key: bytes | Path | str) -> bytes:
    """The key itself. `UsageError` for one of another length, and for its digits in place of a file."""
    if isinstance(key, bytes):
        if len(key) != KEY_BYTES:
            raise UsageError(
                f"the key has {number_of(len(key), 'byte')}; 32 secret random bytes are expected, or a key file"
            )
        return key
    if len(str(key)) == 2 * KEY_BYTES and not Path(key).exists():
        raise UsageError("the key seems to be written out: name its file, or give the 32 bytes; digits end up in logs")
    return load_pseudonym_key(Path(key))


def _released(found: Decided, files: MemoryFiles, threads: int) -> Release:
    """The release of what was decided, each of its files written and read in memory."""
    check_expected(found)
    asked, counts = found.asked, count_reasons(found.outcome.reasons)
    inputs = OutputInputs(found.outcome, found.files, found.inputs.reference, asked.interval, asked.key, found.instead)
    with ThreadPoolExecutor(threads) as pool:
        jobs = [(path := files.new(), pool.submit(write, path)) for _, write in release_files(inputs)]
    paths = [path for path, done in jobs if done.result() >= 0]
    tables = [pq.ParquetFile(path).read() for path in paths]
    check_release(sum(t.num_rows for t in tables), [t.column_names for t in tables], counts, asked.policy)
    telling = telling_columns(paths, asked.policy.release.extra_columns)
    document = document_of(found, findings_of(found, WrittenOutputs((), counts, telling)))
    quarantined = found.outcome.quarantined
    unread = sorted(zip(quarantined.row.tolist(), quarantined.reason.tolist(), strict=True))
    rows = [("pings", row, QuarantineReason(reason).word) for row, reason in unread]
    rows += [(refusal.table, refusal.row, refusal.why) for refusal in found.settled.refused]
    by_word = {reason.word: counts[reason] for reason in Reason}
    return Release(_sorted(tables), by_word, _refused(rows), tuple(notes_of(document)))


def _logged(result: RunResult) -> Release:
    """The release of a run in a store, as it was published."""
    folder = Path(str(result.path))
    tables = [pq.ParquetFile(path).read() for path in sorted((folder / "release").rglob("*.parquet"))]
    entries = read_store(folder.parent.parent)
    (document,) = [entry.document for entry in entries if entry.is_run and entry.document["run_id"] == result.run_id]
    names = {given["file"]: given["table"] for given in document["inputs"]}
    unread = [pq.ParquetFile(path).read() for path in sorted((folder / "quarantine").glob("*.parquet"))]
    rows = [("pings", row["row"], row["reason"]) for part in unread for row in part.to_pylist()]
    rows += [(names[refusal["file"]], refusal["row"], refusal["why"]) for refusal in document["refused"]]
    return Release(_sorted(tables), result.counts, _refused(rows), result.notes, result)


def _sorted(tables: list[pa.Table]) -> pa.Table:
    """All rows by officer and instant; what is equal in both stays in the order of the files."""
    together = pa.concat_tables(tables).combine_chunks()
    order = np.arange(together.num_rows)
    if together.num_rows:
        keys = [("officer", "ascending"), ("observed_at", "ascending")]
        order = pc.sort_indices(together, sort_keys=keys)
    return together.take(order)


def _refused(rows: list[tuple[str, int, str]]) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    arrays = [pa.array(values, kind.type) for values, kind in zip(columns, REFUSED, strict=True)]
    frame: pd.DataFrame = pa.Table.from_arrays(arrays, schema=REFUSED).to_pandas()
    return frame
