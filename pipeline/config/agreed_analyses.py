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
TEXT = "text without spaces at its ends"


def _printable(text: str) -> str:
    if text != text.strip() or not text or not text.isprintable():
        raise ValueError("empty, with spaces at its ends, or with a character that cannot be printed")
    return text


Words = Annotated[StrictStr, AfterValidator(_printable)]


class RosterAuditSection(Section):
    """What was agreed on for the roster audit."""

    purpose: Annotated[Words, Expectation(f"a purpose, as {TEXT}")] = Field(
        description="What the findings may be used for."
    )
    recipients: Annotated[
        tuple[Words, ...], Field(min_length=1), Expectation("a list of those who get the findings, as text")
    ] = Field(strict=False, description="Who gets the findings, and nobody else.")
    keep_days: Annotated[
        int, Field(ge=1, le=MOST_DAYS), Expectation("a whole number of days from 1 to a hundred years")
    ] = Field(description="After so many days the findings are deleted.")
    rest_codes: Annotated[tuple[Words, ...], Expectation("a list of roster codes, as text")] = Field(
        default=("rest", "leave", "sick"),
        strict=False,
        description="The codes of rest, leave and sickness: a late grant over one of them is a finding of its own.",
    )
    pay_cut_off_day: Annotated[
        int, Field(ge=0, le=LAST_CUT_OFF), Expectation(f"a day of the month from 1 to {LAST_CUT_OFF}, or 0 for none")
    ] = Field(default=0, description="The day of each month on which hours are settled for pay; 0: not known.")


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
