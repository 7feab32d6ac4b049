"""Prints the table of broken stores and the checks that find each; exits 1 where one is not found as it must be."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.tamper.base import make_base
from tests.tamper.broken import EVERYTHING
from tests.tamper.trying import FLIPS, PARTS, flipped, tried
from tests.written import rewrite

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "explanation" / "tampering.md"


def main(arguments: list[str]) -> int:
    """Break and verify every store; with ``--write`` the table is also written to docs/explanation/tampering.md."""
    rows, wrong = [], 0
    with tempfile.TemporaryDirectory() as folder:
        base = make_base(Path(folder) / "base")
        for broken in EVERYTHING:
            found = tried(broken, base, Path(folder) / "copy")
            right = found == {broken.check} if broken.alone else broken.check in found
            wrong += not right
            rows.append(f"| {broken.what} | {', '.join(sorted(found)) or 'nobody'} | {'' if right else '**wrong**'} |")
        for part in PARTS:
            found = flipped(base, part, Path(folder))
            wrong += bool(found["nobody"])
            checks = ", ".join(f"{number} ({count:,})" for number, count in sorted(found.items()))
            rows.append(f"| one bit flipped, at {FLIPS:,} places of the {part}, one at a time | {checks} | |")
    table = "\n".join(["| what was done to the store | found by check | |", "|---|---|---|", *rows])
    print(table)
    if "--write" in arguments:
        rewrite(PAGE, "tamper", table)
    print(f"{len(rows) - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
