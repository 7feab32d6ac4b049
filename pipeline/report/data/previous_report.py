"""Reads what an earlier report printed, or which log an earlier checkpoint signed, for a comparison with today."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from offduty.core.canonical_json import canonical_json
from offduty.core.disclosure import MINIMUM
from offduty.core.errors import UsageError
from offduty.report.data.counts import OUTCOMES
from offduty.transparency.log import LogEntry
from offduty.transparency.merkle import leaf_hash, tree_root
from offduty.transparency.signed_note import NoteError, read_checkpoint

FORMAT = "offduty report 1"
BLOCK_ID = "report-data"
LARGEST_BYTES = 64 << 20


@dataclass(frozen=True)
class PrintedReport:
    """What a report printed, and the log that it is about: its ``size`` in entries and its ``root`` in hex.

    ``made`` is when the report was made, as text. ``runs`` and ``superseded`` are run ids. ``policies`` are those of
    the runs that counted, the newest last. ``printed`` has the printed count of each outcome, None for fewer than ten.
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
        """The machine-readable block of a report, as JSON. It has nothing that the page does not print too."""
        return canonical_json({"format": FORMAT, **self.__dict__}).decode()


@dataclass(frozen=True)
class PreviousReport:
    """What to compare with. ``printed`` is None for a checkpoint, which has only the log's size and root.

    ``description`` says which report or checkpoint it is, in words.
    """

    printed: PrintedReport | None
    size: int
    root: str
    description: str


def root_of(entries: Sequence[LogEntry], size: int) -> str:
    """The root of the log's Merkle tree over its first entries, in hex (RFC 9162)."""
    return tree_root([leaf_hash(entry.manifest) for entry in entries[:size]]).hex()


def read_previous(path: Path) -> PreviousReport:
    """An earlier report (HTML) or a checkpoint (a signed note). Raises `UsageError` where the file is neither."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES)
    except OSError:
        raise UsageError(
            "the file cannot be read; --since needs an earlier report or a checkpoint", file=path.name
        ) from None
    return _from_report(data, path.name) if data.lstrip()[:1] == b"<" else _from_checkpoint(data, path.name)


class _BlockParser(HTMLParser):
    """Collects the text of the element with the block's id."""

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


def _from_report(data: bytes, name: str) -> PreviousReport:
    parser = _BlockParser()
    try:
        parser.feed(data.decode())
        printed = _printed_report(json.loads("".join(parser.found)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(
            "the file is not a report of offduty, or it was edited; give a report as it was made", file=name
        ) from None
    return PreviousReport(printed, printed.size, printed.root, f"the report of {printed.made}")


def _printed_report(document: dict[str, Any]) -> PrintedReport:
    """A block as `PrintedReport.block` wrote it. Anything else raises one of the errors that `_from_report` expects."""
    if document["format"] != FORMAT:
        raise ValueError("not this format")
    printed = {outcome: document["printed"][outcome] for outcome in OUTCOMES}
    if not all(
        value is None or (type(value) is int and (value == 0 or value >= MINIMUM)) for value in printed.values()
    ):
        raise ValueError("a count that no report prints")
    policies = tuple({str(s): dict(values) for s, values in policy.items()} for policy in document["policies"])
    texts = {name: _text(document[name]) for name in ("made", "period", "root")}
    size = document["size"]
    if type(size) is not int or size < 0:
        raise ValueError("not a size")
    runs, superseded = (tuple(_text(run) for run in document[name]) for name in ("runs", "superseded"))
    return PrintedReport(**texts, size=size, runs=runs, superseded=superseded, policies=policies, printed=printed)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _from_checkpoint(data: bytes, name: str) -> PreviousReport:
    """The size and the root of a checkpoint, signed or not; `verify` checks the signature."""
    try:
        head = read_checkpoint(data)
    except NoteError as error:
        raise UsageError(f"the file is neither a report nor a checkpoint: {error}", file=name) from None
    entries = "the first entry" if head.size == 1 else f"the first {head.size:,} entries"
    return PreviousReport(None, head.size, head.root.hex(), f"the checkpoint over {entries} of the log")
