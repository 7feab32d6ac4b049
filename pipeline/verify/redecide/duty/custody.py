"""Custody: which officer each device was assigned to, over time; several officers, or none, are possible.

The rules are specification#table-assignments, specification#bad-assignment and specification#reason-shared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.reference_reader import ReferenceRow
from offduty.verify.redecide.model import FOREVER_US
from offduty.verify.redecide.text_values import instant

SHARED = None
"""The value in place of the officer where there are several."""


@dataclass(frozen=True)
class AssignedStretch:
    """A stretch of time in which a device was assigned: to one officer alone, or to several (`SHARED`)."""

    from_us: int
    to_us: int
    officer: str | None


@dataclass(frozen=True)
class DeviceAssignments:
    """The stretches of each device that was ever assigned, in order and disjoint; and the rows that were refused."""

    by_device: dict[str, tuple[AssignedStretch, ...]]
    refused: frozenset[tuple[int, int]]


def settle_assignments(rows: Iterable[ReferenceRow], names: dict[int, str]) -> DeviceAssignments:
    """Combine the assignments of each device.

    An assignment whose officer or times cannot be read makes its device unassigned at all times. Raises `InputError`
    for an assignment without a device: it would hide something, and does not say what.
    """
    assigned: dict[str, list[tuple[int, int, str]]] = {}
    unassigned: set[str] = set()
    refused = set()
    for row in rows:
        device = row.text("device_id")
        if device is None:
            raise InputError("an assignment names no device", file=names.get(row.file), row=row.row)
        span, officer = _span(row), row.text("officer_id")
        if span is None or officer is None:
            unassigned.add(device)
            refused.add((row.file, row.row))
        else:
            assigned.setdefault(device, []).append((*span, officer))
    settled = {device: tuple(_stretches(spans)) for device, spans in assigned.items() if device not in unassigned}
    return DeviceAssignments(settled, frozenset(refused))


def _span(row: ReferenceRow) -> tuple[int, int] | None:
    """Start and end; a missing end is open. None where one cannot be read, or the end is before the start."""
    start, end = instant(row.values.get("valid_from")), row.values.get("valid_to")
    last = FOREVER_US if end in (None, "") else instant(end)
    return None if start is None or last is None or last < start else (start, last)


def _stretches(spans: list[tuple[int, int, str]]) -> Iterable[AssignedStretch]:
    """Cut the spans at every start and end. A piece with several officers is shared; equal neighbours are joined."""
    edges = sorted({edge for start, end, _ in spans for edge in (start, end)})
    before: AssignedStretch | None = None
    for start, end in pairwise(edges):
        officers = {officer for first, last, officer in spans if first <= start and end <= last}
        if not officers:
            continue
        now = AssignedStretch(start, end, next(iter(officers)) if len(officers) == 1 else SHARED)
        if before is not None and before.to_us == start and before.officer == now.officer:
            before = AssignedStretch(before.from_us, end, now.officer)
            continue
        if before is not None:
            yield before
        before = now
    if before is not None:
        yield before
