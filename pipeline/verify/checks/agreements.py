"""Check 7.6: each run used a policy that its representatives had signed; exceptions are named, for ever.

An entry of kind `agreement` has a signed note over the hashes of a policy. All whose keys the policy names must have
signed it, and all whom the agreed policy before it named (specification#agreement). An exception needs two signatures
and has a last day. The newest agreement before a run counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from offduty.core.errors import UsageError
from offduty.transparency.signed_note import Note, NoteError, PublicKey, read_note, read_public_key
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.output_files import where
from offduty.verify.verdict import Check, CheckBuilder, EntryNumber, Explanation, Label, Unit, explain, join

LONGEST_EXCEPTION = timedelta(days=90)
SIGNERS_OF_EXCEPTION = 2
Document = Mapping[str, Any]


def check_agreements(log: AuditedLog, runs: list[AuditedEntry], given: Path | None) -> Check:
    """7.6, over the runs whose policy needs signatures; ``given`` is the file of the policy that the auditor has."""
    check = CheckBuilder("7.6", "the policy was signed by those whom it names", "runs that need it", Unit.ENTRIES)
    file_sha256 = "" if given is None else _sha256_of(given)
    asked = {run.number for run in runs}
    state = _Agreements()
    for entry in log.entries:
        if entry.kind == "agreement" and not entry.faults:
            for what in state.add(entry):
                check.wrong(f"{where(entry)}: {what}")
            for remark in _exception_of(entry):
                check.note(remark)
        elif entry.is_run and state.is_needed(entry):
            check.add(entry.number in asked)
            fault = state.fault_of(entry)
            if fault and entry.number in asked:
                check.wrong(f"{where(entry)}: {fault}")
    if state.newest is not None and file_sha256:
        _compare_file(check, state.newest, file_sha256)
    return check.result(state.in_words(), "no policy of the log names whose signatures it needs")


class _Agreements:
    """The agreements up to some entry: the newest one, and the exceptions."""

    def __init__(self) -> None:
        self.newest: AuditedEntry | None = None
        self.exceptions: list[AuditedEntry] = []
        self._all: list[AuditedEntry] = []

    @property
    def _named(self) -> list[str]:
        return list(self.newest.document["keys"]) if self.newest else []

    def add(self, entry: AuditedEntry) -> Iterable[str]:
        """Take an entry in, and say what is wrong with it; one that is wrong does not count."""
        wrong = _faults(entry.document, self._named)
        if wrong:
            return wrong
        self._all.append(entry)
        if entry.document["until"]:
            self.exceptions.append(entry)
        else:
            self.newest = entry
        return []

    def is_needed(self, run: AuditedEntry) -> bool:
        """Whether the policy of a run needs signatures: by itself, or because the agreed one named some."""
        in_force = self.newest is not None and _is_of(self.newest, run)
        return bool(run.document["policy"].get("agreement", {}).get("keys") or self._named or in_force)

    def fault_of(self, run: AuditedEntry) -> str:
        """What is wrong with a run that needs an agreement; empty where it has one."""
        if self.newest is not None and _is_of(self.newest, run):
            return ""
        mine = [each for each in self.exceptions if _is_of(each, run)]
        if any(run.document["as_of"][:10] <= each.document["until"] for each in mine):
            return ""
        return "its exception was over" if mine else "nobody had agreed on its policy, or on another since"

    def in_words(self) -> Explanation:
        """Who agreed on what, from which entry on."""
        parts = [
            explain(
                "entry {entry}: policy {policy} {how} {names}",
                entry=EntryNumber(each.number),
                policy=Label(each.document["policy_sha256"][:12]),
                how="in force by way of exception, by" if each.document["until"] else "agreed by",
                names=Label(", ".join(_signers(each.document))),
            )
            for each in self._all
        ]
        return join(parts)


def _is_of(agreement: AuditedEntry, run: AuditedEntry) -> bool:
    terms = run.document["policy"].get("agreement", {"keys": [], "emergency_keys": []})
    named = {key: list(terms[key]) for key in ("keys", "emergency_keys")}
    same = agreement.document["policy_sha256"] == run.document["policy_sha256"]
    return same and all(agreement.document[key] == keys for key, keys in named.items())


def _faults(document: Document, named: list[str]) -> list[str]:
    """What is wrong with an agreement, given whom the agreed policy named so far."""
    try:
        note = read_note(document["note"].encode())
        needed = _keys([*document["keys"], *named])
        others = _keys(document["emergency_keys"])
        signers = note.signed_by({key.vkey: key for key in (*needed, *others)}.values())
    except (NoteError, UsageError):
        return ["its note or a key of it cannot be read, or a signature is not by the key that it names"]
    wrong = [] if note.text == _text(document) else ["what was signed is not what the entry says"]
    if not document["until"]:
        unsigned = sorted({key.name for key in needed if key not in signers})
        return [*wrong, *([f"signatures are missing: {', '.join(unsigned)}"] if unsigned else [])]
    if len({key.raw for key in signers}) < SIGNERS_OF_EXCEPTION:
        wrong.append("an exception needs two signatures")
    if date.fromisoformat(document["until"]) > date.fromisoformat(document["recorded_at"][:10]) + LONGEST_EXCEPTION:
        wrong.append("an exception lasts ninety days at most")
    return wrong


def _text(document: Document) -> str:
    """What must have been signed, by what the entry says."""
    lines = [
        "offduty/emergency/v1" if document["until"] else "offduty/agreement/v1",
        f"policy {document['policy_sha256']}",
        f"file {document['file_sha256']}",
        f"pack {document['pack_sha256'] or 'none'}",
    ]
    if document["until"]:
        lines += [f"until {document['until']}", f"because {document['because']}"]
    return "".join(f"{line}\n" for line in lines)


def _exception_of(entry: AuditedEntry) -> Iterable[str]:
    document = entry.document
    if document["until"]:
        names = ", ".join(_signers(document))
        yield f"{where(entry)}: an EXCEPTION until {document['until']}, by {names}: {document['because']}"


def _signers(document: Document) -> list[str]:
    """The names in a note; whether each signature is valid is checked apart."""
    try:
        note: Note = read_note(document["note"].encode())
    except NoteError:
        return []
    return list(dict.fromkeys(signature.name for signature in note.signatures))


def _keys(texts: Iterable[str]) -> list[PublicKey]:
    return [read_public_key(text) for text in texts]


def _sha256_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _compare_file(check: CheckBuilder, newest: AuditedEntry, file_sha256: str) -> None:
    """The file of --policy must be the one that was signed, to the byte."""
    if newest.document["file_sha256"] != file_sha256:
        check.wrong(f"{where(newest)}: the file of --policy has other bytes than the one that was signed")
