"""The conformance cases that may lie beside the project: where they do, exactly as many as are known here."""

from __future__ import annotations

import json
from typing import Any

from tests.paths import SHARED

EXPECTED = 44
"""How many cases there are; another number means that a folder has moved, or that new cases wait to be met."""
FILE = SHARED / "conformance" / "cases.json"


def conformance_cases() -> list[dict[str, Any]]:
    """The cases, or none where there is no folder `../shared/conformance`; `ValueError` if it has another number of them."""
    if not FILE.parent.is_dir():
        return []
    cases: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    if len(cases) != EXPECTED:
        raise ValueError(f"{len(cases)} conformance cases, and not {EXPECTED}")
    return cases
