"""Finds again which records of a roster were changed after the fact, and with what effect: R1 to R8 of its audit.

One version, one pair of versions and one stretch of duty at a time; no tolerance, to the microsecond.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from offduty.verify.answers_again.recorded_roster import Entry, RecordedRoster
from offduty.verify.redecide.duty.on_duty import overlap
from offduty.verify.redecide.duty.roster import ALWAYS, Span

ON_NOW, OFF_NOW, ON_THEN, OFF_THEN = range(4)


@dataclass(frozen=True, eq=False)
class EditSignal:
    """That an entry has a signal: its ``name``, how many microseconds it is about, and when the shift begins, or the
    stretch of duty.
    """

    name: str
    entry: Entry
    us: int
    at_us: int

    @property
    def edit(self) -> tuple[str, int]:
        """The version that has it; one that was written down twice is one."""
        return self.entry.shift, self.entry.number


@dataclass(frozen=True)
class _KnownSpan:
    """A time that is granted, or taken away, by what is known now, or was then; the entry of a grant."""

    kind: int
    span: Span
    entry: Entry | None = None


def edit_signals(roster: RecordedRoster, rest_codes: Sequence[str], officer_of: Mapping[str, str]) -> list[EditSignal]:
    """R1 to R8, each in the order of the entries. ``officer_of`` has the officer of each recorder who is known."""
    contradicting = _contradicting(roster)
    found = [
        *_late(roster),
        *(signal for officer in sorted(roster.officers) for signal in _changed_duty(roster, officer)),
        *_over_rest(roster, rest_codes),
        *_own(roster, officer_of),
        *_reversals(roster, frozenset(entry.shift for entry in contradicting)),
        *(EditSignal("R7", entry, 0, entry.span[0]) for entry in contradicting),
    ]
    return sorted((each for each in found if each.entry.officer in roster.officers), key=lambda one: one.entry.place)


def _late(roster: RecordedRoster) -> Iterator[EditSignal]:
    """R1: a grant recorded after its start."""
    for entry in roster.late:
        yield EditSignal("R1", entry, entry.recorded_us - entry.span[0], entry.span[0])


def _changed_duty(roster: RecordedRoster, officer: str) -> Iterator[EditSignal]:
    """R2: duty now that was none then. R8: duty then that is none now. R6: duty that two shifts grant at once."""
    for begin, end, active in _stretches(_claims(roster, officer)):
        on_now, on_then = (_entries(active[kind]) for kind in (ON_NOW, ON_THEN))
        now, then = bool(on_now) and not active[OFF_NOW], bool(on_then) and not active[OFF_THEN]
        if now and not then:
            yield EditSignal("R2", on_now[0], end - begin, begin)
        if then and not now:
            yield EditSignal("R8", on_then[0], end - begin, begin)
        if len({entry.shift for entry in on_now}) > 1:
            yield from (EditSignal("R6", entry, end - begin, begin) for entry in on_now)


def _claims(roster: RecordedRoster, officer: str) -> Iterator[_KnownSpan]:
    now = roster.as_of_us
    for grant, entry in roster.grants[officer]:
        if grant.known[0] <= now < grant.known[1]:
            yield _KnownSpan(ON_NOW, entry.span, entry)
        yield _KnownSpan(ON_THEN, overlap(entry.span, grant.known), entry)
    for taking in roster.takings[roster.alike(officer)]:
        if taking.known[0] <= now < taking.known[1]:
            yield _KnownSpan(OFF_NOW, taking.span)
        yield _KnownSpan(OFF_THEN, overlap(taking.span, taking.known))


def _entries(claims: Iterable[_KnownSpan]) -> list[Entry]:
    """The entries of grants, in order."""
    return sorted((each.entry for each in claims if each.entry is not None), key=lambda entry: entry.place)


def _stretches(claims: Iterable[_KnownSpan]) -> Iterator[tuple[int, int, tuple[set[_KnownSpan], ...]]]:
    """The time between one end of a claim and the next, with the claims that cover it, by kind."""
    begins: dict[int, list[_KnownSpan]] = defaultdict(list)
    ends: dict[int, list[_KnownSpan]] = defaultdict(list)
    for claim in claims:
        if claim.span[0] < claim.span[1]:
            begins[claim.span[0]].append(claim)
            ends[claim.span[1]].append(claim)
    active: tuple[set[_KnownSpan], ...] = (set(), set(), set(), set())
    for begin, end in pairwise(sorted({*begins, *ends})):
        for claim in ends[begin]:
            active[claim.kind].discard(claim)
        for claim in begins[begin]:
            active[claim.kind].add(claim)
        yield begin, end, active


def _over_rest(roster: RecordedRoster, rest_codes: Sequence[str]) -> Iterator[EditSignal]:
    """R3: a late grant over an entry of rest, leave or sickness that stood when it was recorded, or was undone then."""
    for entry in roster.late:
        begin, end = entry.span
        for taking in roster.takings[roster.alike(entry.officer)]:
            stood = taking.known != ALWAYS and taking.known[0] < entry.recorded_us <= taking.known[1]
            met = max(begin, taking.span[0]) < min(end, taking.span[1])
            if stood and met and taking.version.code in rest_codes:
                yield EditSignal("R3", entry, 0, begin)
                break


def _own(roster: RecordedRoster, officer_of: Mapping[str, str]) -> Iterator[EditSignal]:
    """R4: the recorder or the approver is whom the version is about."""
    for entry in roster.entries:
        if entry.officer in (officer_of.get(entry.recorder), officer_of.get(entry.approver)):
            yield EditSignal("R4", entry, 0, entry.span[0])


def _reversals(roster: RecordedRoster, doubtful: frozenset[str]) -> Iterator[EditSignal]:
    """R5: a version that says again what the one before the last said; not in shifts that are ``doubtful``."""
    for shift, entries in roster.shifts.items():
        if shift in doubtful or len(entries) < 3:
            continue
        once = list({entry.number: entry for entry in reversed(entries)}.values())[::-1]
        for one, other, back in zip(once, once[1:], once[2:], strict=False):
            if one.version.contents == back.version.contents != other.version.contents:
                yield EditSignal("R5", back, back.recorded_us - other.recorded_us, back.span[0])


def _contradicting(roster: RecordedRoster) -> list[Entry]:
    """The versions of one shift and one record time that say otherwise: R7."""
    found = []
    for entries in roster.shifts.values():
        if len(entries) < 2:
            continue
        together: dict[int, list[Entry]] = defaultdict(list)
        for entry in entries:
            together[entry.number].append(entry)
        for mine in together.values():
            if len({entry.version.contents for entry in mine}) > 1:
                found += mine
    return found
