"""Compares what an entry of an analysis names with what check 8.2 made again, by hash and size."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from offduty.core.count_words import number_of
from offduty.verify.checks.answer_rules import differs
from offduty.verify.entries import AuditedEntry
from offduty.verify.output_files import where
from offduty.verify.verdict import CheckBuilder

MadeAgain = tuple[str, *tuple[bytes, ...]]
"""An officer, and the tables of the answer about him or her, in the order of their names."""
KEYED = b"offduty analysis about one officer"


def compare_tables(check: CheckBuilder, entry: AuditedEntry, made: Mapping[str, bytes], what_gives: str) -> None:
    """Whether the tables that an entry names have the hashes of those that were made again, and their sizes."""
    named = {output["name"]: output for output in entry.document["outputs"]}
    for name, content in made.items():
        output = named.get(name, {})
        if output.get("sha256") != hashlib.sha256(content).hexdigest():
            told = f"a figure about the workforce is not what {what_gives}"
            differs(check, entry, f"{name} is not what {what_gives}", told)
        else:
            check_size(check, entry, name, output["bytes"], len(content))


def compare_section(
    check: CheckBuilder, entry: AuditedEntry, made: Iterable[MadeAgain], key: bytes, what_gives: str
) -> None:
    """Whether one of the answers that were made again, each with its officer, has the keyed hash of an entry."""
    wanted = entry.document["keyed_sha256"]
    if not any(_keyed(key, who, *tables) == wanted for who, *tables in made):
        told = f"what was said of somebody is not what {what_gives}"
        differs(check, entry, f"{what_gives} no officer such an answer", told)


def check_size(check: CheckBuilder, entry: AuditedEntry, name: str, stated: int, size: int) -> None:
    """Whether the size that an entry gives for a file is that of the bytes whose hash it gives."""
    if stated != size:
        check.wrong(f"{where(entry)}: {name} has {number_of(size, 'byte')}, and the entry says {stated:,}")
        check.tell("an entry of an answer gives a size that is not that of its file")


def _keyed(key: bytes, officer: str, *tables: bytes) -> str:
    """The keyed hash of an answer about one officer: docs/how-to/log.md says how it is made."""
    derived = hmac.new(key, KEYED, hashlib.sha256).digest()
    message = b"".join(len(part).to_bytes(8, "big") + part for part in (officer.encode(), *tables))
    return hmac.new(derived, message, hashlib.sha256).hexdigest()
