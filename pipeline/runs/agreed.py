"""Whether a policy was agreed on: its own representatives signed it, and those of the policy before it
(specification#agreement).

The newest agreement of the log counts, and no other: who goes back to an older policy has it signed again. A policy
that names no key needs no signature, unless the one before it named some: then these sign that they need not any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from offduty.config.policy import Policy
from offduty.core.canonical_json import canonical_json
from offduty.core.errors import UsageError
from offduty.core.versions import version
from offduty.transparency.agreement import AgreementText, lacking, merged, read_agreement
from offduty.transparency.entries import AGREEMENT
from offduty.transparency.log import LogEntry
from offduty.transparency.signed_note import Note, NoteError, PublicKey, read_public_key

LONGEST_EXCEPTION = timedelta(days=90)
HOW = "offduty docs consulting says how it is agreed on"


@dataclass(frozen=True)
class AgreedBy:
    """Who put a policy in force, by the names of their keys; ``until`` is the last day of an exception, or empty."""

    names: tuple[str, ...]
    until: str = ""
    because: str = ""


def check_agreed(
    entries: Sequence[LogEntry], policy: Policy, file_sha256: str, today: date | None = None
) -> AgreedBy | None:
    """Who agreed on a policy, whose file has that hash; None where nobody need have.

    Raises `UsageError` where it was not agreed on, or where an exception is over.
    """
    needed = needed_keys(entries, policy)
    if not needed:
        return None
    newest = next((each for each in reversed(agreements(entries)) if not each["until"]), None)
    mine = {"policy_sha256": policy.sha256, "file_sha256": file_sha256}
    if newest is not None and _has(newest, mine):
        return signers_in(newest)
    exceptions = [each for each in agreements(entries) if each["until"] and _has(each, mine)]
    day = (today or datetime.now(UTC).date()).isoformat()
    for each in exceptions:
        if day <= each["until"]:
            return signers_in(each)
    raise UsageError(_refusal(newest, mine, bool(exceptions), needed))


def signers_in(document: Mapping[str, Any]) -> AgreedBy:
    """Who signed an agreement or an exception, by its entry: the names of the keys in its note. Whether their
    signatures are valid was checked before it was recorded, and `offduty verify` checks it again.
    """
    names = dict.fromkeys(signature.name for signature in _note(document).signatures)
    return AgreedBy(tuple(names), document["until"], document["because"])


def _refusal(newest: dict[str, Any] | None, mine: dict[str, str], is_over: bool, needed: Sequence[PublicKey]) -> str:
    names = ", ".join(sorted({key.name for key in needed}))
    if is_over:
        return f"the exception for this policy is over: it needs the signatures of {names}. {HOW}"
    if newest is not None and newest["policy_sha256"] == mine["policy_sha256"]:
        return (
            "the file of this policy has other bytes than the one that was signed, though its rules are the same: use"
            f" the signed file, or have it signed again by {names}. {HOW}"
        )
    return f"this policy was not agreed on: it needs the signatures of {names}. {HOW}"


def agreements(entries: Sequence[LogEntry]) -> list[dict[str, Any]]:
    """The agreements and exceptions of a log, in order."""
    return [entry.document for entry in entries if entry.kind == AGREEMENT]


def needed_keys(entries: Sequence[LogEntry], policy: Policy) -> tuple[PublicKey, ...]:
    """Whose signatures a policy needs: of those whom it names, and of those whom the agreed policy names so far.

    Where it is the agreed policy itself these are the same.
    """
    own = policy.agreement.keys if policy.agreement else ()
    return _keys(dict.fromkeys((*own, *_named_so_far(entries))))


def _named_so_far(entries: Sequence[LogEntry]) -> tuple[str, ...]:
    newest = next((each for each in reversed(agreements(entries)) if not each["until"]), None)
    return tuple(newest["keys"]) if newest else ()


def agreement_entry(
    entries: Sequence[LogEntry], policy: Policy, file_sha256: str, notes: Sequence[bytes], recorded_at: str
) -> bytes:
    """The manifest of an agreement, made of signed notes over one text about this policy.

    Raises `UsageError` where a note is about another policy, a signature is not valid or is missing, nobody need sign,
    or an exception would last longer than 90 days.
    """
    needed = needed_keys(entries, policy)
    if not needed:
        raise UsageError("this policy needs no signature: it has no section [agreement] with keys")
    try:
        texts = [read_agreement(data) for data in notes]
        note = merged([each for _, each in texts])
        text = texts[0][0]
        if (text.policy_sha256, text.file_sha256) != (policy.sha256, file_sha256):
            raise UsageError("the note is about another policy than this, or about another version of its file")
        extra = policy.agreement.emergency_keys if policy.agreement else ()
        missing = lacking(note, needed, _keys(extra))
    except NoteError as error:
        raise UsageError(f"this is not a signed note about a policy: {error}") from None
    if missing:
        raise UsageError(f"signatures are missing: {', '.join(missing)}. Nothing was recorded")
    _check_end(text, recorded_at)
    return canonical_json(_document(policy, text, note, recorded_at))


def check_notes(policy: Policy, file_sha256: str, notes: Sequence[bytes], now: str) -> None:
    """Raise `UsageError` unless signed notes show that a policy was agreed on, or is in force by way of exception: for
    whoever has no store in whose log that stands.
    """
    if not notes:
        names = ", ".join(sorted(key.name for key in needed_keys([], policy)))
        raise UsageError(f"this policy needs the signatures of {names}: give the signed notes with --agreement. {HOW}")
    agreement_entry([], policy, file_sha256, notes, now)


def _check_end(text: AgreementText, recorded_at: str) -> None:
    today = date.fromisoformat(recorded_at[:10])
    if text.is_emergency and not today <= date.fromisoformat(text.until) <= today + LONGEST_EXCEPTION:
        raise UsageError(f"an exception lasts {LONGEST_EXCEPTION.days} days at most, and does not end before it begins")


def _document(policy: Policy, text: AgreementText, note: Note, recorded_at: str) -> dict[str, Any]:
    terms = policy.agreement
    return {
        "kind": AGREEMENT,
        "recorded_at": recorded_at,
        "policy_sha256": text.policy_sha256,
        "file_sha256": text.file_sha256,
        "pack_sha256": text.pack_sha256,
        "keys": list(terms.keys) if terms else [],
        "emergency_keys": list(terms.emergency_keys) if terms else [],
        "until": text.until,
        "because": text.because,
        "note": note.data.decode(),
        "versions": {"offduty": version("offduty")},
    }


def _keys(texts: Sequence[str] | dict[str, None]) -> tuple[PublicKey, ...]:
    return tuple(read_public_key(text) for text in texts)


def _note(document: Mapping[str, Any]) -> Note:
    return read_agreement(document["note"].encode())[1]


def _has(document: dict[str, Any], mine: dict[str, str]) -> bool:
    return all(document[key] == value for key, value in mine.items())
