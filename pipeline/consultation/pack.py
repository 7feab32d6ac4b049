"""Makes the files of a pack: its page, the sheet for workers, all of it as JSON, and the list that is signed.

The same store and the same policies give the same bytes: no clock is read, and nothing is drawn by chance.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from offduty.consultation.gather import (
    Pack,
    analyses_of,
    attacks_measured,
    changes_since,
    deletions,
    figures_of,
    gaps_of,
    looked,
    signers_of,
    tried,
    weaker,
)
from offduty.consultation.pages import notice_to_staff, pack_page, to_sign, unanswered, worker_sheet
from offduty.consultation.parts import parts_of
from offduty.consultation.questions import BLANK, NOT_ANSWERED, QUESTIONS

PACK_LIST = "SHA256SUMS"


def consult(store: Path, policy: Path, other: Path | None = None) -> dict[str, bytes]:
    """The files of the pack about a policy, by name; ``other`` is a policy to compare it with.

    Raises `UsageError` where there is no store or a policy cannot be read, and `StorageError` where the log is damaged.
    """
    return pack_files(Pack.of(store, policy, other))


def pack_files(pack: Pack) -> dict[str, bytes]:
    """The files of a pack that was gathered, by name."""
    parts = parts_of(pack) | {"notice": notice_to_staff(pack), "to-sign": to_sign(pack)}
    document = json.dumps(_document(pack, unanswered_in(parts)), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    files = {
        "pack.html": pack_page(pack, parts),
        "pack.json": document.encode(),
        "worker-sheet.html": worker_sheet(pack),
    }
    listed = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return {**files, PACK_LIST: listed.encode()}


def unanswered_in(parts: Any) -> list[str]:
    """The questions that are not answered, in their words."""
    return [each.asks for each in unanswered(parts)]


def _document(pack: Pack, open_questions: list[str]) -> dict[str, Any]:
    head, attacks = pack.entries[-1].head, attacks_measured()
    return {
        "policy": {
            "name": pack.policy.rules.policy.name,
            "policy_sha256": pack.policy.rules.sha256,
            "file_sha256": pack.policy.file_sha256,
        },
        "log": {"origin": head.origin, "size": head.size, "root": head.root.hex()},
        "blank_fields": [field.title for field in BLANK],
        "questions": [
            {
                "step": each.step,
                "asks": each.asks,
                "after": each.after,
                "answer": NOT_ANSWERED if each.asks in open_questions else list(each.answered_at),
            }
            for each in QUESTIONS
        ],
        "runs": [figures_of(run) for run in pack.runs],
        "gaps": [list(each) for each in gaps_of(pack.newest)],
        "agreements": [[entry.number, signers_of(entry.document)] for entry in pack.agreements],
        "exceptions": [[e.number, e.document["until"], e.document["because"]] for e in pack.exceptions],
        "changes": changes_since(pack),
        "analyses": [
            {"name": each.name, "terms": each.terms, "error_card": dict(each.card)}
            for each in analyses_of(pack.policy.rules)
        ],
        "looked": looked(pack),
        "trials": tried(pack),
        "deletions": deletions(pack),
        "weaker": [sentence.key for sentence in weaker(pack.policy.rules.as_document())],
        "attacks": {"by_attack": attacks[0], "crossed": attacks[1], "no_claim": attacks[2]},
        "what_if": None if pack.what_if is None else pack.what_if.document(),
    }
