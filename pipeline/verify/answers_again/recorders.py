"""Compares those who record a roster again: R9 and R10 of the roster audit, in plain Python.

After Spiegelhalter, Funnel plots for comparing institutional performance (Statistics in Medicine, 2005). Only whether
somebody is outside is used further, so the last digits of a chance do not matter.
"""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, dropwhile
from pathlib import Path
from statistics import NormalDist

import pyarrow.parquet as pq

from offduty.verify.answers_again.edit_signals import EditSignal
from offduty.verify.answers_again.recorded_roster import Entry
from offduty.verify.redecide.text_values import read_id

LEAST_EDITS = 30
LEAST_RECORDERS = 10
FALSE_DISCOVERIES = 0.1
WINSOR = 0.1
SMALLEST = 1e-300
COLUMNS = ("recorded_by", "officer_id", "unit", "role")
LONGEST_CELL = 2**31 - 1
Drawn = tuple[int, int, int, int]
"""How many edits somebody made, how many of them are marked, and both of all others."""


class OtherFormError(Exception):
    """A table of recorders in a form that is not read here: packed, or in other letters."""


@dataclass(frozen=True)
class Recorder:
    """Who stands behind a ``recorded_by``: officer, unit and role; each empty where it is not known."""

    officer: str = ""
    unit: str = ""
    role: str = ""


@dataclass(frozen=True)
class ComparedRecorder:
    """A recorder with how many late grants, and how many of them over rest, and whether those are unusually many."""

    role: str
    name: str
    edits: int
    marked: int
    outside: bool


def read_recorders(path: Path) -> dict[str, Recorder]:
    """The recorders by their name; one who is named twice for two people is nobody's. A column that is not there is a
    `KeyError`. Raises `OtherFormError` where this reader cannot tell what another one may have read.
    """
    named: dict[str, set[Recorder]] = defaultdict(set)
    try:
        rows = list(_rows(path))
    except (UnicodeError, csv.Error) as problem:
        raise OtherFormError from problem
    for row in rows:
        name, *known = (read_id(row[column]) or "" for column in COLUMNS)
        named[name].add(Recorder(*known))
    return {name: found.pop() for name, found in named.items() if name and len(found) == 1}


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    """The rows of the table as text; of a column that is there twice, the first."""
    if path.suffix.lower() == ".parquet":
        for row in pq.read_table(path, partitioning=None).to_pylist():
            yield {name: "" if value is None else str(value) for name, value in row.items()}
        return
    with path.open(newline="", encoding="utf-8-sig") as file:
        before = csv.field_size_limit(LONGEST_CELL)
        try:
            written = list(csv.reader(file))
        finally:
            csv.field_size_limit(before)
        header, *lines = dropwhile(_is_empty, written)
        for line in lines:
            cells = [*line, *[""] * (len(header) - len(line))]
            yield dict(reversed(list(zip(header, cells, strict=True))))


def _is_empty(line: Sequence[str]) -> bool:
    """Whether nothing is written on a line."""
    return len(line) <= 1 and not "".join(line).strip()


def compared(
    late: Sequence[Entry], over_rest: frozenset[int], recorders: Mapping[str, Recorder]
) -> list[ComparedRecorder]:
    """Those who made late grants, by role and name. ``over_rest`` are the places of the grants over rest."""
    edits: dict[str, Counter[str]] = defaultdict(Counter)
    marked: Counter[str] = Counter()
    for entry in late:
        if entry.recorder:
            edits[recorders.get(entry.recorder, Recorder()).role][entry.recorder] += 1
            marked[entry.recorder] += entry.place in over_rest
    return [each for role in sorted(edits) for each in _of_role(role, edits[role], marked)]


def _of_role(role: str, edits: Counter[str], marked: Counter[str]) -> Iterator[ComparedRecorder]:
    total, all_marked = edits.total(), sum(marked[name] for name in edits)
    many = [name for name in sorted(edits) if edits[name] >= LEAST_EDITS]
    drawn = [(edits[name], marked[name], total - edits[name], all_marked - marked[name]) for name in many]
    outside = {name for name, hit in zip(many, discoveries(weakened(chances(drawn))), strict=True) if hit}
    for name in sorted(edits):
        yield ComparedRecorder(role, name, edits[name], marked[name], name in outside)


