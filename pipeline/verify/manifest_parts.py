"""What all parts of a manifest have in common: exactly their keys, few of them, and short text that can be printed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, FailFast, Field, model_validator

LONGEST_NAME = 1_000  # characters
MOST_KEYS = 100
"""More keys than any part of a manifest has: whoever writes a million keys gets one finding, not a million."""


LARGEST_COUNT = (1 << 62) - 1
INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{6})?Z"


def is_instant(text: str) -> str:
    """An instant in the one spelling that manifests have: no fraction where it is zero, else six digits."""
    if datetime.fromisoformat(text).isoformat().replace("+00:00", "Z") != text:
        raise ValueError("not in the one spelling")
    return text


def is_printable(text: str) -> str:
    """The text itself; ``ValueError`` where it cannot be printed."""
    if not text.isprintable():
        raise ValueError("not printable")
    return text


Texts = Annotated[list[str], FailFast()]
Whole = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Hex32 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Hex64 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Instant = Annotated[str, Field(pattern=f"^{INSTANT}$"), AfterValidator(is_instant)]
Version = Annotated[str, Field(pattern="^[0-9A-Za-z.+-]{1,40}$")]
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
