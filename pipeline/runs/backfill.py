"""Runs a job over one interval after another: many days, or one; what the store holds already is not done again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from offduty.core.calendar_days import Day, days_of
from offduty.core.interval import Interval
from offduty.engines.local import decide_all
from offduty.runs.request import Request
from offduty.runs.run import Decider, RunResult, Watch, answer

if TYPE_CHECKING:
    from offduty.integrations.openlineage import Lineage


def nobody(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Backfill:
    """What was asked, to be run interval by interval (see `run` for the parameters); ``lineage`` is told of each run.

    Policy, keys and ``as_of`` are the same for all of them, and each input file is hashed once, unless it changes
    meanwhile. Each is a run of its own: another may come between two of them, and what was published stays when a later
    one fails.
    """

    asked: Request
    threads: int | None = None
    memory_mb: int = 2_000
    watch: Watch = nobody
    lineage: Lineage | None = None
    decider: Decider = decide_all

    def days(self) -> list[Day]:
        """The days of what was asked, in the policy's zone; see `days_of`."""
        return days_of(self.asked.interval, self.asked.policy.policy.timezone)

    def run(self, interval: Interval) -> RunResult:
        """Run one interval, or find that it is already there; raises what `run` raises."""
        asked = replace(self.asked, interval=interval)
        if self.lineage is None:
            return self._answer(asked)
        with self.lineage.around(asked) as done:
            result = self._answer(asked)
            done(result)
        return result

    def _answer(self, asked: Request) -> RunResult:
        return answer(asked, threads=self.threads, memory_mb=self.memory_mb, watch=self.watch, decider=self.decider)
