"""The section `[agreement]` of a policy: whose signatures it needs before anything is done under it.

Without this section no signature is needed, and the policy has the same hash as before there was any
(specification#agreement).
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StrictStr

from offduty.config.toml_reader import Expectation, Section

_VKEY = re.compile(r"[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{43,44}=*")
FORM = "a list of public keys as C2SP writes them (name+8 hex digits+base64; offduty sign makes one), each once"


def _vkey(text: str) -> str:
    if not _VKEY.fullmatch(text) or not text.isprintable():
        raise ValueError("no public key")
    return text


def _different(keys: tuple[str, ...]) -> tuple[str, ...]:
    names, values = ({key.split("+")[part] for key in keys} for part in (0, 2))
    if min(len(names), len(values)) < len(keys):
        raise ValueError("a key or a name twice")
    return keys


Keys = tuple[Annotated[StrictStr, AfterValidator(_vkey)], ...]


class AgreementSection(Section):
    """Whose signatures the policy needs: those of all who are named, over its very bytes."""

    keys: Annotated[Keys, Field(min_length=1), AfterValidator(_different), Expectation(FORM)] = Field(
        strict=False,
        description="The public keys of the representatives; every one of them must have signed the policy.",
    )
    emergency_keys: Annotated[Keys, AfterValidator(_different), Expectation(FORM)] = Field(
        default=(),
        strict=False,
        description="Further public keys, any two of which (or of the representatives') may put the policy in force"
        " until a date without an agreement; that is printed for ever. Without them only the representatives can.",
    )
