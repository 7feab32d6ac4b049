"""Prepares the reference tables for decisions, and decides a table of pings by them: Arrow in, Arrow out.

No file and no store is opened here, so the same rules run in any engine that has Arrow tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import dictionary_array, string_array, to_arrow
from offduty.config.contracts import contract
from offduty.config.declarations import UNDECLARED, TableDeclaration
from offduty.config.policy import Policy
from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.errors import InputError
from offduty.core.ids import KeyOf, exact_key
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.interval import Interval
from offduty.core.reasons import QuarantineReason, Reason
from offduty.core.refusal import Refusal
from offduty.core.times import NO_TIME_US, any_lacks_offset
from offduty.decision.around_duty import DutyHours
from offduty.decision.decide import Reference, judge, settle
from offduty.decision.declared_tables import DeclaredTables
from offduty.decision.join import PingJoin, join_table
from offduty.decision.known_rows import KnownTables
from offduty.decision.legs import is_candidate
from offduty.decision.pings import PingReading, Reasons, naive_instants
from offduty.decision.place_rows import place_rows
from offduty.duty.custody import Custody, settle_custody
from offduty.duty.entries import Roster, RosterCoverage
from offduty.duty.on_duty import settle_duty
from offduty.duty.roster import read_rows
from offduty.duty.timeline import settle_timeline
from offduty.duty.versions import settle_roster
from offduty.geofence.hidden_sites import HiddenSites, settle_hidden_sites
from offduty.geofence.places import Places, settle_places
from offduty.geofence.read_geometry import FileRows
from offduty.geofence.site_exclusions import SiteExclusions, settle_site_exclusions
from offduty.geofence.sites import Sites, settle_sites

NOT_THERE = 255  # in place of a reason, for a ping after as_of
DECIDED = pa.schema([pa.field("row", pa.int64(), nullable=False), pa.field("reason", pa.string())])


@dataclass(frozen=True)
class SettledReference:
    """The reference of decisions, and what the reading of its tables found.

    ``refused`` are rows that cannot be read, ``reported`` rows that were read and mean more or less than they say, such
    as lookalikes. ``counted`` has the number of such places, sites and officers by table and by what was found.
    ``rows`` are file and row of such places and sites: they may stand on the terminal of a check and nowhere else
    (specification#small-counts). ``coverage`` is what the roster covers. ``unknown_yet`` is how many rows were recorded
    after ``as_of``, by table. ``last_recorded_us`` is the newest record time of the roster (None: there is none).
    ``timeless`` are the tables of which some row has no record time. ``known`` are the rows that were known. ``places``
    and ``sites`` are those of the tables; ``sites`` are None where there is no such table.
    """

    reference: Reference
    refused: tuple[Refusal, ...]
    reported: tuple[Refusal, ...]
    counted: dict[str, dict[str, int]]
    unknown_yet: dict[str, int]
    last_recorded_us: int | None
    coverage: RosterCoverage
    rows: Mapping[str, Mapping[str, FileRows]] = field(default_factory=dict, repr=False)
    timeless: tuple[str, ...] = ()
    known: KnownTables = field(kw_only=True, repr=False)
    places: Places = field(kw_only=True, repr=False)
    sites: Sites | None = field(kw_only=True, repr=False)

    def hidden_sites(self, interval: Interval) -> HiddenSites:
        """The sites that are hidden from everyone in an interval, whatever ``legs.rule`` is.

        Only its time of duty counts: from the start of the first duty window that meets it to the end of the last.
        Without a window it is the whole interval.
        """
        if self.sites is None:
            return HiddenSites()
        windows = self.reference.timeline.windows
        meeting = windows.meeting(interval)
        from_us = windows.from_us[meeting].min(initial=FOREVER_US)
        to_us = windows.to_us[meeting].max(initial=NEVER_US)
        duty = interval.overlap(Interval(int(from_us), int(to_us)))
        return settle_hidden_sites(self.sites, self.places, duty or interval)

    def renumbered(self, by: int) -> SettledReference:
        """The same, where the number of every file is greater ``by`` so many: more files of pings stand before them."""
        return replace(
            self,
            refused=tuple(replace(row, file=row.file + by) for row in self.refused),
            reported=tuple(replace(row, file=row.file + by) for row in self.reported),
            rows={
                table: {what: tuple((file + by, row) for file, row in rows) for what, rows in found.items()}
                for table, found in self.rows.items()
            },
        )


def settle_reference(
    tables: Mapping[str, pa.Table],
    policy: Policy,
    as_of_us: int,
    declared: Mapping[str, TableDeclaration] | None = None,
) -> SettledReference:
    """Prepare ``assignments``, ``roster``, ``places`` and ``sites`` (may be missing where ``legs.rule`` is off).

    Each table has ``file`` int32 and ``row`` int64, by which its rows are reported, and the columns of its contract as
    text; `columns_as_text` adds missing ones. Empty rows must have been removed. ``declared`` says how each table is
    written. Raises `InputError` where times lack an offset and no time zone is declared (specification#instants), or
    where no row of a table can be read (specification#nothing-read); and `OwnerlessRowError` for a row that would hide
    something and does not name whose (specification#row-without-owner).

    >>> import pyarrow as pa
    >>> from offduty import Policy, columns_as_text, decide_pings, settle_reference
    >>> from offduty.core.instants import instant
    >>> day = "2026-03-02T"
    >>> tables = {
    ...     "assignments": pa.table({"device_id": ["d1"], "officer_id": ["o1"], "valid_from": ["2026-01-01"]}),
    ...     "roster": pa.table({"shift_id": ["s1"], "officer_id": ["o1"], "starts_at": [day + "08:00"],
    ...         "ends_at": [day + "16:00"], "duty_code": ["duty"], "status": ["active"],
    ...         "recorded_at": ["2026-02-01"]}),
    ...     "places": pa.table({"officer_id": ["o1"], "kind": ["home"],
    ...         "lon": [-1.0], "lat": [51.7], "radius_m": [50]}),
    ... }
    >>> policy = Policy.from_dict({
    ...     "policy": {"name": "presence", "purpose": "presence on duty", "timezone": "Europe/London"},
    ...     "duty": {"on_codes": ["duty"]}, "legs": {"rule": "off"}})
    >>> texts = {name: columns_as_text(name, rows) for name, rows in tables.items()}
    >>> settled = settle_reference(texts, policy, instant("2026-03-03T00:00:00Z"))
    >>> settled.refused, settled.unknown_yet
    ((), {})
    """
    written = DeclaredTables.of(declared, policy)
    check_offsets({table: naive_columns(table, rows) for table, rows in tables.items()}, written.declared)
    tolerance_us = policy.duty.late_edit_tolerance_s * 1_000_000
    custody = settle_custody(
        tables["assignments"], written.local("assignments"), as_of_us, tolerance_us, written.device_key
    )
    rows_of_roster = read_rows(tables["roster"], written.roster(as_of_us))
    roster = settle_roster(rows_of_roster, custody.officers, written.roster(as_of_us))
    _check_something_read(custody, roster)
    duty = settle_duty(roster, tolerance_us, as_of_us)
    sites = settle_sites(tables["sites"], policy.legs.max_site_km2) if "sites" in tables else None
    known = place_rows(tables["places"], written.local("places"), as_of_us)
    places = settle_places(
        known.rows,
        custody.officers,
        policy.places.buffer_m,
        max_km=policy.places.max_km,
        sites=sites,
        lookalike=written.key("places", "officer_id"),
    )
    anchoring = None if sites is None or policy.legs.rule == "off" else sites
    allowed = None if anchoring is None else settle_site_exclusions(anchoring, places, policy.places.buffer_m)
    distinct = written.device_key is exact_key
    reference = Reference(
        settle_timeline(custody, duty), places, allowed, policy, as_of_us, written.local("pings"), distinct
    )
    rows = _rows(places, sites, allowed)
    lookalikes = _lookalikes(known.rows, custody.officers, written.key("places", "officer_id"))
    unknown_yet = {
        "assignments": custody.unknown_yet,
        "roster": roster.unknown_yet,
        "places": known.unknown_yet,
    }
    return SettledReference(
        reference=reference,
        refused=(
            *custody.refused,
            *roster.refused,
            *_one_for_each_row((*places.refused, *known.refused)),
            *(sites.refused if sites else ()),
        ),
        reported=(*custody.reported, *roster.reported),
        counted=_counted(custody, roster, places, lookalikes, rows),
        unknown_yet={table: count for table, count in unknown_yet.items() if count},
        last_recorded_us=roster.last_recorded_us,
        coverage=roster.coverage,
        rows=rows,
        known=KnownTables(custody.known, rows_of_roster, known, ~places.undrawn, tables, written),
        places=places,
        sites=sites,
        timeless=tuple(t for t, some in (("assignments", custody.timeless), ("places", known.timeless)) if some),
    )


def _rows(places: Places, sites: Sites | None, allowed: SiteExclusions | None) -> dict[str, dict[str, FileRows]]:
    return {
        "places": {"far": places.far_rows, "unmet": places.unmet_rows},
        "sites": {
            "too_large": () if sites is None else sites.too_large_rows,
            "beside": () if allowed is None else allowed.beside_rows,
        },
    }


def _counted(
    custody: Custody, roster: Roster, places: Places, lookalikes: int, rows: Mapping[str, Mapping[str, FileRows]]
) -> dict[str, dict[str, int]]:
    counted = {
        "assignments": {
            "no_home": places.officers_without_home,
            "no_roster": len(custody.officers) - len(roster.coverage.named),
        },
        "roster": {"unmet": roster.unmet, "no_device": roster.coverage.unmet_officers},
        "places": {"lookalike": lookalikes},
    }
    for table, found in rows.items():
        counted.setdefault(table, {}).update((what, len(numbers)) for what, numbers in found.items())
    return {table: {what: n for what, n in found.items() if n} for table, found in counted.items()}


def _lookalikes(places: pa.Table, officers: Mapping[str, int], key_of: KeyOf) -> int:
    """How many places are of an id that looks like that of an officer, and is none."""
    keys = {key_of(officer) for officer in officers}
    ids = [text for text in places["officer_id"].to_pylist() if text is not None]
    return sum(text not in officers and key_of(text) in keys for text in ids)


def _one_for_each_row(refused: Iterable[Refusal]) -> list[Refusal]:
    """One refusal for each row, with all that is wrong with it."""
    wrong: dict[tuple[str, int, int], str] = {}
    for one in refused:
        row = one.table, one.file, one.row
        wrong[row] = f"{wrong[row]}; {one.why}" if row in wrong else one.why
    return [Refusal(*row, why) for row, why in sorted(wrong.items())]


def naive_columns(table: str, rows: pa.Table) -> list[str]:
    """The columns of instants of a reference table in which some time has no offset."""
    instants = [column.name for column in contract(table).columns if column.type == "instant"]
    return [name for name in instants if any_lacks_offset(rows[name])]


def check_offsets(naive: Mapping[str, Iterable[str]], declared: Mapping[str, TableDeclaration]) -> None:
    """Raise `InputError`, which names every column of every table whose times lack an offset where the job declares no
    time zone for the table (specification#instants).
    """
    found = {table: sorted(columns) for table, columns in naive.items() if columns}
    unclear = {table: columns for table, columns in found.items() if declared.get(table, UNDECLARED).time_zone is None}
    if unclear:
        named = "; ".join(f"{table}: {', '.join(columns)}" for table, columns in unclear.items())
        raise InputError(
            f"times without an offset are not known ({named}). Declare in the job what they mean, for example"
            f' inputs.{next(iter(unclear))}.time_zone = "Europe/London", or write them with an offset'
        )


def _check_something_read(custody: Custody, roster: Roster) -> None:
    """Raise `InputError` where a table has rows and none of them can be read (specification#nothing-read)."""
    for table, settled in (("assignments", custody), ("roster", roster)):
        if settled.rows and not settled.readable_rows:
            why = "; ".join(sorted({refusal.why for refusal in settled.refused})[:3])
            raise InputError(
                f"not one row of the {table} can be read ({why}): correct the files or the job, then run again"
            )


def columns_as_text(table: str, rows: pa.Table) -> pa.Table:
    """A reference table in the form for `settle_reference`: text columns, numbered rows, missing columns as NULL.

    >>> rows = pa.table({"lon": [-1.05], "lat": [51.7], "radius_m": [150]})
    >>> columns_as_text("sites", rows).to_pylist()
    [{'file': 0, 'row': 0, 'site_id': None, 'geometry': None, 'lon': '-1.05', 'lat': '51.7', 'radius_m': '150'}]
    """
    names = contract(table).names
    given = {name: rows[name].cast(pa.string()) for name in names if name in rows.column_names}
    nothing = string_array([None] * rows.num_rows)
    numbers = [
        to_arrow(np.zeros(rows.num_rows, np.int32), pa.int32()),
        to_arrow(np.arange(rows.num_rows, dtype=np.int64), pa.int64()),
    ]
    return pa.Table.from_arrays([*numbers, *(given.get(name, nothing) for name in names)], ["file", "row", *names])


def reading_of(reference: Reference) -> PingReading:
    """What the reader of pings needs for a reference."""
    accuracy = reference.policy.accuracy
    return PingReading(
        devices=reference.timeline.devices,
        lookalikes=reference.timeline.lookalikes,
        distinct=reference.distinct_devices,
        local=reference.local,
        assumed_m=float("nan") if accuracy.when_missing == "mask" else float(accuracy.when_missing),
        zero_is_missing=accuracy.zero == "missing",
    )


def join_of(reference: Reference, decided: Interval) -> PingJoin:
    """What pings are joined with, for a reference and the time to decide."""
    return PingJoin(reading_of(reference), reference.timeline, decided, DutyHours.of(reference.timeline))


def private_engine() -> DuckDBConnection:
    """A database in memory with one thread, in which pings are joined."""
    return DuckDBConnection.open(threads=1)


def decide_pings(pings: pa.Table, reference: Reference) -> pa.Table:
    """The reason of every row of a table of pings, in its order: ``row`` int64, ``reason`` text.

    ``pings`` has ``device_id``, ``observed_at``, ``lon``, ``lat`` and perhaps ``accuracy_m``. It must have all pings of
    its officers, because the reason of one may depend on others in its duty window (specification#independence). A row
    that cannot be read as a ping has ``quarantine:`` and its quarantine reason instead of a reason. An empty table
    gives an empty table. A ping after ``as_of`` has no reason (NULL): it is not there yet.

    >>> import pyarrow as pa
    >>> from offduty import Policy, columns_as_text, decide_pings, settle_reference
    >>> from offduty.core.instants import instant
    >>> day = "2026-03-02T"
    >>> tables = {
    ...     "assignments": pa.table({"device_id": ["d1"], "officer_id": ["o1"], "valid_from": ["2026-01-01"]}),
    ...     "roster": pa.table({"shift_id": ["s1"], "officer_id": ["o1"], "starts_at": [day + "08:00"],
    ...         "ends_at": [day + "16:00"], "duty_code": ["duty"], "status": ["active"],
    ...         "recorded_at": ["2026-02-01"]}),
    ...     "places": pa.table({"officer_id": ["o1"], "kind": ["home"],
    ...         "lon": [-1.0], "lat": [51.7], "radius_m": [50]}),
    ... }
    >>> policy = Policy.from_dict({
    ...     "policy": {"name": "presence", "purpose": "presence on duty", "timezone": "Europe/London"},
    ...     "duty": {"on_codes": ["duty"]}, "legs": {"rule": "off"}})
    >>> texts = {name: columns_as_text(name, rows) for name, rows in tables.items()}
    >>> settled = settle_reference(texts, policy, instant("2026-03-03T00:00:00Z"))
    >>> pings = pa.table({"device_id": ["d1", "d1"], "observed_at": [day + "07:00Z", day + "08:30Z"],
    ...     "lon": [-1.0, -1.05], "lat": [51.7, 51.7], "accuracy_m": [10.0, 10.0]})
    >>> decide_pings(pings, settled.reference)["reason"].to_pylist()
    ['off_duty', 'on_duty']
    """
    check_offsets({"pings": naive_instants(pings)}, {"pings": TableDeclaration(reference.local.declared)})
    until_as_of = Interval(NEVER_US, reference.as_of_us + 1)
    with private_engine() as con:
        batch = join_table(pings.combine_chunks(), 0, join_of(reference, until_as_of), con)
    reasons = np.full(batch.rows, Reason.OFF_DUTY, np.uint8)
    reasons[batch.pings.row], undecided = judge(batch.pings, reference)
    final = settle(undecided, reference)
    candidate = is_candidate(undecided.kind)
    reasons[undecided.row[candidate]] = final[candidate]
    reasons[batch.quarantined.row] = len(Reason) + batch.quarantined.reason
    late = (batch.pings.observed_us > reference.as_of_us) & (batch.pings.observed_us != NO_TIME_US)
    reasons[batch.pings.row[late]] = NOT_THERE
    row = to_arrow(np.arange(len(reasons), dtype=np.int64), pa.int64())
    return pa.Table.from_arrays([row, reason_texts(reasons)], schema=DECIDED)


def reason_texts(codes: Reasons) -> pa.Array:
    """The words of reasons; for ``len(Reason)`` and a quarantine reason that one, and NULL for `NOT_THERE`."""
    names: list[str | None] = [
        *(reason.word for reason in Reason),
        *(f"quarantine:{reason.word}" for reason in QuarantineReason),
    ]
    names += [None] * (NOT_THERE + 1 - len(names))
    return dictionary_array(codes, names).dictionary_decode()
