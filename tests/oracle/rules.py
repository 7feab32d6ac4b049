"""The policy, with the defaults that the specification gives to what is not written (specification#policy)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.oracle.reading import SECOND

DEFAULTS: dict[str, dict[str, Any]] = {
    "duty": {"late_edit_tolerance_s": 0},
    "accuracy": {"zero": "imprecise", "when_missing": "mask"},
    "places": {"max_km": 500},
    "legs": {"rule": "anchored", "max_gap_s": 300, "pass_by_s": 0, "hold_s": 900, "max_site_km2": 5},
}


@dataclass(frozen=True)
class Rules:
    """The policy and `as_of`."""

    policy: dict[str, dict[str, Any]]
    as_of: int

    def value(self, section: str, key: str) -> Any:
        """What the policy says, or the default."""
        written = self.policy.get(section, {})
        return written[key] if key in written else DEFAULTS[section][key]

    def number(self, section: str, key: str) -> float:
        """A number of the policy."""
        return float(self.value(section, key))

    def micros(self, section: str, key: str) -> int:
        """Seconds of the policy as microseconds."""
        return round(self.number(section, key) * SECOND)

    @property
    def tolerance(self) -> int:
        """The tolerance for late edits, in microseconds."""
        return self.micros("duty", "late_edit_tolerance_s")

    @property
    def anchored(self) -> bool:
        """Whether the leg rule holds."""
        return bool(self.value("legs", "rule") == "anchored")
