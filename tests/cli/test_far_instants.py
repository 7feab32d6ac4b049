"""The first and the last days that can be written, in every column of time of every table: a run ends as it should, and
`verify` finds what the run found. An employer's system writes "for ever" as 9999-12-31.
"""

from __future__ import annotations

import pytest

from offduty import run
from offduty.verify.auditor import Auditor, Status, verify
from tests.world import AFTERWARDS, Row, assignment, lay_out, manifest_of, ping, place, shift, site, world

FAR = (
    "0000-01-01",
    "0001-01-01",
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00-14:00",
    "9999-12-31",
    "9999-12-31T23:59:59",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59+14:00",
)
COLUMNS = {
    "pings": ("observed_at", "received_at"),
    "assignments": ("valid_from", "valid_to", "recorded_at"),
    "roster": ("starts_at", "ends_at", "recorded_at"),
    "places": ("valid_from", "valid_to", "recorded_at"),
}
EAST, WEST = "Pacific/Kiritimati", "America/New_York"


def rows(table: str, column: str) -> list[Row]:
    """One row for each far instant; each is somebody else's, so that none of them hides what the others do."""
    made = {
        "pings": lambda number: ping(f"09:{number:02}"),
        "assignments": lambda number: assignment(f"d{number}", f"far{number}"),
        "roster": lambda number: shift(shift_id=f"far{number}", officer=f"far{number}"),
        "places": lambda number: place(place_id=f"far{number}", officer=f"far{number}"),
    }[table]
    timed = {} if table in ("pings", "roster") else {"recorded_at": "2026-01-01T00:00:00Z"}
    return [{**made(number), **timed, column: far} for number, far in enumerate(FAR, 10)]


@pytest.mark.parametrize("zone", [EAST, WEST])
def test_far_instants_end_no_run(tmp_path, zone):
    """In all columns at once: exit 0, the officer who is no part of it is released, and both implementations agree."""
    given = world(sites=[site()])
    tables = given["tables"]
    for table, columns in COLUMNS.items():
        tables[table] += [row for column in columns for row in rows(table, column)]
    for row in tables["roster"]:
        row["timezone"] = row["timezone"] or ("Europe/London" if row["officer_id"] == "o1" else zone)
    given["inputs"] = {table: {"time_zone": zone} for table in COLUMNS}
    job = lay_out(given, tmp_path)
    result = run(job, as_of=AFTERWARDS)
    assert result.counts["on_duty"] >= 3
    assert manifest_of(result.path)["last_recorded_at"] == "9999-12-31T23:59:59.999999Z"
    checks = verify(tmp_path / "store", Auditor(inputs=job, reference=job)).checks
    assert {check.number: check.findings for check in checks if check.status is Status.FAIL} == {}
    assert {check.status for check in checks if check.number in ("4.2", "5.1", "5.2", "5.3")} == {Status.PASS}
