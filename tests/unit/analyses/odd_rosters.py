"""Random rosters in which much is odd: clock changes, nights, dates, lookalike ids, rows that cannot be read."""

from __future__ import annotations

import random
from typing import Any

GOOD = ("2026-03-28T{h:02}:30:00", "2026-03-29T0{d}:00", "2026-03-2{d}", "2026-03-28T{h:02}:00:00Z")
TIMES = (*GOOD, "2026-03-29T{h:02}:15:00+01:00", "2026-10-24T22:00", "2026-10-25T0{d}:00Z")
ODD_TIMES = (*TIMES, "2026-03-29T01:30:00", "2026-10-25T01:30:00", "never", "", "NULL")
RECORDED = ("2026-03-28T{h:02}:30:00Z", "2026-03-2{d}T{h:02}:00:00Z", "2026-03-0{d}T09:00:00Z")
ODD_RECORDED = (*RECORDED, "2026-03-29", "", "?", "2026-10-25T00:30:00+01:00")
OF_A_WALL_CLOCK = "2026-10-25T01:30:00"
"""Can be read only where the job declares a zone; and has two readings."""


def odd_rows(seed: int, *, declared_zone: bool = False) -> list[dict[str, Any]]:
    """Some versions of a few shifts; in half of the rosters all can be read."""
    rng = random.Random(seed)
    odd = rng.choice([0, 0, 0.01, 0.05])
    recorded = (*ODD_RECORDED, OF_A_WALL_CLOCK) if declared_zone else ODD_RECORDED

    def one_of(good: tuple[str, ...], odd_ones: tuple[str, ...]) -> str:
        texts = odd_ones if rng.random() < odd else good
        return rng.choice(texts).format(h=rng.randrange(24), d=rng.randrange(1, 10))

    rows: list[dict[str, Any]] = []
    for _ in range(rng.choice([10, 40, 80])):
        number = rng.randrange(12)
        row = {
            "shift_id": rng.choice([f"s{number}"] * 12 + [f"S{number}", f"0s{number}", f"s{number}.0", f" s{number} "]),
            "officer_id": rng.choice([f"o{number % 6}"] * 15 + [f"O{number % 6}", f"o{(number + 1) % 6}"]),
            "starts_at": one_of(TIMES, ODD_TIMES),
            "ends_at": one_of(TIMES, ODD_TIMES),
            "timezone": rng.choice([None] * 12 + ["GMT", "Europe/Paris"]),
            "duty_code": rng.choice(["duty", "duty", "duty", "court", "rest", "leave", "sick", ""]),
            "status": "Active" if rng.random() < odd else rng.choice(["active"] * 6 + ["cancelled"]),
            "recorded_at": one_of(RECORDED, recorded),
            "recorded_by": rng.choice(["desk", "login-1", " login-2", "nobody", None, "NULL"]),
            "approved_by": rng.choice([None, "login-1", "desk", "[1]"]),
        }
        row |= {name: None for name in ("shift_id", "officer_id") if rng.random() < odd / 4}
        if row["ends_at"] < row["starts_at"] and rng.random() < 0.9:
            row |= {"starts_at": row["ends_at"], "ends_at": row["starts_at"]}
        if row["status"] == "cancelled" and rng.random() < 0.5:
            row |= {"starts_at": None, "ends_at": None}
        rows.append(row)
        if rng.random() < 0.15:
            rows.append({**row, "starts_at": _as_midnight(row["starts_at"])})
        if rng.random() < 0.1:
            rows.append({**row, "status": "cancelled"})
    return rows


def _as_midnight(text: str | None) -> str | None:
    """A date as its first instant, which says the same; anything else as it is."""
    return f"{text}T00:00" if text is not None and len(text) == len("2026-03-28") else text
