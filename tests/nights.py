"""Thirty nights of a small force, as a scheduler runs them: the tables grow, corrections and late files come, and the
rules change twice. Told once, by `tell`; tests copy the folder for what is altered afterwards.

Each night at four the day before is run, without `--as-of`, and the two days before that are asked for again. The clocks
go forward on the 28th day.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from offduty import run
from offduty.runs.run import RunResult
from tests.grown import append
from tests.oracle.reading import instant
from tests.world import Row, assignment, lay_out, ping, place, policy_of, shift, site, toml, world, write_table

NIGHTS = 30
FIRST = date(2026, 3, 2)
KNOWN = "2026-02-20T12:00:00Z"
PERSON, HOME, DEVICE = "o3", "h3", "d3"
"""Who comes to the force in the second week, with a home and a device of their own."""
COMES, NIGHT_SHIFTS = 9, (5, 11, 18)
LATE_FILE, LATE_LEAVE, LATE_OVERTIME = 13, 10, 20
"""The days of which something becomes known afterwards."""
SECOND_POLICY, THIRD_POLICY = 10, 20
"""The first days of the second and the third rules."""
PUBLISHED_AGAIN = {6: 5, 12: 11, 19: 18, 16: LATE_FILE, 14: LATE_LEAVE, 21: LATE_OVERTIME}
"""By night, the day before it that is published again: its night shift has ended, or something became known of it."""
OTHER_RULES, BY_OTHER_RULES = 23, 17
"""The night on which somebody asks for a day to be published again by the newest rules, and that day."""
POLICIES = {
    0: {"accuracy": {"max_m": 100.0}},
    SECOND_POLICY: {"accuracy": {"max_m": 60.0}},
    THIRD_POLICY: {"accuracy": {"max_m": 60.0}, "release": {"decimals": 3}},
}
BASE: dict[str, dict[str, Any]] = {
    "duty": {"late_edit_tolerance_s": 2 * 86_400},
    "release": {"keep_superseded": False, "keep_days": 30},
}
HOURS = ("08:30", "12:00", "14:00")


def day(number: int) -> str:
    """A day by its number; the first is 0."""
    return (FIRST + timedelta(days=number)).isoformat()


def span(number: int) -> dict[str, str]:
    """The interval of a day."""
    return {"start": day(number), "end": day(number + 1)}


@contextmanager
def clock(number: int, hour: int = 4) -> Iterator[None]:
    """The machine's clock in the night after a day: its words for now are the story's."""
    now = instant(f"{day(number + 1)}T{hour:02}:00:00Z") * 1_000
    with mock.patch("time.time_ns", lambda: now):
        yield


@dataclass
class Story:
    """A folder in which the nights are told; ``current`` has the run that stands for each day, ``published`` all, and
    ``rules`` the first day of the rules that each day was last published by.
    """

    folder: Path
    current: dict[int, RunResult] = field(default_factory=dict)
    published: list[RunResult] = field(default_factory=list)
    rules: dict[int, int] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        """The store."""
        return self.folder / "store"

    @property
    def job(self) -> Path:
        """All tables, and the positions of all days, each in files with its date: what an auditor is given, too."""
        return self.folder / "job.toml"

    def job_of(self, number: int, since: int | None = None) -> Path:
        """The job by the rules that a day was last published by, else those of its time; or those ``since`` a day."""
        rules = self.rules.get(number, max(first for first in POLICIES if first <= number)) if since is None else since
        job = self.folder / f"job-{rules}.toml"
        job.write_text(self.job.read_text().replace('"policy.toml"', f'"policy-{rules}.toml"'))
        return job

    def run(self, number: int, since: int | None = None, **how: Any) -> RunResult:
        """Run a day, or find that it is there."""
        done = run(self.job_of(number, since), **span(number), **how)
        if done.published:
            self.current[number] = done
            self.published.append(done)
            if since is not None:
                self.rules[number] = since
        return done


def begin(folder: Path) -> Story:
    """The force before its first night: two officers, and the plan of two days."""
    timed = {"recorded_at": KNOWN}
    given = world(
        [],
        assignments=[{**assignment(), **timed}, {**assignment("d2", "o2"), **timed}],
        roster=[_planned(who, number) for number in (0, 1) for who in ("o1", "o2")],
        places=[{**place(), **timed}, {**place("other home", officer="o2", place_id="h2"), **timed}],
        sites=[site()],
        policy=BASE,
        inputs={"pings": {"file_date": "%Y-%m-%d"}},
    )
    story = Story(folder)
    lay_out(given, folder, files=0, signing="5a" * 32)
    for since, changes in POLICIES.items():
        rules = policy_of({name: {**BASE.get(name, {}), **changes.get(name, {})} for name in {*BASE, *changes}})
        (folder / f"policy-{since}.toml").write_text(toml(rules))
    return story


def arrive(story: Story, number: int) -> None:
    """What comes in before a night: the day's positions, the plan of the day after tomorrow, and what was late."""
    devices = ["d1", "d2", *([DEVICE] if number >= COMES else [])]
    rows = [ping(f"{day(number)}T{clock}:00Z", device=device) for device in devices for clock in HOURS]
    rows += [ping(f"{day(number)}T10:00:00Z", "street", 70), ping(f"{day(number)}T13:00:00Z", "home")]
    rows += [ping(f"{day(number)}T14:30:00Z", "corner"), ping(f"{day(number)}T14:45:00Z", "street", device="d2")]
    if number in NIGHT_SHIFTS:
        rows += [ping(f"{day(number)}T{clock}:00Z", device="d2") for clock in ("22:30", "23:30")]
    if number - 1 in NIGHT_SHIFTS:  # its end, without which the evening before is not decided
        rows += [ping(f"{day(number)}T{clock}:00Z", device="d2") for clock in ("02:00", "05:30")]
    if number == LATE_OVERTIME:
        rows += [ping(f"{day(number)}T{clock}:00Z") for clock in ("17:15", "17:45")]
    write_table(story.folder / "pings" / f"{day(number)}.csv", "pings", rows)
    if number + 2 < NIGHTS:
        who = ["o1", "o2", *([PERSON] if number + 2 >= COMES else [])]
        append(story.folder / "roster.csv", *(_planned(each, number + 2) for each in who))
    for table, late in _late(number).items():
        append(story.folder / f"{table}.csv", *late)
    if number == 16:
        write_table(
            story.folder / "pings" / f"{day(LATE_FILE)}-late.csv", "pings", [ping(f"{day(LATE_FILE)}T13:00:00Z")]
        )


