"""The command line: the only room that prints. People read standard error; standard output is for machines (SPEC 10)."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click

from pipeline.errors import OffdutyError, UsageError

if TYPE_CHECKING:
    from pipeline.run_job import RunResult

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="offduty", prog_name="offduty")
def cli() -> None:
    """Release a position only when it is proven to have been taken on duty, away from home and from the way there."""


@cli.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
def init(directory: Path) -> None:
    """Make DIR with new keys, and a job.toml and a policy.toml in which every line is explained."""
    from pipeline.init import init as make

    for path in make(directory):
        _say(f"made {path}")
    _say("next: say in job.toml where the inputs lie, agree on policy.toml, keep the keys safe; then offduty run")


@cli.command()
@click.argument("job", metavar="JOB.toml", type=click.Path(path_type=Path))
@click.option("--from", "start", metavar="T", help="Decide pings from this instant or date on (inclusive).")
@click.option("--to", "end", metavar="T", help="Decide pings before this instant or date (exclusive).")
@click.option("--as-of", metavar="T", help="Know the roster as of this instant or date. Default: now.")
@click.option("--store", metavar="DIR", type=click.Path(path_type=Path), help="Publish here, not where the job says.")
@click.option("--threads", type=click.IntRange(1, 256), help="Work on so many threads. Default: one for each core.")
@click.option(
    "--memory", default="2GB", show_default=True, help="Hold no more than about this much (such as 800MB or 4GB)."
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object to standard output, and nothing else.")
@click.option("--timings", is_flag=True, help="Say how long each stage took.")
def run(
    job: Path, start: str | None, end: str | None, as_of: str | None, store: Path | None, threads: int | None,
    memory: str, as_json: bool, timings: bool,
) -> None:  # fmt: skip
    """Filter the pings of JOB.toml and publish release, ledger and quarantine, or nothing."""
    memory_mb = _megabytes(memory)
    from pipeline.run_job import run as filter_pings

    progress = _Progress()
    result = filter_pings(
        job, start=start, end=end, as_of=as_of, store=store, threads=threads, memory_mb=memory_mb, watch=progress
    )
    progress.clear()
    if as_json:
        click.echo(json.dumps(_document(result, timings)))
    else:
        _report(result, timings)


@cli.command()
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
    directory: Path, officers: int, days: int, every_s: int, seed: int, start: str | None, threads: int | None,
    truth: bool | None,
) -> None:  # fmt: skip
    """Make up a force: pings, assignments, roster, places and sites in DIR, with a policy and a job to run on them."""
    from pipeline import synth as streams

    _say(f"making {officers} officers, {days} days, a fix every {every_s} s")
    options = {"threads": threads, "truth": truth, "start": None if start is None else _date(start)}
    chosen = {name: value for name, value in options.items() if value is not None}
    streams.write(directory, officers=officers, days=days, every_s=every_s, seed=seed, **chosen)  # type: ignore[arg-type]
    _say(f"made {directory}; next: offduty init a folder of keys, then offduty run {directory / 'job.toml'}")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--start is no date (2026-03-23): {text!r}") from None


def _megabytes(text: str) -> int:
    units = {"MB": 1, "GB": 1_000}
    number, unit = text[:-2].strip(), text[-2:].upper()
    if unit not in units or not number.isdigit() or int(number) * units[unit] < 300:
        raise UsageError(f"--memory is an amount such as 800MB or 4GB, and 300MB at the least: {text!r}")
    return int(number) * units[unit]


def _document(result: RunResult, timings: bool) -> dict[str, object]:
    document: dict[str, object] = {
        "run_id": result.run_id,
        "already" if result.already else "published": True,
        "path": str(result.path),
        "counts": result.counts,
        "quarantined": result.quarantined,
        "seconds": result.seconds,
    }
    return {**document, "stages": result.stages} if timings else document


def _report(result: RunResult, timings: bool) -> None:
    from pipeline.reasons import Reason

    total = sum(result.counts.values()) + result.quarantined
    released = result.counts[Reason.ON_DUTY.word]
    hidden = total - released - result.quarantined
    _say("already there; nothing was changed" if result.already else "published")
    _say(f"  {total:>12,} positions came in")
    _say(f"  {released:>12,} released: {Reason.ON_DUTY.because.removesuffix(': released')}")
    _say(f"  {hidden:>12,} hidden:")
    for reason in Reason:
        if not reason.released and result.counts[reason.word]:
            _say(f"  {result.counts[reason.word]:>12,}   {reason.word}: {reason.because}")
    if result.quarantined:
        _say(f"  {result.quarantined:>12,} set aside in quarantine: rows that cannot be read as positions")
    if result.refused:
        _say(
            f"  {result.refused:>12,} reference rows could not be read and hide more until they are mended; see the manifest"
        )
    _say(f"release     {result.path / 'release'}  (for analysts)")
    _say(f"ledger      {result.path / 'ledger'}  (for auditors: one reason per row)")
    _say(f"quarantine  {result.path / 'quarantine'}  (for data engineers)")
    _say(f"took {result.seconds} s")
    _say(
        "next: give each folder to its own readers; open the release in DuckDB, pandas, polars or geopandas (README.md);"
    )
    _say("      run it every night with --from and --to (docs/running.md): the same run again changes nothing")
    if timings:
        for stage, seconds in result.stages.items():
            _say(f"  {stage:<10}{seconds:>8.2f} s")


def _say(text: str) -> None:
    click.echo(text, err=True)


class _Progress:
    """One line on a terminal once a run takes more than two seconds; nothing when standard error is piped."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown = False
        self._last = 0.0
        self._stage_began: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        began = self._stage_began.setdefault(stage, now)
        if not sys.stderr.isatty() or now - self._began < 2 or now - self._last < 0.1:
            return
        self._last, self._shown = now, True
        far = f" {100 * done // total} %, {done / max(now - began, 0.001):,.0f} pings/s" if total else ""
        click.echo(f"\r\033[K{stage}{far}", err=True, nl=False)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            click.echo("\r\033[K", err=True, nl=False)


@contextmanager
def _terminable() -> Iterator[None]:
    """A scheduler's TERM stops a run as Ctrl-C does: nothing is published and nothing is left behind."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main() -> NoReturn:
    """Run the command line, and answer with the exit codes of SPEC 10."""
    try:
        with _terminable():
            cli.main(standalone_mode=False)
    except OffdutyError as error:
        sys.exit(_fail(str(error), error.exit_code))
    except click.ClickException as error:
        sys.exit(_fail(error.format_message(), UsageError.exit_code))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_fail("interrupted; nothing was published", INTERRUPTED))
    except Exception as error:  # whatever was not foreseen may hold a row's values: only its kind and place are told
        sys.exit(
            _fail(
                f"unexpected failure ({type(error).__name__} in {_place(error)}); nothing was published. Report this", 1
            )
        )
    sys.exit(0)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def _fail(text: str, code: int) -> int:
    _say(f"offduty: {text}")
    return code
