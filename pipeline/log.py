"""The log: an append-only list of manifests with a Merkle tree over them; what it names exists, and nothing else (SPEC 8).

The checkpoint is the body of a C2SP tlog-checkpoint: origin, size, root.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import StorageError
from pipeline.merkle import leaf_hash, tree_root

ENTRY_DIGITS = 12


@dataclass(frozen=True)
class Entry:
    """One entry: its number, the manifest as it was written, and the checkpoint over all manifests up to it."""

    number: int
    manifest: bytes
    checkpoint: str

    @property
    def document(self) -> dict[str, Any]:
        """The manifest, parsed."""
        parsed: dict[str, Any] = json.loads(self.manifest)
        return parsed


def entry_name(number: int) -> str:
    """The file name of an entry.

    >>> entry_name(7)
    '000000000007.entry'
    """
    return f"{number:0{ENTRY_DIGITS}}.entry"


def read_log(folder: Path) -> list[Entry]:
    """All entries in order; raises `StorageError` when one is missing or is not an entry."""
    names = sorted(path.name for path in folder.glob("*.entry")) if folder.is_dir() else []
    if names != [entry_name(number) for number in range(len(names))]:
        raise StorageError("the log has a gap: an entry is missing. Restore the store from a copy")
    return [_read(folder / name, number) for number, name in enumerate(names)]


def _read(path: Path, number: int) -> Entry:
    manifest, found, checkpoint = path.read_bytes().partition(b"\n\n")
    if not found or not manifest.startswith(b"{"):
        raise StorageError("the file is no log entry. Restore the store from a copy", file=path.name)
    return Entry(number, manifest, checkpoint.decode())


def entry_bytes(manifest: bytes, before: Sequence[Entry]) -> bytes:
    """A new entry: the manifest, an empty line, and an unsigned checkpoint over it and all manifests before."""
    manifests = [*(entry.manifest for entry in before), manifest]
    origin = before[0].checkpoint.partition("\n")[0] if before else f"offduty/{json.loads(manifest)['run_id']}"
    root = base64.b64encode(tree_root([leaf_hash(held) for held in manifests])).decode()
    return manifest + b"\n\n" + f"{origin}\n{len(manifests)}\n{root}\n".encode()
