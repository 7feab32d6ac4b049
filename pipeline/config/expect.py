"""What a job expects of a run: outside of it the run publishes nothing (specification#expect)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from offduty.config.toml_reader import Expectation, Section

SHARE = Expectation("a number from 0 to 1")
Share = Annotated[float, Field(ge=0, le=1)]


class ExpectSection(Section):
    """What the job expects; a key that is not written is not enforced."""

    max_quarantined_share: Annotated[Share | None, SHARE] = Field(
        default=None,
        description="A run stops if more than this share of the rows in the interval cannot be read as positions.",
        examples=[0.05],
    )
    max_unmatched_share: Annotated[Share | None, SHARE] = Field(
        default=None,
        description="A run stops if more than this share of the positions of all files read is of devices that nobody"
        " was ever assigned, or of the rows of the roster, or of the places, of officers whom no assignment names.",
        examples=[0.2],
    )
    min_pings: Annotated[
        Annotated[int, Field(ge=0)] | None,
        Expectation("a whole number, 0 or greater"),
    ] = Field(
        default=None,
        description="A run stops if fewer positions than this lie in the interval and can be read.",
        examples=[1],
    )
