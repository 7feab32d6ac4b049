"""Writes into the log that an analysis was made: what was asked, by whom and why, of which runs, before it is answered.

No id and no result is written (rule A5). What was answered to everybody is named by its hash, so that it can be made
again and compared. What was answered about one officer is named by a hash with the pseudonym key, and not at all where
there is none: the plain hash of so small an answer could be tried out.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from offduty.config.declarations import TableDeclaration, declarations_document
from offduty.config.key_files import fingerprint
from offduty.core.canonical_json import canonical_json
from offduty.core.errors import UsageError
from offduty.core.instants import iso_text
from offduty.core.locations import Location
from offduty.core.versions import version
from offduty.store.local import append, storage_errors
from offduty.store.open_store import open_store_at
from offduty.transparency.entries import ANALYSIS
from offduty.transparency.log import LogEntry

LONGEST_BECAUSE = 200  # characters
KEYED = b"offduty analysis about one officer"
"""From this text and the pseudonym key the key is derived that names officers, and answers about one."""
COMPARISON, PACK = "compare", "consult"
"""What is about policies and not about staff: no terms are agreed on for it (ADR 14)."""
AGGREGATE, OWN_COPY, SINGLE_CASE = "aggregate", "own_copy", "single_case"


@dataclass(frozen=True)
class AskedAnalysis:
    """What was asked: the ``analysis``, for whom (``answer``), who asked and why, with which parameters, of which runs
    and tables (table, SHA-256 and size of each file, and how they are ``declared``), under which policy and rules, and
    with which pseudonym key.
    """

    analysis: str
    answer: str
    role: str
    because: str
    parameters: Mapping[str, str]
    tables: Sequence[Mapping[str, Any]]
    policy_sha256: str
    rules_sha256: str
    runs: Sequence[str] = ()
    key: bytes | None = field(default=None, repr=False)
    declared: Mapping[str, TableDeclaration] = field(default_factory=dict)


def log_analysis(
    store: Location, asked: AskedAnalysis, seed: bytes | None, files: Mapping[str, bytes], officer: str = ""
) -> LogEntry:
    """Add the entry of an analysis whose answer is these ``files``, by name; about ``officer``, unless it is for all.

    ``seed`` is the secret signing key; a signed log needs it. Raises `UsageError` where there is no store, the log is
    signed and ``seed`` is None, the pseudonym key is that of no run of the store, or the reason is not one short line;
    `StorageError` where it cannot be written. Then nothing may be answered.
    """
    manifest = canonical_json(_document(asked, files, officer))
    with storage_errors(), open_store_at(store, made="an analysis is written into the log of a store") as opened:
        if seed is None and any(entry.is_signed for entry in opened.logged):
            raise UsageError("the log is signed: name its secret key with --signing, so that the entry is signed, too")
        _check_key(asked.key, opened.logged)
        signing = opened.signing_with(seed)
        return append(signing, manifest, signing.signers()).logged[-1]


def keyed_sha256(key: bytes, officer: str, files: Mapping[str, bytes]) -> str:
    """The hash with the key of an answer about one officer: of the id, and of each file in the order of their names."""
    return _keyed(key, officer.encode(), *(files[name] for name in sorted(files)))


def about_officer(key: bytes, officer: str, recorded_at: str, analysis: str) -> str:
    """What stands for the officer in one entry: with the key it can be recognised, and no two entries have the same."""
    return _keyed(key, b"about", officer.encode(), recorded_at.encode(), analysis.encode())


def is_of_pack(entry: LogEntry) -> bool:
    """Whether an entry says that a pack for consultation was made."""
    return entry.kind == ANALYSIS and entry.document["analysis"] == PACK


def newest_packs(entries: Sequence[LogEntry]) -> list[LogEntry]:
    """The packs that were made since anything else was recorded: all of them are about the log as it is."""
    return list(takewhile(is_of_pack, reversed(entries)))


def named_outputs(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """The files of an answer for everybody, as an entry names them: name, SHA-256 and size, in the order of names."""
    return [
        {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in sorted(files.items())
    ]


def asked_about(entries: Iterable[LogEntry], key: bytes, officer: str) -> list[Mapping[str, Any]]:
    """The entries of answers about one officer, for the own copy: single cases, and own copies, which nobody else
    should ask for. In the order of the log.
    """
    of_one = [entry.document for entry in entries if entry.document.get("answer") in (SINGLE_CASE, OWN_COPY)]
    return [
        each
        for each in of_one
        if each.get("about") == about_officer(key, officer, each["recorded_at"], each["analysis"])
    ]


def _check_key(key: bytes | None, entries: Iterable[LogEntry]) -> None:
    """Raise `UsageError` where nobody who has the key of the runs could make the keyed hash again."""
    runs = (entry.document for entry in entries if entry.names_files)
    if key is not None and fingerprint(key) not in {run["keys"].get("pseudonym") for run in runs}:
        raise UsageError("--key is not the pseudonym key of any run of the store: name the key that the runs used")


def _keyed(key: bytes, *parts: bytes) -> str:
    derived = hmac.new(key, KEYED, hashlib.sha256).digest()
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hmac.new(derived, message, hashlib.sha256).hexdigest()


def check_because(because: str | None, option: str = "--because") -> None:
    """Raise `UsageError` where a reason that is given is not one printable line, says nothing, or is too long. It stays
    in the log for ever.
    """
    if because is None:
        return
    if not because.strip():
        raise UsageError(f"{option} is empty: say why in one line, or leave it out")
    if not because.isprintable() or len(because) > LONGEST_BECAUSE:
        raise UsageError(
            f"{option} must be one line of at most {LONGEST_BECAUSE} characters; it stays in the log, so name no person"
            " in it"
        )


def check_own_copy(role: str | None) -> None:
    """Raise `UsageError` where an own copy is asked by a recipient: it is the officer's, and its entry names nobody."""
    if role is not None:
        raise UsageError("--role says who asks for somebody else: leave it out, since an own copy is the officer's")


def role_of(given: str | None, recipients: Sequence[str]) -> str:
    """Who asks: the recipient that was named, or the only one. `UsageError` where it is none, or one of several."""
    if given is None and len(recipients) == 1:
        return recipients[0]
    if given is None or given not in recipients:
        raise UsageError(f"say with --role who asks, as one of the recipients that were agreed on: {_list(recipients)}")
    return given


def _list(recipients: Sequence[str]) -> str:
    return "; ".join(recipients)


def _document(asked: AskedAnalysis, files: Mapping[str, bytes], officer: str) -> dict[str, Any]:
    everybody = asked.answer == AGGREGATE
    keyed = "" if everybody or asked.key is None else keyed_sha256(asked.key, officer, files)
    recorded_at = iso_text(time.time_ns() // 1000)
    of_one = not everybody and asked.key is not None
    declared = declarations_document(asked.declared)
    return {
        **({"declarations": declared} if declared else {}),
        "kind": ANALYSIS,
        "recorded_at": recorded_at,
        "analysis": asked.analysis,
        "answer": asked.answer,
        "role": asked.role,
        "because": asked.because,
        "parameters": dict(asked.parameters),
        "runs": list(asked.runs),
        "tables": [dict(table) for table in asked.tables],
        "policy_sha256": asked.policy_sha256,
        "pseudonym": "" if asked.key is None else fingerprint(asked.key),
        "rules_sha256": asked.rules_sha256,
        "outputs": named_outputs(files) if everybody else [],
        "keyed_sha256": keyed,
        "about": about_officer(asked.key or b"", officer, recorded_at, asked.analysis) if of_one else "",
        "versions": {"offduty": version("offduty")},
    }
