"""Says how the reference tables are written: their time zones, and which of their ids look alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from offduty.config.declarations import UNDECLARED, TableDeclaration
from offduty.config.policy import Policy
from offduty.core.ids import KeyOf, exact_key, lookalike_key
from offduty.core.times import LocalTime
from offduty.duty.roster import RosterReading


@dataclass(frozen=True)
class DeclaredTables:
    """How the tables are written: what the job declares of them, and the zone and the duty codes of the policy."""

    declared: Mapping[str, TableDeclaration]
    zone: str
    on_codes: tuple[str, ...]

    @classmethod
    def of(cls, declared: Mapping[str, TableDeclaration] | None, policy: Policy) -> DeclaredTables:
        """The declarations of a job under a policy; without any, every table is written as the contract says."""
        return cls(dict(declared or {}), policy.policy.timezone, policy.duty.on_codes)

    def local(self, table: str) -> LocalTime:
        """What local times of a table mean."""
        return LocalTime(self.declared.get(table, UNDECLARED).time_zone, self.zone)

    def key(self, table: str, column: str) -> KeyOf:
        """Which ids of a column of a table look alike: none where the job declares that they are distinct."""
        return exact_key if column in self.declared.get(table, UNDECLARED).distinct else lookalike_key

    @property
    def device_key(self) -> KeyOf:
        """Which ids of devices look alike; either table that has them may declare them distinct."""
        keys = [self.key(table, "device_id") for table in ("assignments", "pings")]
        return exact_key if exact_key in keys else lookalike_key

    def roster(self, as_of_us: int) -> RosterReading:
        """How the roster is read, as it was known at ``as_of``."""
        officer, shift = self.key("roster", "officer_id"), self.key("roster", "shift_id")
        return RosterReading(self.local("roster"), self.on_codes, as_of_us, officer, shift)
