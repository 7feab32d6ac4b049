"""What a synthetic world is: how many officers, how long, how often, from which seed, and with which habits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from offduty.core.errors import UsageError
from offduty.synth.arrays import DAY_MIN, DAY_S, Ints
from offduty.synth.habits import Habits

TIMEZONE = "Europe/London"
DEFAULT_START = date(2026, 3, 23)  # a Monday; the clocks go forward on the Sunday of that week
WALL_STEP_MIN = 15  # every shift starts and ends on a quarter of an hour
MARGIN_DAYS = 3  # offsets of wall times are computed this far before and after the interval


@dataclass(frozen=True)
class World:
    """Everything that decides the bytes. `[start, start + days)` are UTC days; devices report every `every_s` seconds.
    Raises `UsageError` for numbers out of range, such as no officers, a negative seed, or habits of more than all.
    """

    officers: int
    days: int
    every_s: int
    seed: int
    start: date = DEFAULT_START
    habits: Habits = field(default_factory=Habits)

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, least, most in (
            ("officers", 1, 10_000_000),
            ("days", 1, 3_660),
            ("every_s", 1, 3_600),
            ("seed", 0, 2**63 - 1),
        ):
            if not least <= getattr(self, name) <= most:
                raise UsageError(f"{name} must be between {least} and {most}, not {getattr(self, name)}")
        wrong = self.habits.wrong()
        if wrong is not None:
            raise UsageError(f"habits: {wrong}")

    @property
    def epoch_us(self) -> int:
        """Microseconds from 1970 to the first instant of the interval."""
        return int(datetime.combine(self.start, datetime.min.time(), UTC).timestamp()) * 1_000_000

    def day(self, number: int) -> date:
        """The date of day `number`; day 0 is `start`."""
        return self.start + timedelta(days=number)

    @cached_property
    def _wall_offsets_s(self) -> Ints:
        midnight = datetime.combine(self.start, datetime.min.time()) - timedelta(days=MARGIN_DAYS)
        zone, steps = ZoneInfo(TIMEZONE), (self.days + 2 * MARGIN_DAYS) * DAY_MIN // WALL_STEP_MIN
        walls = (midnight + timedelta(minutes=WALL_STEP_MIN * k) for k in range(steps))
        return np.array([int((wall.replace(tzinfo=zone).utcoffset() or timedelta()).total_seconds()) for wall in walls])

    def instant_s(self, wall_min: Ints) -> Ints:
        """Local minutes since the first local midnight as seconds since `epoch_us`.

        Of a wall time that happened twice or never, people use the first reading. The filter considers both
        (specification#ambiguous-times).
        """
        step = (wall_min + MARGIN_DAYS * DAY_MIN) // WALL_STEP_MIN
        return wall_min * 60 - self._wall_offsets_s[step]

    def clocks_change(self, day: int) -> bool:
        """Whether local time jumps on day `day`."""
        midnights = np.array([day, day + 1]) * DAY_MIN
        return bool(np.diff(self.instant_s(midnights))[0] != DAY_S)

    @property
    def expected_pings(self) -> int:
        """About how many pings there will be: 7 % more devices than officers, a fifth of the pings off or lost."""
        return int(self.officers * 1.07 * self.days * (DAY_S // self.every_s) * 0.8)
