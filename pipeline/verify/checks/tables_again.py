"""Compares the tables that an entry of an analysis names with those that check 8.2 made again, by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from offduty.verify.entries import AuditedEntry
from offduty.verify.output_files import where
from offduty.verify.verdict import CheckBuilder


def compare_tables(check: CheckBuilder, entry: AuditedEntry, made: Mapping[str, bytes], what_gives: str) -> None:
    """Whether the tables that an entry names have the hashes of those that were made again."""
    named = {output["name"]: output["sha256"] for output in entry.document["outputs"]}
    for name, content in made.items():
        if named.get(name) != hashlib.sha256(content).hexdigest():
            check.wrong(f"{where(entry)}: {name} is not what {what_gives}")
            check.tell(f"a figure about the workforce is not what {what_gives}")
