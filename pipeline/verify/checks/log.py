"""Checks 1: the log is whole, in order, signed, and grown out of the checkpoint that the auditor kept (SPEC 8).

Formats: C2SP signed notes and checkpoints, RFC 9162 trees. A log may be unsigned at first and signed later: a signed
checkpoint vouches for every manifest before it. A rotation that the key in force has signed hands over to the next key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from offduty.core.errors import UsageError
from offduty.transparency.merkle import Frontier, leaf_hash
from offduty.transparency.signed_note import (
    Checkpoint,
    NoteError,
    PublicKey,
    load_public_key,
    read_checkpoint,
    read_public_key,
)
from offduty.verify.entries import AuditedEntry, AuditedLog, canonical, entry_name
from offduty.verify.manifest_schema import RUNS
from offduty.verify.verdict import Check, CheckBuilder

MOST_SIGNATURES = 8
"""An entry is signed once, a rotation twice; cosigners may be few."""
KNOWN_KINDS = (*RUNS, "expiry", "rotation")


@dataclass(frozen=True)
class EntryHead:
    """What an entry's checkpoint says, and the root that the manifests up to it really have."""

    entry: AuditedEntry
    checkpoint: Checkpoint | None
    root: bytes


def check_log(trail: AuditedLog, keys: Sequence[Path], cosigners: Sequence[Path], since: Path | None) -> list[Check]:
    """1.1 entries, 1.2 roots, 1.3 signatures, 1.4 ids, 1.5 the checkpoint that was kept, 1.6 a cosigner's word."""
    heads = _heads(trail)
    kept = None if since is None else _kept(since)
    return [
        _entries(trail),
        _roots(heads),
        _signatures(heads, [load_public_key(path) for path in keys]),
        _ids(trail),
        _history(heads, kept),
        _cosigned(heads, kept, [load_public_key(path) for path in cosigners]),
    ]


def _heads(trail: AuditedLog) -> list[EntryHead]:
    tree, heads = Frontier(), []
    for entry in trail.entries:
        tree = tree.add(leaf_hash(entry.manifest))
        try:
            checkpoint = read_checkpoint(entry.checkpoint)
        except NoteError:
            checkpoint = None
        heads.append(EntryHead(entry, checkpoint, tree.root))
    return heads


def _kept(since: Path) -> Checkpoint:
    try:
        return read_checkpoint(since.read_bytes())
    except OSError as error:
        raise UsageError(
            f"the kept checkpoint cannot be read: {(error.strerror or '').lower()}", file=since.name
        ) from None
    except NoteError as error:
        raise UsageError(f"this is no checkpoint: {error}", file=since.name) from None


def _entries(trail: AuditedLog) -> Check:
    look = CheckBuilder("1.1", "entries follow each other without a gap, and each can be read", "entries of the log")
    for place, entry in enumerate(trail.entries):
        look.at()
        if entry.number != place or entry.name != entry_name(place):
            look.wrong(
                f"entry {entry.number} stands where number {place} should: one is missing, or has another's name"
            )
        for fault in entry.faults:
            look.wrong(f"entry {entry.number} {fault}")
        if not entry.faults and entry.kind not in KNOWN_KINDS:
            look.undone(f"entry {entry.number} is of a kind that this version does not know")
    if trail.strangers:
        look.wrong("the log's folder holds what is no entry", len(trail.strangers))
    return look.over("numbered from 0, canonical, with the keys that they must have", "the log is empty")


def _roots(heads: list[EntryHead]) -> Check:
    look = CheckBuilder("1.2", "each checkpoint is the tree over all manifests so far", "checkpoints")
    origin = next((head.checkpoint.origin for head in heads if head.checkpoint), "")
    for place, head in enumerate(heads):
        look.at()
        if head.checkpoint is None:
            look.wrong(f"entry {head.entry.number}: its checkpoint cannot be read")
        elif head.checkpoint.size != place + 1 or head.checkpoint.root != head.root:
            look.wrong(f"entry {head.entry.number}: its checkpoint is not the tree over the manifests up to it")
        elif head.checkpoint.origin != origin:
            look.wrong(f"entry {head.entry.number}: its checkpoint is of another log")
        elif head.checkpoint.extensions or len(head.checkpoint.signatures) > MOST_SIGNATURES:
            look.wrong(f"entry {head.entry.number}: its checkpoint holds lines that nobody asked for")
    return look.over(f"size, root and origin agree; the head is {_short(heads)}", "the log is empty")


def _short(heads: list[EntryHead]) -> str:
    return f"{len(heads)} entries, root {heads[-1].root.hex()[:16]}" if heads else "nothing"


