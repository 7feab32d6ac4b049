"""What an input file is to a run: its number, its table, its name, its path and its format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One input file: ``number`` and ``name`` as in the manifest, and ``kind``, the format that its ending names."""

    number: int
    table: str
    name: str
    path: Path
    kind: str
