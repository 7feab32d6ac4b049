"""Runs a job over one interval or many, one after another; what the store has already is not done again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from offduty.core.calendar_days import Day, days_of
from offduty.core.interval import Interval
from offduty.runs.request import Request
from offduty.runs.resources import Watch, nobody
from offduty.runs.run import RunResult, answer

if TYPE_CHECKING:
    from offduty.engines.decider import Decider


class Observer(Protocol):
    """Observes runs: when each begins and how it ends. It must not raise: a run does not depend on its observer."""

    def around(self, asked: Request) -> AbstractContextManager[Callable[[RunResult], None]]:
        """A context for one run. It gives a function that is called with the result of a run that went well; an
        exception within the context is how any other run ends.
        """


@dataclass(frozen=True)
class Backfill:
    """A request, to be run interval by interval; see `run` for the parameters. ``observer`` observes each run.

    Policy, keys and ``as_of`` are the same for all of them. Each input file is hashed once, unless it changes
    meanwhile. Each interval is a run of its own: other processes may publish between two of them, and what was
    published stays when a later one fails.
    """

    asked: Request
    threads: int | None = None
    memory_mb: int = 2_000
    watch: Watch = nobody
    observer: Observer | None = None
    decider: Decider | None = None

    def days(self) -> list[Day]:
        """The days of the request, in the policy's zone; see `days_of`."""
        return days_of(self.asked.interval, self.asked.policy.policy.timezone)

    def run(self, interval: Interval) -> RunResult:
        """Run one interval, or find that it is already there; raises what `run` raises."""
        asked = replace(self.asked, interval=interval)
        around = nullcontext(_ignore) if self.observer is None else self.observer.around(asked)
        with around as done:
            result = answer(
                asked, threads=self.threads, memory_mb=self.memory_mb, watch=self.watch, decider=self.decider
            )
            done(result)
        return result


def _ignore(result: RunResult) -> None:
    """Nobody observes the run."""
