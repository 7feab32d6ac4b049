"""The rules of a run, read from its manifest: the policy, the interval, and `as_of`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from offduty.core.errors import InputError
from offduty.verify.redecide.model import FOREVER_US, NEVER_US
from offduty.verify.redecide.text_values import instant

SECOND_US = 1_000_000


@dataclass(frozen=True)
class Rules:
    """The policy in the units that are used here; `assumed_m` is None where a missing accuracy hides the ping."""

    purpose: str
    zone: str
    on_codes: frozenset[str]
    tolerance_us: int
    max_m: float
    factor: float
    assumed_m: float | None
    buffer_m: float
    require_home: bool
    anchored: bool
    hold_us: int
    step_us: int
    decimals: int
    extra: tuple[str, ...]
    rotate: str
    as_of_us: int
    from_us: int
    to_us: int

    @property
    def farthest_m(self) -> float:
        """The farthest that a ping can be from a place and be in contact with it: no disc is wider than at `max_m`."""
        return self.buffer_m + self.factor * self.max_m

    @property
    def endless(self) -> bool:
        """Whether the interval is all of time."""
        return self.from_us == NEVER_US and self.to_us == FOREVER_US


def read_rules(manifest: Mapping[str, Any]) -> Rules:
    """The rules of the run. Raises `InputError` where the manifest does not have them."""
    try:
        return _rules(manifest["policy"], manifest)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("the manifest does not have the rules of the run") from error


def _rules(policy: Mapping[str, Any], manifest: Mapping[str, Any]) -> Rules:
    assumed = policy["accuracy"]["when_missing"]
    interval = manifest["interval"]
    return Rules(
        purpose=policy["policy"]["purpose"],
        zone=policy["policy"]["timezone"],
        on_codes=frozenset(policy["duty"]["on_codes"]),
        tolerance_us=int(policy["duty"]["late_edit_tolerance_s"]) * SECOND_US,
        max_m=float(policy["accuracy"]["max_m"]),
        factor=float(policy["accuracy"]["factor"]),
        assumed_m=None if assumed == "mask" else float(assumed),
        buffer_m=float(policy["places"]["buffer_m"]),
        require_home=_truth(policy["places"]["require_home"]),
        anchored={"anchored": True, "off": False}[policy["legs"]["rule"]],
        hold_us=int(policy["legs"].get("hold_s", 0)) * SECOND_US,  # older versions had no hold
        step_us=int(policy["release"]["time_step_s"]) * SECOND_US,
        decimals=int(policy["release"]["decimals"]),
        extra=tuple(policy["release"]["extra_columns"]),
        rotate=policy["pseudonym"]["rotate"],
        as_of_us=_bound(manifest["as_of"], None),
        from_us=_bound(interval["from"], NEVER_US),
        to_us=_bound(interval["to"], FOREVER_US),
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
