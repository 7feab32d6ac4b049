"""The section `[analyses]` of a policy: which questions may be asked, what for, and who gets the answers.

No analysis is agreed on by default. A policy that names none has the same hash as before there were any
(specification#policy-file).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StrictStr

from offduty.config.toml_reader import Expectation, Section

MOST_DAYS = 100 * 366
LAST_CUT_OFF = 28
"""Every month has such a day."""
LONGEST_JOIN_S = 3_600
MINUTES_A_DAY = 24 * 60
TEXT = "text without spaces at its ends"


def _printable(text: str) -> str:
    if text != text.strip() or not text or not text.isprintable():
        raise ValueError("empty, with spaces at its ends, or with a character that cannot be printed")
    return text


def _printable_or_empty(text: str) -> str:
    return text and _printable(text)


Words = Annotated[StrictStr, AfterValidator(_printable)]


class AgreedTerms(Section):
    """What is agreed on for every analysis."""

    purpose: Annotated[Words, Expectation(f"a purpose, as {TEXT}")] = Field(
        description="What the findings may be used for."
    )
    recipients: Annotated[
        tuple[Words, ...], Field(min_length=1), Expectation("a list of those who get the findings, as text")
    ] = Field(strict=False, description="Who gets the findings, and nobody else.")
    keep_days: Annotated[
        int, Field(ge=1, le=MOST_DAYS), Expectation("a whole number of days from 1 to a hundred years")
    ] = Field(description="After so many days the findings are deleted.")


class RosterAuditSection(AgreedTerms):
    """What was agreed on for the roster audit."""

    rest_codes: Annotated[tuple[Words, ...], Expectation("a list of roster codes, as text")] = Field(
        default=("rest", "leave", "sick"),
        strict=False,
        description="The codes of rest, leave and sickness: a late grant over one of them is a finding of its own.",
    )
    pay_cut_off_day: Annotated[
        int, Field(ge=0, le=LAST_CUT_OFF), Expectation(f"a day of the month from 1 to {LAST_CUT_OFF}, or 0 for none")
    ] = Field(default=0, description="The day of each month on which hours are settled for pay; 0: not known.")


JOIN = Expectation(f"a whole number of seconds from 0 to {LONGEST_JOIN_S}")
JOIN_WORDS = "Released positions at most so many seconds apart count as one stretch."


class PresenceSection(AgreedTerms):
    """What was agreed on for presence on duty."""

    join_s: Annotated[int, Field(ge=0, le=LONGEST_JOIN_S), JOIN] = Field(default=900, description=JOIN_WORDS)
    other_records: Annotated[str, AfterValidator(_printable_or_empty), Expectation("one line of text, or empty")] = (
        Field(
            default="",
            description="Which other record of presence was tried first, such as badges or a log-on at the radio;"
            " empty: not answered. Where there is one, this analysis may not be necessary.",
        )
    )


class SiteDaysSection(AgreedTerms):
    """What was agreed on for days on site."""

    join_s: Annotated[int, Field(ge=0, le=LONGEST_JOIN_S), JOIN] = Field(default=900, description=JOIN_WORDS)
    least_minutes: Annotated[int, Field(ge=1, le=MINUTES_A_DAY), Expectation("a whole number of minutes of a day")] = (
        Field(default=30, description="A day counts as one on site with so many confirmed minutes at a site.")
    )
    day_minutes: Annotated[int, Field(ge=1, le=MINUTES_A_DAY), Expectation("a whole number of minutes of a day")] = (
        Field(
            default=240, description="A day with less duty of the codes asked for is a part of a day, and is left out."
        )
    )
    target_percent: Annotated[
        int, Field(ge=0, le=100), Expectation("a whole number of per cent, or 0 where no target was agreed on")
    ] = Field(default=0, description="On how many of 100 days somebody should be on site; 0: no target was agreed on.")


SWITCH = Expectation("true or false")


class InterestsSection(AgreedTerms):
    """What was agreed on for declared interests. Each rule is a switch, because opt-outs differ."""

    overlap: Annotated[bool, SWITCH] = Field(default=True, description="I1: declared time that is duty as well.")
    hours: Annotated[bool, SWITCH] = Field(
        default=True, description="I2: duty and declared hours above 48 a week, on average over 17 weeks."
    )
    rest: Annotated[bool, SWITCH] = Field(default=True, description="I3: less than eleven hours of rest.")
    approval: Annotated[bool, SWITCH] = Field(default=True, description="I4: a valid interest without an approval.")
    review: Annotated[bool, SWITCH] = Field(default=True, description="I5: a review that is due.")
    sickness: Annotated[bool, SWITCH] = Field(default=False, description="I6: declared time during sickness.")
    sick_codes: Annotated[tuple[Words, ...], Expectation("a list of roster codes, as text")] = Field(
        default=("sick",), strict=False, description="The codes of sickness, for I6."
    )
    join_s: Annotated[int, Field(ge=0, le=LONGEST_JOIN_S), JOIN] = Field(default=900, description=JOIN_WORDS)


class AnalysesSection(Section):
    """Which analyses were agreed on; one that is not named here is refused."""

    roster_audit: Annotated[
        RosterAuditSection | None,
        Expectation("a table with purpose, recipients and keep_days"),
    ] = Field(
        default=None,
        description="Which records of the roster were changed after the fact (offduty roster-audit): what for, for"
        " whom, for how long. Without it the audit is refused.",
    )
    presence: Annotated[PresenceSection | None, Expectation("a table with purpose, recipients and keep_days")] = Field(
        default=None,
        description="On how much of the rostered duty the device was seen at work (offduty presence): what for, for"
        " whom, for how long. Without it the question is refused.",
    )
    site_days: Annotated[SiteDaysSection | None, Expectation("a table with purpose, recipients and keep_days")] = Field(
        default=None,
        description="Whether the agreed number of days on site can be shown (offduty site-days): what for, for whom,"
        " for how long. Without it the question is refused.",
    )
    interests: Annotated[InterestsSection | None, Expectation("a table with purpose, recipients and keep_days")] = (
        Field(
            default=None,
            description="Whether declared interests fit the rostered hours and their conditions (offduty interests):"
            " what for, for whom, for how long. Without it the question is refused.",
        )
    )
