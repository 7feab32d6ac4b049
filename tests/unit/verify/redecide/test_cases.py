"""The second implementation, alone, gives the reasons that the conformance cases of version 2 expect."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.core.errors import InputError
from offduty.verify.redecide import InputFile, RunCase, decide_again
from tests.paths import SHARED
from tests.second_implementation import policy_document
from tests.world import COLUMNS, POLICY, cell

FILE = SHARED / "conformance" / "cases_v2.json"
OPTIONAL = {"pings": ["received_at", "valid"], "assignments": ["recorded_at"], "places": ["recorded_at"]}
NEUTRAL: dict[str, dict[str, Any]] = {
    "accuracy": {"zero": "imprecise"},
    "places": {"max_km": 40000.0},
    "legs": {"max_gap_s": 100_000_000, "pass_by_s": 0, "hold_s": 0, "max_site_km2": 5.0},
}
"""The rules of version 2, switched off; a case switches on what it is about."""
NOT_ASKED = {"v2 an optional column under another name stops the run"}
"""Cases about a question that is asked before a run alone: the list may only become shorter."""
CASES = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else []
Case = dict[str, Any]


def laid_out(case: Case, folder: Path) -> RunCase:
    """The inputs of a case as CSV, and a ledger in which no row has a reason: each is found to differ."""
    inputs = []
    for number, (table, columns) in enumerate(COLUMNS.items()):
        rows = case["tables"][table]
        extra = case["policy"].get("release", {}).get("extra_columns", [])
        names = columns + [name for name in [*OPTIONAL.get(table, []), *extra] if any(name in row for row in rows)]
        path = folder / f"{table}.csv"
        if table in case.get("raw", {}):
            encoding = (case.get("inputs") or {}).get(table, {}).get("encoding", "utf-8")
            path.write_text(case["raw"][table], encoding=encoding)
        else:
            with path.open("w", newline="", encoding="utf-8") as file:
                out = csv.writer(file)
                out.writerows([names, *([cell(row.get(name)) for name in names] for row in rows)])
        inputs.append(InputFile(number, table, path.name, path))
    count = len(case["tables"]["pings"])
    ledger = pa.table(
        {"file": pa.array([0] * count, pa.int32()), "row": range(count), "reason": pa.array(["?"] * count, pa.string())}
    )
    (folder / "ledger").mkdir()
    pq.write_table(ledger, folder / "ledger" / "part-00000.parquet")
    start, end = case["interval"] or ("", "")
    policy = {
        section: {**values, **NEUTRAL.get(section, {}), **case["policy"].get(section, {})}
        for section, values in POLICY.items()
    }
    manifest = {
        "policy": policy_document(policy),
        "interval": {"from": start, "to": end},
        "as_of": case["as_of"],
        "declarations": {table: as_recorded(how) for table, how in (case.get("inputs") or {}).items()},
        "inputs": [],
        "outputs": [{"name": "ledger/part-00000.parquet"}],
    }
    return RunCase(manifest, folder, tuple(inputs), None)


def as_recorded(how: dict[str, Any]) -> dict[str, Any]:
    """A declaration as a manifest has it: the contract's value by the written word."""
    words = {
        column: {word: ours for ours, several in values.items() for word in several}
        for column, values in how.get("values", {}).items()
    }
    return {**how, **({"values": words} if words else {})}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["name"] not in NOT_ASKED], ids=lambda case: case["name"]
)
def test_case(case: Case, tmp_path: Path) -> None:
    """Every row has the reason that is expected, or the inputs stop the run."""
    laid = laid_out(case, tmp_path)
    if case["expect"] == "stop":
        with pytest.raises(InputError):
            decide_again(laid)
        return
    found = decide_again(laid)
    again: list[str | None] = [None] * len(case["expect"])
    for each in found.differences.first:
        again[each.row] = each.again
    assert again == case["expect"]


def test_the_list_of_cases_that_are_not_asked_becomes_shorter() -> None:
    """It has no name of a case that is gone."""
    assert not CASES or {case["name"] for case in CASES} >= NOT_ASKED
