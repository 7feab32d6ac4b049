"""`offduty demo`: one week of an invented force, from pings to a report with nothing but this package; and, where the
extra ``attack`` is installed, an attack on the release.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from offduty.admin.init import init
from offduty.cli.console import say
from offduty.core.errors import UsageError
from offduty.redteam.metrics import extra_installed
from offduty.synth import write

OFFICERS, DAYS, EVERY_S, SEED = 25, 7, 120, 145
"""The force of the sample: sample_data in a checkout is the same, byte for byte."""
ATTACKS = "1,3,4,5,6,7,9,13"
"""Those that take no training: they are done in seconds."""


def demo(directory: Path) -> int:
    """Make the force in a new folder, and do what somebody would do with it: run, verify, report, attack.

    Each step is the command that is printed. The first that fails ends it, with its exit code. The attack is left out
    where its libraries are not installed, and that is said. Raises `UsageError` where the folder is there.
    """
    if directory.exists() or directory.is_symlink():
        raise UsageError(f"{directory} is there already: name a folder that is not, or move that one away")
    init(directory)  # the keys are fresh each time; job and policy are those of the force
    write(directory, officers=OFFICERS, days=DAYS, every_s=EVERY_S, seed=SEED, truth=True)
    say(f"made {directory}: {OFFICERS} invented officers, {DAYS} days")
    steps = _steps(directory)
    for step in steps if extra_installed() else steps[:-1]:
        say(f"$ {shlex.join(['offduty', *step])}")
        code = _done(step)
        if code:
            return code
    if not extra_installed():
        say(f"left out, because it needs pip install 'offduty[attack]': {shlex.join(['offduty', *steps[-1]])}")
    say(f"look at {directory / 'report.html'}; your own data: offduty init, then offduty docs")
    return 0


def _steps(directory: Path) -> list[list[str]]:
    store, key, job = (str(directory / name) for name in ("store", "signing.pub", "job.toml"))
    proof = ["--key", key, "--inputs", job, "--policy", str(directory / "policy.toml")]
    truth = ["--truth", str(directory / "truth"), "--roster", str(directory / "roster.csv")]
    return [
        ["run", job],
        ["verify", store, *proof],
        ["report", store, *proof, "-o", str(directory / "report.html")],
        ["attack", store, *truth, "--sites", str(directory / "sites.geojson"), "--attacks", ATTACKS],
    ]


def _done(step: list[str]) -> int:
    """Do one step as if it had been typed; returns its exit code."""
    commands: click.Group = click.get_current_context().find_root().command  # type: ignore[assignment]
    code = commands.main(step, prog_name="offduty", standalone_mode=False)
    return code if isinstance(code, int) else 0
