"""Who held which device: one officer alone, several, or nobody (SPEC 2 and 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.reference_reader import ReferenceRow
from offduty.verify.redecide.model import FOREVER_US
from offduty.verify.redecide.text_values import instant

SHARED = None
"""Stands for the officer where there are several."""


@dataclass(frozen=True)
class HeldStretch:
    """A stretch of time in which a device was held: by one officer alone, or by several (`SHARED`)."""

    from_us: int
    to_us: int
    officer: str | None


@dataclass(frozen=True)
class DeviceHolders:
    """For each device that was ever held its stretches, in order and disjoint; and the rows that were refused."""

    by_device: dict[str, tuple[HeldStretch, ...]]
    refused: frozenset[tuple[int, int]]


def settle_holders(rows: Iterable[ReferenceRow], names: dict[int, str]) -> DeviceHolders:
    """Lay the assignments over each other.

    An assignment of which officer or times cannot be read leaves its device nobody's, throughout. One without a device
    stops everything: it would hide something and does not say what.
    """
    held: dict[str, list[tuple[int, int, str]]] = {}
    nobodys: set[str] = set()
    refused = set()
    for row in rows:
        device = row.text("device_id")
        if device is None:
            raise InputError("an assignment names no device", file=names.get(row.file), row=row.row)
        span, officer = _span(row), row.text("officer_id")
        if span is None or officer is None:
            nobodys.add(device)
            refused.add((row.file, row.row))
        else:
            held.setdefault(device, []).append((*span, officer))
    settled = {device: tuple(_stretches(spans)) for device, spans in held.items() if device not in nobodys}
    return DeviceHolders(settled, frozenset(refused))


def _span(row: ReferenceRow) -> tuple[int, int] | None:
    """From when to when; a missing end is none, one that cannot be read, or comes before its start, makes it None."""
    start, end = instant(row.values.get("valid_from")), row.values.get("valid_to")
    last = FOREVER_US if end in (None, "") else instant(end)
    return None if start is None or last is None or last < start else (start, last)


def _stretches(spans: list[tuple[int, int, str]]) -> Iterable[HeldStretch]:
    """Cut at every edge; a piece with one officer is that officer's, one with more is shared. Equal neighbours join."""
    edges = sorted({edge for start, end, _ in spans for edge in (start, end)})
    before: HeldStretch | None = None
    for start, end in pairwise(edges):
        officers = {officer for first, last, officer in spans if first <= start and end <= last}
        if not officers:
            continue
        now = HeldStretch(start, end, next(iter(officers)) if len(officers) == 1 else SHARED)
        if before is not None and before.to_us == start and before.officer == now.officer:
            before = HeldStretch(before.from_us, end, now.officer)
            continue
        if before is not None:
            yield before
        before = now
    if before is not None:
        yield before
