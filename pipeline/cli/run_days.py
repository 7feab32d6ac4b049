"""What `offduty run --each day` does and prints: a run and a line for each day, until one fails.

Days before the first ping ever are passed over, with a line each: a feed begins once (docs/reference/choices.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from offduty.cli.console import Progress, print_answer, say
from offduty.cli.options import INTERRUPTED
from offduty.cli.run_output import document, in_place_of, superseded, withdrawn
from offduty.core.calendar_days import Day
from offduty.core.count_words import number_of
from offduty.core.errors import BeforeFirstPingError, InputError, OffdutyError
from offduty.core.instants import iso_text
from offduty.runs.backfill import Backfill
from offduty.runs.notes import subject
from offduty.runs.run import RunResult

if TYPE_CHECKING:
    from offduty.runs.compare import Supersession

STAND = "the days that are done were published all the same"


def run_days(days: Backfill, progress: Progress, as_json: bool, timings: bool) -> int:
    """Run the days in order. The first failure ends the command, with its error. Inputs in object stores are copied
    once for all days.

    A day from before the first ping ever, of a job that expects pings, is no failure unless no later day has one.
    """
    with days.asked.copies:
        return _run_days(days, progress, as_json, timings)


def _run_days(days: Backfill, progress: Progress, as_json: bool, timings: bool) -> int:
    done: list[dict[str, Any]] = []
    passed: list[dict[str, Any]] = []
    noted: set[str] = set()
    repeated = False
    wanted = days.days()
    for day in wanted:
        try:
            result = days.run(day.interval)
        except BeforeFirstPingError:
            progress.clear()
            say(f"{day.label}  passed over      no pings before the end of this day: the feed begins later")
            passed.append(_ends(day))
            continue
        except BaseException as error:
            progress.clear()
            are_done = f"{len(done) + len(passed)} of {number_of(len(wanted), 'day is', 'days are')} done"
            say(f"{day.label}  failed; {are_done}. The same command continues from here")
            if as_json:
                failed = {**_answer(done, passed), "failed": {**_ends(day), "exit": _code(error)}}
                print_answer(json.dumps(failed) + "\n", stands=STAND)
            raise
        progress.clear()
        before = superseded(result)
        say(_line(day, result, before))
        for run_id in result.withdrawn:
            say(f"            {withdrawn(run_id)}")
        repeated |= _say_notes(result.notes, noted)
        done.append({**_ends(day), **document(result, timings, before)})
    if repeated:
        say("a note that says the same of several days, but for a figure, is printed once; --json has all of them")
    say(_total(done, passed))
    printed = print_answer(json.dumps(_answer(done, passed)) + "\n", stands=STAND) if as_json else 0
    if not done:
        raise InputError(
            "no pings before the end of the last day, and expect.min_pings wants some. Were they delivered?"
            " Nothing was published",
            file=days.asked.job.file.name,
        )
    return printed


def _say_notes(notes: Iterable[str], noted: set[str]) -> bool:
    """Say each note whose subject is not among those ``noted`` before this day, and note it; whether any was."""
    before = frozenset(noted)
    for note in notes:
        noted.add(subject(note))
        if subject(note) not in before:
            say(f"            note: {note}")
    return any(subject(note) in before for note in notes)


def _answer(done: list[dict[str, Any]], passed: list[dict[str, Any]]) -> dict[str, Any]:
    return {"days": done, "passed_over": passed}


def _code(error: BaseException) -> int:
    """The exit code that the command will have."""
    if isinstance(error, OffdutyError):
        return error.exit_code
    return 1 if isinstance(error, Exception) else INTERRUPTED


def _ends(day: Day) -> dict[str, str]:
    return {"day": day.label, "from": iso_text(day.interval.from_us), "to": iso_text(day.interval.to_us)}


def _line(day: Day, result: RunResult, before: Supersession | None) -> str:
    released = result.counts["on_duty"]
    hidden = sum(result.counts.values()) - released
    what = "already there" if result.already else "published again" if result.supersedes else "published"
    line = (
        f"{day.label}  {what:<15}  {released:>11,} released  {hidden:>11,} hidden  {result.quarantined:>7,} quarantined"
    )
    return line if before is None else f"{line}  ({in_place_of(before)})"


def _total(done: list[dict[str, Any]], passed: list[dict[str, Any]]) -> str:
    there = sum("already" in day for day in done)
    again = sum("supersedes" in day for day in done)
    days = number_of(len(done), "day")
    total = f"{days}: {len(done) - there - again} published, {again} published again, {there} already there"
    return f"{total}; {len(passed)} passed over before the first ping" if passed else total
