"""Text that a manifest may hold: safe names of files, days, and reasons in plain words."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from offduty.verify.manifest_parts import INSTANT, LONGEST_NAME, is_instant, is_printable


def _is_relative(name: str) -> str:
    """A relative name that leads to no other folder, and can be printed."""
    if "\\" in name or {"", ".", ".."} & set(name.split("/")):
        raise ValueError("not a relative name")
    return is_printable(name)


def _is_instant_or_empty(text: str) -> str:
    return text and is_instant(text)


def _is_date(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("not in the one spelling")
    return text


def _is_date_or_empty(text: str) -> str:
    return text and _is_date(text)


def _has_no_long_number(text: str) -> str:
    """A long number in a reason could be an identifier or a coordinate."""
    if re.search("[0-9]{5}", text):
        raise ValueError("a long number")
    return text


DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
OUTPUT = rf"((ledger|quarantine)|release/date={DAY})/part-[0-9]{{5}}\.parquet"

InstantOrEmpty = Annotated[str, Field(pattern=f"^({INSTANT})?$"), AfterValidator(_is_instant_or_empty)]
Day = Annotated[str, Field(pattern=f"^{DAY}$"), AfterValidator(_is_date)]
DayOrEmpty = Annotated[str, Field(pattern=f"^({DAY})?$"), AfterValidator(_is_date_or_empty)]
InputName = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_NAME, json_schema_extra={"pattern": r"^(?![^\\]*(^|/)\.{0,2}(/|$))[^\\]+$"}),
    AfterValidator(_is_relative),
]
OutputName = Annotated[str, Field(pattern=f"^{OUTPUT}$")]
"""The name of an output: its part, for a release its day, and a number; nothing in it can be chosen freely."""
LedgerName = Annotated[str, Field(pattern=r"^ledger/part-[0-9]{5}\.parquet$")]
"""The name of an output of a trial: nothing but its ledger."""
SealedName = Annotated[str, Field(pattern=r"^references/[0-9]{5}(-[0-9a-f]{16})?\.age$")]
"""The name of a reference table that was kept: the number of its input."""
CountOfOddRows = Annotated[str, Field(pattern=r"^(fewer than 10|[1-9][0-9]{1,17})$")]
"""How many rows have something odd: the words for fewer than ten, or a number of ten or more."""
Phrase = Annotated[
    str,
    Field(pattern="^[ -~×±°–’]{1,300}$", json_schema_extra={"not": {"pattern": "[0-9]{5}"}}),
    AfterValidator(_has_no_long_number),
]
"""A reason in plain words: short, printable, no number of more than four digits."""
