"""What an input file is to a run: its number, its table, its name, its path, and how it is written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from offduty.config.declarations import UNDECLARED, UTF_8, TableDeclaration

OPEN_FILES = Path("/proc/self/fd")
"""Where Linux shows the open files of a process, those without a name, too."""


@dataclass(frozen=True)
class Source:
    """One input file: ``number`` and ``name`` as in the manifest.

    ``kind`` is its format and ``compression`` how it is packed (empty: it is not), both by its ending or as the job
    declares; ``declared`` is what the job declares of its table. ``found_as`` is the name under which it was found,
    where ``name`` is another: one that holds no id.
    """

    number: int
    table: str
    name: str
    path: Path
    kind: str
    compression: str = ""
    declared: TableDeclaration = UNDECLARED
    found_as: str = ""

    @property
    def is_text(self) -> bool:
        """Whether the file has lines of text, which the engine reads as CSV or NDJSON."""
        return self.kind in ("csv", "ndjson")

    @property
    def is_plain(self) -> bool:
        """Whether the file can be read as it is: not packed, and text in UTF-8 that begins with the table.

        DuckDB (2.0) can skip lines itself, but passes over the whole file, without an error, where a skipped line has a
        single quote mark or ends as the others do not.
        """
        as_text = not self.is_text or (self.declared.encoding == UTF_8 and not self.declared.skip_rows)
        return not self.compression and as_text

    @property
    def whole_path(self) -> str:
        """Its path without links. An open file without a name is found by its number alone."""
        return str(self.path if self.path.parent == OPEN_FILES else self.path.resolve())


def state_of(source: Source) -> tuple[int, int, int] | None:
    """The state of a file, by which a change is noticed (`state_in`); None where it cannot be looked at."""
    try:
        return state_in(source.path.stat())
    except OSError:
        return None


def state_in(stat: os.stat_result) -> tuple[int, int, int]:
    """Size, time of change and inode, as the system gives them."""
    return stat.st_size, stat.st_mtime_ns, stat.st_ino
