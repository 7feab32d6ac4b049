"""The log: an append-only list of manifests with a Merkle tree over them. A file that it does not name does not exist
(specification#log).

An entry is a manifest, an empty line, and a checkpoint: the head of the tree over this and all manifests before it (RFC
9162), as a C2SP checkpoint, signed or not (specification#log-format). docs/how-to/log.md describes it byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from offduty.core.errors import StorageError, UsageError, why
from offduty.transparency.entries import RUNS, TRIAL, Document, ManifestError, read_manifest
from offduty.transparency.merkle import Frontier, leaf_hash
from offduty.transparency.signed_note import Checkpoint, NoteError, PublicKey, SigningKey, read_checkpoint

ENTRY_DIGITS = 12
RESTORE = "Restore the log from a copy"


@dataclass(frozen=True)
class LogEntry:
    """One entry: its number, the manifest as bytes and as a document, and the head over all manifests up to it."""

    number: int
    manifest: bytes
    document: Document
    head: Checkpoint

    @property
    def checkpoint(self) -> str:
        """The checkpoint as it was written."""
        return self.head.note.data.decode()

    @property
    def kind(self) -> str:
        """What it records: ``run``, ``heartbeat``, ``trial``, ``expiry``, ``rotation``, ``agreement``, or another."""
        return str(self.document["kind"])

    @property
    def is_run(self) -> bool:
        """Whether it names a run and its files; heartbeats are runs too."""
        return self.kind in RUNS

    @property
    def names_files(self) -> bool:
        """Whether it names files in the folder ``runs``: those of a run, or of a trial, which is no run."""
        return self.is_run or self.kind == TRIAL

    @property
    def is_signed(self) -> bool:
        """Whether it has a signature under the log's name. The signature itself is not checked here."""
        return any(signature.name == self.head.origin for signature in self.head.signatures)


def entry_name(number: int) -> str:
    """The file name of an entry.

    >>> entry_name(7)
    '000000000007.entry'
    """
    return f"{number:0{ENTRY_DIGITS}}.entry"


def read_log(folder: Path) -> list[LogEntry]:
    """All entries in order; none where there is no folder. Raises `StorageError` where one is missing or is not an
    entry. `check_log` checks what they say.
    """
    names = sorted(path.name for path in folder.glob("*.entry")) if folder.is_dir() else []
    if names != [entry_name(number) for number in range(len(names))]:
        raise StorageError(f"the log has a gap: an entry is missing. {RESTORE}")
    return [read_entry(folder / name, number) for number, name in enumerate(names)]


def read_entry(path: Path, number: int) -> LogEntry:
    """The entry in a file; raises `StorageError`, with the file's name, where it is not an entry."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(f"the entry cannot be read: {why(error)}. {RESTORE}", file=path.name) from None
    return parse_entry(content, number, path.name)


def parse_entry(content: bytes, number: int, name: str) -> LogEntry:
    """The entry in these bytes, of a file of that name; raises `StorageError` where they are not an entry."""
    manifest, found, checkpoint = content.partition(b"\n\n")
    if not found or not manifest.startswith(b"{"):
        raise StorageError(f"the file is not a log entry. {RESTORE}", file=name)
    try:
        document = read_manifest(manifest)
    except ManifestError as error:
        raise StorageError(f"the entry is damaged: {error}. {RESTORE}", file=name) from None
    try:
        head = read_checkpoint(checkpoint)
    except NoteError as error:
        raise StorageError(f"the entry's checkpoint is damaged: {error}. {RESTORE}", file=name) from None
    return LogEntry(number, manifest, document, head)


def check_log(entries: Iterable[LogEntry]) -> Frontier:
    """The tree over all manifests, where each entry's checkpoint is the head of the tree up to it, under one origin.

    Raises `StorageError` at the first that is not: the log was changed after it was written. Signatures are not
    checked.
    """
    tree, origin = Frontier(), None
    for entry in entries:
        tree, origin = tree.add(leaf_hash(entry.manifest)), entry.head.origin if origin is None else origin
        if (entry.head.origin, entry.head.size, entry.head.root) != (origin, tree.size, tree.root):
            raise StorageError(
                "its checkpoint is not that of the manifests up to it: an entry was changed, moved or removed after it"
                f" was written. {RESTORE}",
                file=entry_name(entry.number),
            )
    return tree


def read_store(store: Path) -> list[LogEntry]:
    """The log of a store in a folder, which may be a read-only copy, checked by `check_log`.

    Raises `UsageError` where there is no store or no entry in it, and `StorageError` where the log is damaged.
    """
    if not (store / "log").is_dir():
        raise UsageError(f"there is no store: {store.name or store} has no folder log")
    entries = read_log(store / "log")
    if not entries:
        raise UsageError("the store's log is empty: nothing was published yet")
    check_log(entries)
    return entries


def origin_of(key: PublicKey) -> str:
    """The origin (name) of a new log that is signed from its beginning: it is derived from its first key."""
    return f"offduty/{key.fingerprint[:16]}"


def entry_bytes(manifest: bytes, before: Sequence[LogEntry], keys: Sequence[SigningKey] = ()) -> bytes:
    """The bytes of a new entry: the manifest, an empty line, and the checkpoint over it and all manifests before it,
    signed with each key.

    The origin of a log never changes. A new log takes it from the first key, or from its first run where there is none.
    """
    tree = Frontier()
    for entry in before:
        tree = tree.add(leaf_hash(entry.manifest))
    tree = tree.add(leaf_hash(manifest))
    if before:
        origin = before[0].head.origin
    else:
        origin = origin_of(keys[0].public) if keys else f"offduty/{read_manifest(manifest)['run_id']}"
    head = Checkpoint(origin, tree.size, tree.root).signed(*(key.named(origin) for key in keys))
    return manifest + b"\n\n" + head.note.data
