"""Breaks copies of the base store and verifies each; the tests assert on the results, and a command prints them."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

from offduty.verify.auditor import Auditor, verify
from offduty.verify.verdict import Status
from tests.tamper.base import SEED, Audit
from tests.tamper.broken import Broken, auditor
from tests.tamper.forge import Forged

FLIPS = 1_000
PARTS = ("release", "ledger", "quarantine", "log")


def failed(store: Path, given: Auditor) -> set[str]:
    """The numbers of the checks that fail."""
    return {check.number for check in verify(store, given).checks if check.status is Status.FAIL}


def tried(broken: Broken, base: Audit, folder: Path) -> set[str]:
    """Break a copy of the base store, and return the checks that find it."""
    shutil.copytree(base.folder, folder, symlinks=True)
    audit = Audit(folder)
    broken.change(Forged(audit.store, SEED), audit)
    found = failed(audit.store, auditor(broken, audit))
    shutil.rmtree(folder)
    return found


def first_run_alone(forged: Forged) -> None:
    """Make the store what it was after its first run: small, so that thousands of copies can be verified."""
    for manifest in forged.manifests[1:]:
        shutil.rmtree(forged.store / "runs" / manifest["run_id"])
    del forged.manifests[1:]
    forged.seal()


def flipped(base: Audit, part: str, folder: Path, flips: int = FLIPS) -> Counter[str]:
    """Flip one bit at each of ``flips`` random places of a part's files, one at a time.

    The result is how often each check found it, and under ``nobody`` how often none did.
    """
    store = folder / "store"
    shutil.copytree(base.store, store)
    first_run_alone(Forged(store, SEED))
    where = [store / "log"] if part == "log" else sorted((store / "runs").glob(f"*/{part}"))
    files = sorted(path for place in where for path in place.rglob("*") if path.is_file())
    chance = random.Random(part)
    found: Counter[str] = Counter()
    for path in chance.choices(files, [path.stat().st_size for path in files], k=flips):
        raw = path.read_bytes()
        at, bit = chance.randrange(len(raw)), 1 << chance.randrange(8)
        path.write_bytes(raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :])
        found.update(failed(store, Auditor(keys=(base.key,))) or {"nobody"})
        path.write_bytes(raw)
    shutil.rmtree(store)
    return found
