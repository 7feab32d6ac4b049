"""What the policy within a manifest must look like before an auditor relies on it (specification#manifest)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from offduty.verify.manifest_parts import ManifestPart, Texts, Whole

HUNDRED_YEARS_S = 100 * 365 * 86_400

Metres = Annotated[str, Field(pattern=r"^[0-9]{1,8}(\.[0-9]{1,40})?$")]
"""A measured number, as text: digits, perhaps a point, and not beyond the size of the Earth."""
SquareKilometres = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,40})?$")]
"""Likewise an area, and not beyond that of the Earth."""
Seconds = Annotated[int, Field(ge=0, le=HUNDRED_YEARS_S)]
Percent = Annotated[int, Field(ge=0, le=100)]


class PolicyNames(ManifestPart):
    """What the policy is called, what for, and in which time zone its days are."""

    name: str
    purpose: str
    timezone: str


class DutyRules(ManifestPart):
    """Which codes are duty, and how late an edit of the roster may be."""

    on_codes: Texts
    late_edit_tolerance_s: Whole


class AccuracyRules(ManifestPart):
    """Which fixes are too imprecise."""

    max_m: Metres
    factor: Metres
    when_missing: Literal["mask"] | Metres
    zero: Literal["imprecise", "missing"] = Field(default="imprecise", description="Since version 0.2.0.")


class PlaceRules(ManifestPart):
    """How far from a protected place a position must be."""

    buffer_m: Metres
    require_home: bool
    max_km: Metres = Field(default="500", description="Since version 0.2.0.")


class LegRules(ManifestPart):
    """Whether the way to and from a protected place is hidden, and what else is hidden beside it."""

    rule: Literal["anchored", "off"]
    max_gap_s: Seconds = Field(default=300, description="Since version 0.2.0.")
    pass_by_s: Seconds = Field(default=0, description="Since version 0.2.0.")
    hold_s: Seconds = Field(default=900, description="Older versions had no such key.")
    max_site_km2: SquareKilometres = Field(default="5", description="Since version 0.2.0.")


class ReleaseRules(ManifestPart):
    """How coarse the release is, and which extra columns it has."""

    time_step_s: int = Field(ge=1, le=HUNDRED_YEARS_S)
    decimals: int = Field(ge=0, le=9)
    extra_columns: Texts
    keep_superseded: bool = Field(default=False, description="Since version 0.2.0.")
    keep_days: Whole = Field(default=0, description="Since version 0.2.0.")


class PseudonymRules(ManifestPart):
    """How often an officer gets another pseudonym."""

    rotate: Literal["day", "week", "month", "never"]


class LoggedTerms(ManifestPart):
    """What was agreed on for every analysis: what for, for whom, and for how long."""

    purpose: str
    recipients: Texts
    keep_days: Whole


class RosterAuditTerms(LoggedTerms):
    """What was agreed on for the roster audit."""

    rest_codes: Texts
    pay_cut_off_day: Annotated[int, Field(ge=0, le=28)]


class PresenceTerms(LoggedTerms):
    """What was agreed on for presence on duty."""

    join_s: Seconds
    other_records: str


class SiteDaysTerms(LoggedTerms):
    """What was agreed on for days on site."""

    join_s: Seconds
    least_minutes: Whole
    day_minutes: Whole
    target_percent: Percent


class InterestsTerms(LoggedTerms):
    """What was agreed on for declared interests."""

    overlap: bool
    hours: bool
    rest: bool
    approval: bool
    review: bool
    sickness: bool
    sick_codes: Texts
    join_s: Seconds


def _left_out(terms: type[ManifestPart]) -> Any:
    """What stands for terms that a policy does not have."""
    return terms.model_construct(**dict[str, Any]())


class AnalysesTerms(ManifestPart):
    """The analyses that were agreed on; none of them decides about a position."""

    roster_audit: RosterAuditTerms = Field(default_factory=partial(_left_out, RosterAuditTerms))
    presence: PresenceTerms = Field(default_factory=partial(_left_out, PresenceTerms))
    site_days: SiteDaysTerms = Field(default_factory=partial(_left_out, SiteDaysTerms))
    interests: InterestsTerms = Field(default_factory=partial(_left_out, InterestsTerms))


class AgreementTerms(ManifestPart):
    """Whose signatures the policy needs: public keys, as C2SP writes them."""

    keys: Texts
    emergency_keys: Texts


def _no_agreement() -> AgreementTerms:
    return AgreementTerms.model_construct(keys=[], emergency_keys=[])


class PolicyDocument(ManifestPart):
    """The policy in full; measured numbers are decimal text."""

    policy: PolicyNames
    duty: DutyRules
    accuracy: AccuracyRules
    places: PlaceRules
    legs: LegRules
    release: ReleaseRules
    pseudonym: PseudonymRules
    analyses: AnalysesTerms = Field(
        default_factory=AnalysesTerms, description="Since version 0.2.0, where some were agreed on."
    )
    agreement: AgreementTerms = Field(
        default_factory=_no_agreement, description="Since version 0.2.0, where signatures are needed."
    )
