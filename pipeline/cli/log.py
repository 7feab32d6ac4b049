"""The commands about the log: print its head, make and check proofs, delete old files, change the signing key."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from offduty.admin.expire import expire as expire_files
from offduty.admin.rotate import rotate as change_key
from offduty.cli.console import print_answer, say
from offduty.core.count_words import number_of
from offduty.core.durable_files import create
from offduty.core.errors import UsageError, why
from offduty.core.locations import store_location
from offduty.store.open_store import LOG, local_copy
from offduty.transparency.consistency_proof import (
    ConsistencyProof,
    check_consistency_proof,
    is_consistency_proof,
    make_consistency_proof,
    read_consistency_proof,
)
from offduty.transparency.entries import ManifestError, read_manifest
from offduty.transparency.inclusion_proof import InclusionProof, check_proof, make_proof, read_proof
from offduty.transparency.keys import PublicKey, Signature
from offduty.transparency.log import LogEntry, read_store
from offduty.transparency.signed_note import Checkpoint, NoteError, load_public_key, read_checkpoint

LARGEST_PROOF_BYTES = 1 << 28


def checkpoint(store: Path | str, output: Path | None, as_json: bool) -> int:
    """Print the head of STORE's log, for an auditor to keep: whoever has it knows what may not change any more.

    STORE may be a copy that cannot be written. The head is printed only when it is that of the entries as they lie
    there.
    """
    entries = _log_of(store)
    head = entries[-1].head
    printed = _put(head.note.data, output, as_json)
    if as_json:
        document = {"origin": head.origin, "size": head.size, "root": head.root.hex(), "note": head.note.data.decode()}
        signatures = [_signature(each) for each in head.signatures]
        return print_answer(json.dumps({**document, "signatures": signatures}) + "\n")
    say(f"the head of {number_of(head.size, 'entry', 'entries')} of the log {head.origin}")
    if not entries[-1].is_signed:
        say("it is not signed: it shows what the log contains, but not who wrote it")
    say("next: keep it where the operator of the filter cannot change it; every later log must begin with this one")
    return printed


def _signature(signature: Signature) -> dict[str, object]:
    at_s = signature.cosigned_at_s
    document: dict[str, object] = {"name": signature.name, "key_id": signature.key_id.hex()}
    return document if at_s is None else {**document, "cosigned_at": _written(at_s)}


def _written(at_s: int) -> str:
    try:
        return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{at_s} seconds since 1970"


def proof(
    store: Path | str | None,
    run_id: str | None,
    output: Path | None,
    consistency: Path | None,
    head: Path | None,
    check: Path | None,
    key: Path | None,
    cosigners: tuple[Path, ...],
    manifest: Path | None,
    as_json: bool,
) -> int:
    """Make the proof of a run, or that the log only grew; or check either. Exit code 7 where it is not proven."""
    if check is not None:
        if store or output or head or key is None:
            raise UsageError("proof --check FILE needs --key PUB, and neither a store nor -o nor --checkpoint")
        keys = _Keys(load_public_key(key), [load_public_key(path) for path in cosigners])
        return _check(_read(check), keys, manifest, consistency, as_json)
    if store is None or (run_id is None) == (consistency is None) or key or cosigners or manifest or as_json:
        raise UsageError(
            "offduty proof STORE RUN_ID or offduty proof STORE --consistency FILE makes a proof; --key, --cosigner,"
            " --manifest and --json go with --check"
        )
    proven_by = _checkpoint_in(head, "--checkpoint")
    older = _checkpoint_in(consistency, "--consistency")
    entries = _log_of(store)
    made: InclusionProof | ConsistencyProof
    if older is None:
        made = make_proof(entries, run_id or "", proven_by)
        what = f"entry {made.index} of {made.head.size} of the log {made.head.origin}"
    else:
        made = make_consistency_proof(entries, older, proven_by)
        grown = number_of(made.head.size, "entry", "entries")
        what = f"the growth from {made.old.size:,} to {grown} of the log {made.head.origin}"
    printed = _put(made.data, output, as_json=False)
    say(f"the proof of {what}")
    say("next: offduty proof --check FILE --key signing.pub; it needs no store")
    return printed


@dataclass(frozen=True)
class _Keys:
    """The public keys by which a proof is checked: that of the log, and those of cosigners."""

    log: PublicKey
    cosigners: list[PublicKey]

    @property
    def cosigner_names(self) -> list[str]:
        return [cosigner.name for cosigner in self.cosigners]


def _log_of(store: Path | str) -> list[LogEntry]:
    """The log of a store, in a folder or in an object store, checked by `check_log`."""
    with local_copy(store_location(store), LOG) as folder:
        return read_store(folder)


def _checkpoint_in(file: Path | None, option: str) -> Checkpoint | None:
    """The checkpoint in a file that an option names; None where the option was not given."""
    if file is None:
        return None
    try:
        return read_checkpoint(_read(file))
    except NoteError as error:
        raise UsageError(f"{option} names a file that is not a checkpoint: {error}", file=file.name) from None


def _check(data: bytes, keys: _Keys, manifest: Path | None, consistency: Path | None, as_json: bool) -> int:
    """Check a proof of either kind; its first line says which it is."""
    if is_consistency_proof(data):
        if manifest:
            raise UsageError("--manifest goes with the proof of an entry; this file is a consistency proof")
        grown = read_consistency_proof(data)
        check_consistency_proof(grown, keys.log, keys.cosigners, _checkpoint_in(consistency, "--consistency"))
        return _report_growth(grown, keys.cosigner_names, consistency is not None, as_json)
    found = read_proof(data)
    if consistency:
        raise UsageError("--consistency goes with a consistency proof; this file is the proof of an entry")
    given = None if manifest is None else _read(manifest).partition(b"\n\n")[0].removesuffix(b"\n")
    proven = check_proof(found, keys.log, keys.cosigners, given)
    return _report_entry(found, proven, keys.cosigner_names, as_json)


def _report_growth(proof: ConsistencyProof, cosigned: list[str], compared: bool, as_json: bool) -> int:
    old, head = proof.old, proof.head
    if as_json:
        sizes = {"proven": True, "origin": head.origin, "size": head.size, "old_size": old.size}
        document = {**sizes, "old_root": old.root.hex(), "compared": compared, "cosigners": cosigned}
        return print_answer(json.dumps(document) + "\n")
    entries = number_of(head.size, "entry", "entries")
    say(f"proven: the log {head.origin} of {entries} begins with the {old.size:,} of the older checkpoint")
    if not compared:
        say(f"  the root of the older checkpoint is {old.root.hex()}")
        say("  compare it with the checkpoint that you stored: give that one with --consistency")
    return _report_signers(cosigned)


def _report_signers(cosigned: list[str]) -> int:
    others = "".join(f", and by {name}" for name in cosigned)
    say(f"  the checkpoint over it is signed by the key that was given{others}")
    return 0


def _report_entry(found: InclusionProof, manifest: bytes, cosigned: list[str], as_json: bool) -> int:
    document: dict[str, object] = {}
    with suppress(ManifestError):
        document = read_manifest(manifest)
    about: dict[str, object] = {key: document[key] for key in ("kind", "run_id") if key in document}
    head = found.head
    if as_json:
        place = {"proven": True, "origin": head.origin, "size": head.size, "index": found.index, **about}
        whole = {**place, "manifest_sha256": sha256(manifest).hexdigest(), "cosigners": cosigned}
        return print_answer(json.dumps(whole) + "\n")
    named = " ".join(str(value) for value in about.values()) or "of a kind that this version does not know"
    say(f"proven: entry {found.index} of {head.size} of the log {head.origin} is this manifest: {named}")
    say(f"  its SHA-256 is {sha256(manifest).hexdigest()}")
    return _report_signers(cosigned)


def expire(job: Path, before: str, reason: str, store: Path | str | None, as_json: bool) -> int:
    """Let old positions go: the log first says which files and why, then they are deleted. Ledgers and the log stay."""
    done = expire_files(job, before=before, why=reason, store=store)
    size = sum(file.bytes for file in done.files)
    runs = len({file.run_id for file in done.files})
    if as_json:
        document = {"files": len(done.files), "bytes": size, "runs": runs, "before": before}
        if done.entry is None:
            return print_answer(json.dumps(document) + "\n")
        stands = f"the files were deleted all the same: entry {done.entry} names them"
        return print_answer(json.dumps({"entry": done.entry, **document}) + "\n", stands=stands)
    if done.entry is None:
        say(f"nothing older than {before} is left to delete; nothing was changed")
    else:
        what = f"{number_of(len(done.files), 'file')} of {number_of(runs, 'run')}, {number_of(size, 'byte')}"
        say(f"deleted: {what}; entry {done.entry} names {'it' if len(done.files) == 1 else 'them'}")
    return 0


def rotate(job: Path, new: Path, lost_old_key: bool, store: Path | str | None) -> None:
    """Change the key that signs the log: the old key and the new one both sign the entry that says so."""
    done = change_key(job, new=new, lost_old_key=lost_old_key, store=store)
    for path in done.made:
        say(f"made {path}")
    say(f"entry {done.entry} of the log says that the key is now {done.key.vkey}")
    say(f"next: set keys.signing in {job.name} to {new.name}; give {new.with_suffix('.pub').name} to the auditor")
    if lost_old_key:
        say("the old key did not sign this: give the new key to the auditors in person, and say why")


def _put(content: bytes, output: Path | None, as_json: bool) -> int:
    """Write to a new file, or to standard output. A checkpoint is evidence, so an existing file is never replaced."""
    if output is None:
        return 0 if as_json else print_answer(content)
    try:
        create(output, content)
    except FileExistsError:
        raise UsageError(
            "this file exists already and is not replaced; choose another name", file=output.name
        ) from None
    except OSError as error:
        raise UsageError(f"the file cannot be written: {why(error)}", file=output.name) from None
    return 0


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_PROOF_BYTES)
    except OSError as error:
        raise UsageError(f"the file cannot be read: {why(error)}", file=path.name) from None
