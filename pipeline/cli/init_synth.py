"""The commands that make something to begin with: `offduty init` a store's keys and documents, `offduty synth` a force."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from offduty.cli.console import say
from offduty.core.errors import UsageError


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
def init(directory: Path) -> None:
    """Make DIR with new keys, and a job.toml and a policy.toml in which every line is explained."""
    from offduty.admin.init import init as make

    for path in make(directory):
        say(f"made {path}")
    say("next: say in job.toml where the inputs lie, agree on policy.toml, keep the keys safe; then offduty run")
    say("      give signing.pub to whoever audits, by hand: with it they can tell who wrote the log (docs/log.md)")


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--officers", type=click.IntRange(1), default=25, show_default=True, help="How many people.")
@click.option("--days", type=click.IntRange(1), default=7, show_default=True, help="How many days.")
@click.option(
    "--every", "every_s", type=click.IntRange(1), default=60, show_default=True, help="Seconds between fixes."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option("--start", metavar="DATE", help="The first day. Default: a week with a change to summer time.")
@click.option("--threads", type=click.IntRange(1, 256), help="Work on so many threads.")
@click.option("--truth/--no-truth", default=None, help="Also write where everybody really was (truth/).")
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
    from offduty import synth as streams

    say(f"making {officers} officers, {days} days, a fix every {every_s} s")
    options = {"threads": threads, "truth": truth, "start": None if start is None else _date(start)}
    chosen = {name: value for name, value in options.items() if value is not None}
    streams.write(directory, officers=officers, days=days, every_s=every_s, seed=seed, **chosen)  # type: ignore[arg-type]
    say(f"made {directory}; next: offduty init a folder of keys, then offduty run {directory / 'job.toml'}")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--start is no date (2026-03-23): {text!r}") from None
