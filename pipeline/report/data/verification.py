"""Has a store verified, and tells the checks of `offduty verify` so that none is shown as fine that was not done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from offduty.config.job import Job
from offduty.report.disclosure import magnitude
from offduty.verify.auditor import Auditor, verify
from offduty.verify.verdict import Check, Status

COUNTS = re.compile(
    r"(?<![\w.,-])\d[\d,]*(?= (?:input |ledger |released )?(?:rows?|released|pings?|positions?|found)\b)"
)
LARGE = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?![\w,])")
FILES = re.compile(r"\S+\.(?:parquet|geoparquet|csv|ndjson|jsonl|geojson|json|toml|key|pub|entry)\b")
ROWS = re.compile(r"\b(?:rows?|values|pings?|positions?)\b")


@dataclass(frozen=True)
class VerificationEvidence:
    """What the verifier has besides the store and its inputs: public keys to trust, and the policy that was agreed."""

    keys: Sequence[Path] = ()
    policy: Path | None = None


NOTHING_MORE = VerificationEvidence()
"""Nothing besides the store and its inputs."""


def prove(
    store: Path, evidence: VerificationEvidence, *, inputs: Path | Job | None, since: Path | None, run: str | None
) -> Sequence[Check]:
    """The checks of `offduty verify` on a store; ``since`` is a checkpoint that was kept, ``run`` the only run to look
    at.

    Raises `UsageError` where a key or another of these files cannot be read.
    """
    auditor = Auditor(keys=evidence.keys, since=since, inputs=inputs, policy=evidence.policy)
    return verify(store, auditor, run=run).checks


def verdict(proof: Sequence[Check] | None) -> tuple[Status, str]:
    """One line for all checks; anything but PASS throughout is said first. Without a proof, nothing is.

    >>> verdict(None)[0]
    <Status.NOT_DONE: 'NOT DONE'>
    """
    if not proof:
        return Status.NOT_DONE, "Nothing in this report was verified. What it says rests on the store’s own word."
    failed = [line for line in proof if line.status is Status.FAIL]
    undone = [line for line in proof if line.status is Status.NOT_DONE]
    passed = len(proof) - len(failed) - len(undone)
    if failed:
        names = "; ".join(f"{line.number} ({line.name})" for line in failed)
        return Status.FAIL, f"Verification failed: check {names}. Do not rely on this report before that is explained."
    if undone:
        return Status.NOT_DONE, f"{passed} of {len(proof)} checks were done and passed; {len(undone)} were not done."
    return Status.PASS, f"All {len(proof)} checks of offduty verify were done and passed."


def how_many(line: Check) -> str:
    """How many of what a check looked at: rows by their magnitude alone, entries and files as they are."""
    return magnitude(line.count) if ROWS.search(line.looked_at) else f"{line.count:,}"


def why(line: Check) -> str:
    """Why it ended so, without a count of rows that is exact, and without the name of a file."""
    text = COUNTS.sub(lambda found: magnitude(_number(found)), line.why)
    text = LARGE.sub(
        lambda found: found[0] if "about" in text[: found.start()][-7:] else magnitude(_number(found)), text
    )
    return FILES.sub("a file", text)


def _number(found: re.Match[str]) -> int:
    return int(found[0].replace(",", ""))
