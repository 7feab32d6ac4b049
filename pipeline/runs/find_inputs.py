"""Finds the inputs of a request, quietly: the first step of a run, a check and a plan."""

from __future__ import annotations

from pathlib import Path

from offduty.core.interval import Interval
from offduty.ingest.early_names import find_quietly, quietly
from offduty.ingest.file_times import EVERY_TIME, says_its_time
from offduty.ingest.source_file import Source
from offduty.runs.found_inputs import FoundInputs
from offduty.runs.request import Request


def find_inputs(asked: Request, work: Path) -> FoundInputs:
    """Find the inputs, and in which time each file of pings can hold rows. A copy of what is in a
    database lies in ``work``. Tables in memory are always read.
    """
    if asked.in_memory:
        return FoundInputs(asked.in_memory, lambda pings: [EVERY_TIME] * len(pings))
    sources = find_quietly(asked.copies.of(asked.job.inputs, pings_when_read=True), work)
    zone = asked.policy.policy.timezone

    def look(pings: list[Source]) -> list[Interval]:
        with quietly(sources):
            asked.copies.look_at(source.path for source in pings if says_its_time(source))
        return asked.times.of(pings, zone)

    def fetch(pings: list[Source]) -> None:
        with quietly(sources):
            asked.copies.fetch(source.path for source in pings)

    with quietly(sources):
        asked.times.check_names([source for source in sources if source.table == "pings"], zone)
    return FoundInputs(tuple(sources), look, fetch)
