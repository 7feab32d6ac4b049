"""Runs the checks that may lie beside the project.

`python -m tests.beside conformance` drives the command line through the conformance cases, `python -m tests.beside
inputs` through inputs that people really have. Every case must hold, and all of them must have run. Each command is a
fork of one process (`tests.forked`); with `--alone` each is started as users do, which takes four times as long.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.conformance import FILE
from tests.forked import asking
from tests.paths import SHARED

COMMANDS = {
    "conformance": [SHARED / "conformance" / "check.py", FILE],
    "inputs": [SHARED / "faults" / "check.py"],
}
EXPECTED = {"conformance": 100, "inputs": 89}
"""How many cases there are; another number means that a folder has moved, or that new cases wait to be met."""


def main() -> int:
    """Run one check; 0 where every case holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.beside", description=__doc__)
    parser.add_argument("check", choices=sorted(COMMANDS))
    parser.add_argument("--alone", action="store_true", help="start each command in a process of its own")
    asked = parser.parse_args()
    check = asked.check
    script, *files = COMMANDS[check]
    if not script.is_file():
        print(f"{check}: there is no folder of cases beside the project")
        return 0
    offduty = [str(Path(sys.executable).with_name("offduty"))] if asked.alone else asking()
    command = [sys.executable, str(script), *map(str, files), "--offduty", shlex.join(offduty)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    failed = set(re.findall(r"^FAILED (.+?): ", said, re.MULTILINE))
    count = sum(map(int, re.findall(r"(\d+) (?:passed|failed)", said.splitlines()[-1] if said else "")))
    print(said)
    print(f"{check}: {count} cases ran")
    wrong = [
        *(f"it fails: {name}" for name in sorted(failed)),
        *([f"{count} cases, and not {EXPECTED[check]}"] if count != EXPECTED[check] else []),
    ]
    for line in wrong:
        print(f"{check}: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
