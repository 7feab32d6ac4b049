"""Asks about declared interests: do they fit the rostered hours and their conditions. It looks for nothing undeclared.

States: *finding* (register and roster name the same hours, or a condition is not met), *cleared* (of an overlap: the
device was seen at work for half of it or more), *not assessed* (an interest that cannot be read exactly: each officer
whom its rows name is told so). Findings come from records alone; presence only clears. It cannot find undeclared work,
nor work elsewhere in duty time: a fence round a second employer would be a track of private life under another name. It
cannot say whether a pattern was kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from offduty.analyses.common_rules import agreed_terms
from offduty.analyses.confirmed_time import confirmed_time
from offduty.analyses.declared_interests import (
    APPROVED,
    HOUR_US,
    DeclaredInterests,
    Interest,
    Span,
    UnassessedInterest,
    common,
    declared_interests,
    declared_spans,
    declared_stretches,
    union,
)
from offduty.analyses.eligible_duty import RECORDED_AFTERWARDS, SECOND_US, DecidedParts, EligibleDuty, eligible_duty
from offduty.analyses.error_cards import error_card
from offduty.analyses.presence import MINUTE_US, visible_of
from offduty.analyses.recorded_versions import read_versions
from offduty.config.agreed_analyses import InterestsSection
from offduty.config.declarations import TableDeclaration
from offduty.config.policy import Policy
from offduty.core.ids import clean_id
from offduty.core.instants import FOREVER_US, NEVER_US, from_us, local_date, midnight, zone
from offduty.duty.on_duty import takings

RULES = {
    "I1": "overlap",
    "I2": "hours",
    "I3": "rest",
    "I4": "approval",
    "I5": "review",
    "I6": "sickness",
}
"""The rules, each with its switch in the policy."""
LEAST_US = 15 * MINUTE_US
"""What is shorter is no overlap."""
WEEKS, MOST_A_WEEK_US = 17, 48 * HOUR_US
LEAST_REST_US, DAY_US = 11 * HOUR_US, 24 * HOUR_US
FINDING, CLEARED, NOT_ASSESSED = "finding", "cleared", "not assessed"
SECTION = ["rule", "interest_id", "begins", "minutes", "state", "why"]
Spans = Mapping[str, Sequence[Span]]


@dataclass(frozen=True)
class Interests:
    """What was found. `section` is for one officer; `offduty.analyses.interests_summary` makes what everybody may see.

    ``findings`` has a row for each: ``rule``, ``officer`` (id), ``interest_id`` (empty in I2, which is about all of
    them), ``from_us``, ``us`` and ``cleared``. It names people: it is what is decided by, and is given to nobody.
    ``declaring`` is how many officers have an interest that is assessed, ``interests`` how many these are, and
    ``unassessed`` are the others. ``start`` and ``end`` are the local days that were asked about; None: all.
    """

    findings: pd.DataFrame = field(repr=False)
    declaring: int
    interests: int
    unassessed: Sequence[UnassessedInterest] = field(repr=False)
    with_release: bool
    zone: str
    terms: InterestsSection = field(repr=False)
    card: Mapping[str, Any] = field(repr=False)
    start: date | None = None
    end: date | None = None

    @property
    def not_assessed(self) -> int:
        """How many interests are not assessed."""
        return len(self.unassessed)

    @property
    def rules(self) -> list[str]:
        """The rules that were agreed on."""
        return [rule for rule, switch in RULES.items() if getattr(self.terms, switch)]

    def section(self, officer_id: str) -> pd.DataFrame:
        """The findings about one officer, and then the interests that are not assessed, each with the reason:
        `SECTION`. The same for the officer and for a single case.

        Of these rule, beginning and minutes are empty. An officer without any of both, or whom the register does not
        name, has no rows.
        """
        officer = clean_id(officer_id) or ""
        mine = self.findings[self.findings["officer"] == officer]
        silent = [one for one in self.unassessed if officer in one.officers]
        empty = [""] * len(silent)
        local = zone(self.zone)
        begins = [from_us(int(us)).astimezone(local).isoformat(timespec="minutes") for us in mine["from_us"]]
        shown = {
            "rule": [*mine["rule"], *empty],
            "interest_id": [*mine["interest_id"], *(one.interest_id for one in silent)],
            "begins": [*begins, *empty],
            "minutes": pd.array([*(int(us) // MINUTE_US for us in mine["us"]), *(None for _ in silent)], "Int64"),
            "state": [*(CLEARED if each else FINDING for each in mine["cleared"]), *(NOT_ASSESSED for _ in silent)],
            "why": [*("" for _ in begins), *(one.why for one in silent)],
        }
        return pd.DataFrame(shown, columns=SECTION)


def interests(
    register: pd.DataFrame,
    roster: pa.Table,
    policy: Policy,
    *,
    as_of_us: int,
    start: date | None = None,
    end: date | None = None,
    declared: Mapping[str, TableDeclaration] | None = None,
    release: pd.DataFrame | None = None,
    decided: DecidedParts = (),
    key: bytes = b"",
    card: Mapping[str, Any] | None = None,
) -> Interests:
    """Answer the question by what was recorded until ``as_of_us``, about hours before it.

    With ``start`` or ``end`` (local dates) it is about the time from the one until before the other: overlaps are cut
    there; of rest the declared stretches count that begin in it, and of the average the seventeen weeks that lie in it.
    What is valid without an approval, or due for review, is so now, whatever days are asked about.

    ``declared`` says how the roster is written, where it is not as the contract has it.
    ``register`` is as `declared_interests` takes it, ``roster`` as `offduty.analyses.roster_files` reads it. With a
    ``release`` (the columns of `offduty.read_release`), the time that its runs ``decided`` and their pseudonym ``key``,
    overlaps are cleared by it. Raises `UsageError` where the policy names no such analysis or there is no error card,
    and `InputError` as `declared_interests`.
    """
    terms = agreed_terms(policy, "interests", InterestsSection)
    card = error_card("interests") if card is None else card
    where = policy.policy.timezone
    asked = (
        NEVER_US if start is None else midnight(start, where),
        FOREVER_US if end is None else midnight(end, where),
    )
    known = declared_interests(register, where, as_of_us)
    duty = eligible_duty(roster, policy, as_of_us, decided, declared)
    on = _granted(duty, as_of_us)
    stretches = {one.interest_id: declared_stretches(one, where, as_of_us) for one in known.interests}
    within = {name: common(spans, [asked]) for name, spans in stretches.items()}
    found = [
        *_overlaps("I1", known, within, on),
        *_hours(known, stretches, on, where, as_of_us, asked),
        *(each for each in _rest(known, stretches, on) if asked[0] <= each[3] < asked[1]),
        *_conditions(known, where, as_of_us),
    ]
    if terms.sickness:
        found += _overlaps("I6", known, within, _sick(roster, policy, terms.sick_codes, as_of_us, declared))
    columns = ["rule", "officer", "interest_id", "from_us", "us"]
    table = pd.DataFrame(found, columns=columns).astype({"from_us": np.int64, "us": np.int64})
    agreed = [rule for rule, switch in RULES.items() if getattr(terms, switch)]
    table = table[table["rule"].isin(agreed)].sort_values(columns[:4], ignore_index=True)
    seen_us = (
        np.zeros(len(table), np.int64) if release is None else _confirmed(table, duty, release, policy, key, terms)
    )
    table["cleared"] = (table["rule"] == "I1") & (2 * seen_us >= table["us"])
    people = len({one.officer for one in known.interests})
    counts = (people, len(known.interests), known.not_assessed)
    return Interests(table, *counts, release is not None, where, terms, card, start, end)


Finding = tuple[str, str, str, int, int]


def _granted(duty: EligibleDuty, as_of_us: int) -> dict[str, list[Span]]:
    """The duty of each officer that was granted then and is now, before ``as_of_us``."""
    on = duty.windows[duty.windows["why"] != RECORDED_AFTERWARDS]
    found: dict[str, list[Span]] = defaultdict(list)
    for officer, begin, end in on[["officer", "from_us", "to_us"]].itertuples(index=False):
        found[duty.officers[officer]].append((int(begin), min(int(end), as_of_us)))
    return {officer: union(spans) for officer, spans in found.items()}


def _overlaps(rule: str, declared: DeclaredInterests, stretches: Spans, other: Spans) -> Iterator[Finding]:
    """I1 and I6: what a declared pattern has in common with duty, or with sickness, where it is long enough."""
    for one in declared.interests:
        for begin, end in common(stretches[one.interest_id], other.get(one.officer, ())):
            if end - begin >= LEAST_US:
                yield rule, one.officer, one.interest_id, begin, end - begin


def _by_officer(declared: DeclaredInterests) -> dict[str, list[Interest]]:
    found: dict[str, list[Interest]] = defaultdict(list)
    for one in declared.interests:
        found[one.officer].append(one)
    return found


def _hours(
    declared: DeclaredInterests, stretches: Spans, on: Spans, where: str, as_of_us: int, asked: Span
) -> Iterator[Finding]:
    """I2: duty and declared hours on average over 17 whole weeks, from each Monday, in the time that is ``asked``
    about. ``us`` is that of one week.
    """
    for officer, mine in _by_officer(declared).items():
        duty = on.get(officer, ())
        by_pattern = [span for one in mine if one.now.weekly_us is None for span in stretches[one.interest_id]]
        spans = [span for one in mine for span, _ in declared_spans(one)]
        if not duty or not spans:
            continue
        first = min(duty[0][0], *(begin for begin, _ in spans))
        mondays = _mondays(first, as_of_us, where)
        busy, named = _measured(union([*duty, *by_pattern]), mondays), _measured(union(by_pattern), mondays)
        given = sum((_given(one, mondays) for one in mine), np.zeros(len(mondays) - 1, np.int64))
        for week in range(len(mondays) - WEEKS):
            if mondays[week] < asked[0] or mondays[week + WEEKS] > asked[1]:
                continue
            part = slice(week, week + WEEKS)
            total = int((busy[part] + given[part]).sum())
            if total > WEEKS * MOST_A_WEEK_US and int((named[part] + given[part]).sum()) > 0:
                yield "I2", officer, "", int(mondays[week]), total // WEEKS


def _mondays(first_us: int, last_us: int, where: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The beginnings of the local weeks from that of ``first_us``; the last one is not after ``last_us``."""
    day = local_date(first_us, where)
    day -= timedelta(days=day.weekday())
    found = []
    while (at := midnight(day, where)) <= last_us:
        found.append(at)
        day += timedelta(days=7)
    return np.array(found or [first_us], np.int64)


