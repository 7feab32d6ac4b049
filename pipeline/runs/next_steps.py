"""Says what to do after a check, in the order in which it helps most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from offduty.core.reasons import Reason
from offduty.pages.language import ENGLISH, Language
from offduty.runs.notes import hidden_most_by, is_shifted, is_slow, longest_gap
from offduty.runs.request import Request

COUNTS_THAT_ASK = {
    ("pings", "unassigned"),
    ("assignments", "no_home"),
    ("assignments", "no_roster"),
    ("roster", "no_device"),
    ("places", "unmet"),
    ("places", "far"),
    ("sites", "too_large"),
}
"""What is counted of a table, and asks for a step of its own."""


@dataclass(frozen=True)
class NextStep:
    """A step, by its name in the catalogue below `check_next`; ``job`` is the name of the job's file."""

    name: str
    job: str

    def in_words(self, language: Language = ENGLISH) -> str:
        """The step as a sentence."""
        return language.say(f"check_next.{self.name}", job=self.job)


def next_steps(
    document: Mapping[str, Any], asked: Request, *, stopped: bool, hides_sites: bool = False
) -> tuple[NextStep, ...]:
    """The steps for what the findings of a check say; the last one is the run, where it would publish.

    ``hides_sites`` says that places for everyone hide sites, wholly or in part: no manifest has that.
    """
    return tuple(NextStep(name, asked.job.file.name) for name in _names(document, asked, stopped, hides_sites))


def _names(document: Mapping[str, Any], asked: Request, stopped: bool, hides_sites: bool) -> Iterator[str]:
    timing = document["timing"]
    if stopped:
        yield "stops"
    if any(document["quarantined"].values()) or document["refused"]:
        yield "unreadable"
    yield from _of_counts(document, asked)
    if hides_sites:
        yield "sites_hidden"
    if "usual_gap_s" in timing and is_slow(timing["usual_gap_s"], longest_gap(document["policy"])):
        yield "slow"
    if "around_duty_percent" in timing and is_shifted(timing["around_duty_percent"]):
        yield "shifted"
    if not document["counts"][Reason.ON_DUTY.word]:
        yield f"nothing_{hidden_most_by(document)}" if any(document["counts"].values()) else "nothing"
    if not stopped:
        yield "run"


def _of_counts(document: Mapping[str, Any], asked: Request) -> Iterator[str]:
    for table, counted in document["reported_counts"].items():
        for what in counted:
            if (table, what) in COUNTS_THAT_ASK and (what != "no_home" or asked.policy.places.require_home):
                yield f"{table}_{what}"
