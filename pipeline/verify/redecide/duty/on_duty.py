"""When each officer was on duty: by the roster as it was known then, and as it is known now.

The rules are specification#duty-at, specification#duty-rule and specification#late-edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from offduty.verify.redecide.duty.roster import ALWAYS, ShiftVersion, ShiftVersions, Span
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


@dataclass
class _Entries:
    """The entries of one officer that grant or take away duty, each with the span of knowledge times when it counts."""

    grants: list[tuple[Span, ShiftVersion]] = field(default_factory=list)
    takings: list[tuple[Span, Span]] = field(default_factory=list)


def settle_duties(shifts: ShiftVersions, rules: Rules) -> dict[str, OfficerDuty]:
    """The duty of every officer who has any."""
    by_officer: dict[str, _Entries] = {}
    for shift, versions in shifts.versions.items():
        counted = _throughout(versions) if shift in shifts.contradicted else _counted(versions)
        for known, version in counted:
            entries = by_officer.setdefault(str(version.officer), _Entries())
            if version.grants:
                entries.grants.append((known, version))
            else:
                entries.takings.append((known, version.taken()))
    for officer in shifts.without_any:
        by_officer.pop(officer, None)
    return {
        officer: _duty(entries, shifts.without_from.get(officer, FOREVER_US), rules)
        for officer, entries in by_officer.items()
    }


def _throughout(versions: list[ShiftVersion]) -> Iterator[tuple[Span, ShiftVersion]]:
    """For a shift that contradicts itself: nothing grants, and what takes duty away does so at every knowledge time."""
    return ((ALWAYS, version) for version in versions if version.readable and version.takes)


def _counted(versions: list[ShiftVersion]) -> Iterator[tuple[Span, ShiftVersion]]:
    """The versions that grant or take away, each from its record time until the next version that replaces it.

    A grant ends with any later version; a version that takes duty away counts until one that can be read. Versions with
    the same contents and record time are one.
    """
    for at, version in enumerate(versions):
        start = version.recorded_us
        if start is None or not version.readable or version.status != "active":
            continue
        later = (v.recorded_us for v in versions[at + 1 :] if version.grants or v.readable)
        end = next((recorded for recorded in later if recorded is not None), FOREVER_US)
        if end > start:
            yield (start, end), version


def _duty(entries: _Entries, nothing_from_us: int, rules: Rules) -> OfficerDuty:
    now = [version for known, version in entries.grants if known[0] <= rules.as_of_us < known[1]]
    now = now if rules.as_of_us < nothing_from_us else []
    taken_now = [span for known, span in entries.takings if known[0] <= rules.as_of_us < known[1]]
    duty_now = without(union(version.granted() for version in now), union(taken_now))
    granted_then = (overlap(version.granted(), _pings_at(known, rules)) for known, version in entries.grants)
    taken_then = [overlap(span, _pings_at(known, rules)) for known, span in entries.takings]
    unknown = (nothing_from_us - rules.tolerance_us, FOREVER_US)
    duty_then = without(union(granted_then), union([*taken_then, unknown]))
    on = common(duty_now, duty_then)
    return OfficerDuty(tuple(on), tuple(without(duty_now, on)), tuple(_codes(on, now)))


def _pings_at(known: Span, rules: Rules) -> Span:
    """The instants of pings for which a span of knowledge times counts: at `t` the roster of `t + tolerance` counts."""
    back = rules.tolerance_us
    return (known[0] if known[0] == NEVER_US else known[0] - back), (
        known[1] if known[1] == FOREVER_US else known[1] - back
    )


def _codes(on: Iterable[Span], now: list[ShiftVersion]) -> Iterator[tuple[int, int, str]]:
    """The spans of duty with their codes, cut where the granting entry that is first by `shift_id` changes."""
    waiting = sorted(((version.granted(), str(version.shift), str(version.code)) for version in now), reverse=True)
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
