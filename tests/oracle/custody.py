"""Who held which device, from when to when."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.oracle.reading import Row, Stop, Unreadable, span, text, wholly_empty, within


@dataclass
class Custody:
    """Spells of officers with devices; `broken` devices have a row that cannot be read."""

    spells: dict[str, list[tuple[str, int, int | None]]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def holders(self, device: str, t: int) -> set[str]:
        """The officers who held the device at t; none at all for a broken one."""
        if device in self.broken:
            return set()
        return {officer for officer, start, end in self.spells.get(device, []) if within(t, start, end)}

    def turning_points(self, device: str) -> set[int]:
        """Every instant at which the device's holders may change."""
        return {at for _, start, end in self.spells.get(device, []) for at in (start, end) if at is not None}


def read_custody(rows: list[Row]) -> Custody:
    """The assignments; a row without a device stops the run, any other bad one makes its device unassigned."""
    custody = Custody()
    for row in rows:
        if wholly_empty(row):
            continue
        device, officer = text(row.get("device_id")), text(row.get("officer_id"))
        if device is None:
            raise Stop("an assignment without a device")
        try:
            start, end = span(row.get("valid_from"), row.get("valid_to"))
        except Unreadable:
            custody.broken.add(device)
            continue
        if officer is None:
            custody.broken.add(device)
        else:
            custody.spells.setdefault(device, []).append((officer, start, end))
    return custody
