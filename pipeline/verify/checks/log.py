"""Checks 1: the log is complete, in order, signed, and an extension of the checkpoint that the auditor stored.

Formats (specification#log-format): C2SP signed notes and checkpoints, RFC 9162 trees. A log may be unsigned at first
and signed later: a signed checkpoint covers every manifest before it. A rotation names the next key, and the key before
it must have signed that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offduty.core.count_words import number_of
from offduty.core.errors import UsageError
from offduty.transparency.merkle import Frontier, leaf_hash
from offduty.transparency.signed_note import (
    Checkpoint,
    NoteError,
    PublicKey,
    SigningKey,
    load_public_key,
    read_checkpoint,
    read_public_key,
)
from offduty.verify.checks.rules_version import older_rules
from offduty.verify.entries import AuditedEntry, AuditedLog, canonical, entry_name
from offduty.verify.manifest_run import RUNS, TRIAL
from offduty.verify.verdict import (
    Check,
    CheckBuilder,
    Count,
    EntryNumber,
    Explanation,
    Label,
    Unit,
    explain,
    join,
)

MOST_SIGNATURES = 8
"""An entry is signed once, a rotation twice; cosigners may be few."""
BESIDE_THE_RULES = frozenset({"analyses", "agreement"})
"""Sections of a policy that decide nothing about a position, and are no part of what a run is asked."""
KNOWN_KINDS = (*RUNS, TRIAL, "expiry", "rotation", "agreement", "analysis")


@dataclass(frozen=True)
class EntryHead:
    """An entry's checkpoint, None where it cannot be read, and the true root of the tree up to this entry."""

    entry: AuditedEntry
    checkpoint: Checkpoint | None
    root: bytes


def check_log(log: AuditedLog, keys: Sequence[Path], cosigners: Sequence[Path], since: Path | None) -> list[Check]:
    """1.1 entries, 1.2 roots, 1.3 signatures, 1.4 ids, 1.5 the auditor's own checkpoint, 1.6 cosignatures.

    Raises `UsageError` where a key or the checkpoint ``since`` cannot be read.
    """
    heads = _heads(log)
    stored = None if since is None else _read_stored(since)
    return [
        _entries(log),
        _roots(heads),
        _signatures(heads, [load_public_key(path) for path in keys]),
        _ids(log),
        _history(heads, stored),
        _cosigned(heads, stored, [load_public_key(path) for path in cosigners]),
    ]


def _heads(log: AuditedLog) -> list[EntryHead]:
    tree, heads = Frontier(), []
    for entry in log.entries:
        tree = tree.add(leaf_hash(entry.manifest))
        try:
            checkpoint = read_checkpoint(entry.checkpoint)
        except NoteError:
            checkpoint = None
        heads.append(EntryHead(entry, checkpoint, tree.root))
    return heads


def _read_stored(since: Path) -> Checkpoint:
    try:
        return read_checkpoint(since.read_bytes())
    except OSError as error:
        raise UsageError(
            f"the checkpoint of --since cannot be read: {(error.strerror or '').lower()}", file=since.name
        ) from None
    except NoteError as error:
        raise UsageError(f"this is not a checkpoint: {error}", file=since.name) from None


def _entries(log: AuditedLog) -> Check:
    check = CheckBuilder(
        "1.1", "entries follow each other without a gap, and each can be read", "entries of the log", Unit.ENTRIES
    )
    expected = 0
    for entry in log.entries:
        check.add()
        if entry.number != expected or entry.name != entry_name(entry.number):
            check.wrong(f"{_missing(expected, entry.number)}; what else follows from that is a consequence")
        expected = entry.number + 1
        for fault in entry.faults:
            check.wrong(f"entry {entry.number} {fault}")
        if not entry.faults and entry.kind not in KNOWN_KINDS:
            check.not_done(
                explain("entry {entry} is of a kind that this version does not know", entry=EntryNumber(entry.number))
            )
    if log.other_names:
        check.wrong("the log's folder has files or folders that are not entries", len(log.other_names))
    return check.result(
        "numbered without a gap, canonical JSON, with exactly the keys of their kind", "the log is empty"
    )


def _missing(first: int, following: int) -> str:
    """Which entries are not there: those from ``first`` on, up to the one before ``following``."""
    missing = following - first
    if missing < 1:
        return f"entry {following} is not in its place"
    return f"entry {first} is missing" if missing == 1 else f"entries {first} to {following - 1} are missing"