def _measured(spans: Sequence[Span], edges: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, Any]:
    """How much of disjoint spans lies between each edge and the next."""
    begin, end = (np.array([span[i] for span in spans], np.int64) for i in (0, 1))
    before = np.concatenate([[0], np.cumsum(end - begin)])
    begun, ended = np.searchsorted(begin, edges), np.searchsorted(end, edges, side="right")
    open_us = np.where(begun > ended, edges - np.append(begin, 0)[ended], 0)
    return np.diff(before[ended] + open_us)


def _given(one: Interest, mondays: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, Any]:
    """The weekly hours of an interest, in each week in which it is declared all the time by one version."""
    found = np.zeros(len(mondays) - 1, np.int64)
    for (begin, end), then in declared_spans(one):
        if one.now.weekly_us is not None and then.weekly_us is not None:
            whole = (mondays[:-1] >= begin) & (mondays[1:] <= end)
            found[whole] += min(one.now.weekly_us, then.weekly_us)
    return found


def _rest(declared: DeclaredInterests, stretches: Spans, on: Spans) -> Iterator[Finding]:
    """I3: in the 24 hours from the beginning of a declared stretch, or until its end, there is duty and too little
    rest. ``us`` is the longest rest, of the worse of the two.
    """
    for officer, mine in _by_officer(declared).items():
        duty = list(on.get(officer, ()))
        busy = union([*duty, *(span for one in mine for span in stretches[one.interest_id])])
        for one in mine:
            for begin, end in stretches[one.interest_id]:
                days = [(begin, begin + DAY_US), (end - DAY_US, end)]
                rests = [_longest_rest(busy, day) for day in days if _within(duty, day)]
                if rests and min(rests) < LEAST_REST_US:
                    yield "I3", officer, one.interest_id, begin, min(rests)