def _planned(officer: str, number: int) -> Row:
    """A shift of a day, planned two days before; in the nights of `NIGHT_SHIFTS` the second officer has another."""
    recorded = KNOWN if number < 2 else f"{day(number - 2)}T12:00:00Z"
    name = f"{officer}-{day(number)}"
    return shift(f"{day(number)}T08:00", f"{day(number)}T16:00", shift_id=name, officer=officer, recorded=recorded)


def _late(number: int) -> dict[str, list[Row]]:
    """What is written down on a day beside the plan, by table."""
    now, found = f"{day(number)}T15:00:00Z", {}
    if number + 1 in NIGHT_SHIFTS:
        night = shift(f"{day(number + 1)}T22:00", f"{day(number + 2)}T06:00", "overtime", shift_id=f"night-{number}")
        found["roster"] = [{**night, "officer_id": "o2", "recorded_at": now}]
    if number == COMES - 2:
        found["assignments"] = [{**assignment(DEVICE, PERSON, day(COMES)), "recorded_at": now}]
        found["places"] = [{**place("clinic", officer=PERSON, place_id=HOME), "recorded_at": now}]
    if number == 14:
        begins, ends = (f"{day(LATE_LEAVE)}T{clock}" for clock in ("14:00", "16:00"))
        found["roster"] = [shift(begins, ends, "leave", shift_id="late leave", recorded=now)]
    if number == 21:
        begins, ends = (f"{day(LATE_OVERTIME)}T{clock}" for clock in ("17:00", "18:00"))
        found["roster"] = [shift(begins, ends, "overtime", shift_id="late overtime", recorded=f"{day(21)}T10:00:00Z")]
    if number == 24:  # a second home, from the day after the next
        found["places"] = [{**place("corner", place_id="h4", start=day(26)), "recorded_at": now}]
    return found
