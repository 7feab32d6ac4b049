"""The command `offduty verify`: checks a store and prints the result as a numbered list."""

from __future__ import annotations

import json
import textwrap
from contextlib import ExitStack
from pathlib import Path
from typing import TypeGuard

import click

from offduty.cli.console import Progress, say
from offduty.cli.options import FOUND_SOMETHING, megabytes
from offduty.core.errors import UsageError
from offduty.core.locations import store_location
from offduty.ingest.object_inputs import local_inputs
from offduty.store.remote import local_copy
from offduty.verify.auditor import Auditor
from offduty.verify.auditor import verify as check_store
from offduty.verify.checks.soundness import Effort
from offduty.verify.redecide import Sample
from offduty.verify.verdict import Check, Count, Part, Status, Verdict

WIDTH = 110  # columns
STATUS_WIDTH = max(len(status) for status in Status)


def verify(
    store: Path | str,
    run: str | None,
    keys: tuple[Path, ...],
    since: Path | None,
    cosigners: tuple[Path, ...],
    inputs: Path | None,
    reference: Path | None,
    policy: Path | None,
    sample: int | None,
    seed: str | None,
    threads: int,
    memory: str,
    as_json: bool,
) -> int:
    """Check STORE as somebody who trusts nobody: a numbered list, each PASS, FAIL or NOT DONE and why. Exit 7 on a
    FAIL.
    """
    if (sample is None) is not (seed is None):
        raise UsageError(
            "--sample and --seed belong together: choose the seed yourself, so that nobody else can choose the rows"
        )
    if sample is not None and inputs is None:
        raise UsageError("--sample needs --inputs: rows are decided again from the inputs")
    memory_mb = megabytes(memory)

    progress = Progress()
    drawn = None if sample is None or seed is None else Sample(sample, seed)
    with ExitStack() as end:
        root = end.enter_context(local_copy(store_location(store)))
        whole, tables = (job and end.enter_context(local_inputs(job)) for job in (inputs, reference))
        verdict = check_store(
            root,
            Auditor(keys, cosigners, since, whole, tables, policy),
            run=run,
            effort=Effort(drawn, threads, memory_mb, progress),
        )
    progress.clear()
    if as_json:
        click.echo(json.dumps(document(verdict)))
    else:
        _report(verdict)
    return FOUND_SOMETHING if verdict.failed else 0


def document(verdict: Verdict) -> dict[str, object]:
    """The verdict as one JSON object: ``failed``, the ``headline``, how many checks ended how, and ``checks`` with all
    that was said. Every number stands in a field of its own.
    """
    return {
        "failed": verdict.failed,
        "headline": verdict.headline,
        "counts": {status.value: count for status, count in verdict.counts().items()},
        "checks": [_check(check) for check in verdict.checks],
    }


def _check(check: Check) -> dict[str, object]:
    return {
        **vars(check),
        "count": check.count.value,
        "unit": check.count.unit.value,
        "status": check.status.value,
        "why": str(check.why),
        "numbers": [{"count": part.value, "unit": part.unit.value} for part in check.why.parts if _is_count(part)],
        "figures": [
            {**vars(figure), "count": figure.count.value, "unit": figure.count.unit.value} for figure in check.figures
        ],
        "protects": check.meaning.protects,
        "fail_means": check.meaning.fail,
    }


def _is_count(part: Part) -> TypeGuard[Count]:
    return isinstance(part, Count)


def _report(verdict: Verdict) -> None:
    for check in verdict.checks:
        say(f"{check.status:<{STATUS_WIDTH}}  {check.number}  {check.name}")
        for line in _lines(check):
            say(line)
    for line in textwrap.wrap(verdict.headline, WIDTH):
        say(line)


def _lines(check: Check) -> list[str]:
    indent = " " * (STATUS_WIDTH + 7)
    meaning = check.meaning
    told = [f"{check.looked_at} ({check.count}): {check.why}", f"protects against {meaning.protects}"]
    if check.status is Status.FAIL:
        told.append(f"this FAIL means: {meaning.fail}")
    lines = [line for text in told for line in _wrapped(text, indent)]
    for figure in check.figures:
        lines += _wrapped(f"{figure.count} {figure.what}", indent)
    for finding in check.findings:
        lines += textwrap.wrap(f"- {finding}", WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
    more = check.found - len(check.findings)
    return [*lines, f"{indent}- and {more:,} more"] if more > 0 else lines


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False)
