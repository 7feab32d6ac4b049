"""Makes second jobs: those in the register of interests, and in the truth also those that nobody declared.

A register has no place, no employer and no free text. Second jobs change no track: what is done off duty is hidden in
any case, so an undeclared job cannot be found from a release, and the truth is there to show that nobody claims to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from offduty.synth.officer_ids import instant, officer_id
from offduty.synth.rng import RandomStream
from offduty.synth.world import World

REGISTER_COLUMNS = (
    "interest_id officer_id kind valid_from valid_to weekly_hours pattern decision decided_at review_by recorded_at"
)
KINDS = ("employment", "self_employed", "teaching", "voluntary", "property")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DECISIONS = ("approved", "approved", "approved", "refused", "pending")
HOURS = (4, 6, 8, 12, 16, 20)
DAY_S = 86_400


@dataclass(frozen=True)
class SecondJob:
    """One job of one officer: its weekdays and hours of the day as in the register, and when it was declared."""

    number: int
    officer: int
    declared: bool
    kind: str
    weekly_hours: int
    pattern: str
    decision: str
    declared_s: int


def second_jobs(world: World) -> Iterator[SecondJob]:
    """The jobs, by officer. An officer has at most one."""
    rng, habits, count = RandomStream(world.seed, "jobs"), world.habits, world.officers
    draw = rng.uniform(0, 1, count)
    drawn = [rng.below(most, count).tolist() for most in (len(KINDS), len(HOURS), 7, 7, 10, len(DECISIONS), 400)]
    number = 0
    for officer, (kind, hours, first, second, start, decision, days) in enumerate(zip(*drawn, strict=True)):
        declared = draw[officer] < habits.declared_job
        if declared or draw[officer] < habits.declared_job + habits.undeclared_job:
            weekly = HOURS[hours]
            ends = min(8 + start + weekly // 2, 24)
            days_of_week = sorted({first, second})
            pattern = ";".join(f"{WEEKDAYS[day]} {8 + start:02d}:00-{ends:02d}:00" for day in days_of_week)
            yield SecondJob(number, officer, declared, KINDS[kind], weekly, pattern, DECISIONS[decision], -days * DAY_S)
            number += 1


def register_rows(world: World) -> Iterator[tuple[str | int, ...]]:
    """The rows of `register.csv`: the declared jobs, in `REGISTER_COLUMNS`. Some reviews are overdue."""
    for job in second_jobs(world):
        if job.declared:
            since = world.start + timedelta(seconds=job.declared_s)
            decided = "" if job.decision == "pending" else instant(world, job.declared_s + 7 * DAY_S)
            review = (since + timedelta(days=365)).isoformat()
            told = (f"interest-{job.number:05d}", officer_id(job.officer), job.kind, since.isoformat(), "")
            yield *told, job.weekly_hours, job.pattern, job.decision, decided, review, instant(world, job.declared_s)


def job_rows(world: World) -> Iterator[tuple[str | int | bool, ...]]:
    """The truth about every job: the officer, whether it is in the register, its weekly hours and pattern."""
    for job in second_jobs(world):
        yield officer_id(job.officer), job.declared, job.weekly_hours, job.pattern
