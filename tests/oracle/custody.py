"""Determines to whom a device was assigned, from when to when."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.oracle.reading import Row, Stop, Unreadable, is_empty, span, text, within


@dataclass
class Custody:
    """The assignments by device; a device in `unreadable` has a row that cannot be read."""

    assignments: dict[str, list[tuple[str, int, int | None]]] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)

    def officers(self, device: str, t: int) -> set[str]:
        """The officers to whom the device was assigned at t; none where a row of it cannot be read."""
        if device in self.unreadable:
            return set()
        return {officer for officer, start, end in self.assignments.get(device, []) if within(t, start, end)}

    def turning_points(self, device: str) -> set[int]:
        """Every instant at which the officers of the device may change."""
        return {at for _, start, end in self.assignments.get(device, []) for at in (start, end) if at is not None}


def read_custody(rows: list[Row]) -> Custody:
    """Read the assignments; a row without a device stops the run, another bad row makes its device unassigned."""
    custody = Custody()
    for row in rows:
        if is_empty(row):
            continue
        device, officer = text(row.get("device_id")), text(row.get("officer_id"))
        if device is None:
            raise Stop("an assignment without a device")
        try:
            start, end = span(row.get("valid_from"), row.get("valid_to"))
        except Unreadable:
            custody.unreadable.add(device)
            continue
        if officer is None:
            custody.unreadable.add(device)
        else:
            custody.assignments.setdefault(device, []).append((officer, start, end))
    return custody
