"""The rules that every analysis keeps, A1 to A8: what was agreed, what may be printed, and in which words.

A1 An analysis opens the files that it is given (roster, people, policy), and no job, ping, place or quarantine.
A2 It answers only what the policy names, in `agreed`. A3 Hiding more never says more against anybody: each analysis
has the property in its tests. A4 What is for everybody passes `printable_groups`. A5 An analysis of a store is logged.
A6 No answer without an error card (`error_cards`). A7 `FORBIDDEN` words are in no sentence about a person.
A8 Each answer carries `NOTICE`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from offduty.config.agreed_analyses import AgreedTerms, RosterAuditSection
from offduty.config.policy import Policy
from offduty.core.disclosure import MINIMUM, rounded
from offduty.core.errors import UsageError
from offduty.pages.language import ENGLISH

NOTICE = ENGLISH.say("answer.notice")
STATES = ("confirmed", "not visible", "not assessed", "finding", "cleared")
FORBIDDEN = ("absent", "missing", "late", "breach", "suspicious", "fraud", "home")
"""Words that judge. No sentence that is made about a person has one of them, nor a page of an answer."""
FORBIDDEN_IN_GERMAN = (
    "abwesend",
    "abwesenheit",
    "fehlt",
    "fehlend",
    "verspätet",
    "verstoß",
    "verdächtig",
    "betrug",
    "zuhause",
)
IN_WORDS = {
    "roster_audit": "the roster audit",
    "presence": "presence on duty",
    "site_days": "days on site",
    "interests": "a question about declared interests",
}
LARGEST_SHARE = 0.5
"""Where one person contributes more than this to a sum, the sum is about that person."""
TO_AGREE = """\
[analyses.roster_audit]
purpose = "what the findings may be used for"
recipients = ["who gets them"]
keep_days = 90"""


Terms = TypeVar("Terms", bound=AgreedTerms)


def to_agree(analysis: str) -> str:
    """The lines to agree on, for an analysis by its name in the policy."""
    return TO_AGREE.replace("roster_audit", analysis)


def agreed_audit(policy: Policy) -> RosterAuditSection:
    """The terms of the roster audit; raises as `agreed_terms`."""
    return agreed_terms(policy, "roster_audit", RosterAuditSection)


def agreed_terms(policy: Policy, analysis: str, kind: type[Terms]) -> Terms:
    """The terms of an analysis; `UsageError` with the lines to agree on, where the policy does not name it."""
    terms = getattr(policy.analyses, analysis, None)
    if not isinstance(terms, kind):
        raise UsageError(
            f"{IN_WORDS[analysis]} was not agreed on: the policy does not name it. Agree with the workforce on these"
            f" lines, and add them to the policy:\n{to_agree(analysis)}"
        )
    return terms


@dataclass(frozen=True)
class PrintableGroup:
    """Parts ``start`` to ``stop`` (exclusive) of a row, joined until they may be printed; ``printed`` is their sum,
    rounded, or None where even all of them together are about too few people.
    """

    start: int
    stop: int
    printed: int | None


def may_print(amounts: dict[str, int], everybody: int) -> bool:
    """Whether the sum of what each person contributes may be printed.

    At least ten people contribute, and none of them more than half. ``everybody`` is at least twice as many: of a
    smaller unit the figure would say, by being printed, that nearly everybody is in it.

    >>> may_print({f"o{i}": 1 for i in range(10)}, 100), may_print({f"o{i}": 1 for i in range(9)}, 100)
    (True, False)
    >>> may_print({**{f"o{i}": 1 for i in range(10)}, "x": 99}, 100), may_print({f"o{i}": 1 for i in range(10)}, 19)
    (False, False)
    """
    people = sum(amount > 0 for amount in amounts.values())
    total = sum(amounts.values())
    dominated = 0 < total * LARGEST_SHARE < max(amounts.values(), default=0)
    return people >= MINIMUM and not dominated and everybody >= 2 * MINIMUM


def printable_groups(parts: Sequence[dict[str, int]], everybody: int, step: int = 10) -> list[PrintableGroup]:
    """Join parts with those that follow until each group may be printed; what is left at the end joins the last group.

    ``parts`` are what each person contributes, bin by bin; sums are rounded to multiples of ``step``. A bin to which
    nobody contributes is joined, too: it would say of everybody that they did nothing then. Only whole groups are ever
    printed, so no two tables differ by a part.
    """
    groups: list[PrintableGroup] = []
    start, running = 0, dict[str, int]()
    for index, part in enumerate(parts):
        running = _sum(running, part)
        if may_print(running, everybody):
            groups.append(PrintableGroup(start, index + 1, rounded(sum(running.values()), step)))
            start, running = index + 1, {}
    if start == len(parts):
        return groups
    if not groups:
        return [PrintableGroup(0, len(parts), None)]
    return _with_the_rest(groups, parts, everybody, step)


def _with_the_rest(
    groups: list[PrintableGroup], parts: Sequence[dict[str, int]], everybody: int, step: int
) -> list[PrintableGroup]:
    """The groups, where what is left at the end joins as many of the last ones as it takes."""
    together, stop = dict[str, int](), len(parts)
    for kept in range(len(groups) - 1, -1, -1):
        start = groups[kept].start
        for part in parts[start:stop]:
            together = _sum(together, part)
        stop = start
        if may_print(together, everybody):
            return [*groups[:kept], PrintableGroup(start, len(parts), rounded(sum(together.values()), step))]
    return [PrintableGroup(0, len(parts), None)]


def joined_spans(count: int, printable: Callable[[int, int], bool]) -> list[tuple[int, int]] | None:
    """Join parts 0 to ``count`` with those that follow until each span may be printed; what is left at the end joins as
    many of the last ones as it takes. None where even all of them together may not.

    >>> sizes = [4, 7, 12, 3]
    >>> joined_spans(4, lambda start, stop: sum(sizes[start:stop]) >= 10), joined_spans(1, lambda start, stop: False)
    ([(0, 2), (2, 4)], None)
    """
    spans, start = list[tuple[int, int]](), 0
    for stop in range(1, count + 1):
        if printable(start, stop):
            spans.append((start, stop))
            start = stop
    while start < count:
        if printable(start, count):
            return [*spans, (start, count)]
        if not spans:
            return None
        start = spans.pop()[0]
    return spans or None


def span_in_words(first: str | None, last: str | None) -> str:
    """A span by its first and last part; None is an end of which nobody is told what it is.

    >>> span_in_words("2026-03-02", "2026-03-02"), span_in_words("2026-03-02", "2026-03-16")
    ('2026-03-02', '2026-03-02 to 2026-03-16')
    >>> span_in_words(None, "2026-03-02"), span_in_words("2026-03-02", None), span_in_words(None, None)
    ('until 2026-03-02', 'from 2026-03-02', 'in all')
    """
    if first is None:
        return "in all" if last is None else f"until {last}"
    if last is None:
        return f"from {first}"
    return first if first == last else f"{first} to {last}"


def _sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {person: one.get(person, 0) + other.get(person, 0) for person in {**one, **other}}


def forbidden_words(sentence: str) -> list[str]:
    """The words of a sentence that judge, which it must not have.

    >>> forbidden_words("The officer was late, and not at home."), forbidden_words("Recorded afterwards.")
    (['late', 'home'], [])
    """
    words = "".join(letter if letter.isalpha() else " " for letter in sentence.lower()).split()
    return [word for word in words if word in FORBIDDEN]
