"""Gives an input file another name in log and messages where its own holds an id of a device or an officer.

Rules: specification#silence. Such a file is called by its number and its hash; whoever has the file finds it by that.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from offduty.core.errors import InputError
from offduty.core.ids import clean_id, lookalike_key
from offduty.core.lazy_imports import when_used
from offduty.ingest.source_file import Source
from offduty.ingest.sources import Fingerprints

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from offduty.ingest.ping_files import PingFile
else:
    pa = when_used("pyarrow")
    pc = when_used("pyarrow.compute")
    pq = when_used("pyarrow.parquet")

QUIET = "sha256-"
"""How such a name begins; 16 digits of the SHA-256 follow, and the ending that says how the file is written."""
DIGITS = 16
ID_COLUMNS = {"assignments": ("device_id", "officer_id"), "roster": ("officer_id",), "places": ("officer_id",)}
SHORTEST, SHORTEST_NUMBER, SHORT = 2, 3, 4  # characters
"""A shorter id, or a number with fewer digits, is in every name by chance; a short one counts as a whole word only."""
FIRST_ROWS = 1_000
MOST_FILES = 200
"""In so many files of pings the first rows are searched for devices that no assignment names."""


def quiet_name(name: str, sha256: str) -> str:
    """The name for a file whose own name may not be written.

    >>> quiet_name("pings/R7.csv.gz", "0123456789abcdef" * 4)
    'sha256-0123456789abcdef.csv.gz'
    """
    endings = PurePosixPath(name).suffixes[-2:]
    known = "".join(ending for ending in endings if ending.lower() in _ENDINGS)
    return f"{QUIET}{sha256[:DIGITS]}{known}"


_ENDINGS = {".parquet", ".geoparquet", ".csv", ".ndjson", ".jsonl", ".geojson", ".json", ".gz", ".zst"}


def ids_in(tables: Mapping[str, pa.Table], pings: Sequence[PingFile] = ()) -> frozenset[str]:
    """The ids of devices and officers in the tables, and of devices in the first rows of files of pings, as keys that
    lookalikes share.
    """
    columns = (tables[table][name] for table, names in ID_COLUMNS.items() if table in tables for name in names)
    found = {text for column in columns for text in pc.unique(column).to_pylist()}
    if len(pings) <= MOST_FILES:
        found |= {text for file in pings for text in _first_devices(file)}
    cleaned = {clean_id(text) for text in found}
    keys = {lookalike_key(text) for text in cleaned if text is not None and len(text) >= SHORTEST}
    return frozenset(key for key in keys if len(key) >= (SHORTEST_NUMBER if key.isdigit() else SHORTEST))


def holds_id(name: str, ids: frozenset[str]) -> bool:
    """Whether one of the ids stands in a file's name: not within a longer word or number.

    >>> [holds_id(name, frozenset({"r7", "1042"})) for name in ("pings/r7.csv", "R7_1.csv", "r71.csv", "car7.csv")]
    [True, True, False, False]
    >>> [holds_id(name, frozenset({"r7", "1042"})) for name in ("x01042y.csv", "110420.csv")]
    [True, False]
    """
    longest = max(map(len, ids), default=0)
    text = unicodedata.normalize("NFKC", name).casefold()
    return any(part in ids for part in _parts(text, longest))


def _parts(text: str, longest: int) -> Iterator[str]:
    """Every part of a text that could be an id: its neighbours do not go on with it. Zeros in front are left out."""
    starts = [at for at in range(len(text)) if at == 0 or not _go_on(text[at - 1], text[at])]
    for start in starts:
        first = start
        while text[first : first + 1] == "0":
            first += 1
        for end in range(first + SHORTEST, min(first + longest, len(text)) + 1):
            if end < len(text) and _go_on(text[end - 1], text[end]):
                continue
            if end - first >= SHORT or _is_word(text, start, end):
                yield text[first:end]


def _go_on(before: str, after: str) -> bool:
    """Whether two letters, or two digits, belong to one word or number."""
    return (before.isdigit() and after.isdigit()) or (before.isalpha() and after.isalpha())


def _is_word(text: str, start: int, end: int) -> bool:
    return not text[max(start - 1, 0) : start].isalnum() and not text[end : end + 1].isalnum()


def _first_devices(file: PingFile) -> set[str]:
    """The devices in the first rows of a file, as they are written; none where they cannot be read."""
    name = file.source.declared.written_name("device_id") if not file.copied else "device_id"
    try:
        with pq.ParquetFile(file.path, pre_buffer=False) as opened:
            batch = next(opened.iter_batches(FIRST_ROWS, columns=[name]), None)
            return set() if batch is None else set(batch.column(0).cast(pa.string()).unique().to_pylist()) - {None}
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return set()


def quieted(sources: Iterable[Source], ids: frozenset[str], prints: Fingerprints) -> list[Source]:
    """The sources; one whose name holds an id has its quiet name."""
    return [_quiet(source, prints) if holds_id(source.name, ids) else source for source in sources]


def _quiet(source: Source, prints: Fingerprints) -> Source:
    return replace(source, name=quiet_name(source.name, prints.of(source).sha256))


def _in_words(source: Source) -> str:
    """What such a file is called in a message: by its number and hash, or its table where it cannot be read."""
    try:
        return f"file {source.number} ({_quiet(source, Fingerprints()).name})"
    except InputError:
        return f"file {source.number} (of inputs.{source.table}; its name holds an id)"


def quieted_error(error: InputError, sources: Iterable[Source], ids: frozenset[str]) -> InputError:
    """The error, in which such a file is called by its number and its hash."""
    text = str(error)
    for source in sources:
        if source.name in text and holds_id(source.name, ids):
            text = text.replace(source.name, _in_words(source))
    return error if text == str(error) else InputError(text)
