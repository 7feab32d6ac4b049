"""The commands about the log: print its head, make and check proofs, delete old files, change the signing key."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import click

from offduty.admin.expire import expire as expire_files
from offduty.admin.rotate import rotate as change_key
from offduty.cli.console import say
from offduty.core.durable_files import create
from offduty.core.errors import UsageError, why
from offduty.core.locations import store_location
from offduty.store.remote import LOG, at_hand
from offduty.transparency.entries import ManifestError, read_manifest
from offduty.transparency.inclusion_proof import InclusionProof, check_proof, make_proof, read_proof
from offduty.transparency.keys import Signature
from offduty.transparency.log import LogEntry, read_store
from offduty.transparency.signed_note import NoteError, load_public_key, read_checkpoint

LARGEST_PROOF_BYTES = 1 << 28


def checkpoint(store: Path | str, output: Path | None, as_json: bool) -> None:
    """Print the head of STORE's log, for an auditor to keep: whoever has it knows what may not change any more.

    STORE may be a copy that cannot be written. The head is printed only when it is that of the entries as they lie
    there.
    """
    entries = _log_of(store)
    head = entries[-1].head
    _put(head.note.data, output, as_json)
    if as_json:
        document = {"origin": head.origin, "size": head.size, "root": head.root.hex(), "note": head.note.data.decode()}
        click.echo(json.dumps({**document, "signatures": [_signature(each) for each in head.signatures]}))
        return
    say(f"the head of {head.size} {'entry' if head.size == 1 else 'entries'} of the log {head.origin}")
    if not entries[-1].is_signed:
        say("it is not signed: it shows what the log contains, but not who wrote it")
    say("next: keep it where the operator of the filter cannot change it; every later log must begin with this one")


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
    older: Path | None,
    check: Path | None,
    key: Path | None,
    cosigners: tuple[Path, ...],
    manifest: Path | None,
    as_json: bool,
) -> None:
    """Prove that a run is in STORE's log, by a file that stands alone; or check such a file.

    RUN_ID is the run's id, or the number of an entry (from 0).
    """
    if check is not None:
        if store or output or older or key is None:
            raise UsageError("proof --check FILE needs --key PUB, and neither a store nor -o nor --checkpoint")
        _check(check, key, cosigners, manifest, as_json)
        return
    if store is None or run_id is None or key or cosigners or manifest or as_json:
        raise UsageError(
            "offduty proof STORE RUN_ID makes a proof; --key, --cosigner, --manifest and --json go with --check"
        )
    _make(store, run_id, output, older)


def _log_of(store: Path | str) -> list[LogEntry]:
    """The checked log of a store, wherever it lies."""
    with at_hand(store_location(store), LOG) as folder:
        return read_store(folder)


def _make(store: Path | str, run_id: str, output: Path | None, older: Path | None) -> None:
    try:
        head = None if older is None else read_checkpoint(_read(older))
    except NoteError as error:
        raise UsageError(f"--checkpoint names a file that is not a checkpoint: {error}") from None
    made = make_proof(_log_of(store), run_id, head)
    _put(made.data, output, as_json=False)
    say(f"the proof of entry {made.index} of {made.head.size} of the log {made.head.origin}")
    say("next: offduty proof --check FILE --key signing.pub; it needs no store")


def _check(file: Path, key: Path, cosigners: tuple[Path, ...], manifest: Path | None, as_json: bool) -> None:
    found = read_proof(_read(file))
    watchers = [load_public_key(path) for path in cosigners]
    given = None if manifest is None else _read(manifest).partition(b"\n\n")[0].removesuffix(b"\n")
    proven = check_proof(found, load_public_key(key), watchers, given)
    _tell(found, proven, [watcher.name for watcher in watchers], as_json)


def _tell(found: InclusionProof, manifest: bytes, cosigned: list[str], as_json: bool) -> None:
    document: dict[str, object] = {}
    with suppress(ManifestError):
        document = read_manifest(manifest)
    about: dict[str, object] = {key: document[key] for key in ("kind", "run_id") if key in document}
    head = found.head
    if as_json:
        place = {"proven": True, "origin": head.origin, "size": head.size, "index": found.index, **about}
        click.echo(json.dumps({**place, "manifest_sha256": sha256(manifest).hexdigest(), "cosigners": cosigned}))
        return
    named = " ".join(str(value) for value in about.values()) or "of a kind that this version does not know"
    say(f"proven: entry {found.index} of {head.size} of the log {head.origin} is this manifest: {named}")
    say(f"  its SHA-256 is {sha256(manifest).hexdigest()}")
    say(
        "  the checkpoint over it is signed by the key that was given"
        + "".join(f", and by {name}" for name in cosigned)
    )


def expire(job: Path, before: str, reason: str, store: Path | str | None, as_json: bool) -> None:
    """Let old positions go: the log first says which files and why, then they are deleted. Ledgers and the log stay."""
    done = expire_files(job, before=before, why=reason, store=store)
    size = sum(file.bytes for file in done.files)
    runs = len({file.run_id for file in done.files})
    if as_json:
        document = {"files": len(done.files), "bytes": size, "runs": runs, "before": before}
        click.echo(json.dumps(document if done.entry is None else {"entry": done.entry, **document}))
    elif done.entry is None:
        say(f"nothing is older than {before}; nothing was changed")
    else:
        say(f"deleted: {len(done.files):,} files of {runs:,} runs, {size:,} bytes; entry {done.entry} names them")


def rotate(job: Path, new: Path, lost_old_key: bool, store: Path | str | None) -> None:
    """Change the key that signs the log: the old key and the new one both sign the entry that says so."""
    done = change_key(job, new=new, lost_old_key=lost_old_key, store=store)
    for path in done.made:
        say(f"made {path}")
    say(f"entry {done.entry} of the log says that the key is now {done.key.vkey}")
    say(f"next: set keys.signing in {job.name} to {new.name}; give {new.with_suffix('.pub').name} to the auditor")
    if lost_old_key:
        say("the old key did not sign this: give the new key to the auditors in person, and say why")


def _put(content: bytes, output: Path | None, as_json: bool) -> None:
    """Write to a new file, or to standard output. A checkpoint is evidence, so an existing file is never replaced."""
    if output is None:
        if not as_json:
            click.echo(content, nl=False)
        return
    try:
        create(output, content)
    except FileExistsError:
        raise UsageError(
            "this file exists already and is not replaced; choose another name", file=output.name
        ) from None
    except OSError as error:
        raise UsageError(f"the file cannot be written: {why(error)}", file=output.name) from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_PROOF_BYTES)
    except OSError as error:
        raise UsageError(f"the file cannot be read: {why(error)}", file=path.name) from None
