"""Writes a document in the one spelling that is hashed and signed: canonical JSON (RFC 8785) without floats."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def canonical_json(document: Mapping[str, Any]) -> bytes:
    """The one spelling of a document that is hashed: keys sorted, no spaces, UTF-8; `TypeError` if a float is in it."""
    _refuse_floats(document)
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a canonical document holds no floats: write the number as a decimal string")
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        _refuse_floats(part)