def _signatures(heads: list[EntryHead], given: list[PublicKey]) -> Check:
    look = CheckBuilder("1.3", "checkpoints are signed by a key that the auditor trusts", "checkpoints, against --key")
    if not given:
        signed = sum(bool(head.checkpoint and head.checkpoint.signatures) for head in heads)
        look.undone(f"no --key was given; {signed} of {len(heads)} checkpoints bear a signature")
        return look.over()
    trusted = list(given)
    first = next(
        (place for place, head in enumerate(heads) if head.checkpoint and head.checkpoint.signatures), len(heads)
    )
    for head in heads[first:]:
        look.at()
        by = _signed_by(head, trusted)
        if by is None:
            look.wrong(f"entry {head.entry.number}: its checkpoint is not signed by a key that is trusted there")
        elif head.entry.kind == "rotation" and not head.entry.faults:
            following = _following(head)
            if following is None:
                look.wrong(
                    f"entry {head.entry.number}: the key that it hands over to is not what it says, or has not signed"
                )
            else:
                retired = {key.raw for key in (*by, *_named_key(head.entry.document["old_key"]))}
                trusted = [*(key for key in trusted if key.raw not in retired), following]
    if first == len(heads) and heads:
        look.wrong("no checkpoint is signed at all")
    prefix = f"; entries before number {first} are vouched for by that one's signature" if first else ""
    return look.over(f"by the keys given, or such as they handed over to{prefix}", "the log is empty")


def _signed_by(head: EntryHead, trusted: list[PublicKey]) -> list[PublicKey] | None:
    """The trusted keys that signed it; None where none did, or a signature that claims to be one of theirs is not."""
    if head.checkpoint is None:
        return None
    names = [key.named(head.checkpoint.origin) for key in trusted]
    try:
        return list(head.checkpoint.note.signed_by(names)) or None
    except NoteError:
        return None


def _named_key(text: str) -> list[PublicKey]:
    """The key that an entry names; none where it is not readable."""
    try:
        return [read_public_key(text)]
    except UsageError:
        return []


def _following(head: EntryHead) -> PublicKey | None:
    """The key that a rotation hands over to: of this log, with the hash that is told, and it has signed, too."""
    document, checkpoint = head.entry.document, head.checkpoint
    try:
        key = read_public_key(document["new_key"])
        signed = checkpoint is not None and key.name == checkpoint.origin and checkpoint.note.signed_by([key])
    except (UsageError, NoteError):
        return None
    return key if signed and hashlib.sha256(key.raw).hexdigest() == document["new_key_sha256"] else None


def _ids(trail: AuditedLog) -> Check:
    look = CheckBuilder("1.4", "each run's id is made of what it was asked", "runs")
    seen: set[str] = set()
    for run in trail.runs():
        look.at()
        if run.document["question"] != question(run) or run.run_id != run_id(run):
            look.wrong(
                f"entry {run.number}: its id is not that of its inputs, policy, keys, interval, as_of and version"
            )
        if run.run_id in seen:
            look.wrong(f"entry {run.number}: another entry bears the same id")
        seen.add(run.run_id)
    return look.over("inputs, policy, keys, interval, as_of and version; no id stands twice", "the log names no run")


def question(run: AuditedEntry) -> str:
    """The name of everything a run was asked but ``as_of``."""
    document = run.document
    asked = {
        "policy_sha256": document["policy_sha256"],
        "keys": document["keys"],
        "interval": document["interval"],
        "version": document["versions"].get("offduty"),
        "inputs": [[source["table"], source["name"], source["sha256"]] for source in document["inputs"]],
    }
    return hashlib.sha256(canonical(asked)).hexdigest()[:32]


def run_id(run: AuditedEntry) -> str:
    """The name of the run that answers it."""
    asked = {"question": question(run), "as_of": run.document["as_of"]}
    return hashlib.sha256(canonical(asked)).hexdigest()[:32]


def _history(heads: list[EntryHead], kept: Checkpoint | None) -> Check:
    look = CheckBuilder(
        "1.5", "the log has grown out of the checkpoint that the auditor kept", "entries, against --since"
    )
    if kept is None:
        look.undone(
            "no --since was given: freshness is not checked; a log that lost its end, or was rewritten, looks the same"
        )
        return look.over()
    look.at(kept.size)
    if kept.size > len(heads):
        look.wrong(f"the log has lost its end: {kept.size} entries were there, and {len(heads)} are")
    elif kept.size and heads[kept.size - 1].root != kept.root:
        look.wrong("the log was rewritten: its beginning is not what the kept checkpoint says")
    elif heads and heads[0].checkpoint and heads[0].checkpoint.origin != kept.origin:
        look.wrong("the kept checkpoint is of another log")
    return look.over(
        f"its first {kept.size} entries are what they were, and {len(heads) - kept.size} came since",
        "the kept checkpoint is that of an empty log",
    )


def _cosigned(heads: list[EntryHead], kept: Checkpoint | None, cosigners: list[PublicKey]) -> Check:
    look = CheckBuilder("1.6", "somebody else has signed for the log too", "cosigners, against --cosigner")
    if not cosigners:
        look.undone("no --cosigner was demanded")
    roots = [b"", *(head.root for head in heads)]
    notes = [note for note in (kept, *(head.checkpoint for head in heads)) if note is not None]
    sound = [note for note in notes if 0 < note.size < len(roots) and note.root == roots[note.size]]
    sizes = []
    for key in cosigners:
        look.at()
        signed = [note.size for note in sound if _bears(note, key)]
        if not signed:
            look.wrong("neither the kept checkpoint nor an entry bears this cosigner's signature over what is there")
        sizes.append(f"{max(signed, default=0)} of {len(heads)} entries")
    return look.over(f"signed for: {', '.join(sizes)}")


def _bears(checkpoint: Checkpoint, key: PublicKey) -> bool:
    try:
        return bool(checkpoint.note.signed_by([key if key.name else key.named(checkpoint.origin)]))
    except NoteError:
        return False
