"""The conformance cases that may lie beside the project: where they do, exactly as many as are known here."""

from __future__ import annotations

import json
from typing import Any

from tests.paths import SHARED

EXPECTED = 100
"""How many cases there are; another number means that a folder has moved, or that new cases wait to be met."""
FILE = SHARED / "conformance" / "cases_v2.json"
OTHERWISE_WRITTEN = {
    "v2 a roster declared",
    "v2 a feed declared",
    "v2 an optional column under another name stops the run",
    "v2 a value too many, and empty",
}
"""Cases with a file of their own (`raw`), which the tests cannot lay out yet. This list may only become shorter."""


def all_cases() -> list[dict[str, Any]]:
    """Every case, or none where there is no folder `../shared/conformance`; `ValueError` if it has another number."""
    if not FILE.parent.is_dir():
        return []
    cases: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    if len(cases) != EXPECTED:
        raise ValueError(f"{len(cases)} conformance cases, and not {EXPECTED}")
    return cases


def conformance_cases() -> list[dict[str, Any]]:
    """The cases that the tests can lay out."""
    return [case for case in all_cases() if case["name"] not in OTHERWISE_WRITTEN]
