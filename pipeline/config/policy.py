"""The policy: the rules that the workforce was consulted on, read strictly from policy.toml (SPEC 10)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictStr

from offduty.config.toml_reader import Expectation, Section, parse, read_toml
from offduty.core.canonical_json import canonical_json

FARTHEST_M = 40_075_017  # once round the Earth: a greater distance can only be a slip of the hand
LONGEST_S = 100 * 365 * 86_400  # a hundred years: beyond it, microseconds would leave 64 bits
GREATEST_FACTOR = 1_000

METRES = f"a number of metres from 0 to {FARTHEST_M}"

# What a release or a hidden row is already made of. An extra column of such a name would carry the exact value past the
# rounding, or name the device or the officer (SPEC 7: analysts see neither). Compared in lower case, as SQL names are.
NEVER_EXTRA = frozenset(
    {"officer", "observed_at", "lon", "lat", "accuracy_m", "duty_code", "geometry"}
    | {"device_id", "officer_id", "reason", "date", "file", "row"}
)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every IANA zone of the pinned `tzdata` package; the machine's own zones are never looked at.

    `Factory`, which stands for a zone that nobody set, is no zone.
    """
    listed = (resources.files("tzdata") / "zones").read_text(encoding="utf-8").split()
    return frozenset(listed) - {"Factory"}


def _a_zone(name: str) -> str:
    if name not in zone_names():
        raise ValueError("no such zone")
    return name


def _trimmed(text: str) -> str:
    if text != text.strip() or not text or not text.isprintable():
        raise ValueError("empty, spaces at its ends, or a character that does not print")
    return text


def _without_repeats(words: tuple[str, ...]) -> tuple[str, ...]:
    if len({word.lower() for word in words}) < len(words):
        raise ValueError("a name twice")
    return words


def _not_reserved(name: str) -> str:
    if name.lower() in NEVER_EXTRA:
        raise ValueError("reserved")
    return name


Words = Annotated[StrictStr, AfterValidator(_trimmed)]
Metres = Annotated[float, Field(ge=0, le=FARTHEST_M)]
Seconds = Annotated[int, Field(ge=0, le=LONGEST_S)]


class PolicySection(Section):
    """What the policy is called, and where its days begin."""

    name: Annotated[Words, Expectation("a name, as text without spaces at its ends")] = Field(
        description="The name of this policy, as reports will print it.", examples=["presence"]
    )
    purpose: Annotated[Words, Expectation("a purpose, as text without spaces at its ends")] = Field(
        description="What the released positions may be used for; a different purpose gives every officer a different"
        " pseudonym.",
        examples=["presence on duty"],
    )
    timezone: Annotated[
        StrictStr, AfterValidator(_a_zone), Expectation('an IANA time zone such as "Europe/London"', choices=zone_names)
    ] = Field(
        description="The time zone in which a day begins, and in which roster times without a zone of their own are"
        " read.",
        examples=["Europe/London"],
    )


class DutySection(Section):
    """Which roster codes make duty, and how late a correction still counts."""

    on_codes: Annotated[tuple[Words, ...], Expectation("a list of roster codes, as text")] = Field(
        strict=False,
        description="The roster codes that count as being on duty; every other code takes duty away, whoever else says"
        " otherwise.",
        examples=[["duty", "overtime", "court", "training"]],
    )
    late_edit_tolerance_s: Annotated[Seconds, Expectation("a whole number of seconds from 0 to a hundred years")] = (
        Field(
            default=0,
            description="How many seconds after a position was taken a roster entry may still be recorded and make it duty;"
            " 0 means that duty must be on the roster by then.",
        )
    )


class AccuracySection(Section):
    """How good a fix must be, and how far from where it says a device may be."""

    max_m: Annotated[Metres, Expectation(METRES)] = Field(
        default=100.0,
        description="A position with a stated accuracy worse than this many metres is hidden.",
    )
    factor: Annotated[float, Field(ge=0, le=GREATEST_FACTOR), Expectation("a number from 0 to 1000")] = Field(
        default=2.0,
        description="How many times its stated accuracy a position may be off: the whole disc that wide must be away"
        " from every protected place.",
    )
    when_missing: Annotated[
        Literal["mask"] | Annotated[float, Field(gt=0, le=FARTHEST_M)],
        Expectation('"mask" or a number of metres above 0', choices=lambda: ("mask",)),
    ] = Field(
        default="mask",
        description='What to do with a position that states no accuracy: "mask" hides it, a number assumes that many'
        " metres.",
    )


