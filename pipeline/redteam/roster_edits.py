"""Attack 11: random histories of roster edits, filtered as of several instants, and compared (threat-model#attack-11).

Who: C, with two releases, and somebody who edits the roster between them. A row that only the later run releases must
be one that the roster of its own time allowed. That is decided by a plain reading of the versions recorded up to the
ping, which shares no code with the filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import pyarrow as pa

from offduty.config.policy import Policy
from offduty.decision.reference import columns_as_text, decide_pings, settle_reference

HOURS = 48
CODES = ("duty", "rest", "duty", "leave")
POLICY: dict[str, dict[str, Any]] = {
    "policy": {"name": "histories", "purpose": "red team", "timezone": "UTC"},
    "duty": {"on_codes": ["duty"]},
}


@dataclass(frozen=True)
class EditedVersion:
    """One recorded version of a shift; all times are hours from the first midnight."""

    shift: int
    start: int
    end: int
    code: str
    active: bool
    recorded: float


def history(random: Random, edits: int) -> list[EditedVersion]:
    """Random versions of three shifts. At least the first four are recorded before the first ping, others after it."""
    return [
        EditedVersion(
            random.randrange(3),
            start := random.randrange(0, HOURS - 2),
            min(start + random.randrange(1, 14), HOURS),
            random.choice(CODES),
            random.random() < 0.8,
            random.randrange(-24, 0 if number < 4 else 4 * HOURS) + number / 100,
        )
        for number in range(edits)
    ]


def allowed(versions: list[EditedVersion], hour: float, known: float) -> bool:
    """Whether the roster as recorded up to `known` made `hour` duty: the newest version of some shift grants it, and
    none takes it away (specification#duty-at).
    """
    newest: dict[int, EditedVersion] = {}
    for version in sorted(versions, key=lambda one: one.recorded):
        if version.recorded <= known:
            newest[version.shift] = version
    about = [one for one in newest.values() if one.active and one.start <= hour < one.end]
    return any(one.code == "duty" for one in about) and all(one.code == "duty" for one in about)


def released(versions: list[EditedVersion], as_of: float) -> set[int]:
    """The hours of which the filter releases the ping, as of an instant. Each hour has one ping, at half past, at the
    station.
    """
    pings = pa.table(
        {
            "device_id": ["d"] * HOURS,
            "observed_at": [_at(hour + 0.5) for hour in range(HOURS)],
            "lon": ["-1.0"] * HOURS,
            "lat": ["51.6"] * HOURS,
            "accuracy_m": ["5"] * HOURS,
        }
    )
    pings = pings.set_column(1, "observed_at", pings["observed_at"].cast(pa.timestamp("us", "UTC")))
    for name in ("lon", "lat", "accuracy_m"):
        pings = pings.set_column(pings.column_names.index(name), name, pings[name].cast(pa.float64()))
    reference = settle_reference(_tables(versions), Policy.model_validate(POLICY), _us(as_of)).reference
    reasons = decide_pings(pings, reference)["reason"].to_pylist()
    return {hour for hour, reason in enumerate(reasons) if reason == "on_duty"}


def widened(versions: list[EditedVersion], early: float, late: float) -> set[int]:
    """The hours that only the later run releases and that the roster of their own time did not allow. There must be
    none.
    """
    more = released(versions, late) - released(versions, early)
    return {hour for hour in more if not allowed(versions, hour + 0.5, hour + 0.5)}


def rewritten(versions: list[EditedVersion], late: float) -> int:
    """How many hours a filter would add that uses only the newest roster, as others do: hours that were not duty at
    their own time.
    """
    times = [hour for hour in range(HOURS) if hour + 0.5 < late]
    now = {hour for hour in times if allowed(versions, hour + 0.5, late)}
    return len({hour for hour in now if not allowed(versions, hour + 0.5, hour + 0.5)})


def trial(histories: int, seed: int) -> tuple[int, int, int]:
    """Sums over random histories: hours that the filter added, hours that a filter with only the newest roster would
    add, and hours that were duty. The same seed gives the same sums.
    """
    random = Random(seed)
    wider = today = duty = 0
    for _ in range(histories):
        versions = history(random, random.randrange(2, 12))
        early = random.uniform(HOURS, 2 * HOURS)
        late = early + random.uniform(1, 3 * HOURS)
        wider += len(widened(versions, early, late))
        today += rewritten(versions, late)
        duty += len([hour for hour in range(HOURS) if allowed(versions, hour + 0.5, hour + 0.5)])
    return wider, today, duty


def _at(hour: float) -> str:
    total_s = round(hour * 3_600) + 10 * 86_400
    day, left = divmod(total_s, 86_400)
    return f"2026-03-{day + 1:02}T{left // 3_600:02}:{left % 3_600 // 60:02}:{left % 60:02}Z"


def _us(hour: float) -> int:
    return (1_772_323_200 + round(hour * 3_600) + 10 * 86_400) * 1_000_000  # 1 March 2026, and ten days


def _tables(versions: list[EditedVersion]) -> dict[str, pa.Table]:
    rows = [
        {
            "shift_id": f"s{one.shift}",
            "officer_id": "o",
            "starts_at": _at(one.start),
            "ends_at": _at(one.end),
            "duty_code": one.code,
            "status": "active" if one.active else "cancelled",
            "recorded_at": _at(one.recorded),
        }
        for one in versions
    ]
    view = {
        "assignments": [{"device_id": "d", "officer_id": "o", "valid_from": "2020-01-01T00:00:00Z"}],
        "roster": rows,
        "places": [
            {"place_id": "h", "officer_id": "o", "kind": "home", "lon": "-1.2", "lat": "51.6", "radius_m": "40"}
        ],
        "sites": [{"site_id": "s", "lon": "-1.0", "lat": "51.6", "radius_m": "100"}],
    }
    return {table: columns_as_text(table, pa.Table.from_pylist(view[table])) for table in view}
