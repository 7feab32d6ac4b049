"""What all parts of a manifest have in common: exactly their keys, few of them, and short text that can be printed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, FailFast, Field, model_validator

LONGEST_NAME = 1_000  # characters
MOST_KEYS = 100
"""More keys than any part of a manifest has: whoever writes a million keys gets one finding, not a million."""


def is_printable(text: str) -> str:
    """The text itself; ``ValueError`` where it cannot be printed."""
    if not text.isprintable():
        raise ValueError("not printable")
    return text


Texts = Annotated[list[str], FailFast()]
OneLine = Annotated[str, Field(max_length=1_000), AfterValidator(is_printable)]


class ManifestPart(BaseModel):
    """A part of a manifest: exactly these keys, with values of exactly these types."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _has_few_keys(cls, document: Any) -> Any:
        if isinstance(document, dict) and len(document) > MOST_KEYS:
            raise ValueError("too many keys")
        return document