def unusual_edits(
    late: Sequence[Entry], over_rest: frozenset[int], recorders: Mapping[str, Recorder]
) -> list[EditSignal]:
    """R9: the grants over rest of recorders who are outside. R10: those for a subject with whom they are concentrated;
    it needs the unit.
    """
    outside = {each.name for each in compared(late, over_rest, recorders) if each.outside}
    pairs = _concentrated(late, recorders)
    found = []
    for entry in late:
        if entry.recorder in outside and entry.place in over_rest:
            found.append(EditSignal("R9", entry, 0, entry.span[0]))
        if (entry.recorder, entry.officer) in pairs:
            found.append(EditSignal("R10", entry, 0, entry.span[0]))
    return found


def _concentrated(late: Sequence[Entry], recorders: Mapping[str, Recorder]) -> set[tuple[str, str]]:
    """The recorders and subjects of whom a recorder has more than the others of the unit."""
    of_pair = Counter((each.recorder, each.officer) for each in late if recorders.get(each.recorder, Recorder()).unit)
    of_recorder, of_unit, of_subject = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for (name, officer), count in of_pair.items():
        unit = recorders[name].unit
        of_recorder[name] += count
        of_unit[unit] += count
        of_subject[unit, officer] += count
    drawn: dict[tuple[str, str], Drawn] = {}
    for (name, officer), count in of_pair.items():
        unit, mine = recorders[name].unit, of_recorder[name]
        if mine >= LEAST_EDITS and of_unit[unit] - mine >= LEAST_EDITS:
            drawn[name, officer] = (mine, count, of_unit[unit] - mine, of_subject[unit, officer] - count)
    return {pair for pair, hit in zip(drawn, discoveries(chances(list(drawn.values()))), strict=True) if hit}


def chances(drawn: Sequence[Drawn]) -> list[float]:
    """The chance of so many marked edits or more, if the marked edits of all were dealt out blindly (hypergeometric,
    mid-p).
    """
    most = max((edits + others for edits, _, others, _ in drawn), default=0)
    logs = [0.0, *accumulate(math.log(number) for number in range(1, most + 1))]

    def log_ways(n: int, k: int) -> float:
        return logs[n] - logs[k] - logs[n - k]

    found = []
    for n, y, m, z in drawn:
        every = log_ways(n + m, n)
        tail = [
            math.exp(log_ways(y + z, k) + log_ways(n + m - y - z, n - k) - every) for k in range(y, min(n, y + z) + 1)
        ]
        found.append(min(max(round(math.fsum(tail) - tail[0] / 2, 15), SMALLEST), 1.0))
    return found


def weakened(found: Sequence[float]) -> list[float]:
    """Chances after the overdispersion of all of them; as they are where recorders are too few to tell."""
    if len(found) < LEAST_RECORDERS:
        return list(found)
    normal = NormalDist()
    z = [-normal.inv_cdf(min(max(chance, SMALLEST), 1 - 1e-15)) for chance in found]
    low, high = _quantile(z, WINSOR), _quantile(z, 1 - WINSOR)
    overdispersion = max(1.0, math.fsum(min(max(value, low), high) ** 2 for value in z) / len(z))
    return [normal.cdf(-value / overdispersion**0.5) for value in z]


def _quantile(values: Iterable[float], share: float) -> float:
    """The value below which such a share lies, between two of them in a straight line."""
    ranked = sorted(values)
    at = share * (len(ranked) - 1)
    below = ranked[int(at)]
    return below + (ranked[min(int(at) + 1, len(ranked) - 1)] - below) * (at - int(at))


def discoveries(found: Sequence[float]) -> list[bool]:
    """Which chances are so small that of all of those at most a tenth are there by chance (Benjamini and Hochberg)."""
    ranked = sorted(found)
    below = [chance for at, chance in enumerate(ranked, 1) if chance <= FALSE_DISCOVERIES * at / len(ranked)]
    return [bool(below) and chance <= below[-1] for chance in found]