def _roots(heads: list[EntryHead]) -> Check:
    check = CheckBuilder("1.2", "each checkpoint is the tree over all manifests so far", "checkpoints", Unit.ENTRIES)
    origin = next((head.checkpoint.origin for head in heads if head.checkpoint), "")
    other_trees: list[int] = []
    for place, head in enumerate(heads):
        check.add()
        if head.checkpoint is None:
            check.wrong(f"entry {head.entry.number}: its checkpoint cannot be read")
        elif head.checkpoint.size != place + 1 or head.checkpoint.root != head.root:
            other_trees.append(head.entry.number)
        elif head.checkpoint.origin != origin:
            check.wrong(f"entry {head.entry.number}: its checkpoint is of another log")
        elif head.checkpoint.extensions or len(head.checkpoint.signatures) > MOST_SIGNATURES:
            check.wrong(f"entry {head.entry.number}: its checkpoint has lines that the format does not have")
    if other_trees:
        first, *following = other_trees
        gap = next((place for place, head in enumerate(heads) if head.entry.number != place), len(heads))
        with check.of_file(lambda: gap < len(heads) and first >= gap):
            check.wrong(f"entry {first}: its checkpoint is not the tree over the manifests up to it")
        if following:
            others = "other checkpoint that is not is", "other checkpoints that are not are"
            check.note(f"the {number_of(len(following), *others)} a consequence, or a second change")
    return check.result(explain("size, root and origin agree; {newest}", newest=_newest(heads)), "the log is empty")


def _newest(heads: list[EntryHead]) -> Explanation:
    if not heads:
        return explain("there is no entry")
    return explain(
        "number of entries {entries}, newest root {root}",
        entries=Count(len(heads), Unit.ENTRIES),
        root=Label(heads[-1].root.hex()[:16]),
    )


def _signatures(heads: list[EntryHead], keys: list[PublicKey]) -> Check:
    check = CheckBuilder(
        "1.3", "checkpoints are signed by a key that the auditor trusts", "checkpoints, against --key", Unit.ENTRIES
    )
    if not keys:
        check.not_done(_nobody_to_trust(heads), "--key")
        return check.result()
    _refuse_secrets(heads, keys)
    trusted = list(keys)
    first = next(
        (place for place, head in enumerate(heads) if head.checkpoint and head.checkpoint.signatures), len(heads)
    )
    for head in heads[first:]:
        check.add()
        by = _signed_by(head, trusted)
        if by is None:
            check.wrong(f"entry {head.entry.number}: its checkpoint is not signed by a key that is trusted there")
        elif head.entry.kind == "rotation" and not head.entry.faults:
            following = _following(head)
            if following is None:
                check.wrong(
                    f"entry {head.entry.number}: the next key does not match its hash or its log, or has not signed"
                )
            else:
                retired = {key.raw for key in (*by, *_named_key(head.entry.document["old_key"]))}
                trusted = [*(key for key in trusted if key.raw not in retired), following]
    if first == len(heads) and heads:
        check.wrong("no checkpoint is signed at all")
    signed_later = explain("; entries before number {first} are covered by its signature", first=EntryNumber(first))
    return check.result(
        explain(
            "by the keys given, or by keys that these signed for{earlier}",
            earlier=signed_later if first else Explanation(),
        ),
        "the log is empty",
    )


def _refuse_secrets(heads: list[EntryHead], keys: list[PublicKey]) -> None:
    """Raise `UsageError` where a key is not the public key of the log but the secret one: both are 64 hex digits, and
    nobody should read that somebody wrote to the log without the key, because the wrong file was given.
    """
    for key in keys:
        public = SigningKey(key.name, key.raw).public
        if any(_signed_by(head, [public]) for head in heads):
            raise UsageError(
                "--key is the secret key that signs this log: give the public one, such as the signing.pub that"
                " offduty init writes beside it. An auditor needs no secret of others"
            )


def _nobody_to_trust(heads: list[EntryHead]) -> Explanation:
    signed = sum(bool(head.checkpoint and head.checkpoint.signatures) for head in heads)
    return explain(
        "no --key was given; checkpoints with a signature: {signed} of {entries}",
        signed=Count(signed, Unit.ENTRIES),
        entries=Count(len(heads), Unit.ENTRIES),
    )


def _signed_by(head: EntryHead, trusted: list[PublicKey]) -> list[PublicKey] | None:
    """The trusted keys that signed; None where none did, or where a signature in the name of one is not valid."""
    if head.checkpoint is None:
        return None
    names = [key.named(head.checkpoint.origin) for key in trusted]
    try:
        return list(head.checkpoint.note.signed_by(names)) or None
    except NoteError:
        return None


def _named_key(text: str) -> list[PublicKey]:
    """The key that an entry names; empty where it cannot be read."""
    try:
        return [read_public_key(text)]
    except UsageError:
        return []


def _following(head: EntryHead) -> PublicKey | None:
    """The next key of a rotation, if it is for this log, has the hash that the entry gives, and has signed it too."""
    document, checkpoint = head.entry.document, head.checkpoint
    try:
        key = read_public_key(document["new_key"])
        signed = checkpoint is not None and key.name == checkpoint.origin and checkpoint.note.signed_by([key])
    except (UsageError, NoteError):
        return None
    return key if signed and hashlib.sha256(key.raw).hexdigest() == document["new_key_sha256"] else None


