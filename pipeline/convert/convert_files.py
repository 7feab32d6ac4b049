"""Converts a file, or the files of a folder, into one CSV file in the columns of the contract, as a stream."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path
from typing import IO

from offduty.convert.formats import FORMATS, Format
from offduty.convert.reading import Asked, Reading, Row
from offduty.core.errors import InputError, UsageError

OPTIONS = {
    "device": "--device",
    "officer": "--officer",
    "start": "--from",
    "end": "--to",
    "recorded_at": "--recorded-at",
    "id_column": "--id-column",
}


@dataclass(frozen=True)
class Converted:
    """What was written: how many rows, of how many files, and how much was passed over, by what it is."""

    rows: int
    files: int
    passed_over: dict[str, int]


def check_asked(name: str, asked: Asked) -> Format:
    """The format of that name. Raises `UsageError` where there is none, where an option is missing that it needs, and
    for one that means nothing for it.
    """
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}: it is one of {', '.join(FORMATS)}")
    known = FORMATS[name]
    given = [field.name for field in fields(asked) if getattr(asked, field.name)]
    missing = [OPTIONS[option] for option in known.needs if option not in given]
    if missing:
        raise UsageError(f"{name} needs {', '.join(missing)} (offduty docs converting says why)")
    idle = [OPTIONS[option] for option in given if option not in (*known.needs, *known.takes)]
    if idle:
        raise UsageError(f"{', '.join(idle)}: that means nothing for {name}")
    return known


def files_of(source: Path, known: Format) -> list[Path]:
    """The file itself, or the files of a folder and of the folders in it, in order of their names.

    Names that begin with ``.`` or ``_`` are passed over. Raises `InputError` where there is none.
    """
    if source.is_dir():
        found = sorted(path for path in source.rglob("*") if path.is_file() and not _is_note(path, source))
        found = [path for path in found if not known.endings or path.suffix.lower() in known.endings]
    else:
        found = [source] if source.is_file() else []
    if not found:
        raise InputError(f"no file is found at {source}")
    return found


def _is_note(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)


def convert(name: str, source: Path, out: IO[bytes], asked: Asked | None = None) -> Converted:
    """Write the rows of ``source`` as CSV in UTF-8 into ``out``.

    Values are written as they are read; only what is counted or packed becomes an instant or degrees. A row that is no
    ping is written all the same: the run sets it aside and says so. Raises `UsageError` as `check_asked`, and
    `InputError` for a file that cannot be read. Files are named by their number in messages, because their names may
    hold an id.
    """
    asked = asked or Asked()
    known = check_asked(name, asked)
    paths = files_of(source, known)
    passed_over: Counter[str] = Counter()
    readings = [
        Reading(path, f"file {number} of {len(paths)}", asked, passed_over) for number, path in _numbered(paths)
    ]
    rows = chain.from_iterable(known.convert(reading) for reading in readings)
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    try:
        count = _write(text, rows, known.columns)
    finally:
        text.detach()
    if not count and not passed_over:
        raise InputError(f"there is nothing of the format {name} in it: is it another one?")
    return Converted(count, len(paths), dict(passed_over))


def _numbered(paths: list[Path]) -> Iterator[tuple[int, Path]]:
    return ((number + 1, path) for number, path in enumerate(paths))


def _write(text: io.TextIOWrapper, rows: Iterator[Row], columns: tuple[str, ...]) -> int:
    """Write header and rows; without ``columns`` those of all rows, which are then few."""
    if not columns:
        few = list(rows)
        columns = tuple(dict.fromkeys(name for row in few for name in row))
        rows = iter(few)
    writer = csv.writer(text, lineterminator="\n")
    if columns:
        writer.writerow(columns)
    count = 0
    for row in rows:
        try:
            writer.writerow([row.get(column, "") for column in columns])
        except UnicodeEncodeError:
            raise InputError(f"row {count}: half a character, which no text can have") from None
        count += 1
    text.flush()
    return count


def in_other_words(found: Converted) -> Iterator[str]:
    """What was passed over, a line each."""
    return (f"passed over: {what}: {count:,}" for what, count in sorted(found.passed_over.items()))
