"""`offduty demo`: one week of an invented force, from pings to a report, to what an employer may ask and to the pack
for those who are consulted, with nothing but this package; and, where the extra ``attack`` is installed, an attack.
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
MONTH = ("--officers", "24", "--days", "28", "--every", "300", "--seed", "145", "--no-truth")
"""Another force, for four weeks: about days on site nothing is said of less. It has fewer positions than the week, and
a register of second jobs.
"""
HABITS = """\
# What the people of the month's force tend to do (offduty docs synth): nine of ten have declared a second job.
declared_job = 0.9
"""
MONTH_AS_OF, PERIOD = "2026-05-15", "2026-03-23/2026-04-19"
ATTACKS = "1,3,4,5,6,7,9,13"
"""Those that take no training: they are done in seconds."""
AGREED = """
# What the employer may ask of a release or of the roster. In a real force this is agreed on, line by line.

[analyses.roster_audit]
purpose = "records of duty that were changed afterwards"
recipients = ["professional standards"]
keep_days = 90

[analyses.presence]
purpose = "planning of duty"
recipients = ["duty planning"]
keep_days = 90
other_records = "there are no badges"

[analyses.site_days]
purpose = "the agreement on hybrid working"
recipients = ["team leads"]
keep_days = 90
target_percent = 40

[analyses.interests]
purpose = "advice on declared second jobs"
recipients = ["professional standards"]
keep_days = 90
"""


def demo(directory: Path) -> int:
    """Make the force in a new folder, and do what somebody would do with it: run, verify, report, ask, consult, attack.

    Each step is the command that is printed. The first that fails ends it, with its exit code. The attack is left out
    where its libraries are not installed, and that is said. Raises `UsageError` where the folder is there.
    """
    if directory.exists() or directory.is_symlink():
        raise UsageError(f"{directory} is there already: name a folder that is not, or move that one away")
    init(directory)  # the keys are fresh each time; job and policy are those of the force
    write(directory, officers=OFFICERS, days=DAYS, every_s=EVERY_S, seed=SEED, truth=True)
    prepare(directory)
    say(f"made {directory}: {OFFICERS} invented officers, {DAYS} days")
    steps = _steps(directory)
    for step in steps if extra_installed() else steps[:-1]:
        say(f"$ {shlex.join(['offduty', *step])}")
        code = _done(step)
        if code:
            return code
    if not extra_installed():
        say(f"left out, because it needs pip install 'offduty[attack]': {shlex.join(['offduty', *steps[-1]])}")
    say_what_to_open(directory, "offduty")
    return 0


TO_OPEN = (
    ("report.html", "for everybody: was anybody followed, can this be trusted, what was hidden and why"),
    ("policy.toml", "for everybody: the rules, in words; the document that a workforce is consulted on"),
    ("pack/pack.html", "for representatives and data protection officers: what to ask before anybody agrees"),
    ("answers/presence.html", "for whoever was agreed on: what an employer may ask, and what nobody can conclude"),
    ("answers/site-days.html", "likewise, about days on site"),
    ("answers/roster-audit.html", "likewise, about records that were changed afterwards"),
    ("answers/interests.html", "likewise, about second jobs that were declared"),
    ("job.toml", "for engineers: how a run is told what to read, and where it publishes"),
)
"""What to open after the demo, in this order: the file, and for whom it is."""


def say_what_to_open(directory: Path, command: str) -> None:
    """Say which files of a demo to open now, in which order, and for whom; ``command`` is how offduty is called."""
    width = max(len(str(directory / name)) for name, _ in TO_OPEN)
    say("open now, in this order:")
    for number, (name, whom) in enumerate(TO_OPEN, 1):
        say(f"  {number}. {directory / name!s:<{width}}  {whom}")
    say(f"analysts: {command} current {directory / 'store'} prints the folders of the release; {command} docs recipes")
    say(f"auditors: {command} docs auditing")
    say("who carries a device: one's own copy, for that person alone. The command waits for the id: here officer-00003")
    say(f"  {command} report {directory / 'store'} --inputs {directory / 'job.toml'} --officer - -o own-copy.html")
    say(f"your own data next: {command} docs your-own-data")


def prepare(directory: Path) -> None:
    """Write the policy in which the questions are agreed on, beside that of the runs, and the habits of the month's
    force; make the folders of answers and pack.
    """
    agreed = (directory / "policy.toml").read_text(encoding="utf-8") + AGREED
    (directory / "agreed.toml").write_text(agreed, encoding="utf-8")
    (directory / "habits.toml").write_text(HABITS, encoding="utf-8")
    for name in ("answers", "pack"):
        (directory / name).mkdir(mode=0o700)


def _steps(directory: Path) -> list[list[str]]:
    store, key, job = (str(directory / name) for name in ("store", "signing.pub", "job.toml"))
    proof = ["--key", key, "--inputs", job, "--policy", str(directory / "policy.toml")]
    truth = ["--truth", str(directory / "truth"), "--roster", str(directory / "roster.csv")]
    month = directory / "month"
    agreed = ["--policy", str(directory / "agreed.toml")]
    answers = ["-o", str(directory / "answers")]
    return [
        ["run", job],
        ["verify", store, *proof],
        ["report", store, *proof, "-o", str(directory / "report.html")],
        ["roster-audit", store, *agreed, *_reads(directory, "roster"), *answers],
        ["presence", store, *agreed, *_reads(directory, "roster", "sites", "key"), *answers],
        ["synth", str(month), *MONTH, "--habits", str(directory / "habits.toml")],
        ["run", str(month / "job.toml"), "--as-of", MONTH_AS_OF],
        [
            *("site-days", str(month / "store"), *agreed, *_reads(month, "roster", "sites", "key")),
            *("--period", PERIOD, *answers),
        ],
        [
            *("interests", str(month / "store"), "--register", str(month / "register.csv")),
            *(*agreed, *_reads(month, "roster", "key"), *answers),
        ],
        ["consult", store, *agreed, *_reads(directory), "-o", str(directory / "pack")],
        ["attack", store, *truth, "--sites", str(directory / "sites.geojson"), "--attacks", ATTACKS],
    ]


def _reads(directory: Path, *names: str) -> list[str]:
    """The options of a question that name files of a force, and the key that signs the log."""
    files = {"roster": "roster.csv", "sites": "sites.geojson", "key": "pseudonym.key", "signing": "signing.key"}
    return [word for name in (*names, "signing") for word in (f"--{name}", str(directory / files[name]))]


def _done(step: list[str]) -> int:
    """Do one step as if it had been typed; returns its exit code."""
    commands: click.Group = click.get_current_context().find_root().command  # type: ignore[assignment]
    code = commands.main(step, prog_name="offduty", standalone_mode=False)
    return code if isinstance(code, int) else 0