class PlacesSection(Section):
    """How wide a berth protected places get."""

    buffer_m: Annotated[Metres, Expectation(METRES)] = Field(
        default=200.0,
        description="Positions that may lie within this many metres of a protected place are hidden.",
    )
    require_home: Annotated[bool, Expectation("true or false")] = Field(
        default=True,
        description="Whether every position is hidden of an officer whose home is not on record; false protects only"
        " the places that are known.",
    )


class LegsSection(Section):
    """Whether the way to and from a protected place is hidden too, and the first and last minutes of a duty."""

    rule: Annotated[
        Literal["anchored", "off"], Expectation('"anchored" or "off"', choices=lambda: ("anchored", "off"))
    ] = Field(
        default="anchored",
        description='"anchored" hides the whole way between work and any protected place; "off" hides only the places'
        " themselves, from which homes can be found, and every report says so.",
    )
    hold_s: Annotated[Seconds, Expectation("a whole number of seconds from 0 to a hundred years")] = Field(
        default=0,
        description="How many seconds at the beginning and at the end of each duty window are hidden as well, whatever"
        " else proves a position; 900 keeps the first and last minutes from telling how far from work somebody lives.",
    )


class ReleaseSection(Section):
    """How finely a released position may be told."""

    time_step_s: Annotated[
        int, Field(ge=1, le=LONGEST_S), Expectation("a whole number of seconds from 1 to a hundred years")
    ] = Field(
        default=60,
        description="Released times are cut down to whole steps of this many seconds.",
    )
    decimals: Annotated[int, Field(ge=0, le=9), Expectation("a whole number from 0 to 9")] = Field(
        default=4,
        description="Released longitudes and latitudes are rounded to this many decimals of a degree; 4 is about 11"
        " metres.",
    )
    extra_columns: Annotated[
        tuple[Annotated[Words, AfterValidator(_not_reserved)], ...],
        AfterValidator(_without_repeats),
        Expectation(
            "a list of further columns of the pings, each once, none that is released already or names a person"
        ),
    ] = Field(
        default=(),
        strict=False,
        description="Further columns of the pings that are released as they are; leave it empty unless each one was"
        " agreed.",
    )


class PseudonymSection(Section):
    """How long an officer keeps one pseudonym."""

    rotate: Annotated[
        Literal["day", "week", "month", "never"],
        Expectation('"day", "week", "month" or "never"', choices=lambda: ("day", "week", "month", "never")),
    ] = Field(
        default="week",
        description="How often an officer gets a new pseudonym: every day, week or month, or never; duties under"
        " different pseudonyms cannot be linked by it.",
    )


class Policy(Section):
    """The whole policy; frozen. Sections and keys left out take the defaults of SPEC 10.

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

    @classmethod
    def load(cls, path: Path | str) -> Policy:
        """The policy in a file; `UsageError` names the file, each wrong key, what was expected and what was found."""
        path = Path(path)
        return cls.from_dict(read_toml(path), path.name)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], name: str = "policy.toml") -> Policy:
        """The policy in a mapping of sections, as strict as `load`; `name` stands for the file in messages."""
        return parse(cls, document, name)

    def as_document(self) -> dict[str, Any]:
        """The policy in full, defaults included, with lists for tuples and decimal text for every measured number.

        What was written as `100` and as `100.0` is the same policy: both are `"100"`, and hash alike.
        """
        return {section: _plain(values) for section, values in self.model_dump().items()}

    @cached_property
    def sha256(self) -> str:
        """The hash of `as_document` as canonical JSON, in hex: equal for equal rules, however the file was laid out."""
        return hashlib.sha256(canonical_json(self.as_document())).hexdigest()


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