def _within(spans: Sequence[Span], day: Span) -> list[Span]:
    """The part of spans that lies in a day; they are in order, and few of them are near it."""
    first = int(np.searchsorted([end for _, end in spans], day[0], side="right"))
    last = int(np.searchsorted([begin for begin, _ in spans], day[1]))
    return common(spans[first:last], [day])


def _longest_rest(busy: Sequence[Span], day: Span) -> int:
    edges = [day[0], *(edge for span in _within(busy, day) for edge in span), day[1]]
    return max(end - begin for begin, end in zip(edges[::2], edges[1::2], strict=True))


def _conditions(declared: DeclaredInterests, where: str, as_of_us: int) -> Iterator[Finding]:
    """I4 and I5: what is valid now without an approval, or approved with a review that is due."""
    for one in declared.interests:
        now = one.now
        if not one.valid_at(as_of_us):
            continue
        if now.decision != APPROVED:
            yield "I4", one.officer, one.interest_id, now.valid_from_us, 0
        elif now.review_by is not None and midnight(now.review_by + timedelta(days=1), where) <= as_of_us:
            yield "I5", one.officer, one.interest_id, midnight(now.review_by, where), 0


def _sick(
    roster: pa.Table,
    policy: Policy,
    codes: Sequence[str],
    as_of_us: int,
    declared: Mapping[str, TableDeclaration] | None,
) -> dict[str, list[Span]]:
    """The sickness of each officer that stood then and stands now, read narrowly."""
    versions = read_versions(roster, pd.DataFrame(), policy, as_of_us, declared)
    entries, claims = versions.roster, takings(versions.roster)
    found: dict[str, list[Span]] = defaultdict(list)
    for place, entry in enumerate(entries.taking_entry.tolist()):
        code, officer = int(entries.code[entry]), int(claims.officer[place])
        known, until = int(claims.known[place]), int(claims.until[place])
        mine = officer >= 0 and officer == int(entries.officer[entry]) and code >= 0 and entries.codes[code] in codes
        if mine and NEVER_US < known <= as_of_us < until:
            begin = max(int(entries.starts_late[entry]), known)
            found[versions.officers[officer]].append((begin, min(int(entries.ends_early[entry]), as_of_us)))
    return {officer: union(spans) for officer, spans in found.items()}


