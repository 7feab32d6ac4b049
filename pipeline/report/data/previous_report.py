"""Reads what an earlier report said, or what the store held at an earlier checkpoint, and tells what has changed since."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from offduty.core.canonical_json import canonical_json
from offduty.core.errors import UsageError
from offduty.report.data.counts import FATES
from offduty.report.disclosure import FEWEST
from offduty.transparency.log import LogEntry
from offduty.transparency.merkle import leaf_hash, tree_root
from offduty.transparency.signed_note import NoteError, read_checkpoint

FORMAT = "offduty report 1"
BLOCK_ID = "report-data"
LARGEST_BYTES = 64 << 20


@dataclass(frozen=True)
class PrintedReport:
    """What a report printed, and on which log it rested. ``printed`` has None for what was not printed.

    ``policies`` are those of the runs that counted, newest last; ``made`` is when, as text.
    """

    made: str
    period: str
    size: int
    root: str
    runs: tuple[str, ...]
    superseded: tuple[str, ...]
    policies: tuple[Mapping[str, Any], ...]
    printed: Mapping[str, int | None]

    def block(self) -> str:
        """The machine-readable block of a report: nothing in it that the page does not say too."""
        return canonical_json({"format": FORMAT, **self.__dict__}).decode()


@dataclass(frozen=True)
class PreviousReport:
    """What to compare with: an earlier report's words, or, of a checkpoint, only what the log held."""

    said: PrintedReport | None
    size: int
    root: str
    what: str


def head_of(entries: Sequence[LogEntry], size: int) -> str:
    """The root of the log's Merkle tree over its first entries, in hex (RFC 9162)."""
    return tree_root([leaf_hash(entry.manifest) for entry in entries[:size]]).hex()


def read_before(path: Path) -> PreviousReport:
    """An earlier report (HTML) or a checkpoint (a signed note); `UsageError` where the file is neither."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES)
    except OSError:
        raise UsageError(
            "the file cannot be read; --since wants an earlier report or a checkpoint", file=path.name
        ) from None
    return _of_report(data, path.name) if data.lstrip()[:1] == b"<" else _of_checkpoint(data, path.name)


class _Block(HTMLParser):
    """Finds the text of the one element with the block's id."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = ("id", BLOCK_ID) in attrs

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found.append(data)


def _of_report(data: bytes, name: str) -> PreviousReport:
    parser = _Block()
    try:
        parser.feed(data.decode())
        said = _said(json.loads("".join(parser.found)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(
            "the file is no report of offduty, or was edited; give one as it was made", file=name
        ) from None
    return PreviousReport(said, said.size, said.root, f"the report of {said.made}")


def _said(document: dict[str, Any]) -> PrintedReport:
    """A block as it was written; anything else raises."""
    if document["format"] != FORMAT:
        raise ValueError("another format")
    printed = {fate: document["printed"][fate] for fate in FATES}
    if not all(value is None or (type(value) is int and (value == 0 or value >= FEWEST)) for value in printed.values()):
        raise ValueError("a count that was never printed")
    policies = tuple({str(s): dict(values) for s, values in policy.items()} for policy in document["policies"])
    texts = {name: _text(document[name]) for name in ("made", "period", "root")}
    size = document["size"]
    if type(size) is not int or size < 0:
        raise ValueError("no size")
    runs, superseded = (tuple(_text(run) for run in document[name]) for name in ("runs", "superseded"))
    return PrintedReport(**texts, size=size, runs=runs, superseded=superseded, policies=policies, printed=printed)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _of_checkpoint(data: bytes, name: str) -> PreviousReport:
    """The size and the root of a checkpoint, signed or not; whether its signature is good is `verify`'s to look at."""
    try:
        head = read_checkpoint(data)
    except NoteError as error:
        raise UsageError(f"the file is neither a report nor a checkpoint: {error}", file=name) from None
    return PreviousReport(
        None, head.size, head.root.hex(), f"the checkpoint over the log’s first {head.size:,} entries"
    )
