"""The second hand counts who was at which site in which hour, and looks at each row a few times at most."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from offduty.verify.answers_again import answers

LONDON = ZoneInfo("Europe/London")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLOCKS_GO_FORWARD = (datetime(2026, 3, 29, tzinfo=UTC) - EPOCH).days * 86_400_000_000
HOUR_US, MINUTE_US = 3_600_000_000, 60_000_000
SITES_AT = {(0.0, 51.0): [], (0.1, 51.0): [0], (0.2, 51.0): [0, 1], (0.3, 51.0): [2]}
Span = tuple[int, int]


class Counted(int):
    """An instant that counts how often it is compared."""

    compared = 0

    def __lt__(self, other: int) -> bool:
        """Compared as the other ways round are."""
        Counted.compared += 1
        return int(self) < int(other)

    def __le__(self, other: int) -> bool:
        """Likewise."""
        Counted.compared += 1
        return int(self) <= int(other)

    def __gt__(self, other: int) -> bool:
        """Likewise."""
        Counted.compared += 1
        return int(self) > int(other)

    def __ge__(self, other: int) -> bool:
        """Likewise."""
        Counted.compared += 1
        return int(self) >= int(other)


def evidence_of(windows: dict[str, list[list[Span]]], rows: dict[str, list[Any]]) -> Any:
    """What the table is made of: the eligible spans of each window, and the rows of each officer."""
    sites = [SimpleNamespace(id=lambda column, name=name: name) for name in ("court", None, "station")]
    made = {officer: [SimpleNamespace(spans=spans) for spans in mine] for officer, mine in windows.items()}
    return SimpleNamespace(
        asked=SimpleNamespace(sites=sites),
        windows=made,
        rows=rows,
        at_sites=SITES_AT,
        zone=LONDON,
        eligible=lambda window: window.spans,
    )


def made_up(seed: int) -> Any:
    """A force in the days about a change of the clocks; rows lie on the ends of spans, before, between and after."""
    rng = random.Random(seed)
    windows: dict[str, list[list[Span]]] = {}
    rows: dict[str, list[Any]] = {}
    for number in range(rng.choice([9, 12, 40])):
        ends = sorted(CLOCKS_GO_FORWARD + rng.randrange(-40, 60) * 30 * MINUTE_US for _ in range(10))
        spans = [(ends[at], ends[at + 1]) for at in range(0, 10, 2)]
        windows[f"o{number}"] = [[span] if span[0] < span[1] else [] for span in spans]
        near = [rng.choice(ends) + rng.choice([-1, 0, 0, 1, 17 * MINUTE_US]) for _ in range(60)]
        if rng.random() < 0.9:
            rows[f"o{number}"] = sorted((at, rng.choice(list(SITES_AT))) for at in near)
    return evidence_of(windows, rows)


def plainly(evidence: Any) -> Iterator[list[Any]]:
    """The same, row by row and span by span."""
    who = defaultdict(set)
    for officer, windows in evidence.windows.items():
        for at, place in evidence.rows.get(officer, []):
            if any(begin <= at < end for window in windows for begin, end in window.spans):
                hour = (EPOCH + timedelta(microseconds=at)).astimezone(LONDON).hour
                for site in SITES_AT[place]:
                    who[("court", "site 2", "station")[site], hour].add(officer)
    for (site, hour), people in sorted(who.items()):
        if len(people) >= 10:
            yield [site, hour, len(people) // 5 * 5]


@pytest.mark.parametrize("block", range(4))
def test_sites_by_hour_are_as_by_looking_at_each_span(block):
    """On 200 random forces."""
    found = 0
    for seed in range(50 * block, 50 * block + 50):
        evidence = made_up(seed)
        rows = list(answers._sites_by_hour(evidence))
        assert rows == list(plainly(evidence)), seed
        found += len(rows)
    assert found > 100


def test_a_row_is_not_held_against_every_window_of_a_year():
    """Some comparisons a row, however many windows its officer has."""
    spans = [
        (Counted(day * 24 * HOUR_US + 8 * HOUR_US), Counted(day * 24 * HOUR_US + 16 * HOUR_US)) for day in range(365)
    ]
    rows = [(day * 24 * HOUR_US + hour * HOUR_US, (0.1, 51.0)) for day in range(365) for hour in range(24)]
    evidence = evidence_of({f"o{number}": [[span] for span in spans] for number in range(10)}, {})
    evidence.rows = dict.fromkeys(evidence.windows, rows)
    Counted.compared = 0
    assert list(answers._sites_by_hour(evidence)) == [
        ["court", hour, 10] for hour in range(9, 17)
    ]  # London had summer time all that year
    assert Counted.compared <= 20 * 10 * len(rows)
