"""Makes small forces to report on: about twelve officers, some days, and several runs into one store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from offduty.report.build import RenderedReport, ReportRequest, report
from tests.made_before import ran
from tests.world import WHERE, Row, World, assignment, filtered, moved, place, shift, world

DAY = "2026-03-02"
NOW_US = 1_780_000_000_000_000
"""The instant at which the tests make their reports, in May 2026."""


def officer(number: int) -> str:
    """An officer id that is easy to search for in a page."""
    return f"planted-officer-{number:02}"


def device(number: int) -> str:
    """A device id that is easy to search for in a page."""
    return f"planted-device-{number:02}"


def home(number: int) -> tuple[float, float]:
    """Longitude and latitude of a home; homes are apart, with decimals that are easy to search for."""
    return (-0.301237 - number / 100, 51.407653)


def day_of(number: int) -> str:
    """The date so many days after the first day."""
    return (datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=number)).date().isoformat()


def fixes(number: int, day: str, every_min: int = 20) -> list[Row]:
    """A day of one device: at home, then at work from 08:10 on, between station and street, then at home again."""
    rows = []
    for minute in range(6 * 60, 20 * 60, every_min):
        clock = f"{day}T{minute // 60:02}:{minute % 60:02}:07Z"
        at_work = 8 * 60 + 10 <= minute < 16 * 60 - 10
        where = (WHERE["station"] if minute % 60 < 30 else WHERE["street"]) if at_work else home(number)
        rows.append(
            {"device_id": device(number), "observed_at": clock, "lon": where[0], "lat": where[1], "accuracy_m": 10}
        )
    return rows


def entry(number: int, day: str, **changes: Any) -> Row:
    """One day's duty, recorded a month before by one of three planners."""
    row = shift("08:00", "16:00", shift_id=f"shift-{number:02}-{day}", officer=officer(number))
    return {
        **row,
        "starts_at": f"{day}T08:00",
        "ends_at": f"{day}T16:00",
        "recorded_by": f"planner {number % 3}",
        **changes,
    }


def force(
    officers: int = 12, days: int = 2, policy: dict[str, dict[str, Any]] | None = None, **tables: list[Row]
) -> World:
    """A force in which every officer works every day; a table that is given replaces its own."""
    every = [(number, day_of(n)) for n in range(days) for number in range(officers)]
    base = {
        "pings": [row for number, day in every for row in fixes(number, day)],
        "assignments": [assignment(device(number), officer(number)) for number in range(officers)],
        "roster": [entry(number, day) for number, day in every],
        "places": [
            place(home(number), officer=officer(number), place_id=f"home-{number}") for number in range(officers)
        ],
    }
    return world(**{**base, **tables}, policy=policy)


@dataclass
class Published:
    """A store with runs, the job that made them, and the reason of each ping in each run."""

    world: World
    folder: Path
    reasons: list[list[str | None]] = field(default_factory=list)

    @property
    def store(self) -> Path:
        """The folder of the store."""
        return self.folder / "store"

    @property
    def job(self) -> Path:
        """The job file."""
        return self.folder / "job.toml"

    def run(
        self, start: str | None = None, end: str | None = None, as_of: str = "2026-04-01", **options: Any
    ) -> Published:
        """Run the filter again, into the same store, and record the reasons."""
        found = filtered(self.world, self.folder, start=start, end=end, as_of=as_of, by=ran, **options)
        assert not found.stopped
        self.reasons.append(found.reasons)
        return self

    def report(self, **options: Any) -> RenderedReport:
        """The report on the store, without verification; with `inputs=True` the job is given."""
        how = {name: options.pop(name) for name in ("start", "end", "run_id") if name in options}
        inputs = self.job if options.pop("inputs", False) else None
        return report(
            ReportRequest(self.store, inputs=inputs, **how), **{"now_us": NOW_US, "evidence": None, **options}
        )


def published(folder: Path, world_: World | None = None) -> Published:
    """A force and a folder for it; its first run writes the files."""
    return Published(force() if world_ is None else world_, folder)


__all__ = [
    "DAY",
    "NOW_US",
    "Published",
    "day_of",
    "device",
    "entry",
    "fixes",
    "force",
    "home",
    "moved",
    "officer",
    "published",
]
