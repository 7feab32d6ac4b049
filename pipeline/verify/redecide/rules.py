"""The rules of a run, read from its manifest: the policy, the declarations, the interval, and `as_of`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from offduty.core.errors import InputError
from offduty.verify.redecide.declarations import UNDECLARED, Declaration, read_declaration
from offduty.verify.redecide.model import FOREVER_US, NEVER_US
from offduty.verify.redecide.text_values import instant

SECOND_US = 1_000_000
MAX_KM, MAX_GAP_S, PASS_BY_S, HOLD_S, MAX_SITE_KM2 = 500, 300, 0, 900, 5
"""What the specification gives where a policy is silent (specification#policy-file)."""


@dataclass(frozen=True)
class Rules:
    """The policy in the units that are used here, and the declarations of the tables that have one.

    `assumed_m` is None where a missing accuracy hides the ping.
    """

    purpose: str
    zone: str
    on_codes: frozenset[str]
    tolerance_us: int
    max_m: float
    factor: float
    assumed_m: float | None
    zero_is_missing: bool
    buffer_m: float
    require_home: bool
    max_far_m: float
    anchored: bool
    max_gap_us: int
    pass_by_us: int
    hold_us: int
    max_site_m2: float
    step_us: int
    decimals: int
    extra: tuple[str, ...]
    rotate: str
    as_of_us: int
    from_us: int
    to_us: int
    declared: Mapping[str, Declaration] = field(default_factory=dict)

    def zones_of(self, table: str) -> tuple[str | None, str]:
        """The time zone that the job declares for a table, if it does, and the policy's."""
        return self.declaration(table).time_zone, self.zone

    def declaration(self, table: str) -> Declaration:
        """The declaration of a table; an empty one where there is none."""
        return self.declared.get(table, UNDECLARED)

    def alike(self, column: str, *tables: str) -> bool:
        """Whether lookalikes in a column may be the same thing: no declaration of these tables says otherwise."""
        return not any(column in self.declaration(table).distinct for table in tables)

    @property
    def farthest_m(self) -> float:
        """The farthest that a ping can be from a place and be in contact with it: no disc is wider than at `max_m`."""
        return self.buffer_m + self.factor * self.max_m


def read_rules(manifest: Mapping[str, Any]) -> Rules:
    """The rules of the run. Raises `InputError` where the manifest does not have them."""
    try:
        rules = _rules(manifest["policy"], manifest)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError("the manifest does not have the rules of the run") from error
    if set(rules.extra) & set(rules.declaration("pings").columns.values()):
        raise InputError("the policy releases a column that the job declares to be one of the contract")
    return rules


def _rules(policy: Mapping[str, Any], manifest: Mapping[str, Any]) -> Rules:
    assumed = policy["accuracy"]["when_missing"]
    legs, interval = policy["legs"], manifest["interval"]
    return Rules(
        purpose=policy["policy"]["purpose"],
        zone=policy["policy"]["timezone"],
        on_codes=frozenset(policy["duty"]["on_codes"]),
        tolerance_us=int(policy["duty"]["late_edit_tolerance_s"]) * SECOND_US,
        max_m=float(policy["accuracy"]["max_m"]),
        factor=float(policy["accuracy"]["factor"]),
        assumed_m=None if assumed == "mask" else float(assumed),
        zero_is_missing={"imprecise": False, "missing": True}[policy["accuracy"].get("zero", "imprecise")],
        buffer_m=float(policy["places"]["buffer_m"]),
        require_home=_truth(policy["places"]["require_home"]),
        max_far_m=float(policy["places"].get("max_km", MAX_KM)) * 1_000,
        anchored={"anchored": True, "off": False}[legs["rule"]],
        max_gap_us=int(legs.get("max_gap_s", MAX_GAP_S)) * SECOND_US,
        pass_by_us=int(legs.get("pass_by_s", PASS_BY_S)) * SECOND_US,
        hold_us=int(legs.get("hold_s", HOLD_S)) * SECOND_US,
        max_site_m2=float(legs.get("max_site_km2", MAX_SITE_KM2)) * 1_000_000,
        step_us=int(policy["release"]["time_step_s"]) * SECOND_US,
        decimals=int(policy["release"]["decimals"]),
        extra=tuple(policy["release"]["extra_columns"]),
        rotate=policy["pseudonym"]["rotate"],
        as_of_us=_bound(manifest["as_of"], None),
        from_us=_bound(interval["from"], NEVER_US),
        to_us=_bound(interval["to"], FOREVER_US),
        declared={table: read_declaration(table, how) for table, how in manifest.get("declarations", {}).items()},
    )


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is expected")
    return value


def _bound(text: str, open_end: int | None) -> int:
    read = open_end if text == "" else instant(text)
    if read is None:
        raise ValueError("an instant is expected")
    return read
