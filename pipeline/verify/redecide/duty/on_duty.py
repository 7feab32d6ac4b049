"""When each officer was on duty: by the roster as it was known then, and as it is known now.

The rules are specification#duty-at, specification#duty-rule and specification#late-edit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from offduty.verify.redecide.duty.roster import Grant, SettledRoster, ShiftVersion, Span, Taking
from offduty.verify.redecide.ingest.lookalikes import likeness
from offduty.verify.redecide.model import FOREVER_US, NEVER_US
from offduty.verify.redecide.rules import Rules


@dataclass(frozen=True)
class OfficerDuty:
    """An officer's duty as disjoint spans in order.

    `on` is duty by the roster of then and of now; `late` is duty only by the roster of now. `codes` has the spans of
    `on`, cut where the code changes, each with the duty code of the entry that grants it now (the first by `shift_id`).
    """

    on: tuple[Span, ...] = ()
    late: tuple[Span, ...] = ()
    codes: tuple[tuple[int, int, str], ...] = ()


def settle_duties(roster: SettledRoster, rules: Rules) -> dict[str, OfficerDuty]:
    """The duty of every officer to whom some is granted; what is taken from a lookalike is taken from both."""
    alike: Callable[[str], str] = likeness if rules.alike("officer_id", "roster") else str
    grants: dict[str, list[Grant]] = defaultdict(list)
    takings: dict[str, list[Taking]] = defaultdict(list)
    for grant in roster.grants:
        grants[str(grant.version.officer)].append(grant)
    for taking in roster.takings:
        takings[alike(taking.officer)].append(taking)
    barred = {alike(officer) for officer in roster.barred}
    return {
        officer: _duty(mine, takings.get(alike(officer), []), rules)
        for officer, mine in grants.items()
        if alike(officer) not in barred
    }


def _duty(grants: list[Grant], takings: list[Taking], rules: Rules) -> OfficerDuty:
    now = [grant.version for grant in grants if grant.known[0] <= rules.as_of_us < grant.known[1]]
    taken_now = [taking.span for taking in takings if taking.known[0] <= rules.as_of_us < taking.known[1]]
    duty_now = without(union(_granted(version) for version in now), union(taken_now))
    granted_then = (overlap(_granted(grant.version), _pings_at(grant.known, rules)) for grant in grants)
    taken_then = (overlap(taking.span, _pings_at(taking.known, rules)) for taking in takings)
    duty_then = without(union(granted_then), union(taken_then))
    on = common(duty_now, duty_then)
    return OfficerDuty(tuple(on), tuple(without(duty_now, on)), tuple(_codes(on, now)))


def _granted(version: ShiftVersion) -> Span:
    return version.narrow or (0, 0)


def _pings_at(known: Span, rules: Rules) -> Span:
    """The instants of pings for which a span of knowledge times counts: at `t` the roster of `t + tolerance` counts."""
    back = rules.tolerance_us
    return (known[0] if known[0] == NEVER_US else known[0] - back), (
        known[1] if known[1] == FOREVER_US else known[1] - back
    )


def _codes(on: Iterable[Span], now: list[ShiftVersion]) -> Iterator[tuple[int, int, str]]:
    """The spans of duty with their codes, cut where the granting entry that is first by `shift_id` changes."""
    waiting = sorted(((_granted(version), str(version.shift), str(version.code)) for version in now), reverse=True)
    current: list[tuple[Span, str, str]] = []
    for start, end in on:
        while waiting and waiting[-1][0][0] < end:
            current.append(waiting.pop())
        current = [grant for grant in current if grant[0][1] > start]
        edges = sorted({start, end} | {edge for span, _, _ in current for edge in span if start < edge < end})
        for first, last in pairwise(edges):
            granting = [(shift, code) for span, shift, code in current if span[0] <= first and last <= span[1]]
            yield first, last, min(granting)[1]


# Lists of spans below are in order and disjoint; no span is empty, and no two touch.


def union(spans: Iterable[Span]) -> list[Span]:
    """The union of some spans; empty and reversed spans are dropped."""
    out: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if out and start <= out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], end)
        else:
            out.append((start, end))
    return out


def overlap(one: Span, other: Span) -> Span:
    """What two spans share; the result may be reversed where they share nothing."""
    return max(one[0], other[0]), min(one[1], other[1])


def common(ones: list[Span], others: list[Span]) -> list[Span]:
    """What two lists of spans share."""
    out, one, other = [], 0, 0
    while one < len(ones) and other < len(others):
        shared = overlap(ones[one], others[other])
        out += [shared] if shared[0] < shared[1] else []
        if ones[one][1] <= others[other][1]:
            one += 1
        else:
            other += 1
    return out


def without(ones: list[Span], others: list[Span]) -> list[Span]:
    """The first list of spans without the second."""
    edges = [NEVER_US, *(edge for span in others for edge in span), FOREVER_US]
    return common(ones, [gap for gap in zip(edges[::2], edges[1::2], strict=True) if gap[0] < gap[1]])