def _confirmed(
    findings: pd.DataFrame,
    duty: EligibleDuty,
    release: pd.DataFrame,
    policy: Policy,
    key: bytes,
    terms: InterestsSection,
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """How much of each overlap a release confirms; 0 for other findings. Overlaps of two interests of one officer may
    overlap each other, so they are measured interest by interest.
    """
    seen = visible_of(release, duty, policy, key)
    numbers = {officer: number for number, officer in enumerate(duty.officers)}
    eligible: dict[int, list[Span]] = defaultdict(list)
    for officer, begin, end in duty.pieces[["officer", "from_us", "to_us"]].itertuples(index=False):
        eligible[int(officer)].append((int(begin), int(end)))
    overlaps = findings[findings["rule"] == "I1"]
    turn = overlaps.groupby("officer")["interest_id"].transform(lambda ids: pd.factorize(ids)[0])
    found = np.zeros(len(findings), np.int64)
    for _, mine in overlaps.groupby(turn.astype(np.int64)) if len(overlaps) else ():
        rows = [
            (place, numbers[officer], *part)
            for place, officer, begin, us in zip(mine.index, mine["officer"], mine["from_us"], mine["us"], strict=True)
            for part in common(union(eligible[numbers[officer]]), [(begin, begin + us)])
        ]
        pieces = pd.DataFrame(rows, columns=["finding", "officer", "from_us", "to_us"]).astype(np.int64)
        step_us, join_us = policy.release.time_step_s * SECOND_US, terms.join_s * SECOND_US
        time = confirmed_time(pieces, seen, np.zeros(0, np.int64), step_us, join_us)
        np.add.at(found, pieces["finding"].to_numpy(np.int64), time["joined_us"].to_numpy(np.int64))
    return found


__all__ = ["CLEARED", "NOT_ASSESSED", "RULES", "SECTION", "Interests", "interests"]
