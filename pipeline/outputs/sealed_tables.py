"""Keeps the reference tables of a run, sealed for an auditor: only who has the auditor's identity can open them
(specification#kept-references).

What is sealed are the files as the run read them, so that the run can be decided again years later, whatever became of
the tables. Each is encrypted by age; the same file sealed twice has other bytes each time, so nothing that must be the
same again depends on them. The name has a part of their hash: of two attempts at one run in an object store neither
takes the other's files for its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offduty.core.age import Seal, sealing_for
from offduty.core.durable_files import flush
from offduty.core.errors import InputError, why
from offduty.ingest.source_file import Source
from offduty.ingest.sources import Fingerprint

FOLDER = "references"


@dataclass(frozen=True)
class StoredTable:
    """One sealed file: the number of the input that is in it, its name within the run's folder, and its own hash and
    size.
    """

    file: int
    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class StoredTables:
    """The sealed tables of a run, and the public key of who can open them."""

    recipient: str
    files: tuple[StoredTable, ...]

    def document(self) -> dict[str, Any]:
        """What the manifest says of them."""
        return {"recipient": self.recipient, "files": [vars(file) for file in self.files]}


def seal_for(recipient: str) -> Seal:
    """A function that seals bytes for a recipient; see `sealing_for`."""
    return sealing_for(recipient, "output.keep_references")


def seal_tables(
    folder: Path, sources: Iterable[tuple[Source, Fingerprint]], recipient: str, seal: Seal
) -> StoredTables:
    """Seal the files of the reference tables into ``references`` below a run's folder, and flush each to the disk.

    Raises `InputError` where a file cannot be read again, or has changed since its fingerprint was taken.
    """
    made = folder / FOLDER
    made.mkdir(mode=0o700)
    tables = [(source, taken) for source, taken in sources if source.table != "pings"]
    return StoredTables(recipient, tuple(_sealed(made, source, taken, seal) for source, taken in tables))


def _sealed(made: Path, source: Source, taken: Fingerprint, seal: Seal) -> StoredTable:
    try:
        content = source.path.read_bytes()
    except OSError as error:
        raise InputError(f"the file cannot be read: {why(error)}", file=source.name) from None
    if hashlib.sha256(content).hexdigest() != taken.sha256:
        raise InputError("the file changed while it was read; run again when it is complete", file=source.name)
    sealed = seal(content)
    sha256 = hashlib.sha256(sealed).hexdigest()
    path = made / f"{source.number:05}-{sha256[:16]}.age"
    with path.open("xb") as file:
        file.write(sealed)
    flush(path)
    name = f"{FOLDER}/{path.name}"
    return StoredTable(source.number, name, sha256, len(sealed))
