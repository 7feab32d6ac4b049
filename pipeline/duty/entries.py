"""What the roster says of the requested officers: which entry grants duty, or takes it away, and while it is known."""

from __future__ import annotations

from dataclasses import dataclass

from offduty.arrays.arrow import Bools, Ints
from offduty.core.refusal import Refusal

ENOUGH_OFFICERS = 10
"""A code that fewer officers have may be about one of them, and is not named (specification#small-counts)."""


@dataclass(frozen=True)
class RosterCoverage:
    """What the rows of a roster that were there at ``as_of`` cover.

    ``named`` are the numbers of the requested officers whom some row names exactly, sorted. ``unmet_officers`` is how
    many other officers it names who are no lookalikes of a requested one. ``taking_codes`` are the codes that take duty
    away and that `ENOUGH_OFFICERS` have, sorted; ``other_codes`` says whether there are others.
    """

    named: Ints
    unmet_officers: int
    taking_codes: tuple[str, ...]
    other_codes: bool


@dataclass(frozen=True)
class Roster:
    """The entries that concern the requested officers, one element each, sorted by shift and record time.

    ``file`` and ``row`` say where the entry is written. ``shift`` numbers the shifts in the order of their ids.
    ``officer`` is the number of exactly the entry's officer (-1: not requested), ``officer_family`` that of all who
    look alike. A grant counts at the knowledge times `[recorded, grant_until)`, an entry that takes duty away at
    `[taken_from, taken_until)`. A ``barred`` officer has no duty at any time, at knowledge times from ``barred_from``
    on. ``last_recorded_us`` is the newest record time of the whole roster; None where none can be read. ``coverage``
    says what the whole roster covers.
    """

    file: Ints
    row: Ints
    shift: Ints
    officer: Ints
    starts_early: Ints
    starts_late: Ints
    ends_early: Ints
    ends_late: Ints
    code: Ints
    codes: list[str]
    grants: Bools
    takes: Bools
    taking_officer: Ints
    taking_entry: Ints
    recorded: Ints
    grant_until: Ints
    taken_from: Ints
    taken_until: Ints
    barred: Ints
    barred_from: Ints
    refused: tuple[Refusal, ...]
    reported: tuple[Refusal, ...]
    unknown_yet: int
    unmet: int
    rows: int
    readable_rows: int
    last_recorded_us: int | None
    coverage: RosterCoverage
