"""Asks the auditor about stores that some filter made: which of them does it find fault with, and by which check?

Called as `python judging.py JOBS STORES CLEAN [first]`: stores that are byte for byte those in CLEAN, which the auditor was asked
about before, are passed over; with `first` it stops at the first that is found out. Standard output has one JSON array.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "faults")]

import oracle  # noqa: E402
from stores import tree  # noqa: E402
from world import read_back  # noqa: E402


@dataclass(frozen=True)
class Finding:
    """What the auditor found in one store: the job it was made from, the check that failed, and an example."""

    job: str
    check: str
    example: str


def judged(jobs: Path, stores: Path, clean: Path) -> Iterator[Finding]:
    """Every store that is found out, in the order of their names."""
    for store in sorted(path for path in stores.iterdir() if any((path / "log").glob("*.entry"))):
        if not (clean / store.name).exists() or tree(store) != tree(clean / store.name):
            yield from found(jobs / store.name, store)


def found(job: Path, store: Path) -> list[Finding]:
    """What is found in one store."""
    how = json.loads((job / "world.json").read_text())
    (run,) = (store / "runs").iterdir()
    answer = oracle.answer(how)
    files = len(list((job / "pings").iterdir()))
    try:
        said = read_back(run, len(how["tables"]["pings"]), files)
    except Exception as error:
        return [Finding(job.name, "ledger", type(error).__name__)]
    for row, (one, other) in enumerate(zip(answer.reasons, said.reasons, strict=True)):
        if one != other:
            return [Finding(job.name, "reasons", f"row {row}: {other}, not {one}")]
    return [] if said.release == answer.release else [Finding(job.name, "release", "")]


def main(jobs: Path, stores: Path, clean: Path, first: bool) -> None:
    """All findings, or the first."""
    all_found = judged(jobs, stores, clean)
    told = [next(all_found, None)] if first else list(all_found)
    json.dump([asdict(finding) for finding in told if finding], sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), "first" in sys.argv[4:])
