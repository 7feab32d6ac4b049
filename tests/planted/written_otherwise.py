"""Lays a world out as another program would have written it, with the declarations that say so: for planted bugs in how
declarations are applied.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.declared_forms import toml_section
from tests.oracle.reading import Unreadable, instant
from tests.world import COLUMNS, World, lay_out, write_csv

DUTY = "D"


def lay_out_otherwise(world: World, folder: Path) -> None:
    """Pings in milliseconds, degrees of longitude in 1e-7, holders in seconds, the roster day first with its own words
    and without a status.
    """
    lay_out(world, folder)
    tables = world["tables"]
    pings = [
        {"unit": row["device_id"], "ms": _unix(row["observed_at"], 1_000), "x": _e7(row["lon"]), **_of(row, "lat")}
        for row in tables["pings"]
    ]
    holders = [
        {**row, **{name: _unix(row[name], 1) for name in ("valid_from", "valid_to")}} for row in tables["assignments"]
    ]
    roster = [
        {**row, "duty_code": {"duty": DUTY}.get(row["duty_code"], row["duty_code"]), **_day_first(row)}
        for row in tables["roster"]
    ]
    write_csv(folder / "pings" / "part-0.csv", ["unit", "ms", "x", "lat", "accuracy_m"], pings)
    write_csv(folder / "assignments.csv", COLUMNS["assignments"], holders)
    write_csv(folder / "roster.csv", [name for name in COLUMNS["roster"] if name != "status"], roster)
    tables = "\n".join(f"[inputs.{name}]\n{toml_section(how)}" for name, how in _declared().items())
    ends = '[keys]\npseudonym = "pseudonym.key"\n\n[output]\nstore = "store"\n'
    (folder / "job.toml").write_text(f'policy = "policy.toml"\n\n{tables}\n{ends}', encoding="utf-8")


def _declared() -> dict[str, dict[str, Any]]:
    day_first = "%d/%m/%Y %H:%M:%S"
    return {
        "pings": {
            "path": "pings",
            "columns": {"device_id": "unit", "observed_at": "ms", "lon": "x"},
            "times": {"observed_at": "unix_ms"},
            "units": {"lon": "1e-7"},
        },
        "assignments": {"path": "assignments.csv", "times": {"valid_from": "unix_s", "valid_to": "unix_s"}},
        "roster": {
            "path": "roster.csv",
            "constants": {"status": "active"},
            "times": {"starts_at": day_first, "ends_at": day_first},
            "values": {"duty_code": {"duty": [DUTY]}},
        },
        "places": {"path": "places.csv"},
        "sites": {"path": "sites.csv"},
    }


def _of(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {name: row[name], "accuracy_m": row["accuracy_m"]}


def _unix(written: Any, units_per_s: int) -> Any:
    """An instant as a number; what is none stays as it is."""
    try:
        return None if written is None else instant(written) * units_per_s // 1_000_000
    except Unreadable:
        return written


def _e7(degrees: float) -> int:
    return round(degrees * 10_000_000)


def _day_first(row: dict[str, Any]) -> dict[str, str]:
    return {name: datetime.fromisoformat(row[name]).strftime("%d/%m/%Y %H:%M:%S") for name in ("starts_at", "ends_at")}
