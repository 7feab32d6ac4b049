"""Says what to do after a check, in the order in which it helps most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from offduty.core.reasons import Reason
from offduty.runs.notes import is_shifted, is_slow, longest_gap
from offduty.runs.request import Request

COUNTS_THAT_ASK = {
    ("pings", "unassigned"): "compare the device ids of pings and assignments: some devices nobody was ever assigned",
    ("assignments", "no_home"): "ask for the homes of the officers who have none on record: all of theirs stays hidden",
    ("assignments", "no_roster"): "ask for the rosters of the officers who have none: they are never on duty",
    ("roster", "no_device"): "compare the officer ids of roster and assignments: some officers hold no device",
    ("places", "unmet"): "compare the officer ids of places and assignments: some places protect nobody",
    ("places", "far"): "look at the far places: are longitude and latitude right?",
    ("sites", "too_large"): "draw the sites that are too large as the workplaces that they are",
}


def next_steps(document: Mapping[str, Any], asked: Request, *, stopped: bool) -> Iterator[str]:
    """The steps for what the findings of a check say; the last one is the run, where it would publish."""
    timing = document["timing"]
    if stopped:
        yield "correct what stops the run; the message is on standard error"
    if any(document["quarantined"].values()) or document["refused"]:
        yield "correct the rows that cannot be read, or declare how they are written (offduty docs running)"
    for table, counted in document["reported_counts"].items():
        for what in counted:
            if (table, what) in COUNTS_THAT_ASK and (what != "no_home" or asked.policy.places.require_home):
                yield COUNTS_THAT_ASK[table, what]
    if "usual_gap_s" in timing and is_slow(timing["usual_gap_s"], longest_gap(document["policy"])):
        yield "choose legs.max_gap_s with the workforce: two to three times the timer of the devices"
    if "around_duty_percent" in timing and is_shifted(timing["around_duty_percent"]):
        yield "look at the time zones of roster and pings: duty seems to be an hour too early or too late"
    if not document["counts"][Reason.ON_DUTY.word]:
        yield "nothing would be released: find out why before you run (offduty explain says it of one row)"
    if not stopped:
        yield f"offduty run {asked.job.file.name}, with the same --from, --to and --as-of: it gives these counts"
