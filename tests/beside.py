"""Runs the checks that may lie beside the project, and compares what fails with the list of what is not held yet.

`python -m tests.beside conformance` drives the command line through the conformance cases, `python -m tests.beside
inputs` through inputs that people really have. Each list stands in `.ci/not_held`, one name a line, and may only become
shorter: a case that fails and is not in it, and one that is in it and holds, are both errors.

Each case is a process of its own, forked from one that has the libraries loaded (see warm_command.py); some are asked a
second time of the command that is installed, and must end in the same way. With `--installed` all are asked of that.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.conformance import FILE
from tests.paths import ROOT, SHARED
from tests.warm_command import warm_command

NOT_HELD = ROOT / ".ci" / "not_held"
COMMANDS = {
    "conformance": [SHARED / "conformance" / "check.py", FILE],
    "inputs": [SHARED / "faults" / "check.py"],
}
EXPECTED = {"conformance": 100, "inputs": 89}
"""How many cases there are; another number means that a folder has moved, or that new cases wait to be met."""
ASKED_AGAIN = {"conformance": ("base day", "stop"), "inputs": ("00-control", "40-one-value-too-many")}
"""Parts of the names of those that are asked of the installed command, too: some publish, and some stop."""
INSTALLED = [str(Path(sys.executable).with_name("offduty"))]


@dataclass(frozen=True)
class Told:
    """What a check said: the cases that failed, and how many ran."""

    failed: set[str]
    count: int


def listed(check: str) -> set[str]:
    """The names that are known not to hold yet."""
    file = NOT_HELD / f"{check}.txt"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {line for line in lines if line and not line.startswith("#")}


def told(check: str, offduty: list[str], only: str = "") -> Told:
    """Run a check with a command; ``only`` the cases with this text in their names."""
    script, *files = COMMANDS[check]
    command = [sys.executable, str(script), *map(str, files), "--offduty", shlex.join(offduty), "--only", only]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    print(said)
    count = sum(map(int, re.findall(r"(\d+) (?:passed|failed)", said.splitlines()[-1] if said else "")))
    return Told(set(re.findall(r"^FAILED (.+?): ", said, re.MULTILINE)), count)


def unlike(check: str, whole: Told) -> list[str]:
    """The cases that end in another way when they are asked of the installed command."""
    wrong = []
    for only in ASKED_AGAIN[check]:
        again = told(check, INSTALLED, only)
        different = again.failed ^ {name for name in whole.failed if only in name}
        wrong += [f"it ends otherwise with the installed command: {name}" for name in sorted(different)]
        wrong += [] if again.count else [f"no case has {only!r} in its name"]
    return wrong


def main() -> int:
    """Run one check; 0 where exactly the listed cases fail."""
    parser = argparse.ArgumentParser(prog="python -m tests.beside", description=__doc__)
    parser.add_argument("check", choices=sorted(COMMANDS))
    parser.add_argument("--installed", action="store_true", help="ask the installed command in every case")
    asked = parser.parse_args()
    check = asked.check
    if not COMMANDS[check][0].is_file():
        print(f"{check}: there is no folder of cases beside the project")
        return 0
    if asked.installed:
        whole, wrong = told(check, INSTALLED), []
    else:
        with tempfile.TemporaryDirectory() as folder, warm_command(Path(folder)) as command:
            whole = told(check, command)
        wrong = unlike(check, whole)
    print(f"{check}: {whole.count} cases ran, {len(listed(check))} of them are not held yet")
    wrong += [
        *(f"it fails: {name}" for name in sorted(whole.failed - listed(check))),
        *(f"it holds, so remove it from the list: {name}" for name in sorted(listed(check) - whole.failed)),
        *([f"{whole.count} cases, and not {EXPECTED[check]}"] if whole.count != EXPECTED[check] else []),
    ]
    for line in wrong:
        print(f"{check}: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