def _ids(log: AuditedLog) -> Check:
    check = CheckBuilder("1.4", "each run's id is made of what it was asked", "runs", Unit.ENTRIES)
    found: set[str] = set()
    for run in (entry for entry in log.entries if entry.is_run or entry.is_trial):
        check.add()
        if run.document["question"] != question(run) or run.run_id != run_id(run):
            check.wrong(
                f"entry {run.number}: its id is not that of its inputs, declarations, policy, keys, interval, as_of and"
                " version"
            )
        if run.run_id in found:
            check.wrong(f"entry {run.number}: another entry has the same id")
        found.add(run.run_id)
    return check.result(
        "inputs, declarations, policy, keys, interval, as_of and version; no id is used twice", "the log has no run"
    )


def question(run: AuditedEntry) -> str:
    """The id of everything that a run was asked, except ``as_of`` (specification#run-id)."""
    document = run.document
    digests = document.get("references", {})
    asked = {
        "policy_sha256": _deciding(document) if digests else document["policy_sha256"],
        "keys": document["keys"],
        "interval": document["interval"],
        "version": document["versions"].get("offduty"),
        "inputs": [
            [source["table"], source["name"], source["sha256"]]
            for source in document["inputs"]
            if source["table"] == "pings" or not digests
        ],
    }
    if digests:  # earlier entries depend on the files of their tables
        asked["references"] = {table: found["touching"] for table, found in digests.items()}
    if not older_rules(document):
        asked["declarations"] = document.get("declarations", {})
    return hashlib.sha256(canonical(asked)).hexdigest()[:32]


def _deciding(document: Mapping[str, Any]) -> str:
    """The SHA-256 of the sections of the policy that decide: the one that the entry gives, where there are no others.

    Whether that is the hash of the policy is another check (7.1).
    """
    if not BESIDE_THE_RULES & set(document["policy"]):
        return str(document["policy_sha256"])
    rules = {section: values for section, values in document["policy"].items() if section not in BESIDE_THE_RULES}
    return hashlib.sha256(canonical(rules)).hexdigest()


def run_id(run: AuditedEntry) -> str:
    """The id of the run or the trial: of its question and its ``as_of`` (specification#run-id, specification#trial)."""
    asked = {"trial" if run.is_trial else "question": question(run), "as_of": run.document["as_of"]}
    return hashlib.sha256(canonical(asked)).hexdigest()[:32]


def _history(heads: list[EntryHead], stored: Checkpoint | None) -> Check:
    check = CheckBuilder(
        "1.5",
        "the log begins with the log of the checkpoint that the auditor stored",
        "entries, against --since",
        Unit.ENTRIES,
    )
    if stored is None:
        check.not_done(
            "no --since was given: a log that lost its newest entries, or was rewritten and signed again, passes too",
            "--since",
        )
        return check.result()
    check.add(stored.size)
    if stored.size > len(heads):
        check.wrong(
            f"the log has lost its newest entries: it had {number_of(stored.size, 'entry', 'entries')}, and has"
            f" {len(heads):,}"
        )
    elif stored.size and heads[stored.size - 1].root != stored.root:
        check.wrong("the log was rewritten: its first entries are not those of the auditor's checkpoint")
    elif heads and heads[0].checkpoint and heads[0].checkpoint.origin != stored.origin:
        check.wrong("the auditor's checkpoint is of another log")
    return check.result(
        explain(
            "entries unchanged: {before}; added since: {since}",
            before=Count(stored.size, Unit.ENTRIES),
            since=Count(len(heads) - stored.size, Unit.ENTRIES),
        ),
        "the auditor's checkpoint is of an empty log",
    )


def _cosigned(heads: list[EntryHead], stored: Checkpoint | None, cosigners: list[PublicKey]) -> Check:
    check = CheckBuilder(
        "1.6", "somebody else has signed for the log too", "cosigners, against --cosigner", Unit.COSIGNERS
    )
    if not cosigners:
        check.not_done("no --cosigner was given", "--cosigner")
    roots = [b"", *(head.root for head in heads)]
    notes = [note for note in (stored, *(head.checkpoint for head in heads)) if note is not None]
    true = [note for note in notes if 0 < note.size < len(roots) and note.root == roots[note.size]]
    signed_for: list[Explanation] = []
    for key in cosigners:
        check.add()
        sizes = [note.size for note in true if _has_signature_of(key, note)]
        if not sizes:
            check.wrong("no checkpoint of this log has this cosigner's signature, neither an entry's nor the auditor's")
        signed_for.append(
            explain(
                "{signed} of {entries} " + ("entry" if len(heads) == 1 else "entries"),
                signed=Count(max(sizes, default=0), Unit.ENTRIES),
                entries=Count(len(heads), Unit.ENTRIES),
            )
        )
    return check.result(explain("signed for: {each}", each=join(signed_for, ", ")))


def _has_signature_of(key: PublicKey, checkpoint: Checkpoint) -> bool:
    try:
        return bool(checkpoint.note.signed_by([key if key.name else key.named(checkpoint.origin)]))
    except NoteError:
        return False
