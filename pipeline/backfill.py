"""Runs a job over many days, one run a day, and goes on where it stopped: what a store holds already is not done again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.days import Day, days_of
from pipeline.run_job import Asked, RunResult, Watch, answer


class Backfill:
    """The days of [``start``, ``end``) in the policy's zone, to be run one by one (see `run` for the parameters).

    Policy, keys and ``as_of`` are the same for all of them, and each input file is hashed once, unless it changes meanwhile.
    Each day is a run of its own: another may come between two days, and what was published stays when a later day fails.
    """

    def __init__(
        self, job: Path | str, *, start: str | None, end: str | None, as_of: str | None = None,
        store: Path | str | None = None, threads: int | None = None, memory_mb: int = 2_000,
        watch: Watch = lambda stage, done, total: None,
    ) -> None:  # fmt: skip
        self._asked = Asked.of(job, start, end, as_of, store)
        self._threads, self._memory_mb, self._watch = threads, memory_mb, watch
        self.days = days_of(self._asked.interval, self._asked.policy.policy.timezone)

    def run(self, day: Day) -> RunResult:
        """Run one of the days, or find that it is already there; raises what `run` raises."""
        asked = replace(self._asked, interval=day.interval)
        return answer(asked, threads=self._threads, memory_mb=self._memory_mb, watch=self._watch)
