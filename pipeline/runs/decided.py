"""Decides every ping of a request: what a run publishes, and what a check only looks at.

A run and a check share these four steps, so a check counts what the run that follows counts. Neither of them reads or
writes anything here but the inputs and its own private folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from offduty.arrays.spill import Spill
from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.errors import InputError, OwnerlessRowError
from offduty.core.interval import Interval
from offduty.core.returned_memory import one_allocator, return_memory
from offduty.decision.reference import SettledReference, check_offsets, reading_of, settle_reference
from offduty.duty.timeline import context_of
from offduty.engines.decider import BUCKETS, Decider, DecisionInputs, Limits
from offduty.engines.local import LOCAL, pieces_wanted
from offduty.ingest.duckdb_session import DuckDBSession, open_engine
from offduty.ingest.early_names import check_quietly, quietly
from offduty.ingest.inputs import REFERENCES, OpenedInputs, open_inputs
from offduty.ingest.named_devices import named_devices
from offduty.ingest.ping_files import Piece, PingFile, pieces
from offduty.ingest.quiet_names import ids_in, quieted
from offduty.ingest.read_pieces import DecodedPieces
from offduty.ingest.reference_files import ReferenceTable, read_reference
from offduty.ingest.source_file import Source
from offduty.ingest.sources import check_readable
from offduty.ingest.unreadable_columns import with_other_faults
from offduty.outputs.extra_columns import settle_twins
from offduty.outputs.outcome import Outcome
from offduty.outputs.released_pings import ReleasedPings
from offduty.runs.found_inputs import FoundInputs
from offduty.runs.known_codes import Codes, codes_of
from offduty.runs.remembered import State, state_of_all
from offduty.runs.request import Request
from offduty.runs.resources import Resources

PROGRAM_BYTES = 400 << 20
"""About how much memory a run takes besides the pings that it holds: the libraries, the database, and the pieces that
are read at once.
"""

ROOMY_BYTES = 400 << 20
"""With less than this to spare, officers are divided into more groups: to settle one takes five times what it holds."""
BYTES_PER_SETTLED_PING = 300
"""About how much memory a ping takes while its window is settled."""
MOST_BUCKETS = 256
FEWEST_SETTLED = 1 << 17
"""So many pings are settled at once even with little memory: smaller parts of time cost more than they save."""
RETURNED_ROWS = 1 << 21
"""After so many rows, free memory is given back where there is little: that takes some 20 ms."""
PIECES_AHEAD = 8
"""How many pieces are decoded at most while the reference tables are read and settled: about what the other core has
time for.
"""
BYTES_PER_DECODED_ROW = 48


def limits_of(resources: Resources) -> Limits:
    """How the memory is divided. What does not fit is spilled to the run's private folder."""
    spare = _spare_bytes(resources)
    return Limits(
        resources.threads,
        waiting_bytes=spare // 8,
        released_bytes=spare // 8,
        piece_rows=min(1 << 20, spare // 800),
        buckets=BUCKETS if _is_roomy(resources) else 4 * BUCKETS,
        settled_rows=max(spare // 4 // resources.threads // BYTES_PER_SETTLED_PING, FEWEST_SETTLED),
        most_buckets=MOST_BUCKETS,
    )


def writing_threads(resources: Resources) -> int:
    """How many files of the outputs are written at once: each has all of its rows in memory."""
    return resources.threads if _is_roomy(resources) else 1


def give_back(resources: Resources) -> None:
    """Between two stages, give memory that is free back to the system where there is little of it: the next stage takes
    other sizes in other threads, and what is free would stay beside that.
    """
    if not _is_roomy(resources):
        return_memory()


def _frugal(resources: Resources) -> AbstractContextManager[None]:
    return nullcontext() if _is_roomy(resources) else one_allocator()


def _progress(resources: Resources, rows: int) -> Callable[[int], None]:
    """What is called with each number of rows that has been decided, of so many: where there is little memory, what is
    free is given back again and again.
    """
    advanced = resources.clock.progress("decide", rows)
    if _is_roomy(resources):
        return advanced
    since = 0

    def advanced_and_returned(more: int) -> None:
        nonlocal since
        advanced(more)
        since += more
        if since >= RETURNED_ROWS:
            return_memory()
            since = 0

    return advanced_and_returned


def _is_roomy(resources: Resources) -> bool:
    return _spare_bytes(resources) >= ROOMY_BYTES


def _spare_bytes(resources: Resources) -> int:
    budget = resources.memory_mb << 20
    return max(budget - PROGRAM_BYTES, budget // 5)


@dataclass(frozen=True)
class Decided:
    """Every ping of a request has its reason; nothing is written yet.

    ``instead`` has the rows that are released in place of others that equal them in all but the extra columns.
    """

    asked: Request
    found: FoundInputs
    context: Interval
    sources: list[Source]
    tables: dict[str, ReferenceTable]
    files: list[PingFile]
    settled: SettledReference
    inputs: DecisionInputs
    outcome: Outcome
    database: DuckDBSession = field(repr=False)
    instead: dict[int, int] = field(default_factory=dict)


@contextmanager
def decided(
    asked: Request, found: FoundInputs, work: Path, resources: Resources, *, lists_unassigned: bool = False
) -> Iterator[Decided]:
    """Steps 2 to 4 of a run, for the inputs that step 1 found; a file whose name holds an id of the tables has another
    from here on. The database is open as long as the context.

    Raises `InputError` where an input stops the run; what is only known of all inputs together (nothing was read,
    nothing meets) is for `offduty.runs.expect`. With ``lists_unassigned`` the outcome counts the devices that nobody
    was ever assigned.
    """
    with settled_inputs(asked, found, work, resources) as known:
        yield decide(known, resources, lists_unassigned=lists_unassigned)


@dataclass(frozen=True)
class SettledInputs:
    """All inputs are open, and the reference tables are settled; no ping is decided yet. ``found`` are all files that
    the job names, ``sources`` those that can hold rows of the interval and its ``context`` (specification#files-read).
    ``work`` is a private folder for what does not fit into memory. ``devices`` are the devices that files of pings
    name, by their path, ``codes`` those of the rows of each reference table, and ``decoded`` pieces of pings, where
    they are made in the background. ``references_state`` is the state in which the reference tables were read, None
    where they have changed since.
    """

    asked: Request
    found: FoundInputs
    context: Interval
    sources: list[Source]
    opened: OpenedInputs
    settled: SettledReference
    work: Path
    database: DuckDBSession = field(repr=False)
    devices: Mapping[Path, Future[frozenset[str]]] = field(default_factory=dict, repr=False)
    codes: Mapping[str, Future[Codes]] = field(default_factory=dict, repr=False)
    decoded: DecodedPieces = field(default_factory=DecodedPieces, repr=False)
    references_state: State | None = field(default=None, repr=False)

    def devices_of(self, file: PingFile) -> frozenset[str]:
        """The devices that a file of pings names: as they were noted while all of its rows were read, or were found in
        the background, or else looked for now. Raises what `named_devices` raises.
        """
        noted, looked_for = self.decoded.devices.of(file.path, file.rows), self.devices.get(file.source.path)
        if noted is not None:
            return self.asked.remembered.devices(file.source, lambda: noted)
        return devices_of(self.asked, file, self.database.con) if looked_for is None else looked_for.result()

    def sources_over(self, interval: Interval) -> list[Source]:
        """The files of a run over a part of the interval, numbered as in its manifest."""
        return [replace(source, number=number) for number, source in enumerate(self.read_over(interval))]

    def read_over(self, interval: Interval) -> list[Source]:
        """The files of a run over a part of the interval, numbered as they are here."""
        context = context_of(interval, self.settled.reference.timeline.windows)
        return [source for source in self.sources if self.found.reaches(source, context)]


@contextmanager
def settled_inputs(
    asked: Request,
    found: FoundInputs,
    work: Path,
    resources: Resources,
    called: Callable[[list[Source]], list[Source]] = list,
    background: Executor | None = None,
    *,
    devices_first: bool = False,
) -> Iterator[SettledInputs]:
    """Steps 2 and 3 of `decided`, for the files that can hold rows of the interval and its context. The database is
    open as long as this is entered. ``called`` gives files other names; without it they have their own. With a
    ``background`` the first pieces of pings are decoded there, while the reference tables are read and settled, and
    then the codes of the reference rows are made: that keeps one core busy, and no more. The devices that a file of
    pings names are looked for there where not all of its rows will be read, or with ``devices_first``, where they are
    wanted before any ping is decided.
    """
    clock, declared = resources.clock, asked.job.inputs.declared
    state = _references_state(found)
    before = _remembered(asked, found, state)
    if before is None and found.left_out(asked.interval):
        before = _settled_before(asked, found, work, resources)
    sources = found.over(asked.interval if before is None else before.context)
    with quietly(sources):
        sources = called(sources)
    check_quietly(sources)
    with _frugal(resources), _engine(sources, work, resources) as database:
        devices: dict[Path, Future[frozenset[str]]] = {}
        codes: dict[str, Future[Codes]] = {}
        decoded = DecodedPieces()

        def begin(files: list[PingFile]) -> None:
            if background is not None:
                decoded.begin(_first_pieces(asked, files, resources), background)

        # 2. Open all inputs: every file must be readable before a row of it is decided.
        with clock.stage("open"):
            tables = None if before is None else before.tables_of(sources)
            opened = open_inputs(database, sources, asked.policy, declared, tables, begin)
            sources = quieted(sources, ids_in(opened.rows, opened.pings), asked.prints)
            named = [replace(file, source=sources[file.source.number]) for file in opened.pings]
            opened = replace(opened, pings=named)
            give_back(resources)
        if background is not None:
            piece_rows = _limits_for(opened.pings, resources).piece_rows
            devices = {
                file.source.path: background.submit(devices_of, asked, file, database.con)
                for file in opened.pings
                if devices_first or not _is_read_whole(asked, file, piece_rows, resources)
            }
            uncoded = opened.rows if asked.remembered.of_references("codes", state) is None else {}
            codes = {table: background.submit(codes_of, asked.key, table, rows) for table, rows in uncoded.items()}

        # 3. Settle the reference tables: who had which device, who was on duty, where nobody may be located.
        with (
            clock.stage("reference"),
            with_other_faults(opened.rows, opened.pings, database.con, declared),
            _named_rows(sources),
        ):
            settled = (
                settle_reference(opened.rows, asked.policy, asked.as_of_us, declared)
                if before is None
                else before.settled_of(sources)
            )
            give_back(resources)
        context = context_of(asked.interval, settled.reference.timeline.windows)
        _check_all_read(found, context, sources)
        state = state if state == _references_state(found) else None
        made = _SettledBefore(_first_reference(sources), opened.tables, settled, context)
        asked.remembered.keep("settled", state, made)
        asked.remembered.forget_other_pings({file.source.path for file in opened.pings})
        known = asked, found, context, sources, opened, settled, work, database, devices, codes, decoded, state
        yield SettledInputs(*known)


def devices_of(asked: Request, file: PingFile, engine: DuckDBConnection) -> frozenset[str]:
    """The devices that a file of pings names; raises what `named_devices` raises."""
    return asked.remembered.devices(file.source, lambda: named_devices([file], engine))


def _first_pieces(asked: Request, files: list[PingFile], resources: Resources) -> list[Piece]:
    """The first pieces of which most rows may be needed, if the run decides in this process."""
    if not _decider(resources).in_one_process:
        return []
    rows = _limits_for(files, resources).piece_rows
    ahead = min(max(_spare_bytes(resources) // 4 // (rows * BYTES_PER_DECODED_ROW), 1), PIECES_AHEAD)
    return [piece for piece in pieces(files, rows) if piece.instants.overlap(asked.interval) is not None][:ahead]


def _limits_for(files: list[PingFile], resources: Resources) -> Limits:
    """`limits_of`, for as many rows as these files have."""
    return limits_of(resources).for_rows(sum(file.rows for file in files))


def _is_read_whole(asked: Request, file: PingFile, piece_rows: int, resources: Resources) -> bool:
    """Whether this process will read all rows of a file, whatever the reference tables say."""
    every = pieces([file], piece_rows)
    return _decider(resources).in_one_process and len(pieces_wanted(every, asked.interval)) == len(every)


def _decider(resources: Resources) -> Decider:
    """The engine that decides."""
    return LOCAL if resources.decider is None else resources.decider


def _engine(sources: list[Source], work: Path, resources: Resources) -> DuckDBSession:
    duckdb_mb = max(resources.memory_mb // 3, 200)
    nameless = _decider(resources).in_one_process
    return open_engine(sources, work, resources.threads, duckdb_mb, nameless=nameless, spill=resources.spill)


@dataclass(frozen=True)
class _SettledBefore:
    """The reference tables, read and settled before it is known which files of pings are read: their duty windows say
    it. ``first`` is the number that the first of their files had.
    """

    first: int
    tables: Mapping[str, ReferenceTable]
    settled: SettledReference
    context: Interval

    def tables_of(self, sources: list[Source]) -> dict[str, ReferenceTable]:
        """The tables, with the numbers that their files have among the sources of the run."""
        by = _first_reference(sources) - self.first
        return {name: table.renumbered(by) for name, table in self.tables.items()}

    def settled_of(self, sources: list[Source]) -> SettledReference:
        """What was settled, with these numbers."""
        return self.settled.renumbered(_first_reference(sources) - self.first)


def _first_reference(sources: list[Source]) -> int:
    return sum(source.table == "pings" for source in sources)


def _settled_before(asked: Request, found: FoundInputs, work: Path, resources: Resources) -> _SettledBefore | None:
    """Read and settle the reference tables alone. None where something stops it: it stops the run in the same way, once
    all else that is wrong is known, too.
    """
    certain = found.over(asked.interval)
    tables_only = [source for source in certain if source.table != "pings"]
    declared = asked.job.inputs.declared
    try:
        with resources.clock.stage("choose"), _engine(tables_only, work, resources) as database:
            check_readable(tables_only)
            tables = {table: read_reference(database, table, tables_only, by_dictionary=True) for table in REFERENCES}
            rows = {name: table.rows for name, table in tables.items()}
            check_offsets({name: table.lacks_offset for name, table in tables.items()}, declared)
            settled = settle_reference(rows, asked.policy, asked.as_of_us, declared)
    except InputError:
        return None
    context = context_of(asked.interval, settled.reference.timeline.windows)
    return _SettledBefore(_first_reference(certain), tables, settled, context)


def _references_state(found: FoundInputs) -> State | None:
    """The state of the reference tables now."""
    return state_of_all(source for source in found.sources if source.table != "pings")


def _remembered(asked: Request, found: FoundInputs, state: State | None) -> _SettledBefore | None:
    """The reference tables as another run of this command settled them, where they have not changed since."""
    known: _SettledBefore | None = asked.remembered.of_references("settled", state)
    if known is None:
        return None
    return replace(known, context=context_of(asked.interval, known.settled.reference.timeline.windows))


def _check_all_read(found: FoundInputs, context: Interval, sources: list[Source]) -> None:
    """Raise `InputError` unless exactly the files are read that can hold rows of the interval and its context: a file
    that is left out wrongly could hold what hides a position.
    """
    if [source.path for source in found.over(context)] != [source.path for source in sources]:
        raise InputError("the reference tables changed while they were read; run again when they are complete")


def decide(
    known: SettledInputs,
    resources: Resources,
    *,
    lists_unassigned: bool = False,
    released: Spill[ReleasedPings] | None = None,
) -> Decided:
    """Step 4 of `decided`: decide every ping. ``released`` is where released pings go, if they are not to be stored."""
    asked, clock, settled, files = known.asked, resources.clock, known.settled, known.opened.pings
    listed = asked.interval if lists_unassigned else None
    with clock.stage("decide"):
        inputs = DecisionInputs(
            reading=replace(reading_of(settled.reference), lists_unassigned=listed),
            reference=settled.reference,
            interval=asked.interval,
            engine=known.database.con,
            work=known.work,
            limits=_limits_for(files, resources),
            tables=known.opened.rows,
            stage=clock.stage,
            declared=asked.job.inputs.declared,
            released=released,
            decoded=known.decoded.take,
        )
        rows = pieces(files, inputs.limits.piece_rows)
        outcome = _decider(resources)(inputs, files, rows, _progress(resources, sum(file.rows for file in files)))
        instead = settle_twins(outcome, files, asked.policy.release.extra_columns)
        give_back(resources)
    tables, database = known.opened.tables, known.database
    return Decided(
        asked, known.found, known.context, known.sources, tables, files, settled, inputs, outcome, database, instead
    )


@contextmanager
def _named_rows(sources: list[Source]) -> Iterator[None]:
    """A row that stops the run is named by its file's name and its number."""
    try:
        yield
    except OwnerlessRowError as error:
        raise InputError(error.what, file=sources[error.number].name, row=error.row) from None
