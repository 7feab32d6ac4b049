"""The commands `offduty sign` and `offduty agree`: representatives sign a policy, and the log records it."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from offduty.admin.init import signing_files
from offduty.cli.console import print_answer, say
from offduty.cli.write_file import check_free, put
from offduty.config.key_files import load_signing_key
from offduty.config.policy import Policy
from offduty.core.durable_files import create
from offduty.core.errors import StorageError, UsageError, why
from offduty.runs.agree import agree as record
from offduty.transparency.agreement import AgreementText, read_agreement
from offduty.transparency.keys import is_name
from offduty.transparency.signed_note import NoteError, SigningKey, load_public_key

PACK_LIST = "SHA256SUMS"
"""The file of a pack that lists its files with their hashes, as sha256sum writes it."""


def sign(
    key: Path,
    name: str | None,
    policy: Path | None,
    pack: Path | None,
    until: str | None,
    because: str | None,
    output: Path | None,
) -> int:
    """Make the key of a representative, or sign a policy with it."""
    if policy is None:
        if pack or until or because or output:
            raise UsageError("--pack, --until, --because and -o are for signing: name the policy with --policy")
        return _make_key(key, name)
    if output is None:
        raise UsageError("name the file for the signed note with -o")
    if bool(until) is not bool(because):
        raise UsageError("an exception needs both: its last day with --until, and its reason with --because")
    check_free(output, force=False, replaceable=False)
    rules, file_sha256 = Policy.load_signed(policy)
    pack_sha256 = pack_hash(pack) if pack is not None else ""
    text = AgreementText(rules.sha256, file_sha256, pack_sha256, until or "", because or "")
    note = text.signed(_signer(key, name))
    try:
        read_agreement(note.data)
    except NoteError:
        raise UsageError(
            "--until must be a date (such as 2026-05-01), and --because one line of at most 300 characters"
        ) from None
    put(output, note.data, force=False, replaceable=False)
    say(f"signed {policy.name}{' as an exception until ' + until if until else ''}: send {output.name} to the operator")
    say("The note says exactly this:")
    return print_answer(text.text)


def _make_key(key: Path, name: str | None) -> int:
    if name is None or not is_name(name) or not name.isprintable():
        raise UsageError("give the new key a name without spaces (--name union/branch-12); it is printed for ever")
    if key.suffix != ".key":
        raise UsageError("the name of the file must end with .key; its public half gets .pub and .pem", file=key.name)
    files = {key.with_name(file): text for file, text in signing_files(key.stem, secrets.token_bytes(32), name).items()}
    for path in files:
        check_free(path, force=False, replaceable=False)
    try:
        for path, text in files.items():
            create(path, text.encode())
    except OSError as error:
        raise StorageError(f"the key cannot be written: {why(error)}", file=key.name) from None
    say(f"made {key.name}: keep it secret, and show it to nobody. The line below is public, for [agreement] keys:")
    return print_answer(files[key.with_suffix(".pub")])


def _signer(key: Path, name: str | None) -> SigningKey:
    """The key with its name: the one that is given, or that of its public half beside it."""
    seed = load_signing_key(key)
    if name is None:
        public = load_public_key(key.with_suffix(".pub"))
        if SigningKey(public.name, seed).public != public:
            raise UsageError(
                "this file has another public key: put that of KEY in its place, or give the --name",
                file=key.with_suffix(".pub").name,
            )
        name = public.name
    return SigningKey(name, seed)


def pack_hash(pack: Path) -> str:
    """The SHA-256 of a pack: of its list of files, each of which must have the hash that stands there.

    Raises `UsageError`, which names the first file that has not.
    """
    try:
        listed = (pack / PACK_LIST).read_bytes()
        for line in listed.decode("ascii").splitlines():
            digest, _, name = line.partition("  ")
            if "/" in name or hashlib.sha256((pack / name).read_bytes()).hexdigest() != digest:
                raise UsageError("this file of the pack was changed after the pack was made", file=name)
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"this folder has no pack in it: {PACK_LIST}, or a file that it lists") from None
    return hashlib.sha256(listed).hexdigest()


def agree(job: Path, notes: tuple[Path, ...], store: Path | str | None) -> int:
    """Record signed notes: the policy of JOB.toml was agreed on."""
    done = record(job, notes, store=store)
    names = ", ".join(done.by.names)
    if done.by.until:
        say(f"recorded in entry {done.entry}: an EXCEPTION until {done.by.until}, signed by {names}: {done.by.because}")
        say("it is no agreement, and every verification and every pack will name it")
    else:
        say(f"recorded in entry {done.entry}: agreed by {names}")
    return 0
