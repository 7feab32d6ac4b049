"""Reads the policy strictly from policy.toml: the rules that the workforce was consulted on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictStr

from offduty.config.agreed_analyses import AnalysesSection
from offduty.config.agreement_terms import AgreementSection
from offduty.config.toml_reader import Expectation, Section, parse, read_toml_once
from offduty.config.zones import known_zone, zone_names
from offduty.core.canonical_json import canonical_json

FARTHEST_M = 40_075_017  # once around the Earth: a greater distance can only be a typing error
LONGEST_S = 100 * 365 * 86_400  # a hundred years: beyond it, microseconds would leave 64 bits
GREATEST_FACTOR = 1_000
FARTHEST_KM = 40_076  # once around the Earth: no place is farther
LARGEST_KM2 = 510_100_000  # the whole Earth
MOST_DAYS = 100 * 366

METRES = f"a number of metres from 0 to {FARTHEST_M}"
SECONDS = "a whole number of seconds from 0 to a hundred years"

# The columns that the outputs have already. An extra column of such a name would release the exact value beside the
# rounded one, or name the device or the officer (specification#not-for-analysts). Compared in lower case, as in SQL.
NEVER_EXTRA = frozenset(
    {"officer", "observed_at", "lon", "lat", "accuracy_m", "duty_code", "geometry"}
    | {"device_id", "officer_id", "reason", "date", "file", "row"}
)


def _printable(text: str) -> str:
    if text != text.strip() or not text or not text.isprintable():
        raise ValueError("empty, with spaces at its ends, or with a character that cannot be printed")
    return text


def _without_repeats(names: tuple[str, ...]) -> tuple[str, ...]:
    if len({name.lower() for name in names}) < len(names):
        raise ValueError("a name twice")
    return names


def _not_reserved(name: str) -> str:
    if name.lower() in NEVER_EXTRA:
        raise ValueError("reserved")
    return name


Text = Annotated[StrictStr, AfterValidator(_printable)]
Metres = Annotated[float, Field(ge=0, le=FARTHEST_M)]
Seconds = Annotated[int, Field(ge=0, le=LONGEST_S)]


class PolicySection(Section):
    """The name, the purpose and the time zone of the policy."""

    name: Annotated[Text, Expectation("a name, as text without spaces at its ends")] = Field(
        description="The name of this policy, as reports print it.", examples=["presence"]
    )
    purpose: Annotated[Text, Expectation("a purpose, as text without spaces at its ends")] = Field(
        description="What the released positions may be used for; another purpose gives every officer another"
        " pseudonym.",
        examples=["presence on duty"],
    )
    timezone: Annotated[
        StrictStr,
        AfterValidator(known_zone),
        Expectation('an IANA time zone such as "Europe/London"', choices=zone_names),
    ] = Field(
        description="The time zone in which a day starts, and in which roster times without a time zone are read.",
        examples=["Europe/London"],
    )


class DutySection(Section):
    """Which roster codes make duty, and how late a correction still counts."""

    on_codes: Annotated[tuple[Text, ...], Expectation("a list of roster codes, as text")] = Field(
        strict=False,
        description="The duty codes of the roster that count as duty; every other code takes duty away, whatever other"
        " entries grant.",
        examples=[["duty", "overtime", "court", "training"]],
    )
    late_edit_tolerance_s: Annotated[Seconds, Expectation(SECONDS)] = Field(
        default=0,
        description="How many seconds after a position was taken a roster entry may be recorded and still make it"
        " duty; 0 means that the entry must have been recorded by then.",
    )


class AccuracySection(Section):
    """How accurate a position must be, and how wide the disc around it is."""

    max_m: Annotated[Metres, Expectation(METRES)] = Field(
        default=100.0,
        description="A position whose stated accuracy is worse than this many metres is hidden.",
    )
    factor: Annotated[float, Field(ge=0, le=GREATEST_FACTOR), Expectation("a number from 0 to 1000")] = Field(
        default=2.0,
        description="The disc around a position, which must be away from every protected place, has a radius of this"
        " many times the stated accuracy.",
    )
    when_missing: Annotated[
        Literal["mask"] | Annotated[float, Field(gt=0, le=FARTHEST_M)],
        Expectation('"mask" or a number of metres above 0', choices=lambda: ("mask",)),
    ] = Field(
        default="mask",
        description='What is done with a position that has no stated accuracy: "mask" hides it, a number assumes this'
        " many metres.",
    )
    zero: Annotated[
        Literal["imprecise", "missing"],
        Expectation('"imprecise" or "missing"', choices=lambda: ("imprecise", "missing")),
    ] = Field(
        default="imprecise",
        description='What a stated accuracy of 0 means: "imprecise" hides the position; "missing" treats it as not'
        " stated, for trackers that write 0 where they do not know.",
    )


class PlacesSection(Section):
    """How far from protected places a position must be, and whether homes must be known."""

    buffer_m: Annotated[Metres, Expectation(METRES)] = Field(
        default=200.0,
        description="A position that may be within this many metres of a protected place is hidden.",
    )
    require_home: Annotated[bool, Expectation("true or false")] = Field(
        default=True,
        description="Whether an officer without a home on record has every position hidden; false protects only the"
        " places that are known.",
    )
    max_km: Annotated[
        float, Field(ge=0, le=FARTHEST_KM), Expectation(f"a number of kilometres from 0 to {FARTHEST_KM}")
    ] = Field(
        default=500.0,
        description="A protected place that is farther than this many kilometres from every workplace is taken for a"
        " mistake: it still protects where it lies, but does not count as a known home; and where latitude and"
        " longitude seem to be swapped, its officer has every position hidden.",
    )


class LegsSection(Section):
    """Whether the ways to and from protected places are hidden, and the first and last minutes of duty windows."""

    rule: Annotated[
        Literal["anchored", "off"], Expectation('"anchored" or "off"', choices=lambda: ("anchored", "off"))
    ] = Field(
        default="anchored",
        description='"anchored" hides the whole way between work and any protected place; "off" hides only the places'
        " themselves, so that homes can be found, and every report says so.",
    )
    max_gap_s: Annotated[Seconds, Expectation(SECONDS)] = Field(
        default=300,
        description="When a device says nothing useful for longer than this many seconds, the officer may have been at"
        " home meanwhile: the way to and from such a silence is hidden as if it were one. Two to three times the usual"
        " time between two positions is a good choice.",
    )
    pass_by_s: Annotated[Seconds, Expectation(SECONDS)] = Field(
        default=0,
        description="Driving past a place that is protected for everyone, within this many seconds, is no visit: the"
        " positions there stay hidden, but the way before and after them is not. 0 treats every pass as a visit. Homes"
        " are never passed by.",
        examples=[300],
    )
    hold_s: Annotated[Seconds, Expectation(SECONDS)] = Field(
        default=900,
        description="How many seconds at the start and at the end of each duty window are hidden as well; 900 stops the"
        " first and last minutes from revealing how far from work an officer lives.",
    )
    max_site_km2: Annotated[
        float, Field(ge=0, le=LARGEST_KM2), Expectation(f"a number of square kilometres from 0 to {LARGEST_KM2}")
    ] = Field(
        default=5.0,
        description="A workplace that is larger than this many square kilometres does not count as one: a whole town"
        " would make the way home look like work.",
    )


class ReleaseSection(Section):
    """How precise released times and positions are."""

    time_step_s: Annotated[
        int, Field(ge=1, le=LONGEST_S), Expectation("a whole number of seconds from 1 to a hundred years")
    ] = Field(
        default=60,
        description="Released times are truncated to multiples of this many seconds.",
    )
    decimals: Annotated[int, Field(ge=0, le=9), Expectation("a whole number from 0 to 9")] = Field(
        default=4,
        description="Released longitudes and latitudes are rounded to this many decimals of a degree; 4 decimals are"
        " about 11 metres.",
    )
    extra_columns: Annotated[
        tuple[Annotated[Text, AfterValidator(_not_reserved)], ...],
        AfterValidator(_without_repeats),
        Expectation(
            "a list of further columns of the pings, each once, and without columns that the outputs have already"
        ),
    ] = Field(
        default=(),
        strict=False,
        description="Further columns of the pings that are released unchanged; leave this empty unless each column was"
        " agreed with the workforce.",
    )
    keep_superseded: Annotated[bool, Expectation("true or false")] = Field(
        default=False,
        description="Whether a release stays readable after a later run over the same time has replaced it; two"
        " releases of one time tell more than one. false withdraws it.",
    )
    keep_days: Annotated[
        int, Field(ge=0, le=MOST_DAYS), Expectation("a whole number of days from 0 to a hundred years")
    ] = Field(
        default=0,
        description="For how many days after its day (or after its run, if that was later) a released file must be"
        " kept, so that it can be checked; an earlier deletion is named by verify. 0 sets no such time.",
    )


class PseudonymSection(Section):
    """For how long an officer has the same pseudonym."""

    rotate: Annotated[
        Literal["day", "week", "month", "never"],
        Expectation('"day", "week", "month" or "never"', choices=lambda: ("day", "week", "month", "never")),
    ] = Field(
        default="week",
        description="How often an officer gets a new pseudonym: every day, week or month, or never; duty windows under"
        " different pseudonyms cannot be linked by them.",
    )


class Policy(Section):
    """The whole policy; frozen. Missing sections and keys have their defaults (specification#policy-file).

    >>> rules = Policy.from_dict(
    ...     {
    ...         "policy": {"name": "presence", "purpose": "presence on duty", "timezone": "Europe/London"},
    ...         "duty": {"on_codes": ["duty"]},
    ...     }
    ... )
    >>> rules.places.buffer_m, rules.legs.rule
    (200.0, 'anchored')
    """

    policy: PolicySection
    duty: DutySection
    accuracy: AccuracySection = Field(default_factory=AccuracySection)
    places: PlacesSection = Field(default_factory=PlacesSection)
    legs: LegsSection = Field(default_factory=LegsSection)
    release: ReleaseSection = Field(default_factory=ReleaseSection)
    pseudonym: PseudonymSection = Field(default_factory=PseudonymSection)
    analyses: AnalysesSection | None = None
    agreement: AgreementSection | None = None

    @classmethod
    def load(cls, path: Path | str) -> Policy:
        """Read a policy file; `UsageError` names the file, each wrong key, what was expected and what was found."""
        return cls.load_signed(path)[0]

    @classmethod
    def load_signed(cls, path: Path | str) -> tuple[Policy, str]:
        """`load`, and the SHA-256 of the bytes of the file, in hex: what representatives sign
        (specification#agreement).
        """
        path = Path(path)
        document, content = read_toml_once(path, "policy.toml")
        return cls.from_dict(document, path.name), hashlib.sha256(content).hexdigest()

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], name: str = "policy.toml") -> Policy:
        """Read a mapping of sections as strictly as `load`; `name` is the name of the file in messages."""
        return parse(cls, document, name)

    def as_document(self) -> dict[str, Any]:
        """The whole policy with its defaults; tuples are lists, and floats are decimal text.

        `100` and `100.0` are the same policy: both become `"100"` and have the same hash. What was not agreed on is
        left out: the section ``analyses`` has the analyses that the policy names, and ``agreement`` is there where
        signatures are needed.
        """
        found = {section: _plain(values) for section, values in self.model_dump().items()}
        agreed = {name: terms for name, terms in (found.pop("analyses") or {}).items() if terms is not None}
        found |= {"analyses": agreed} if agreed else {}
        if found["agreement"] is None:
            del found["agreement"]
        return found

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of `as_document` as canonical JSON, in hex: the same for equal rules, however written."""
        return hashlib.sha256(canonical_json(self.as_document())).hexdigest()


BESIDE_THE_RULES = ("analyses", "agreement")
"""Sections of a policy that decide nothing about a position."""


def deciding_sha256(document: Mapping[str, Any]) -> str:
    """The SHA-256 of the sections of `Policy.as_document` that decide: what a run is asked (specification#run-id)."""
    rules = {section: values for section, values in document.items() if section not in BESIDE_THE_RULES}
    return hashlib.sha256(canonical_json(rules)).hexdigest()


def decimal_text(number: float) -> str:
    """The shortest decimal text that reads back as the same number.

    >>> decimal_text(100.0), decimal_text(0.5), decimal_text(-0.0), decimal_text(1e-7)
    ('100', '0.5', '0', '0.0000001')
    """
    digits = repr(number + 0.0)  # adding zero turns -0.0 into 0.0
    return format(Decimal(digits), "f").removesuffix(".0")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return decimal_text(value) if isinstance(value, float) else value
