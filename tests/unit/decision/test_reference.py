"""`decide_pings` gives a table of pings the same reasons, row by row, as the oracle."""

from __future__ import annotations

import pyarrow as pa

from offduty import Policy, columns_as_text, decide_pings, settle_reference
from offduty.core.instants import instant
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
