"""The commands that make something to start with: `offduty init` makes keys and documents, `offduty synth` a force."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from offduty.admin.init import init as make_store_folder
from offduty.cli.console import say
from offduty.core.errors import UsageError
from offduty.synth import write


def init(directory: Path) -> None:
    """Make DIR with new keys, and a job.toml and a policy.toml in which every line is explained."""
    for path in make_store_folder(directory):
        say(f"made {path}")
    say("next: write in job.toml where the inputs are, agree on policy.toml, keep the keys safe; then: offduty run")
    say("      give signing.pub to the auditor in person: it shows who wrote the log (offduty docs log)")


def synth(
    directory: Path,
    officers: int,
    days: int,
    every_s: int,
    seed: int,
    start: str | None,
    threads: int | None,
    truth: bool | None,
) -> None:
    """Make up a force: pings, assignments, roster, places and sites in DIR, with a policy and a job to run on them."""
    say(f"making {officers} officers, {days} days, a fix every {every_s} s")
    options = {"threads": threads, "truth": truth, "start": None if start is None else _date(start)}
    chosen = {name: value for name, value in options.items() if value is not None}
    write(directory, officers=officers, days=days, every_s=every_s, seed=seed, **chosen)  # type: ignore[arg-type]
    say(f"made {directory}; next: make keys with offduty init, then: offduty run {directory / 'job.toml'}")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--start is not a date such as 2026-03-23: {text!r}") from None
