"""Breaks copies of the base store and asks `verify` of each; the tests assert on it, and the command prints it as a
table.
"""

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
    """The checks that find something."""
    return {check.number for check in verify(store, given).checks if check.status is Status.FAIL}


def tried(broken: Broken, base: Audit, folder: Path) -> set[str]:
    """Break a copy of the base store, and say which checks find it."""
    shutil.copytree(base.folder, folder, symlinks=True)
    audit = Audit(folder)
    broken.spoil(Forged(audit.store, SEED), audit)
    found = failed(audit.store, auditor(broken, audit))
    shutil.rmtree(folder)
    return found


def first_run_alone(forged: Forged) -> None:
    """The store as it was after its first run: small, so that thousands can be tried."""
    for manifest in forged.manifests[1:]:
        shutil.rmtree(forged.store / "runs" / manifest["run_id"])
    del forged.manifests[1:]
    forged.seal()


def flipped(base: Audit, part: str, folder: Path, flips: int = FLIPS) -> Counter[str]:
    """Flip one bit at each of so many random places of a part's files, one at a time; how often each check found it,
    and under ``nobody`` how often none did.
    """
    store = folder / "store"
    shutil.copytree(base.store, store)
    first_run_alone(Forged(store, SEED))
    where = [store / "log"] if part == "log" else sorted((store / "runs").glob(f"*/{part}"))
    files = sorted(path for place in where for path in place.rglob("*") if path.is_file())
    dice = random.Random(part)
    found: Counter[str] = Counter()
    for path in dice.choices(files, [path.stat().st_size for path in files], k=flips):
        raw = path.read_bytes()
        at, bit = dice.randrange(len(raw)), 1 << dice.randrange(8)
        path.write_bytes(raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :])
        found.update(failed(store, Auditor(keys=(base.key,))) or {"nobody"})
        path.write_bytes(raw)
    shutil.rmtree(store)
    return found
