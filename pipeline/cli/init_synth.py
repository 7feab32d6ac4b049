"""The commands that make something to start with: `offduty init` makes keys and documents, `offduty synth` a force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from offduty.admin.habits_file import load_habits
from offduty.admin.init import PROPOSED, init_beside, signing_files
from offduty.admin.init import init as make_store_folder
from offduty.admin.proposals.proposed_job import propose_job
from offduty.cli.console import print_lines, say
from offduty.config.contracts import TABLES
from offduty.core.count_words import number_of
from offduty.core.errors import UsageError
from offduty.synth import write
from offduty.synth.toy_keys import TOY_KEY, write_toy_keys


def init(directory: Path, sources: Sequence[str], more: Sequence[str], time_zone: str | None) -> int:
    """Make DIR with new keys, and a job.toml and a policy.toml in which every line is explained.

    ``sources`` and ``more`` are the files to look at, as ``table=path``: then the job has what is found in them, and
    standard output says what that is.
    """
    if not sources and (more or time_zone is not None):
        raise UsageError(
            "tables and --time-zone go with --from: offduty init DIR --from pings=positions.csv roster=hr.csv"
        )
    if sources and "=" in str(directory) and str(directory).partition("=")[0] in TABLES:
        raise UsageError("DIR is missing: offduty init DIR --from pings=positions.csv roster=hr.csv")
    if sources and (directory / "job.toml").is_file():
        return _beside(directory, [*sources, *more], time_zone)
    proposed = propose_job([*sources, *more], directory, time_zone) if sources else None
    made = make_store_folder(directory, proposed.inputs if proposed else None, time_zone)
    for path in made:
        say(f"made {path}")
    printed = 0
    if proposed is not None:
        printed = print_lines(proposed.summary, stands=f"{directory} was made all the same")
    else:
        say("next: write in job.toml where the inputs are, agree on policy.toml, keep the keys safe; then: offduty run")
    say("      give signing.pub to the auditor in person: it shows who wrote the log (offduty docs log)")
    return printed


def _beside(directory: Path, pairs: Sequence[str], time_zone: str | None) -> int:
    """Look at files for a folder that has a job already: nothing that a person wrote is changed."""
    proposed = propose_job(pairs, directory, time_zone, PROPOSED)
    path = init_beside(directory, proposed.inputs)
    job = directory / "job.toml"
    say(f"{job} is there already: it was not changed, and neither were the policy and the keys")
    say(f"made {path}: what was found in the files, as a job of its own")
    say(f"next: copy what you want of its sections [inputs.…] into {job}, in place of the lines for the same")
    say(f"      tables, and delete it; or look first at what it does: offduty check {path}")
    return print_lines(proposed.summary, stands=f"{path} was made all the same")


def synth(
    directory: Path,
    officers: int,
    days: int,
    every_s: int,
    seed: int,
    start: str | None,
    threads: int | None,
    truth: bool | None,
    habits: Path | None,
) -> None:
    """Make up a force: pings, assignments, roster, places and sites in DIR, with a policy and a job to run on them."""
    read = None if habits is None else load_habits(habits)
    say(f"making {number_of(officers, 'officer')}, {number_of(days, 'day')}, a fix every {every_s} s")
    options = {"threads": threads, "truth": truth, "start": None if start is None else _date(start), "habits": read}
    chosen = {name: value for name, value in options.items() if value is not None}
    write(directory, officers=officers, days=days, every_s=every_s, seed=seed, **chosen)  # type: ignore[arg-type]
    toys = write_toy_keys(directory)
    if toys:
        public = signing_files("signing", bytes.fromhex(TOY_KEY))["signing.pub"]
        if not (directory / "signing.pub").exists():
            (directory / "signing.pub").write_text(public, encoding="ascii")
        say("its keys are toys, the same in every made-up force: never use them for real positions")
    say(f"made {directory}; next: offduty run {directory / 'job.toml'}")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--start is not a date such as 2026-03-23: {text!r}") from None
