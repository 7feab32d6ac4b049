"""Runs the checks that may lie beside the project, and compares what fails with the list of what is not held yet.

`python -m tests.beside conformance` drives the command line through the conformance cases, `python -m tests.beside
inputs` through inputs that people really have. Each list stands in `.ci/not_held`, one name a line, and may only become
shorter: a case that fails and is not in it, and one that is in it and holds, are both errors.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from tests.conformance import FILE
from tests.paths import ROOT, SHARED

NOT_HELD = ROOT / ".ci" / "not_held"
COMMANDS = {
    "conformance": [SHARED / "conformance" / "check.py", FILE],
    "inputs": [SHARED / "faults" / "check.py"],
}
EXPECTED = {"conformance": 100, "inputs": 89}
"""How many cases there are; another number means that a folder has moved, or that new cases wait to be met."""


def listed(check: str) -> set[str]:
    """The names that are known not to hold yet."""
    file = NOT_HELD / f"{check}.txt"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {line for line in lines if line and not line.startswith("#")}


def main() -> int:
    """Run one check; 0 where exactly the listed cases fail."""
    parser = argparse.ArgumentParser(prog="python -m tests.beside", description=__doc__)
    parser.add_argument("check", choices=sorted(COMMANDS))
    check = parser.parse_args().check
    script, *files = COMMANDS[check]
    if not script.is_file():
        print(f"{check}: there is no folder of cases beside the project")
        return 0
    offduty = Path(sys.executable).with_name("offduty")
    command = [sys.executable, str(script), *map(str, files), "--offduty", f"'{offduty}'"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    failed = set(re.findall(r"^FAILED (.+?): ", said, re.MULTILINE))
    count = sum(map(int, re.findall(r"(\d+) (?:passed|failed)", said.splitlines()[-1] if said else "")))
    print(said)
    print(f"{check}: {count} cases ran, {len(listed(check))} of them are not held yet")
    wrong = [
        *(f"it fails: {name}" for name in sorted(failed - listed(check))),
        *(f"it holds, so remove it from the list: {name}" for name in sorted(listed(check) - failed)),
        *([f"{count} cases, and not {EXPECTED[check]}"] if count != EXPECTED[check] else []),
    ]
    for line in wrong:
        print(f"{check}: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
