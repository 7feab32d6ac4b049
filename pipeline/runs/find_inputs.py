"""Finds the inputs of a request, quietly: the first step of a run, a check and a plan."""

from __future__ import annotations

from pathlib import Path

from offduty.ingest.early_names import find_quietly, quietly
from offduty.ingest.file_times import EVERY_TIME
from offduty.runs.found_inputs import FoundInputs
from offduty.runs.request import Request


def find_inputs(asked: Request, work: Path) -> FoundInputs:
    """Find the inputs, and in which time each file of pings can hold rows. Copies of what is in an object store or a
    database lie in ``work``. Tables in memory are always read.
    """
    if asked.in_memory:
        return FoundInputs(asked.in_memory, lambda pings: [EVERY_TIME] * len(pings))
    sources = find_quietly(asked.copies.of(asked.job.inputs), work)
    with quietly(sources):
        return FoundInputs.of(sources, asked.times, asked.policy.policy.timezone)
