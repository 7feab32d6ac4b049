"""`decide_pings` gives a table of pings the same reasons, row by row, as the oracle."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from offduty import Policy, columns_as_text, decide_pings, settle_reference
from offduty.config.declarations import TableDeclaration
from offduty.core.errors import InputError
from offduty.core.ids import exact_key, lookalike_key
from offduty.core.instants import instant
from offduty.decision.declared_tables import DeclaredTables
from offduty.decision.reference import SettledReference
from tests.oracle import answer
from tests.world import assignment, ping, place, shift, site, world


def _texts(rows: list[dict[str, object]]) -> pa.Table:
    names = sorted({name for row in rows for name in row})
    columns = [[None if row.get(name) is None else str(row[name]) for row in rows] for name in names]
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})


def test_a_table_has_the_reasons_of_the_oracle() -> None:
    """The pings have anchors, a contact at home, a row that cannot be read and an unassigned device."""
    pings = [
        ping("08:00"),
        ping("09:00", "street"),
        ping("10:00"),
        ping("11:00", "street"),
        ping("12:00", "home"),
        ping("13:00", "street"),
        ping("14:00"),
        ping("15:00", (0.0, 0.0)),
        ping("15:30", device="d9"),
        ping("17:00"),
    ]
    given = world(pings, assignments=[assignment()], roster=[shift()], places=[place()], sites=[site()])
    tables = {
        name: columns_as_text(name, _texts(given["tables"][name]))
        for name in ("assignments", "roster", "places", "sites")
    }
    as_of_us = instant(given["as_of"])
    assert as_of_us is not None
    settled = settle_reference(tables, Policy.from_dict(given["policy"]), as_of_us)
    decided = decide_pings(pa.Table.from_pylist(given["tables"]["pings"]), settled.reference)
    assert decided["reason"].to_pylist() == answer(given).reasons
    assert decided["row"].to_pylist() == list(range(len(pings)))


def test_an_empty_table_gives_an_empty_table() -> None:
    """The result has no rows, and its columns all the same."""
    given = world([ping("08:00")], assignments=[assignment()], roster=[shift()], places=[place()], sites=[site()])
    tables = {
        name: columns_as_text(name, _texts(given["tables"][name]))
        for name in ("assignments", "roster", "places", "sites")
    }
    settled = settle_reference(tables, Policy.from_dict(given["policy"]), 0)
    nothing = pa.Table.from_pylist(given["tables"]["pings"]).slice(0, 0)
    decided = decide_pings(nothing, settled.reference)
    assert decided.num_rows == 0
    assert decided.column_names == ["row", "reason"]


def settled(given: dict[str, Any], declared: dict[str, TableDeclaration] | None = None) -> SettledReference:
    """The reference of a world, with what the job declares."""
    tables = {
        name: columns_as_text(name, _texts(given["tables"][name]))
        for name in ("assignments", "roster", "places", "sites")
    }
    as_of_us = instant(given["as_of"])
    assert as_of_us is not None
    return settle_reference(tables, Policy.from_dict(given["policy"]), as_of_us, declared)


def test_times_without_an_offset_are_named_for_every_table_at_once() -> None:
    """The roster's own times are wall times, and stop nothing; a declared zone settles its own table."""
    naive = "2026-02-01T00:00"
    given = world(
        assignments=[assignment(start=naive)],
        roster=[shift(recorded=naive)],
        places=[place(start=naive, end="2027-01-01T00:00")],
    )
    with pytest.raises(InputError) as error:
        settled(given)
    told = "assignments: valid_from; roster: recorded_at; places: valid_from, valid_to"
    assert f"times without an offset are not known ({told})" in str(error.value)
    assert "inputs.assignments.time_zone" in str(error.value)
    london = TableDeclaration(time_zone="Europe/London")
    with pytest.raises(InputError, match=r"not known \(roster: recorded_at\)"):
        settled(given, {"assignments": london, "places": london})
    assert settled(given, dict.fromkeys(("assignments", "roster", "places"), london)).refused == ()


def test_pings_without_an_offset_stop_a_table_of_pings_as_well() -> None:
    """A receipt without one, too: it could not be compared."""
    given = world()
    for name in ("observed_at", "received_at"):
        row = {**ping("09:00"), "received_at": "2026-03-02T09:00:00Z", name: "2026-03-02T09:00:00"}
        with pytest.raises(InputError, match=f"pings: {name}"):
            decide_pings(pa.Table.from_pylist([row]), settled(given).reference)
        zoned = settled(given, {"pings": TableDeclaration(time_zone="Europe/London")})
        assert decide_pings(pa.Table.from_pylist([row]), zoned.reference)["reason"].to_pylist() == ["on_duty"]


def test_a_ping_after_as_of_is_not_there() -> None:
    """At exactly `as_of` it is decided; after it there is no reason, not even that of the quarantine."""
    given = world(as_of="2026-03-02T12:00:00Z")
    pings = [ping("12:00"), ping("12:00:00.000001"), ping("12:00:00.000001", (0.0, 0.0)), ping("nonsense")]
    decided = decide_pings(pa.Table.from_pylist(pings), settled(given).reference)
    assert decided["reason"].to_pylist() == ["window_open", None, None, "quarantine:bad_time"]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"assignments": [assignment(officer=None)]}, "not one row of the assignments can be read"),
        ({"roster": [shift(status="planned")]}, "not one row of the roster can be read"),
    ],
)
def test_a_table_of_which_no_row_can_be_read_stops_the_run(tables: dict[str, Any], message: str) -> None:
    """With why; a second row that can be read is enough, and so is a table without rows."""
    with pytest.raises(InputError, match=message):
        settled(world(**tables))
    (name, rows), good = *tables.items(), {"assignments": assignment("d2", "o2"), "roster": shift(shift_id="r2")}
    assert len(settled(world(**{name: [*rows, good[name]]})).refused) == 1
    assert settled(world(**{name: []})).refused == ()


def test_distinct_columns_are_those_of_the_table_that_hides() -> None:
    """Of devices either table may declare it."""
    policy = Policy.from_dict(world()["policy"])
    for table, column in (("roster", "shift_id"), ("roster", "officer_id"), ("places", "officer_id")):
        declared = DeclaredTables.of({table: TableDeclaration(distinct=(column,))}, policy)
        assert declared.key(table, column) is exact_key
        assert declared.key("assignments", column) is lookalike_key
        assert declared.device_key is lookalike_key
    for table in ("pings", "assignments"):
        assert DeclaredTables.of({table: TableDeclaration(distinct=("device_id",))}, policy).device_key is exact_key


def test_what_was_found_besides() -> None:
    """Rows that were not there yet are counted by table; lookalikes are reported by row."""
    later = "2026-11-25T00:00:00Z"
    given = world(
        assignments=[assignment(), assignment("D1"), {**assignment("d2", "o2"), "recorded_at": later}],
        roster=[shift(), shift(shift_id="r2", recorded=later)],
        places=[place(), {**place(place_id="h2"), "recorded_at": later}],
    )
    found = settled(given)
    assert found.unknown_yet == {"assignments": 1, "roster": 1, "places": 1}
    assert [(refusal.table, refusal.row) for refusal in found.reported] == [("assignments", 0), ("assignments", 1)]
    assert found.last_recorded_us in (instant("2026-02-01T00:00:00Z"), instant(later))
